//! `POST /user/profile`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Changed, UserInfo};
use crate::answer::{Answer, ApiError, Failure, ok};
use crate::app::App;
use crate::crypto::{Expected, OpenDataError, SessionKey, SignedProfile};
use crate::extract::{Authorized, Body};
use crate::store::{Session, now};

/// As long as WeChat lets nicknames be, in characters.
const NICK_NAME_CHARS: usize = 32;

/// Either what `wx.getUserProfile` gave, or what the user typed into the fill-in form.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Profile {
    #[serde(rename_all = "camelCase")]
    Signed {
        /// Base64.
        encrypted_data: String,
        /// Base64.
        iv: String,
        /// JSON text of the userInfo, as signed.
        raw_data: String,
        /// Hex.
        signature: String,
    },
    #[serde(rename_all = "camelCase")]
    Typed {
        /// From `<input type="nickname">`; the picture comes through `/user/avatar`.
        nick_name: String,
    },
}

/// Set the profile
#[utoipa::path(
    post,
    path = "/user/profile",
    request_body = Profile,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Set", body = Answer<Changed>),
        (status = 400, description = "40001: not a profile, or another's", body = Failure),
        (status = 401, description = "401: log in", body = Failure),
        (status = 409, description = "40901: stale session_key; log in, then a new tap", body = Failure),
    )
)]
pub(super) async fn profile(
    State(app): State<Arc<App>>,
    Authorized(session): Authorized,
    Body(profile): Body<Profile>,
) -> Result<Json<Answer<Changed>>, ApiError> {
    let (nick_name, avatar_url) = match &profile {
        Profile::Signed {
            encrypted_data,
            iv,
            raw_data,
            signature,
        } => {
            let signed = SignedProfile {
                raw_data,
                signature,
                encrypted_data,
                iv,
            };
            let opened = signed.open(
                &session_key(&app, &session)?,
                Expected {
                    appid: &app.config.appid,
                    openid: &session.user.openid,
                    now: now().unsigned_abs(),
                },
            )?;
            (opened.nick_name, Some(opened.avatar_url))
        }
        Profile::Typed { nick_name } => (nick_name.trim().to_owned(), None),
    };
    let length = nick_name.chars().count();
    if !(1..=NICK_NAME_CHARS).contains(&length) || nick_name.chars().any(char::is_control) {
        return Err(ApiError::BadRequest(format!(
            "nickName must be 1 to {NICK_NAME_CHARS} printable characters"
        )));
    }
    let user = app
        .store
        .set_profile(&session.user.id, &nick_name, avatar_url.as_deref())
        .await?;
    Ok(ok(Changed {
        user_info: UserInfo::new(&app, user),
    }))
}

/// A key that can no longer be opened is as good as stale: the next login brings one that can.
fn session_key(app: &App, session: &Session) -> Result<SessionKey, ApiError> {
    let opened = app.sealer.open(&session.sid, &session.session_key);
    let text = opened.map_err(|_| OpenDataError::StaleKey)?;
    Ok(SessionKey::parse(&text)?)
}
