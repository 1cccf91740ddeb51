//! How handlers read a request: JSON bodies, queries, and the session behind a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Multipart, Path, Query, Request};
use axum::http::{header, request::Parts};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::answer::ApiError;
use crate::app::App;
use crate::store::Session;
use crate::token::TokenError;

/// A JSON body. What does not fit is answered in the envelope.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::BytesRejection(BytesRejection::FailedToBufferBody(
                FailedToBufferBody::LengthLimitError(_),
            ))) => Err(ApiError::TooLarge),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::BadRequest(
                "the body must be application/json".to_owned(),
            )),
            // serde's text quotes what was sent, which may be a secret.
            Err(_) => Err(ApiError::BadRequest(
                "the body lacks a field or is not JSON".to_owned(),
            )),
        }
    }
}

/// The query string. What does not fit is answered in the envelope.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(_) => Err(ApiError::BadRequest(
                "the query is not what this route takes".to_owned(),
            )),
        }
    }
}

/// An id in a path; what is none names nothing.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let id = text.ok().and_then(|Path(text)| Uuid::try_parse(&text).ok());
        id.map(Self).ok_or(ApiError::NotFound)
    }
}

/// A form with files. What is none is answered in the envelope.
#[derive(Debug)]
pub struct Form(pub Multipart);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let form = Multipart::from_request(request, state).await;
        form.map(Self)
            .map_err(|_| ApiError::BadRequest("the body must be multipart/form-data".to_owned()))
    }
}

/// The live session of the request's token. Every request that asks for it is counted to its user.
#[derive(Debug)]
pub struct Authorized(pub Session);

impl FromRequestParts<Arc<App>> for Authorized {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(TokenError::Missing)?;
        let claims = app.tokens.verify(token)?;
        let session = app
            .store
            .session(&claims.sid)
            .await?
            .ok_or(TokenError::Revoked)?;
        if session.user.id != claims.sub {
            return Err(TokenError::Invalid.into());
        }
        app.limits.user(&claims.sub)?;
        app.renew_seals(&session).await;
        Ok(Self(session))
    }
}
