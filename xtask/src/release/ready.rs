//! What must be so before a release.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{
    files::read,
    sh::{command, output, root},
};

/// The commit to release; an error where files are not committed.
pub fn head() -> Result<String> {
    let changes = output(command("git").args(["status", "--porcelain"]))?;
    ensure!(
        changes.is_empty(),
        "a release is made of a commit; these files are not committed:\n{changes}"
    );
    let head = output(command("git").args(["rev-parse", "HEAD"]))?;
    Ok(head.trim().to_owned())
}

/// What still stands in the way.
pub fn missing() -> Result<Vec<String>> {
    let version = env!("CARGO_PKG_VERSION");
    let mut missing = Vec::new();
    if let Err(problem) = heading(&read(&root().join("CHANGELOG.md"))?, version) {
        missing.push(problem.to_string());
    }
    for template in ["pkg-template", "fallback-template"] {
        let manifest = read(&root().join(template).join("package.json"))?;
        let manifest: Value = serde_json::from_str(&manifest).context(template)?;
        // The build writes the workspace's version there.
        if manifest["version"] != "0.0.0" {
            missing.push(format!(
                "{template}/package.json has a version of its own: it should be 0.0.0, the build writes the workspace's"
            ));
        }
    }
    Ok(missing)
}

/// The first heading of the changelog is this version's, with its day.
pub fn heading(changelog: &str, version: &str) -> Result<()> {
    let first = changelog.lines().find_map(|line| line.strip_prefix("## "));
    let first = first.context("CHANGELOG.md has no version")?;
    let day = first
        .strip_prefix(version)
        .and_then(|rest| rest.strip_prefix(" - "));
    let is_day = |day: &str| {
        let form = |(i, b): (usize, u8)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        };
        day.len() == 10 && day.bytes().enumerate().all(form)
    };
    if !day.is_some_and(is_day) {
        bail!(
            "CHANGELOG.md begins with \"## {first}\", for a release it should be \"## {version} - YYYY-MM-DD\""
        );
    }
    Ok(())
}

/// A package as built has the version of the workspace.
pub fn versions(package: &str, manifest: &Value, version: &str) -> Result<()> {
    ensure!(
        manifest["name"] == package && manifest["version"] == version,
        "{package} should be built as {version}, it is {} {}",
        manifest["name"],
        manifest["version"]
    );
    Ok(())
}
