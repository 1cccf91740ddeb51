//! A mutation, as a file tells it: its first line names the file to break; lines with `-` are to be
//! replaced by lines with `+`.

use std::fs;
use std::path::Path;

/// One fault.
pub struct Mutation {
    /// What is wrong: the name of its file, which begins with the rule or the part that it breaks.
    pub name: String,
    /// The file that it breaks, and what else its first line says, separated by spaces.
    pub head: Vec<String>,
    from: String,
    to: String,
}

impl Mutation {
    /// All in a directory, in order.
    pub fn read_all(dir: &Path) -> Result<Vec<Self>, String> {
        let said = |error| format!("{}: {error}", dir.display());
        let mut paths = Vec::new();
        for entry in fs::read_dir(dir).map_err(said)? {
            paths.push(entry.map_err(said)?.path());
        }
        // What an editor leaves beside them is none.
        paths.retain(|path| path.extension().is_some_and(|name| name == "mutation"));
        paths.sort();
        if paths.is_empty() {
            return Err(format!("{} holds no mutation", dir.display()));
        }
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Result<Self, String> {
        let text =
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let lines = |mark: char| {
            let marked = text.lines().filter_map(|line| line.strip_prefix(mark));
            marked
                .map(|line| line.strip_prefix(' ').unwrap_or(line))
                .collect::<Vec<_>>()
                .join("\n")
        };
        let head = text.lines().next().unwrap_or_default();
        Ok(Self {
            name: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into(),
            head: head.split(' ').map(Into::into).collect(),
            from: lines('-'),
            to: lines('+'),
        })
    }

    /// The broken text of its file.
    pub fn apply(&self, text: &str) -> Result<String, String> {
        let times = text.matches(&self.from).count();
        if self.from.is_empty() || times != 1 {
            return Err(format!(
                "{} no longer applies: found {times} times",
                self.name
            ));
        }
        Ok(text.replacen(&self.from, &self.to, 1))
    }
}
