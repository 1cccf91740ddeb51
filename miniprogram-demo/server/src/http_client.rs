//! The one way to an HTTP client.

use reqwest::{Client, ClientBuilder};

/// A builder whose clients speak TLS by ring.
pub fn builder() -> ClientBuilder {
    // It can be installed once in a process; later calls find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}
