//! The package as a developer gets it: `npm pack`, `npm install` into a fresh mini program, "build
//! npm" and WeChat's compiler, with the plain and the minifying settings; then what the compiler
//! made of it, in the bare sandbox. And beside a mini program: the recipe for unit
//! tests.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    build,
    files::{copy_tree, read, recreate, write},
    sh::{command, node_tool, output, root, target},
};

/// Where "build npm" puts the package, and its fallback where an app has that too.
const INSTALLED: &str = "miniprogram_npm/miniprogram-login";
const FALLBACK: &str = "miniprogram_npm/miniprogram-login-fallback";
/// The module in what is published.
pub const MODULE: &str = "miniprogram_login.wasm.br";

/// What the compiler made of the package with these settings.
pub fn package(name: &str) -> PathBuf {
    target().join("pack").join(format!("{name}.package"))
}

/// What the compiler made of its fallback.
pub fn fallback(name: &str) -> PathBuf {
    target().join("pack").join(format!("{name}.fallback"))
}

/// Installs and compiles the package twice.
pub fn run() -> Result<()> {
    let dir = target().join("pack");
    recreate(&dir)?;
    let tarballs = [
        packed(&dir, &build::pkg(), MODULE)?,
        packed(&dir, &build::fallback(), "index.js")?,
    ];
    let plain = json!({ "es6": true, "enhance": true });
    let minifying = json!({
        "es6": true, "es7": true, "minify": true, "minifyJS": true, "minifyWXML": true, "minifyWXSS": true, "autoPrefixWXSS": true,
    });
    let settings = [("plain", plain), ("minifying", minifying)];
    // Two at once: each spends most of its time waiting for an answer of WeChat's servers that
    // it then does without. More, and the compiler gives up its own processes on a busy machine.
    for (kind, tarballs) in [("", &tarballs[..1]), ("-fallback", &tarballs[..])] {
        std::thread::scope(|scope| {
            let runs = settings.clone().map(|(name, setting)| {
                let project = dir.join(format!("{name}{kind}"));
                let run = scope.spawn(move || compile(&project, tarballs, setting));
                (name, run)
            });
            for (name, run) in runs {
                let ended = run
                    .join()
                    .unwrap_or_else(|_| bail!("the check itself failed"));
                ended.with_context(|| format!("the project {name}{kind}"))?;
                println!("compiled the project {name}{kind}");
            }
            Ok::<_, anyhow::Error>(())
        })?;
    }
    unit_tests(&dir.join("plain"))?;
    for (name, _) in settings {
        println!(
            "the tests of the package, on what the compiler made of it with the {name} settings"
        );
        let package = package(name);
        let compiled = dir.join(format!("{name}.compiled/files")).join(INSTALLED);
        as_package(&compiled, &package)?;
        fs::copy(
            compiled.join(MODULE),
            package.join(build::DIST).join(MODULE),
        )?;
        let compiled = dir.join(format!("{name}-fallback.compiled/files"));
        as_package(&compiled.join(FALLBACK), &fallback(name))?;
        super::sandbox(&package, &fallback(name))?;
    }
    Ok(())
}

/// The package's code as it runs in apps, which is ES5 of the compiler's making with helpers of
/// Babel's, as a package again.
fn as_package(compiled: &Path, package: &Path) -> Result<()> {
    let dist = package.join(build::DIST);
    recreate(&dist)?;
    output(
        node_tool("esbuild")
            .arg(compiled.join("index.js"))
            .args([
                "--bundle",
                "--format=cjs",
                "--platform=neutral",
                "--log-level=warning",
            ])
            .arg(format!("--outfile={}", dist.join("index.js").display())),
    )?;
    Ok(())
}

/// The recipe of docs/en/unit-tests.md, as it stands, in a project where the package is installed.
fn unit_tests(project: &Path) -> Result<()> {
    println!("the recipe for unit tests");
    let recipe = read(&root().join("docs/en/unit-tests.md"))?;
    let code = recipe
        .split_once("```js\n")
        .and_then(|(_, rest)| rest.split_once("```\n"))
        .context("docs/en/unit-tests.md has no block of JavaScript")?
        .0;
    let file = project.join("home.test.mjs");
    write(&file, code)?;
    let told = output(
        command("node")
            .args(["--test", "--test-reporter=tap"])
            .arg(&file),
    )?;
    if !told.contains("# pass 2\n") {
        bail!("two tests were expected to pass:\n{told}");
    }
    Ok(())
}

/// The file that would be published of a package with this code.
pub fn packed(dir: &Path, package: &Path, code: &str) -> Result<PathBuf> {
    let mut pack = command("npm");
    pack.args(["pack", "--json", "--loglevel=error", "--pack-destination"])
        .arg(dir)
        .arg(package);
    let printed: Value =
        serde_json::from_str(&output(&mut pack)?).context("npm pack --json printed no JSON")?;
    let files = printed[0]["files"]
        .as_array()
        .context("npm pack listed no files")?;
    // What bundlers take is modules.rs's to try.
    let mut names: Vec<&str> = files
        .iter()
        .filter_map(|f| f["path"].as_str())
        .filter(|name| !name.starts_with("esm/") && !name.starts_with("bundler/"))
        .collect();
    names.sort_unstable();
    let code = format!("{}/{code}", build::DIST);
    let mut expected = vec![
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "miniprogram_dist/index.d.ts",
        "miniprogram_dist/index.js",
        &code,
        "package.json",
    ];
    expected.dedup();
    if names != expected {
        bail!("the packed package should hold {expected:?}, it holds {names:?}");
    }
    let name = printed[0]["filename"].as_str();
    Ok(dir.join(name.context("npm pack named no file")?))
}

/// What "build npm" and WeChat's compiler make of a project.
pub fn compiled(project: &Path) -> Result<PathBuf> {
    let out = project.with_extension("compiled");
    output(
        command("node")
            .arg(root().join("xtask/host/compile.cjs"))
            .arg(project)
            .arg(&out),
    )?;
    Ok(out.join("files"))
}

/// A project that these packages are installed in.
fn compile(project: &Path, tarballs: &[PathBuf], setting: Value) -> Result<()> {
    copy_tree(&root().join("tests/pack/project"), project)?;
    let config = json!({ "appid": "wx0123456789abcdef", "compileType": "miniprogram", "miniprogramRoot": "./", "setting": setting });
    write(&project.join("project.config.json"), config.to_string())?;
    let install = [
        "install",
        "--offline",
        "--ignore-scripts",
        // The types of wx are for compilers of TypeScript, and not in npm's cache.
        "--legacy-peer-deps",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--loglevel=error",
    ];
    output(
        command("npm")
            .current_dir(project)
            .args(install)
            .args(tarballs),
    )?;

    let files = compiled(project)?;
    let compiled = files.join(INSTALLED);
    let shipped = fs::read(build::pkg().join("miniprogram_dist").join(MODULE))?;
    if fs::read(compiled.join(MODULE))
        .with_context(|| format!("the compiler's output has no {MODULE}"))?
        != shipped
    {
        bail!("the compiler changed {MODULE}");
    }
    let js = fs::read_to_string(compiled.join("index.js"))
        .context("the compiler's output has no index.js of the package")?;
    if !js.contains("createWxp") {
        bail!("the compiled package no longer exports createWxp");
    }
    // Who does not install it carries nothing of it.
    let fallback = files.join(FALLBACK);
    if fallback.exists() != (tarballs.len() > 1) {
        bail!(
            "the fallback should be in the output of a project that installs it, and in no other"
        );
    }
    Ok(())
}
