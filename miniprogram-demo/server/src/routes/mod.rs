//! What the backend answers, a file per subject.

mod avatar;
mod chat;
mod document;
mod events;
mod home;
mod login;
mod logout;
mod operations;
mod phone;
mod profile;

use std::sync::Arc;

use anyhow::anyhow;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, middleware};
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::answer::ApiError;
use crate::app::App;
use crate::limit::by_address;
use crate::observe::observe;
use crate::store::User;
use document::Document;

/// Bodies are small JSON documents; routes that take more say so.
const BODY_BYTES: usize = 16 * 1024;

/// The routes that the document describes.
fn documented(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    let upload = OpenApiRouter::new()
        .routes(routes!(avatar::upload))
        .layer(DefaultBodyLimit::max(avatar::BODY_BYTES));
    let user = OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(login::login))
        .routes(routes!(profile::profile))
        .routes(routes!(phone::phone))
        .routes(routes!(home::home))
        .routes(routes!(events::events))
        .routes(routes!(chat::chat))
        .routes(routes!(logout::logout))
        .routes(routes!(avatar::avatar))
        .layer(middleware::from_fn_with_state(app.clone(), by_address));
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(user)
        .routes(routes!(operations::livez))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::healthz))
        .routes(routes!(operations::metrics))
}

/// All routes, with everything a request passes on its way.
pub fn router(app: &Arc<App>) -> Router {
    let (router, mut document) = documented(app).split_for_parts();
    document::complete(&mut document);
    router
        .route(
            "/openapi.json",
            axum::routing::get(async move || Json(document)),
        )
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::Method)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), in_time))
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::Internal(anyhow!("a panic")).into_response()
        }))
        .layer(middleware::from_fn_with_state(app.clone(), observe))
        .with_state(app.clone())
}

async fn in_time(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let limit = app.config.request_timeout;
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    answer.map_err(|_| ApiError::Late)
}

/// A user as clients see them: never an openid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UserInfo {
    /// Internal id.
    id: String,
    /// Empty until the user gives one.
    nick_name: String,
    /// URL, or path on this server, or empty.
    avatar_url: String,
    /// With the middle digits hidden; null until the user gives it.
    phone: Option<String>,
}

impl UserInfo {
    fn new(app: &App, user: User) -> Self {
        let phone = user.phone.and_then(|sealed| {
            let opened = app.sealer.open(&user.id, &sealed);
            opened
                .inspect_err(|error| tracing::warn!(%error, "a phone number is lost"))
                .ok()
        });
        Self {
            phone: phone.as_deref().map(masked),
            id: user.id,
            nick_name: user.nick_name,
            avatar_url: user.avatar_url,
        }
    }
}

/// The user as changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Changed {
    user_info: UserInfo,
}

/// WeChat's codes are 32 characters and more that need no escaping; what can't be one does not
/// travel on.
fn check_code(code: &str) -> Result<(), ApiError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte);
    if (16..=128).contains(&code.len()) && code.bytes().all(plain) {
        return Ok(());
    }
    Err(ApiError::BadRequest(
        "code is not what WeChat gives".to_owned(),
    ))
}

/// Hides all but the country code and the number's first and last digits.
pub(crate) fn masked(phone: &str) -> String {
    let (country, number) = phone.rsplit_once(' ').unwrap_or(("", phone));
    let digits = number.chars().count();
    let shown = |i: usize| digits > 7 && (i < 3 || i >= digits - 4);
    let number = number.chars().enumerate();
    let number: String = number
        .map(|(i, digit)| if shown(i) { digit } else { '*' })
        .collect();
    format!("{country} {number}")
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_masked_number_hides_its_middle() {
        assert_eq!(masked("+86 10000000001"), "+86 100****0001");
        assert_eq!(masked("+1 1234567"), "+1 *******");
    }
}
