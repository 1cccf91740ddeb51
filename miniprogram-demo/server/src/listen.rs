//! What both programs do at their start and end.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use tokio::net::TcpListener;
use tracing::Level;
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

impl Logging {
    /// Logs to stderr from now on.
    pub fn start(&self) -> anyhow::Result<()> {
        let filter = match self.rust_log.as_str() {
            "" => "info",
            filter => filter,
        };
        let filter: Targets = filter.parse().context("RUST_LOG is not a filter")?;
        ensure!(
            filter.would_enable(module_path!(), &Level::ERROR),
            "RUST_LOG hides even the errors of this program: nobody would learn of them"
        );
        let lines = fmt::layer().with_writer(std::io::stderr);
        let lines = if self.log_format == "json" {
            lines.json().boxed()
        } else {
            lines.with_ansi(false).boxed()
        };
        tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .try_init()?;
        Ok(())
    }
}
