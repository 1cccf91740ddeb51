use anyhow::Result;
use serde_json::json;

use super::{
    ready::{heading, missing, versions},
    same,
};
use crate::files::write;

#[test]
fn the_changelog_begins_with_the_version_and_its_day() {
    let says = |first: &str| {
        heading(
            &format!("# Changelog\n\n{first}\n\n- a\n\n## 0.1.0 - 2026-11-29\n"),
            "0.2.0",
        )
    };
    assert!(says("## 0.2.0 - 2026-12-01").is_ok());
    let wrong = [
        "## UNRELEASED",
        "## 0.2.0",
        "## 0.2.0 - soon",
        "## 0.2.0 - 2026-12-1",
        "## 0.2.01 - 2026-12-01",
        "## 0.1.0 - 2026-11-29",
        "### 0.2.0 - 2026-12-01",
    ];
    for first in wrong {
        assert!(says(first).is_err(), "{first}");
    }
    assert!(heading("# Changelog\n", "0.2.0").is_err());
}

#[test]
fn between_releases_nothing_but_the_changelog_is_missing() -> Result<()> {
    let missing = missing()?;
    let others: Vec<_> = missing
        .iter()
        .filter(|what| !what.starts_with("CHANGELOG.md begins with \"## UNRELEASED\""))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    Ok(())
}

#[test]
fn a_built_package_has_the_workspaces_version() {
    let manifest = json!({ "name": "a", "version": "0.2.0" });
    assert!(versions("a", &manifest, "0.2.0").is_ok());
    assert!(versions("a", &manifest, "0.2.1").is_err());
    assert!(versions("b", &manifest, "0.2.0").is_err());
}

#[test]
fn builds_are_compared_by_names_and_bytes() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    for side in [&one, &other] {
        std::fs::create_dir_all(side.join("inside"))?;
    }
    assert!(same(&one, &other).is_err(), "nothing was built");
    for side in [&one, &other] {
        write(&side.join("inside/file"), "text")?;
    }
    same(&one, &other)?;
    write(&other.join("inside/file"), "texT")?;
    assert!(same(&one, &other).is_err());
    write(&other.join("inside/file"), "text")?;
    write(&other.join("more"), "")?;
    assert!(same(&one, &other).is_err());
    Ok(())
}
