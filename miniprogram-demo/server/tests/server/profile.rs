//! The profile: signed by WeChat, or typed by the user.

use serde_json::json;

use crate::common::both;

#[tokio::test]
async fn a_signed_profile_is_decrypted_and_kept() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let changed = backend
        .post("/user/profile", &token, sim.profile("eva").await)
        .await;
    assert_eq!(changed.codes(), (200, 200), "{changed:?}");
    assert_eq!(changed.body["data"]["userInfo"]["nickName"], "eva 同学");
    let home = backend.get("/user/home", &token).await;
    assert_eq!(home.body["data"]["user"], changed.body["data"]["userInfo"]);
}

#[tokio::test]
async fn a_login_elsewhere_makes_the_key_stale() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    sim.code("eva").await;
    let submit = backend
        .post("/user/profile", &token, sim.profile("eva").await)
        .await;
    assert_eq!(submit.codes(), (409, 40901));
    let token = backend.token(&sim, "eva").await;
    let submit = backend
        .post("/user/profile", &token, sim.profile("eva").await)
        .await;
    assert_eq!(
        submit.codes(),
        (200, 200),
        "a new login and a new tap mend it"
    );
}

#[tokio::test]
async fn what_is_damaged_foreign_or_old_is_refused() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let good = sim.profile("eva").await;
    let with = |field: &str, value: &str| {
        let mut profile = good.clone();
        profile[field] = value.into();
        profile
    };
    let cases = [
        (with("iv", "AAAA"), (400, 40001)),
        (with("encryptedData", "%%%"), (400, 40001)),
        (
            with("encryptedData", "AAAAAAAAAAAAAAAAAAAAAA=="),
            (400, 40001),
        ),
        (with("rawData", r#"{"nickName":"Mallory"}"#), (409, 40901)),
        (with("signature", "00"), (409, 40901)),
        (json!({ "encryptedData": "AAAA" }), (400, 40001)),
        (json!({ "nickName": "  " }), (400, 40001)),
        (json!({ "nickName": "\u{7}\u{202e}" }), (400, 40001)),
        (json!({ "nickName": "x".repeat(33) }), (400, 40001)),
        (json!([]), (400, 40001)),
    ];
    for (profile, codes) in cases {
        let answer = backend.post("/user/profile", &token, profile.clone()).await;
        assert_eq!(answer.codes(), codes, "{profile} {answer:?}");
    }
    sim.put("/settings", json!({ "clockOffsetMs": -3_600_000 }))
        .await;
    let old = backend
        .post("/user/profile", &token, sim.profile("eva").await)
        .await;
    assert_eq!(old.codes(), (400, 40001), "an hour old");

    let other = backend.token(&sim, "mallory").await;
    let replayed = backend.post("/user/profile", &other, good).await;
    assert_eq!(replayed.codes(), (409, 40901), "another user's data");
}

#[tokio::test]
async fn a_typed_nickname_needs_no_key() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let typed = json!({ "nickName": " 小伊 " });
    let changed = backend.post("/user/profile", &token, typed).await;
    assert_eq!(changed.body["data"]["userInfo"]["nickName"], "小伊");
}
