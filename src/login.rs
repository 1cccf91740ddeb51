//! The silent login: wx.checkSession for a restored token, wx.login, code exchange.

use alloc::string::String;

use crate::client::{Answered, Client};
use crate::error::{
    Code, Error, Failure, Stage, of_login, of_transport, redact, says_session_expired,
};
use crate::flow::{Attempt, Job};
use crate::platform::{Platform, Ticket};
use crate::session::Flight;
use crate::time::Ms;
use crate::token::{Answer, Token, is_bearer};

/// Body codes of the server for a wx code that was wrong, expired or used before.
const BAD_CODE: [i32; 2] = [40029, 40163];

impl<P: Platform> Client<P> {
    /// Begins a login flight: with the check of a restored token, or with wx.login.
    pub(crate) fn fly(&self, flight: Flight, check: bool) {
        if !check {
            return self.log_in(Attempt::first(flight), 0);
        }
        if self.is_flying(flight) {
            self.step(
                Job::Check(flight),
                0,
                self.config.check_timeout,
                P::check_session,
            );
        }
    }

    pub(crate) fn checked(&self, flight: Flight, started: Ms, answer: Answered<P>) {
        let error = check_error(answer.map(|answer| answer.map(drop)));
        self.log(Stage::CheckSession, started, error.as_ref());
        if error.is_none_or(|error| error.code != Code::SessionKeyStale) {
            return self.update(|session, _| session.checked(flight));
        }
        self.update(|session, _| session.check_failed(flight));
        self.log_in(Attempt::first(flight), 0);
    }

    /// wx.login. `timer` is the deadline of the whole login, once it runs.
    fn log_in(&self, attempt: Attempt, timer: Ticket) {
        // The app's listeners and functions run between the steps, and one of them may have logged out.
        if !self.is_flying(attempt.flight) {
            return self.cancel(timer);
        }
        let timeout = self.config.login_timeout;
        self.step(Job::Login(attempt), timer, timeout, |platform, ticket| {
            platform.login(ticket, timeout);
        });
    }

    pub(crate) fn logged_in(
        &self,
        attempt: Attempt,
        timer: Ticket,
        started: Ms,
        answer: Answered<P>,
    ) {
        let Some(answer) = answer else {
            return self.overdue(attempt.flight);
        };
        let code = read_login(answer.map(|value| self.platform.code(&value)));
        self.log(Stage::Login, started, code.as_ref().err());
        match code {
            Ok(code) => self.exchange(attempt, code, timer),
            Err(error) => self.landed(attempt.flight, timer, Err(error)),
        }
    }

    fn exchange(&self, attempt: Attempt, code: String, timer: Ticket) {
        if !self.is_flying(attempt.flight) {
            return self.cancel(timer);
        }
        let timeout = self.config.login_timeout;
        let job = Job::Exchange(attempt, code.clone());
        self.step(job, timer, timeout, |platform, ticket| {
            platform.exchange(ticket, &self.config.login_url, &code, timeout);
        });
    }

    /// Once more with a fresh code if the server says that the code was bad (rule 4).
    pub(crate) fn exchanged(
        &self,
        attempt: Attempt,
        code: &str,
        timer: Ticket,
        started: Ms,
        answer: Answered<P>,
    ) {
        let Some(answer) = answer else {
            return self.overdue(attempt.flight);
        };
        let answer = answer.map(|value| self.platform.answer(&value));
        let token = read_exchange(answer, code, self.platform.now());
        self.log(Stage::Exchange, started, token.as_ref().err());
        match token {
            Err(error) if error.code == Code::CodeRejected && !attempt.second => {
                self.log_in(attempt.again(), timer);
            }
            token => self.landed(attempt.flight, timer, token),
        }
    }

    fn landed(&self, flight: Flight, timer: Ticket, outcome: Result<Token, Error>) {
        self.cancel(timer);
        self.update(|session, now| session.landed(flight, outcome, now));
    }

    fn overdue(&self, flight: Flight) {
        let error = Error::new(Code::LoginTimeout, Stage::Login);
        self.update(|session, now| session.overdue(flight, error, now));
    }
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
