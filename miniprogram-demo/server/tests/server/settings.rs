//! What a start makes of its settings: the table in the README, line by line.

use std::process::Output;

use tokio::process::Command;

use crate::common::directory;
use crate::program::{end, start};

const BACKEND: &str = env!("CARGO_BIN_EXE_backend");
const JWT: (&str, &str) = ("JWT_SECRET", "0123456789abcdef0123456789abcdef");
const SEAL: (&str, &str) = ("SESSION_KEY_SECRET", "fedcba9876543210fedcba9876543210");
const SIMULATOR: (&str, &str) = ("WECHAT_API_BASE", "http://127.0.0.1:1");
const REAL: [(&str, &str); 4] = [
    ("WECHAT_APPID", "wx1"),
    ("WECHAT_SECRET", "app-secret"),
    JWT,
    SEAL,
];

/// The settings of `some`, where those of `more` come first.
fn with<'a>(some: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let others = some
        .iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| name != other));
    more.iter().chain(others).copied().collect()
}

async fn refused(environment: &[(&str, &str)]) -> String {
    let directory = directory();
    let output = Command::new(BACKEND)
        .args(["--listen", "127.0.0.1:0"])
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(directory.path())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(10), output).await;
    let Output {
        status,
        stdout,
        stderr,
    } = output.expect("it ends").expect("it ran");
    let text = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!status.success(), "{environment:?}: {text}");
    assert!(stdout.is_empty(), "nothing listens: {environment:?}");
    text
}

/// Starts with `environment` and a database of its own; returns the log.
async fn started(environment: &[(&str, &str)]) -> String {
    let directory = directory();
    let database = format!("sqlite:{}", directory.path().join("test.db").display());
    let environment = with(environment, &[("DATABASE_URL", database.as_str())]);
    let (ended_well, log) = end(start(BACKEND, &[], &environment).await).await;
    assert!(ended_well, "{log}");
    log
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let same = [("SESSION_KEY_SECRET", JWT.1)];
    let rotated = format!("{},{}", SEAL.1, JWT.1);
    let rotated = [("SESSION_KEY_SECRET", rotated.as_str())];
    let repeated = "x".repeat(40);
    let cases: Vec<(Vec<_>, &str)> = vec![
        (vec![], "WECHAT_API_BASE to a simulator's address"),
        (with(&REAL, &[("WECHAT_SECRET", "")]), "belong together"),
        (with(&REAL, &[("JWT_SECRET", "")]), "JWT_SECRET must be set"),
        (
            with(&REAL, &[("SESSION_KEY_SECRET", " , ")]),
            "SESSION_KEY_SECRET must be set",
        ),
        (with(&REAL, &[("JWT_SECRET", "short")]), "at least 32 bytes"),
        (
            with(&REAL, &[("JWT_SECRET", &repeated)]),
            "one character repeated",
        ),
        (with(&REAL, &same), "are equal"),
        (with(&REAL, &rotated), "are equal"),
        (with(&REAL, &[("TOKEN_TTL", "0")]), "TOKEN_TTL is 0"),
        (
            with(&REAL, &[("MAX_CONNECTIONS", "0")]),
            "MAX_CONNECTIONS is 0",
        ),
        (with(&REAL, &[("TOKEN_TTL", "2h")]), "--token-ttl"),
        (
            with(&REAL, &[("RATE_LIMIT_USER", "-1")]),
            "--rate-limit-user",
        ),
        (
            with(&REAL, &[("CLIENT_IP_HEADER", "a b")]),
            "--client-ip-header",
        ),
        (
            with(&REAL, &[("WECHAT_API_BASE", "http://192.0.2.1")]),
            "must be https",
        ),
        (
            vec![("WECHAT_API_BASE", "127.0.0.1:3001")],
            "--wechat-api-base",
        ),
        (
            vec![("WECHAT_API_BASE", "localhost:3001")],
            "begin with https",
        ),
        (
            vec![("WECHAT_API_BASE", "http://127.0.0.1:1/sns")],
            "end after host",
        ),
        (
            vec![SIMULATOR, ("DATABASE_URL", "mysql://127.0.0.1")],
            "must begin with sqlite",
        ),
        (
            vec![SIMULATOR, ("DATABASE_URL", "sqlite::memory:")],
            "must name a file",
        ),
        (vec![SIMULATOR, ("RUST_LOG", "off")], "RUST_LOG hides"),
        (
            vec![SIMULATOR, ("RUST_LOG", "sqlx=debug")],
            "RUST_LOG hides",
        ),
        (vec![SIMULATOR, ("RUST_LOG", "a=b=c")], "not a filter"),
        (vec![SIMULATOR, ("LOG_FORMAT", "xml")], "--log-format"),
    ];
    for (environment, said) in cases {
        let text = refused(&environment).await;
        assert!(text.contains(said), "{environment:?}: {said}: {text}");
        for (name, secret) in [JWT, SEAL, ("WECHAT_SECRET", "app-secret"), ("", &repeated)] {
            assert!(!text.contains(secret), "{name} shows: {text}");
        }
    }
}

#[tokio::test]
async fn what_should_be_known_is_a_warning() {
    let local = ("WECHAT_API_BASE", "http://127.0.0.1:1");
    let cases: Vec<(Vec<_>, &str)> = vec![
        (vec![SIMULATOR], "whoever reaches it can log in as anybody"),
        (with(&REAL, &[local]), "use PostgreSQL"),
        (
            vec![SIMULATOR, ("WECHAT_APP_ID", "wx1")],
            "WECHAT_APP_ID is set, but nothing reads it",
        ),
    ];
    for (environment, said) in cases {
        let log = started(&environment).await;
        let warned = log
            .lines()
            .any(|line| line.contains("WARN") && line.contains(said));
        assert!(warned, "{environment:?}: {said}: {log}");
    }
}

#[tokio::test]
async fn a_start_says_what_it_runs_with_and_no_secret() {
    let local = ("WECHAT_API_BASE", "http://127.0.0.1:1");
    // Empty counts as not set.
    let environment = with(
        &REAL,
        &[local, ("TOKEN_TTL", "77"), ("RATE_LIMIT_USER", "")],
    );
    let log = started(&environment).await;
    let line = log
        .lines()
        .find(|line| line.contains("starting"))
        .expect("a line");
    for said in [
        "INFO",
        "wx1",
        "test.db",
        "TOKEN_TTL=77",
        "RATE_LIMIT_ADDRESS=1200",
    ] {
        assert!(line.contains(said), "{said}: {line}");
    }
    for secret in [JWT.1, SEAL.1, "app-secret"] {
        assert!(!log.contains(secret), "{log}");
    }
    assert!(!log.contains("use a simulator"), "{log}");
}

#[tokio::test]
async fn a_proxy_is_not_asked_for_loopback() {
    let (sim, directory) = (crate::common::Sim::start().await, directory());
    let database = format!("sqlite:{}", directory.path().join("test.db").display());
    let environment = [
        ("WECHAT_API_BASE", sim.url.as_str()),
        ("DATABASE_URL", &database),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
    ];
    let program = start(BACKEND, &[], &environment).await;
    let login = crate::common::client()
        .post(format!("{}/user/weixin-login", program.url))
        .json(&serde_json::json!({ "code": sim.code("eva").await }));
    assert_eq!(crate::common::answer(login).await.codes(), (200, 200));
}

/// Behind a proxy that nobody told it of, all would share one limit without a word.
#[tokio::test]
async fn a_proxy_that_is_not_expected_or_not_understood_is_a_warning() {
    let cases = [
        (
            ("CLIENT_IP_HEADER", ""),
            "x-forwarded-for: if a proxy is in front",
        ),
        (
            ("CLIENT_IP_HEADER", "forwarded"),
            "without a readable forwarded",
        ),
    ];
    for (setting, said) in cases {
        let directory = directory();
        let database = format!("sqlite:{}", directory.path().join("test.db").display());
        let environment = [SIMULATOR, ("DATABASE_URL", &database), setting];
        let program = start(BACKEND, &[], &environment).await;
        for _ in 0..3 {
            let request = crate::common::client().get(format!("{}/user/home", program.url));
            let request = request.header("x-forwarded-for", "192.0.2.1");
            assert_eq!(crate::common::answer(request).await.status, 401);
        }
        let (_, log) = end(program).await;
        let warned = log
            .lines()
            .filter(|line| line.contains("WARN") && line.contains(said));
        assert_eq!(warned.count(), 1, "{said}: {log}");
    }
}

/// What a password in DATABASE_URL is must not show either.
#[tokio::test]
async fn the_databases_password_does_not_show() {
    let database = "postgres://backend:pass-word@127.0.0.1:1/db?sslmode=disable";
    let text = refused(&[SIMULATOR, ("DATABASE_URL", database)]).await;
    assert!(text.contains("postgres://127.0.0.1:1/db"), "{text}");
    assert!(!text.contains("pass-word"), "{text}");
}
