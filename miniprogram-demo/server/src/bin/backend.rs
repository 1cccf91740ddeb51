//! The reference backend.

use std::process::ExitCode;

use anyhow::Context;
use miniprogram_server::app::App;
use miniprogram_server::cli::Cli;
use miniprogram_server::listen::{asked_to_end, ended, listen};
use miniprogram_server::operators;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let (cli, settings) = Cli::read();
    let log = match cli.logging.start() {
        Ok(log) => log,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    let runtime = Runtime::new().context("the runtime");
    let result = runtime.and_then(|runtime| runtime.block_on(run(cli, settings)));
    ended(&result, log)
}

async fn run(cli: Cli, settings: String) -> anyhow::Result<()> {
    match &cli.command {
        None => serve(cli, settings).await,
        Some(command) => operators::run(command, &cli.config).await,
    }
}

async fn serve(cli: Cli, settings: String) -> anyhow::Result<()> {
    let config = cli.config.check()?;
    tracing::info!(database = config.database(), settings, "starting");
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let app = App::new(config).await?;
    let ending = app.ending.clone();
    let end = asked_to_end();
    let listener = listen(cli.listen).await?;
    tokio::spawn(async move {
        end.await;
        ending.cancel();
    });
    app.serve(listener).await
}
