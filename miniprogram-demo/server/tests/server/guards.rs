//! Limits, bad bodies, request ids, the document, and the end.

use std::time::Duration;

use futures_util::future::join_all;
use miniprogram_server::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{Backend, CODE, Sim, answer, both, config, directory};

#[tokio::test]
async fn requests_are_limited_per_address() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = Config {
        address_limit: 5,
        ..config(&sim, &directory)
    };
    let backend = Backend::start(config).await;
    let answers = join_all((0..8).map(|_| backend.login(CODE))).await;
    let limited: Vec<_> = answers
        .iter()
        .filter(|answer| answer.codes() == (429, 42901))
        .collect();
    assert_eq!(limited.len(), 3, "{answers:?}");
    let wait: u64 = limited[0].headers["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("s");
    assert!(
        (1..=13).contains(&wait),
        "a place is free every 12 s, said {wait}"
    );
    let health = backend.get("/healthz", "").await;
    assert_eq!(
        health.codes(),
        (200, 200),
        "the health check is not limited"
    );
}

#[tokio::test]
async fn behind_a_proxy_addresses_are_what_it_says() {
    let (sim, directory) = (Sim::start().await, directory());
    let client_ip_header = Some("x-forwarded-for".parse().expect("a name"));
    let config = Config {
        address_limit: 1,
        client_ip_header,
        ..config(&sim, &directory)
    };
    let backend = Backend::start(config).await;
    let from = async |addresses: &str| {
        let request = backend.request(Method::GET, "/user/home", "");
        answer(request.header("x-forwarded-for", addresses))
            .await
            .status
    };
    assert_eq!(from("192.0.2.1").await, 401);
    assert_eq!(from("192.0.2.1").await, 429);
    assert_eq!(from("192.0.2.2").await, 401, "another client");
    assert_eq!(
        from("192.0.2.9, 192.0.2.1").await,
        429,
        "what a client adds in front is ignored"
    );
    assert_eq!(from("2001:db8::1").await, 401);
    assert_eq!(from("2001:db8::2").await, 429, "one customer's network");
    assert_eq!(from("2001:db8:0:1::1").await, 401, "another's");
    assert_eq!(
        from("::ffff:192.0.2.2").await,
        429,
        "192.0.2.2 in another spelling"
    );
}

#[tokio::test]
async fn requests_are_limited_per_user() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = Config {
        user_limit: 3,
        ..config(&sim, &directory)
    };
    let backend = Backend::start(config).await;
    let (eva, adam) = (
        backend.token(&sim, "eva").await,
        backend.token(&sim, "adam").await,
    );
    for expected in [200, 200, 200, 429] {
        assert_eq!(backend.get("/user/home", &eva).await.status, expected);
    }
    let again = backend.token(&sim, "eva").await;
    assert_eq!(
        backend.get("/user/home", &again).await.status,
        429,
        "a new session, the same user"
    );
    assert_eq!(
        backend.get("/user/home", &adam).await.status,
        200,
        "another user"
    );
}

#[tokio::test]
async fn bad_bodies_are_refused_in_the_envelope_and_not_quoted() {
    let (_sim, backend, _directory) = both().await;
    let login = |body: String, content_type: &str| {
        let request = backend
            .client
            .post(format!("{}/user/weixin-login", backend.url));
        answer(
            request
                .body(body)
                .header("content-type", content_type.to_owned()),
        )
    };
    let json = "application/json";
    let cases = [
        ("{".to_owned(), json),
        (r#"{"code":{"private":1}}"#.to_owned(), json),
        (r#"{"private":"x"}"#.to_owned(), json),
        (r#"{"code":""}"#.to_owned(), json),
        (format!(r#"{{"code":"private{}"}}"#, "x".repeat(200)), json),
        (r#"{"code":"private"}"#.to_owned(), "text/plain"),
    ];
    for (body, content_type) in cases {
        let refused = login(body.clone(), content_type).await;
        assert_eq!(refused.codes(), (400, 40001), "{body} {refused:?}");
        assert!(!refused.body.to_string().contains("private"), "{refused:?}");
    }
    let large = login(format!(r#"{{"code":"{}"}}"#, "x".repeat(100_000)), json).await;
    assert_eq!(large.codes(), (413, 41301));
    assert_eq!(backend.get("/nowhere", "").await.codes(), (404, 40401));
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let (_sim, backend, _directory) = both().await;
    let with = async |id: &str| {
        let request = backend
            .request(Method::GET, "/healthz", "")
            .header("x-request-id", id);
        answer(request).await.headers["x-request-id"]
            .to_str()
            .expect("text")
            .to_owned()
    };
    assert_eq!(with("trace-1").await, "trace-1");
    for harmful in ["a b", "a\"b", &"a".repeat(65)] {
        let id = with(harmful).await;
        assert_eq!(id.len(), 36, "{harmful} became {id}");
    }
}

#[tokio::test]
async fn scanners_do_not_grow_the_metrics() {
    let (_sim, backend, _directory) = both().await;
    for i in 0..20 {
        let method = Method::from_bytes(format!("M{i}").as_bytes()).expect("a method");
        answer(backend.request(method, &format!("/path{i}"), "")).await;
    }
    let metrics = backend.get("/metrics", "").await.body;
    let text = metrics.as_str().expect("text");
    let counted = r#"http_requests_total{method="other",route="none",status="404"} 20"#;
    assert!(text.contains(counted), "{text}");
    assert_eq!(text.matches("http_requests_total{").count(), 1, "{text}");
}

#[tokio::test]
async fn the_openapi_document_names_every_route() {
    let (_sim, backend, _directory) = both().await;
    let document = backend.get("/openapi.json", "").await.body;
    let expected = [
        ("/user/weixin-login", "post"),
        ("/user/profile", "post"),
        ("/user/avatar", "post"),
        ("/user/phone", "post"),
        ("/user/home", "get"),
        ("/user/events", "get"),
        ("/user/chat", "post"),
        ("/user/logout", "post"),
        ("/avatars/{id}", "get"),
        ("/livez", "get"),
        ("/readyz", "get"),
        ("/healthz", "get"),
        ("/metrics", "get"),
    ];
    for (path, method) in expected {
        let operation = &document["paths"][path][method];
        assert!(
            operation["responses"]["200"].is_object(),
            "{method} {path}: {operation}"
        );
        let needs_login = path.starts_with("/user/") && path != "/user/weixin-login";
        assert_eq!(
            operation["security"].is_array(),
            needs_login,
            "{method} {path}"
        );
    }
    assert_eq!(
        document["paths"].as_object().map(serde_json::Map::len),
        Some(expected.len())
    );
    assert_eq!(
        document["components"]["securitySchemes"]["bearer"]["scheme"],
        "bearer"
    );
    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        assert!(
            document.pointer(pointer).is_some(),
            "{pointer} leads nowhere"
        );
    }
}

#[tokio::test]
async fn at_the_end_requests_finish_and_streams_close() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let stream = backend
        .request(Method::GET, "/user/events", &token)
        .send()
        .await
        .expect("stream");
    let slow = json!([{ "path": "/sns/jscode2session", "kind": "slow", "delayMs": 500 }]);
    sim.put("/faults", slow).await;
    let code = sim.code("eva").await;
    let ending = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        backend.app.ending.cancel();
    };
    let (login, lines, ()) = tokio::join!(backend.login(&code), stream.text(), ending);
    assert_eq!(login.codes(), (200, 200), "the login in flight is finished");
    let lines = lines.expect("the stream ends well");
    let last: Value = serde_json::from_str(lines.lines().last().expect("lines")).expect("JSON");
    assert_eq!(last["event"], "end");
    let served = tokio::time::timeout(Duration::from_secs(5), backend.task).await;
    served
        .expect("the server ends")
        .expect("without a panic")
        .expect("and without an error");
}
