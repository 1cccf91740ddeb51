//! From where a request comes: its connection's other end, or what the proxy in front says.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

use crate::config::Config;
use crate::seldom::Seldom;

/// What proxies say an address in.
const FORWARDING: [HeaderName; 3] = [
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// From where a request comes, as far as limits tell addresses apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(pub IpAddr);

/// Finds clients as `config` says.
#[derive(Debug)]
pub struct Clients {
    header: Option<HeaderName>,
    proxies: usize,
    unexpected: Seldom,
    unreadable: Seldom,
}

impl Clients {
    /// As `config` says.
    pub fn new(config: &Config) -> Self {
        Self {
            header: config.client_ip_header.clone(),
            proxies: usize::try_from(config.trusted_proxies).unwrap_or(usize::MAX),
            unexpected: Seldom::default(),
            unreadable: Seldom::default(),
        }
    }

    /// The client of a request with these headers on a connection from `peer`.
    pub fn find(&self, headers: &HeaderMap, peer: SocketAddr) -> Client {
        let said = match &self.header {
            None => {
                if let Some(name) = FORWARDING.iter().find(|name| headers.contains_key(*name)) {
                    self.unexpected.happened(|count| {
                        tracing::warn!(
                            count,
                            "requests come with {name}: if a proxy is in front, set \
                             CLIENT_IP_HEADER, or all clients share its limits"
                        );
                    });
                }
                None
            }
            Some(name) => {
                let said = self.said(headers, name);
                if said.is_none() {
                    self.unreadable.happened(|count| {
                        tracing::warn!(
                            count,
                            "requests come without a readable {name}: they share the limits of \
                             the proxy's address"
                        );
                    });
                }
                said
            }
        };
        Client(network(said.unwrap_or(peer.ip())))
    }

    /// In a list, the last address is the one that the nearest proxy saw itself, the one before
    /// what the proxy before that saw, and whatever is further left the client can make up. So the
    /// list is read from its end, where nothing that is made up can change how it is split.
    fn said(&self, headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
        let values = headers.get_all(name).into_iter().rev();
        let mut elements = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        let element = elements.nth(self.proxies.checked_sub(1)?)?.trim();
        if *name != header::FORWARDED {
            return address(element);
        }
        let mut parameters = element
            .split(';')
            .filter_map(|text| text.trim().split_once('='));
        let (_, node) = parameters.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
        address(node.trim_matches('"'))
    }
}

/// An address, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    bare.unwrap_or(text).parse().ok().or_else(with_port)
}

/// Whoever has an IPv6 address has the 2^64 beside it too: they count as one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: HeaderName, proxies: usize, values: &[&str]) -> Option<String> {
        let clients = Clients {
            header: None,
            proxies,
            unexpected: Seldom::default(),
            unreadable: Seldom::default(),
        };
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&name, value.parse().expect("a value"));
        }
        clients
            .said(&headers, &name)
            .map(|address| address.to_string())
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        let [forwarded, x_forwarded_for, x_real_ip] = FORWARDING;
        for (name, value, expected) in [
            (&x_real_ip, "192.0.2.1", Some("192.0.2.1")),
            (
                &x_forwarded_for,
                "192.0.2.9, 192.0.2.1:4711",
                Some("192.0.2.1"),
            ),
            (&x_forwarded_for, "[2001:db8::1]:4711", Some("2001:db8::1")),
            (&x_forwarded_for, "[2001:db8::1]", Some("2001:db8::1")),
            (&x_forwarded_for, "2001:db8::1", Some("2001:db8::1")),
            (&x_forwarded_for, "192.0.2.1, unknown", None),
            (&x_forwarded_for, "", None),
            (
                &forwarded,
                "for=192.0.2.9, For=192.0.2.1;proto=https",
                Some("192.0.2.1"),
            ),
            (
                &forwarded,
                "proto=http; for=\"[2001:db8::1]:4711\"",
                Some("2001:db8::1"),
            ),
            (&forwarded, "for=\"192.0.2.1:80\"", Some("192.0.2.1")),
            (&forwarded, "for=\", for=192.0.2.1", Some("192.0.2.1")),
            (&forwarded, "for=_hidden", None),
            (&forwarded, "proto=https", None),
        ] {
            assert_eq!(
                said(name.clone(), 1, &[value]).as_deref(),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn as_many_proxies_are_believed_as_are_there() {
        let [_, name, _] = FORWARDING;
        let said = |proxies, values: &[&str]| said(name.clone(), proxies, values);
        let list = ["192.0.2.9, 192.0.2.1", "192.0.2.2"];
        assert_eq!(said(1, &list).as_deref(), Some("192.0.2.2"));
        assert_eq!(said(2, &list).as_deref(), Some("192.0.2.1"));
        assert_eq!(said(4, &list), None, "not all of them were passed");
    }
}
