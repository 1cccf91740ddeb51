//! What wx, the server and the app give, in the shapes that it really has.

use serde::Serialize;
use serde_json::json;

use crate::json::Json;

impl Json {
    /// The same with something set at a path like `data.code`; objects on the way are made.
    pub fn with(mut self, path: &str, value: impl Serialize) -> Self {
        let place = path.split('.').fold(&mut self.0, |at, name| &mut at[name]);
        *place = json!(value);
        self
    }

    /// The text there, if there is one.
    pub fn text(&self, path: &str) -> Option<&str> {
        path.split('.').fold(&self.0, |at, name| &at[name]).as_str()
    }
}

/// What a step gives that gives nothing.
pub fn done() -> Json {
    Json(json!({ "errMsg": "ok" }))
}

/// What wx says when it fails.
pub fn failure(err_msg: &str, errno: Option<i32>) -> Json {
    match errno {
        Some(errno) => Json(json!({ "errMsg": err_msg, "errno": errno })),
        None => Json(json!({ "errMsg": err_msg })),
    }
}

/// What a function of the app threw.
pub fn thrown(message: &str) -> Json {
    Json(json!({ "errMsg": message, "hook": true }))
}

/// What wx.login gives.
pub fn login_code(code: &str) -> Json {
    Json(json!({ "errMsg": "login:ok", "code": code }))
}

/// A response with this body code, or an empty body.
pub fn response(status: u16, body_code: Option<i32>) -> Json {
    let data = body_code.map_or(json!(""), |code| json!({ "code": code }));
    Json(json!({ "statusCode": status, "data": data, "header": {} }))
}

/// An exchange's good answer; the token lives for so many seconds, if that is told.
pub fn granted(token: &str, expires_in: Option<i64>) -> Json {
    let mut data = json!({ "authorizationToken": token });
    if let Some(seconds) = expires_in {
        data["expiresIn"] = json!(seconds);
    }
    let body = json!({ "code": 0, "data": data });
    Json(json!({ "statusCode": 200, "data": body, "header": {} }))
}

/// What wx.getUserProfile gives for a user of this name.
pub fn profile_of(nick_name: &str) -> Json {
    Json(json!({
        "errMsg": "getUserProfile:ok",
        "encryptedData": "ENCRYPTED",
        "iv": "IV",
        "rawData": "{}",
        "signature": "SIGNATURE",
        "userInfo": { "nickName": nick_name, "gender": 0 },
    }))
}
