//! The reference backend.

use std::net::SocketAddr;

use clap::Parser;
use miniprogram_server::app::App;
use miniprogram_server::config::Config;
use miniprogram_server::listen::{asked_to_end, listen, log_to_stderr};

/// Reference backend for WeChat Mini Program login
///
/// Environment: WECHAT_APPID and WECHAT_SECRET, or WECHAT_API_BASE for a simulator; DATABASE_URL
/// (sqlite:FILE or postgres://…); JWT_SECRET and SESSION_KEY_SECRET (at least 32 bytes each;
/// several separated by commas, newest first); TOKEN_TTL (s); RATE_LIMIT_ADDRESS and
/// RATE_LIMIT_USER (requests per minute, 0 for none); CLIENT_IP_HEADER (behind a proxy);
/// RUST_LOG; LOG_FORMAT=json.
#[derive(Debug, Parser)]
#[command(name = "backend", verbatim_doc_comment)]
struct Args {
    /// Address to listen on; port 0 lets the system choose
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    log_to_stderr()?;
    let app = App::new(Config::from_env()?).await?;
    let listener = listen(args.listen).await?;
    let ending = app.ending.clone();
    tokio::spawn(async move {
        asked_to_end().await;
        ending.cancel();
    });
    app.serve(listener).await
}
