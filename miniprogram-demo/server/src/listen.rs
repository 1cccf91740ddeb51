//! What both programs do at their start and end.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::{Context, ensure};
use tokio::net::TcpListener;
use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Layer, fmt};

/// Listens on `address` and says so in one line on stdout, for whoever started the program.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; --listen takes another address"))?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(listener)
}

/// Resolves when the program is asked to end: SIGINT or SIGTERM. From the call on neither ends it
/// by itself.
pub fn asked_to_end() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    async {
        match signals {
            (Ok(mut interrupt), Ok(mut terminate)) => tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            },
            // Without signals the program can only be killed.
            _ => std::future::pending().await,
        }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct Logging {
    /// What is logged: a level, or `target=level` separated by commas
    #[arg(long, env = "RUST_LOG", default_value = "info")]
    rust_log: String,
    /// `text` for people, or `json`
    #[arg(long, env = "LOG_FORMAT", default_value = "text", value_parser = ["text", "json", ""])]
    #[arg(hide_possible_values = true)]
    log_format: String,
}

/// Lines that wait for a reader of the log; beyond these they are dropped.
const WAITING_LINES: usize = 8192;

/// Writes what is logged; when it goes, it takes a moment for what still waits.
#[derive(Debug)]
pub struct Log(#[expect(dead_code, reason = "it works by being dropped")] WorkerGuard);

static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// How many lines of the log nobody read in time.
pub fn dropped_log_lines() -> usize {
    DROPPED.get().map_or(0, ErrorCounter::dropped_lines)
}

impl Logging {
    /// Logs to stderr as long as the returned value lives. Whoever logs never waits for whoever
    /// reads.
    pub fn start(&self) -> anyhow::Result<Log> {
        let filter = match self.rust_log.as_str() {
            "" => "info",
            filter => filter,
        };
        let filter: Targets = filter.parse().context("RUST_LOG is not a filter")?;
        ensure!(
            filter.would_enable(module_path!(), &Level::ERROR),
            "RUST_LOG hides even the errors of this program: nobody would learn of them"
        );
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(WAITING_LINES)
            .finish(std::io::stderr());
        let _ = DROPPED.set(writer.error_counter());
        let lines = fmt::layer().with_writer(writer);
        let lines = if self.log_format == "json" {
            lines.json().boxed()
        } else {
            lines.with_ansi(false).boxed()
        };
        tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .try_init()?;
        // Its own text would be no line of this log, and wait for the reader.
        std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a panic")));
        Ok(Log(guard))
    }
}

/// The program's end: `result` as the last line of `log`, if it is an error.
pub fn ended(result: &anyhow::Result<()>, log: Log) -> ExitCode {
    if let Err(error) = result {
        let error = format!("{error:#}");
        tracing::error!(error, "ended");
    }
    // What it can't bring to a reader that stands still it says on stdout, which may be closed.
    let _ = std::panic::catch_unwind(AssertUnwindSafe(|| drop(log)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::Logging;
    use std::process::Command;

    const NAME: &str = "listen::tests::a_panic_is_one_line_of_json";

    /// Logging is a process's, so this one becomes a second process of the test.
    #[test]
    fn a_panic_is_one_line_of_json() {
        if std::env::var_os("PANICS").is_some() {
            let logging = Logging {
                rust_log: String::new(),
                log_format: "json".to_owned(),
            };
            let _log = logging.start().expect("logging");
            let ended = std::thread::spawn(|| panic!("a \"quoted\"\ntext"));
            assert!(ended.join().is_err());
            return;
        }
        let itself = std::env::current_exe().expect("this program");
        let output = Command::new(itself)
            .args(["--exact", NAME, "--nocapture"])
            .env("PANICS", "1")
            .output()
            .expect("it runs");
        let text = String::from_utf8(output.stderr).expect("text");
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect();
        let said = lines
            .iter()
            .filter_map(|line| line["fields"]["panic"].as_str());
        let said: Vec<_> = said
            .filter(|said| said.contains("a \"quoted\"\ntext"))
            .collect();
        assert_eq!(said.len(), 1, "{text}");
    }
}
