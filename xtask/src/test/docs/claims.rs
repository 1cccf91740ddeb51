//! What the documents say of error codes, of the members of `wxp` and of sizes.

use anyhow::{Context, Result, ensure};
use miniprogram_login::error::Code;
use serde_json::Value;

use crate::{
    files::read,
    sh::{root, target},
};

/// The rows of a document's tables that begin with a name in backticks: its name, and the other cells.
fn rows(document: &str) -> Result<Vec<(String, Vec<String>)>> {
    let text = read(&root().join(document))?;
    let cells = text.lines().filter_map(|line| {
        let line = line.strip_prefix("| `")?.trim_end().strip_suffix('|')?;
        let (name, rest) = line.split_once("` |")?;
        let rest = rest.split('|').map(|cell| cell.trim().to_string());
        Some((name.to_string(), rest.collect()))
    });
    Ok(cells.collect())
}

/// One row for each error code, which says whether it is retryable, and none for anything else.
pub fn codes(document: &str) -> Result<()> {
    let said: Vec<(String, String)> = rows(document)?
        .into_iter()
        .map(|(name, cells)| (name, cells.last().cloned().unwrap_or_default()))
        .collect();
    for code in Code::ALL {
        let retryable = if code.retryable() { "✓" } else { "" };
        let found: Vec<_> = said
            .iter()
            .filter(|(name, _)| name == code.name())
            .collect();
        ensure!(
            found.len() == 1 && found[0].1 == retryable,
            "{document}: {} should have one row that ends with {retryable:?}, there is {found:?}",
            code.name()
        );
    }
    ensure!(
        said.len() == Code::ALL.len(),
        "{document}: a row is about no code"
    );
    Ok(())
}

fn built() -> Result<Value> {
    Ok(serde_json::from_str(&read(&target().join("size.json"))?)?)
}

/// Whether a figure in KB is the bytes, rounded one way or the other.
fn agrees(document: &str, kb: &str, bytes: u64) -> Result<()> {
    let said: u64 = kb
        .trim_end_matches(" KB")
        .parse()
        .with_context(|| format!("{document}: {kb:?} is no size in KB"))?;
    ensure!(
        (said * 1000).abs_diff(bytes) < 1000,
        "{document}: says {said} KB, it is {bytes} bytes"
    );
    Ok(())
}

/// The table of sizes is what the build made.
pub fn sizes(document: &str) -> Result<()> {
    let built = built()?;
    let said = rows(document)?;
    let table = [
        ("miniprogram_login.wasm.br", "wasm.br"),
        ("index.js", "js"),
        ("miniprogram-login-fallback", "fallback js"),
    ];
    for (row, size) in table {
        let (_, cells) = said
            .iter()
            .find(|(name, _)| name == row)
            .with_context(|| format!("{document}: no row of {row}"))?;
        agrees(document, &cells[0], built[size].as_u64().unwrap_or(0))?;
    }
    weight(document)
}

/// What the package adds to an app stands in bold.
pub fn weight(document: &str) -> Result<()> {
    let built = built()?;
    let bytes = ["wasm.br", "js"].map(|size| built[size].as_u64().unwrap_or(0));
    let text = read(&root().join(document))?;
    let said: Vec<_> = text
        .split("**")
        .filter(|bold| bold.ends_with(" KB") && bold.len() < 10)
        .collect();
    ensure!(
        !said.is_empty(),
        "{document}: does not say what the package adds, as **… KB**"
    );
    for kb in said {
        agrees(document, kb, bytes.iter().sum())?;
    }
    Ok(())
}

/// Every member of `wxp` that is the SDK's own is in the document.
pub fn members(document: &str) -> Result<()> {
    let tests = read(&root().join("tests/types/members.ts"))?;
    let list = tests
        .split_once("type Members =")
        .and_then(|(_, rest)| rest.split_once("\n\n").or(rest.split_once("\nexport")))
        .context("tests/types/members.ts lists no members")?
        .0;
    let list = list.split("\nexport").next().unwrap_or(list);
    let text = read(&root().join(document))?;
    let names: Vec<&str> = list.split('\'').skip(1).step_by(2).collect();
    ensure!(
        names.len() > 10,
        "tests/types/members.ts lists only {names:?}"
    );
    let missing: Vec<_> = names.iter().filter(|name| !text.contains(**name)).collect();
    ensure!(missing.is_empty(), "{document} does not name {missing:?}");
    Ok(())
}

/// What most readers see first: options, members and codes are explained in Chinese too.
pub fn typings_in_chinese() -> Result<()> {
    let typings = read(&root().join("pkg-template/index.d.ts"))?;
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for name in [
        "interface WxpOptions",
        "interface LoginOptions",
        "interface WxpOwn",
        "type WxpCode",
    ] {
        let (_, rest) = typings
            .split_once(&format!("\nexport {name}"))
            .with_context(|| format!("index.d.ts has no {name}"))?;
        let end = if name.starts_with("type") {
            "\n\n"
        } else {
            "\n}\n"
        };
        let section = rest.split(end).next().unwrap_or(rest);
        let mut comments = section.split("/**").skip(1).peekable();
        ensure!(comments.peek().is_some(), "{name} explains nothing");
        for comment in comments {
            let comment = comment.split("*/").next().unwrap_or(comment);
            ensure!(
                chinese(comment),
                "{name}: nothing in Chinese in {comment:?}"
            );
        }
        for code in Code::ALL.iter().filter(|_| name == "type WxpCode") {
            let line = format!("*/\n  | '{}'", code.name());
            ensure!(section.contains(&line), "{} is not explained", code.name());
        }
    }
    Ok(())
}
