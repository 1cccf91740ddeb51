//! The one way to an HTTP client.

use reqwest::{Client, ClientBuilder};
use url::{Host, Url};

/// A builder whose clients speak TLS by ring.
pub fn builder() -> ClientBuilder {
    // It can be installed once in a process; later calls find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

/// Whether `url` leads no further than this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
