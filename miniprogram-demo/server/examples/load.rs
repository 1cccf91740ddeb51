//! Measures the backend on this machine, over loopback: logins against the simulator, the memory
//! they cost, and `/user/home` under wrk; on SQLite and on PostgreSQL.
//!
//! `cargo build --release -p miniprogram-server &&
//! cargo run --release -p miniprogram-server --example load`

#[path = "../tests/server/postgres.rs"]
#[expect(dead_code, reason = "the tests stop it too")]
mod postgres;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use miniprogram_server::http_client;
use reqwest::Client;
use serde_json::{Value, json};

const LOGINS: usize = 100_000;
/// Codes live five minutes, so they are fetched in batches that are used up well before.
const BATCH: usize = 20_000;
const CONNECTIONS: usize = 32;

/// A child process that prints its address, and ends with this value.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(name: &str, environment: &[(&str, &str)]) -> Result<Self> {
        let program = std::env::current_exe()?
            .parent()
            .and_then(Path::parent)
            .context("an example lies in a target directory")?
            .join(name);
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0"])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} is missing: build the server first", program.display()))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout")?).read_line(&mut line)?;
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .context("no address")?
            .to_owned();
        Ok(Self { child, url })
    }

    /// Resident memory in MiB: now, and at most so far.
    fn memory(&self) -> Result<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mib = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
        };
        mib("VmRSS:")
            .zip(mib("VmHWM:"))
            .context("no memory figures")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A measurement has nothing to lose.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let sqlite = format!("sqlite:{}", directory.path().join("load.db").display());
    measure("SQLite", &sqlite).await?;
    let postgres = postgres::Postgres::start();
    measure("PostgreSQL", &postgres.url).await
}

async fn measure(name: &str, database: &str) -> Result<()> {
    let simulator = Server::start("wechat-simulator", &[])?;
    let backend = Server::start(
        "backend",
        &[
            ("WECHAT_API_BASE", &simulator.url),
            ("DATABASE_URL", database),
            ("RATE_LIMIT_ADDRESS", "0"),
            ("RATE_LIMIT_LOGIN", "0"),
            ("RATE_LIMIT_USER", "0"),
        ],
    )?;
    let (fresh, _) = backend.memory()?;
    let client = http_client::builder().build()?;
    let mut spent = Duration::ZERO;
    let mut token = String::new();
    for batch in 0..LOGINS / BATCH {
        let users = (0..BATCH).map(|i| format!("user {}", batch * BATCH + i));
        let codes: Vec<String> = stream::iter(users)
            .map(|user| code(&client, &simulator.url, user))
            .buffer_unordered(CONNECTIONS)
            .try_collect()
            .await?;
        let start = Instant::now();
        let tokens: Vec<String> = stream::iter(codes)
            .map(|code| login(&client, &backend.url, code))
            .buffer_unordered(CONNECTIONS)
            .try_collect()
            .await?;
        spent += start.elapsed();
        token = tokens.into_iter().next().context("no token")?;
    }
    let per_second = LOGINS as f64 / spent.as_secs_f64();
    let (after, _) = backend.memory()?;
    println!("{name}: {LOGINS} logins of as many users: {per_second:.0} logins/s");
    println!("{name}: memory {fresh} MiB at start, {after} MiB after {LOGINS} logins");

    let wrk = Command::new("wrk")
        .args(["-t1", "-c32", "-d15s", "--latency", "-H"])
        .arg(format!("Authorization: Bearer {token}"))
        .arg(format!("{}/user/home?name=eva", backend.url))
        .output()
        .context("wrk is missing: apt-get install wrk")?;
    let report = String::from_utf8_lossy(&wrk.stdout);
    ensure!(
        wrk.status.success() && !report.contains("Non-2xx"),
        "wrk saw failures:\n{report}"
    );
    let figure = |name: &str| {
        let line = report
            .lines()
            .find(|line| line.trim_start().starts_with(name));
        line.and_then(|line| line.split_whitespace().last())
            .unwrap_or("?")
            .to_owned()
    };
    println!(
        "{name}: /user/home with 32 connections: {} requests/s, p50 {}, p99 {}",
        figure("Requests/sec:"),
        figure("50%"),
        figure("99%")
    );
    let (_, most) = backend.memory()?;
    println!("{name}: memory at most {most} MiB");
    Ok(())
}

async fn code(client: &Client, simulator: &str, user: String) -> Result<String> {
    let request = client
        .post(format!("{simulator}/phone/login"))
        .json(&json!({ "user": user }));
    let answer: Value = request.send().await?.json().await?;
    Ok(answer["code"]
        .as_str()
        .with_context(|| format!("no code: {answer}"))?
        .to_owned())
}

async fn login(client: &Client, backend: &str, code: String) -> Result<String> {
    let url = format!("{backend}/user/weixin-login");
    let answer: Value = client
        .post(url)
        .json(&json!({ "code": code }))
        .send()
        .await?
        .json()
        .await?;
    let token = answer["data"]["authorizationToken"].as_str();
    Ok(token
        .with_context(|| format!("no token: {answer}"))?
        .to_owned())
}
