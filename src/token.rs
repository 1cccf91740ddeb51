//! The token: how long it lives, and how it is stored.

use std::fmt;

use serde::Serialize;

use crate::time::{self, Ms};
use crate::value::{Value, code, fields, fields_of, seconds, text};

/// What an exchange granted, as far as it was understood.
#[derive(Clone, Default)]
pub struct Grant {
    /// The token; none if there is no text where it should be.
    pub token: Option<String>,
    /// Its life by `expiresIn`, s.
    pub expires_in: Option<i64>,
    /// Its end by `expiresAt`, unix s.
    pub expires_at: Option<i64>,
    /// Its end by itself, if it is a JWT (`exp`), unix s. Read to plan, never to trust.
    pub exp: Option<i64>,
    /// When it was made by itself (`iat`), unix s.
    pub iat: Option<i64>,
    /// The server's clock when it answered (`Date`), unix s.
    pub date: Option<i64>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("has_token", &self.token.is_some())
            .field("expires_in", &self.expires_in)
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
    /// Whether the app gave it (rule 22), rather than a login of ours.
    pub given: bool,
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
    /// A token that was granted now. Its life is the earliest of what is told: `expiresIn`, the
    /// JWT's `exp − iat`, and `expiresAt` or `exp` against the answer's `Date`. A life that is over
    /// on arrival says that some clock is wrong, and counts as unknown.
    pub fn granted(value: String, grant: &Grant, now: Ms) -> Self {
        let from_date = |at: Option<i64>| at?.checked_sub(grant.date?);
        let life = [
            grant.expires_in,
            grant
                .exp
                .zip(grant.iat)
                .and_then(|(exp, iat)| exp.checked_sub(iat)),
            from_date(grant.expires_at),
            from_date(grant.exp),
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
            given: false,
        }
    }

    /// A token that the app gives now (rule 22): its life is `expires_in`, s, or what a JWT says of
    /// itself.
    ///
    /// # Errors
    /// Why the text can't be a token.
    pub fn given<V: Value>(text: &str, expires_in: Option<i64>, now: Ms) -> Result<Self, String> {
        if !is_token(text) {
            return Err(fault_of(text).unwrap_or_else(|| "the token is empty".into()));
        }
        let (exp, iat) = dates_of_jwt::<V>(text);
        let life = Grant {
            expires_in,
            exp,
            iat,
            ..Grant::default()
        };
        Ok(Self {
            given: true,
            ..Self::granted(text.into(), &life, now)
        })
    }

    /// How old it is at `now`. A clock that was set back makes it younger,
    /// never older than its life.
    pub fn age(&self, now: Ms, margin: Ms) -> Age {
        if now < self.fresh_until(margin) {
            Age::Fresh
        } else if self.expires_at().is_some_and(|end| now >= end) {
            Age::Expired
        } else {
            Age::Ageing
        }
    }

    /// Until when it is [`Age::Fresh`]: `margin` before its end, or a tenth of its life if that is
    /// shorter.
    pub fn fresh_until(&self, margin: Ms) -> Ms {
        let fresh = |life: Ms| life - margin.min(life / 10);
        let end = |life| self.received.saturating_add(fresh(life));
        self.life.map_or(Ms::MAX, end)
    }

    /// When it expires by the phone's clock, unix ms.
    pub fn expires_at(&self) -> Option<Ms> {
        self.life.map(|life| self.received.saturating_add(life))
    }
}

/// What is stored: one token, bound to what it was issued for.
#[derive(Clone, Serialize)]
pub struct Record {
    /// The layout of this record.
    pub version: u32,
    /// appId, envVersion, origin and login URL; see [`crate::config::Config`].
    pub binding: String,
    /// The token's value.
    pub token: String,
    /// When it was received, unix ms.
    pub received: f64,
    /// How long it lives, ms; 0 if unknown.
    pub life: f64,
    /// Whether the app gave it; absent in older records.
    pub given: bool,
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
            binding: binding.into(),
            token: token.value.clone(),
            received: token.received as f64,
            life: token.life.unwrap_or(0) as f64,
            given: token.given,
        }
    }

    /// The record in a stored value, if all of it is there.
    pub fn read<V: Value>(stored: &V) -> Option<Self> {
        let names = ["version", "binding", "token", "received", "life", "given"];
        let [version, binding, token, received, life, given] = fields(stored, names);
        Some(Self {
            version: code(&version)?.try_into().ok()?,
            binding: text(&binding)?,
            token: text(&token)?,
            received: received?.number()?,
            life: life?.number()?,
            given: given.and_then(|given| given.read()).unwrap_or_default(),
        })
    }

    /// The token, if the record was made for this binding; it may be over.
    pub fn token(self, binding: &str) -> Option<Token> {
        let ours =
            self.version == Self::VERSION && self.binding == binding && is_token(&self.token);
        let token = Token {
            value: self.token,
            received: time::whole(self.received)?,
            life: Some(time::whole(self.life)?).filter(|life| *life > 0),
            given: self.given,
        };
        ours.then_some(token)
    }
}

/// Whether the text can be a token: visible ASCII, which can stand in a header. More than RFC 6750
/// allows, since servers issue more: Laravel Sanctum's begin with a number and a `|`.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What keeps a text from being a token: its first character that can't stand in a header, by place,
/// counted from 1, and code point. None of an empty text.
pub fn fault_of(text: &str) -> Option<String> {
    let (at, c) = (1..)
        .zip(text.chars())
        .find(|(_, c)| !c.is_ascii_graphic())?;
    let (place, point) = (digits(at, 10, 1), digits(u32::from(c), 16, 4));
    Some(["character ", &place, " of the token is U+", &point].concat())
}

/// By hand, as the SDK formats nothing (xtask/src/build/hollow.rs).
fn digits(mut number: u32, base: u32, at_least: usize) -> String {
    let mut digits = String::new();
    while number > 0 || digits.len() < at_least {
        let digit = char::from_digit(number % base, base).unwrap_or_default();
        digits.insert(0, digit.to_ascii_uppercase());
        number /= base;
    }
    digits
}

/// FNV-1a, 64 bit: tells texts apart; one that is made to collide tells nothing that matters.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// A text without the configured scheme, in any case, that some servers put before the token.
pub fn without_scheme<'a>(text: &'a str, scheme: &str) -> &'a str {
    let text = text.trim_start_matches(' ');
    match text.split_once(' ') {
        Some((before, token)) if before.eq_ignore_ascii_case(scheme) => {
            token.trim_start_matches(' ')
        }
        _ => text,
    }
}

/// `exp` and `iat` of a JWT (RFC 7519), unix s; of anything else there are none.
pub fn dates_of_jwt<V: Value>(token: &str) -> (Option<i64>, Option<i64>) {
    let mut parts = token.split('.');
    let payload = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(payload), Some(_), None) => payload,
        _ => return (None, None),
    };
    let claims = base64url(payload).and_then(|json| V::parse_json(&json));
    let [exp, iat] = fields_of(claims.as_ref(), ["exp", "iat"]);
    (seconds(&exp), seconds(&iat))
}

/// Each byte as one character: the names and numbers that are looked for are ASCII, so UTF-8 is not
/// decoded.
fn base64url(text: &str) -> Option<String> {
    let (mut out, mut buffer, mut bits) = (String::new(), 0u32, 0);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(char::from((buffer >> bits) as u8));
        }
    }
    Some(out)
}
