//! The reference backend.

use miniprogram_server::app::App;
use miniprogram_server::cli::Cli;
use miniprogram_server::listen::{asked_to_end, listen};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (cli, settings) = Cli::read();
    cli.logging.start()?;
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
