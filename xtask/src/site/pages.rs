//! Which documents there are, in which order, and where each stands on the site.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::files::{LEFT, listing};

/// The pages for users, each in docs/zh and docs/en, in the order of the navigation.
const GUIDE: &[&str] = &[
    "quick-start",
    "frameworks",
    "subpackages",
    "profile-and-phone",
    "going-live",
    "streams",
    "servers",
    "settings",
    "errors",
    "unit-tests",
    "migrating",
    "faq",
    "device-checklist",
];

/// The pages for contributors, in the order of the navigation; others of docs/ follow.
const PROJECT: &[&str] = &[
    "docs/architecture.md",
    "docs/design.md",
    "docs/wechat.md",
    "docs/failures.md",
    "docs/fast-path.md",
    "docs/size.md",
    "CONTRIBUTING.md",
    "tests/README.md",
    "miniprogram-demo/README.md",
    "miniprogram-demo/server/README.md",
    "RELEASING.md",
    "SECURITY.md",
    "CHANGELOG.md",
];

/// What npm and GitHub show: only their links are looked at.
const ELSEWHERE: &[&str] = &["pkg-template", "fallback-template", ".github"];

/// Of a page, and of what surrounds its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese as written in mainland China.
    Zh,
    /// English.
    En,
}

/// Where a page stands in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// For users; there in both languages.
    Guide,
    /// The README of an example.
    Example,
    /// For contributors.
    Project,
    /// Not on the site.
    Elsewhere,
}

/// A document.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its file in the repository.
    pub source: String,
    /// Its file on the site.
    pub address: Option<String>,
    pub language: Language,
    pub group: Group,
}

impl Page {
    fn new(source: &str, group: Group) -> Self {
        let chinese = source.starts_with("docs/zh/") || source.contains(".zh-CN.");
        Self {
            source: source.to_owned(),
            address: (group != Group::Elsewhere).then(|| address(source)),
            language: if chinese || group == Group::Example {
                Language::Zh
            } else {
                Language::En
            },
            group,
        }
    }
}

/// All documents under `root`, in the order of the navigation.
pub fn all(root: &Path) -> Result<Vec<Page>> {
    let files: Vec<String> = listing(root, LEFT)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .filter_map(|path| Some(path.strip_prefix(root).ok()?.to_str()?.to_owned()))
        .collect();
    let there = |source: &str| files.iter().any(|file| file == source);
    let mut pages = vec![
        Page::new("README.zh-CN.md", Group::Guide),
        Page::new("README.md", Group::Guide),
    ];
    for (language, other) in [("zh", "en"), ("en", "zh")] {
        let dir = format!("docs/{language}/");
        for name in files.iter().filter_map(|file| file.strip_prefix(&dir)) {
            let stem = name.strip_suffix(".md").unwrap_or(name);
            if !GUIDE.contains(&stem) {
                bail!(
                    "{dir}{name} has no place in the navigation: GUIDE of xtask/src/site/pages.rs"
                );
            }
            if !there(&format!("docs/{other}/{name}")) {
                bail!("{dir}{name} is missing in docs/{other}");
            }
        }
        let named = GUIDE.iter().map(|name| format!("{dir}{name}.md"));
        pages.extend(
            named
                .filter(|source| there(source))
                .map(|source| Page::new(&source, Group::Guide)),
        );
    }
    let is_example = |file: &&String| file.starts_with("examples/") && file.ends_with("README.md");
    pages.extend(
        files
            .iter()
            .filter(is_example)
            .map(|file| Page::new(file, Group::Example)),
    );
    let others = files.iter().map(String::as_str).filter(|file| {
        let in_docs = file.strip_prefix("docs/").is_some_and(|f| !f.contains('/'));
        in_docs && !PROJECT.contains(file)
    });
    pages.extend(
        PROJECT
            .iter()
            .copied()
            .filter(|source| there(source))
            .chain(others)
            .map(|source| Page::new(source, Group::Project)),
    );
    let elsewhere = files.iter().filter(|file| {
        let first = file.split('/').next().unwrap_or_default();
        ELSEWHERE.contains(&first)
    });
    pages.extend(elsewhere.map(|file| Page::new(file, Group::Elsewhere)));
    pages
        .first()
        .filter(|first| there(&first.source))
        .context("README.zh-CN.md is missing")?;
    Ok(pages)
}

/// Where a document stands on the site.
fn address(source: &str) -> String {
    let stem = source.strip_suffix(".md").unwrap_or(source);
    let stem = stem.strip_suffix("/README").unwrap_or(stem);
    match stem {
        "README" => "en/index.html".to_owned(),
        "README.zh-CN" => "zh/index.html".to_owned(),
        _ => match stem.strip_prefix("docs/") {
            Some(page) if page.contains('/') => format!("{page}.html"),
            Some(page) => format!("project/{page}.html"),
            None if stem.starts_with("examples") => format!("{stem}.html"),
            None => format!("project/{}.html", stem.replace('/', "-").to_lowercase()),
        },
    }
}
