//! The project's commands, the same for a person and for CI: `cargo xtask build | demo | test | bench`.

mod bench;
mod build;
mod demo;
mod test;
mod tools;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    match args.first().map(String::as_str) {
        Some("build") => build::run(),
        Some("demo") => demo::run(rest),
        Some("test") => test::run(rest),
        Some("bench") => bench::run(rest),
        _ => bail!("usage: cargo xtask build | demo [--check] | test | bench"),
    }
}
