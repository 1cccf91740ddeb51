//! The typings, in projects laid out as those of users: with the types of wx from npm, with a copy
//! of them besides, and without them; with the types of Taro and uni-app; by compilers old and new,
//! in every way in which they find a package.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, anyhow, bail};
use serde_json::json;

use super::modules;
use crate::{
    build,
    files::{copy_tree, recreate, write},
    sh::{command, node_tool, output, root, run as spawn, target},
    tools,
};

/// Where npm puts the types of wx, from a package.json.
const WX: &str = "node_modules/miniprogram-api-typings";

/// TypeScript's compilers: the oldest that the types are for, the one that the build uses, and the
/// newest; and how each finds a package: `module` with `moduleResolution`.
const COMPILERS: [(&str, &[(&str, &str)]); 3] = [
    (
        "tests/modules/node_modules/typescript-4.9",
        &[("commonjs", "node"), ("node16", "node16")],
    ),
    (
        "xtask/node_modules/typescript",
        &[
            ("commonjs", "node10"),
            ("esnext", "bundler"),
            ("node16", "node16"),
            ("nodenext", "nodenext"),
        ],
    ),
    (
        "tests/modules/node_modules/typescript-7",
        &[
            ("esnext", "bundler"),
            ("node16", "node16"),
            ("nodenext", "nodenext"),
        ],
    ),
];

/// Compiles `tests/types` in each.
pub fn run() -> Result<()> {
    tools::packages(modules::HOME)?;
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

    println!("with the types of Taro and uni-app");
    for framework in ["taro", "uni"] {
        let dir = project(framework)?;
        copy_tree(&wx, &dir.join(WX))?;
        for scope in ["@tarojs", "@dcloudio"] {
            let installed = Path::new("node_modules").join(scope);
            copy_tree(
                &root().join(modules::HOME).join(&installed),
                &dir.join(&installed),
            )?;
        }
        let file = format!("frameworks/{framework}.ts");
        write(&dir.join("tsconfig.json"), config(&[&file]))?;
        // Their own types name packages that only their apps have.
        spawn(compiler(&dir, true).arg("--esModuleInterop"))?;
    }

    for kind in ["commonjs", "module"] {
        every_way(kind, &wx)?;
    }

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

/// A project whose own files are modules of this kind, by each compiler in each of its ways.
fn every_way(kind: &str, wx: &Path) -> Result<()> {
    let compile = |(home, ways): &(&str, &[(&str, &str)])| -> Result<()> {
        for (module, resolution) in *ways {
            let name = Path::new(home).file_name().unwrap_or_default();
            let name = format!("{}-{resolution}-{kind}", name.to_string_lossy());
            let dir = project(&name)?;
            copy_tree(wx, &dir.join(WX))?;
            write(
                &dir.join("package.json"),
                json!({ "type": kind }).to_string(),
            )?;
            let options = json!({
                "target": "es2020", "lib": ["es2020"], "types": [], "strict": true, "noEmit": true,
                "module": module, "moduleResolution": resolution,
            });
            let config = json!({ "compilerOptions": options, "include": ["*.ts"] });
            write(&dir.join("tsconfig.json"), config.to_string())?;
            let mut tsc = command("node");
            tsc.arg(root().join(home).join("bin/tsc"))
                .arg("--project")
                .arg(&dir);
            output(&mut tsc).map_err(|e| e.context(name.clone()))?;
            println!("{name}: compiles");
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let runs = COMPILERS
            .iter()
            .map(|compiler| scope.spawn(|| compile(compiler)));
        for run in runs.collect::<Vec<_>>() {
            run.join()
                .map_err(|_| anyhow!("the check itself failed"))??;
        }
        Ok(())
    })
}

/// A project with the package installed and the tests as its sources.
fn project(name: &str) -> Result<PathBuf> {
    let dir = target().join("typings").join(name);
    recreate(&dir)?;
    copy_tree(&tests(), &dir)?;
    packages(&dir)?;
    write(
        &dir.join("tsconfig.json"),
        config(&["*.ts", "typings/**/*.ts"]),
    )?;
    Ok(dir)
}

/// The package, its fallback and the types of wx, where npm puts them in a project.
pub fn installed(project: &Path) -> Result<()> {
    packages(project)?;
    copy_tree(&root().join("xtask").join(WX), &project.join(WX))
}

fn packages(project: &Path) -> Result<()> {
    let modules = project.join("node_modules");
    copy_tree(&build::pkg(), &modules.join("miniprogram-login"))?;
    copy_tree(
        &build::fallback(),
        &modules.join("miniprogram-login-fallback"),
    )
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
