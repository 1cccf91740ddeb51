//! What both programs do at their start and end.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;
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

/// Resolves when the program is asked to end: SIGINT or SIGTERM.
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    match (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) {
        (Ok(mut interrupt), Ok(mut terminate)) => tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        },
        // Without signals the program can only be killed.
        _ => std::future::pending().await,
    }
}

/// Logs to stderr: as lines for people, or as JSON with `LOG_FORMAT=json`; `RUST_LOG` filters.
pub fn log_to_stderr() -> anyhow::Result<()> {
    let filter = std::env::var("RUST_LOG").unwrap_or("info".to_owned());
    let filter: Targets = filter.parse().context("RUST_LOG is not a filter")?;
    let json = std::env::var("LOG_FORMAT").is_ok_and(|format| format == "json");
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if json {
        lines.json().boxed()
    } else {
        lines.with_ansi(false).boxed()
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init()?;
    Ok(())
}
