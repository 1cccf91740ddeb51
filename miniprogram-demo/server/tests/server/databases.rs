//! Two instances over one database, for each database.

use futures_util::future::join_all;
use miniprogram_server::app::App;
use miniprogram_server::config::Config;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::common::{Backend, Sim, answer, config, directory, token};
use crate::postgres::Postgres;

#[tokio::test]
async fn sqlite_serves_two_instances() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = config(&sim, &directory);
    two_instances(&sim, config).await;
}

#[tokio::test]
async fn postgresql_serves_two_instances() {
    let (sim, directory, postgres) = (Sim::start().await, directory(), Postgres::start());
    let mut config = config(&sim, &directory);
    config.database_url = postgres.url.clone().into();
    two_instances(&sim, config).await;
}

#[tokio::test]
async fn a_backend_survives_a_restart_of_its_database() {
    let (sim, directory, postgres) = (Sim::start().await, directory(), Postgres::start());
    let mut config = config(&sim, &directory);
    config.database_url = postgres.url.clone().into();
    let backend = Backend::start(config).await;
    let token = backend.token(&sim, "eva").await;
    assert_eq!(backend.get("/healthz", "").await.status, 200);
    postgres.stop();
    // What is known is true for a second.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(
        backend.get("/healthz", "").await.codes(),
        (503, 50301),
        "it says so"
    );
    postgres.start_server();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(backend.get("/user/home", &token).await.codes(), (200, 200));
}

/// What stands between this machine and another one, tried on this one.
#[tokio::test]
async fn postgresql_is_spoken_to_by_tls_where_it_is_asked_for() {
    let (sim, directory) = (Sim::start().await, directory());
    let (plain, (tls, certificate)) = (Postgres::start(), Postgres::start_with_tls());
    let start = async |postgres: &Postgres, mode: &str| {
        let mut config = config(&sim, &directory);
        let url = postgres.url.replace("127.0.0.1", "localhost");
        config.database_url = format!("{url}?{mode}").into();
        App::new(config)
            .await
            .map(drop)
            .map_err(|e| format!("{e:#}"))
    };
    assert_eq!(start(&tls, "sslmode=require").await, Ok(()));
    let verified = format!("sslmode=verify-full&sslrootcert={certificate}");
    assert_eq!(start(&tls, &verified).await, Ok(()));
    // The system's authorities do not know it.
    start(&tls, "sslmode=verify-full")
        .await
        .expect_err("unknown");
    start(&plain, "sslmode=require").await.expect_err("no TLS");
}

async fn two_instances(sim: &Sim, config: Config) {
    sim.put("/settings", json!({ "phoneCallsPerSecond": 0 }))
        .await;
    // Started at once: both bring the database up to date and want to generate the secrets.
    let (a, b) = tokio::join!(
        Backend::start(config.clone()),
        Backend::start(config.clone())
    );

    // First logins of one user on both at once.
    let codes = join_all((0..10).map(|_| sim.code("eva"))).await;
    let logins = join_all(codes.iter().enumerate().map(|(i, code)| {
        if i % 2 == 0 {
            a.login(code)
        } else {
            b.login(code)
        }
    }))
    .await;
    assert!(logins.iter().all(|login| login.status == 200), "{logins:?}");
    let new = logins
        .iter()
        .filter(|login| login.body["data"]["isNewUser"] == true)
        .count();
    assert_eq!(new, 1);
    assert_eq!(a.app.store.count_users().await.expect("count"), 1);

    // A session of one is a session of the other, with its session_key.
    let token = token(&a.login(&sim.code("eva").await).await);
    let changed = b
        .post("/user/profile", &token, sim.profile("eva").await)
        .await;
    assert_eq!(changed.codes(), (200, 200), "{changed:?}");
    let home = a.get("/user/home?name=eva", &token).await;
    assert_eq!(home.body["data"]["user"]["nickName"], "eva 同学");

    let button = sim.phone("getPhoneNumber", json!({ "user": "eva" })).await;
    let phone = b
        .post("/user/phone", &token, json!({ "code": button["code"] }))
        .await;
    assert_eq!(phone.codes(), (200, 200), "{phone:?}");
    let home = a.get("/user/home", &token).await;
    assert_eq!(home.body["data"]["user"]["phone"], "+86 100****0001");

    let picture = b"GIF89a\x01\0\x01\0".to_vec();
    let form = Form::new().part("file", Part::bytes(picture.clone()).file_name("a.gif"));
    let uploaded = answer(
        a.request(reqwest::Method::POST, "/user/avatar", &token)
            .multipart(form),
    )
    .await;
    let path = uploaded.body["data"]["userInfo"]["avatarUrl"]
        .as_str()
        .expect("a path");
    let served = b
        .client
        .get(format!("{}{path}", b.url))
        .send()
        .await
        .expect("answer");
    assert_eq!(served.bytes().await.expect("bytes"), picture);

    assert_eq!(
        b.post("/user/logout", &token, json!(null)).await.status,
        200
    );
    assert_eq!(a.get("/user/home", &token).await.codes(), (401, 401));

    // What is over is cleared away; what is not, stays.
    let short = Backend::start(Config {
        token_ttl: std::time::Duration::ZERO,
        ..config.clone()
    })
    .await;
    // The upkeep of one of the instances may come first.
    let mut cleared = 0;
    for _ in 0..5 {
        assert_eq!(short.login(&sim.code("eva").await).await.status, 200);
        cleared += short
            .app
            .store
            .clear_ended_sessions()
            .await
            .expect("cleared");
    }
    assert!((1..=5).contains(&cleared), "{cleared}");
    assert_eq!(
        a.get("/user/home", &a.token(sim, "eva").await).await.status,
        200
    );

    // A third instance, later, finds everything as it was.
    let c = Backend::start(config).await;
    let login = c.login(&sim.code("eva").await).await;
    assert_eq!(login.body["data"]["isNewUser"], false);
    assert_eq!(login.body["data"]["userInfo"]["nickName"], "eva 同学");
}
