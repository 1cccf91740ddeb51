//! The blocks of code in the documents.

use anyhow::{Context, Result, bail, ensure};

use crate::{files::read, sh::root};

/// Pages whose code is tried elsewhere, and by which step.
const ELSEWHERE: &[(&str, &str)] = &[
    ("frameworks", "examples"),
    ("servers", "servers in other languages"),
    ("subpackages", "examples"),
    ("unit-tests", "package in a fresh mini program"),
];

/// What a block may be written in. What is compiled is told by the name alone, so no other spelling.
const LANGUAGES: [&str; 6] = ["html", "js", "json", "sh", "text", "ts"];

/// A block of code, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    pub line: usize,
    pub language: String,
    pub code: String,
}

/// Whether a page's code is tried elsewhere.
pub fn elsewhere(document: &str) -> bool {
    let name = document.rsplit('/').next().unwrap_or(document);
    ELSEWHERE
        .iter()
        .any(|(page, _)| name.strip_suffix(".md") == Some(page))
}

/// The blocks of a document.
pub fn blocks(document: &str) -> Result<Vec<Block>> {
    let found = split(&read(&root().join(document))?).with_context(|| document.to_string())?;
    for block in &found {
        ensure!(
            elsewhere(document) || LANGUAGES.contains(&block.language.as_str()),
            "{document}:{}: a block is one of {LANGUAGES:?}, not {:?}",
            block.line,
            block.language
        );
    }
    Ok(found)
}

fn split(text: &str) -> Result<Vec<Block>> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        match line.strip_prefix("```") {
            Some("") if open => open = false,
            Some(language) if !open => {
                open = true;
                found.push(Block {
                    line: at + 1,
                    language: language.into(),
                    code: String::new(),
                });
            }
            _ if line.trim_start().starts_with("```") || line.starts_with("~~~") => {
                bail!("line {}: a fence begins its line, as ```", at + 1)
            }
            _ => {
                if let Some(block) = found.last_mut().filter(|_| open) {
                    block.code += line;
                    block.code.push('\n');
                }
            }
        }
    }
    ensure!(!open, "a block has no end");
    Ok(found)
}

/// Both languages show the same code, but for comments.
pub fn same(one: &str, other: &str) -> Result<()> {
    let bare = |document: &str| -> Result<Vec<(String, String)>> {
        let blocks = blocks(document)?;
        Ok(blocks
            .into_iter()
            .map(|block| (block.language, without_comments(&block.code)))
            .collect())
    };
    let (a, b) = (bare(one)?, bare(other)?);
    for (a, b) in a.iter().zip(&b) {
        ensure!(
            a == b,
            "{one} and {other} show different code:\n{}\n{}",
            a.1,
            b.1
        );
    }
    ensure!(
        a.len() == b.len(),
        "{one} has {} blocks, {other} has {}",
        a.len(),
        b.len()
    );
    Ok(())
}

/// Good enough for what stands in documents, and the same for both languages: `/* … */`, `<!-- … -->`,
/// and to the end of the line what follows a blank and `//` or `#`. Blanks at the end go too.
pub fn without_comments(code: &str) -> String {
    let mut rest = code.to_string();
    for (begin, end) in [("/*", "*/"), ("<!--", "-->")] {
        while let Some(from) = rest.find(begin) {
            let Some(length) = rest[from..].find(end) else {
                break;
            };
            rest.replace_range(from..from + length + end.len(), "");
        }
    }
    let lines = rest.lines().map(|line| {
        let comment = ["//", "#"].iter().filter_map(|mark| {
            line.match_indices(mark).map(|(at, _)| at).find(|&at| {
                line[..at]
                    .chars()
                    .next_back()
                    .is_none_or(char::is_whitespace)
            })
        });
        line[..comment.min().unwrap_or(line.len())].trim_end()
    });
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Block, split, without_comments};

    #[test]
    fn blocks_have_their_lines_and_an_end() {
        let block = Block {
            line: 2,
            language: "js".into(),
            code: "a\n\n".into(),
        };
        assert_eq!(split("text\n```js\na\n\n```\n").ok(), Some(vec![block]));
        for wrong in ["```js\na\n", " ```js\na\n ```\n", "~~~\na\n~~~\n"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn comments_are_not_compared() {
        for (zh, en) in [
            ("a('https://x.y') // 注释", "a('https://x.y')   // comment"),
            ("// 注释\na", "a"),
            ("/** 注释\n * 二 */\na", "/** comment */\na"),
            ("<a> <!-- 注释 -->", "<a>"),
            ("npm i x   # 然后", "npm i x"),
        ] {
            assert_eq!(without_comments(zh), without_comments(en));
        }
        assert_ne!(without_comments("a"), without_comments("b"));
        assert_eq!(without_comments("'https://x.y'#a"), "'https://x.y'#a");
    }
}
