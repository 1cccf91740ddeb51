//! What is posted on top of a session: the profile, the phone code, the logout.

use alloc::string::String;

use crate::client::Client;
use crate::error::{Code, Error, Stage, of_transport};
use crate::login::within;
use crate::platform::{PhoneCode, Platform, Post, Profile, Reply};
use crate::request::is_unauthorized;
use crate::session::{Asker, Generation, Status};

/// Body code of the server for a session_key that is no longer WeChat's.
const STALE_KEY: i32 = 40901;

/// Submits the profile that the user consented to at a tap (rule 7). `tapped` is the session's floor at
/// the tap. Neither renewed first nor replayed: WeChat encrypted it with the session_key of that
/// moment, and a login would change the key.
///
/// # Errors
/// `profile_anonymous`, `logged_out`, `session_key_stale`, `profile_failed`, or a transport code.
pub async fn profile<P: Platform>(
    client: &Client<P>,
    profile: Profile,
    tapped: Generation,
) -> Result<P::Response, Error> {
    let stage = Stage::Profile;
    if profile.anonymous {
        return Err(Error::new(Code::ProfileAnonymous, stage));
    }
    let Some(url) = &client.config().profile_url else {
        return Err(unset(stage, "profile.url"));
    };
    while client.snapshot(client.platform().now()).status == Status::LoggingIn {
        // A login that failed is no reason to give up: the token from before it may still serve.
        let _ = client.settling().await;
    }
    if client.floor() != tapped {
        return Err(Error::new(Code::LoggedOut, stage));
    }
    let Some((generation, token)) = client.usable() else {
        return Err(stale(client, stage, tapped));
    };
    let answer = {
        let _hold = client.hold();
        send(client, stage, url, Post::Profile(&profile), &token).await
    };
    let reply = answer?;
    if reply.status == 401 || is_stale(&reply) {
        return Err(stale(client, stage, generation));
    }
    accepted(client, generation, reply, Code::ProfileFailed, stage)
}

/// Submits the code of a phone button, logging in first if needed; once more after a 401, since the
/// server answers that before it spends the code.
///
/// # Errors
/// `phone_failed`, `session_key_stale`, a login's error, or a transport code.
pub async fn phone<P: Platform>(client: &Client<P>, code: PhoneCode) -> Result<P::Response, Error> {
    let stage = Stage::Phone;
    let Some(url) = &client.config().phone_url else {
        return Err(unset(stage, "phone.url"));
    };
    if code.code.is_empty() {
        // The user refused the button.
        return Err(Error::new(Code::PhoneFailed, stage));
    }
    let mut replayed = false;
    let floor = client.floor();
    loop {
        let (generation, token) = client.token().await?;
        let reply = send(client, stage, url, Post::Phone(&code), &token).await?;
        if reply.status == 401 && !replayed && generation >= client.floor() {
            replayed = true;
            client.update(|session, _| session.refuse(generation));
            // A listener that was told of the refused token may have logged out.
            if client.floor() != floor {
                return Err(Error::new(Code::LoggedOut, stage));
            }
            continue;
        }
        if is_stale(&reply) {
            return Err(stale(client, stage, generation));
        }
        return accepted(client, generation, reply, Code::PhoneFailed, stage);
    }
}

/// Tells the server about a logout, with the token that it ended. Completes when the server was told or
/// could not be reached.
pub async fn logout<P: Platform>(client: &Client<P>, token: Option<String>) {
    let (Some(url), Some(token)) = (&client.config().logout_url, token) else {
        return;
    };
    if let Err(error) = send(client, Stage::Logout, url, Post::Logout, &token).await {
        client.emit_error(error);
    }
}

async fn send<P: Platform>(
    client: &Client<P>,
    stage: Stage,
    url: &str,
    post: Post<'_>,
    token: &str,
) -> Result<Reply<P::Response>, Error> {
    let timeout = client.config().login_timeout;
    let platform = client.platform();
    let known = match &post {
        Post::Phone(code) => code.code.as_str(),
        _ => "",
    };
    let started = platform.now();
    let reply = match within(platform, timeout, platform.post(url, post, token, timeout)).await {
        Some(Ok(reply)) => Ok(reply),
        Some(Err(failure)) => Err(Error::from_wx(
            of_transport(&failure),
            stage,
            &failure,
            &[token, known],
        )),
        None => Err(Error::new(Code::Timeout, stage)),
    };
    client.log(stage, started, reply.as_ref().err());
    reply
}

fn accepted<P: Platform>(
    client: &Client<P>,
    generation: Generation,
    reply: Reply<P::Response>,
    otherwise: Code,
    stage: Stage,
) -> Result<P::Response, Error> {
    let unauthorized = is_unauthorized(reply.status);
    client.update(|session, now| session.answered(generation, true, unauthorized, now));
    match (reply.status, reply.body_code) {
        (200, None | Some(0 | 200)) => Ok(reply.response),
        (status, body) => Err(Error::from_server(otherwise, stage, status, body, None)),
    }
}

fn is_stale<R>(reply: &Reply<R>) -> bool {
    reply.status == 409 || reply.body_code == Some(STALE_KEY)
}

/// What the user consented to is spent: a silent login makes the next tap work, unless the app logged
/// out meanwhile.
fn stale<P: Platform>(client: &Client<P>, stage: Stage, generation: Generation) -> Error {
    if generation < client.floor() {
        return Error::new(Code::LoggedOut, stage);
    }
    client.update(|session, now| {
        session.refuse(generation);
        session.ask(Asker::App, now)
    });
    Error::new(Code::SessionKeyStale, stage)
}

fn unset(stage: Stage, option: &'static str) -> Error {
    Error::of_option(option, "should be set", stage)
}
