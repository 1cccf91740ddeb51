//! `cargo xtask build`: Rust and pkg-template become the npm package in pkg/.

mod apis;
mod glue;
mod module;
mod package;
mod size;
mod tables;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{check_glue, check_module, sh, tools};

/// The npm package.
pub fn pkg() -> PathBuf {
    sh::root().join("pkg")
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

    let stage = sh::target().join("pkg-stage");
    recreate(&stage)?;
    copy_files(&sh::root().join("pkg-template"), &stage)?;
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

fn recreate(dir: &Path) -> Result<()> {
    if dir.exists() {
        std::fs::remove_dir_all(dir).with_context(|| format!("cannot empty {}", dir.display()))?;
    }
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    std::fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for entry in
        std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?
    {
        let path = entry?.path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}
