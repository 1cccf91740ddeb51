//! `cargo xtask release --dry-run`: all that a release does before anything leaves this machine.
//! HEAD is built twice, in two clean clones; the archives that would be published, their parts list
//! and their checksums are left in target/publish. Publishing itself is by hand: RELEASING.md.

mod clone;
mod ready;
#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    build::REPOSITORY,
    files::{listing, recreate, write},
    sh::{command, output, run as spawn, target},
    tools,
};
use clone::Checkout;

/// Both packages, as a clone builds them.
const PACKAGES: [&str; 2] = ["pkg", "pkg-fallback"];

/// Where the archives go.
fn dir() -> PathBuf {
    target().join("publish")
}

/// The dry run; without `--dry-run` it only says how it is done.
pub fn run(args: &[String]) -> Result<()> {
    match args {
        [flag] if flag == "--dry-run" => dry_run(),
        [] => bail!(
            "publishing is by hand, since it can't be taken back: first cargo xtask release --dry-run, then the steps of RELEASING.md"
        ),
        _ => bail!("usage: cargo xtask release --dry-run"),
    }
}

fn dry_run() -> Result<()> {
    let head = ready::head()?;
    // What stands in the way of publishing is said now, and ends the run after all else was tried.
    let missing = ready::missing()?;
    for what in &missing {
        println!("not ready: {what}");
    }
    if REPOSITORY.is_empty() {
        println!(
            "no address of the repository is named (REPOSITORY in xtask/src/build/package.rs): both packages go without repository, homepage and bugs"
        );
    }
    tools::wasm()?;
    tools::node()?;
    tools::cyclonedx()?;
    recreate(&dir())?;

    step("building HEAD in a clean clone");
    let first = Checkout::of(&head, "first")?;
    first.build()?;
    step("building HEAD in another, with a longer path and Cargo's directory elsewhere");
    let second = Checkout::elsewhere(&head, "second/in-a-directory-of-another-length")?;
    second.build()?;
    for package in PACKAGES {
        same(&first.path().join(package), &second.path().join(package))?;
    }
    println!("both builds are the same, byte for byte");
    step("listing what the module is made of");
    let parts = first.parts()?;
    ensure!(parts == second.parts()?, "the parts lists differ");
    write(&dir().join("miniprogram-login.cdx.json"), parts)?;
    drop(second);

    step("packing, and publishing without publishing");
    for package in PACKAGES {
        pack(&first.path().join(package))?;
    }
    step("packing the crate, which shows that it builds from its own files; it is not published");
    first.crate_archive(&dir())?;
    drop(first);

    report(&head)?;
    ensure!(missing.is_empty(), "not ready: {}", missing.join("; "));
    println!("ready; how to publish is in RELEASING.md");
    Ok(())
}

/// Two directories have the same files with the same bytes.
fn same(one: &Path, other: &Path) -> Result<()> {
    let files = |dir: &Path| -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let paths = listing(dir, &[])?.into_iter().filter(|path| path.is_file());
        paths
            .map(|path| Ok((path.strip_prefix(dir)?.to_owned(), fs::read(&path)?)))
            .collect()
    };
    let (one, other) = (files(one)?, files(other)?);
    ensure!(!one.is_empty(), "nothing was built");
    let names = |files: &[(PathBuf, Vec<u8>)]| -> Vec<PathBuf> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    ensure!(
        names(&one) == names(&other),
        "two builds of HEAD have other files: {:?} and {:?}",
        names(&one),
        names(&other)
    );
    let differing: Vec<String> = one
        .iter()
        .zip(&other)
        .filter(|(a, b)| a != b)
        .map(|((name, _), _)| name.display().to_string())
        .collect();
    ensure!(
        differing.is_empty(),
        "two builds of HEAD differ in {}",
        differing.join(", ")
    );
    Ok(())
}

/// The archive of a package in target/publish, and what npm says to its publication.
fn pack(package: &Path) -> Result<()> {
    let printed = output(
        command("npm")
            .args(["pack", "--json", "--loglevel=error", "--pack-destination"])
            .arg(dir())
            .arg(package),
    )?;
    let printed: Value = serde_json::from_str(&printed).context("npm pack --json")?;
    let packed = &printed[0];
    for file in packed["files"].as_array().context("no files")? {
        let path = file["path"].as_str().unwrap_or_default();
        println!("{:>9}  {path}", file["size"].as_u64().unwrap_or_default());
    }
    println!(
        "{:>9}  {} {}, {} bytes as an archive",
        packed["unpackedSize"].as_u64().unwrap_or_default(),
        packed["name"].as_str().unwrap_or_default(),
        packed["version"].as_str().unwrap_or_default(),
        packed["size"]
    );
    let archive = dir().join(packed["filename"].as_str().context("no archive")?);
    spawn(
        command("npm")
            .args(["publish", "--dry-run", "--loglevel=error"])
            .arg(archive),
    )
}

/// Checksums, beside the archives and on the screen.
fn report(head: &str) -> Result<()> {
    let mut sums = String::new();
    println!("what would be published, of commit {head}, in target/publish:");
    for path in listing(&dir(), &[])? {
        let bytes = fs::read(&path)?;
        let name = path.strip_prefix(dir())?.display();
        let sum = hex(&Sha256::digest(&bytes));
        println!("{:>9}  {sum}  {name}", bytes.len());
        sums += &format!("{sum}  {name}\n");
    }
    write(&dir().join("SHA256SUMS"), sums)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn step(what: &str) {
    println!("release: {what}");
}
