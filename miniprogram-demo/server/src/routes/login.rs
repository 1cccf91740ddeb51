//! `POST /user/weixin-login`

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{UserInfo, check_code};
use crate::answer::{Answer, ApiError, Failure, ok};
use crate::app::App;
use crate::client::Client;
use crate::crypto::SessionKey;
use crate::extract::Body;
use crate::observe::LoginLabels;
use crate::store::{NewLogin, NewSession};
use crate::wechat::WechatError;

/// Whatever else a client sends, such as a userInfo, is not looked at: nobody vouches for it.
#[derive(Deserialize, ToSchema)]
pub(super) struct Login {
    /// From `wx.login`; good for five minutes and one use.
    code: String,
}

/// A new session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedIn {
    /// To be sent as `Authorization: Bearer`.
    authorization_token: String,
    /// "Bearer".
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// Unix seconds.
    expires_at: i64,
    /// Whether this login made the user.
    is_new_user: bool,
    /// The user.
    user_info: UserInfo,
}

/// Log in with a code from `wx.login`
#[utoipa::path(
    post,
    path = "/user/weixin-login",
    request_body = Login,
    responses(
        (status = 200, description = "Logged in", body = Answer<LoggedIn>),
        (status = 400, description = "40029: get a fresh code. 40001: not a login", body = Failure),
        (status = 403, description = "40301: WeChat or an operator blocks this user", body = Failure),
        (status = 429, description = "42901: later; see Retry-After", body = Failure),
        (status = 502, description = "50201: WeChat is not available", body = Failure),
    )
)]
pub(super) async fn login(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    Body(login): Body<Login>,
) -> Result<Json<Answer<LoggedIn>>, ApiError> {
    app.limits.login(client)?;
    let result = exchange(&app, &login.code).await;
    let outcome = match &result {
        Ok(login) if login.is_new_user => "new_user",
        Ok(_) => "known_user",
        Err(ApiError::BadRequest(_)) => "bad_request",
        Err(ApiError::Wechat(error)) => match error {
            WechatError::CodeRejected(_) => "code_rejected",
            WechatError::Blocked => "blocked",
            WechatError::RateLimited => "rate_limited",
            WechatError::Unavailable(_) => "unavailable",
            WechatError::Misconfigured(_) => "misconfigured",
        },
        Err(ApiError::Blocked) => "blocked",
        Err(ApiError::Unavailable(_)) => "database",
        Err(_) => "internal",
    };
    app.metrics
        .logins
        .get_or_create(&LoginLabels { outcome })
        .inc();
    result.map(ok)
}

async fn exchange(app: &App, code: &str) -> Result<LoggedIn, ApiError> {
    check_code(code)?;
    let login = app.wechat.code_to_session(code).await?;
    let sid = Uuid::new_v4().to_string();
    let session_key = login.session_key.as_ref().map_or("", SessionKey::expose);
    let session = NewSession {
        sid: &sid,
        session_key: &app.sealer.seal(&sid, session_key)?,
        life: app
            .config
            .token_ttl
            .as_secs()
            .try_into()
            .unwrap_or(i64::MAX),
        most: app.config.max_sessions.into(),
    };
    let NewLogin {
        user,
        is_new,
        begins_at,
        ends_at,
    } = app
        .store
        .login(&login, session)
        .await?
        .ok_or(ApiError::Blocked)?;
    Ok(LoggedIn {
        authorization_token: app.tokens.issue(&user.id, &sid, begins_at, ends_at)?,
        token_type: "Bearer",
        expires_in: app.config.token_ttl.as_secs(),
        expires_at: ends_at,
        is_new_user: is_new,
        user_info: UserInfo::new(app, user),
    })
}
