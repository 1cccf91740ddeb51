//! For whoever runs the server: `GET /healthz` and `GET /metrics`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};

use crate::answer::{Answer, ApiError, Failure, Nothing, ok};
use crate::app::App;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether this instance can do its work
#[utoipa::path(
    get,
    path = "/healthz",
    responses(
        (status = 200, description = "It can", body = Answer<Nothing>),
        (status = 500, description = "50001: the database does not answer", body = Failure),
    )
)]
pub(super) async fn healthz(
    State(app): State<Arc<App>>,
) -> Result<Json<Answer<Nothing>>, ApiError> {
    app.store.ping().await?;
    Ok(ok(Nothing))
}

/// Numbers for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, description = "OpenMetrics", body = String, content_type = OPENMETRICS))
)]
pub(super) async fn metrics(
    State(app): State<Arc<App>>,
) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    let text = app
        .metrics
        .render()
        .map_err(|error| ApiError::Internal(error.into()))?;
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text))
}
