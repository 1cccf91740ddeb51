//! `POST /user/logout`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::answer::{Answer, ApiError, Failure, Nothing, ok};
use crate::app::App;
use crate::extract::Authorized;

/// End this session: its token and its session_key are gone
#[utoipa::path(
    post,
    path = "/user/logout",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Logged out", body = Answer<Nothing>),
        (status = 401, description = "401: was not logged in", body = Failure),
    )
)]
pub(super) async fn logout(
    State(app): State<Arc<App>>,
    Authorized(session): Authorized,
) -> Result<Json<Answer<Nothing>>, ApiError> {
    app.store.revoke_session(&session.sid).await?;
    Ok(ok(Nothing))
}
