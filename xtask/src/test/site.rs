//! The site: built, every link and anchor checked, and its search tried in a browser, in both
//! languages; no page asks another host for anything, complains, or is wider than a phone.

use anyhow::{Result, bail, ensure};
use serde_json::json;

use crate::{
    demo::{
        browser::Browser,
        servers::{self, Server},
    },
    files::{read, recreate},
    sh::target,
    site, tools,
};

/// Where a word is looked for, and that a page which has it is found.
const FOUND: &[(&str, &str)] = &[
    ("zh/index.html", "登录"),
    ("zh/index.html", "隐私协议"),
    ("en/index.html", "session"),
];

/// The narrowest phone that is still sold, in px.
const PHONE: u32 = 360;

/// Builds the site and looks at it.
pub fn run() -> Result<()> {
    let pages = site::build()?;
    println!("{} pages, every link leads somewhere", pages.len());
    let logs = target().join("site-check");
    recreate(&logs)?;
    let server = Server::simulator(&servers::build()?, &logs, Some(&site::dir()))?;
    let browser = Browser::start(&tools::browser()?)?;

    browser.open(&server.address)?;
    browser.until("the first page leads on to a language", |browser| {
        let title = browser.texts("h1")?;
        let language = browser.script("return document.documentElement.lang", json!([]))?;
        Ok(language == "en" && !title.is_empty())
    })?;
    for (page, word) in FOUND {
        search(&browser, &server, page, word)?;
    }
    // In no document; of a Latin word the beginning alone would be found.
    browser.type_text("#search", "\u{9f98}")?;
    browser.until("a word that is nowhere is not found", |browser| {
        Ok(browser.texts("#found")? == ["Nothing found"])
    })?;

    for address in &pages {
        looks(&browser, &format!("{}/{address}", server.address))
            .map_err(|problem| problem.context(address.clone()))?;
    }
    println!("the search finds, and every page fits a phone, in light and dark");
    Ok(())
}

/// Types a word, and reads the page that comes first.
fn search(browser: &Browser, server: &Server, page: &str, word: &str) -> Result<()> {
    browser.open(&format!("{}/{page}", server.address))?;
    browser.type_text("#search", word)?;
    let first = "return document.querySelector('#found a')?.href ?? ''";
    browser.until(&format!("{word} is found"), |browser| {
        Ok(browser.script(first, json!([]))? != "")
    })?;
    let href = browser.script(first, json!([]))?;
    let address = href
        .as_str()
        .and_then(|href| href.strip_prefix(&format!("{}/", server.address)));
    let Some(address) = address else {
        bail!("{word} leads to {href}");
    };
    let file = address.split('#').next().unwrap_or_default();
    let html = read(&site::dir().join(file))?;
    ensure!(
        html.contains(word),
        "{word} leads to {file}, which does not have it"
    );
    browser.complains_of_nothing()
}

/// What is true of every page.
fn looks(browser: &Browser, url: &str) -> Result<()> {
    browser.width(PHONE)?;
    browser.open(url)?;
    let wide = "return Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)";
    let wide = browser.script(wide, json!([]))?;
    ensure!(wide == 0, "it is {wide} px wider than a phone");
    let foreign = "return [...performance.getEntriesByType('resource')].map(e => e.name).filter(name => !name.startsWith(location.origin + '/'))";
    let foreign = browser.script(foreign, json!([]))?;
    ensure!(foreign == json!([]), "it asks for {foreign}");
    let background = "return getComputedStyle(document.body).backgroundColor";
    let mut seen = Vec::new();
    for scheme in ["light", "dark"] {
        browser.color_scheme(scheme)?;
        seen.push(browser.script(background, json!([]))?);
        let problems = browser.axe()?;
        ensure!(
            problems.is_empty(),
            "in the {scheme} scheme: {}",
            problems.join("\n  ")
        );
    }
    ensure!(seen[0] != seen[1], "it has no dark scheme");
    browser.complains_of_nothing()
}
