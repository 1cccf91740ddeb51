//! Deliberately broken cores: each file in `core` breaks one rule in a temporary copy of the
//! source, and the core's tests must fail on it. One that no longer applies,
//! or survives, is a failure.

#![cfg(not(target_arch = "wasm32"))] // `wasm-pack test` builds every test
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

mod format;

use format::Mutation;

/// What must notice, in two parts: the rules, which notice nearly all, and those scenarios of the
/// model that are over in a moment.
const PARTS: [&[&str]; 2] = [
    &["rules::"],
    &[
        "model_cold_burst",
        "model_logout_of_a_cold_start",
        "model_abort",
        "model_storage",
    ],
];

/// A core that runs in circles is broken too.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn every_mutation_is_caught() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mutations = Mutation::read_all(&root.join("tests/mutations/core")).unwrap();
    // First see that all still apply: that takes no time.
    for mutation in &mutations {
        broken(mutation, root);
    }
    let lanes = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4);
    let next = AtomicUsize::new(0);
    let survivors = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for lane in 0..lanes {
            let (mutations, next, survivors) = (&mutations, &next, &survivors);
            scope.spawn(move || {
                let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mutations-{lane}"));
                copy_of(root, &copy);
                let (program, _) = build(&copy).expect("the copy builds like the original");
                assert!(
                    passes(&program),
                    "the core's tests pass on the unbroken copy"
                );
                while let Some(mutation) = mutations.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !is_caught(mutation, root, &copy) {
                        survivors.lock().unwrap().push(&mutation.name);
                    }
                }
            });
        }
    });
    let survivors = survivors.into_inner().unwrap();
    println!(
        "{} of {} mutations caught",
        mutations.len() - survivors.len(),
        mutations.len()
    );
    assert!(survivors.is_empty(), "survived: {survivors:?}");
}

/// Breaks the copy, tries it, and mends it.
fn is_caught(mutation: &Mutation, root: &Path, copy: &Path) -> bool {
    let (name, file) = (&mutation.name, &mutation.head[0]);
    let started = Instant::now();
    let path = copy.join(file);
    fs::write(&path, broken(mutation, root)).unwrap();
    let caught = match build(copy) {
        Ok((_, true)) => panic!("{name}: cargo saw no change"),
        Ok((program, false)) => !passes(&program),
        Err(said) => panic!("{name} does not compile:\n{said}"),
    };
    fs::write(&path, fs::read(root.join(file)).unwrap()).unwrap();
    println!(
        "{name}: {} in {:.1?}",
        if caught { "caught" } else { "SURVIVED" },
        started.elapsed()
    );
    caught
}

/// The broken text of its file.
fn broken(mutation: &Mutation, root: &Path) -> String {
    let text = fs::read_to_string(root.join(&mutation.head[0]));
    mutation.apply(&text.unwrap()).unwrap()
}

/// A copy of the project that differs in `src` alone; all else is linked.
fn copy_of(root: &Path, copy: &Path) {
    fs::create_dir_all(copy.join("src")).unwrap();
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        let to = copy.join(&name);
        if name == "src"
            || name == "target"
            || name.to_string_lossy().starts_with(".git")
            || to.exists()
        {
            continue;
        }
        link(&entry.path(), &to);
    }
    fs::copy(root.join("Cargo.lock"), replaced(&copy.join("Cargo.lock"))).unwrap();
    copy_dir(&root.join("src"), &copy.join("src"));
}

/// The path, with the link that stood there removed.
fn replaced(path: &Path) -> &Path {
    // It may not be there.
    let _ = fs::remove_file(path);
    path
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) {
    std::os::unix::fs::symlink(from, replaced(to)).unwrap();
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) {
    if from.is_dir() {
        copy_dir(from, to);
    } else {
        fs::copy(from, to).unwrap();
    }
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &to);
        } else if fs::read(&to).ok() != fs::read(entry.path()).ok() {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// Builds the core's tests; gives the program and whether it was there already, or what the
/// compiler said. Nothing is optimised: it runs once.
fn build(copy: &Path) -> Result<(PathBuf, bool), String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "test",
        "--offline",
        "--test",
        "core",
        "--no-run",
        "--message-format",
        "json-render-diagnostics",
    ]);
    cargo.args([
        "--config",
        "profile.test.package.miniprogram-login.opt-level=0",
    ]);
    cargo
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .env("CARGO_PROFILE_TEST_DEBUG", "0")
        // CI turns it off, for builds that happen once; these differ in a line each.
        .env("CARGO_INCREMENTAL", "1")
        .current_dir(copy);
    let output = cargo.output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let messages = said
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut programs = messages.filter(|message| message["target"]["name"] == "core");
    let program = programs.find_map(|message| {
        let path = message["executable"].as_str()?;
        Some((PathBuf::from(path), message["fresh"] == true))
    });
    program.ok_or_else(|| format!("no program in: {said}"))
}

/// Whether the tests pass, in time.
fn passes(program: &Path) -> bool {
    PARTS.iter().all(|part| passes_part(program, part))
}

fn passes_part(program: &Path, part: &[&str]) -> bool {
    let mut tests = Command::new(program);
    tests
        .args(part)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = tests.spawn().unwrap();
    // Read aside, so that what it says does not hold it up.
    let mut said = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || said.read_to_end(&mut Vec::new()));
    let started = Instant::now();
    let passed = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status.success(),
            None if started.elapsed() > PATIENCE => {
                child.kill().unwrap();
                child.wait().unwrap();
                break false;
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    reader.join().unwrap().unwrap();
    passed
}
