//! The simulator answers as WeChat does.

use futures_util::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use miniprogram_server::crypto::hex;
use miniprogram_server::simulator::{APPID, SECRET};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::common::{Sim, client};

/// Exchanges with every parameter as it should be, except where `changes` say otherwise.
async fn exchange_with(sim: &Sim, code: &str, changes: &[(&str, &str)]) -> Value {
    let mut query = vec![
        ("appid", APPID),
        ("secret", SECRET),
        ("js_code", code),
        ("grant_type", "authorization_code"),
    ];
    for (name, value) in changes {
        query.retain(|(known, _)| known != name);
        if !value.is_empty() {
            query.push((name, value));
        }
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    let (status, text) = sim.get(&format!("/sns/jscode2session?{query}")).await;
    assert_eq!(status, 200, "WeChat answers 200 whatever happens");
    serde_json::from_str(&text).expect("JSON")
}

async fn exchange(sim: &Sim, code: &str) -> Value {
    exchange_with(sim, code, &[]).await
}

#[tokio::test]
async fn a_code_is_good_once_and_for_five_minutes() {
    let sim = Sim::start().await;
    let code = sim.code("eva").await;
    let session = exchange(&sim, &code).await;
    assert!(
        session["openid"].is_string() && session["session_key"].is_string(),
        "{session}"
    );
    assert!(session.get("errcode").is_none(), "success has no errcode");
    let again = exchange(&sim, &code).await;
    assert_eq!(again["errcode"], 40163);
    assert!(
        again["errmsg"]
            .as_str()
            .is_some_and(|text| text.contains("rid: ")),
        "{again}"
    );
    assert_eq!(exchange(&sim, "unknown").await["errcode"], 40029);

    let (in_time, late) = (sim.code("eva").await, sim.code("eva").await);
    sim.put("/settings", json!({ "clockOffsetMs": 299_000 }))
        .await;
    assert!(exchange(&sim, &in_time).await["openid"].is_string());
    sim.put("/settings", json!({ "clockOffsetMs": 300_000 }))
        .await;
    assert_eq!(exchange(&sim, &late).await["errcode"], 40029);
}

#[tokio::test]
async fn wrong_parameters_have_wechats_errcodes() {
    let sim = Sim::start().await;
    let code = sim.code("eva").await;
    let cases = [
        ("appid", "", 41002),
        ("appid", "wx0", 40013),
        ("secret", "", 41004),
        ("secret", "x", 40125),
        ("js_code", "", 41008),
        ("grant_type", "", 40002),
    ];
    for (name, value, errcode) in cases {
        let answer = exchange_with(&sim, &code, &[(name, value)]).await;
        assert_eq!(answer["errcode"], errcode, "{name}={value}");
    }
    let url = format!("{}/sns/jscode2session", sim.url);
    let body = json!({ "appid": APPID, "secret": SECRET, "js_code": code });
    let posted = client().post(url).json(&body).send().await.expect("answer");
    assert_eq!(posted.headers()["content-type"], "text/plain");
    let posted: Value = serde_json::from_str(&posted.text().await.expect("text")).expect("JSON");
    assert_eq!(posted["errcode"], 41002, "WeChat does not read a JSON body");
    assert!(
        exchange(&sim, &code).await["openid"].is_string(),
        "none of it used the code up"
    );
}

#[tokio::test]
async fn openid_stays_session_key_changes_unionid_is_optional() {
    let sim = Sim::start().await;
    let first = exchange(&sim, &sim.code("eva").await).await;
    let second = exchange(&sim, &sim.code("eva").await).await;
    assert_eq!(first["openid"], second["openid"]);
    assert_ne!(first["session_key"], second["session_key"]);
    let other = exchange(&sim, &sim.code("adam").await).await;
    assert_ne!(first["openid"], other["openid"]);
    assert!(first["unionid"].is_string());

    sim.put(
        "/settings",
        json!({ "unionid": false, "rotateOnLogin": false }),
    )
    .await;
    let third = exchange(&sim, &sim.code("eva").await).await;
    assert_eq!(third["session_key"], second["session_key"]);
    assert!(third.get("unionid").is_none());
    let restarted = Sim::start().await;
    let later = exchange(&restarted, &restarted.code("eva").await).await;
    assert_eq!(
        later["openid"], first["openid"],
        "a backend's database outlives the simulator"
    );
}

#[tokio::test]
async fn frequent_calls_are_refused_on_both_sides() {
    let sim = Sim::start().await;
    let answers = join_all((0..6).map(|_| sim.phone("login", json!({ "user": "eva" })))).await;
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer["errno"] == 1003)
        .collect();
    // On a machine so slow that a second passes meanwhile, fewer are one too many.
    assert!((1..=2).contains(&refused.len()), "{answers:?}");
    assert_eq!(
        refused[0]["errMsg"],
        "login:fail meet server frequency limit"
    );
    let other = sim.phone("login", json!({ "user": "adam" })).await;
    assert_eq!(
        other["errMsg"], "login:ok",
        "each user has a count of their own"
    );

    sim.put(
        "/settings",
        json!({ "phoneCallsPerSecond": 0, "exchangesPerMinute": 2 }),
    )
    .await;
    for errcode in [None, None, Some(45011)] {
        let answer = exchange(&sim, &sim.code("eva").await).await;
        assert_eq!(answer["errcode"].as_i64(), errcode, "{answer}");
    }
}

#[tokio::test]
async fn check_session_knows_the_last_login_only() {
    let sim = Sim::start().await;
    sim.put("/settings", json!({ "phoneCallsPerSecond": 0 }))
        .await;
    let check =
        async || sim.phone("checkSession", json!({ "user": "eva" })).await["errMsg"].clone();
    let never = check().await;
    assert!(
        never.as_str().is_some_and(|text| text.contains("-13001")),
        "{never}"
    );
    sim.code("eva").await;
    assert_eq!(check().await, "checkSession:ok");
    let expired = json!([{ "path": "/phone/checkSession", "times": 1, "kind": "sessionExpired" }]);
    sim.put("/faults", expired).await;
    assert!(
        check()
            .await
            .as_str()
            .is_some_and(|text| text.contains("-13001"))
    );
    assert!(
        check()
            .await
            .as_str()
            .is_some_and(|text| text.contains("-13001")),
        "until a login"
    );
    sim.code("eva").await;
    assert_eq!(check().await, "checkSession:ok");
}

#[tokio::test]
async fn the_server_can_check_a_session_key() {
    let sim = Sim::start().await;
    let session = exchange(&sim, &sim.code("eva").await).await;
    let token = access_token(&sim).await;
    let openid = session["openid"].as_str().expect("openid");
    let key = session["session_key"].as_str().expect("key");
    let signature = |key: &str| {
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
        hex(&mac.finalize().into_bytes())
    };
    let check = async |token: &str, openid: &str, signature: &str, method: &str| {
        let query = format!(
            "access_token={token}&openid={openid}&signature={signature}&sig_method={method}"
        );
        let (_, text) = sim.get(&format!("/wxa/checksession?{query}")).await;
        serde_json::from_str::<Value>(&text).expect("JSON")["errcode"].as_i64()
    };
    let good = signature(key);
    assert_eq!(check(&token, openid, &good, "hmac_sha256").await, Some(0));
    assert_eq!(
        check(&token, openid, &signature("other"), "hmac_sha256").await,
        Some(87009)
    );
    assert_eq!(check(&token, openid, &good, "md5").await, Some(87008));
    assert_eq!(
        check(&token, "nobody", &good, "hmac_sha256").await,
        Some(40003)
    );
    assert_eq!(
        check("none", openid, &good, "hmac_sha256").await,
        Some(40001)
    );
    sim.code("eva").await;
    assert_eq!(
        check(&token, openid, &good, "hmac_sha256").await,
        Some(87009),
        "the key changed"
    );
    let expire = json!([{ "path": "/phone/checkSession", "kind": "sessionExpired" }]);
    sim.put("/faults", expire).await;
    sim.phone("checkSession", json!({ "user": "eva" })).await;
    assert_eq!(
        check(&token, openid, &good, "hmac_sha256").await,
        Some(87007)
    );
}

async fn access_token(sim: &Sim) -> String {
    let answer = stable_token(sim, json!({})).await;
    answer["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_owned()
}

async fn stable_token(sim: &Sim, changes: Value) -> Value {
    let mut body = json!({ "grant_type": "client_credential", "appid": APPID, "secret": SECRET });
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    let url = format!("{}/cgi-bin/stable_token", sim.url);
    let text = client()
        .post(url)
        .json(&body)
        .send()
        .await
        .expect("answer")
        .text()
        .await;
    serde_json::from_str(&text.expect("text")).expect("JSON")
}

#[tokio::test]
async fn access_tokens_are_stable_until_forced_or_over() {
    let sim = Sim::start().await;
    let first = access_token(&sim).await;
    assert_eq!(access_token(&sim).await, first);
    let forced = stable_token(&sim, json!({ "force_refresh": true })).await;
    assert_ne!(forced["access_token"], first);
    assert_eq!(forced["expires_in"], 7200);
    sim.put("/settings", json!({ "clockOffsetMs": 7_201_000 }))
        .await;
    assert_ne!(access_token(&sim).await, forced["access_token"]);
    for (changes, errcode) in [
        (json!({ "appid": "wx0" }), 40013),
        (json!({ "secret": "x" }), 40125),
        (json!({ "secret": null }), 41004),
        (json!({ "grant_type": "x" }), 40002),
    ] {
        assert_eq!(
            stable_token(&sim, changes.clone()).await["errcode"],
            errcode,
            "{changes}"
        );
    }
}

#[tokio::test]
async fn phone_numbers_need_a_token_and_a_code_of_their_own() {
    let sim = Sim::start().await;
    let token = access_token(&sim).await;
    let number = async |token: &str, code: &str| {
        let url = format!(
            "{}/wxa/business/getuserphonenumber?access_token={token}",
            sim.url
        );
        let sent = client()
            .post(url)
            .json(&json!({ "code": code }))
            .send()
            .await;
        let text = sent.expect("answer").text().await.expect("text");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let button = sim.phone("getPhoneNumber", json!({ "user": "eva" })).await;
    let code = button["code"].as_str().expect("code");
    assert_eq!(number("none", code).await["errcode"], 40001);
    let info = number(&token, code).await;
    assert_eq!(info["errcode"], 0, "{info}");
    assert_eq!(info["phone_info"]["purePhoneNumber"], "10000000001");
    assert_eq!(info["phone_info"]["watermark"]["appid"], APPID);
    assert_eq!(number(&token, code).await["errcode"], 40163);
    assert_eq!(
        number(&token, &sim.code("eva").await).await["errcode"],
        40029
    );
    assert_eq!(
        exchange(&sim, code).await["errcode"],
        40029,
        "and it is no login code"
    );
    let refused = sim
        .phone("getPhoneNumber", json!({ "consent": false }))
        .await;
    assert_eq!(refused["errMsg"], "getPhoneNumber:fail user deny");
    assert!(refused.get("code").is_none());
}

#[tokio::test]
async fn a_profile_needs_consent_and_a_description() {
    let sim = Sim::start().await;
    let ask = async |body: Value| sim.phone("getUserProfile", body).await;
    let refused = ask(json!({ "user": "a", "desc": "show", "consent": false })).await;
    assert_eq!(refused["errMsg"], "getUserProfile:fail auth deny");
    let widths = [
        ("", false),
        ("十五个字十五个字十五个字十五个", true),
        ("十五个字十五个字十五个字十五个加", false),
    ];
    for (i, (desc, good)) in widths.into_iter().enumerate() {
        let answer = ask(json!({ "user": format!("u{i}"), "desc": desc })).await;
        assert_eq!(
            answer["errMsg"] == "getUserProfile:ok",
            good,
            "{desc} {answer}"
        );
    }
    let good = ask(json!({ "user": "b", "desc": "show", "lang": "zh_CN" })).await;
    let raw: Value = serde_json::from_str(good["rawData"].as_str().expect("text")).expect("JSON");
    assert_eq!(raw, good["userInfo"]);
    assert_eq!(raw["language"], "zh_CN");
    let anonymous = json!([{ "path": "/phone/getUserProfile", "kind": "anonymous" }]);
    sim.put("/faults", anonymous).await;
    let anonymous = ask(json!({ "user": "c", "desc": "show" })).await;
    assert_eq!(anonymous["userInfo"]["nickName"], "微信用户");
    assert_eq!(anonymous["userInfo"]["gender"], 0);
}

/// A page that a developer happens to look at can send requests to any port of the machine.
#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let sim = Sim::start().await;
    let (_, port) = sim.url.rsplit_once(':').expect("a port");
    let send = async |path: &str, headers: &[(&str, &str)], body: &str| {
        let mut request = crate::common::client().post(format!("{}{path}", sim.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request
            .body(body.to_owned())
            .send()
            .await
            .expect("an answer");
        answer.status().as_u16()
    };
    let json = ("content-type", "application/json");
    let (own, named) = (format!("127.0.0.1:{port}"), format!("LOCALHOST:{port}"));
    let rebound = format!("evil.example.com:{port}");
    for (headers, status) in [
        (vec![json], 200),
        (vec![json, ("host", named.as_str())], 200),
        (vec![json, ("host", rebound.as_str())], 421),
        (vec![json, ("host", "127.0.0.1")], 421),
        (vec![json, ("origin", sim.url.as_str())], 200),
        (vec![json, ("origin", "http://evil.example.com")], 403),
        (vec![json, ("origin", "null")], 403),
        (vec![json, ("origin", own.as_str())], 403),
        (vec![("content-type", "text/plain")], 415),
        (vec![], 415),
    ] {
        assert_eq!(
            send("/phone/login", &headers, "{}").await,
            status,
            "{headers:?}"
        );
    }
    assert_eq!(
        send("/faults", &[("content-type", "text/plain")], "{}").await,
        415
    );
    assert_eq!(sim.count("/phone/login").await, 3, "nothing else was done");
}
