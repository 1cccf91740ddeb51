//! `cargo xtask test [STEP…]`: every check of the project, in order,
//! the first failure ending it. CI runs the same.

mod broken;
mod browser;
mod docs;
mod engines;
mod examples;
mod modules;
mod pack;
mod servers;
mod site;
mod typings;

use std::{path::Path, time::Instant};

use anyhow::{Result, bail};

use crate::{
    bench, build, demo,
    files::{LEFT, listing},
    sh::{command, root, run as spawn, target},
    tools,
};

pub use engines::{HOME as ENGINES, by_hand as engines};

/// A check and its name.
type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("tools", set_up),
    ("format", || {
        spawn(command("cargo").args(["fmt", "--all", "--check"]))
    }),
    ("clippy", clippy),
    ("licences, bans and sources", || {
        tools::deny()?;
        spawn(command("cargo-deny").args(["--workspace", "check", "licenses", "bans", "sources"]))
    }),
    ("documentation", documentation),
    ("native tests", || {
        spawn(command("cargo").args(["test", "--workspace", "--quiet"]))
    }),
    ("deployment", || {
        let built = target().join("deployment");
        spawn(
            command("miniprogram-demo/server/deploy/build.sh")
                .arg(&built)
                .env("PROFILE", "dev"),
        )?;
        spawn(command(built.join("backend")).arg("--version"))
    }),
    ("package", build::run),
    ("size and instruction count", bench::gate),
    ("tests in a browser", browser::run),
    ("package in a bare sandbox", || {
        sandbox(&build::pkg(), &build::fallback())
    }),
    ("broken packages", broken::run),
    ("typings", typings::run),
    ("documents for users", docs::run),
    ("package in bundles", modules::run),
    ("package in a fresh mini program", pack::run),
    ("examples", examples::run),
    ("package on engines of phones", engines::run),
    ("servers in other languages", servers::run),
    ("site", site::run),
    ("device checklist", || {
        demo::device::run(&["--check".into()])
    }),
    ("WXML and WXSS", || {
        ["miniprogram-demo/miniprogram", "tests/device/miniprogram"]
            .iter()
            .try_for_each(|dir| spawn(command("node").args(["xtask/js/wxml-check.cjs", dir])))
    }),
    ("demo", || demo::run(&["--check".into()])),
];

/// Runs the steps named in `args`, or all, and sees that they leave nothing behind.
pub fn run(args: &[String]) -> Result<()> {
    if let Some(unknown) = args
        .iter()
        .find(|a| STEPS.iter().all(|(name, _)| name != a))
    {
        let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
        bail!(
            "there is no step {unknown:?}; the steps are: {}",
            names.join(", ")
        );
    }
    let begun = Instant::now();
    let before = listing(&root(), LEFT)?;
    let mut passed = 0;
    for (name, step) in STEPS
        .iter()
        .filter(|(name, _)| args.is_empty() || args.iter().any(|a| a == name))
    {
        println!("── {name}");
        let started = Instant::now();
        if let Err(error) = step() {
            println!("{passed} passed, 1 failed");
            bail!("{name}: {error:#}");
        }
        println!("── {name}: ok, {:.1} s", started.elapsed().as_secs_f64());
        passed += 1;
    }
    let after = listing(&root(), LEFT)?;
    let left: Vec<_> = after.difference(&before).collect();
    if !left.is_empty() {
        println!("{passed} passed, 1 failed");
        bail!("left behind: {left:?}");
    }
    println!("── nothing left behind: ok");
    println!("── all in {:.0} s", begun.elapsed().as_secs_f64());
    println!("{} passed, 0 failed", passed + 1);
    Ok(())
}

fn set_up() -> Result<()> {
    tools::wasm()?;
    tools::node()?;
    let browser = tools::browser()?;
    println!(
        "{} with {}",
        browser.chromium.display(),
        browser.chromedriver.display()
    );
    println!("{}", tools::firefox()?.firefox.display());
    tools::javascript_core()?;
    tools::packages(engines::HOME)?;
    servers::set_up()?;
    tools::postgres()?;
    tools::deployment()
}

/// rustdoc without a warning: no broken link, nothing undocumented.
fn documentation() -> Result<()> {
    let doc = ["doc", "--workspace", "--no-deps", "--quiet"];
    spawn(
        command("cargo")
            .args(doc)
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    let wasm = [
        "--package",
        "miniprogram-login",
        "--target",
        "wasm32-unknown-unknown",
    ];
    spawn(
        command("cargo")
            .args(["doc", "--no-deps", "--quiet"])
            .args(wasm)
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

fn clippy() -> Result<()> {
    let deny = ["--quiet", "--", "-D", "warnings"];
    spawn(
        command("cargo")
            .args(["clippy", "--workspace", "--all-targets"])
            .args(deny),
    )?;
    let wasm = [
        "clippy",
        "--package",
        "miniprogram-login",
        "--all-targets",
        "--target",
        "wasm32-unknown-unknown",
    ];
    spawn(command("cargo").args(wasm).args(deny))
}

/// A package in a bare JavaScript context that has what WeChat has and nothing else.
fn sandbox(pkg: &Path, fallback: &Path) -> Result<()> {
    let files = std::fs::read_dir(root().join("tests/package"))?
        .filter_map(|entry| Some(entry.ok()?.path()));
    let mut tests: Vec<_> = files
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    tests.sort();
    if tests.is_empty() {
        bail!("tests/package has no *.test.mjs");
    }
    spawn(
        command("node")
            .arg("--test")
            .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
            // For other engines, to be compared with.
            .args(engines::reporter())
            .args(tests)
            .env("MINIPROGRAM_LOGIN_PKG", pkg)
            .env("MINIPROGRAM_LOGIN_FALLBACK", fallback),
    )
}
