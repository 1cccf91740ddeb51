//! The reference backend.

use miniprogram_server::app::App;
use miniprogram_server::cli::{Cli, Command};
use miniprogram_server::listen::{asked_to_end, listen};
use miniprogram_server::store::Store;
use secrecy::ExposeSecret;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (cli, settings) = Cli::read();
    cli.logging.start()?;
    match &cli.command {
        None => serve(cli, settings).await,
        Some(Command::Migrate) => {
            let database = cli.config.database();
            let store = Store::connect(cli.config.database_url.expose_secret(), 1).await?;
            store.close().await;
            tracing::info!(database, "up to date");
            Ok(())
        }
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
