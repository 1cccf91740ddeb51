//! WeChat's server side: HTTP 200 and text/plain whatever happens, refusals as errcode.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hmac::Mac;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::call::Call;
use super::{APPID, SECRET, Simulator};
use crate::crypto::{hex, random};
use crate::token::hmac;

/// `GET /sns/jscode2session`. WeChat also takes POST, but reads the query only: a JSON body gives
/// 41002.
pub(super) async fn jscode2session(
    State(simulator): State<Arc<Simulator>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameter = |name| parameter(&query, name);
    let exchanged = || {
        check_app(
            parameter("appid").as_deref(),
            parameter("secret").as_deref(),
        )?;
        let code = parameter("js_code")
            .filter(|code| !code.is_empty())
            .ok_or(41008)?;
        if parameter("grant_type").as_deref() != Some("authorization_code") {
            return Err(40002);
        }
        simulator.world().exchange(&code)
    };
    match exchanged() {
        Err(errcode) => refusal(errcode),
        Ok(exchanged) => {
            let mut answer = json!({
                "session_key": exchanged.session_key.expose(),
                "openid": exchanged.openid,
            });
            if let Some(unionid) = exchanged.unionid {
                answer["unionid"] = unionid.into();
            }
            plain(&answer)
        }
    }
}

/// `POST /cgi-bin/stable_token`
pub(super) async fn stable_token(
    State(simulator): State<Arc<Simulator>>,
    Extension(call): Extension<Call>,
) -> Response {
    let body = &call.body;
    if !body.is_object() {
        return refusal(47001);
    }
    if let Err(errcode) = check_app(body["appid"].as_str(), body["secret"].as_str()) {
        return refusal(errcode);
    }
    if body["grant_type"] != "client_credential" {
        return refusal(40002);
    }
    let force = body["force_refresh"].as_bool().unwrap_or_default();
    let (access_token, expires_in) = simulator.world().access_token(force);
    plain(&json!({ "access_token": access_token, "expires_in": expires_in }))
}

/// `POST /wxa/business/getuserphonenumber?access_token=`
pub(super) async fn getuserphonenumber(
    State(simulator): State<Arc<Simulator>>,
    RawQuery(query): RawQuery,
    Extension(call): Extension<Call>,
) -> Response {
    let mut world = simulator.world();
    let token = parameter(&query.unwrap_or_default(), "access_token").unwrap_or_default();
    let number = world.check_access_token(&token).and_then(|()| {
        let code = call.body["code"].as_str().ok_or(47001)?;
        world.exchange_phone(code, call.body["openid"].as_str())
    });
    match number {
        Err(errcode) => refusal(errcode),
        Ok(number) => plain(&json!({
            "errcode": 0,
            "errmsg": "ok",
            "phone_info": {
                "phoneNumber": number,
                "purePhoneNumber": number,
                "countryCode": "86",
                "watermark": { "timestamp": world.now() / 1000, "appid": APPID },
            },
        })),
    }
}

/// `GET /wxa/checksession?access_token&openid&signature&sig_method=hmac_sha256`
pub(super) async fn checksession(
    State(simulator): State<Arc<Simulator>>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let parameter = |name| parameter(&query, name).unwrap_or_default();
    let world = simulator.world();
    let checked = || {
        world.check_access_token(&parameter("access_token"))?;
        let user = world.user_by_openid(&parameter("openid")).ok_or(40003)?;
        if parameter("sig_method") != "hmac_sha256" {
            return Err(87008);
        }
        if !user.session_live {
            return Err(87007);
        }
        let key = user.session_key.expose().as_bytes();
        let signature = hex(&hmac(key).finalize().into_bytes());
        if parameter("signature") == signature {
            Ok(())
        } else {
            Err(87009)
        }
    };
    match checked() {
        Err(errcode) => refusal(errcode),
        Ok(()) => plain(&json!({ "errcode": 0, "errmsg": "ok" })),
    }
}

/// The parameter `name` of a query string.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn check_app(appid: Option<&str>, secret: Option<&str>) -> Result<(), i64> {
    match (appid, secret) {
        (None | Some(""), _) => Err(41002),
        (_, None | Some("")) => Err(41004),
        (Some(appid), _) if appid != APPID => Err(40013),
        (_, Some(secret)) if secret != SECRET => Err(40125),
        _ => Ok(()),
    }
}

/// WeChat's words for an errcode.
pub(super) fn errmsg(errcode: i64) -> &'static str {
    match errcode {
        -1 => "system error",
        40001 => "invalid credential, access_token is invalid or not latest",
        40002 => "invalid grant_type",
        40003 => "invalid openid",
        40013 => "invalid appid",
        40029 => "invalid code",
        40125 => "invalid appsecret",
        40163 => "code been used",
        40164 => "invalid ip, not in whitelist",
        40226 => "code blocked",
        40243 => "AppSecret has been frozen",
        41002 => "appid missing",
        41004 => "appsecret missing",
        41008 => "missing code",
        42001 => "access_token expired",
        45009 => "reach max api daily quota limit",
        45011 => "api minute-quota reach limit, must slower, retry next minute",
        47001 => "data format error",
        50007 => "account frozen",
        87007 => "session_key is expired",
        87008 => "invalid sig_method",
        87009 => "invalid signature",
        _ => "unknown",
    }
}

/// A refusal, with a request id as WeChat adds it.
pub(super) fn refusal(errcode: i64) -> Response {
    let rid = random::<12>();
    let (a, b, c) = (hex(&rid[..4]), hex(&rid[4..8]), hex(&rid[8..]));
    let errmsg = format!("{}, rid: {a}-{b}-{c}", errmsg(errcode));
    plain(&json!({ "errcode": errcode, "errmsg": errmsg }))
}

fn plain(answer: &Value) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], answer.to_string()).into_response()
}
