//! The documents for users, in Chinese and English: their code compiles, with the package's typings;
//! both languages show the same code and lead to each other; and what they say of error codes, of the
//! members of `wxp` and of sizes is so. `tests/package/docs.test.mjs` runs their code besides.

pub mod blocks;
mod claims;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use self::blocks::{Block, blocks, elsewhere, same, without_comments};
use super::typings;
use crate::{
    files::{copy_tree, read, recreate, write},
    sh::{command, node_tool, output, root, run as spawn, target},
};

/// Documents that are not in `docs/zh` and `docs/en`; each language's own.
const READMES: [&str; 2] = ["README.zh-CN.md", "README.md"];
const PACKAGE: &str = "pkg-template/README.md";
const FALLBACK: &str = "fallback-template/README.md";

/// What they may use without saying where it is from.
const KNOWN: [&str; 2] = ["known.d.ts", "packages.d.ts"];

/// Checks all documents.
pub fn run() -> Result<()> {
    let pages = pages()?;
    let mut documents: Vec<String> = READMES.iter().map(|name| name.to_string()).collect();
    documents.extend([PACKAGE.into(), FALLBACK.into()]);
    for page in &pages {
        let [zh, en] = ["zh", "en"].map(|language| format!("docs/{language}/{page}.md"));
        same(&zh, &en)?;
        links(&zh, &format!("../en/{page}.md"))?;
        links(&en, &format!("../zh/{page}.md"))?;
        links(READMES[0], &zh)?;
        links(READMES[1], &en)?;
        documents.extend([zh, en]);
    }
    same(READMES[0], READMES[1])?;
    compile(&documents)?;
    shows_what_the_readmes_show()?;
    for language in ["zh", "en"] {
        claims::codes(&format!("docs/{language}/errors.md"))?;
        claims::sizes(&format!("docs/{language}/faq.md"))?;
    }
    for readme in READMES {
        claims::members(readme)?;
        claims::weight(readme)?;
    }
    claims::weight(PACKAGE)?;
    claims::typings_in_chinese()?;
    println!("{} documents", documents.len());
    Ok(())
}

/// The names of the pages, which are the same in both languages.
fn pages() -> Result<BTreeSet<String>> {
    let [zh, en] = ["zh", "en"].map(|language| -> Result<BTreeSet<String>> {
        let dir = root().join("docs").join(language);
        let entries = fs::read_dir(&dir).with_context(|| format!("{}", dir.display()))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names
            .filter_map(|name| name.strip_suffix(".md").map(str::to_string))
            .collect())
    });
    let (zh, en) = (zh?, en?);
    let alone: Vec<_> = zh.symmetric_difference(&en).collect();
    ensure!(alone.is_empty(), "in one language only: {alone:?}");
    Ok(zh)
}

/// A page can be found, from its README and from the other language.
fn links(document: &str, to: &str) -> Result<()> {
    ensure!(
        read(&root().join(document))?.contains(&format!("]({to})")),
        "{document} has no link to {to}"
    );
    Ok(())
}

/// Compiles every block of JavaScript, TypeScript and WXML, and reads every JSON.
fn compile(documents: &[String]) -> Result<()> {
    let dir = target().join("docs");
    recreate(&dir)?;
    typings::installed(&dir)?;
    let known = root().join("tests/docs");
    for file in KNOWN {
        fs::copy(known.join(file), dir.join(file)).with_context(|| file.to_string())?;
    }
    // Pages import the app's modules from where they are, and `../../` leads here.
    copy_tree(&known.join("app"), &dir.join("pages/docs"))?;
    let wxml = dir.join("wxml");
    recreate(&wxml)?;
    write(&wxml.join("app.wxss"), "page { color: black }\n")?;

    let mut count = 0;
    for document in documents.iter().filter(|document| !elsewhere(document)) {
        let page = dir.join("pages").join(document.trim_end_matches(".md"));
        copy_tree(&known.join("app"), &page)?;
        for Block {
            line,
            language,
            code,
        } in blocks(document)?
        {
            match language.as_str() {
                // On the lines that it has in its document, so that the compiler names them; and a
                // module of its own.
                "js" | "ts" => write(
                    &page.join(format!("{line}.{language}")),
                    format!("{}{code}export {{}}\n", "\n".repeat(line)),
                )?,
                "html" => write(
                    &wxml.join(format!("{}-{line}.wxml", document.replace('/', "-"))),
                    code,
                )?,
                "json" => serde_json::from_str::<Value>(&without_comments(&code))
                    .map(drop)
                    .with_context(|| format!("{document}:{line}"))?,
                _ => continue,
            }
            count += 1;
        }
    }
    for language in ["js", "ts"] {
        spawn(&mut compiler(&dir, language)?)?;
    }
    spawn(
        command("node")
            .arg(root().join("xtask/js/wxml-check.cjs"))
            .arg(&wxml),
    )?;
    println!("{count} blocks compiled");

    // What is wrong would be seen.
    for language in ["js", "ts"] {
        let wrong = dir.join("pages").join(format!("wrong.{language}"));
        write(&wrong, "wxp.requestNeedLogin({ uri: '/a' })\nexport {}\n")?;
        match output(&mut compiler(&dir, language)?) {
            Ok(_) => bail!("a wrong block of {language} compiles"),
            Err(error) if error.to_string().contains("'uri' does not exist") => {}
            Err(error) => return Err(error.context("it should fail for `uri`")),
        }
    }
    Ok(())
}

/// TypeScript is as strict as it can be; JavaScript has no types to write down.
fn compiler(dir: &Path, language: &str) -> Result<Command> {
    let javascript = language == "js";
    let config: PathBuf = dir.join(format!("{language}.json"));
    let content = json!({
        "extends": root().join("tests/types/tsconfig.json"),
        "compilerOptions": {
            "baseUrl": ".",
            "paths": {},
            "typeRoots": [],
            "allowJs": javascript,
            "checkJs": javascript,
            "strict": !javascript,
        },
        "files": KNOWN,
        "include": [format!("pages/**/*.{language}")],
    });
    write(&config, content.to_string())?;
    let mut tsc = node_tool("tsc");
    tsc.current_dir(dir).arg("--project").arg(&config);
    Ok(tsc)
}

/// What npm shows has no code of its own: what is there stands in a README too.
fn shows_what_the_readmes_show() -> Result<()> {
    let mut shown = Vec::new();
    for readme in READMES {
        shown.extend(blocks(readme)?.into_iter().map(|block| block.code));
    }
    for block in blocks(PACKAGE)? {
        ensure!(
            shown.contains(&block.code),
            "{PACKAGE}:{}: no README has this block",
            block.line
        );
    }
    Ok(())
}
