//! The phone's network stack.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, Uri};
use axum::response::Redirect;
use axum::routing::{any, get};
use miniprogram_server::simulator::Options;
use serde_json::{Value, json};

use crate::common::{Sim, directory, listener};

/// A server that answers with what it was sent.
async fn echo() -> String {
    let echo = async |uri: Uri, headers: HeaderMap, request: Request| {
        let method = request.method().to_string();
        let body = axum::body::to_bytes(request.into_body(), 100_000)
            .await
            .expect("body");
        let header = |name: &str| {
            headers
                .get(name)
                .map(|value| value.to_str().expect("text").to_owned())
        };
        axum::Json(json!({
            "method": method,
            "url": uri.to_string(),
            "type": header("content-type"),
            "referer": header("referer"),
            "custom": header("x-custom"),
            "body": String::from_utf8_lossy(&body),
        }))
    };
    let router = Router::new()
        .route("/text", get(async || "\u{feff}{not json"))
        .route(
            "/cookies",
            get(async || [("set-cookie", "a=1"), ("x", "y")]),
        )
        .route("/here", get(async || Redirect::temporary("/echo?moved")))
        .route(
            "/away",
            get(async || Redirect::temporary("http://192.0.2.1/")),
        )
        .fallback(any(echo));
    let (listener, url) = listener().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn requests_go_out_as_wx_sends_them() {
    let (sim, url) = (Sim::start().await, echo().await);
    let send = async |mut args: Value| {
        args["url"] = format!("{url}/echo?a=1").into();
        let result = sim.phone("request", args).await;
        assert_eq!(
            (result["errMsg"].as_str(), result["statusCode"].as_u64()),
            (Some("request:ok"), Some(200))
        );
        result["data"].clone()
    };
    let get = send(json!({ "data": { "b": "ü", "n": 2 } })).await;
    assert_eq!(
        (get["method"].as_str(), get["url"].as_str()),
        (Some("GET"), Some("/echo?a=1&b=%C3%BC&n=2"))
    );
    let json_body = send(json!({ "method": "POST", "data": { "b": [1] } })).await;
    assert_eq!(
        (json_body["type"].as_str(), json_body["body"].as_str()),
        (Some("application/json"), Some(r#"{"b":[1]}"#))
    );
    let form = json!({ "Content-Type": "application/x-www-form-urlencoded" });
    let form = send(json!({ "method": "post", "header": form, "data": { "b": "x y" } })).await;
    assert_eq!(form["body"], "b=x+y");
    let text = send(json!({ "method": "PUT", "data": "as it is" })).await;
    assert_eq!(text["body"], "as it is");
    let headers = json!({ "Referer": "http://other/", "X-Custom": 7 });
    let headers = send(json!({ "header": headers })).await;
    assert_eq!(
        (headers["referer"].as_str(), headers["custom"].as_str()),
        (None, Some("7"))
    );
}

#[tokio::test]
async fn answers_come_back_as_wx_gives_them() {
    let (sim, url) = (Sim::start().await, echo().await);
    let get = async |path: &str, extra: Value| {
        let mut args = json!({ "url": format!("{url}{path}") });
        for (name, value) in extra.as_object().expect("an object") {
            args[name] = value.clone();
        }
        sim.phone("request", args).await
    };
    assert_eq!(
        get("/text", json!({})).await["data"],
        "{not json",
        "what is not JSON stays a string"
    );
    assert!(get("/echo", json!({ "dataType": "text" })).await["data"].is_string());
    assert_eq!(get("/cookies", json!({})).await["cookies"], json!(["a=1"]));
    assert_eq!(
        get("/text", json!({ "responseType": "arraybuffer" })).await["data"],
        "77u/e25vdCBqc29u"
    );
    assert_eq!(get("/here", json!({})).await["data"]["url"], "/echo?moved");
    assert_eq!(
        get("/here", json!({ "redirect": "manual" })).await["statusCode"],
        307
    );
    assert_eq!(
        get("/away", json!({})).await["statusCode"],
        307,
        "no redirect leads off this machine"
    );
}

#[tokio::test]
async fn what_fails_fails_in_wechats_words() {
    let (sim, url) = (Sim::start().await, echo().await);
    let cases = [
        (
            json!({ "url": "https://example.com/" }),
            "request:fail url not in domain list",
            600002,
        ),
        (
            json!({ "url": "http://192.0.2.1/" }),
            "request:fail url not in domain list",
            600002,
        ),
        (
            json!({ "url": "http://127.0.0.1.example.com/" }),
            "request:fail url not in domain list",
            600002,
        ),
        (
            json!({ "url": "nonsense" }),
            "request:fail invalid url",
            600009,
        ),
        (
            json!({ "url": "file:///etc/hosts" }),
            "request:fail invalid url",
            600009,
        ),
        (json!({}), "request:fail invalid url", 600009),
        (
            json!({ "url": url, "method": "PATCH" }),
            "request:fail method is invalid",
            600005,
        ),
        (
            json!({ "url": url, "header": { "a": "\n" } }),
            "request:fail invalid request header",
            600010,
        ),
        (
            json!({ "url": "http://127.0.0.1:1/" }),
            "request:fail errcode:-102 cronet_error_code:-102 error_msg:net::ERR_CONNECTION_REFUSED",
            600001,
        ),
    ];
    for (args, err_msg, errno) in cases {
        let result = sim.phone("request", args.clone()).await;
        assert_eq!(
            result,
            json!({ "errMsg": err_msg, "errno": errno }),
            "{args}"
        );
    }
    // A second simulator plays a server that is slow, silent, or hangs up.
    let server = Sim::start().await;
    let request = |timeout: u64| json!({ "url": format!("{}/phone/login", server.url), "method": "POST", "data": {}, "timeout": timeout });
    server
        .put(
            "/faults",
            json!([{ "path": "/phone/login", "kind": "never" }]),
        )
        .await;
    let start = Instant::now();
    let late = sim.phone("request", request(200)).await;
    assert_eq!(
        late,
        json!({ "errMsg": "request:fail timeout", "errno": 5 })
    );
    assert!(start.elapsed() < Duration::from_secs(2));
    server
        .put(
            "/faults",
            json!([{ "path": "/phone/login", "kind": "close" }]),
        )
        .await;
    let closed = sim.phone("request", request(2000)).await;
    assert_eq!(closed["errno"], 600001);
    assert!(
        closed["errMsg"]
            .as_str()
            .is_some_and(|text| text.ends_with("ERR_CONNECTION_CLOSED")),
        "{closed}"
    );
}

#[tokio::test]
async fn routes_work_like_a_hosts_file_and_files_are_served() {
    let (url, files) = (echo().await, directory());
    std::fs::write(files.path().join("index.html"), "<p>host</p>").expect("written");
    let routes = vec![
        format!("https://api.example.com={url}")
            .parse()
            .expect("route"),
    ];
    let sim = Sim::start_with(Options {
        routes,
        serve: Some(files.path().to_owned()),
    })
    .await;
    let routed = sim
        .phone(
            "request",
            json!({ "url": "https://api.example.com/v1/x?y=1" }),
        )
        .await;
    assert_eq!(routed["data"]["url"], "/v1/x?y=1");
    let other = sim
        .phone("request", json!({ "url": "https://api.example.com:8443/" }))
        .await;
    assert_eq!(other["errno"], 600002, "another port is another origin");
    assert_eq!(
        sim.get("/").await,
        (reqwest::StatusCode::OK, "<p>host</p>".to_owned())
    );
    assert_eq!(sim.get("/../Cargo.toml").await.0, 404);
    assert_eq!(sim.get("/avatar/eva.svg").await.0, 200);
}

/// Whatever the path looks like, a route leads where it leads.
#[tokio::test]
async fn no_path_leads_off_a_route() {
    let url = echo().await;
    let route = format!("https://api.example.com={url}")
        .parse()
        .expect("a route");
    let options = Options {
        routes: vec![route],
        serve: None,
    };
    let sim = Sim::start_with(options).await;
    // Where nobody listens: a request that came here would fail.
    for path in [
        "//127.0.0.1:1/x",
        "/\\127.0.0.1:1/x",
        "\\\\127.0.0.1:1/x",
        "//user@127.0.0.1:1/x",
        "///127.0.0.1:1/x?a=//127.0.0.1:1",
    ] {
        let asked = json!({ "url": format!("https://api.example.com{path}") });
        let result = sim.phone("request", asked).await;
        assert_eq!(result["errMsg"], "request:ok", "{path}: {result}");
        assert!(result["data"]["url"].is_string(), "{path}: {result}");
    }
    let asked = json!({ "url": "http://x.localhost:1/" });
    let result = sim.phone("request", asked).await;
    assert_eq!(
        result["errno"], 600002,
        "a name below localhost is any name: {result}"
    );
}
