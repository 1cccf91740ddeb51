//! A PostgreSQL of the test's own, from Debian's packages, on a loopback port.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Stops and vanishes when dropped.
pub struct Postgres {
    pub url: String,
    programs: PathBuf,
    port: u16,
    owner: Option<(u32, u32)>,
    options: &'static str,
    directory: TempDir,
}

impl Postgres {
    pub fn start() -> Self {
        let programs = programs();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let owner = owner();
        if let Some((uid, gid)) = owner {
            chown(directory.path(), Some(uid), Some(gid)).expect("chown");
        }
        let port = free_port();
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let postgres = Self {
            url,
            programs,
            port,
            owner,
            options: "",
            directory,
        };
        postgres.run(
            "initdb",
            &[
                "--username=postgres",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
            ],
        );
        postgres.start_server();
        postgres
    }

    /// One that speaks TLS too, under the name localhost; the certificate is the returned file.
    pub fn start_with_tls() -> (Self, String) {
        let mut postgres = Self::start();
        postgres.stop();
        let data = postgres.directory.path().join("data");
        let path = |name: &str| data.join(name).display().to_string();
        let certificate = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
            .args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            // As it signs nothing but itself, clients take it for a server's.
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", &path("server.key"), "-out", &path("server.crt")])
            .stderr(Stdio::null())
            .status();
        assert!(certificate.expect("openssl").success());
        for name in ["server.key", "server.crt"] {
            if let Some((uid, gid)) = postgres.owner {
                chown(data.join(name), Some(uid), Some(gid)).expect("chown");
            }
        }
        postgres.options = " -c ssl=on";
        postgres.start_server();
        (postgres, path("server.crt"))
    }

    /// As an operator would, while backends hold connections.
    pub fn stop(&self) {
        self.run("pg_ctl", &["stop", "--wait", "--mode=fast"]);
    }

    /// Starts it again after `stop`.
    pub fn start_server(&self) {
        let port = self.port;
        let sockets = self.directory.path().display();
        let more = self.options;
        let options = format!("-h 127.0.0.1 -p {port} -k {sockets} -F{more}");
        let log = self.directory.path().join("log").display().to_string();
        self.run(
            "pg_ctl",
            &["start", "--wait", "--options", &options, "--log", &log],
        );
    }

    /// Stops every process of it as it is, or lets it go on: "STOP", "CONT".
    pub fn signal(&self, name: &str) {
        assert!(self.send(name));
    }

    fn send(&self, name: &str) -> bool {
        let file = self.directory.path().join("data/postmaster.pid");
        let file = std::fs::read_to_string(file).expect("it runs");
        let main = file.lines().next().expect("a pid");
        let children = format!("/proc/{main}/task/{main}/children");
        let children = std::fs::read_to_string(children).expect("its children");
        let status = Command::new("kill")
            .args([&format!("-{name}"), main])
            .args(children.split_whitespace())
            .status();
        status.expect("kill").success()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let status = self.command(program, arguments).status();
        let status = status.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(status.success(), "{program} failed: {status}");
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let directory = self.directory.path();
        let mut command = Command::new(self.programs.join(program));
        command
            .arg("--pgdata")
            .arg(directory.join("data"))
            .args(arguments);
        command.current_dir(directory).stdout(Stdio::null());
        if let Some((uid, gid)) = self.owner {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // One that stands still would not hear.
        if std::thread::panicking() && self.directory.path().join("data/postmaster.pid").exists() {
            self.send("CONT");
        }
        // A test that failed may have left it stopped; its own message is the one to show.
        drop(
            self.command("pg_ctl", &["stop", "--wait", "--mode=immediate"])
                .status(),
        );
    }
}

/// Where initdb and pg_ctl are: on the PATH, or where Debian puts each version.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    let mut places = std::env::split_paths(&path).chain(debian.into_iter().rev());
    let found = places.find(|place| place.join("initdb").is_file());
    found.expect("this test needs PostgreSQL: apt-get install postgresql")
}

/// initdb refuses root; then the cluster belongs to the user of Debian's package, or to nobody.
fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id")
            .args(arguments)
            .stderr(Stdio::null())
            .output()
            .ok()?;
        String::from_utf8(output.stdout)
            .ok()?
            .trim()
            .parse::<u32>()
            .ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let user = |name| Some((id(&["-u", name])?, id(&["-g", name])?));
    Some(
        user("postgres")
            .or_else(|| user("nobody"))
            .expect("root needs a user to run PostgreSQL as"),
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
