//! The typings, in projects laid out as those of users: with the types of wx from npm, with a copy
//! of them besides, and without them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};
use serde_json::json;

use crate::{
    build,
    files::{copy_tree, recreate, write},
    sh::{node_tool, output, root, run as spawn, target},
};

/// Where npm puts the types of wx, from a package.json.
const WX: &str = "node_modules/miniprogram-api-typings";

/// Compiles `tests/types` in each.
pub fn run() -> Result<()> {
    let wx = root().join("xtask").join(WX);
    println!("with the types of wx from npm");
    let npm = project("npm")?;
    copy_tree(&wx, &npm.join(WX))?;
    spawn(&mut compiler(&npm, false))?;

    // DevTools' TypeScript template has its copy there.
    println!("with a copy of them in typings/ besides");
    let vendored = project("vendored")?;
    copy_tree(&wx, &vendored.join(WX))?;
    copy_tree(&wx.join("types"), &vendored.join("typings/types"))?;
    spawn(&mut compiler(&vendored, true))?;
    // What index.d.ts says of the two would be idle otherwise.
    fails(&mut compiler(&vendored, false), "Cannot redeclare")?;

    // The tests would fail by what they name of wx themselves.
    println!("without them");
    let without = project("without")?;
    write(&without.join("tsconfig.json"), config(&["without/*.ts"]))?;
    fails(
        &mut compiler(&without, false),
        "Cannot find type definition file for 'miniprogram-api-typings'",
    )?;
    // The compiler says nothing of the package's own file then.
    fails(
        &mut compiler(&without, true),
        "does not exist on type '\"npm install miniprogram-api-typings",
    )
}

/// A project with the package installed and the tests as its sources.
fn project(name: &str) -> Result<PathBuf> {
    let dir = target().join("typings").join(name);
    recreate(&dir)?;
    copy_tree(&tests(), &dir)?;
    copy_tree(&build::pkg(), &dir.join("node_modules/miniprogram-login"))?;
    copy_tree(
        &build::fallback(),
        &dir.join("node_modules/miniprogram-login-fallback"),
    )?;
    write(
        &dir.join("tsconfig.json"),
        config(&["*.ts", "typings/**/*.ts"]),
    )?;
    Ok(dir)
}

fn tests() -> PathBuf {
    root().join("tests/types")
}

/// That of `tests/types`, but packages lie where npm puts them.
fn config(include: &[&str]) -> String {
    json!({
        "extends": tests().join("tsconfig.json"),
        "compilerOptions": { "baseUrl": ".", "paths": {}, "typeRoots": ["typings"] },
        "include": include,
    })
    .to_string()
}

fn compiler(project: &Path, skip_lib_check: bool) -> Command {
    let mut tsc = node_tool("tsc");
    tsc.arg("--project").arg(project).args([
        "--skipLibCheck",
        if skip_lib_check { "true" } else { "false" },
    ]);
    tsc
}

/// The compiler refuses the project, saying so.
fn fails(compiler: &mut Command, why: &str) -> Result<()> {
    match output(compiler) {
        Ok(_) => bail!("it compiles, and should not: {why}"),
        Err(error) if error.to_string().contains(why) => Ok(()),
        Err(error) => Err(error.context(format!("it should fail with {why:?}"))),
    }
}
