//! `cargo xtask site`: the documents as static pages in target/site, with a search that knows
//! Chinese. Links and anchors are checked on the way.

mod links;
mod page;
mod pages;
#[cfg(test)]
mod tests;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::{
    files::{read, recreate, write},
    sh::{node_tool, output, root, target},
    tools,
};
use links::Links;
use page::{Parsed, navigation};

/// What every page needs; nothing comes from another host.
const ASSETS: &[(&str, &str)] = &[
    ("index.html", include_str!("../site/index.html")),
    ("icon.svg", include_str!("../site/icon.svg")),
    ("language.js", include_str!("../site/language.js")),
    ("site.css", include_str!("../site/site.css")),
    ("site.js", include_str!("../site/site.js")),
];

/// Where the pages go.
pub fn dir() -> PathBuf {
    target().join("site")
}

/// Builds all pages and their search; returns the pages' addresses.
pub fn build() -> Result<Vec<String>> {
    tools::node()?;
    let pages = pages::all(&root())?;
    let mut parsed = Vec::new();
    for page in pages.iter().map(|page| &page.source) {
        parsed.push(Parsed::new(read(&root().join(page))?));
    }
    let mut links = Links::new(root());
    for (page, parsed) in pages.iter().zip(&parsed) {
        links.add(page, parsed.anchors());
    }

    recreate(&dir())?;
    for (name, content) in ASSETS {
        write(&dir().join(name), content)?;
    }
    let titles: Vec<String> = parsed.iter().map(Parsed::title).collect();
    let mut addresses = Vec::new();
    for ((page, parsed), title) in pages.iter().zip(&parsed).zip(&titles) {
        let html = parsed.render(page, &mut links)?;
        // What is read elsewhere has its links checked, and no page.
        if let Some(address) = &page.address {
            let navigation = navigation(page, &pages, &titles);
            put(address, page::html(page, &pages, title, &html, &navigation))?;
            addresses.push(address.clone());
        }
    }
    for (file, address) in links.files() {
        put(address, fs::read(root().join(file))?)?;
    }
    if !links.problems.is_empty() {
        bail!(
            "links that lead nowhere:\n  {}",
            links.problems.join("\n  ")
        );
    }
    output(node_tool("pagefind").arg("--site").arg(dir()))?;
    Ok(addresses)
}

/// Builds, and says how to look at it.
pub fn run(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("usage: cargo xtask site");
    }
    let pages = build()?;
    println!(
        "{0} pages in {1}; any static server shows them, for instance:\n  python3 -m http.server -b 127.0.0.1 -d {1}",
        pages.len(),
        dir().display()
    );
    Ok(())
}

fn put(address: &str, content: impl AsRef<[u8]>) -> Result<()> {
    let path = dir().join(address);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    write(Path::new(&path), content)
}
