//! The token: how long it lives, and how it is stored.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::platform::Ms;

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

impl Token {
    /// The token of an exchange's answer. Its life is the earliest of what the answer tells: `expiresIn`, the JWT's
    /// `exp − iat`, and `expiresAt` or `exp` against the answer's `Date`. A life that is over on arrival
    /// says that some clock is wrong, and counts as unknown.
    pub fn from_answer(value: String, answer: &Answer, now: Ms) -> Self {
        let claims = Claims::of_jwt(&value);
        let from_date = |at: Option<i64>| at?.checked_sub(answer.date?);
        let life = [
            answer.expires_in,
            claims
                .exp
                .zip(claims.iat)
                .and_then(|(exp, iat)| exp.checked_sub(iat)),
            from_date(answer.expires_at),
            from_date(claims.exp),
        ]
        .into_iter()
        .flatten()
        .min()
        .filter(|seconds| *seconds > 0)
        .map(|seconds| (seconds as Ms).saturating_mul(1000));
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
        if elapsed >= life {
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

/// The dates in a JWT's payload (RFC 7519 NumericDate, s). Read to plan, never to trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// When it expires, unix s.
    pub exp: Option<i64>,
    /// When it was issued, unix s.
    pub iat: Option<i64>,
}

impl Claims {
    /// The claims of a JWT; none of anything else.
    pub fn of_jwt(token: &str) -> Self {
        let mut parts = token.as_bytes().split(|byte| *byte == b'.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Self::default();
        };
        let json = base64url(payload).unwrap_or_default();
        Self {
            exp: top_level_number(&json, b"exp"),
            iat: top_level_number(&json, b"iat"),
        }
    }
}

/// Decodes base64url without padding. Ours, since the crates that do it cost the package more than this use is worth.
fn base64url(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = 0u32;
    let mut bits = 0;
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
        }
    }
    Some(bytes)
}

/// The whole part of a number in a JSON object, by its key; the last one if there are several. Skims the text rather than parse it:
/// in text that is no JSON it may find something or nothing.
fn top_level_number(json: &[u8], key: &[u8]) -> Option<i64> {
    let mut found = None;
    let mut depth = 0u32;
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let start = at;
                while let Some(&byte) = json.get(at)
                    && byte != b'"'
                {
                    at += if byte == b'\\' { 2 } else { 1 };
                }
                let text = json.get(start..at);
                at += 1;
                let rest = json.get(at..).unwrap_or_default().trim_ascii_start();
                if depth == 1
                    && text == Some(key)
                    && let [b':', value @ ..] = rest
                {
                    found = whole_number(value.trim_ascii_start());
                }
            }
            _ => {}
        }
    }
    found
}

/// The whole part of the number that the text starts with; none if it has an exponent or is out of range.
fn whole_number(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut number = None;
    let mut rest = digits.iter().skip_while(|digit| {
        let value = digit.wrapping_sub(b'0');
        let is_digit = value < 10;
        if is_digit {
            let sum = number
                .unwrap_or(Some(0i64))
                .and_then(|sum| sum.checked_mul(10)?.checked_add(i64::from(value)));
            number = Some(sum);
        }
        is_digit
    });
    let tail = rest
        .by_ref()
        .find(|byte| !byte.is_ascii_digit() && **byte != b'.');
    let exponent = matches!(tail, Some(b'e' | b'E'));
    number
        .flatten()
        .filter(|_| !exponent)
        .map(|number| if negative { -number } else { number })
}
