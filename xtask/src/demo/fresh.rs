//! Whether anything changed since the page was last made: then a second start takes seconds.

use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::PathBuf,
};

use anyhow::{Context, Result};

use super::dir;
use crate::{build, files, sh};

/// Whether package and page stand as [`remember`] saw them, made of `sources`.
pub fn is(sources: &str) -> bool {
    let there = [dir().join("site/index.html"), build::pkg()];
    there.iter().all(|path| path.exists())
        && made_of(sources)
            .is_ok_and(|now| fs::read_to_string(stamp()).is_ok_and(|then| then == now))
}

/// Notes that package and page were made of `sources`, as they were before the build began.
pub fn remember(sources: &str) -> Result<()> {
    files::write(&stamp(), made_of(sources)?)
}

/// A fingerprint of every file of the project that the page is made of.
pub fn sources() -> Result<String> {
    // Where the documents' pictures go.
    let without = [files::LEFT, &["docs"]].concat();
    fingerprint(files::listing(&sh::root(), &without)?)
}

fn stamp() -> PathBuf {
    dir().join("made-of")
}

fn made_of(sources: &str) -> Result<String> {
    let mut made = files::listing(&build::pkg(), &[])?;
    made.extend(files::listing(&dir().join("site"), &[])?);
    Ok(format!("{sources} {}", fingerprint(made)?))
}

fn fingerprint(files: BTreeSet<PathBuf>) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for path in files.iter().filter(|path| path.is_file()) {
        path.hash(&mut hasher);
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        bytes.hash(&mut hasher);
    }
    Ok(format!("{:x}", hasher.finish()))
}
