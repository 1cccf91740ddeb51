//! The silent login: wx.checkSession for a restored token, wx.login, code exchange.

use alloc::string::String;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

use crate::client::Client;
use crate::error::{Code, Error, Stage, of_login, of_transport, redact, says_session_expired};
use crate::platform::{Failure, Ms, Platform};
use crate::session::Flight;
use crate::token::{Answer, Token, is_bearer};

/// Body codes of the server for a wx code that was wrong, expired or used before.
const BAD_CODE: [i32; 2] = [40029, 40163];

/// One login flight, from take-off to landing. Dropped when a logout cuts it off: then nothing of it
/// goes on.
pub async fn fly<P: Platform>(client: Client<P>, flight: Flight, check: bool) {
    let config = client.config();
    let platform = client.platform();
    if check {
        let started = platform.now();
        let answer = within(platform, config.check_timeout, platform.check_session()).await;
        let error = check_error(answer);
        client.log(Stage::CheckSession, started, error.as_ref());
        if error.is_none_or(|error| error.code != Code::SessionKeyStale) {
            return client.update(|session, _| session.checked(flight));
        }
        client.update(|session, _| session.check_failed(flight));
    }
    match within(platform, config.login_timeout, log_in(&client, flight)).await {
        Some(outcome) => client.update(|session, now| session.landed(flight, outcome, now)),
        None => {
            let error = Error::new(Code::LoginTimeout, Stage::Login);
            client.update(|session, now| session.overdue(flight, error, now));
        }
    }
}

/// Completes with the flow's outcome, or with none once `ms` have passed; the flow is then dropped, and
/// with it what it has on the wire.
pub async fn within<P: Platform, T>(
    platform: &P,
    ms: Ms,
    flow: impl Future<Output = T>,
) -> Option<T> {
    let mut flow = pin!(flow);
    let mut timer = pin!(platform.sleep(ms));
    poll_fn(|context| match flow.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => timer.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// What went wrong with the check; `session_key_stale` only if wx says so (rule 5).
fn check_error(answer: Option<Result<(), Failure>>) -> Option<Error> {
    let stage = Stage::CheckSession;
    match answer {
        Some(Ok(())) => None,
        Some(Err(failure)) => {
            let code = if says_session_expired(&failure) {
                Code::SessionKeyStale
            } else {
                Code::RequestFailed
            };
            Some(Error::from_wx(code, stage, &failure, &[]))
        }
        None => Some(Error::new(Code::Timeout, stage)),
    }
}

/// wx.login and exchange, once more with a fresh code if the server says the code was bad (rule 4).
async fn log_in<P: Platform>(client: &Client<P>, flight: Flight) -> Result<Token, Error> {
    let config = client.config();
    let platform = client.platform();
    let mut second = false;
    loop {
        // The app's listeners and functions run between the steps, and one of them may have logged out.
        if !client.is_flying(flight) {
            return Err(Error::new(Code::LoggedOut, Stage::Login));
        }
        let started = platform.now();
        let code = read_login(platform.login(config.login_timeout).await);
        client.log(Stage::Login, started, code.as_ref().err());
        let code = code?;
        if !client.is_flying(flight) {
            return Err(Error::new(Code::LoggedOut, Stage::Exchange));
        }
        let started = platform.now();
        let answer = platform
            .exchange(&config.login_url, &code, config.login_timeout)
            .await;
        let token = read_exchange(answer, &code, platform.now());
        client.log(Stage::Exchange, started, token.as_ref().err());
        match token {
            Err(error) if error.code == Code::CodeRejected && !second => second = true,
            token => return token,
        }
    }
}

fn read_login(answer: Result<String, Failure>) -> Result<String, Error> {
    match answer {
        Ok(code) if code.is_empty() => {
            let failure = Failure {
                err_msg: "login:ok without a code".into(),
                ..Failure::default()
            };
            Err(Error::from_wx(
                Code::LoginFailed,
                Stage::Login,
                &failure,
                &[],
            ))
        }
        Ok(code) => Ok(code),
        Err(failure) => Err(Error::from_wx(
            of_login(&failure),
            Stage::Login,
            &failure,
            &[],
        )),
    }
}

fn read_exchange(answer: Result<Answer, Failure>, code: &str, now: Ms) -> Result<Token, Error> {
    match answer {
        Ok(answer) => Ok(Token::from_answer(
            read_answer(&answer, code)?,
            &answer,
            now,
        )),
        Err(failure) => Err(exchange_error(&failure, code)),
    }
}

/// The token of an exchange's answer: the default of `login.readToken`, and the judgement on both.
///
/// # Errors
/// `code_rejected`, `login_blocked`, `rate_limited`, `exchange_failed` or `exchange_bad_answer`.
pub fn read_answer(answer: &Answer, code: &str) -> Result<String, Error> {
    let failed = |what: Code| {
        let text = answer
            .message
            .as_ref()
            .map(|message| redact(message, &[code]));
        Err(Error::from_server(
            what,
            Stage::Exchange,
            answer.status,
            answer.body_code,
            text,
        ))
    };
    if !answer.by_hook {
        match (answer.status, answer.body_code) {
            (_, Some(body)) if BAD_CODE.contains(&body) => return failed(Code::CodeRejected),
            (_, Some(40226 | 40301)) => return failed(Code::LoginBlocked),
            (429, _) | (_, Some(42901 | 45011 | 45009)) => return failed(Code::RateLimited),
            (200, Some(200 | 0)) => {}
            (200, None) => return failed(Code::ExchangeBadAnswer),
            _ => return failed(Code::ExchangeFailed),
        }
    }
    match &answer.token {
        Some(token) if is_bearer(token) => Ok(token.clone()),
        _ => failed(Code::ExchangeBadAnswer),
    }
}

fn exchange_error(failure: &Failure, code: &str) -> Error {
    let what = match of_transport(failure) {
        Code::RequestFailed | Code::Aborted => Code::ExchangeFailed,
        other => other,
    };
    Error::from_wx(what, Stage::Exchange, failure, &[code])
}
