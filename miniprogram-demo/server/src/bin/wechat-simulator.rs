//! The WeChat simulator.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use miniprogram_server::listen::{Logging, asked_to_end, listen};
use miniprogram_server::simulator::{Options, Route, Simulator};

/// A WeChat to try mini program login with: both WeChat's servers and the phone
#[derive(Debug, Parser)]
#[command(name = "wechat-simulator")]
struct Args {
    /// Address to listen on; port 0 lets the system choose
    #[arg(long, default_value = "127.0.0.1:3001")]
    listen: SocketAddr,
    /// FROM_ORIGIN=TO_ORIGIN: where the phone's requests to one origin really go; repeatable
    #[arg(long)]
    route: Vec<Route>,
    /// Serve this directory's files at /
    #[arg(long)]
    serve: Option<PathBuf>,
    #[command(flatten)]
    logging: Logging,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let _log = args.logging.start()?;
    let options = Options {
        routes: args.route,
        serve: args.serve,
    };
    let end = asked_to_end();
    let listener = listen(args.listen).await?;
    tokio::select! {
        result = Simulator::serve(listener, options) => result,
        () = end => Ok(()),
    }
}
