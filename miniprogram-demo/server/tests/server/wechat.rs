//! What the backend believes of WeChat's side, told by a WeChat that is broken, slow or not WeChat.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::any;
use futures_util::future::join_all;
use futures_util::stream;
use miniprogram_server::config::Config;
use miniprogram_server::crypto::SessionKey;
use miniprogram_server::simulator::APPID;
use miniprogram_server::store::now;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{Backend, CODE, Sim, both, config, directory, listener, token};
use crate::program::{end, start};

const EXCHANGE: &str = "/sns/jscode2session";
const TOKEN: &str = "/cgi-bin/stable_token";
const PHONE: &str = "/wxa/business/getuserphonenumber";

/// Serves `router`; returns its address.
async fn serve(router: Router) -> String {
    let (listener, url) = listener().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A backend whose WeChat is `router`.
async fn before(router: Router) -> (Backend, TempDir) {
    let (sim, directory) = (Sim::start().await, directory());
    let config = Config {
        wechat: serve(router).await.parse().expect("a URL"),
        wechat_timeout: Duration::from_millis(500),
        ..config(&sim, &directory)
    };
    (Backend::start(config).await, directory)
}

fn text(answer: &str) -> axum::routing::MethodRouter {
    let answer = answer.to_owned();
    any(async move || answer)
}

fn key() -> SessionKey {
    SessionKey::from_bytes([7; 16])
}

/// A WeChat that logs everybody in as one user, with [`key`].
fn logs_in() -> Router {
    let session = json!({ "openid": "o-eva", "session_key": key().expose() });
    Router::new().route(EXCHANGE, text(&session.to_string()))
}

fn gives_token(answer: &str) -> Router {
    logs_in().route(TOKEN, text(answer))
}

const GOOD_TOKEN: &str = r#"{"access_token":"at","expires_in":7200}"#;

fn phone_info(appid: &str, country: &Value) -> String {
    json!({ "errcode": 0, "phone_info": {
        "phoneNumber": "10000000001", "purePhoneNumber": "10000000001", "countryCode": country,
        "watermark": { "timestamp": 1, "appid": appid },
    } })
    .to_string()
}

async fn submit_phone(router: Router) -> (u16, i64) {
    let (backend, _directory) = before(router).await;
    let token = token(&backend.login(CODE).await);
    let body = json!({ "code": CODE });
    backend.post("/user/phone", &token, body).await.codes()
}

#[tokio::test]
async fn no_redirect_carries_a_secret_away() {
    let stolen = Arc::new(AtomicUsize::new(0));
    let count = stolen.clone();
    let thief = Router::new().fallback(any(async move || {
        count.fetch_add(1, Ordering::SeqCst);
        "{}"
    }));
    let thief = serve(thief).await;
    for path in [EXCHANGE, TOKEN, PHONE] {
        let to = Redirect::temporary(&format!("{thief}{path}"));
        let away = any(async move || to.clone());
        let router = match path {
            EXCHANGE => Router::new().route(path, away),
            TOKEN => logs_in().route(path, away),
            _ => gives_token(GOOD_TOKEN).route(path, away),
        };
        let codes = match path {
            EXCHANGE => before(router).await.0.login(CODE).await.codes(),
            _ => submit_phone(router).await,
        };
        assert_eq!(codes, (502, 50201), "{path}");
    }
    assert_eq!(stolen.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn no_answer_fills_the_memory() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let endless = any(async move || {
        let chunks = stream::repeat_with(move || {
            count.fetch_add(65536, Ordering::SeqCst);
            Ok::<_, std::io::Error>(vec![b' '; 65536])
        });
        Body::from_stream(chunks)
    });
    let (backend, _directory) = before(Router::new().route(EXCHANGE, endless)).await;
    assert_eq!(backend.login(CODE).await.codes(), (502, 50201));
    // Two tries, each with what the two sockets hold beyond what was read.
    let sent = sent.load(Ordering::SeqCst);
    assert!(sent < 32 << 20, "{sent} bytes were taken");
}

#[tokio::test]
async fn a_session_is_what_is_documented() {
    let good = key().expose().to_owned();
    let cases = [
        (json!({ "openid": "o", "session_key": good }), (200, 200)),
        (
            json!({ "openid": "o", "session_key": good, "unionid": "" }),
            (200, 200),
        ),
        (json!({ "openid": "", "session_key": good }), (502, 50201)),
        (json!({ "session_key": good }), (502, 50201)),
        (json!([]), (502, 50201)),
    ];
    for (answer, codes) in cases {
        let router = Router::new().route(EXCHANGE, text(&answer.to_string()));
        let (backend, _directory) = before(router).await;
        assert_eq!(backend.login(CODE).await.codes(), codes, "{answer}");
    }
    let bell = format!("{{\"openid\":\"o\",\"note\":\"a\u{7}b\",\"session_key\":\"{good}\"}}");
    let (backend, _directory) = before(Router::new().route(EXCHANGE, text(&bell))).await;
    let login = backend.login(CODE).await;
    assert_eq!(login.codes(), (200, 200), "a control character: {login:?}");
}

#[tokio::test]
async fn a_key_that_is_none_costs_the_profile_and_not_the_login() {
    for key in ["", "AAAA", "not base64!"] {
        let session = json!({ "openid": "o", "session_key": key }).to_string();
        let (backend, _directory) = before(Router::new().route(EXCHANGE, text(&session))).await;
        let login = backend.login(CODE).await;
        assert_eq!(login.codes(), (200, 200), "{key:?}: {login:?}");
        let profile = signed(&json!({ "nickName": "Eva", "avatarUrl": "" }), &json!({}));
        let changed = backend.post("/user/profile", &token(&login), profile).await;
        assert_eq!(changed.codes(), (409, 40901), "{key:?}: {changed:?}");
    }
}

#[tokio::test]
async fn an_access_token_is_what_is_documented() {
    let number = phone_info(APPID, &json!("86"));
    let cases = [
        (GOOD_TOKEN, (200, 200)),
        (r#"{"access_token":"","expires_in":7200}"#, (502, 50201)),
        (r#"{"access_token":"at","expires_in":0}"#, (502, 50201)),
        (r#"{"access_token":"at","expires_in":-1}"#, (502, 50201)),
        (r#"{"access_token":"at","expires_in":1e300}"#, (502, 50201)),
        (
            r#"{"access_token":"at","expires_in":18446744073709551615}"#,
            (502, 50201),
        ),
    ];
    for (answer, codes) in cases {
        let router = gives_token(answer).route(PHONE, text(&number));
        assert_eq!(submit_phone(router).await, codes, "{answer}");
    }
}

#[tokio::test]
async fn a_number_is_this_apps() {
    let cases = [
        (phone_info(APPID, &json!("86")), (200, 200)),
        (phone_info(APPID, &json!(86)), (200, 200)),
        (phone_info("wx0000000000000000", &json!("86")), (502, 50201)),
        (r#"{"phone_info":{}}"#.to_owned(), (502, 50201)),
    ];
    for (answer, codes) in cases {
        let router = gives_token(GOOD_TOKEN).route(PHONE, text(&answer));
        assert_eq!(submit_phone(router).await, codes, "{answer}");
    }
}

#[tokio::test]
async fn nobody_binds_a_number_with_anothers_code() {
    let (sim, backend, _directory) = both().await;
    let (alice, mallory) = (
        backend.token(&sim, "alice").await,
        backend.token(&sim, "mallory").await,
    );
    let button = sim
        .phone("getPhoneNumber", json!({ "user": "alice" }))
        .await;
    let code = json!({ "code": button["code"] });
    let stolen = backend.post("/user/phone", &mallory, code.clone()).await;
    assert_eq!(stolen.codes(), (400, 40029), "{stolen:?}");
    let own = backend.post("/user/phone", &alice, code).await;
    assert_eq!(own.codes(), (200, 200), "{own:?}");
}

#[tokio::test]
async fn one_fetch_of_a_token_serves_all_who_wait() {
    let fetches = Arc::new(AtomicUsize::new(0));
    for (answer, codes, most) in [(GOOD_TOKEN, (200, 200), 1), ("broken", (502, 50201), 2)] {
        fetches.store(0, Ordering::SeqCst);
        let count = fetches.clone();
        let slow = any(async move || {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(300)).await;
            answer
        });
        let number = text(&phone_info(APPID, &json!("86")));
        let (backend, _directory) = before(logs_in().route(TOKEN, slow).route(PHONE, number)).await;
        let token = token(&backend.login(CODE).await);
        let submit = || backend.post("/user/phone", &token, json!({ "code": CODE }));
        let answers = join_all((0..8).map(|_| submit())).await;
        assert!(answers.iter().all(|a| a.codes() == codes), "{answers:?}");
        assert_eq!(fetches.load(Ordering::SeqCst), most, "{answer}");
    }
}

/// Whoever waits for a WeChat that says nothing waits as long as if alone.
#[tokio::test]
async fn waiting_submits_do_not_queue() {
    let never = any(std::future::pending::<&str>);
    let (backend, _directory) = before(logs_in().route(TOKEN, never)).await;
    let token = token(&backend.login(CODE).await);
    let start = Instant::now();
    let submit = || backend.post("/user/phone", &token, json!({ "code": CODE }));
    let answers = join_all((0..8).map(|_| submit())).await;
    assert!(
        answers.iter().all(|a| a.codes() == (502, 50201)),
        "{answers:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(2), "{answers:?}");
}

/// `raw` as WeChat signs it, and as it encrypts it, with more in it.
fn signed(raw: &Value, more: &Value) -> Value {
    let mut plain = raw.clone();
    plain["watermark"] = json!({ "timestamp": now(), "appid": APPID });
    for (name, value) in more.as_object().into_iter().flatten() {
        plain[name] = value.clone();
    }
    let raw = raw.to_string();
    let (data, iv) = key().encrypt([3; 16], plain.to_string().as_bytes());
    json!({ "rawData": raw, "signature": key().sign(&raw), "encryptedData": data, "iv": iv })
}

#[tokio::test]
async fn pictures_are_wechats() {
    let (backend, _directory) = before(logs_in()).await;
    let token = token(&backend.login(CODE).await);
    let own = backend.app.config.wechat.join("/pictures/1").expect("URL");
    let cases = [
        ("", ""),
        (
            "http://thirdwx.qlogo.cn/mmopen/1/132",
            "https://thirdwx.qlogo.cn/mmopen/1/132",
        ),
        ("https://wx.qlogo.cn/1", "https://wx.qlogo.cn/1"),
        (own.as_str(), own.as_str()),
        ("https://qlogo.cn.example.com/1", ""),
        ("https://evilqlogo.cn/1", ""),
        ("https://wx.qlogo.cn:8443/1", ""),
        ("https://user:pw@wx.qlogo.cn/1", ""),
        ("https://:pw@wx.qlogo.cn/1", ""),
        ("javascript:alert(1)//wx.qlogo.cn", ""),
        ("//wx.qlogo.cn/1", ""),
        ("http://127.0.0.1:1/1", ""),
    ];
    for (given, stored) in cases {
        let profile = signed(
            &json!({ "nickName": "Eva", "avatarUrl": given }),
            &json!({}),
        );
        let changed = backend.post("/user/profile", &token, profile).await;
        assert_eq!(changed.codes(), (200, 200), "{given}: {changed:?}");
        let url = &changed.body["data"]["userInfo"]["avatarUrl"];
        assert_eq!(url, stored, "{given}");
    }
}

/// With a signature that matches the key is not stale, so no new login is asked for.
#[tokio::test]
async fn a_signed_profile_that_is_wrong_is_no_stale_key() {
    let (backend, _directory) = before(logs_in()).await;
    let token = token(&backend.login(CODE).await);
    let raw = json!({ "nickName": "Eva", "avatarUrl": "", "gender": 1 });
    let wrong = |name: &str, value: Value| signed(&raw, &json!({ name: value }));
    let mut cut = signed(&raw, &json!({}));
    cut["encryptedData"] = "AAAAAAAAAAAAAAAAAAAAAA==".into();
    let cases = [
        wrong("nickName", json!("Mallory")),
        wrong("gender", json!(2)),
        wrong("openId", json!("o-alice")),
        wrong("watermark", json!({ "timestamp": now(), "appid": "wx0" })),
        wrong("watermark", json!({ "timestamp": 1, "appid": APPID })),
        cut,
    ];
    for profile in cases {
        let changed = backend.post("/user/profile", &token, profile).await;
        assert_eq!(changed.codes(), (400, 40001), "{changed:?}");
    }
}

#[tokio::test]
async fn wechats_nicknames_are_cleaned_and_not_refused() {
    let (backend, _directory) = before(logs_in()).await;
    let token = token(&backend.login(CODE).await);
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    let cases = [
        ("a\u{7}b\u{202e}c", "abc".to_owned()),
        ("\u{200b}", String::new()),
        (&family.repeat(40), family.repeat(32)),
    ];
    for (given, stored) in cases {
        let profile = signed(&json!({ "nickName": given, "avatarUrl": "" }), &json!({}));
        let changed = backend.post("/user/profile", &token, profile).await;
        assert_eq!(changed.codes(), (200, 200), "{given}: {changed:?}");
        assert_eq!(changed.body["data"]["userInfo"]["nickName"], stored);
    }
}

/// The operator reads the cause in the log; that no secret is in it is another test's matter.
#[tokio::test]
async fn the_log_names_the_cause() {
    let sees_headers = any(async |headers: HeaderMap| {
        assert!(!headers.contains_key("referer"));
        axum::http::StatusCode::SERVICE_UNAVAILABLE
    });
    let busy = serve(Router::new().fallback(sees_headers)).await;
    let refuses = r#"{"errcode":40013,"errmsg":"invalid appid, rid: 63f05e3c-1b2c3d4e-5f60718a"}"#;
    let refuses = serve(Router::new().fallback(text(refuses))).await;
    let cases = [
        ("http://127.0.0.1:1", "Connection refused"),
        (&busy, "503"),
        (&refuses, "40013, rid: 63f05e3c-1b2c3d4e-5f60718a"),
    ];
    for (wechat, cause) in cases {
        let directory = directory();
        let database = format!("sqlite:{}", directory.path().join("test.db").display());
        let environment = [("WECHAT_API_BASE", wechat), ("DATABASE_URL", &database)];
        let program = start(env!("CARGO_BIN_EXE_backend"), &[], &environment).await;
        let login = crate::common::client()
            .post(format!("{}/user/weixin-login", program.url))
            .json(&json!({ "code": CODE }));
        let login = crate::common::answer(login).await;
        assert!(login.status >= 500, "{login:?}");
        let (_, log) = end(program).await;
        let warned = log
            .lines()
            .any(|line| line.contains("WARN") && line.contains(cause));
        assert!(warned, "{cause}: {log}");
    }
}
