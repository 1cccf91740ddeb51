//! The figures checked in, and the gate that compares with them.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context, Result, bail};

use crate::{
    files::{read, write},
    sh::{root, target},
};

/// What is compared: bytes and instructions, by name.
pub type Figures = BTreeMap<String, u64>;

/// How much a figure may grow before it must be recorded anew, percent.
const TOLERANCE: u64 = 3;

/// What `cargo xtask build` calls the package's size.
const SIZE: &str = "wasm.br + js.br";

fn file() -> PathBuf {
    root().join("xtask/baseline.json")
}

/// The package's size as the build left it.
pub fn sizes() -> Result<Figures> {
    let built = read(&target().join("size.json")).context("run cargo xtask build first")?;
    let sizes: Figures = serde_json::from_str(&built).context("target/size.json")?;
    let size = sizes
        .get(SIZE)
        .with_context(|| format!("target/size.json names no {SIZE:?}"))?;
    Ok(Figures::from([(format!("bytes, {SIZE}"), *size)]))
}

/// Writes the figures to the file that is checked in.
pub fn record(now: &Figures) -> Result<()> {
    write(&file(), serde_json::to_string_pretty(now)? + "\n")?;
    for (what, figure) in now {
        println!("{what:<36} {figure:>8}");
    }
    println!("written to xtask/baseline.json: commit it by itself, and say why");
    Ok(())
}

/// Prints how the figures compare with those checked in, and fails if one has grown too much.
pub fn compare(now: &Figures) -> Result<()> {
    let checked_in: Figures =
        serde_json::from_str(&read(&file())?).context("xtask/baseline.json")?;
    let (table, grown) = judge(now, &checked_in)?;
    print!("{table}");
    if !grown.is_empty() {
        bail!(
            "{}. If that is worth it: cargo xtask bench --record, committed by itself",
            grown.join("; ")
        );
    }
    Ok(())
}

/// A line for each figure, and a sentence for each that has grown beyond the tolerance.
pub fn judge(now: &Figures, checked_in: &Figures) -> Result<(String, Vec<String>)> {
    if !now.keys().eq(checked_in.keys()) {
        bail!(
            "xtask/baseline.json names other figures than are measured: cargo xtask bench --record"
        );
    }
    let (mut table, mut grown) = (String::new(), Vec::new());
    for (what, figure) in now {
        let before = checked_in[what];
        let change = (*figure as f64 / before as f64 - 1.0) * 100.0;
        table += &format!("{what:<36} {figure:>8}, checked in {before:>8}, {change:+.1} %\n");
        if figure * 100 > before * (100 + TOLERANCE) {
            grown.push(format!(
                "{what} grew by {change:.1} %, from {before} to {figure} ({TOLERANCE} % are allowed)"
            ));
        }
    }
    Ok((table, grown))
}
