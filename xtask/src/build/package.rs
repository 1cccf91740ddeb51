//! pkg/: the npm package. `miniprogram_dist/` is what "build npm" copies into a mini
//! program, file by file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{module::NAME, pkg, size::brotli};
use crate::{
    files::{read, recreate, write},
    sh::{node_tool, output, root, target},
};

/// Both, as the licence is the user's choice; npm packs neither on its own.
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// What "build npm" copies of a package.
pub const DIST: &str = "miniprogram_dist";

/// Fills pkg/ from the staged sources and the module; returns the bundled JavaScript.
pub fn assemble(stage: &Path, module: &[u8]) -> Result<String> {
    let dist = pkg().join(DIST);
    recreate(&pkg())?;
    recreate(&dist)?;

    let js = bundle(stage, &target().join("pkg-maps"))?;
    write(&dist.join("index.js"), &js)?;
    write(&dist.join(format!("{NAME}.wasm.br")), brotli(module))?;
    write(&dist.join("index.d.ts"), read(&stage.join("index.d.ts"))?)?;

    manifest(stage, &pkg())?;
    Ok(js)
}

/// What else an npm package holds: its package.json with the version, README and licences.
pub fn manifest(template: &Path, pkg: &Path) -> Result<()> {
    let mut manifest: Value =
        serde_json::from_str(&read(&template.join("package.json"))?).context("package.json")?;
    manifest["version"] = env!("CARGO_PKG_VERSION").into();
    manifest["files"] = json!([DIST, LICENSES[0], LICENSES[1]]);
    let needed = [
        ("miniprogram", "miniprogram_dist"),
        ("main", "miniprogram_dist/index.js"),
        ("types", "miniprogram_dist/index.d.ts"),
    ];
    for (field, value) in needed {
        if manifest[field] != value {
            bail!(
                "{}/package.json: {field:?} should be {value:?}, it is {}",
                template.display(),
                manifest[field]
            );
        }
    }
    write(
        &pkg.join("package.json"),
        serde_json::to_string_pretty(&manifest)? + "\n",
    )?;
    write(&pkg.join("README.md"), read(&template.join("README.md"))?)?;
    for license in LICENSES {
        write(&pkg.join(license), read(&root().join(license))?)?;
    }
    Ok(())
}

/// One CommonJS file, in `dir`; its source map stays there,
/// as in the package it would count toward the app's 2 MB.
pub fn bundle(stage: &Path, dir: &Path) -> Result<String> {
    recreate(dir)?;
    let file = dir.join("index.js");
    output(
        node_tool("esbuild")
            .arg(stage.join("index.js"))
            .args([
                "--bundle",
                "--minify",
                "--format=cjs",
                "--platform=neutral",
                "--target=es2017",
                "--charset=utf8",
            ])
            .args([
                "--sourcemap=external",
                "--legal-comments=none",
                "--log-level=warning",
            ])
            .arg(format!("--outfile={}", file.display())),
    )?;
    read(&file)
}
