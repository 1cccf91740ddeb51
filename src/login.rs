//! The silent login: wx.checkSession for a restored token, wx.login, code exchange.

use alloc::string::String;
use core::future::Future;
use core::pin::pin;

use futures::future::{Either, select};

use crate::client::{Client, timed};
use crate::config::Config;
use crate::error::{Code, Error, Stage, of_login, of_transport, says_session_expired};
use crate::platform::{Failure, Ms, Platform};
use crate::session::Flight;
use crate::token::{Answer, Token, is_bearer};

/// Body codes of the server for a wx code that was wrong, expired or used before.
const BAD_CODE: [i32; 2] = [40029, 40163];

/// One login flight, from take-off to landing. Dropped when a logout cuts it off: then nothing of it
/// goes on.
pub async fn fly<P: Platform>(client: Client<P>, flight: Flight, check: bool) {
    if check {
        match timed(&client, Stage::CheckSession, check_session(&client)).await {
            Err(error) if error.code == Code::SessionKeyStale => client.update(|session, _| session.check_failed(flight)),
            _ => return client.update(|session, _| session.checked(flight)),
        }
    }
    match within(client.platform(), client.config().login_timeout, log_in(&client, flight)).await {
        Some(outcome) => client.update(|session, now| session.landed(flight, outcome, now)),
        None => {
            let error = Error::new(Code::LoginTimeout, Stage::Login);
            client.update(|session, now| session.overdue(flight, error, now));
        }
    }
}

/// Completes with the flow's outcome, or with none once `ms` have passed; the flow is then dropped, and
/// with it what it has on the wire.
pub async fn within<P: Platform, T>(platform: &P, ms: Ms, flow: impl Future<Output = T>) -> Option<T> {
    match select(pin!(flow), pin!(platform.sleep(ms))).await {
        Either::Left((outcome, _)) => Some(outcome),
        Either::Right(_) => None,
    }
}

/// Asks wx whether the session_key still holds; `session_key_stale` only if wx says it does not.
async fn check_session<P: Platform>(client: &Client<P>) -> Result<(), Error> {
    let stage = Stage::CheckSession;
    match within(client.platform(), client.config().check_timeout, client.platform().check_session()).await {
        Some(Ok(())) => Ok(()),
        Some(Err(failure)) => {
            let code = if says_session_expired(&failure) { Code::SessionKeyStale } else { Code::RequestFailed };
            Err(Error::from_wx(code, stage, &failure, &[]))
        }
        None => Err(Error::new(Code::Timeout, stage)),
    }
}

/// wx.login and exchange, once more with a fresh code if the server says the code was bad (rule 4).
async fn log_in<P: Platform>(client: &Client<P>, flight: Flight) -> Result<Token, Error> {
    match log_in_once(client, flight).await {
        Err(error) if error.code == Code::CodeRejected => log_in_once(client, flight).await,
        outcome => outcome,
    }
}

async fn log_in_once<P: Platform>(client: &Client<P>, flight: Flight) -> Result<Token, Error> {
    let Config { login_url, login_timeout, .. } = client.config();
    let platform = client.platform();
    let code = timed(client, Stage::Login, async {
        match platform.login(*login_timeout).await {
            Ok(code) if code.is_empty() => Err(Error::new(Code::LoginFailed, Stage::Login).detail("wx.login gave no code")),
            Ok(code) => Ok(code),
            Err(failure) => Err(Error::from_wx(of_login(&failure), Stage::Login, &failure, &[])),
        }
    })
    .await?;
    // The app's own functions run between the steps, and one of them may have logged out.
    if !client.is_flying(flight) {
        return Err(Error::new(Code::LoggedOut, Stage::Exchange));
    }
    timed(client, Stage::Exchange, async {
        let answer = platform.exchange(login_url, &code, *login_timeout).await;
        let answer = answer.map_err(|failure| exchange_error(&failure, &code))?;
        let token = read_answer(&answer, &code)?;
        Ok(Token::from_answer(token, &answer, platform.now()))
    })
    .await
}

/// The token of an exchange's answer: the default of `login.readToken`, and the judgement on both.
///
/// # Errors
/// `code_rejected`, `login_blocked`, `rate_limited`, `exchange_failed` or `exchange_bad_answer`.
pub fn read_answer(answer: &Answer, code: &str) -> Result<String, Error> {
    let failed = |code_: Code| {
        let error = Error::new(code_, Stage::Exchange).status(answer.status);
        match &answer.message {
            Some(message) => Error { err_msg: Some(crate::error::redact(message, &[code])), ..error },
            None => error,
        }
    };
    if !answer.by_hook {
        match (answer.status, answer.body_code) {
            (_, Some(body)) if BAD_CODE.contains(&body) => return Err(failed(Code::CodeRejected)),
            (_, Some(40226 | 40301)) => return Err(failed(Code::LoginBlocked)),
            (429, _) | (_, Some(42901 | 45011 | 45009)) => return Err(failed(Code::RateLimited)),
            (200, Some(200 | 0)) => {}
            (200, None) => return Err(failed(Code::ExchangeBadAnswer)),
            _ => return Err(failed(Code::ExchangeFailed)),
        }
    }
    match &answer.token {
        Some(token) if is_bearer(token) => Ok(token.clone()),
        Some(_) => Err(failed(Code::ExchangeBadAnswer).detail("the token has characters that no Bearer token may have")),
        None => Err(failed(Code::ExchangeBadAnswer)),
    }
}

fn exchange_error(failure: &Failure, code: &str) -> Error {
    let what = match of_transport(failure) {
        Code::RequestFailed | Code::Aborted => Code::ExchangeFailed,
        other => other,
    };
    Error::from_wx(what, Stage::Exchange, failure, &[code])
}
