//! `cargo xtask build`: Rust and pkg-template become the npm package in pkg/.

mod apis;
mod fallback;
mod glue;
mod hollow;
mod imports;
mod memory;
mod module;
mod package;
mod size;
mod tables;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Result, bail};
use wasmparser::{KnownCustom, Name, Parser, Payload};

pub use fallback::pkg as fallback;
pub use module::with_names;
pub use package::{DIST, REPOSITORY, bundle};

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
    write(&stage.join("utf8.js"), glue::UTF8)?;
    write(&stage.join("apis.js"), apis::generate()?)?;
    write(&stage.join("options.js"), tables::options())?;
    write(&stage.join("codes.js"), tables::codes())?;
    write(&stage.join("permit.js"), tables::permit())?;
    write(&stage.join("version.js"), tables::version())?;

    let js = package::assemble(&stage, &module.bytes)?;
    refuse(
        "the package's JavaScript does not run in WeChat",
        check_glue::check(&js),
    )?;
    let plain = fallback::assemble(&module.bytes)?;
    refuse(
        "the fallback does not run in WeChat",
        check_glue::check(&plain),
    )?;
    size::report(&pkg(), &module.bytes, &plain)
}

fn refuse(what: &str, problems: Vec<String>) -> Result<()> {
    match problems.as_slice() {
        [] => Ok(()),
        found => bail!("{what}:\n  {}", found.join("\n  ")),
    }
}

/// The names of the module's functions, by their index, without hashes.
pub fn function_names(module: &[u8]) -> Result<BTreeMap<u32, String>> {
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload?
            && let KnownCustom::Name(subsections) = section.as_known()
        {
            for subsection in subsections {
                if let Name::Function(functions) = subsection? {
                    for naming in functions {
                        let naming = naming?;
                        names.insert(naming.index, readable(naming.name));
                    }
                }
            }
        }
    }
    if names.is_empty() {
        bail!("the module's functions have no names");
    }
    Ok(names)
}

/// Without hashes: `core[c593…]::slice::memchr::h0123…` is `core::slice::memchr`.
pub fn readable(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        let (inside, others) = after.split_once(']').unwrap_or((after, ""));
        text += before;
        if inside.len() < 16 || !inside.bytes().all(|b| b.is_ascii_hexdigit()) {
            text += &format!("[{inside}]");
        }
        rest = others;
    }
    text += rest;
    match text.rsplit_once("::h") {
        Some((head, hash)) if hash.len() == 16 => head.to_owned(),
        _ => text,
    }
}
