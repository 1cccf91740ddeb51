//! The faults and the log.

use std::time::{Duration, Instant};

use miniprogram_server::simulator::SECRET;
use serde_json::{Value, json};

use crate::common::{Backend, Sim, client, config, directory, token};

#[tokio::test]
async fn faults_hit_the_calls_they_name_as_often_as_they_say() {
    let sim = Sim::start().await;
    let fail =
        json!({ "kind": "fail", "errMsg": "login:fail", "errno": 4, "path": "/phone/login" });
    let mut rule = fail.clone();
    rule["user"] = "eva".into();
    rule["times"] = 1.into();
    sim.put("/faults", json!([rule])).await;
    let login = async |user: &str| sim.phone("login", json!({ "user": user })).await;
    assert_eq!(login("adam").await["errMsg"], "login:ok");
    assert_eq!(
        login("eva").await,
        json!({ "errMsg": "login:fail", "errno": 4 })
    );
    assert_eq!(login("eva").await["errMsg"], "login:ok");
    assert_eq!(sim.get("/faults").await.1, "[]");

    let added = client()
        .post(format!("{}/faults", sim.url))
        .json(&fail)
        .send()
        .await
        .expect("answer");
    assert_eq!(added.status(), 204);
    assert_eq!(login("adam").await["errno"], 4);
    let cleared = client()
        .delete(format!("{}/faults", sim.url))
        .send()
        .await
        .expect("answer");
    assert_eq!(cleared.status(), 204);
    assert_eq!(login("adam").await["errMsg"], "login:ok");

    let url = format!("{}/phone/login", sim.url);
    let with = async |fault: &str| {
        let request = client()
            .post(&url)
            .header("x-simulator-fault", fault)
            .json(&json!({ "user": "hal" }));
        request.send().await.expect("answer")
    };
    let refused: Value = with(r#"{"kind":"errcode","errcode":40013}"#)
        .await
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        refused["errMsg"],
        "login:fail 系统错误，错误码：40013,invalid appid"
    );
    let frequent: Value = with(r#"{"kind":"frequency"}"#)
        .await
        .json()
        .await
        .expect("JSON");
    assert_eq!(frequent["errno"], 1003);
    let no_code: Value = with(r#"{"kind":"noCode"}"#)
        .await
        .json()
        .await
        .expect("JSON");
    assert_eq!(no_code, json!({ "errMsg": "login:ok" }));
    assert_eq!(with(r#"{"kind":"html","status":502}"#).await.status(), 502);
    let half = with(r#"{"kind":"truncated"}"#)
        .await
        .text()
        .await
        .expect("text");
    assert!(half.starts_with('{') && !half.ends_with('}'), "{half}");
    let start = Instant::now();
    with(r#"{"kind":"slow","delayMs":300}"#).await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(with(r#"{"kind":"nonsense"}"#).await.status(), 400);

    let rule = json!([{ "path": "/phone/request", "url": "/user/home", "kind": "fail",
        "errMsg": "request:fail interrupted", "errno": 600003 }]);
    sim.put("/faults", rule).await;
    let request = async |path: &str| {
        sim.phone("request", json!({ "url": format!("{}{path}", sim.url) }))
            .await
    };
    assert_eq!(request("/user/home?name=eva").await["errno"], 600003);
    assert_eq!(request("/settings").await["statusCode"], 200);
    let refuse = json!([{ "path": "/phone/getUserProfile", "kind": "refused" }]);
    sim.put("/faults", refuse).await;
    let refused = sim
        .phone("getUserProfile", json!({ "desc": "show", "consent": true }))
        .await;
    assert_eq!(refused["errMsg"], "getUserProfile:fail auth deny");
}

#[tokio::test]
async fn the_log_tells_every_call_in_order_and_no_secret() {
    let (sim, directory) = (Sim::start().await, directory());
    let backend = Backend::start(config(&sim, &directory)).await;
    let request = async |method: &str, path: &str, token: &str, data: Value| {
        let header = json!({ "authorization": format!("Bearer {token}") });
        let url = format!("{}{path}", backend.url);
        sim.phone(
            "request",
            json!({ "user": "eva", "url": url, "method": method, "header": header, "data": data }),
        )
        .await
    };
    let code = sim.code("eva").await;
    let login = backend.login(&code).await;
    let token = token(&login);
    let profile = sim.profile("eva").await;
    request("POST", "/user/profile", &token, profile.clone()).await;
    let button = sim.phone("getPhoneNumber", json!({ "user": "eva" })).await;
    request(
        "POST",
        "/user/phone",
        &token,
        json!({ "code": button["code"] }),
    )
    .await;
    request("GET", "/user/home?name=eva", &token, Value::Null).await;
    request("GET", "/user/home?name=eva", "another", Value::Null).await;

    let log = sim.log().await;
    let paths: Vec<_> = log
        .iter()
        .map(|entry| entry["path"].as_str().unwrap_or_default())
        .collect();
    let expected = [
        "/phone/login",
        "/sns/jscode2session",
        "/phone/getUserProfile",
        "/phone/request",
        "/phone/getPhoneNumber",
        "/phone/request",
        "/cgi-bin/stable_token",
        "/wxa/business/getuserphonenumber",
        "/phone/request",
        "/phone/request",
    ];
    assert_eq!(paths, expected);
    for (i, entry) in log.iter().enumerate() {
        assert_eq!(entry["seq"], i);
        assert_eq!(
            entry["side"],
            if paths[i].starts_with("/phone/") {
                "phone"
            } else {
                "wechat"
            }
        );
        assert!(
            entry["at"]
                .as_u64()
                .is_some_and(|at| at > 1_700_000_000_000),
            "{entry}"
        );
    }
    assert_eq!(log[1]["user"], "eva", "the code tells whose exchange it is");
    let home = &log[8];
    assert!(
        home["url"]
            .as_str()
            .is_some_and(|url| url.ends_with("/user/home?name=eva")),
        "{home}"
    );
    assert_eq!(
        (home["method"].as_str(), home["status"].as_u64()),
        (Some("GET"), Some(200))
    );
    assert_eq!(home["bearer"], log[3]["bearer"]);
    assert_ne!(home["bearer"], log[9]["bearer"]);
    assert_eq!(log[9]["status"], 401);

    let text = Value::from(log).to_string();
    let key = profile["signature"].as_str().expect("signature");
    let phone_code = button["code"].as_str().expect("code");
    for secret in [&code, &token, SECRET, key, phone_code, "10000000001"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let cleared = client()
        .delete(format!("{}/log", sim.url))
        .send()
        .await
        .expect("answer");
    assert_eq!(cleared.status(), 204);
    assert_eq!(sim.log().await.len(), 0);
    sim.code("eva").await;
    assert_eq!(
        sim.log().await[0]["seq"],
        10,
        "places are never given twice"
    );
}

#[tokio::test]
async fn what_was_not_answered_has_no_status() {
    let sim = Sim::start().await;
    let refused = json!({ "url": "http://127.0.0.1:1/", "user": "eva" });
    sim.phone("request", refused).await;
    sim.put(
        "/faults",
        json!([{ "path": "/sns/jscode2session", "kind": "close" }]),
    )
    .await;
    let closed = client()
        .get(format!("{}/sns/jscode2session", sim.url))
        .send()
        .await;
    assert!(closed.is_err());
    for entry in sim.log().await {
        assert!(entry.get("status").is_none(), "{entry}");
    }
}
