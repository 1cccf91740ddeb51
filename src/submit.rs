//! What is posted on top of a session: the profile, the phone code, the logout.

use std::rc::Rc;

use serde::Serialize;

use crate::context::{Context, Ended};
use crate::error::{Code, Error, Stage};
use crate::failure::{Failure, of_profile, of_transport};
use crate::platform::{CodeBody, Platform, Post};
use crate::redact::redact;
use crate::response::{Response, answer_in, is_unauthorized};
use crate::session::{Asker, Generation, LogoutEpoch};
use crate::value::{Value, code, fields, fields_of, text};

/// Body code of the server for a session_key that is no longer WeChat's.
const STALE_KEY: i32 = 40901;

/// The name in the profile that WeChat gives for every user since 2022.
const ANONYMOUS: &str = "微信用户";

/// A tap on `loginWithProfile` (rule 7): the epoch to bring back with the consent.
///
/// # Errors
/// `not_logged_in` if there is no session to go with the consent; then a silent login starts, unless
/// the app gave the token (rule 22).
pub fn tap<P: Platform>(cx: &Context<P>) -> Result<LogoutEpoch, Error> {
    let given = cx.with(|session| session.is_given());
    if cx.usable().is_some() && !given {
        return Ok(cx.logout_epoch());
    }
    // Where there is a token that the app gave, this only renews it when it is nearly over.
    cx.update(|session, now| session.ask(Asker::App, now));
    Err(Error::new(Code::NotLoggedIn, Stage::Profile))
}

/// Submits the profile that the user consented to at a tap in `epoch` (rule 7). Neither renewed
/// first nor replayed: WeChat encrypted it with the session_key of that moment,
/// and a login would change the key.
///
/// # Errors
/// `profile_anonymous`, `logged_out`, `session_key_stale`, `profile_failed`, or a transport code.
pub async fn profile<P: Platform>(
    cx: Rc<Context<P>>,
    consent: P::Value,
    epoch: LogoutEpoch,
) -> Result<P::Value, Error> {
    let stage = Stage::Profile;
    let url = required(&cx.config.profile_url, "profile.url", stage)?;
    if is_anonymous(&consent) {
        return Err(Error::new(Code::ProfileAnonymous, stage));
    }
    let Some(encrypted) = Encrypted::read(&consent) else {
        let failure = Failure::new("getUserProfile:ok without the encrypted profile");
        return Err(Error::of_wx(Code::ProfileFailed, stage, &failure, &[]));
    };
    cx.still_in(epoch, stage)?;
    while cx.with(|session| session.is_logging_in()) {
        // However that login ends: the token from before it may still serve.
        let _ = cx.settled().await;
        cx.still_in(epoch, stage)?;
    }
    let usable = cx
        .usable()
        .filter(|_| !cx.with(|session| session.is_given()));
    let Some((generation, token)) = usable else {
        return Err(stale(&cx, stage, epoch));
    };
    // Until the answer is judged: a login that was wanted meanwhile starts with what that says.
    let _paused = cx.pause_logins();
    let data = cx.platform.value(&encrypted);
    match post(&cx, stage, url, Some(data), &token, "").await? {
        Some(response) => judge(&cx, stage, generation, response, &[&token]),
        None => Err(stale(&cx, stage, epoch)),
    }
}

/// Submits the code of a phone button, logging in first if needed; once more after a 401, since the
/// server answers that before it spends the code.
///
/// # Errors
/// `phone_failed`, `session_key_stale`, a login's error, or a transport code.
pub async fn phone<P: Platform>(
    cx: Rc<Context<P>>,
    code: String,
    epoch: LogoutEpoch,
) -> Result<P::Value, Error> {
    let stage = Stage::Phone;
    let url = required(&cx.config.phone_url, "phone.url", stage)?;
    if code.is_empty() {
        // The user refused the button.
        return Err(Error::new(Code::PhoneFailed, stage));
    }
    let mut replay = false;
    loop {
        let generation = cx.access(Asker::App, epoch).await?;
        let token = cx.bearer(generation).unwrap_or_default();
        let data = cx.platform.value(&CodeBody { code: &code });
        let Some(response) = post(&cx, stage, url, Some(data), &token, &code).await? else {
            cx.still_in(epoch, stage)?;
            continue;
        };
        let again = is_unauthorized(Response::read(&response).status)
            && !replay
            && cx.with(|session| session.may_replay(generation));
        if !again {
            return judge(&cx, stage, generation, response, &[&token, &code]);
        }
        cx.with(|session| session.end_token(generation));
        replay = true;
    }
}

/// Tells the server about a logout, with the token that it ended. That the server could not be
/// reached is an event.
pub async fn logout<P: Platform>(cx: &Context<P>, ended: Option<String>) {
    let (Some(url), Some(token)) = (&cx.config.logout_url, ended) else {
        return;
    };
    // Another logout may come before it begins: this one is told all the same.
    loop {
        match post(cx, Stage::Logout, url, None, &token, "").await {
            Ok(None) => {}
            Err(error) => return cx.tell_error(error),
            Ok(Some(_)) => return,
        }
    }
}

/// What a failed getUserProfile rejects with.
pub fn profile_failed<P: Platform>(cx: &Context<P>, failure: &P::Value) -> Error {
    let failure = Failure::read(failure);
    cx.wx_error(of_profile(&failure), Stage::Profile, &failure, &[])
}

/// A post with the session's token; no text shows what is `known`. Gives none if a logout or a given
/// token came before it began.
///
/// # Errors
/// A transport code.
async fn post<P: Platform>(
    cx: &Context<P>,
    stage: Stage,
    url: &str,
    data: Option<P::Value>,
    token: &str,
    known: &str,
) -> Result<Option<P::Value>, Error> {
    let (started, timeout) = (cx.now(), cx.config.login_timeout);
    let step = cx.platform.post(Post {
        url,
        data,
        token: Some(token),
        timeout,
    });
    let answer = match cx.finish(step, timeout).await {
        Ended::Answered(outcome) => answer_in(outcome).map_err(|failure| {
            let failure = Failure::read(&failure);
            cx.wx_error(of_transport(&failure), stage, &failure, &[token, known])
        }),
        Ended::Late => Err(Error::new(Code::Timeout, stage)),
        // What did not begin is not logged.
        Ended::Withdrawn => return Ok(None),
    };
    cx.log(stage, started, answer.as_ref().err());
    answer.map(Some)
}

/// What the answer to a submit with token number `generation` says; no text shows what is `known`.
fn judge<P: Platform>(
    cx: &Context<P>,
    stage: Stage,
    generation: Generation,
    response: P::Value,
    known: &[&str],
) -> Result<P::Value, Error> {
    let answer = Response::read(&response);
    let body = answer.body();
    let (status, body_code) = (answer.status, body.code);
    let spent = stage == Stage::Profile && is_unauthorized(status);
    if spent || status == 409 || body_code == Some(STALE_KEY) {
        return Err(stale(cx, stage, generation));
    }
    cx.update(|session, now| {
        if is_unauthorized(status) {
            session.unauthorized(generation, true, now);
        } else {
            session.accepted(generation);
        }
    });
    if answer.is_success(&body) {
        return Ok(response);
    }
    let code = if stage == Stage::Phone {
        Code::PhoneFailed
    } else {
        Code::ProfileFailed
    };
    let words = body.message.map(|words| redact(&words, known));
    Err(Error::from_server(code, stage, status, body_code, words))
}

/// What the user consented to is spent: a silent login makes the next tap work, unless the app
/// logged out since token number `generation`, or gave a token.
fn stale<P: Platform>(cx: &Context<P>, stage: Stage, generation: Generation) -> Error {
    if generation < cx.logout_epoch() {
        return Error::new(Code::LoggedOut, stage);
    }
    if cx.with(|session| session.is_given()) {
        return Error::new(Code::NotLoggedIn, stage);
    }
    cx.update(|session, now| {
        session.end_token(generation);
        session.ask(Asker::App, now);
    });
    Error::new(Code::SessionKeyStale, stage)
}

fn required<'a>(
    url: &'a Option<String>,
    option: &'static str,
    stage: Stage,
) -> Result<&'a str, Error> {
    let unset = || Error::of_option(option, "should be set", stage);
    url.as_deref().ok_or_else(unset)
}

/// What of the user's profile goes to the server.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Encrypted {
    encrypted_data: String,
    iv: String,
    raw_data: String,
    signature: String,
}

impl Encrypted {
    /// Of what `wx.getUserProfile` gave, if all of it is there.
    fn read<V: Value>(consent: &V) -> Option<Self> {
        let names = ["encryptedData", "iv", "rawData", "signature"];
        let [encrypted_data, iv, raw_data, signature] = fields(consent, names);
        Some(Self {
            encrypted_data: text(&encrypted_data)?,
            iv: text(&iv)?,
            raw_data: text(&raw_data)?,
            signature: text(&signature)?,
        })
    }
}

/// Whether WeChat gave the profile that it gives for everybody. A user may be called so; a gender
/// says that it is not.
fn is_anonymous<V: Value>(consent: &V) -> bool {
    let [user] = fields(consent, ["userInfo"]);
    let [name, gender] = fields_of(user.as_ref(), ["nickName", "gender"]);
    text(&name).as_deref() == Some(ANONYMOUS) && code(&gender).unwrap_or(0) == 0
}
