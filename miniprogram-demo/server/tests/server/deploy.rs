//! What `deploy/` is made of: nginx in front of two instances, rolling restarts, the systemd unit.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use miniprogram_server::http_client;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::common::{CODE, Sim, directory};
use crate::postgres::Postgres;
use crate::program::{Program, end, spawn};

const NAME: &str = "api.example.com";

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Writes a script that the shell finds as `name`.
fn script(directory: &TempDir, name: &str, text: &str) {
    let file = directory.path().join("bin").join(name);
    fs::create_dir_all(file.parent().expect("a directory")).expect("mkdir");
    fs::write(&file, format!("#!/bin/sh\n{text}\n")).expect("a script");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("chmod");
}

/// nginx with the site of deploy/, on ports and paths of the test's own.
struct Nginx {
    directory: TempDir,
    https: u16,
    _child: Child,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its workers.
        let nginx = self.directory.path().join("bin/nginx");
        let stop = std::process::Command::new(nginx)
            .args(["-s", "stop"])
            .status();
        if stop.is_ok_and(|status| status.success()) {
            let begun = Instant::now();
            let running = || self.directory.path().join("pid").exists();
            while running() && begun.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

impl Nginx {
    /// In front of instances on these ports.
    async fn start(ports: [u16; 2]) -> Self {
        let directory = directory();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let subject = format!("/CN={NAME}");
        let certificate = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
            .args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args([
                "-subj",
                &subject,
                "-keyout",
                &path("key"),
                "-out",
                &path("crt"),
            ])
            .stderr(Stdio::null())
            .status()
            .await;
        assert!(certificate.expect("openssl").success());
        let https = free_port();
        let mut site = fs::read_to_string(deploy().join("nginx.conf")).expect("the site");
        for (of_the_machine, of_the_test) in [
            ("127.0.0.1:3001", format!("127.0.0.1:{}", ports[0])),
            ("127.0.0.1:3002", format!("127.0.0.1:{}", ports[1])),
            ("/etc/ssl/miniprogram-backend.crt", path("crt")),
            ("/etc/ssl/miniprogram-backend.key", path("key")),
            ("listen 443 ", format!("listen 127.0.0.1:{https} ")),
            ("listen 80;", format!("listen 127.0.0.1:{};", free_port())),
        ] {
            assert_eq!(site.matches(of_the_machine).count(), 1, "{of_the_machine}");
            site = site.replace(of_the_machine, &of_the_test);
        }
        fs::write(path("site"), site).expect("the site");
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|what| format!("{what}_temp_path {};\n", path(what)))
            .concat();
        // As root its workers would be of a user who may not enter this directory.
        let user = match rustix::process::getuid().is_root() {
            true => "user root;\n",
            false => "",
        };
        let main = format!(
            "{user}daemon off;\nworker_processes 2;\npid {};\nerror_log {};\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}include {};\n}}\n",
            path("pid"),
            path("log"),
            path("site")
        );
        fs::write(path("nginx.conf"), main).expect("nginx.conf");
        let own = format!(
            "-p {} -c {}",
            directory.path().display(),
            path("nginx.conf")
        );
        script(
            &directory,
            "nginx",
            &format!("exec {} {own} \"$@\"", program()),
        );
        let child = Command::new(directory.path().join("bin/nginx"))
            .kill_on_drop(true)
            .spawn()
            .expect("nginx starts");
        let nginx = Self {
            directory,
            https,
            _child: child,
        };
        let begun = Instant::now();
        while nginx.client(1).get(nginx.url("/")).send().await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "{}", nginx.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        nginx
    }

    fn url(&self, path: &str) -> String {
        format!("https://{NAME}:{}{path}", self.https)
    }

    /// A client with an address of its own.
    fn client(&self, number: u8) -> Client {
        http_client::builder()
            .local_address(IpAddr::from([127, 0, 1, number]))
            .resolve(NAME, SocketAddr::from((Ipv4Addr::LOCALHOST, self.https)))
            .danger_accept_invalid_certs(true)
            .build()
            .expect("a client")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

/// nginx on the PATH, or where Debian puts it.
fn program() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = PathBuf::from("/usr/sbin");
    let of_xtask = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/bin");
    let found = std::env::split_paths(&path)
        .chain([debian, of_xtask])
        .map(|place| place.join("nginx"))
        .find(|file| file.is_file());
    let found =
        found.expect("this test needs nginx: cargo xtask test gets it, or apt-get install nginx");
    found.display().to_string()
}

async fn instance(port: u16, environment: &[(&str, &str)]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backend"));
    command.args(["--listen", &format!("127.0.0.1:{port}")]);
    let program = spawn(command, environment).await;
    assert_eq!(program.url, format!("http://127.0.0.1:{port}"));
    program
}

/// Status and the envelope's code.
async fn codes(request: RequestBuilder) -> Result<(u16, i64), String> {
    let answer = request.send().await.map_err(|e| format!("{e:?}"))?;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.map_err(|e| format!("{status} {e:?}"))?;
    Ok((status, body["code"].as_i64().unwrap_or_default()))
}

/// What one user does until told to stop; all that was not answered by 200.
async fn life(nginx: &Nginx, sim: &Sim, number: u8, stop: &AtomicBool) -> (u32, Vec<String>) {
    let (client, user) = (nginx.client(number), format!("user-{number}"));
    let (mut requests, mut bad, mut token) = (0, Vec::new(), String::new());
    while !stop.load(Ordering::Relaxed) {
        let outcome = match requests % 10 {
            0 => {
                let body = json!({ "code": sim.code(&user).await });
                let login = client.post(nginx.url("/user/weixin-login")).json(&body);
                match login.send().await {
                    Ok(answer) => {
                        let body: Value = answer.json().await.unwrap_or_default();
                        let given = body["data"]["authorizationToken"].as_str();
                        token = given.unwrap_or_default().to_owned();
                        Ok((body["code"] == 200, format!("login {body}")))
                    }
                    Err(error) => Err(format!("login {error:?}")),
                }
            }
            5 => {
                let body = json!({ "nickName": format!("N{number}") });
                let typed = client.post(nginx.url("/user/profile")).json(&body);
                let codes = codes(typed.bearer_auth(&token)).await;
                codes.map(|codes| (codes == (200, 200), format!("profile {codes:?}")))
            }
            _ => {
                let home = client.get(nginx.url("/user/home")).bearer_auth(&token);
                codes(home)
                    .await
                    .map(|codes| (codes == (200, 200), format!("home {codes:?}")))
            }
        };
        match outcome {
            Ok((true, _)) => {}
            Ok((false, what)) | Err(what) => bad.push(what),
        }
        requests += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    (requests, bad)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_instances_are_restarted_under_load_and_no_request_fails() {
    let (sim, postgres) = (Sim::start().await, Postgres::start());
    let environment = [
        ("WECHAT_API_BASE", sim.url.as_str()),
        ("DATABASE_URL", &postgres.url),
        // 30 users at ten a second: more than one address may send, if all seemed to be nginx's.
        ("CLIENT_IP_HEADER", "X-Forwarded-For"),
    ];
    let ports = [free_port(), free_port()];
    let mut instances = Vec::new();
    for port in ports {
        instances.push(Some(instance(port, &environment).await));
    }
    let nginx = Nginx::start(ports).await;
    let bin = nginx.directory.path().join("bin");
    // The test restarts what systemd would.
    let asked = |port: u16| bin.join(format!("asked-{port}"));
    let systemctl = "[ \"$1\" = restart ] || exit 1\nasked=$(dirname \"$0\")/asked-${2#miniprogram-backend@}\ntouch \"$asked\"\nwhile [ -e \"$asked\" ]; do sleep 0.05; done";
    script(&nginx.directory, "systemctl", systemctl);

    let stop = AtomicBool::new(false);
    let users = join_all((10..40).map(|number| life(&nginx, &sim, number, &stop)));
    let restarts = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut restart = Command::new(deploy().join("rolling-restart.sh"))
            .args(ports.map(|port| port.to_string()))
            .env(
                "PATH",
                format!("{}:{}", bin.display(), std::env::var("PATH").expect("PATH")),
            )
            .kill_on_drop(true)
            .spawn()
            .expect("the script starts");
        let mut logs = Vec::new();
        let status = loop {
            if let Some(status) = restart.try_wait().expect("the script") {
                break status;
            }
            for (port, running) in ports.iter().zip(&mut instances) {
                if asked(*port).exists() {
                    let (ended_well, log) = end(running.take().expect("it runs")).await;
                    assert!(ended_well, "{log}");
                    logs.push(log);
                    *running = Some(instance(*port, &environment).await);
                    fs::remove_file(asked(*port)).expect("the script waits");
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.store(true, Ordering::Relaxed);
        (status.success(), logs)
    };
    let (lives, (restarted, logs)) = tokio::join!(users, restarts);
    assert!(restarted);
    assert_eq!(logs.len(), 2);
    let requests: u32 = lives.iter().map(|(requests, _)| requests).sum();
    let bad: Vec<&String> = lives.iter().flat_map(|(_, bad)| bad).collect();
    assert!(
        bad.is_empty(),
        "{} of {requests}: {:?}\n{}",
        bad.len(),
        &bad[..bad.len().min(5)],
        nginx.log()
    );
    assert!(requests > 300, "only {requests} requests");
    // Both were at work, and both are again.
    for log in &logs {
        assert!(
            log.contains("/user/home") && log.contains("/user/weixin-login"),
            "{log}"
        );
    }
    for running in instances.into_iter().flatten() {
        let (_, log) = end(running).await;
        assert!(log.contains("/user/home"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_answers_as_the_backend_does() {
    let (sim, directory) = (Sim::start().await, directory());
    let database = format!("sqlite:{}", directory.path().join("test.db").display());
    let environment = [
        ("WECHAT_API_BASE", sim.url.as_str()),
        ("DATABASE_URL", &database),
        ("CLIENT_IP_HEADER", "X-Forwarded-For"),
    ];
    let port = free_port();
    let running = instance(port, &environment).await;
    let nginx = Nginx::start([port, free_port()]).await;

    // Too many logins of one client, whatever it says of itself; another is not concerned.
    let login = |client: &Client, forged: &str| {
        let url = nginx.url("/user/weixin-login");
        client
            .post(url)
            .header("X-Forwarded-For", forged)
            .json(&json!({ "code": CODE }))
    };
    let client = nginx.client(2);
    let attempts = join_all((0..40).map(|n| codes(login(&client, &format!("10.0.0.{n}"))))).await;
    let count = |wanted| attempts.iter().filter(|a| **a == Ok(wanted)).count();
    let (passed, held) = (count((400, 40029)), count((429, 42901)));
    assert!(
        passed + held == 40 && (20..30).contains(&passed),
        "{attempts:?}"
    );
    let held = login(&client, "10.1.1.1").send().await.expect("an answer");
    assert_eq!(held.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(held.headers()["retry-after"], "1");
    assert_eq!(
        codes(login(&nginx.client(3), "10.1.1.1")).await,
        Ok((400, 40029))
    );

    let other = nginx.client(4);
    let large = other.post(nginx.url("/user/avatar")).body(vec![0; 2 << 20]);
    assert_eq!(codes(large).await, Ok((413, 41301)));
    assert_eq!(
        codes(other.get(nginx.url("/metrics"))).await,
        Ok((404, 40401))
    );
    assert_eq!(
        codes(other.get(nginx.url("/user/home"))).await,
        Ok((401, 401))
    );

    // A stream is passed on as it comes.
    let body = json!({ "code": sim.code("eva").await });
    let given = other
        .post(nginx.url("/user/weixin-login"))
        .json(&body)
        .send()
        .await;
    let given: Value = given.expect("an answer").json().await.expect("JSON");
    let token = given["data"]["authorizationToken"]
        .as_str()
        .expect("a token");
    let question = json!({ "question": "天气", "lang": "zh_CN" });
    let chat = other
        .post(nginx.url("/user/chat"))
        .bearer_auth(token)
        .json(&question);
    let mut chat = chat.send().await.expect("an answer");
    let mut chunks = 0;
    while chat.chunk().await.expect("a chunk").is_some() {
        chunks += 1;
    }
    assert!(chunks > 3, "{chunks} chunks");

    assert!(end(running).await.0);
    let answer = other
        .get(nginx.url("/user/home"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()["retry-after"], "1");
    assert_eq!(
        codes(other.get(nginx.url("/user/home"))).await,
        Ok((503, 50301))
    );
}

#[tokio::test]
async fn the_unit_is_one_that_systemd_takes() {
    let directory = directory();
    let unit = fs::read_to_string(deploy().join("miniprogram-backend@.service")).expect("the unit");
    let program = "/usr/local/bin/backend";
    assert_eq!(unit.matches(program).count(), 1);
    let unit = unit.replace(program, env!("CARGO_BIN_EXE_backend"));
    let file = directory.path().join("miniprogram-backend@3001.service");
    fs::write(&file, unit).expect("the unit");
    for arguments in [
        &["verify"][..],
        &["security", "--offline=yes", "--no-pager", "--threshold=20"],
    ] {
        let output = Command::new("systemd-analyze")
            .args(arguments)
            .arg(&file)
            .output()
            .await;
        let output = output.expect("this test needs systemd-analyze: apt-get install systemd");
        // It tells of all units that this one needs, too.
        let said = String::from_utf8_lossy(&output.stderr);
        let of_it = said.contains("miniprogram-backend");
        assert!(output.status.success() && !of_it, "{output:?}");
    }
}
