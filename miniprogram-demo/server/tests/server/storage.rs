//! 200 means it is stored: what the database file cannot take is never answered as done.

use std::path::Path;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::common::{Answer, Sim, answer, client, directory, token};
use crate::program::{Program, end, spawn};

const BACKEND: &str = env!("CARGO_BIN_EXE_backend");

/// A client of a backend in a process of its own.
struct Caller {
    client: Client,
    url: String,
}

impl Caller {
    async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.url));
        answer(request.bearer_auth(token).json(&body)).await
    }

    async fn login(&self, sim: &Sim, user: &str) -> Answer {
        let body = json!({ "code": sim.code(user).await });
        self.call(Method::POST, "/user/weixin-login", "", body)
            .await
    }

    async fn home(&self, token: &str) -> Value {
        let home = self
            .call(Method::GET, "/user/home", token, Value::Null)
            .await;
        assert_eq!(home.codes(), (200, 200), "{home:?}");
        home.body["data"]["user"].clone()
    }

    /// Everything that is written, once, with how it was answered.
    async fn writes(&self, sim: &Sim, token: &str, name: &str) -> Vec<(&'static str, Answer)> {
        let typed = json!({ "nickName": name });
        let button = sim.phone("getPhoneNumber", json!({ "user": "eva" })).await;
        let phone = json!({ "code": button["code"] });
        let picture = Part::bytes(b"GIF89a\x01\0\x01\0".repeat(2000)).file_name("a.gif");
        let upload = self
            .client
            .post(format!("{}/user/avatar", self.url))
            .bearer_auth(token)
            .multipart(Form::new().part("file", picture));
        vec![
            ("a user", self.login(sim, name).await),
            ("a session", self.login(sim, "eva").await),
            (
                "a profile",
                self.call(Method::POST, "/user/profile", token, typed).await,
            ),
            (
                "a phone number",
                self.call(Method::POST, "/user/phone", token, phone).await,
            ),
            ("a picture", answer(upload).await),
        ]
    }
}

/// While `broken` nothing can be written; after `mended` all can.
async fn says_what_it_stored(
    directory: &Path,
    command: Command,
    broken: impl AsyncFn(&Program),
    mended: impl AsyncFn(&Program),
) {
    let sim = Sim::start().await;
    sim.put("/settings", json!({ "phoneCallsPerSecond": 0 }))
        .await;
    let database = format!("sqlite:{}", directory.join("test.db").display());
    let environment = [
        ("WECHAT_API_BASE", sim.url.as_str()),
        ("DATABASE_URL", &database),
        ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
    ];
    let program = spawn(command, &environment).await;
    let caller = Caller {
        client: client(),
        url: program.url.clone(),
    };
    let token = token(&caller.login(&sim, "eva").await);
    let before = caller.home(&token).await;

    broken(&program).await;
    let ready = async || {
        caller
            .call(Method::GET, "/readyz", "", Value::Null)
            .await
            .codes()
    };
    assert_eq!(ready().await, (503, 50301));
    for (what, answer) in caller.writes(&sim, &token, "lost").await {
        assert_eq!(answer.codes(), (500, 50001), "{what}: {answer:?}");
    }
    let logout = caller
        .call(Method::POST, "/user/logout", &token, Value::Null)
        .await;
    assert_eq!(logout.codes(), (500, 50001), "a logout: {logout:?}");
    assert_eq!(caller.home(&token).await, before, "nothing changed");

    mended(&program).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(ready().await, (200, 200));
    for (what, answer) in caller.writes(&sim, &token, "kept").await {
        assert_eq!(answer.codes(), (200, 200), "{what}: {answer:?}");
    }
    let home = caller.home(&token).await;
    assert_eq!(home["nickName"], "kept");
    assert_eq!(home["phone"], "+86 100****0001");
    assert_ne!(home["avatarUrl"], "");
    let (ended_well, log) = end(program).await;
    assert!(ended_well, "{log}");
    assert_eq!(
        log.matches("internal error").count(),
        6,
        "each is logged: {log}"
    );
}

#[tokio::test]
async fn an_io_error_is_no_success() {
    let directory = directory();
    let mut command = Command::new("sh");
    // Without the signal, a write beyond the limit is an error like that of a failing disk.
    command.args([
        "-c",
        r#"trap "" XFSZ; exec "$0" --listen 127.0.0.1:0"#,
        BACKEND,
    ]);
    let limit = async |program: &Program, limit: &str| {
        let pid = program.child.id().expect("running").to_string();
        let prlimit = Command::new("prlimit")
            .args(["--pid", &pid, &format!("--fsize={limit}:")])
            .status()
            .await;
        assert!(prlimit.expect("prlimit").success());
    };
    says_what_it_stored(
        directory.path(),
        command,
        async |program| limit(program, "0").await,
        async |program| limit(program, "unlimited").await,
    )
    .await;
}

#[tokio::test]
async fn a_full_disk_is_no_success() {
    let directory = directory();
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg("--mount");
    let try_it = command.as_std().get_args().map(ToOwned::to_owned);
    let try_it: Vec<_> = try_it.collect();
    let allowed = std::process::Command::new("unshare")
        .args(try_it)
        .arg("true")
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("not tried: a file system of one's own needs root or user namespaces");
        return;
    }
    command
        .args([
            "sh",
            "-c",
            r#"mount -t tmpfs -o size=1m tmpfs "$1" && exec "$0" --listen 127.0.0.1:0"#,
            BACKEND,
        ])
        .arg(directory.path());
    let seen = |program: &Program| {
        let pid = program.child.id().expect("running");
        format!("/proc/{pid}/root{}/ballast", directory.path().display())
    };
    says_what_it_stored(
        directory.path(),
        command,
        async |program| {
            let full = std::fs::write(seen(program), vec![0; 2 << 20]);
            assert!(full.is_err(), "the file system is full");
        },
        async |program| std::fs::remove_file(seen(program)).expect("removed"),
    )
    .await;
}

fn is_root() -> bool {
    let id = std::process::Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}
