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
    /// Parses the start of a URL. Deliberately narrower than the URL standard: user info,
    /// backslashes, white space, percent signs and non-ASCII hosts (write them as punycode) do not
    /// parse, since there clients differ about where such a URL leads.
    pub fn parse(url: &'a str) -> Option<Self> {
        let https = starts_with(url, "https://");
        if !https && !starts_with(url, "http://") {
            return None;
        }
        let rest = url.get(if https { 8 } else { 7 }..)?;
        let is_end = |b: &u8| matches!(b, b'/' | b'?' | b'#');
        let authority = rest.get(..before(rest, is_end))?;
        let (host_end, is_good): (_, fn(&u8) -> bool) = match authority.as_bytes() {
            [b'[', ..] => (before(authority, |b| *b == b']') + 1, is_of_ip6),
            _ => (before(authority, |b| *b == b':'), is_of_name),
        };
        let host = authority.get(..host_end)?;
        let port = match authority.as_bytes().get(host_end..)? {
            [] if https => 443,
            [] => 80,
            [b':', port @ ..] => number(port, u16::MAX.into())? as u16,
            _ => return None,
        };
        let named = !host.is_empty() && host != "[]";
        (named && host.as_bytes().iter().all(is_good)).then_some(Self { https, host, port })
    }

    /// Whether a token may travel to it: over TLS, or to the machine or private network itself.
    pub fn is_secure(&self) -> bool {
        self.https || is_private(self.host)
    }
}

/// Whether the URL names a scheme, so that it is not relative to `baseUrl`; or may do so once a
/// client has trimmed white space from it.
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

fn is_of_name(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')
}

fn is_of_ip6(b: &u8) -> bool {
    b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'[' | b']')
}

/// How many bytes come before the first that is so.
fn before(text: &str, is: impl Fn(&u8) -> bool) -> usize {
    text.bytes().take_while(|b| !is(b)).count()
}

fn starts_with(url: &str, scheme: &str) -> bool {
    url.as_bytes()
        .get(..scheme.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(scheme.as_bytes()))
}

/// A decimal number.
fn number(digits: &[u8], max: u32) -> Option<u32> {
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u32::from(digit - b'0');
        if number > max {
            return None;
        }
    }
    (!digits.is_empty()).then_some(number)
}

/// Names and addresses of the machine or private network itself. By the URL standard 010 is octal,
/// eight; so is anything that is no plain decimal address public here.
fn is_private(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") || host == "[::1]" {
        return true;
    }
    let mut octets = [0; 4];
    let mut parts = host.as_bytes().split(|b| *b == b'.');
    for octet in &mut octets {
        match parts.next() {
            Some([b'0', _, ..]) | None => return false,
            Some(part) => match number(part, 255) {
                Some(value) => *octet = value,
                None => return false,
            },
        }
    }
    parts.next().is_none() && matches!(octets, [127 | 10, ..] | [192, 168, ..] | [172, 16..=31, ..])
}
