//! `POST /user/avatar` and `GET /avatars/{id}`

use std::sync::Arc;

use axum::extract::State;
use axum::extract::multipart::MultipartError;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use utoipa::ToSchema;

use super::{Changed, UserInfo};
use crate::answer::{Answer, ApiError, Failure, ok};
use crate::app::App;
use crate::client::Client;
use crate::extract::{Authorized, Form, Id};
use crate::places::Place;
use crate::store::Avatar;

/// What chooseAvatar gives is far smaller; includes the form around the picture.
pub(super) const BODY_BYTES: usize = 1024 * 1024;
/// What every client can show and none executes.
const TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// As `wx.uploadFile` sends it.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the form; the handler reads it as a stream"
)]
pub(super) struct Upload {
    /// PNG, JPEG, GIF or WebP, up to 1 MiB; any field name will do.
    #[schema(format = Binary, value_type = String)]
    file: Vec<u8>,
}

/// Set the picture
#[utoipa::path(
    post,
    path = "/user/avatar",
    request_body(content = Upload, content_type = "multipart/form-data"),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Set", body = Answer<Changed>),
        (status = 400, description = "40001: not a picture of a known type", body = Failure),
        (status = 401, description = "401: log in", body = Failure),
        (status = 413, description = "41301: larger than 1 MiB", body = Failure),
    )
)]
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    Authorized(session): Authorized,
    Form(mut form): Form,
) -> Result<Json<Answer<Changed>>, ApiError> {
    let _place = app.uploads.take(&session.user.id).await?;
    let missing = || ApiError::BadRequest("the form has no file".to_owned());
    // wx.uploadFile may send form fields before the file.
    let file = loop {
        let field = form
            .next_field()
            .await
            .map_err(refused)?
            .ok_or_else(missing)?;
        if field.file_name().is_some() {
            break field.bytes().await.map_err(refused)?;
        }
    };
    // The type is what the content says; name and declared type are the client's word only.
    let kind = infer::get(&file).map(|kind| kind.mime_type());
    let content_type = kind.filter(|kind| TYPES.contains(kind)).ok_or_else(|| {
        ApiError::BadRequest("the picture must be PNG, JPEG, GIF or WebP".to_owned())
    })?;
    let avatar = Avatar {
        content_type: content_type.to_owned(),
        bytes: file.to_vec(),
    };
    let user = app.store.set_avatar(&session.user.id, &avatar).await?;
    Ok(ok(Changed {
        user_info: UserInfo::new(&app, user),
    }))
}

/// An uploaded picture
#[utoipa::path(
    get,
    path = "/avatars/{id}",
    params(("id" = String, Path, description = "From avatarUrl")),
    responses(
        (status = 200, description = "The picture", content_type = "image/*"),
        (status = 304, description = "As If-None-Match says"),
        (status = 404, description = "40401: replaced or never there", body = Failure),
        (status = 429, description = "42901: later; see Retry-After", body = Failure),
    )
)]
pub(super) async fn avatar(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = id.to_string();
    // Each upload has an id of its own, so a picture never changes.
    let etag = format!("\"{id}\"");
    let caching = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, &etag),
    ];
    if knows(&headers, &etag) && app.store.has_avatar(&id).await? {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let place = app.pictures.take(&client).await?;
    let Avatar {
        content_type,
        bytes,
    } = app.store.avatar(&id).await?.ok_or(ApiError::NotFound)?;
    let types = [
        (header::CONTENT_TYPE, content_type.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let bytes = Bytes::from_owner(Sent {
        bytes,
        _place: place,
    });
    Ok((caching, types, bytes).into_response())
}

/// A picture on its way: it leaves its place when it is written, or given up.
struct Sent {
    bytes: Vec<u8>,
    _place: Place<Client>,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn knows(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).into_iter();
    let mut tags = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    tags.any(|tag| ["*", etag].contains(&tag.trim().trim_start_matches("W/")))
}

fn refused(error: MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
        _ => ApiError::BadRequest("the form is broken".to_owned()),
    }
}
