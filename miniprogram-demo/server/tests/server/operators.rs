//! What operators do with users, from the command line, while the backend serves.

use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::common::{Backend, Sim, config, directory};
use crate::postgres::Postgres;

const BACKEND: &str = env!("CARGO_BIN_EXE_backend");

async fn operate(database: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(BACKEND);
    command
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", database);
    command.output().await.expect("it runs")
}

async fn done(database: &str, arguments: &[&str]) -> (String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = operate(database, arguments).await;
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let (out, log) = (text(stdout), text(stderr));
    assert!(status.success(), "{arguments:?}: {out}{log}");
    (out, log)
}

async fn operators_work(database: &str, backend: &Backend, sim: &Sim) {
    sim.put(
        "/settings",
        json!({ "unionid": true, "phoneCallsPerSecond": 0 }),
    )
    .await;
    let token = backend.token(sim, "eva").await;
    let button = sim.phone("getPhoneNumber", json!({ "user": "eva" })).await;
    let phone = backend
        .post("/user/phone", &token, json!({ "code": button["code"] }))
        .await;
    assert_eq!(phone.codes(), (200, 200), "{phone:?}");
    let id = phone.body["data"]["userInfo"]["id"]
        .as_str()
        .expect("an id");

    // Found by each key; the number is masked unless asked for.
    let (out, _) = done(database, &["users", "find", "--user", id, "--json"]).await;
    let found: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(found["phone"], "+86 100****0001");
    assert_eq!(found["sessions"].as_array().map(Vec::len), Some(1));
    for key in ["openid", "unionid"] {
        let value = found[key].as_str().expect(key);
        let key = format!("--{key}");
        let (out, _) = done(database, &["users", "find", &key, value]).await;
        assert!(out.contains(id) && !out.contains("10000000001"), "{out}");
    }
    for phone in ["+86 10000000001", "+8610000000001"] {
        let (out, _) = done(database, &["users", "find", "--phone", phone]).await;
        assert!(out.contains(id) && !out.contains("10000000001"), "{out}");
    }
    for phone in ["+86 10000000002", "10000000001"] {
        let unknown = operate(database, &["users", "find", "--phone", phone]).await;
        assert!(!unknown.status.success(), "{phone}");
    }
    let (out, _) = done(database, &["users", "find", "--user", id, "--show"]).await;
    assert!(out.contains("+86 10000000001"), "{out}");

    // Exported into a new file that nobody else reads.
    let directory = directory();
    let file = directory.path().join("eva.json");
    let path = file.to_str().expect("a path");
    done(database, &["users", "export", "--user", id, path]).await;
    let mode = std::fs::metadata(&file)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let exported = std::fs::read_to_string(&file).expect("text");
    let exported: Value = serde_json::from_str(&exported).expect("JSON");
    assert_eq!(
        (&exported["id"], &exported["openid"]),
        (&found["id"], &found["openid"])
    );
    assert!(
        !operate(database, &["users", "export", "--user", id, path])
            .await
            .status
            .success()
    );
    let (out, _) = done(database, &["users", "export", "--user", id, "-"]).await;
    assert!(out.contains(id), "{out}");

    // Logged out everywhere.
    let (out, log) = done(database, &["sessions", "revoke", "--user", id, "--json"]).await;
    assert!(out.contains("\"sessionsEnded\":1"), "{out}");
    assert!(
        log.contains(&format!("act=\"revoke\" user=\"{id}\"")) && log.contains("by="),
        "{log}"
    );
    assert_eq!(backend.get("/user/home", &token).await.codes(), (401, 401));

    // Blocked, once it is said twice.
    let token = backend.token(sim, "eva").await;
    let refused = operate(database, &["users", "block", "--user", id]).await;
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--yes"));
    assert_eq!(backend.get("/user/home", &token).await.status, 200);
    done(database, &["users", "block", "--user", id, "--yes"]).await;
    assert_eq!(backend.get("/user/home", &token).await.codes(), (401, 401));
    let login = backend.login(&sim.code("eva").await).await;
    assert_eq!(login.codes(), (403, 40301), "{login:?}");
    done(database, &["users", "unblock", "--user", id]).await;
    let token = backend.token(sim, "eva").await;

    // Deleted: the next login makes another user.
    let refused = operate(database, &["users", "delete", "--user", id]).await;
    assert!(!refused.status.success());
    done(database, &["users", "delete", "--user", id, "--yes"]).await;
    assert_eq!(backend.get("/user/home", &token).await.codes(), (401, 401));
    let login = backend.login(&sim.code("eva").await).await;
    assert_eq!(login.body["data"]["isNewUser"], true, "{login:?}");
    assert!(
        !operate(database, &["users", "find", "--user", id])
            .await
            .status
            .success()
    );
    assert!(
        !operate(database, &["users", "unblock", "--user", id])
            .await
            .status
            .success()
    );
}

#[tokio::test]
async fn operators_work_on_sqlite() {
    let (sim, directory) = (Sim::start().await, directory());
    let backend = Backend::start(config(&sim, &directory)).await;
    let database = format!("sqlite:{}", directory.path().join("test.db").display());
    operators_work(&database, &backend, &sim).await;
}

#[tokio::test]
async fn operators_work_on_postgresql() {
    let (sim, directory, postgres) = (Sim::start().await, directory(), Postgres::start());
    let mut config = config(&sim, &directory);
    config.database_url = postgres.url.clone().into();
    let backend = Backend::start(config).await;
    operators_work(&postgres.url, &backend, &sim).await;
}

#[tokio::test]
async fn a_user_has_so_many_sessions_and_no_more() {
    let (sim, directory) = (Sim::start().await, directory());
    let mut config = config(&sim, &directory);
    config.max_sessions = 2;
    let backend = Backend::start(config).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(backend.token(&sim, "eva").await);
        // Sessions of one second are told apart by their ids alone.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    }
    let other = backend.token(&sim, "adam").await;
    let mut statuses = Vec::new();
    for token in tokens.iter().chain([&other]) {
        statuses.push(backend.get("/user/home", token).await.status);
    }
    assert_eq!(statuses, [401, 200, 200, 200]);
}
