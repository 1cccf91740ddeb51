//! A database that stands still, comes back, can't be written, is newer, or another's.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use miniprogram_server::config::Config;
use serde_json::json;
use sqlx::{AnyConnection, Connection, Executor};

use sqlx::any::install_default_drivers;
use tempfile::TempDir;
use tokio::process::Command;

use crate::common::{Backend, Sim, config, directory};
use crate::postgres::Postgres;
use crate::program::{end, start};

const BACKEND: &str = env!("CARGO_BIN_EXE_backend");

async fn on_postgres() -> (Sim, Postgres, Config, TempDir) {
    let (sim, directory, postgres) = (Sim::start().await, directory(), Postgres::start());
    let mut config = config(&sim, &directory);
    config.database_url = postgres.url.clone().into();
    (sim, postgres, config, directory)
}

async fn run(url: &str, sql: &'static str) {
    install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.expect("a connection");
    connection.execute(sql).await.expect(sql);
}

#[tokio::test]
async fn a_database_that_stands_still_is_503_in_time() {
    let (sim, postgres, config, _directory) = on_postgres().await;
    let backend = Backend::start(config).await;
    let token = backend.token(&sim, "eva").await;
    let code = sim.code("eva").await;
    postgres.signal("STOP");
    let in_time = async |limit: u64, codes: (u16, i64), path: &str| {
        let start = Instant::now();
        let answer = backend.get(path, &token).await;
        assert_eq!(answer.codes(), codes, "{path}");
        assert!(
            start.elapsed() < Duration::from_secs(limit),
            "{path}: {:?}",
            start.elapsed()
        );
    };
    in_time(1, (200, 200), "/livez").await;
    in_time(2, (503, 50301), "/readyz").await;
    in_time(5, (503, 50301), "/user/home").await;
    // More than there are connections: who waits for one is answered too.
    let start = Instant::now();
    let typed = || backend.post("/user/profile", &token, json!({ "nickName": "Eva" }));
    let answers = join_all((0..40).map(|_| typed())).await;
    for answer in answers {
        assert_eq!(answer.codes(), (503, 50301));
        assert!(answer.headers.contains_key("retry-after"));
    }
    assert_eq!(backend.login(&code).await.codes(), (503, 50301));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );

    postgres.signal("CONT");
    let again = async {
        while backend.get("/user/home", &token).await.codes() != (200, 200) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), again)
        .await
        .expect("it works again");
}

#[tokio::test]
async fn the_end_comes_though_the_database_stands_still() {
    let (sim, postgres, _config, _directory) = on_postgres().await;
    let environment = [
        ("WECHAT_API_BASE", sim.url.as_str()),
        ("DATABASE_URL", &postgres.url),
    ];
    let program = start(BACKEND, &[], &environment).await;
    postgres.signal("STOP");
    let start = Instant::now();
    let mut child = program.child;
    let pid = child.id().expect("running").to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .await
            .expect("kill")
            .success()
    );
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
    postgres.signal("CONT");
    assert!(ended.expect("it ends").expect("a status").success());
    assert!(start.elapsed() < Duration::from_secs(16));
}

/// Connections that were just in use and are gone now are no trouble of those who ask.
#[tokio::test]
async fn a_restarted_server_is_not_noticed() {
    let (sim, postgres, config, _directory) = on_postgres().await;
    let backend = Backend::start(config).await;
    let token = backend.token(&sim, "eva").await;
    let home = || backend.get("/user/home", &token);
    let typed = || backend.post("/user/profile", &token, json!({ "nickName": "Eva" }));
    for _ in 0..3 {
        let answers = join_all((0..12).map(|_| home())).await;
        assert!(
            answers.iter().all(|answer| answer.status == 200),
            "{answers:?}"
        );
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
        run(&postgres.url, cut).await;
        let (homes, profiles) = tokio::join!(
            join_all((0..12).map(|_| home())),
            join_all((0..3).map(|_| typed()))
        );
        for answer in homes.iter().chain(&profiles) {
            assert_eq!(answer.codes(), (200, 200), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_not_ready() {
    let (_sim, postgres, config, _directory) = on_postgres().await;
    let backend = Backend::start(config).await;
    assert_eq!(backend.get("/readyz", "").await.codes(), (200, 200));
    run(
        &postgres.url,
        "ALTER DATABASE postgres SET default_transaction_read_only = on",
    )
    .await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
    run(&postgres.url, cut).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for path in ["/readyz", "/healthz"] {
        assert_eq!(backend.get(path, "").await.codes(), (503, 50301), "{path}");
    }
    assert_eq!(backend.get("/livez", "").await.codes(), (200, 200));
}

#[tokio::test]
async fn a_later_database_is_a_warning() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = config(&sim, &directory);
    let backend = Backend::start(config.clone()).await;
    backend.app.ending.cancel();
    let _ = backend.task.await;
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    let later = "INSERT INTO _sqlx_migrations VALUES (999, 'later', '2030-01-01', 1, x'00', 1)";
    run(&url, later).await;
    let environment = [
        ("WECHAT_API_BASE", sim.url.as_str()),
        ("DATABASE_URL", &url),
    ];
    let (ended_well, log) = end(start(BACKEND, &[], &environment).await).await;
    assert!(ended_well, "{log}");
    assert!(log.contains("a later one made them"), "{log}");
}

#[tokio::test]
async fn a_role_without_rights_to_the_schema_can_serve() {
    let (sim, postgres, mut config, _directory) = on_postgres().await;
    let migrated = Command::new(BACKEND)
        .arg("migrate")
        .env_clear()
        .env("DATABASE_URL", &postgres.url)
        .output()
        .await
        .expect("it runs");
    assert!(migrated.status.success(), "{migrated:?}");
    run(
        &postgres.url,
        "CREATE ROLE serving LOGIN;
         REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO serving;
         REVOKE INSERT, UPDATE, DELETE ON _sqlx_migrations FROM serving",
    )
    .await;
    config.database_url = postgres.url.replace("postgres@", "serving@").into();
    let backend = Backend::start(config).await;
    let token = backend.token(&sim, "eva").await;
    assert_eq!(backend.get("/user/home", &token).await.codes(), (200, 200));
    assert_eq!(backend.get("/readyz", "").await.codes(), (200, 200));
}

/// Two instances whose clocks differ agree on which session is over.
#[tokio::test]
async fn times_are_the_databases() {
    let (sim, postgres, config, _directory) = on_postgres().await;
    let backend = Backend::start(config).await;
    run(
        &postgres.url,
        "CREATE OR REPLACE FUNCTION unixepoch() RETURNS BIGINT LANGUAGE SQL STABLE
         AS 'SELECT EXTRACT(EPOCH FROM now())::BIGINT + 3600'",
    )
    .await;
    let token = backend.token(&sim, "eva").await;
    assert_eq!(backend.get("/user/home", &token).await.codes(), (200, 200));
    run(
        &postgres.url,
        "CREATE OR REPLACE FUNCTION unixepoch() RETURNS BIGINT LANGUAGE SQL STABLE
         AS 'SELECT EXTRACT(EPOCH FROM now())::BIGINT + 3600 + 7201'",
    )
    .await;
    assert_eq!(
        backend.get("/user/home", &token).await.codes(),
        (401, 401),
        "its session is over"
    );
    assert_eq!(
        backend
            .app
            .store
            .clear_ended_sessions()
            .await
            .expect("cleared"),
        1
    );
}
