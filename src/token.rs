//! The token: how long it lives, and how it is stored.

use alloc::string::{String, ToString};
use core::fmt;

use crate::time::Ms;

/// The server's answer to an exchange, as far as it was understood.
#[derive(Clone, Default)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The field `code` of the body.
    pub body_code: Option<i32>,
    /// `data.authorizationToken`, or what `login.readToken` returned.
    pub token: Option<String>,
    /// `data.expiresIn`, s.
    pub expires_in: Option<i64>,
    /// `data.expiresAt`, unix s.
    pub expires_at: Option<i64>,
    /// `exp` of the token, if that is a JWT, unix s. Read to plan, never to trust.
    pub exp: Option<i64>,
    /// Its `iat`, unix s.
    pub iat: Option<i64>,
    /// The `Date` header, unix s.
    pub date: Option<i64>,
    /// The field `msg` of the body.
    pub message: Option<String>,
    /// Whether `login.readToken` read it; then status and body code mean nothing to us.
    pub by_hook: bool,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_code", &self.body_code)
            .field("has_token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

/// A token and its life, counted from its receipt so that the phone's clock need not be right.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What `Authorization: Bearer` carries.
    pub value: String,
    /// When it was received, by the phone's clock.
    pub received: Ms,
    /// How long it lives; unknown if none, then only a 401 ends it.
    pub life: Option<Ms>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("received", &self.received)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// How far a token is through its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Usable without a second thought.
    Fresh,
    /// Usable, but within the margin: renew it if that works.
    Ageing,
    /// Over.
    Expired,
}

/// The longest life, s: thousands of years.
const FOR_EVER: u64 = 1 << 40;

impl Token {
    /// The token of an exchange's answer. Its life is the earliest of what the answer tells: `expiresIn`, the JWT's
    /// `exp − iat`, and `expiresAt` or `exp` against the answer's `Date`. A life that is over on arrival
    /// says that some clock is wrong, and counts as unknown.
    pub fn from_answer(value: String, answer: &Answer, now: Ms) -> Self {
        let from_date = |at: Option<i64>| at?.checked_sub(answer.date?);
        let life = [
            answer.expires_in,
            answer
                .exp
                .zip(answer.iat)
                .and_then(|(exp, iat)| exp.checked_sub(iat)),
            from_date(answer.expires_at),
            from_date(answer.exp),
        ]
        .into_iter()
        .flatten()
        .min()
        .filter(|seconds| *seconds > 0)
        .map(|seconds| (seconds as Ms).min(FOR_EVER) * 1000);
        Self {
            value,
            received: now,
            life,
        }
    }

    /// How old it is at `now`. A clock that was set back makes it younger, never older than its life.
    pub fn age(&self, now: Ms, margin: Ms) -> Age {
        let Some(life) = self.life else {
            return Age::Fresh;
        };
        let elapsed = now.saturating_sub(self.received);
        if elapsed.saturating_add(margin) < life {
            // Whatever a tenth of its life is.
            Age::Fresh
        } else if elapsed >= life {
            Age::Expired
        } else if elapsed >= life - margin.min(life / 10) {
            Age::Ageing
        } else {
            Age::Fresh
        }
    }

    /// When it expires by the phone's clock, unix ms.
    pub fn expires_at(&self) -> Option<Ms> {
        self.life.map(|life| self.received.saturating_add(life))
    }
}

/// What is stored: one token, bound to what it was issued for.
#[derive(Clone)]
pub struct Record {
    /// The layout of this record.
    pub version: u32,
    /// appId, envVersion, origin and login URL; see [`crate::config::Config`].
    pub binding: String,
    /// The token's value.
    pub token: String,
    /// When it was received, unix ms.
    pub received: Ms,
    /// How long it lives, ms; 0 if unknown.
    pub life: Ms,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("version", &self.version)
            .field("binding", &self.binding)
            .finish_non_exhaustive()
    }
}

impl Record {
    /// The only layout there has been.
    pub const VERSION: u32 = 1;

    /// The record of a token.
    pub fn new(token: &Token, binding: &str) -> Self {
        Self {
            version: Self::VERSION,
            binding: binding.to_string(),
            token: token.value.clone(),
            received: token.received,
            life: token.life.unwrap_or(0),
        }
    }

    /// The token, if the record was made for this binding and is not over.
    pub fn token(self, binding: &str, now: Ms) -> Option<Token> {
        let ours =
            self.version == Self::VERSION && self.binding == binding && is_bearer(&self.token);
        let token = Token {
            value: self.token,
            received: self.received,
            life: Some(self.life).filter(|life| *life > 0),
        };
        (ours && token.age(now, 0) != Age::Expired).then_some(token)
    }
}

/// Whether the text can stand in an `Authorization: Bearer` header (RFC 6750, b64token).
pub fn is_bearer(text: &str) -> bool {
    let of_body =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    let body = text.bytes().take_while(of_body).count();
    body > 0 && text.bytes().skip(body).all(|b| b == b'=')
}
