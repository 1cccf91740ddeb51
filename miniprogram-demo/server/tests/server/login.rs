//! Logging in, staying in, and getting out.

use serde_json::json;

use crate::common::{CODE, both, token};

#[tokio::test]
async fn a_code_becomes_a_session() {
    let (sim, backend, _directory) = both().await;
    let first = backend.login(&sim.code("eva").await).await;
    assert_eq!(first.codes(), (200, 200), "{first:?}");
    let data = &first.body["data"];
    assert_eq!(data["tokenType"], "Bearer");
    assert_eq!(data["expiresIn"], 7200);
    assert_eq!(data["isNewUser"], true);
    assert_eq!(first.body["msg"], "ok");

    let again = backend.login(&sim.code("eva").await).await;
    assert_eq!(again.body["data"]["isNewUser"], false);
    assert_eq!(again.body["data"]["userInfo"]["id"], data["userInfo"]["id"]);

    let home = backend.get("/user/home?name=andying", &token(&again)).await;
    assert_eq!(home.codes(), (200, 200));
    assert_eq!(home.body["data"]["name"], "andying");
    assert_eq!(home.body["data"]["user"]["id"], data["userInfo"]["id"]);
}

#[tokio::test]
async fn a_query_that_does_not_fit_is_refused_in_the_envelope() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let twice = backend.get("/user/home?name=a&name=b", &token).await;
    assert_eq!(twice.codes(), (400, 40001));
}

#[tokio::test]
async fn neither_openid_nor_session_key_leaves_the_server() {
    let (sim, backend, _directory) = both().await;
    let login = backend.login(&sim.code("eva").await).await;
    let home = backend.get("/user/home", &token(&login)).await;
    for answer in [login, home] {
        let text = answer.body.to_string().to_ascii_lowercase();
        for word in ["openid", "session_key", "sessionkey", "unionid"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

#[tokio::test]
async fn a_used_or_unknown_code_is_40029() {
    let (sim, backend, _directory) = both().await;
    let code = sim.code("eva").await;
    assert_eq!(backend.login(&code).await.codes(), (200, 200));
    assert_eq!(backend.login(&code).await.codes(), (400, 40029));
    assert_eq!(backend.login(CODE).await.codes(), (400, 40029));
    assert_eq!(backend.app.store.count_users().await.expect("count"), 1);
}

#[tokio::test]
async fn a_login_whose_answer_was_lost_makes_no_second_user() {
    let (sim, backend, _directory) = both().await;
    // The first try dies on its way back: the phone hears nothing, the backend has logged in.
    let fault = json!([{ "path": "/phone/request", "times": 1, "kind": "fail", "after": true,
        "errMsg": "request:fail timeout", "errno": 5 }]);
    sim.put("/faults", fault).await;
    let login = |code: String| {
        let url = format!("{}/user/weixin-login", backend.url);
        json!({ "user": "eva", "url": url, "method": "POST", "data": { "code": code } })
    };
    let code = sim.code("eva").await;
    let lost = sim.phone("request", login(code.clone())).await;
    assert_eq!(lost["errMsg"], "request:fail timeout");
    // With the same code the server says so; with a fresh one it is the same user.
    let same = sim.phone("request", login(code)).await;
    assert_eq!(same["data"]["code"], 40029);
    let fresh = sim.phone("request", login(sim.code("eva").await)).await;
    assert_eq!(fresh["data"]["data"]["isNewUser"], false);
    assert_eq!(backend.app.store.count_users().await.expect("count"), 1);
}

#[tokio::test]
async fn many_first_logins_at_once_make_one_user() {
    let (sim, backend, _directory) = both().await;
    sim.put("/settings", json!({ "phoneCallsPerSecond": 0 }))
        .await;
    let codes = futures_util::future::join_all((0..20).map(|_| sim.code("eva"))).await;
    let logins = futures_util::future::join_all(codes.iter().map(|code| backend.login(code))).await;
    let new = logins
        .iter()
        .filter(|login| login.body["data"]["isNewUser"] == true)
        .count();
    assert_eq!(new, 1, "{logins:?}");
    assert_eq!(backend.app.store.count_users().await.expect("count"), 1);
}

#[tokio::test]
async fn logout_ends_this_session_and_no_other() {
    let (sim, backend, _directory) = both().await;
    let phone = backend.token(&sim, "eva").await;
    let tablet = backend.token(&sim, "eva").await;
    assert_eq!(
        backend
            .post("/user/logout", &phone, json!(null))
            .await
            .codes(),
        (200, 200)
    );
    assert_eq!(backend.get("/user/home", &phone).await.codes(), (401, 401));
    assert_eq!(
        backend
            .post("/user/logout", &phone, json!(null))
            .await
            .codes(),
        (401, 401)
    );
    assert_eq!(backend.get("/user/home", &tablet).await.codes(), (200, 200));
}
