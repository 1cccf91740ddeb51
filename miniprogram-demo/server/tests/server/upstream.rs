//! What the backend makes of WeChat's refusals, silences and broken answers.

use std::time::{Duration, Instant};

use miniprogram_server::config::Config;
use serde_json::{Value, json};

use crate::common::{Backend, CODE, Sim, both, config, directory};

const EXCHANGE: &str = "/sns/jscode2session";

#[tokio::test]
async fn each_errcode_has_its_answer() {
    let (sim, backend, _directory) = both().await;
    sim.put("/settings", json!({ "phoneCallsPerSecond": 0 }))
        .await;
    let answers = [
        (40029, 400, 40029, 1),
        (40163, 400, 40029, 1),
        (40226, 403, 40301, 1),
        (45011, 429, 42901, 1),
        (-1, 502, 50201, 2),
    ];
    let misconfigured = [
        40002, 40013, 40125, 40164, 40243, 41002, 41004, 41008, 45009, 50007, 99999,
    ];
    let misconfigured = misconfigured.map(|errcode| (errcode, 500, 50001, 1));
    for (errcode, status, code, calls) in answers.into_iter().chain(misconfigured) {
        let fault = json!([{ "path": EXCHANGE, "kind": "errcode", "errcode": errcode }]);
        sim.put("/faults", fault).await;
        let before = sim.count(EXCHANGE).await;
        let login = backend.login(&sim.code("eva").await).await;
        assert_eq!(login.codes(), (status, code), "{errcode}: {login:?}");
        assert_eq!(
            sim.count(EXCHANGE).await - before,
            calls,
            "calls for {errcode}"
        );
        assert_eq!(login.headers.contains_key("retry-after"), errcode == 45011);
        if status == 500 {
            let text = login.body.to_string();
            assert!(
                !text.contains(&errcode.to_string()),
                "{text} is the operator's business"
            );
        }
    }
    let (_, metrics) = (
        0,
        backend
            .client
            .get(format!("{}/metrics", backend.url))
            .send()
            .await,
    );
    let metrics = metrics.expect("metrics").text().await.expect("text");
    assert!(
        metrics.contains(r#"logins_total{outcome="misconfigured"} 11"#),
        "{metrics}"
    );
}

async fn login_with(fault: Value) -> (i64, usize, Duration) {
    let (sim, directory) = (Sim::start().await, directory());
    let wechat_timeout = Duration::from_millis(300);
    let backend = Backend::start(Config {
        wechat_timeout,
        ..config(&sim, &directory)
    })
    .await;
    sim.put("/faults", json!([fault])).await;
    let code = sim.code("eva").await;
    let start = Instant::now();
    let login = backend.login(&code).await;
    let elapsed = start.elapsed();
    (login.codes().1, sim.count(EXCHANGE).await, elapsed)
}

#[tokio::test]
async fn a_passing_trouble_is_survived_by_one_retry() {
    let faults = [
        json!({ "path": EXCHANGE, "times": 1, "kind": "close" }),
        json!({ "path": EXCHANGE, "times": 1, "kind": "never" }),
        json!({ "path": EXCHANGE, "times": 1, "kind": "html", "status": 502 }),
        json!({ "path": EXCHANGE, "times": 1, "kind": "errcode", "errcode": -1 }),
    ];
    for fault in faults {
        let (code, calls, _) = login_with(fault.clone()).await;
        assert_eq!((code, calls), (200, 2), "{fault}");
    }
}

#[tokio::test]
async fn a_lasting_trouble_is_reported_in_time() {
    let faults = [
        json!({ "path": EXCHANGE, "kind": "close" }),
        json!({ "path": EXCHANGE, "kind": "never" }),
        json!({ "path": EXCHANGE, "kind": "slow", "delayMs": 5000 }),
        json!({ "path": EXCHANGE, "kind": "html", "status": 502 }),
        json!({ "path": EXCHANGE, "kind": "html", "status": 200 }),
    ];
    for fault in faults {
        let (code, calls, elapsed) = login_with(fault.clone()).await;
        assert_eq!((code, calls), (50201, 2), "{fault}");
        assert!(elapsed < Duration::from_secs(3), "{fault} took {elapsed:?}");
    }
}

/// WeChat took the code, but its answer was lost: the retry meets a used code, and the client is
/// told what it can mend.
#[tokio::test]
async fn a_code_used_up_by_a_lost_answer_asks_for_a_fresh_one() {
    for kind in ["close", "never", "truncated"] {
        let fault = json!({ "path": EXCHANGE, "times": 1, "kind": kind, "after": true });
        let (code, calls, _) = login_with(fault).await;
        assert_eq!((code, calls), (40029, 2), "{kind}");
    }
}

#[tokio::test]
async fn an_unreachable_wechat_is_50201() {
    let (sim, directory) = (Sim::start().await, directory());
    let wechat = "http://127.0.0.1:1".parse().expect("URL");
    let backend = Backend::start(Config {
        wechat,
        ..config(&sim, &directory)
    })
    .await;
    assert_eq!(backend.login(CODE).await.codes(), (502, 50201));
}
