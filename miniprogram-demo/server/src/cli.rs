//! The backend's command line.

use std::net::SocketAddr;

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::config::Config;
use crate::listen::Logging;
use crate::operators::Command;

/// Reference backend for WeChat Mini Program login
///
/// Every option can be set by the environment variable beside it. Secrets belong there: a command
/// line is seen by everybody on the machine.
#[derive(Debug, Parser)]
#[command(name = "backend", version)]
pub struct Cli {
    /// Address to listen on; port 0 lets the system choose
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// What it runs with.
    #[command(flatten)]
    pub config: Config,
    /// What is logged.
    #[command(flatten)]
    pub logging: Logging,
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Reads the process's arguments and environment, or ends with what is wrong in them. The text
    /// names every setting that is no secret, with its value.
    pub fn read() -> (Self, String) {
        let command = Self::command();
        let matches = command.clone().get_matches();
        let cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let shown = command.get_arguments().filter_map(|argument| {
            let name = argument.get_env()?.to_string_lossy();
            let values = matches.get_raw(argument.get_id().as_str())?;
            let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
            (!argument.is_hide_env_values_set()).then(|| format!("{name}={}", values.join(",")))
        });
        let shown: Vec<String> = shown.collect();
        (cli, shown.join(" "))
    }
}
