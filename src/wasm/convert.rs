//! What comes in from JavaScript, read field by field: any shape is possible there, and whatever is not as
//! expected counts as absent. What goes out goes through serde.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use super::host::Host;
use crate::config::Source;
use crate::platform::{Failure, Ms, Profile, Reply};
use crate::token::{Answer, Record};

/// As plain JavaScript data.
pub fn to_js<T: Serialize + ?Sized>(value: &T) -> JsValue {
    value
        .serialize(&Serializer::json_compatible())
        .unwrap_or(JsValue::UNDEFINED)
}

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

fn status(host: &Host, response: &JsValue) -> u16 {
    code(host, response, "statusCode")
        .and_then(|status| status.try_into().ok())
        .unwrap_or(0)
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

/// The exchange's answer: `{statusCode, data, date}`; with `hook`, what `login.readToken` gave stands in `data`
/// where the default looks.
pub fn answer_of(host: &Host, value: &JsValue) -> Answer {
    let by_hook = host.number(value, "hook") == 1.0;
    let text = |path: &str| host.text(value, path);
    Answer {
        status: status(host, value),
        body_code: code(host, value, "data.code"),
        token: text("data.data.authorizationToken"),
        expires_in: whole(host, value, "data.data.expiresIn"),
        expires_at: whole(host, value, "data.data.expiresAt"),
        date: text("date"),
        message: text("data.msg"),
        by_hook,
    }
}

/// The answer to a post.
pub fn reply_of(host: &Host, response: JsValue) -> Reply<JsValue> {
    Reply {
        status: status(host, &response),
        body_code: code(host, &response, "data.code"),
        response,
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
    let text = |path: &str| host.text(result, path).unwrap_or_default();
    let gender = host.number(result, "userInfo.gender");
    Profile {
        encrypted_data: text("encryptedData"),
        iv: text("iv"),
        raw_data: text("rawData"),
        signature: text("signature"),
        anonymous: text("userInfo.nickName") == "微信用户" && (gender.is_nan() || gender == 0.0),
    }
}

/// The options as the app gave them, their types checked.
pub struct Options<'a>(pub &'a Host, pub &'a JsValue);

impl Source for Options<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.text(self.1, name)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        // Origins are ASCII: what is not stays wrong, and does not parse.
        let lines = self.0.lines(self.1, name).into_bytes();
        let texts = lines
            .split(|byte| *byte == b'\n')
            .filter(|text| !text.is_empty());
        texts
            .map(|text| text.iter().map(|byte| char::from(*byte)).collect())
            .collect()
    }

    fn ms(&self, name: &str) -> Option<Ms> {
        time(self.0, self.1, name)
    }
}
