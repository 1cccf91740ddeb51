//! Every bad token is answered alike, and secrets can be rotated.

use miniprogram_server::config::Config;
use miniprogram_server::store::now;
use miniprogram_server::token::TokenKeys;
use secrecy::SecretString;
use serde_json::json;

use crate::common::{Answer, Backend, Sim, answer, both, config, directory};

const OLD: &str = "an old secret of more than 32 bytes, for tests";
const NEW: &str = "a new secret of more than 32 bytes, for tests";

fn secrets(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|&text| text.into()).collect()
}

fn assert_refused(answer: &Answer, why: &str) {
    assert_eq!(answer.codes(), (401, 401), "{why}: {answer:?}");
    assert_eq!(
        answer.headers["www-authenticate"], r#"Bearer error="invalid_token""#,
        "{why}"
    );
    assert!(answer.body["data"].is_null(), "{why}");
}

#[tokio::test]
async fn every_bad_token_is_401_and_says_so() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = Config {
        jwt_secrets: secrets(&[OLD]),
        ..config(&sim, &directory)
    };
    let backend = Backend::start(config.clone()).await;
    let good = backend.token(&sim, "eva").await;
    let claims = backend.app.tokens.verify(&good).expect("our own token");
    let [header, payload, signature]: [&str; 3] = good
        .split('.')
        .collect::<Vec<_>>()
        .try_into()
        .expect("three parts");

    let keys = |secret, audience| TokenKeys::new(&secrets(&[secret]), audience);
    let (sub, sid, now) = (claims.sub.as_str(), claims.sid.as_str(), now());
    let issue = |keys: TokenKeys, sub, sid, exp| keys.issue(sub, sid, now, exp).expect("issued");
    let ours = || keys(OLD, &config.appid);
    // {"alg":"none"} and a claim to have been signed by nobody.
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
    let cases = [
        ("empty", String::new()),
        ("garbage", "garbage".to_owned()),
        ("no signature", format!("{header}.{payload}.")),
        (
            "another payload",
            format!("{header}.{}.{signature}", &payload[..payload.len() - 4]),
        ),
        ("alg none", none),
        (
            "another secret",
            issue(keys(NEW, &config.appid), sub, sid, now + 60),
        ),
        ("another app", issue(keys(OLD, "wx0"), sub, sid, now + 60)),
        ("expired", issue(ours(), sub, sid, now - 1)),
        (
            "unknown session",
            issue(
                ours(),
                sub,
                "00000000-0000-0000-0000-000000000000",
                now + 60,
            ),
        ),
        (
            "another user's session",
            issue(ours(), "someone", sid, now + 60),
        ),
        ("too long", "a".repeat(9000)),
    ];
    for (why, token) in cases {
        assert_refused(&backend.get("/user/home", &token).await, why);
        for path in [
            "/user/profile",
            "/user/phone",
            "/user/avatar",
            "/user/logout",
        ] {
            assert_refused(&backend.post(path, &token, json!({})).await, why);
        }
        assert_refused(&backend.get("/user/events", &token).await, why);
    }
    let home = format!("{}/user/home", backend.url);
    assert_refused(&answer(backend.client.get(&home)).await, "no header");
    let basic = backend
        .client
        .get(&home)
        .header("authorization", "Basic ZXZhOmV2YQ==");
    assert_refused(&answer(basic).await, "not a bearer");
    assert_eq!(
        backend.get("/user/home", &good).await.codes(),
        (200, 200),
        "the good one"
    );
}

#[tokio::test]
async fn an_expired_token_says_expired() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = config(&sim, &directory);
    let backend = Backend::start(Config {
        token_ttl: std::time::Duration::ZERO,
        ..config
    })
    .await;
    let token = backend.token(&sim, "eva").await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let answer = backend.get("/user/home", &token).await;
    assert_refused(&answer, "expired");
    assert_eq!(answer.body["msg"], "token expired");
}

#[tokio::test]
async fn a_token_is_revoked_by_its_session() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let sid = backend
        .app
        .tokens
        .verify(&token)
        .expect("our own token")
        .sid;
    backend
        .app
        .store
        .revoke_session(&sid)
        .await
        .expect("revoked");
    let answer = backend.get("/user/home", &token).await;
    assert_refused(&answer, "revoked");
    assert_eq!(answer.body["msg"], "token revoked");
}

#[tokio::test]
async fn secrets_rotate_without_a_logout() {
    let (sim, directory) = (Sim::start().await, directory());
    let start = async |of: &[&str]| {
        let config = config(&sim, &directory);
        let (jwt_secrets, session_key_secrets) = (secrets(of), secrets(of));
        Backend::start(Config {
            jwt_secrets,
            session_key_secrets,
            ..config
        })
        .await
    };
    let old = start(&[OLD]).await;
    let token = old.token(&sim, "eva").await;

    let both = start(&[NEW, OLD]).await;
    let changed = both
        .post("/user/profile", &token, sim.profile("eva").await)
        .await;
    assert_eq!(
        changed.codes(),
        (200, 200),
        "token and session_key outlive the rotation"
    );
    let newer = both.token(&sim, "eva").await;
    assert_refused(
        &old.get("/user/home", &newer).await,
        "signed by a secret it does not know",
    );

    let new = start(&[NEW]).await;
    assert_eq!(new.get("/user/home", &newer).await.codes(), (200, 200));
    assert_refused(
        &new.get("/user/home", &token).await,
        "its secret was withdrawn",
    );
}

#[tokio::test]
async fn a_session_key_under_a_secret_not_known_yet_counts_as_stale() {
    let (sim, directory) = (Sim::start().await, directory());
    let start = async |seal: &[&str]| {
        let config = config(&sim, &directory);
        Backend::start(Config {
            session_key_secrets: secrets(seal),
            ..config
        })
        .await
    };
    // Both run while a rotation goes from one instance to the next.
    let (old, rotated) = (start(&[OLD]).await, start(&[NEW, OLD]).await);
    let token = rotated.token(&sim, "eva").await;
    let submit = old
        .post("/user/profile", &token, sim.profile("eva").await)
        .await;
    assert_eq!(submit.codes(), (409, 40901));
}
