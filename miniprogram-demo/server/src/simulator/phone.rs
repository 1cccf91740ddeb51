//! The phone's side: what `wx` would do, over HTTP. Every answer is the result object that the
//! callback of the `wx` function gets.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::call::Call;
use super::fault::Kind;
use super::{APPID, Simulator, stream};
use crate::crypto::random;

/// WeChat counts a Chinese character of a description as two.
const DESC_WIDTH: usize = 30;
/// What those get who hide behind WeChat's anonymous profile.
const ANONYMOUS: &str = "微信用户";

/// `wx.login`
pub(super) async fn login(
    State(simulator): State<Arc<Simulator>>,
    Extension(call): Extension<Call>,
) -> Json<Value> {
    let mut world = simulator.world();
    if !world.phone_call_allowed(&call.user, "login") {
        return too_frequent("login");
    }
    let code = world.login(&call.user);
    Json(match call.kind {
        Some(Kind::NoCode) => json!({ "errMsg": "login:ok" }),
        _ => json!({ "errMsg": "login:ok", "code": code }),
    })
}

/// `wx.checkSession`
pub(super) async fn check_session(
    State(simulator): State<Arc<Simulator>>,
    Extension(call): Extension<Call>,
) -> Json<Value> {
    let mut world = simulator.world();
    if !world.phone_call_allowed(&call.user, "checkSession") {
        return too_frequent("checkSession");
    }
    let user = world.user(&call.user);
    Json(if user.session_live {
        json!({ "errMsg": "checkSession:ok" })
    } else {
        json!({ "errMsg": "checkSession:fail 系统错误，错误码：-13001,session time out…need relogin" })
    })
}

/// `wx.getUserProfile`; whether it was called in a tap is the host's to judge.
pub(super) async fn get_user_profile(
    State(simulator): State<Arc<Simulator>>,
    Extension(call): Extension<Call>,
) -> Json<Value> {
    let mut world = simulator.world();
    if !world.phone_call_allowed(&call.user, "getUserProfile") {
        return too_frequent("getUserProfile");
    }
    let desc = call.body["desc"].as_str().unwrap_or_default();
    let width: usize = desc.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    if !(1..=DESC_WIDTH).contains(&width) {
        let err_msg = "getUserProfile:fail desc length does not meet the requirements";
        return Json(json!({ "errMsg": err_msg }));
    }
    if refused(&call) {
        return Json(json!({ "errMsg": "getUserProfile:fail auth deny" }));
    }

    let timestamp = world.now() / 1000;
    let user = world.user(&call.user);
    let key = &user.session_key;
    let person = &user.person;
    let user_info = if call.kind == Some(Kind::Anonymous) {
        json!({
            "nickName": ANONYMOUS, "gender": 0, "language": "", "city": "", "province": "",
            "country": "", "avatarUrl": format!("{}/avatar/anonymous.svg", call.origin),
        })
    } else {
        json!({
            "nickName": person.nick_name,
            "gender": person.gender,
            "language": call.body["lang"].as_str().unwrap_or("en"),
            "city": person.city,
            "province": person.province,
            "country": person.country,
            "avatarUrl": format!("{}/avatar/{}.svg", call.origin, call.user),
        })
    };
    let raw_data = user_info.to_string();
    let mut plain = user_info.clone();
    plain["watermark"] = json!({ "timestamp": timestamp, "appid": APPID });
    let (encrypted_data, iv) = key.encrypt(random(), plain.to_string().as_bytes());
    Json(json!({
        "errMsg": "getUserProfile:ok",
        "userInfo": user_info,
        "signature": key.sign(&raw_data),
        "rawData": raw_data,
        "encryptedData": encrypted_data,
        "iv": iv,
    }))
}

/// `<button open-type="getPhoneNumber">`
pub(super) async fn get_phone_number(
    State(simulator): State<Arc<Simulator>>,
    Extension(call): Extension<Call>,
) -> Json<Value> {
    if refused(&call) {
        return Json(json!({ "errMsg": "getPhoneNumber:fail user deny" }));
    }
    let code = simulator.world().phone_code(&call.user);
    Json(json!({ "errMsg": "getPhoneNumber:ok", "code": code }))
}

/// `wx.request`
pub(super) async fn request(
    State(simulator): State<Arc<Simulator>>,
    Extension(call): Extension<Call>,
) -> Response {
    let network = &simulator.network;
    if call.body["enableChunked"] == true {
        return stream::request(network, &call.body).await;
    }
    Json(network.request(&call.body).await).into_response()
}

/// `wx.uploadFile`
pub(super) async fn upload_file(
    State(simulator): State<Arc<Simulator>>,
    Extension(call): Extension<Call>,
) -> Json<Value> {
    Json(simulator.network.upload(&call.body).await)
}

fn refused(call: &Call) -> bool {
    call.kind == Some(Kind::Refused) || call.body["consent"] == false
}

fn too_frequent(api: &str) -> Json<Value> {
    let err_msg = format!("{api}:fail meet server frequency limit");
    Json(json!({ "errMsg": err_msg, "errno": 1003 }))
}
