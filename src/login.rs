//! The silent login: wx.checkSession for a restored token, wx.login, code exchange. And the login that
//! the app begins itself, whose exchange carries more.

use std::fmt;
use std::rc::Rc;

use futures::FutureExt;
use futures::channel::oneshot;

use crate::context::{Context, Ended};
use crate::error::{Code, Error, Stage};
use crate::failure::{Failure, of_login, of_transport, says_session_expired};
use crate::platform::{CodeBody, Outcome, Platform, Post};
use crate::redact::redact;
use crate::response::{Response, answer_in};
use crate::session::{Flight, LogoutEpoch};
use crate::storage;
use crate::token::{Grant, Token, dates_of_jwt, fault_of, is_token, without_scheme};
use crate::value::{Value, fields, fields_of, seconds, text};

/// Body codes of the server for a wx code that was wrong, expired or used before.
const BAD_CODE: [i32; 2] = [40029, 40163];

/// A login flight, from its start to what the session makes of it. A logout ends it where it
/// stands: what it has on the wire is aborted, and nothing of it is exchanged or stored (rule 13).
pub async fn run<P: Platform>(cx: Rc<Context<P>>, flight: Flight, check: bool) {
    cx.unless_cut(check_then_log_in(&cx, flight, check).boxed_local())
        .await;
}

async fn check_then_log_in<P: Platform>(
    cx: &Context<P>,
    flight: Flight,
    check: bool,
) -> Result<(), Error> {
    if check {
        let expired = session_key_expired(cx).await;
        if !expired {
            cx.with(|session| session.checked(flight));
            return Ok(());
        }
        cx.with(|session| session.check_failed(flight));
    }
    if cx.with(|session| session.replaces(flight)) {
        storage::look_again(cx, flight).await;
        cx.still_in_flight(flight)?;
    }
    fly(cx, flight, None).await
}

/// All that follows the check, within one deadline, and what the session makes of it.
async fn fly<P: Platform>(
    cx: &Context<P>,
    flight: Flight,
    more: Option<&More<P::Value>>,
) -> Result<(), Error> {
    let outcome = loop {
        let login = log_in(cx, flight, more).boxed_local();
        if let Some(outcome) = cx.within(cx.config.login_timeout, login).await {
            break outcome;
        }
        match cx.with(|session| session.second_attempt(flight)) {
            // It ends by being dropped.
            Some(shown) => drop(shown.await),
            None => break Err(Error::new(Code::LoginTimeout, Stage::Login)),
        }
    };
    let ended = outcome.as_ref().map(|_| ()).map_err(Error::clone);
    cx.update(|session, now| session.finished(flight, outcome, now));
    ended
}

/// What the exchange of a `loginWith` carries besides the code.
pub struct More<V> {
    /// What the app gave.
    pub data: V,
    /// The texts in it, which no text of ours may show.
    pub secrets: Vec<String>,
}

impl<V> fmt::Debug for More<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("More").finish_non_exhaustive()
    }
}

/// A login of the app's own (rule 21), when its `turn` has come. Success replaces the session;
/// failure is its caller's alone.
///
/// # Errors
/// What the login failed with; `logged_out` if a logout came since `epoch`; `aborted` if the app
/// gave a token meanwhile.
pub async fn with_more<P: Platform>(
    cx: Rc<Context<P>>,
    turn: oneshot::Receiver<Flight>,
    more: More<P::Value>,
    epoch: LogoutEpoch,
) -> Result<(), Error> {
    let login = async {
        let flight = turn.await.ok()?;
        cx.still_in_flight(flight).ok()?;
        cx.unless_cut(fly(&cx, flight, Some(&more)).boxed_local())
            .await
    };
    if let Some(ended) = login.await {
        return ended;
    }
    cx.still_in(epoch, Stage::Login)?;
    Err(Error::new(Code::Aborted, Stage::Login))
}

/// Whether wx.checkSession says that the session timed out. Any other failure of it, or silence,
/// trusts the token (rule 5).
async fn session_key_expired<P: Platform>(cx: &Context<P>) -> bool {
    let (started, stage) = (cx.now(), Stage::CheckSession);
    let check = cx.platform.check_session();
    let error = match cx.finish(check, cx.config.check_timeout).await {
        Ended::Answered(Ok(_)) | Ended::Withdrawn => None,
        Ended::Answered(Err(failure)) => {
            let failure = Failure::read(&failure);
            let code = if says_session_expired(&failure) {
                Code::SessionKeyStale
            } else {
                Code::RequestFailed
            };
            Some(cx.wx_error(code, stage, &failure, &[]))
        }
        Ended::Late => Some(Error::new(Code::Timeout, stage)),
    };
    cx.log(stage, started, error.as_ref());
    error.is_some_and(|error| error.code == Code::SessionKeyStale)
}

/// wx.login and the exchange; once more with a fresh code if the server says that the code was bad
/// (rule 4).
async fn log_in<P: Platform>(
    cx: &Context<P>,
    flight: Flight,
    more: Option<&More<P::Value>>,
) -> Result<Token, Error> {
    let mut second = false;
    loop {
        cx.still_in_flight(flight)?;
        let started = cx.now();
        let answer = cx.platform.login(cx.config.login_timeout).await;
        let code = read_code(answer, cx.with(|session| session.was_hidden()));
        cx.log(Stage::Login, started, code.as_ref().err());
        let code = code?;

        cx.still_in_flight(flight)?;
        let started = cx.now();
        let token = exchange(cx, flight, &code, more).await;
        cx.log(Stage::Exchange, started, token.as_ref().err());
        match token {
            Err(error) if error.code == Code::CodeRejected && !second => second = true,
            token => return token,
        }
    }
}

/// The code exchange, through `login.body` and `login.readToken` where the app gave them.
async fn exchange<P: Platform>(
    cx: &Context<P>,
    flight: Flight,
    code: &str,
    more: Option<&More<P::Value>>,
) -> Result<Token, Error> {
    let secrets = more.map_or(&[][..], |more| &more.secrets);
    let known: Vec<&str> = [code]
        .into_iter()
        .chain(secrets.iter().map(String::as_str))
        .collect();
    let failed = |failure: P::Value| exchange_error(&Failure::read(&failure), &known);
    let data = match cx.platform.exchange_body(code, more.map(|more| &more.data)) {
        Some(body) => body.await.map_err(failed)?,
        None => cx.platform.value(&CodeBody { code }),
    };
    cx.still_in_flight(flight)?;
    let post = Post {
        url: &cx.config.login_url,
        data: Some(data),
        token: None,
        timeout: cx.config.login_timeout,
    };
    let posted = cx.platform.post(post).await;
    let received = cx.now();
    // A hook of the app's expects what wx calls a success.
    let for_hook = posted.as_ref().ok();
    cx.still_in_flight(flight)?;
    let read = match for_hook.and_then(|response| cx.platform.read_token(response)) {
        Some(read) => Some(read.await.map_err(failed)?),
        None => None,
    };
    let response = answer_in(posted).map_err(failed)?;
    let answer = Answer::read(&response, read, &cx.config.scheme);
    Ok(Token::granted(
        judge(&answer, &known)?,
        &answer.grant,
        received,
    ))
}

fn read_code<V: Value>(answer: Outcome<V>, was_hidden: bool) -> Result<String, Error> {
    let failed = |code, failure: Failure| Err(Error::of_wx(code, Stage::Login, &failure, &[]));
    match answer {
        Ok(result) => {
            let [code] = fields(&result, ["code"]);
            match text(&code) {
                Some(code) if !code.is_empty() => Ok(code),
                _ => failed(Code::LoginFailed, Failure::new("login:ok without a code")),
            }
        }
        Err(failure) => {
            let failure = Failure::read(&failure);
            failed(of_login(&failure, was_hidden), failure)
        }
    }
}

fn exchange_error(failure: &Failure, known: &[&str]) -> Error {
    let what = match of_transport(failure) {
        Code::RequestFailed | Code::Aborted => Code::ExchangeFailed,
        other => other,
    };
    Error::of_wx(what, Stage::Exchange, failure, known)
}

/// The server's answer to an exchange, as far as it is judged.
#[derive(Clone, Default)]
pub struct Answer {
    /// HTTP status; 0 if there is none.
    pub status: u16,
    /// The field `code` of the body.
    pub body_code: Option<i32>,
    /// Whether status and body say that all went well.
    pub is_success: bool,
    /// The server's words in the body.
    pub message: Option<String>,
    /// What it grants.
    pub grant: Grant,
    /// Whether `login.readToken` read it; then status and body code mean nothing to us.
    pub by_hook: bool,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_code", &self.body_code)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// Reads a response; `by_hook` is what `login.readToken` gave. `scheme` may stand before the
    /// token.
    pub fn read<V: Value>(response: &V, by_hook: Option<V>, scheme: &str) -> Self {
        let response = Response::read(response);
        let body = response.body();
        let granted = by_hook.as_ref().or(body.data.as_ref());
        let name = match by_hook {
            Some(_) => "token",
            None => "authorizationToken",
        };
        let [token, expires_in, expires_at] = fields_of(granted, [name, "expiresIn", "expiresAt"]);
        // The hook may give the token alone.
        let token = text(&by_hook).or_else(|| text(&token));
        let token = token.map(|token| without_scheme(&token, scheme).to_owned());
        let (exp, iat) = token
            .as_deref()
            .map_or((None, None), |token| dates_of_jwt::<V>(token));
        Self {
            status: response.status,
            body_code: body.code,
            is_success: response.is_success(&body),
            message: body.message,
            grant: Grant {
                token,
                expires_in: seconds(&expires_in),
                expires_at: seconds(&expires_at),
                exp,
                iat,
                date: response.date(),
            },
            by_hook: by_hook.is_some(),
        }
    }
}

/// The token that the answer grants: the default of `login.readToken`, and the judgement on both. No
/// text shows what is `known`.
///
/// # Errors
/// `code_rejected`, `login_blocked`, `rate_limited`, `exchange_failed` or `exchange_bad_answer`.
pub fn judge(answer: &Answer, known: &[&str]) -> Result<String, Error> {
    let failed = |what: Code| {
        let message = answer.message.as_ref();
        Err(Error::from_server(
            what,
            Stage::Exchange,
            answer.status,
            answer.body_code,
            message.map(|message| redact(message, known)),
        ))
    };
    if !answer.by_hook {
        match (answer.status, answer.body_code) {
            (_, Some(body)) if BAD_CODE.contains(&body) => return failed(Code::CodeRejected),
            (_, Some(40226 | 40301)) => return failed(Code::LoginBlocked),
            (429, _) | (_, Some(42901 | 45011 | 45009)) => return failed(Code::RateLimited),
            _ if answer.is_success => {}
            _ => return failed(Code::ExchangeFailed),
        }
    }
    match &answer.grant.token {
        Some(token) if is_token(token) => Ok(token.clone()),
        token => {
            let fault = token.as_deref().and_then(fault_of).unwrap_or_default();
            failed(Code::ExchangeBadAnswer).map_err(|error| error.with_detail(fault))
        }
    }
}
