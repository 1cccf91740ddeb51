//! The envelope of every answer, and what each failure looks like in it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

use crate::crypto::OpenDataError;
use crate::seal::SealError;
use crate::store::is_away;
use crate::token::TokenError;
use crate::wechat::WechatError;

/// A successful answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answer<T> {
    /// 200.
    pub code: u16,
    /// "ok".
    pub msg: &'static str,
    /// What was asked for.
    pub data: T,
}

/// No data: null.
#[derive(Debug, Serialize)]
pub struct Nothing;

impl PartialSchema for Nothing {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Null).into()
    }
}

impl ToSchema for Nothing {}

/// Wraps `data` in the envelope.
pub fn ok<T>(data: T) -> Json<Answer<T>> {
    Json(Answer {
        code: 200,
        msg: "ok",
        data,
    })
}

/// A failed answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    /// 401, 40001, 40029, 40301, 40401, 40501, 40801, 40901, 41301, 42901, 50001, 50201 or 50301.
    pub code: u32,
    /// For people.
    pub msg: String,
    /// Always null.
    pub data: Nothing,
}

/// Everything that can go wrong in a request.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request is not what this route takes.
    #[error("{0}")]
    BadRequest(String),
    /// The body is too long.
    #[error("the body is longer than this route takes")]
    TooLarge,
    /// No usable token.
    #[error(transparent)]
    Unauthorized(#[from] TokenError),
    /// An operator blocked this user.
    #[error("this user is blocked")]
    Blocked,
    /// Nothing here.
    #[error("no such thing here")]
    NotFound,
    /// This path has other methods.
    #[error("this path does not take this method")]
    Method,
    /// The request took too long, mostly to arrive.
    #[error("the request took too long")]
    Late,
    /// Too many requests from one address or one user.
    #[error("too many requests; try again in {retry_after} s")]
    TooMany {
        /// Seconds.
        retry_after: u64,
    },
    /// What the phone sent was not accepted.
    #[error(transparent)]
    OpenData(#[from] OpenDataError),
    /// WeChat said no, or nothing.
    #[error(transparent)]
    Wechat(#[from] WechatError),
    /// The database is away; the cause is logged, not sent.
    #[error("the database is not available; try again later")]
    Unavailable(#[source] anyhow::Error),
    /// Our own trouble; the cause is logged, not sent.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) {
            Self::Unavailable(error.into())
        } else {
            Self::Internal(error.into())
        }
    }
}

impl From<SealError> for ApiError {
    fn from(error: SealError) -> Self {
        Self::Internal(error.into())
    }
}

impl ApiError {
    fn status_and_code(&self) -> (StatusCode, u32) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, 40001),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, 41301),
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, 401),
            Self::Blocked => (StatusCode::FORBIDDEN, 40301),
            Self::NotFound => (StatusCode::NOT_FOUND, 40401),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, 40501),
            Self::Late => (StatusCode::REQUEST_TIMEOUT, 40801),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, 42901),
            Self::OpenData(OpenDataError::StaleKey) => (StatusCode::CONFLICT, 40901),
            Self::OpenData(_) => (StatusCode::BAD_REQUEST, 40001),
            Self::Wechat(error) => match error {
                WechatError::CodeRejected(_) => (StatusCode::BAD_REQUEST, 40029),
                WechatError::Blocked => (StatusCode::FORBIDDEN, 40301),
                WechatError::RateLimited => (StatusCode::TOO_MANY_REQUESTS, 42901),
                WechatError::Unavailable(_) => (StatusCode::BAD_GATEWAY, 50201),
                WechatError::Misconfigured(_) => (StatusCode::INTERNAL_SERVER_ERROR, 50001),
            },
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, 50301),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, 50001),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { retry_after } => Some(*retry_after),
            // WeChat's quota is counted by the minute.
            Self::Wechat(WechatError::RateLimited) => Some(60),
            Self::Unavailable(_) => Some(5),
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match &self {
            Self::Unavailable(cause) => tracing::error!(%cause, "the database is not available"),
            Self::Internal(cause) => tracing::error!(%cause, "internal error"),
            Self::Wechat(error @ WechatError::Misconfigured(_)) => {
                tracing::error!(%error, "WeChat refuses this server's configuration");
            }
            error => tracing::debug!(%error, "refused"),
        }
        let (status, code) = self.status_and_code();
        // Which errcode the configuration caused concerns the operator, not the caller.
        let msg = match &self {
            Self::Wechat(WechatError::Misconfigured(_)) => "internal error".to_owned(),
            error => error.to_string(),
        };
        let mut response = (
            status,
            Json(Failure {
                code,
                msg,
                data: Nothing,
            }),
        )
            .into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(r#"Bearer error="invalid_token""#),
            );
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
