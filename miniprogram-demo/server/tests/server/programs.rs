//! The two programs as they are started by people and scripts.

use miniprogram_server::simulator::{APPID, SECRET};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::common::{client, directory};
use crate::program::{end, start};

async fn call(url: &str, path: &str, token: &str, body: Value) -> Value {
    let request = client()
        .post(format!("{url}{path}"))
        .bearer_auth(token)
        .json(&body);
    request
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON")
}

/// Does everything that handles a secret, at the most talkative log level, and looks for each of
/// them in what the backend logged.
#[tokio::test]
async fn no_secret_reaches_the_log() {
    let directory: TempDir = directory();
    let sim = start(env!("CARGO_BIN_EXE_wechat-simulator"), &[], &[]).await;
    let database = format!("sqlite:{}", directory.path().join("test.db").display());
    let (jwt, seal) = (
        "jwt-secret-0123456789-0123456789-0123456789",
        "seal-secret-0123456789-0123456789",
    );
    let environment = [
        ("WECHAT_API_BASE", sim.url.as_str()),
        ("DATABASE_URL", &database),
        ("JWT_SECRET", jwt),
        ("SESSION_KEY_SECRET", seal),
        ("RUST_LOG", "trace"),
    ];
    let backend = start(env!("CARGO_BIN_EXE_backend"), &[], &environment).await;
    let settings = json!({ "rotateOnLogin": false, "phoneCallsPerSecond": 0 });
    let put = client()
        .put(format!("{}/settings", sim.url))
        .json(&settings)
        .send()
        .await;
    assert_eq!(put.expect("settings").status(), 204);

    let phone =
        async |api: &str, body: Value| call(&sim.url, &format!("/phone/{api}"), "", body).await;
    let code = async || {
        phone("login", json!({})).await["code"]
            .as_str()
            .expect("code")
            .to_owned()
    };
    // The key does not change between logins here, so this is the one the backend gets too.
    let (own, logged_in) = (code().await, code().await);
    let url = format!(
        "{}/sns/jscode2session?appid={APPID}&secret={SECRET}&js_code={own}&grant_type=authorization_code",
        sim.url
    );
    let session: Value = serde_json::from_str(
        &client()
            .get(url)
            .send()
            .await
            .expect("answer")
            .text()
            .await
            .expect("text"),
    )
    .expect("JSON");
    let session_key = session["session_key"].as_str().expect("key").to_owned();
    let openid = session["openid"].as_str().expect("openid").to_owned();

    let login = call(
        &backend.url,
        "/user/weixin-login",
        "",
        json!({ "code": logged_in }),
    )
    .await;
    let token = login["data"]["authorizationToken"]
        .as_str()
        .expect("token")
        .to_owned();
    let profile = phone("getUserProfile", json!({ "desc": "show" })).await;
    let changed = call(&backend.url, "/user/profile", &token, profile.clone()).await;
    assert_eq!(changed["code"], 200, "{changed}");
    let phone_code = phone("getPhoneNumber", json!({})).await["code"]
        .as_str()
        .expect("code")
        .to_owned();
    let changed = call(
        &backend.url,
        "/user/phone",
        &token,
        json!({ "code": phone_code }),
    )
    .await;
    assert_eq!(changed["code"], 200, "{changed}");
    // Failures are where secrets slip out.
    for fault in ["close", "truncated"] {
        let faults = json!([{ "path": "/sns/jscode2session", "kind": fault, "times": 2 }]);
        let put = client()
            .put(format!("{}/faults", sim.url))
            .json(&faults)
            .send()
            .await;
        assert_eq!(put.expect("faults").status(), 204);
        call(
            &backend.url,
            "/user/weixin-login",
            "",
            json!({ "code": code().await }),
        )
        .await;
    }
    call(
        &backend.url,
        "/user/profile",
        &token,
        json!({ "encryptedData": "x" }),
    )
    .await;
    call(&backend.url, "/user/logout", &token, json!(null)).await;

    let (ended_well, log) = end(backend).await;
    assert!(ended_well, "{log}");
    assert!(
        log.contains("/user/weixin-login"),
        "the log is there: {log}"
    );
    let signature = profile["signature"].as_str().expect("signature");
    let secrets = [
        ("session_key", session_key.as_str()),
        ("openid", &openid),
        ("app secret", SECRET),
        ("login code", &logged_in),
        ("phone code", &phone_code),
        ("token", &token),
        (
            "token's signature",
            token.rsplit('.').next().expect("signature"),
        ),
        ("phone number", "10000000001"),
        ("signature", signature),
        ("JWT_SECRET", jwt),
        ("SESSION_KEY_SECRET", seal),
    ];
    for (what, secret) in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{what} in the log: {line:?}");
    }
    assert!(end(sim).await.0);
}

#[tokio::test]
async fn json_logs_are_json() {
    let directory: TempDir = directory();
    let database = format!("sqlite:{}", directory.path().join("test.db").display());
    let environment = [
        ("WECHAT_API_BASE", "http://127.0.0.1:1"),
        ("DATABASE_URL", &database),
        ("LOG_FORMAT", "json"),
    ];
    let backend = start(env!("CARGO_BIN_EXE_backend"), &[], &environment).await;
    let id = ("x-request-id", "find-me");
    let health = client()
        .get(format!("{}/healthz", backend.url))
        .header(id.0, id.1)
        .send()
        .await;
    assert_eq!(health.expect("answer").status(), 200);
    let (ended_well, log) = end(backend).await;
    assert!(ended_well, "{log}");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let found = lines
        .iter()
        .any(|line| line["span"]["id"] == "find-me" && line["fields"]["status"] == 200);
    assert!(found, "{log}");
}

#[tokio::test]
async fn an_empty_environment_ends_with_what_to_set() {
    let backend = Command::new(env!("CARGO_BIN_EXE_backend"))
        .env_clear()
        .output()
        .await;
    let output = backend.expect("output");
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "nothing listens");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("WECHAT_APPID") && text.contains("WECHAT_API_BASE"),
        "{text}"
    );
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing() {
    let directory: TempDir = directory();
    let database = format!("sqlite:{}", directory.path().join("test.db").display());
    let environment = [
        ("WECHAT_API_BASE", "http://127.0.0.1:1"),
        ("DATABASE_URL", &database),
        ("RUST_LOG", "trace"),
        ("RATE_LIMIT_ADDRESS", "0"),
    ];
    // Its log goes to a pipe that is not read.
    let backend = start(env!("CARGO_BIN_EXE_backend"), &[], &environment).await;
    let (client, url) = (client(), format!("{}/user/home", backend.url));
    let metrics = async || {
        let metrics = client.get(format!("{}/metrics", backend.url)).send().await;
        let text = metrics.expect("metrics").text().await.expect("text");
        let dropped = text
            .lines()
            .find_map(|line| line.strip_prefix("log_lines_dropped "));
        dropped.expect("counted").parse::<u64>().expect("a number")
    };
    let flood = async {
        while metrics().await == 0 {
            for _ in 0..100 {
                let answer = client.get(&url).send().await.expect("an answer");
                assert_eq!(answer.status(), 401);
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), flood)
        .await
        .expect("it goes on");
    let mut child = backend.child;
    let id = child.id().expect("running").to_string();
    let kill = Command::new("kill").args(["-TERM", &id]).status().await;
    assert!(kill.expect("kill").success());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), child.wait()).await;
    assert!(ended.expect("it ends, too").expect("a status").success());
}
