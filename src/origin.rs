//! Where a request goes: the origin of a URL, parsed strictly. What does not parse gets no token.

/// Scheme, host and port of an `http:` or `https:` URL, borrowed from it.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Whether the scheme is https.
    pub https: bool,
    /// The host as written: a name, an IPv4 address, or an IPv6 address in brackets.
    pub host: &'a str,
    /// The port, the scheme's default filled in.
    pub port: u16,
}

impl PartialEq for Origin<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.https == other.https
            && self.port == other.port
            && self.host.eq_ignore_ascii_case(other.host)
    }
}

impl<'a> Origin<'a> {
    /// Parses the start of a URL. Deliberately narrower than the URL standard: user info, backslashes,
    /// white space, percent signs and non-ASCII hosts (write them as punycode) do not parse, since
    /// there clients differ about where such a URL leads.
    pub fn parse(url: &'a str) -> Option<Self> {
        let https = starts_with(url, "https://");
        if !https && !starts_with(url, "http://") {
            return None;
        }
        let rest = url.get(if https { 8 } else { 7 }..)?;
        let host_end = match rest.as_bytes() {
            [b'[', inside @ ..] => {
                let address = inside
                    .iter()
                    .take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
                    .count();
                if address == 0 || inside.get(address) != Some(&b']') {
                    return None;
                }
                address + 2
            }
            name => {
                let name = name
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
                    .count();
                if name == 0 {
                    return None;
                }
                name
            }
        };
        let host = rest.get(..host_end)?;
        let after = rest.as_bytes().get(host_end..)?;
        let port = match after {
            [b':', port @ ..] => parse_port(port)?,
            [] | [b'/' | b'?' | b'#', ..] if https => 443,
            [] | [b'/' | b'?' | b'#', ..] => 80,
            _ => return None,
        };
        Some(Self { https, host, port })
    }

    /// Whether a token may travel to it: over TLS, or to the machine or private network itself.
    pub fn is_secure(&self) -> bool {
        self.https || is_private(self.host)
    }
}

/// Whether the URL names a scheme, so that it is not relative to `baseUrl`; or may do so once a client has
/// trimmed white space from it.
pub fn is_absolute(url: &str) -> bool {
    let bytes = url.as_bytes();
    if bytes.first().is_some_and(|first| *first <= b' ') {
        return true;
    }
    let scheme = bytes
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        .count();
    bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(scheme) == Some(&b':')
}

fn starts_with(url: &str, scheme: &str) -> bool {
    url.as_bytes()
        .get(..scheme.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(scheme.as_bytes()))
}

fn parse_port(text: &[u8]) -> Option<u16> {
    let (number, rest) = leading_number(text)?;
    matches!(rest, [] | [b'/' | b'?' | b'#', ..]).then(|| u16::try_from(number).ok())?
}

/// The decimal number of at most five digits that the text starts with, and what follows it.
fn leading_number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, rest) = text.split_at_checked(digits)?;
    // Longer ones are no port and no octet, and would overflow.
    if !(1..=5).contains(&digits) {
        return None;
    }
    let value = number
        .iter()
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some((value, rest))
}

fn is_private(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") || host == "[::1]" {
        return true;
    }
    let mut octets = [0; 4];
    let mut rest = host.as_bytes();
    for (place, octet) in octets.iter_mut().enumerate() {
        if place > 0 {
            let [b'.', after @ ..] = rest else {
                return false;
            };
            rest = after;
        }
        let Some((value, after)) = leading_number(rest) else {
            return false;
        };
        // By the URL standard 010 is octal: eight.
        if rest.starts_with(b"0") && after.len() + 1 < rest.len() {
            return false;
        }
        *octet = value;
        rest = after;
    }
    let in_range = octets.iter().all(|octet| *octet < 256);
    rest.is_empty()
        && in_range
        && matches!(octets, [127 | 10, ..] | [192, 168, ..] | [172, 16..=31, ..])
}
