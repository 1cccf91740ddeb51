//! Where links lead: to a page, to a file of the repository, or out of it. The same links are
//! right on GitHub, which reads them as paths of files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::pages::Page;
use crate::files::LEFT;

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// Another host.
    Outside,
    /// A file of the site, with `#…`.
    Site(String),
    /// A directory, which the site has no page of.
    Directory,
}

/// All documents with their anchors, and what was found about links to them.
#[derive(Debug)]
pub struct Links {
    root: PathBuf,
    /// By their file: address on the site, and anchors.
    pages: BTreeMap<String, (Option<String>, BTreeSet<String>)>,
    /// Files that pages link to, with their address on the site.
    files: BTreeMap<String, String>,
    /// Links that lead nowhere.
    pub problems: Vec<String>,
}

impl Links {
    /// Of the repository in `root`.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            pages: BTreeMap::new(),
            files: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// A document that links may lead to.
    pub fn add(&mut self, page: &Page, anchors: BTreeSet<String>) {
        let known = (page.address.clone(), anchors);
        self.pages.insert(page.source.clone(), known);
    }

    /// The files that the site has to have, beside its pages.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// Where `url` in the document `from` leads; one that leads nowhere is noted.
    pub fn follow(&mut self, from: &str, url: &str) -> Target {
        self.resolve(from, url).unwrap_or_else(|problem| {
            self.problems.push(format!("{from}: {url}: {problem}"));
            Target::Outside
        })
    }

    fn resolve(&mut self, from: &str, url: &str) -> Result<Target, &'static str> {
        // GitHub makes a link of any address, also of one that is only spoken of.
        let own = ["http://localhost", "http://127.0.0.1"];
        if url.starts_with("https://") || own.iter().any(|start| url.starts_with(start)) {
            return Ok(Target::Outside);
        }
        if url.contains(':') || url.starts_with('/') {
            return Err("it should be a relative path, or https");
        }
        let (path, fragment) = match url.split_once('#') {
            Some((path, fragment)) => (path, Some(fragment)),
            None => (url, None),
        };
        let mut file = if path.is_empty() {
            from.to_owned()
        } else {
            joined(from, path).ok_or("it leaves the repository")?
        };
        let readme = format!("{file}/README.md");
        if self.pages.contains_key(&readme) {
            file = readme;
        }
        if let Some((address, anchors)) = self.pages.get(&file) {
            if fragment.is_some_and(|fragment| !anchors.contains(fragment)) {
                return Err("there is no such heading");
            }
            let fragment = fragment.map_or(String::new(), |f| format!("#{f}"));
            return Ok(match address {
                Some(address) => Target::Site(address.clone() + &fragment),
                None => Target::Outside,
            });
        }
        if file.split('/').any(|part| LEFT.contains(&part)) {
            return Err("it leads to what a build makes");
        }
        let there = self.root.join(&file);
        if fragment.is_some() {
            return Err("only pages have headings");
        }
        if there.is_dir() {
            return Ok(Target::Directory);
        }
        if !there.is_file() {
            return Err("there is no such file");
        }
        // Browsers show text, and keep what else they are given.
        let picture = [".png", ".svg"].iter().any(|end| file.ends_with(end));
        let address = format!("files/{file}{}", if picture { "" } else { ".txt" });
        self.files.insert(file, address.clone());
        Ok(Target::Site(address))
    }
}

/// `path` as seen from the file `from`.
fn joined(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}
