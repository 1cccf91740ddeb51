//! `POST /user/profile`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;

use super::{Changed, UserInfo};
use crate::answer::{Answer, ApiError, Failure, ok};
use crate::app::App;
use crate::crypto::{Expected, OpenDataError, SessionKey, SignedProfile};
use crate::extract::{Authorized, Body};
use crate::http_client::is_loopback;
use crate::nickname;
use crate::store::{Session, now};

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
            // The user cannot mend what WeChat says, so it is never refused.
            let nick_name = nickname::clean(&opened.nick_name);
            let nick_name = nickname::cut(&nick_name).to_owned();
            (nick_name, Some(picture(&app, &opened.avatar_url)))
        }
        Profile::Typed { nick_name } => {
            let nick_name = nickname::clean(nick_name);
            if nick_name.is_empty() || !nickname::fits(&nick_name) {
                return Err(ApiError::BadRequest(format!(
                    "nickName must be 1 to {} visible characters",
                    nickname::LENGTH
                )));
            }
            (nick_name, None)
        }
    };
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
    Ok(SessionKey::parse(&text).map_err(|_| OpenDataError::StaleKey)?)
}

/// The address of a picture that WeChat serves, or the simulator while one is in use; else empty:
/// what is shown to others must not lead them elsewhere.
fn picture(app: &App, text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return String::new();
    };
    let web = ["http", "https"].contains(&url.scheme())
        && url.username().is_empty()
        && url.password().is_none();
    let wechats = url
        .host_str()
        .is_some_and(|host| host.ends_with(".qlogo.cn"))
        && url.port().is_none();
    let ours = app.config.is_simulated() && same_server(&url, &app.config.wechat);
    if web && (wechats && url.set_scheme("https").is_ok() || ours) {
        url.into()
    } else {
        String::new()
    }
}

/// Loopback has several names.
fn same_server(a: &Url, b: &Url) -> bool {
    let both_here = is_loopback(a) && is_loopback(b);
    a.origin() == b.origin() || both_here && a.port_or_known_default() == b.port_or_known_default()
}
