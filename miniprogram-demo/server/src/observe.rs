//! What an operator sees of each request: an id, a line in the log, and numbers.
//!
//! The log names method, route, status and time. Queries, headers and bodies stay out of it: they
//! carry codes, tokens and what users typed.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tracing::Instrument;
use uuid::Uuid;

use crate::app::App;
use crate::listen::dropped_log_lines;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Counters and timers of one instance.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    /// Logins by how they ended.
    pub logins: Family<LoginLabels, Counter>,
    sealed: Family<SealedLabels, Gauge>,
    dropped: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SealedLabels {
    what: &'static str,
    kid: String,
}

/// How a login ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LoginLabels {
    /// `new_user`, `known_user`, `code_rejected`, `blocked`, `rate_limited`, `unavailable`,
    /// `misconfigured`, `bad_request`, `database` or `internal`.
    pub outcome: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        let seconds = Family::<RouteLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
        });
        let logins = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time until the answer's head",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register("logins", "Logins by outcome", logins.clone());
        let sealed = Family::default();
        let help = "Rows in use by what is sealed in them and under which secret";
        registry.register("sealed_rows", help, sealed.clone());
        let dropped = Gauge::default();
        let help = "Lines of the log that nobody read in time";
        registry.register("log_lines_dropped", help, dropped.clone());
        Self {
            dropped,
            sealed,
            registry,
            requests,
            seconds,
            logins,
        }
    }
}

impl Metrics {
    /// Says anew how many rows are sealed: what, under which kid, how many.
    pub fn set_sealed(&self, counts: Vec<(&'static str, String, i64)>) {
        self.sealed.clear();
        for (what, kid, rows) in counts {
            self.sealed
                .get_or_create(&SealedLabels { what, kid })
                .set(rows);
        }
    }

    /// The numbers in the text format that Prometheus reads.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let dropped = i64::try_from(dropped_log_lines()).unwrap_or(i64::MAX);
        self.dropped.set(dropped);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Gives the request an id, and logs and counts its answer.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    // Only routes we know become labels: a scanner must not fill the memory with paths.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let id = request_id(&request);
    let span = tracing::info_span!("request", id = %id.to_str().unwrap_or_default());
    let mut response = next.run(request).instrument(span.clone()).await;

    let status = response.status().as_u16();
    let elapsed = start.elapsed();
    span.in_scope(|| tracing::info!(%method, route, status, ?elapsed, "answered"));
    response.headers_mut().insert(REQUEST_ID, id);
    app.metrics
        .seconds
        .get_or_create(&RouteLabels {
            route: route.clone(),
        })
        .observe(elapsed.as_secs_f64());
    let labels = RequestLabels {
        method: method_label(&method),
        route,
        status,
    };
    app.metrics.requests.get_or_create(&labels).inc();
    response
}

/// Anyone can make up methods; they must not fill the memory either.
fn method_label(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known
        .into_iter()
        .find(|known| method == known)
        .unwrap_or("other")
}

/// The caller's id if it is harmless in a log, else a new one.
fn request_id(request: &Request) -> HeaderValue {
    let harmless = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=64).contains(&bytes.len())
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let given = request.headers().get(&REQUEST_ID).filter(harmless).cloned();
    given.unwrap_or_else(|| {
        let id = Uuid::new_v4().to_string();
        HeaderValue::try_from(id).expect("a UUID is a valid header value")
    })
}
