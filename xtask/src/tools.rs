//! The tools that build and tests need, set up on a fresh machine: each function installs what is
//! missing, says so, and is quick when everything is there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    files::recreate,
    sh::{command, output, root, run, target},
};

const WASM_PACK: &str = "0.15.1";
const CARGO_CYCLONEDX: &str = "0.5.9";
const CARGO_DENY: &str = "0.20.2";
const GECKODRIVER: &str = "0.37.1";
/// What the newest of the Node tools asks for.
const NODE: (u32, u32) = (20, 19);

/// The wasm32 target, wasm-pack, and the wasm-bindgen CLI of exactly the crate's version.
pub fn wasm() -> Result<()> {
    let libs = output(command("rustc").args([
        "--print",
        "target-libdir",
        "--target",
        "wasm32-unknown-unknown",
    ]))?;
    if !Path::new(libs.trim()).exists() {
        println!("installing the Rust target wasm32-unknown-unknown");
        run(command("rustup").args(["target", "add", "wasm32-unknown-unknown"]))?;
    }
    cargo_tool("wasm-pack", "wasm-pack", WASM_PACK)?;
    cargo_tool("wasm-bindgen-cli", "wasm-bindgen", &wasm_bindgen_version()?)
}

/// cargo-deny, which reads deny.toml.
pub fn deny() -> Result<()> {
    cargo_tool("cargo-deny", "cargo-deny", CARGO_DENY)
}

/// The version in Cargo.lock. Glue and module only fit together when the CLI's
/// version equals the crate's.
pub fn wasm_bindgen_version() -> Result<String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).context("Cargo.lock")?;
    lock.split_once("name = \"wasm-bindgen\"\nversion = \"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .context("Cargo.lock names no wasm-bindgen")
}

/// cargo-cyclonedx, which lists what a crate is made of.
pub fn cyclonedx() -> Result<()> {
    // It tells its version only as the command of cargo that it is.
    cargo_tool(
        "cargo-cyclonedx",
        "cargo-cyclonedx cyclonedx",
        CARGO_CYCLONEDX,
    )
}

/// Where Cargo keeps its crates.
pub fn cargo_home() -> Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => Ok(std::env::home_dir()
            .context("no home directory")?
            .join(".cargo")),
    }
}

fn cargo_tool(package: &str, program: &str, version: &str) -> Result<()> {
    let mut words = program.split(' ');
    let program = words.next().unwrap_or_default();
    let ask: Vec<&str> = words.chain(["--version"]).collect();
    let installed = || output(command(program).args(&ask)).unwrap_or_default();
    let is_it = |printed: &str| printed.split_whitespace().nth(1) == Some(version);
    if is_it(&installed()) {
        return Ok(());
    }
    println!("installing {package} {version} (compiles for some minutes, once)");
    let install = || {
        let mut cargo = command("cargo");
        cargo
            .args([
                "install",
                "--quiet",
                "--force",
                "--version",
                version,
                package,
                "--root",
            ])
            .arg(target().join("tools"))
            // The tools share much of what they are made of, and run for a second:
            // compile it once, and quickly.
            .arg("--target-dir")
            .arg(target().join("tools/build"))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "false");
        cargo
    };
    // Its own lock file is the safer choice, but a registry's mirror may not have each of
    // those exact versions yet.
    if output(install().arg("--locked")).is_err() {
        println!("not with the versions of its own lock file: with the newest that fit");
        run(&mut install())?;
    }
    let printed = installed();
    if !is_it(&printed) {
        bail!(
            "{program} {version} was installed, but running it prints {:?}",
            printed.trim()
        );
    }
    Ok(())
}

/// Node.js and the npm packages of xtask/package-lock.json.
pub fn node() -> Result<()> {
    let (major, minor) = NODE;
    let wanted = format!("Node.js {major}.{minor} or newer is needed");
    let printed = output(command("node").arg("--version"))
        .with_context(|| format!("{wanted}; it is not on PATH"))?;
    let mut numbers = printed.trim().trim_start_matches('v').split('.');
    let mut number = || numbers.next().and_then(|n| n.parse::<u32>().ok());
    let found = (number().unwrap_or_default(), number().unwrap_or_default());
    if found < NODE {
        bail!("{wanted}; this one is {}", printed.trim());
    }
    npm("xtask", &[])
}

/// The npm packages of the package-lock.json in `dir`, which need no scripts to be installed.
pub fn packages(dir: &str) -> Result<()> {
    npm(dir, &["--ignore-scripts"])
}

fn npm(dir: &str, more: &[&str]) -> Result<()> {
    // A copy of the lock file beside the packages tells which one they were installed from.
    let lock = fs::read(root().join(dir).join("package-lock.json"))?;
    let installed = root().join(dir).join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|i| i == lock) {
        return Ok(());
    }
    println!("installing the packages of {dir}/package-lock.json (a minute or two)");
    let ci = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    run(command("npm").args(ci).args(["--prefix", dir]).args(more))?;
    Ok(fs::write(installed, lock)?)
}

/// The browser and its driver.
#[derive(Debug)]
pub struct Browser {
    /// The Chromium executable.
    pub chromium: PathBuf,
    /// ChromeDriver of the same version.
    pub chromedriver: PathBuf,
}

impl Browser {
    /// What ChromeDriver is asked for: the switches of webdriver.json, and this browser.
    pub fn capabilities(&self) -> Result<Value> {
        let json = fs::read(root().join("webdriver.json")).context("webdriver.json")?;
        let mut capabilities: Value = serde_json::from_slice(&json).context("webdriver.json")?;
        capabilities["goog:chromeOptions"]["binary"] = json!(self.chromium);
        Ok(capabilities)
    }
}

/// Chromium and ChromeDriver: from CHROMIUM and CHROMEDRIVER, from PATH, or from apt.
pub fn browser() -> Result<Browser> {
    let find = || {
        let chromium = named_by("CHROMIUM").or_else(|| {
            ["chromium", "chromium-browser", "google-chrome"]
                .iter()
                .find_map(|n| on_path(n))
        });
        let chromedriver = named_by("CHROMEDRIVER").or_else(|| on_path("chromedriver"));
        Some(Browser {
            chromium: chromium?,
            chromedriver: chromedriver?,
        })
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    apt(&["chromium", "chromium-driver"])?;
    find().context("Chromium and ChromeDriver are needed: install them, or name them in CHROMIUM and CHROMEDRIVER")
}

/// Firefox and its driver.
#[derive(Debug)]
pub struct Firefox {
    /// The Firefox executable.
    pub firefox: PathBuf,
    /// geckodriver.
    pub geckodriver: PathBuf,
}

/// Firefox from FIREFOX, from PATH, or from apt; geckodriver from crates.io, as Debian has none.
pub fn firefox() -> Result<Firefox> {
    let find = || {
        let path = || ["firefox-esr", "firefox"].iter().find_map(|n| on_path(n));
        named_by("FIREFOX").or_else(path)
    };
    if find().is_none() {
        apt(&["firefox-esr"])?;
    }
    cargo_tool("geckodriver", "geckodriver", GECKODRIVER)?;
    Ok(Firefox {
        firefox: find().context("Firefox is needed: install it, or name it in FIREFOX")?,
        geckodriver: target().join("tools/bin/geckodriver"),
    })
}

/// WebKitGTK's driver, which knows its browser, and a display for that.
#[derive(Debug)]
pub struct WebKit {
    /// WebKitWebDriver.
    pub driver: PathBuf,
    /// Xvfb.
    pub xvfb: PathBuf,
}

/// WebKitGTK and Xvfb, from PATH or from apt.
pub fn webkit() -> Result<WebKit> {
    let find = || {
        Some(WebKit {
            driver: on_path("WebKitWebDriver")?,
            xvfb: on_path("Xvfb")?,
        })
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    apt(&["webkit2gtk-driver", "xvfb"])?;
    find().context(
        "WebKitGTK and Xvfb are needed: install them so that WebKitWebDriver and Xvfb are on PATH",
    )
}

/// JavaScriptCore's shell, which Debian packs under the version of its interface.
pub fn javascript_core() -> Result<()> {
    if on_path("jsc").is_some() {
        return Ok(());
    }
    apt(&["libjavascriptcoregtk-4.*-bin"])?;
    on_path("jsc")
        .map(drop)
        .context("JavaScriptCore's shell is needed: install it so that jsc is on PATH")
}

/// Python 3, which one of the example servers is written in.
pub fn python() -> Result<PathBuf> {
    if let Some(found) = on_path("python3") {
        return Ok(found);
    }
    apt(&["python3"])?;
    on_path("python3").context("Python 3 is needed: install it so that python3 is on PATH")
}

/// PostgreSQL's server programs, which the backend's tests start for themselves.
pub fn postgres() -> Result<()> {
    let there = || on_path("initdb").is_some() || !debian_postgres().is_empty();
    if !there() {
        apt(&["postgresql"])?;
    }
    if !there() {
        bail!("PostgreSQL is needed for the backend's tests: install it so that initdb is on PATH");
    }
    Ok(())
}

/// nginx, which the backend's tests put in front of it. Only unpacked: installed, Debian's would
/// begin to serve.
pub fn nginx() -> Result<()> {
    let unpacked = target().join("tools/bin/nginx");
    if unpacked.exists() || on_path("nginx").is_some() || Path::new("/usr/sbin/nginx").exists() {
        return Ok(());
    }
    println!("getting nginx from Debian's package");
    let dir = target().join("tools/nginx");
    recreate(&dir)?;
    let download = || {
        output(
            command("apt-get")
                .args(["-qq", "download", "nginx"])
                .current_dir(&dir),
        )
    };
    if download().is_err() {
        // Its lists may be old, or missing.
        let needed = "nginx is needed: install it so that nginx is on PATH";
        run(command("apt-get").args(["-qq", "update"])).context(needed)?;
        download().context(needed)?;
    }
    let package = fs::read_dir(&dir)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "deb"))
        .context("apt-get downloaded no package")?;
    run(command("dpkg-deb").arg("--extract").arg(package).arg(&dir))?;
    fs::create_dir_all(target().join("tools/bin"))?;
    // Whole or not at all.
    fs::rename(dir.join("usr/sbin/nginx"), unpacked)
        .context("Debian's package has no nginx in it: install nginx so that it is on PATH")
}

/// Programs that the backend's deployment and its tests need, under the names of their packages.
pub fn deployment() -> Result<()> {
    for (program, package) in [
        ("curl", "curl"),
        ("openssl", "openssl"),
        ("systemd-analyze", "systemd"),
    ] {
        if on_path(program).is_none() {
            apt(&[package])?;
        }
    }
    nginx()
}

/// Debian keeps them off PATH, one directory a version.
fn debian_postgres() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    versions
        .map(|v| v.path().join("bin/initdb"))
        .filter(|p| p.exists())
        .collect()
}

fn apt(packages: &[&str]) -> Result<()> {
    let root = output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || on_path("apt-get").is_none() {
        bail!(
            "missing: {}. As root: apt-get install {}",
            packages.join(" and "),
            packages.join(" ")
        );
    }
    println!("installing with apt: {}", packages.join(" "));
    run(command("apt-get").args(["-qq", "update"]))?;
    let install = ["-qq", "install", "-y", "--no-install-recommends"];
    run(command("apt-get")
        .args(install)
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

fn named_by(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join(program))
        .find(|p| p.is_file())
}
