//! Deliberately broken packages: each file in tests/mutations/package breaks the package's
//! JavaScript, and the tests that it names must fail on that. Its first line: a file of the
//! package's source, then the files of tests/package.

#[path = "../../../tests/mutations/format.rs"]
mod format;

use std::{fs, path::Path, sync::Mutex};

use anyhow::{Context, Result, anyhow, bail};

use crate::{
    build,
    files::{copy_tree, read, recreate, write},
    sh::{command, root, target},
};
use format::Mutation;

/// Tries all; one that no longer applies, breaks everything, or survives is a failure.
pub fn run() -> Result<()> {
    let mutations =
        Mutation::read_all(&root().join("tests/mutations/package")).map_err(anyhow::Error::msg)?;
    let dir = target().join("broken");
    recreate(&dir)?;
    // What fails on the package as it is says nothing about a broken one.
    super::sandbox(&build::pkg(), &build::fallback())?;
    let all = mutations.len();
    let rest = Mutex::new(mutations.into_iter());
    let next = || rest.lock().ok().and_then(|mut rest| rest.next());
    let problems = Mutex::new(Vec::new());
    let lanes = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| {
                while let Some(mutation) = next() {
                    let tried = must_be_caught(&mutation, &dir.join(&mutation.name));
                    println!(
                        "{}: {}",
                        mutation.name,
                        if tried.is_ok() { "caught" } else { "FAILED" }
                    );
                    if let (Err(problem), Ok(mut problems)) = (tried, problems.lock()) {
                        problems.push(format!("{}: {problem:#}", mutation.name));
                    }
                }
            });
        }
    });
    let problems = problems
        .into_inner()
        .map_err(|_| anyhow!("the check itself failed"))?;
    if !problems.is_empty() {
        bail!("{}", problems.join("\n  "));
    }
    println!("{all} of {all} broken packages caught");
    Ok(())
}

fn must_be_caught(mutation: &Mutation, dir: &Path) -> Result<()> {
    let Some((file, tests @ [_, ..])) = mutation.head.split_first() else {
        bail!("its first line should name a file of the package, and then files of tests/package");
    };
    let stage = dir.join("stage");
    copy_tree(&build::stage(), &stage)?;
    let path = stage.join(file);
    let broken = mutation.apply(&read(&path)?).map_err(anyhow::Error::msg)?;
    write(&path, broken)?;

    let package = dir.join("package");
    let dist = package.join("miniprogram_dist");
    copy_tree(&build::pkg(), &package)?;
    write(
        &dist.join("index.js"),
        build::bundle(&stage, &dir.join("maps"))?,
    )?;
    let out = command("node")
        .args(["--test", "--test-reporter=tap", "--test-timeout=60000"])
        .args(
            tests
                .iter()
                .map(|name| root().join("tests/package").join(name)),
        )
        .env("MINIPROGRAM_LOGIN_PKG", &package)
        .output()
        .context("cannot start node")?;
    let said = String::from_utf8_lossy(&out.stdout);
    let count = |what: &str| {
        let mut lines = said.lines().filter_map(|line| line.strip_prefix(what));
        lines.next_back().and_then(|n| n.trim().parse::<u32>().ok())
    };
    let tests = tests.join(" and ");
    if said
        .lines()
        .any(|line| line.starts_with("not ok") && line.contains(".test.mjs"))
    {
        bail!("{tests} broke off: what fails says nothing\n{said}");
    }
    match (count("# pass "), count("# fail ")) {
        (Some(1..), Some(1..)) => Ok(fs::remove_dir_all(dir)?),
        (Some(0), Some(1..)) => bail!("nothing in {tests} passes: what fails says nothing"),
        (Some(_), Some(0)) => bail!("survives {tests}"),
        _ => bail!(
            "{tests} did not come to its end:\n{said}{}",
            String::from_utf8_lossy(&out.stderr)
        ),
    }
}
