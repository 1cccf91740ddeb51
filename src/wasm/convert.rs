//! What comes in from JavaScript, read field by field: any shape is possible there, and whatever is not as
//! expected counts as absent.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::host::Host;
use crate::config::{Config, Given, is_line_end};
use crate::error::{Error, Failure};
use crate::platform::{Profile, Reply};
use crate::time::Ms;
use crate::token::{Answer, Record};

fn whole(host: &Host, value: &JsValue, path: &str) -> Option<i64> {
    let number = host.number(value, path);
    // `as` saturates, so the comparison also refuses NaN and what is out of range.
    let whole = number as i64;
    (whole as f64 == number).then_some(whole)
}

fn code(host: &Host, value: &JsValue, path: &str) -> Option<i32> {
    whole(host, value, path)?.try_into().ok()
}

fn time(host: &Host, value: &JsValue, path: &str) -> Option<Ms> {
    whole(host, value, path)?.try_into().ok()
}

/// Whole seconds; NumericDates of JWTs may have a fraction (RFC 7519).
fn seconds(host: &Host, value: &JsValue, path: &str) -> Option<i64> {
    let number = host.number(value, path);
    (number.abs() < 1e15).then_some(number as i64)
}

/// What wx, or a function of the app, failed with.
pub fn failure(host: &Host, error: &JsValue) -> Failure {
    Failure {
        err_msg: host.text(error, "errMsg").unwrap_or_default(),
        errno: code(host, error, "errno")
            .or_else(|| code(host, error, "errCode"))
            .or_else(|| code(host, error, "err_code")),
        hook: host.number(error, "hook") == 1.0,
    }
}

/// The exchange's answer: `{statusCode, data, date, claims}`; with `hook`, what `login.readToken` gave stands in `data`
/// where the default looks.
pub fn answer_of(host: &Host, value: &JsValue) -> Answer {
    let Reply { status, body_code } = reply_of(host, value);
    Answer {
        status,
        body_code,
        token: host.text(value, "data.data.authorizationToken"),
        expires_in: seconds(host, value, "data.data.expiresIn"),
        expires_at: seconds(host, value, "data.data.expiresAt"),
        exp: seconds(host, value, "claims.exp"),
        iat: seconds(host, value, "claims.iat"),
        date: seconds(host, value, "date"),
        message: host.text(value, "data.msg"),
        by_hook: host.number(value, "hook") == 1.0,
    }
}

/// The answer to a post.
pub fn reply_of(host: &Host, response: &JsValue) -> Reply {
    Reply {
        status: code(host, response, "statusCode")
            .and_then(|status| status.try_into().ok())
            .unwrap_or(0),
        body_code: code(host, response, "data.code"),
    }
}

/// The stored record, if all of it is there.
pub fn record_of(host: &Host, value: &JsValue) -> Option<Record> {
    Some(Record {
        version: code(host, value, "version")?.try_into().ok()?,
        binding: host.text(value, "binding")?,
        token: host.text(value, "token")?,
        received: time(host, value, "received")?,
        life: time(host, value, "life")?,
    })
}

/// The profile as getUserProfile gave it.
pub fn profile_of(host: &Host, result: &JsValue) -> Profile {
    Profile {
        nick_name: host.text(result, "userInfo.nickName").unwrap_or_default(),
        gender: code(host, result, "userInfo.gender"),
    }
}

/// A text at a path, empty if there is none.
pub fn text(host: &Host, value: &JsValue, path: &str) -> String {
    host.text(value, path).unwrap_or_default()
}

/// The options. `texts` are, each on a line: app, baseUrl, the urls of login, profile, phone and logout, storage.key,
/// and then the allowed origins; empty where unset. A time is NaN where unset.
pub fn config(texts: &str, never_check: bool, times: [f64; 5]) -> Result<Config, Error> {
    let mut rest = texts;
    let mut next = || match rest.split_once(is_line_end) {
        Some((line, others)) => {
            rest = others;
            line
        }
        None => core::mem::take(&mut rest),
    };
    let [
        login_timeout,
        check_timeout,
        margin,
        cooldown_first,
        cooldown_max,
    ] = times.map(|ms| (ms >= 0.0).then_some(ms as Ms));
    Config::read(&Given {
        app: next(),
        base_url: next(),
        login_url: next(),
        profile_url: next(),
        phone_url: next(),
        logout_url: next(),
        storage_key: next(),
        allowed_origins: rest,
        never_check,
        login_timeout,
        check_timeout,
        margin,
        cooldown_first,
        cooldown_max,
    })
}
