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
        self.https == other.https && self.port == other.port && self.host.eq_ignore_ascii_case(other.host)
    }
}

impl<'a> Origin<'a> {
    /// Parses the start of a URL. Deliberately narrower than the URL standard: user info, backslashes,
    /// white space, percent signs and non-ASCII hosts (write them as punycode) do not parse, since
    /// there clients differ about where such a URL leads.
    pub fn parse(url: &'a str) -> Option<Self> {
        let (https, rest) = match strip_scheme(url, "https://") {
            Some(rest) => (true, rest),
            None => (false, strip_scheme(url, "http://")?),
        };
        let end = rest.bytes().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (host, port) = split_port(&rest[..end])?;
        let port = match port {
            Some(digits) => parse_port(digits)?,
            None if https => 443,
            None => 80,
        };
        Some(Self { https, host, port })
    }

    /// Whether a token may travel to it: over TLS, or to the machine or private network itself.
    pub fn is_secure(&self) -> bool {
        self.https || is_private(self.host)
    }
}

/// Whether the URL names a scheme, so that it is not relative to `baseUrl`.
pub fn is_absolute(url: &str) -> bool {
    let bytes = url.as_bytes();
    let scheme = bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')).count();
    scheme > 0 && bytes[0].is_ascii_alphabetic() && bytes.get(scheme) == Some(&b':')
}

fn strip_scheme<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let head = url.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then(|| &url[scheme.len()..])
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let close = authority.find(']')?;
        let (host, after) = authority.split_at(close + 1);
        let inside = &host[1..close];
        let valid = !inside.is_empty() && inside.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
        let port = match after {
            "" => None,
            _ => Some(after.strip_prefix(':')?),
        };
        return valid.then_some((host, port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let valid = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    valid.then_some((host, port))
}

fn parse_port(digits: &str) -> Option<u16> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

fn is_private(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") || host == "[::1]" {
        return true;
    }
    let mut octets = [0u8; 4];
    let mut parts = host.split('.');
    for octet in &mut octets {
        match parts.next().and_then(|part| part.parse().ok()) {
            Some(value) => *octet = value,
            None => return false,
        }
    }
    let private = matches!(octets, [127 | 10, ..] | [192, 168, ..] | [172, 16..=31, ..]);
    private && parts.next().is_none()
}
