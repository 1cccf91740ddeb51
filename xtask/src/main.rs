//! The project's commands, the same for a person and for CI:
//! `cargo xtask build | demo | device | test | engines | bench | site | release`.

mod bench;
mod build;
mod check_glue;
mod check_module;
mod demo;
mod files;
mod release;
mod sh;
mod site;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The chain of causes on one line; a backtrace of ours would tell nobody anything.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let rest = args.get(1..).unwrap_or_default();
    match args.first().map(String::as_str) {
        Some("build") => build::run(),
        Some("demo") => demo::run(rest),
        Some("device") => demo::device::run(rest),
        Some("test") => test::run(rest),
        Some("engines") => test::engines(rest),
        Some("bench") => bench::run(rest),
        Some("site") => site::run(rest),
        Some("release") => release::run(rest),
        _ => bail!(
            "usage: cargo xtask build | demo [--check] | device | test | engines | bench | site | release --dry-run"
        ),
    }
}
