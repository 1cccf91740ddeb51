//! Nothing a client holds costs without bound.

use std::time::{Duration, Instant};

use miniprogram_server::client::Client;
use miniprogram_server::config::Config;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::Command;

use crate::common::{Answer, Backend, CODE, Sim, answer, both, client, config, directory};
use crate::program::{Program, end, spawn};

const SECOND: Duration = Duration::from_secs(1);

async fn start(change: impl FnOnce(&mut Config)) -> (Sim, Backend, tempfile::TempDir) {
    let (sim, directory) = (Sim::start().await, directory());
    let mut config = config(&sim, &directory);
    change(&mut config);
    let backend = Backend::start(config).await;
    (sim, backend, directory)
}

async fn connect(url: &str) -> TcpStream {
    let address = url.strip_prefix("http://").expect("an address");
    TcpStream::connect(address).await.expect("a connection")
}

/// What the other side still sends, once it has ended.
async fn rest(stream: &mut TcpStream, within: Duration) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = async {
        let mut part = vec![0; 1 << 16];
        // A reset is an end too.
        while let Ok(read @ 1..) = stream.read(&mut part).await {
            bytes.extend_from_slice(&part[..read]);
        }
    };
    let ended = tokio::time::timeout(within, read).await;
    assert!(ended.is_ok(), "still open after {within:?}");
    bytes
}

/// Sends a request and reads an answer without closing.
async fn request(stream: &mut TcpStream) -> bool {
    let sent = stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n");
    if sent.await.is_err() {
        return false;
    }
    let mut head = [0; 12];
    let read = tokio::time::timeout(SECOND / 2, stream.read_exact(&mut head)).await;
    matches!(read, Ok(Ok(_))) && head == *b"HTTP/1.1 200"
}

#[tokio::test]
async fn heads_that_do_not_end_and_connections_at_rest_are_cut() {
    let (_sim, backend, _directory) = start(|config| config.head_timeout = SECOND).await;
    for sent in ["", "GET /metrics HTTP/1.1\r\nhost: x\r\nx-half: "] {
        let mut stream = connect(&backend.url).await;
        stream.write_all(sent.as_bytes()).await.expect("sent");
        let start = Instant::now();
        assert_eq!(rest(&mut stream, 4 * SECOND).await, b"", "{sent:?}");
        assert!(start.elapsed() > SECOND / 2, "not at once: {sent:?}");
    }
    let mut stream = connect(&backend.url).await;
    assert!(request(&mut stream).await);
    rest(&mut stream, 4 * SECOND).await;
}

/// A proxy can't know whether such a request was begun, and sends it to no other instance.
#[tokio::test]
async fn who_waits_to_be_accepted_at_the_end_is_answered() {
    let (_sim, backend, _directory) = start(|config| config.max_connections = 1).await;
    let mut first = connect(&backend.url).await;
    assert!(request(&mut first).await);
    let mut waiting = connect(&backend.url).await;
    assert!(!request(&mut waiting).await, "there is one place");
    backend.app.ending.cancel();
    let answer = rest(&mut waiting, 4 * SECOND).await;
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{} bytes",
        answer.len()
    );
    assert!(backend.task.await.expect("it ends").is_ok());
}

#[tokio::test]
async fn a_request_on_its_way_at_the_end_is_answered() {
    let (_sim, backend, _directory) = both().await;
    let mut stream = connect(&backend.url).await;
    tokio::time::sleep(SECOND / 10).await;
    backend.app.ending.cancel();
    tokio::time::sleep(SECOND / 20).await;
    assert!(request(&mut stream).await);
    assert!(backend.task.await.expect("it ends").is_ok());
}

#[tokio::test]
async fn a_head_has_an_end_in_bytes_too() {
    let (_sim, backend, _directory) = both().await;
    let mut stream = connect(&backend.url).await;
    let head = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx-long: {}",
        "x".repeat(40_000)
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let answer = rest(&mut stream, 5 * SECOND).await;
    assert!(answer.starts_with(b"HTTP/1.1 431"), "{answer:?}");
}

async fn upload(backend: &Backend, token: &str, bytes: usize) -> Answer {
    let mut picture = b"GIF89a".to_vec();
    picture.resize(bytes, 0);
    let form = Form::new().part("file", Part::bytes(picture).file_name("a.gif"));
    let request = backend.request(Method::POST, "/user/avatar", token);
    answer(request.multipart(form)).await
}

/// A picture's path.
async fn picture(sim: &Sim, backend: &Backend, bytes: usize) -> String {
    let token = backend.token(sim, "eva").await;
    let uploaded = upload(backend, &token, bytes).await;
    let path = uploaded.body["data"]["userInfo"]["avatarUrl"].as_str();
    path.unwrap_or_else(|| panic!("{uploaded:?}")).to_owned()
}

#[tokio::test]
async fn an_answer_nobody_reads_is_cut() {
    const PICTURES: usize = 64;
    let (sim, backend, _directory) = start(|config| config.write_timeout = SECOND).await;
    let path = picture(&sim, &backend, 1_000_000).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address = backend.url.strip_prefix("http://").expect("an address");
    let address = address.parse().expect("an address");
    let mut stream = socket.connect(address).await.expect("a connection");
    // More than the system holds for a reader that does not come.
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream
        .write_all(head.repeat(PICTURES).as_bytes())
        .await
        .expect("sent");
    tokio::time::sleep(3 * SECOND).await;
    let read = rest(&mut stream, 20 * SECOND).await.len();
    assert!(read < PICTURES * 1_000_000, "all {read} bytes came");
}

#[tokio::test]
async fn an_address_has_its_share_of_connections() {
    let (_sim, backend, _directory) = start(|config| config.address_connections = 3).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&backend.url).await;
        assert!(request(&mut stream).await);
        streams.push(stream);
    }
    let mut fourth = connect(&backend.url).await;
    assert!(!request(&mut fourth).await, "its share is taken");
    drop(streams.pop());
    tokio::time::sleep(SECOND / 5).await;
    assert!(
        request(&mut connect(&backend.url).await).await,
        "and free again"
    );
}

#[tokio::test]
async fn what_is_beyond_all_connections_waits() {
    let (_sim, backend, _directory) = start(|config| config.max_connections = 2).await;
    let (mut a, mut b) = (connect(&backend.url).await, connect(&backend.url).await);
    assert!(request(&mut a).await && request(&mut b).await);
    let mut third = connect(&backend.url).await;
    assert!(!request(&mut third).await, "it waits");
    drop(a);
    let mut head = [0; 12];
    let read = tokio::time::timeout(5 * SECOND, third.read_exact(&mut head)).await;
    read.expect("in time").expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 200", "its turn came");
}

/// Starts the backend with so many files.
async fn with_files(files: u32, sim: &Sim, directory: &tempfile::TempDir) -> Program {
    let database = format!("sqlite:{}", directory.path().join("test.db").display());
    let environment = [
        ("WECHAT_API_BASE", sim.url.as_str()),
        ("DATABASE_URL", &database),
        ("HEAD_TIMEOUT", "2"),
        ("PATH", "/usr/bin:/bin"),
    ];
    let mut command = Command::new("prlimit");
    command.args([
        &format!("--nofile={files}:{files}"),
        env!("CARGO_BIN_EXE_backend"),
    ]);
    command.args(["--listen", "127.0.0.1:0"]);
    spawn(command, &environment).await
}

#[tokio::test]
async fn silent_connections_do_not_stop_it_and_are_told_of() {
    let (sim, directory) = (Sim::start().await, directory());
    let program = with_files(160, &sim, &directory).await;
    let mut silent = Vec::new();
    for _ in 0..150 {
        silent.push(connect(&program.url).await);
    }
    let health = answer(client().get(format!("{}/healthz", program.url))).await;
    assert_eq!(health.codes(), (200, 200));
    let (ended_well, log) = end(program).await;
    assert!(ended_well, "{log}");
    for said in [
        "at most 60 connections instead of 10000",
        "all connections are taken",
    ] {
        assert_eq!(log.matches(said).count(), 1, "{said}: {log}");
    }
    assert!(!log.contains("cannot accept"), "{log}");
}

#[tokio::test]
async fn a_failing_accept_is_an_error_in_the_log() {
    let (sim, directory) = (Sim::start().await, directory());
    let program = with_files(400, &sim, &directory).await;
    let files = async |limit: u32| {
        let pid = program.child.id().expect("running").to_string();
        let mut prlimit = Command::new("prlimit");
        prlimit.args(["--pid", &pid, &format!("--nofile={limit}:")]);
        assert!(prlimit.status().await.expect("prlimit").success());
    };
    files(1).await;
    let mut streams = (connect(&program.url).await, connect(&program.url).await);
    assert!(!request(&mut streams.0).await);
    files(400).await;
    tokio::time::sleep(2 * SECOND).await;
    let health = answer(client().get(format!("{}/healthz", program.url))).await;
    assert_eq!(health.codes(), (200, 200));
    let (_, log) = end(program).await;
    let errors = log.lines().filter(|line| line.contains("ERROR"));
    let errors: Vec<_> = errors
        .filter(|line| line.contains("cannot accept"))
        .collect();
    assert_eq!(errors.len(), 1, "{log}");
}

#[tokio::test]
async fn pictures_are_kept_by_those_who_have_them() {
    let (sim, backend, _directory) = both().await;
    let path = picture(&sim, &backend, 1000).await;
    let get = async |path: &str, known: Option<&str>| {
        let mut request = backend.client.get(format!("{}{path}", backend.url));
        if let Some(known) = known {
            request = request.header("if-none-match", known);
        }
        answer(request).await
    };
    let first = get(&path, None).await;
    let etag = first.headers["etag"].to_str().expect("text").to_owned();
    assert!(
        first.headers["cache-control"]
            .to_str()
            .expect("text")
            .contains("immutable")
    );
    for (known, status) in [
        (etag.as_str(), 304),
        (&format!("W/{etag}"), 304),
        (&format!("\"other\", {etag}"), 304),
        ("*", 304),
        ("\"other\"", 200),
    ] {
        assert_eq!(get(&path, Some(known)).await.status, status, "{known}");
    }
    // A new picture takes the place of the old one.
    let token = backend.token(&sim, "eva").await;
    upload(&backend, &token, 1000).await;
    assert_eq!(get(&path, Some(&etag)).await.codes(), (404, 40401));
}

#[tokio::test]
async fn pictures_are_limited() {
    let (sim, backend, _directory) = start(|config| config.address_limit = 5).await;
    let path = picture(&sim, &backend, 1000).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(backend.get(&path, "").await.status);
    }
    assert_eq!(
        statuses,
        [200, 200, 200, 429, 429],
        "by address, with the login and the upload"
    );

    let (sim, backend, _directory) = both().await;
    let path = picture(&sim, &backend, 1000).await;
    let mut taken = Vec::new();
    for client in 1..=4_u8 {
        for _ in 0..8 {
            let client = Client([192, 0, 2, client].into());
            taken.push(backend.app.pictures.take(&client).await.expect("a place"));
        }
    }
    let refused = backend.get(&path, "").await;
    assert_eq!(refused.codes(), (429, 42901), "all that are sent at once");
    assert!(refused.headers.contains_key("retry-after"));
    taken.clear();
    for _ in 0..40 {
        assert_eq!(
            backend.get(&path, "").await.status,
            200,
            "each leaves its place"
        );
    }
}

#[tokio::test]
async fn streams_have_a_share_for_each_user() {
    let (sim, backend, _directory) = both().await;
    let (eva, adam) = (
        backend.token(&sim, "eva").await,
        backend.token(&sim, "adam").await,
    );
    let open = async |token: &str| {
        let request = backend.request(Method::GET, "/user/events", token);
        request.send().await.expect("an answer")
    };
    let mut streams = Vec::new();
    for _ in 0..8 {
        let stream = open(&eva).await;
        assert_eq!(stream.status(), 200);
        streams.push(stream);
    }
    let refused = backend.get("/user/events", &eva).await;
    assert_eq!(refused.codes(), (429, 42901));
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(
        open(&adam).await.status(),
        200,
        "another user's share is untouched"
    );
    streams.clear();
    tokio::time::sleep(3 * SECOND / 2).await;
    assert_eq!(open(&eva).await.status(), 200, "places are free again");
}

#[tokio::test]
async fn uploads_have_a_share_for_each_user() {
    let (sim, backend, _directory) = both().await;
    let (eva, adam) = (
        backend.token(&sim, "eva").await,
        backend.token(&sim, "adam").await,
    );
    let mut stalled = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&backend.url).await;
        let head = format!(
            "POST /user/avatar HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {eva}\r\n\
             content-type: multipart/form-data; boundary=b\r\ncontent-length: 100000\r\n\r\n--b\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        stalled.push(stream);
    }
    tokio::time::sleep(SECOND / 2).await;
    assert_eq!(upload(&backend, &eva, 1000).await.codes(), (429, 42901));
    assert_eq!(upload(&backend, &adam, 1000).await.codes(), (200, 200));
    stalled.clear();
    tokio::time::sleep(SECOND / 2).await;
    assert_eq!(upload(&backend, &eva, 1000).await.codes(), (200, 200));
}

#[tokio::test]
async fn logins_have_a_limit_of_their_own() {
    let (sim, backend, _directory) = start(|config| config.login_limit = 3).await;
    let token = backend.token(&sim, "eva").await;
    assert_eq!(backend.login(CODE).await.codes(), (400, 40029));
    assert_eq!(backend.login(CODE).await.codes(), (400, 40029));
    let limited = backend.login(CODE).await;
    assert_eq!(limited.codes(), (429, 42901));
    assert!(limited.headers.contains_key("retry-after"));
    assert_eq!(backend.get("/user/home", &token).await.codes(), (200, 200));
}

#[tokio::test]
async fn what_cannot_be_a_code_does_not_reach_wechat() {
    let (sim, backend, _directory) = both().await;
    for junk in [
        "short",
        &"x".repeat(129),
        &"中".repeat(20),
        "0123456789 abcdef",
        "0123456789abcde\0",
    ] {
        assert_eq!(backend.login(junk).await.codes(), (400, 40001), "{junk:?}");
    }
    assert_eq!(sim.count("/sns/jscode2session").await, 0);
}
