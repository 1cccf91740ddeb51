//! Who may talk to the simulator: programs on this machine that know what they do. A page of
//! another origin in a developer's browser may not, whatever name it gives this address.

use std::net::SocketAddr;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The names under which the simulator is known.
#[derive(Debug, Clone)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Those of a simulator that listens on `address`.
    pub(super) fn of(address: SocketAddr) -> Self {
        let hosts = ["127.0.0.1", "localhost", "[::1]"];
        let port = address.port();
        Self(hosts.map(|host| format!("{host}:{port}")).into())
    }

    fn include(&self, name: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Refuses what a page of another origin can send.
pub(super) async fn guard(State(names): State<Names>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !text(headers, &header::HOST).is_some_and(|host| names.include(host)) {
        let text = "the simulator is 127.0.0.1, localhost or [::1] with its port";
        return (StatusCode::MISDIRECTED_REQUEST, text).into_response();
    }
    let own = |origin: &str| {
        let name = origin.strip_prefix("http://");
        name.is_some_and(|name| names.include(name))
    };
    if headers.contains_key(header::ORIGIN) && !text(headers, &header::ORIGIN).is_some_and(own) {
        return (StatusCode::FORBIDDEN, "not for pages of other origins").into_response();
    }
    // WeChat's own calls take whatever type a server gives its JSON.
    let is_wechats = ["/sns/", "/cgi-bin/", "/wxa/"]
        .iter()
        .any(|start| request.uri().path().starts_with(start));
    let is_json = text(headers, &header::CONTENT_TYPE)
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_wechats && !is_json && !request.body().is_end_stream() {
        let text = "the body must be application/json";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response();
    }
    next.run(request).await
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
