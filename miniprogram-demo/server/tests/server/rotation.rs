//! The README's way to change a secret: `new,old`, later `new`. Nothing is lost on the way.

use miniprogram_server::app::App;
use miniprogram_server::config::Config;
use miniprogram_server::store::By;
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use crate::common::{Backend, Sim, config, directory};
use crate::postgres::Postgres;

const OLD: &str = "an old secret of more than 32 bytes, for tests";
const NEW: &str = "a new secret of more than 32 bytes, for tests";

fn sealed_under(config: &Config, secrets: &[&str]) -> Config {
    Config {
        session_key_secrets: secrets.iter().map(|&text| text.into()).collect(),
        ..config.clone()
    }
}

async fn give_phone(sim: &Sim, backend: &Backend, user: &str, token: &str) {
    let button = sim.phone("getPhoneNumber", json!({ "user": user })).await;
    let body = json!({ "code": button["code"] });
    let changed = backend.post("/user/phone", token, body).await;
    assert_eq!(changed.codes(), (200, 200), "{changed:?}");
}

async fn phone(backend: &Backend, token: &str) -> Value {
    let home = backend.get("/user/home", token).await;
    assert_eq!(home.codes(), (200, 200), "{home:?}");
    home.body["data"]["user"]["phone"].clone()
}

async fn rotates(config: Config, sim: &Sim) {
    let old = Backend::start(sealed_under(&config, &[OLD])).await;
    let (eva, adam) = (old.token(sim, "eva").await, old.token(sim, "adam").await);
    give_phone(sim, &old, "eva", &eva).await;
    give_phone(sim, &old, "adam", &adam).await;

    let rotated = Backend::start(sealed_under(&config, &[NEW, OLD])).await;
    // Eva comes by; of Adam only the upkeep takes care.
    assert_eq!(phone(&rotated, &eva).await, "+86 100****0001");
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while metric(&rotated, "phone") != (0, 2) || metric(&rotated, "session_key") != (0, 2) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{:?}", rotated.app.metrics.render()));

    let new = Backend::start(sealed_under(&config, &[NEW])).await;
    // Both have the simulator's number, which is found under the new secret too.
    for index in new.app.sealer.indexes("+86 10000000001") {
        let found = new.app.store.find_users(By::Phone, &index).await;
        assert_eq!(found.expect("found").len(), 2);
    }
    for (user, token) in [("eva", &eva), ("adam", &adam)] {
        assert_eq!(phone(&new, token).await, "+86 100****0001", "{user}");
        let profile = sim.profile(user).await;
        let changed = new.post("/user/profile", token, profile).await;
        assert_eq!(changed.codes(), (200, 200), "{user}: {changed:?}");
    }
}

/// A number that a program of before the index stored is found after the upkeep has come by.
#[tokio::test]
async fn numbers_of_an_older_program_are_found_too() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = config(&sim, &directory);
    let first = Backend::start(config.clone()).await;
    let eva = first.token(&sim, "eva").await;
    give_phone(&sim, &first, "eva", &eva).await;
    let index = || first.app.sealer.index("+86 10000000001").expect("an index");
    let found = async |backend: &Backend| {
        let found = backend.app.store.find_users(By::Phone, &index()).await;
        found.expect("found").len()
    };
    assert_eq!(found(&first).await, 1);
    // What it knows nothing of stays as it was: nothing, or what belonged to the number before.
    let user = first.app.store.find_users(By::Phone, &index()).await;
    let id = user.expect("found")[0].id.clone();
    let other = first
        .app
        .sealer
        .seal(&id, "+86 10000000009")
        .expect("sealed");
    let again = first
        .app
        .sealer
        .seal(&id, "+86 10000000001")
        .expect("sealed");
    for (change, left) in [
        ("phone_index = NULL, phone_indexed = NULL".to_owned(), 1),
        (format!("phone = '{other}'"), 0),
        (format!("phone = '{again}'"), 1),
    ] {
        let sql = format!("UPDATE users SET {change}");
        let url = format!("sqlite:{}", directory.path().join("test.db").display());
        let mut database = AnyConnection::connect(&url).await.expect("a connection");
        database.execute(AssertSqlSafe(sql)).await.expect("stale");
        assert_eq!(found(&first).await, 0, "{change}");
        first.app.renew_all_seals().await.expect("the upkeep");
        assert_eq!(found(&first).await, left, "{change}");
    }
}

/// How many rows `/metrics` counts under the old secret and under the new one.
fn metric(backend: &Backend, what: &str) -> (u64, u64) {
    let text = backend.app.metrics.render().expect("metrics");
    let rows = |secret: &str| {
        let kid = miniprogram_server::token::kid(&SecretString::from(secret));
        let name = format!(r#"sealed_rows{{what="{what}",kid="{kid}"}} "#);
        let rows = text.split_once(&name).and_then(|(_, rest)| {
            let number = rest.lines().next()?;
            number.parse().ok()
        });
        rows.unwrap_or_default()
    };
    (rows(OLD), rows(NEW))
}

#[tokio::test]
async fn a_rotation_on_sqlite_loses_nothing() {
    let (sim, directory) = (Sim::start().await, directory());
    rotates(config(&sim, &directory), &sim).await;
}

#[tokio::test]
async fn a_rotation_on_postgresql_loses_nothing() {
    let (sim, directory, postgres) = (Sim::start().await, directory(), Postgres::start());
    let mut config = config(&sim, &directory);
    config.database_url = postgres.url.clone().into();
    rotates(config, &sim).await;
}

#[tokio::test]
async fn a_secret_in_use_cannot_be_withdrawn() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = config(&sim, &directory);
    let old = Backend::start(sealed_under(&config, &[OLD])).await;
    let eva = old.token(&sim, "eva").await;
    old.token(&sim, "eva").await;
    give_phone(&sim, &old, "eva", &eva).await;
    let error = App::new(sealed_under(&config, &[NEW]))
        .await
        .expect_err("the old secret is in use")
        .to_string();
    let kid = miniprogram_server::token::kid(&SecretString::from(OLD));
    for said in [
        format!("1 phone under kid {kid}"),
        format!("2 session_key under kid {kid}"),
    ] {
        assert!(error.contains(&said), "{error}");
    }
    assert!(!error.contains(OLD), "{error}");
}

/// Who began with a generated secret gives one of their own later.
#[tokio::test]
async fn a_generated_secret_is_rotated_as_well() {
    let (sim, directory) = (Sim::start().await, directory());
    let config = config(&sim, &directory);
    let first = Backend::start(config.clone()).await;
    let eva = first.token(&sim, "eva").await;
    give_phone(&sim, &first, "eva", &eva).await;
    let later = Backend::start(sealed_under(&config, &[NEW])).await;
    assert_eq!(phone(&later, &eva).await, "+86 100****0001");
}
