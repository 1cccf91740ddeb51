//! `cargo xtask device`: a mini program that tries on a phone what can be tried nowhere else, made
//! of `tests/device` and the package; with `--check`, tries it in the browser host.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{
    browser::Browser,
    servers::{self, Server},
    site,
};
use crate::{
    build,
    files::{copy_tree, listing, read, recreate, write},
    sh::{command, root, run as run_tests, target},
    tools,
};

/// What the report says of a phone on which all is well, line by line: the mark and the item. `?`
/// is for a person to look at.
const WELL: [&str; 11] = [
    "✓ 1", "✓ 1", "? 1", "✓ 2", "✓ 2", "✓ 3", "✓ 4", "? 5", "? 6", "✓ 7", "✓ 8",
];

/// Makes it, and says how to go on; or tries it.
pub fn run(args: &[String]) -> Result<()> {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("usage: cargo xtask device [--check]"),
    };
    if !check {
        build::run()?;
    }
    let project = make()?;
    if check {
        return tried(&project);
    }
    println!(
        "\n  the mini program: {}\n  In WeChat DevTools: import that folder, put in your AppID, and preview it on a phone (预览).\n  For item 5, upload it (上传) and open it as a trial version (体验版).\n  Tap the button, copy the text, and paste it into an issue.\n",
        project.display()
    );
    Ok(())
}

/// The project, npm built: the package lies in the root and in the subpackage, as "build npm" puts it.
fn make() -> Result<PathBuf> {
    let project = target().join("device/project");
    recreate(&project)?;
    copy_tree(&root().join("tests/device"), &project)?;
    let miniprogram = project.join("miniprogram");
    let package = build::pkg().join(build::DIST);
    for home in ["", "sub"] {
        let npm = miniprogram.join(home).join("miniprogram_npm");
        copy_tree(&package, &npm.join("miniprogram-login"))?;
    }
    write(&miniprogram.join("sizes.js"), sizes(&miniprogram)?)?;
    Ok(project)
}

/// What the main package weighs, if the module counts as it lies there and if it counts unpacked.
fn sizes(miniprogram: &Path) -> Result<String> {
    let mut compressed = 0;
    for path in listing(miniprogram, &["sub"])? {
        let file = fs::metadata(&path)?;
        compressed += if file.is_file() { file.len() } else { 0 };
    }
    let sizes: Value = serde_json::from_str(&read(&target().join("size.json"))?)?;
    let bytes = |what: &str| {
        sizes[what]
            .as_u64()
            .with_context(|| format!("no size of {what}"))
    };
    let (packed, unpacked) = (bytes("wasm.br")?, bytes("wasm")?);
    Ok(format!(
        "module.exports = {{ version: '{}', sizes: {{ compressed: {}, unpacked: {} }} }}\n",
        env!("CARGO_PKG_VERSION"),
        compressed / 1024,
        (compressed - packed + unpacked) / 1024
    ))
}

/// Tries its checks in the bare sandbox, and all of it in the browser host, compiled as WeChat
/// would, with one tap.
fn tried(project: &Path) -> Result<()> {
    run_tests(command("node").args([
        "--test",
        "--test-reporter=spec",
        "tests/device/checks.test.mjs",
    ]))?;
    let dir = target().join("device");
    let page = dir.join("site");
    site::of_project(project, &page)?;
    let programs = servers::build()?;
    let server = Server::simulator(&programs, &dir, Some(&page))?;
    let browser = Browser::start(&tools::browser()?)?;
    browser.open(&format!("{}/phone.html", server.address))?;

    browser.until("the button", |browser| {
        Ok(!browser.texts("button.run:not([disabled])")?.is_empty())
    })?;
    browser.tap("button.run")?;
    browser.until("the question for the profile", |browser| {
        Ok(browser.tap(".host-allow").is_ok())
    })?;
    browser.until("the report", |browser| {
        Ok(!browser.texts(".report")?.is_empty())
    })?;
    browser.tap("button.copy")?;
    browser.until("that it was copied", |browser| {
        Ok(browser.texts("button.copy")?.concat().contains("Copied"))
    })?;
    let report = browser.texts(".report")?.pop().context("no report")?;
    println!("{report}");
    let items: Vec<&str> = report.lines().skip(1).collect();
    ensure!(
        items.len() == WELL.len()
            && items
                .iter()
                .zip(WELL)
                .all(|(item, well)| item.starts_with(well)),
        "expected the items {WELL:?}"
    );
    ensure!(
        !report.contains("local-") && !report.contains("code-"),
        "a token or a code is in the report"
    );
    // The page asks for it on purpose.
    let mut complaints = browser.complaints()?;
    complaints.retain(|text| !text.contains("missing.wasm.br"));
    ensure!(complaints.is_empty(), "the console says: {complaints:?}");
    Ok(())
}
