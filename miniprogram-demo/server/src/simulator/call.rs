//! What every call passes: its body is read once, a fault may hit it, and the log records it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use hmac::Mac;
use serde_json::{Value, json};

use super::fault::{Fault, Kind};
use super::log::{Entry, Side};
use super::stream::Streamed;
use super::world::system_ms;
use super::{Simulator, connection, wechat};
use crate::crypto::hex;
use crate::token::hmac;

/// Far more than a request of the phone's has.
const BODY_BYTES: usize = 16 * 1024 * 1024;
/// Who holds the phone when nothing says so.
const DEFAULT_USER: &str = "demo";
/// A fault for one request, as JSON.
const FAULT_HEADER: &str = "x-simulator-fault";

/// What handlers see of a call.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Who holds the phone; empty on WeChat's side.
    pub(super) user: String,
    /// The JSON body, or null.
    pub(super) body: Value,
    /// What the handler itself must get wrong.
    pub(super) kind: Option<Kind>,
    /// Origin under which the caller knows this simulator.
    pub(super) origin: String,
}

pub(super) async fn record(
    State(simulator): State<Arc<Simulator>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_BYTES).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the body is too long").into_response();
    };
    let path = parts.uri.path().to_owned();
    let side = if path.starts_with("/phone/") {
        Side::Phone
    } else {
        Side::Wechat
    };
    let body: Value = match serde_json::from_slice(&bytes) {
        Ok(body) => body,
        Err(_) if side == Side::Wechat || bytes.is_empty() => Value::Null,
        Err(error) => {
            let text = format!("the body is not JSON: {error}");
            return (StatusCode::BAD_REQUEST, text).into_response();
        }
    };
    let user = match side {
        Side::Phone => Some(body["user"].as_str().unwrap_or(DEFAULT_USER).to_owned()),
        Side::Wechat => {
            let query = parts.uri.query().unwrap_or_default();
            let code = wechat::parameter(query, "js_code");
            simulator
                .world()
                .user_of_code(code.as_deref().or(body["code"].as_str()))
        }
    };
    let url = body["url"].as_str();
    let fault = match fault_of_request(&parts.headers) {
        Ok(Some(fault)) => Some(fault),
        Ok(None) => simulator.faults().take(&path, user.as_deref(), url),
        Err(error) => {
            let text = format!("{FAULT_HEADER} is not a fault: {error}");
            return (StatusCode::BAD_REQUEST, text).into_response();
        }
    };
    let seq = simulator.log().begin(Entry {
        seq: 0,
        at: system_ms(),
        side,
        path: path.clone(),
        user: user.clone(),
        method: url.map(|_| method_of(&path, &body).to_owned()),
        url: url.map(str::to_owned),
        bearer: bearer(&body["header"]),
        fault: fault.as_ref().map(|fault| fault.kind.name()),
        status: None,
        errcode: None,
        errno: None,
        err_msg: None,
    });

    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let call = Call {
        user: user.unwrap_or_default(),
        body,
        kind: fault.as_ref().map(|fault| fault.kind.clone()),
        origin: format!("http://{}", host.unwrap_or("127.0.0.1")),
    };
    let api = path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut request = Request::from_parts(parts, Body::from(bytes));
    request.extensions_mut().insert(call.clone());
    let response = match fault {
        None => next.run(request).await,
        Some(fault) => hit(&simulator, side, &api, &call.user, fault, request, next).await,
    };
    finish(&simulator, seq, response).await
}

/// Files are always posted.
fn method_of<'a>(path: &str, body: &'a Value) -> &'a str {
    match path {
        "/phone/uploadFile" => "POST",
        _ => body["method"].as_str().unwrap_or("GET"),
    }
}

fn fault_of_request(headers: &HeaderMap) -> serde_json::Result<Option<Fault>> {
    let value = headers.get(FAULT_HEADER);
    value
        .map(|value| serde_json::from_slice(value.as_bytes()))
        .transpose()
}

/// Runs a call that a fault hits.
async fn hit(
    simulator: &Simulator,
    side: Side,
    api: &str,
    user: &str,
    fault: Fault,
    request: Request,
    next: Next,
) -> Response {
    tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    let Some(broken) = broken_answer(side, api, &fault.kind) else {
        if fault.kind == Kind::SessionExpired {
            simulator.world().expire_session(user);
        }
        let response = next.run(request).await;
        return if fault.kind == Kind::Truncated {
            truncated(response).await
        } else {
            response
        };
    };
    if fault.after {
        next.run(request).await;
    }
    match fault.kind {
        Kind::Never => std::future::pending().await,
        _ => broken,
    }
}

/// The answer in place of the handler's; none for faults that need the handler.
fn broken_answer(side: Side, api: &str, kind: &Kind) -> Option<Response> {
    let fail = |err_msg: String, errno: Option<i64>| {
        let mut answer = json!({ "errMsg": err_msg });
        if let Some(errno) = errno {
            answer["errno"] = errno.into();
        }
        Json(answer).into_response()
    };
    Some(match (kind, side) {
        // Of the first, nothing arrives at all.
        (Kind::Never | Kind::Close, _) => connection::close(),
        (Kind::Html { status }, _) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            (
                status,
                Html("<html><body>an answer from something in between</body></html>"),
            )
                .into_response()
        }
        (Kind::Errcode { errcode }, Side::Wechat) => wechat::refusal(*errcode),
        (Kind::Errcode { errcode }, Side::Phone) => {
            let text = wechat::errmsg(*errcode);
            fail(
                format!("{api}:fail 系统错误，错误码：{errcode},{text}"),
                None,
            )
        }
        (Kind::Frequency, Side::Wechat) => wechat::refusal(45011),
        (Kind::Frequency, Side::Phone) => fail(
            format!("{api}:fail meet server frequency limit"),
            Some(1003),
        ),
        (Kind::Fail { err_msg, errno }, _) => fail(err_msg.clone(), *errno),
        _ => return None,
    })
}

async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(parts, Body::from(bytes.slice(..bytes.len() / 2)))
}

/// Completes the log's entry from the answer.
async fn finish(simulator: &Simulator, seq: u64, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    if let Some(Streamed(status)) = parts.extensions.get() {
        if let Some(entry) = simulator.log().entry(seq) {
            entry.status = Some(*status);
        }
        return Response::from_parts(parts, body);
    }
    let bytes: Bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(entry) = simulator.log().entry(seq) {
        entry.status = if entry.url.is_some() {
            let seen = answer["statusCode"].as_u64();
            seen.and_then(|status| u16::try_from(status).ok())
        } else {
            connection::is_sent(&parts).then(|| parts.status.as_u16())
        };
        entry.errcode = answer["errcode"].as_i64();
        entry.errno = answer["errno"].as_i64();
        entry.err_msg = answer["errMsg"].as_str().map(str::to_owned);
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Tells tokens apart without telling them: keyed with what only this process knows.
fn bearer(header: &Value) -> Option<String> {
    static KEY: std::sync::LazyLock<[u8; 32]> = std::sync::LazyLock::new(crate::crypto::random);
    let header = header.as_object()?;
    let (_, value) = header
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let mut mac = hmac(&*KEY);
    mac.update(value.as_str()?.as_bytes());
    Some(hex(&mac.finalize().into_bytes()[..6]))
}
