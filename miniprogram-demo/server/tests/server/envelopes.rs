//! Every answer is an envelope.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use miniprogram_server::app::App;
use miniprogram_server::wechat::{WechatApi, WechatError, WechatSession};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Backend, CODE, Sim, both, client, config, directory, listener};

/// Sends `request` as it is; returns status and body.
async fn raw(url: &str, request: String) -> (u16, Value) {
    let address = url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer));
    read.await.expect("in time").expect("an answer");
    let text = String::from_utf8(answer).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let head = head.to_lowercase();
    assert!(
        head.contains("content-type: application/json"),
        "{request}: {text}"
    );
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (
        status.expect("a status"),
        serde_json::from_str(body).expect("JSON"),
    )
}

fn is_failure(body: &Value, code: i64) -> bool {
    body["code"] == code && body["msg"].is_string() && body["data"].is_null()
}

#[tokio::test]
async fn paths_and_methods_that_are_none_are_answered_in_it() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let cases = [
        ("GET", "/", 404, 40401),
        ("GET", "/%ff", 404, 40401),
        ("GET", "/avatars/%00", 404, 40401),
        ("GET", "/avatars/%ff", 404, 40401),
        ("GET", "/avatars/../healthz", 404, 40401),
        ("GET", "/avatars/x", 404, 40401),
        (
            "GET",
            "/avatars/00000000-0000-4000-8000-000000000000",
            404,
            40401,
        ),
        ("GET", "/user/weixin-login", 405, 40501),
        ("DELETE", "/user/home", 405, 40501),
        ("POST", "/healthz", 405, 40501),
        ("PUT", "/openapi.json", 405, 40501),
        ("GET", "/user/home?name=%ff%", 200, 200),
        ("GET", "/user/home?name=1&name=2", 400, 40001),
        ("POST", "/user/avatar", 400, 40001),
        ("POST", "/user/profile", 400, 40001),
    ];
    for (method, path, status, code) in cases {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\ncontent-length: 0\r\n\r\n"
        );
        let (answered, body) = raw(&backend.url, request).await;
        assert_eq!(answered, status, "{method} {path}: {body}");
        assert!(
            status == 200 || is_failure(&body, code),
            "{method} {path}: {body}"
        );
    }
}

/// On PostgreSQL a text with a zero byte is an error.
#[tokio::test]
async fn ids_in_paths_do_not_reach_postgresql_as_they_are() {
    let (sim, directory) = (Sim::start().await, directory());
    let postgres = crate::postgres::Postgres::start();
    let mut config = config(&sim, &directory);
    config.database_url = postgres.url.clone().into();
    let backend = Backend::start(config).await;
    assert_eq!(backend.get("/avatars/%00", "").await.codes(), (404, 40401));
}

#[tokio::test]
async fn what_is_late_or_too_long_is_answered_in_it() {
    let (sim, directory) = (Sim::start().await, directory());
    let mut config = config(&sim, &directory);
    config.request_timeout = Duration::from_secs(1);
    let backend = Backend::start(config).await;
    let request = "POST /user/weixin-login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                   content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let (status, body) = raw(&backend.url, request.to_owned()).await;
    assert_eq!(status, 408);
    assert!(is_failure(&body, 40801), "{body}");
    let token = backend.token(&sim, "eva").await;
    let large = json!({ "nickName": "x".repeat(20_000) });
    let refused = backend.post("/user/profile", &token, large).await;
    assert_eq!(refused.codes(), (413, 41301));
}

#[derive(Debug)]
struct Panics;

#[async_trait]
impl WechatApi for Panics {
    async fn code_to_session(&self, _code: &str) -> Result<WechatSession, WechatError> {
        panic!("a bug");
    }

    async fn phone_number(&self, _code: &str, _openid: &str) -> Result<String, WechatError> {
        panic!("a bug");
    }
}

#[tokio::test]
async fn a_panic_is_answered_in_it() {
    let (sim, directory) = (Sim::start().await, directory());
    let app = App::new(config(&sim, &directory)).await.expect("an app");
    let mut app = Arc::into_inner(app).expect("nobody else has it");
    app.wechat = Box::new(Panics);
    let app = Arc::new(app);
    let (listener, url) = listener().await;
    let backend = Backend {
        url,
        app: app.clone(),
        client: client(),
        task: tokio::spawn(app.serve(listener)),
    };
    let login = backend.login(CODE).await;
    assert_eq!(login.codes(), (500, 50001));
    assert!(is_failure(&login.body, 50001), "{login:?}");
    assert!(!login.body.to_string().contains("a bug"), "{login:?}");
    assert_eq!(login.headers["content-type"], "application/json");
    let method = Method::from_bytes(b"BREW").expect("a method");
    let brewed = crate::common::answer(backend.request(method, "/user/home", "")).await;
    assert_eq!(brewed.codes(), (405, 40501));
}
