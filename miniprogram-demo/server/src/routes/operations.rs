//! For whoever runs the server: `GET /livez`, `/readyz`, `/healthz` and `GET /metrics`.

use std::sync::Arc;

use anyhow::anyhow;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};

use crate::answer::{Answer, ApiError, Failure, Nothing, ok};
use crate::app::App;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether this process lives; the database is not asked
#[utoipa::path(
    get,
    path = "/livez",
    responses((status = 200, description = "It does", body = Answer<Nothing>))
)]
pub(super) async fn livez() -> Json<Answer<Nothing>> {
    ok(Nothing)
}

/// Whether this instance can do its work: its database is read and written
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "It can", body = Answer<Nothing>),
        (status = 503, description = "50301: the database is not available", body = Failure),
    )
)]
pub(super) async fn readyz(app: State<Arc<App>>) -> Result<Json<Answer<Nothing>>, ApiError> {
    ready(&app).await
}

/// Another name of `/readyz`
#[utoipa::path(
    get,
    path = "/healthz",
    responses(
        (status = 200, description = "It can", body = Answer<Nothing>),
        (status = 503, description = "50301: the database is not available", body = Failure),
    )
)]
pub(super) async fn healthz(app: State<Arc<App>>) -> Result<Json<Answer<Nothing>>, ApiError> {
    ready(&app).await
}

async fn ready(app: &App) -> Result<Json<Answer<Nothing>>, ApiError> {
    if app.store.is_ready().await {
        Ok(ok(Nothing))
    } else {
        Err(ApiError::Unavailable(anyhow!("not ready")))
    }
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
