//! The programs in tests/bench: installing their peers, bundling their subjects, running them.

use std::{ffi::OsString, path::Path};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{PEERS, dir};
use crate::sh::{command, node_tool, output, root};

/// Makes one file of each subject, as a mini program's own build would.
pub fn bundle(subjects: &[&str]) -> Result<()> {
    let files = subjects
        .iter()
        .map(|name| root().join(format!("tests/bench/subjects/{name}.js")));
    output(
        node_tool("esbuild")
            .args(files)
            .args([
                "--bundle",
                "--format=cjs",
                "--platform=browser",
                "--target=es2020",
                "--log-level=warning",
            ])
            .arg(format!("--outdir={}", dir().join("subjects").display())),
    )?;
    Ok(())
}

/// Runs a program of tests/bench over all subjects.
pub fn run<T: DeserializeOwned>(program: &str, pkg: &Path, peers: &[&str]) -> Result<T> {
    if !peers.is_empty() {
        bundle(&PEERS)?;
    }
    run_with(program, pkg, json!({ "peers": peers }))
}

/// Runs a program of tests/bench for one subject.
pub fn run_as<T: DeserializeOwned>(program: &str, pkg: &Path, kind: &str) -> Result<T> {
    run_with(program, pkg, json!({ "kind": kind }))
}

/// Runs a program of tests/bench and reads the JSON that it prints.
pub fn run_with<T: DeserializeOwned>(program: &str, pkg: &Path, more: Value) -> Result<T> {
    let mut given = json!({ "pkg": pkg, "subjects": dir().join("subjects") });
    if let (Some(all), Value::Object(more)) = (given.as_object_mut(), more) {
        all.extend(more);
    }
    let script: OsString = format!("tests/bench/{program}.js").into();
    // Forced collections make V8 throw bytecode away, and the next batch would start cold;
    // collecting on several threads makes who pays for it, and how much,
    // depend on what else the machine does.
    let printed = output(
        command("node")
            .args(["--no-flush-bytecode", "--expose-gc", "--single-threaded-gc"])
            .arg(script)
            .arg(given.to_string()),
    )?;
    serde_json::from_str(&printed)
        .with_context(|| format!("tests/bench/{program}.js printed something else than its result"))
}

/// The module inside a `.wasm.br`.
pub fn decompress(compressed: &[u8]) -> Result<Vec<u8>> {
    let mut module = Vec::new();
    brotli::BrotliDecompress(&mut &compressed[..], &mut module)
        .context("the package's module is no brotli file")?;
    Ok(module)
}
