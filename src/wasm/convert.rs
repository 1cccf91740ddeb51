//! What comes in from JavaScript, read field by field: any shape is possible there, and whatever is not as
//! expected counts as absent. What goes out goes through serde.

use js_sys::{Array, Object, Reflect};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::config::Source;
use crate::platform::{Failure, Ms, Profile, Reply};
use crate::token::{Answer, Record};

/// As plain JavaScript data.
pub fn to_js<T: Serialize + ?Sized>(value: &T) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::UNDEFINED)
}

/// The field, undefined of what is no object.
pub fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// The field, if it is a text.
pub fn text(object: &JsValue, name: &str) -> Option<String> {
    field(object, name).as_string()
}

fn whole(object: &JsValue, name: &str) -> Option<i64> {
    let number = field(object, name).as_f64()?;
    // `as` saturates, so the comparison also refuses NaN and what is out of range.
    let whole = number as i64;
    (whole as f64 == number).then_some(whole)
}

fn code(object: &JsValue, name: &str) -> Option<i32> {
    whole(object, name)?.try_into().ok()
}

/// Old Android clients give the status as a text.
fn status(response: &JsValue) -> u16 {
    let number = whole(response, "statusCode").and_then(|status| status.try_into().ok());
    number.or_else(|| text(response, "statusCode")?.parse().ok()).unwrap_or(0)
}

/// What wx, or a function of the app, failed with.
pub fn failure(error: &JsValue) -> Failure {
    Failure {
        err_msg: text(error, "errMsg").or_else(|| error.as_string()).unwrap_or_default(),
        errno: code(error, "errno").or_else(|| code(error, "errCode")).or_else(|| code(error, "err_code")),
        hook: field(error, "hook").is_truthy(),
    }
}

/// The exchange's answer: `{res}`, or `{res, token}` if `login.readToken` ran.
pub fn answer_of(value: &JsValue) -> Answer {
    let response = field(value, "res");
    let body = field(&response, "data");
    let read = field(value, "token");
    let by_hook = Reflect::has(value, &"token".into()).unwrap_or(false);
    let data = if by_hook { read.clone() } else { field(&body, "data") };
    Answer {
        status: status(&response),
        body_code: code(&body, "code"),
        token: read.as_string().or_else(|| text(&data, "authorizationToken")).or_else(|| text(&data, "token")),
        expires_in: whole(&data, "expiresIn"),
        expires_at: whole(&data, "expiresAt"),
        date: header(&response, "date"),
        message: text(&body, "msg"),
        by_hook,
    }
}

fn header(response: &JsValue, name: &str) -> Option<String> {
    let headers = field(response, "header");
    let keys = Object::keys(headers.dyn_ref::<Object>()?);
    let key = keys.iter().find_map(|key| key.as_string().filter(|key| key.eq_ignore_ascii_case(name)))?;
    text(&headers, &key)
}

/// The answer to a post.
pub fn reply_of(response: JsValue) -> Reply<JsValue> {
    Reply { status: status(&response), body_code: code(&field(&response, "data"), "code"), response }
}

/// The stored record, if all of it is there.
pub fn record_of(value: &JsValue) -> Option<Record> {
    Some(Record {
        version: whole(value, "version")?.try_into().ok()?,
        binding: text(value, "binding")?,
        token: text(value, "token")?,
        received: whole(value, "received")?.try_into().ok()?,
        life: match field(value, "life") {
            life if life.is_undefined() => None,
            _ => Some(whole(value, "life")?.try_into().ok()?),
        },
    })
}

/// The profile as getUserProfile gave it.
pub fn profile_of(result: &JsValue) -> Profile {
    let info = field(result, "userInfo");
    let anonymous_name = text(&info, "nickName").as_deref() == Some("微信用户");
    Profile {
        encrypted_data: text(result, "encryptedData").unwrap_or_default(),
        iv: text(result, "iv").unwrap_or_default(),
        raw_data: text(result, "rawData").unwrap_or_default(),
        signature: text(result, "signature").unwrap_or_default(),
        anonymous: anonymous_name && !field(&info, "gender").is_truthy(),
    }
}

/// The options, a flat object by their paths.
pub fn option_source(options: &JsValue) -> impl Source {
    struct Flat(JsValue);
    impl Source for Flat {
        fn text(&self, name: &str) -> Option<String> {
            text(&self.0, name)
        }
        fn texts(&self, name: &str) -> Vec<String> {
            let list = field(&self.0, name).dyn_into::<Array>();
            list.map(|list| list.iter().filter_map(|text| text.as_string()).collect()).unwrap_or_default()
        }
        fn ms(&self, name: &str) -> Option<Ms> {
            field(&self.0, name).as_f64().map(|ms| ms as Ms)
        }
    }
    Flat(options.clone())
}
