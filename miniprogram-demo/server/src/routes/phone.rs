//! `POST /user/phone`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Changed, UserInfo, check_code};
use crate::answer::{Answer, ApiError, Failure, ok};
use crate::app::App;
use crate::extract::{Authorized, Body};

#[derive(Deserialize, ToSchema)]
pub(super) struct Phone {
    /// From `<button open-type="getPhoneNumber">`; good for five minutes and one use.
    code: String,
}

/// Set the phone number
#[utoipa::path(
    post,
    path = "/user/phone",
    request_body = Phone,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Set; it comes back masked", body = Answer<Changed>),
        (status = 400, description = "40029: get a fresh code. 40001: not a code", body = Failure),
        (status = 401, description = "401: log in", body = Failure),
        (status = 502, description = "50201: WeChat is not available", body = Failure),
    )
)]
pub(super) async fn phone(
    State(app): State<Arc<App>>,
    Authorized(session): Authorized,
    Body(phone): Body<Phone>,
) -> Result<Json<Answer<Changed>>, ApiError> {
    check_code(&phone.code)?;
    let openid = &session.user.openid;
    let number = app.wechat.phone_number(&phone.code, openid).await?;
    let sealed = app.sealer.seal(&session.user.id, &number)?;
    let index = app.sealer.index(&number);
    let user = app
        .store
        .set_phone(&session.user.id, &sealed, index.as_deref())
        .await?;
    Ok(ok(Changed {
        user_info: UserInfo::new(&app, user),
    }))
}
