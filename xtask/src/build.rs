//! `cargo xtask build`: Rust and pkg-template become the npm package in pkg/.

mod apis;
mod glue;
mod module;
mod package;
mod size;
mod tables;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use anyhow::{Result, bail};

pub use module::with_names;
pub use package::bundle;

use crate::{
    check_glue, check_module,
    files::{copy_tree, recreate, write},
    sh, tools,
};

/// The npm package.
pub fn pkg() -> PathBuf {
    sh::root().join("pkg")
}

/// Its JavaScript before it is made one file.
pub fn stage() -> PathBuf {
    sh::target().join("pkg-stage")
}

/// Builds the package, checks that it can load in WeChat, and prints what it weighs.
pub fn run() -> Result<()> {
    tools::wasm()?;
    tools::node()?;

    let module = module::build()?;
    for bytes in [&module.named, &module.bytes] {
        refuse(
            "the module does not load on every device",
            check_module::check(bytes)?,
        )?;
    }

    let stage = stage();
    recreate(&stage)?;
    copy_tree(&sh::root().join("pkg-template"), &stage)?;
    write(&stage.join("glue.js"), glue::factory(&module)?)?;
    write(&stage.join("apis.js"), apis::generate()?)?;
    write(&stage.join("options.js"), tables::options())?;
    write(&stage.join("codes.js"), tables::codes())?;

    let js = package::assemble(&stage, &module.bytes)?;
    refuse(
        "the package's JavaScript does not run in WeChat",
        check_glue::check(&js),
    )?;
    size::report(&pkg(), &module.bytes)
}

fn refuse(what: &str, problems: Vec<String>) -> Result<()> {
    match problems.as_slice() {
        [] => Ok(()),
        found => bail!("{what}:\n  {}", found.join("\n  ")),
    }
}
