//! Deliberately broken packages: each file in tests/mutations/package breaks the package's
//! JavaScript, and the tests that it names must fail on that. Its first line: a file of the
//! package's source, then the files of tests/package.

#[path = "../../../tests/mutations/format.rs"]
mod format;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
    sync::{
        Mutex,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};

use crate::{
    build,
    files::{copy_tree, read, recreate, write},
    sh::{command, root, target},
};
use format::Mutation;

/// For one test file.
const PATIENCE: Duration = Duration::from_secs(60);

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
    let (mut passed, mut failed) = (false, false);
    for test in tests {
        let seen = until_one_of_each(test, &package)?;
        passed |= seen.0;
        failed |= seen.1;
        if passed && failed {
            return Ok(fs::remove_dir_all(dir)?);
        }
    }
    let tests = tests.join(" and ");
    let stays = package.display();
    match failed {
        false if passed => bail!("survives {tests}; the package stays in {stays}"),
        false => bail!("{tests} did not come to a test; the package stays in {stays}"),
        true => bail!("nothing in {tests} passes: what fails says nothing"),
    }
}

/// Whether a test of the file passes on the package, and whether one fails; the rest need not run.
fn until_one_of_each(test: &str, package: &Path) -> Result<(bool, bool)> {
    let mut tests = command("node")
        .arg("--test-reporter=tap")
        .arg(root().join("tests/package").join(test))
        .env("MINIPROGRAM_LOGIN_PKG", package)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start node")?;
    let said = tests.stdout.take().context("it says nothing")?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            // What is within a test is indented.
            let line = line.trim_start();
            // Nobody may listen any more.
            let _ = tell.send((line.starts_with("ok "), line.starts_with("not ok ")));
        }
    });
    let end = Instant::now() + PATIENCE;
    let (mut passed, mut failed) = (false, false);
    while !(passed && failed) {
        match told.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(seen) => {
                passed |= seen.0;
                failed |= seen.1;
            }
            Err(RecvTimeoutError::Disconnected) => break,
            // A package that runs in circles is broken too.
            Err(RecvTimeoutError::Timeout) => {
                failed = true;
                break;
            }
        }
    }
    // It may have ended.
    let _ = tests.kill();
    tests.wait()?;
    Ok((passed, failed))
}
