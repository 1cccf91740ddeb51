//! examples/: each is installed from its lock file with the package as it would be published, built by
//! the tool that its users build with, and run in the bare sandbox (tests/examples).

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::pack;
use crate::{
    build,
    files::{listing, read, recreate, write},
    sh::{command, node_tool, output, root, run as spawn, target},
};

const NAME: &str = "miniprogram-login";

/// What a reader's own commands leave in an example.
const MADE: &[&str] = &["node_modules", "dist", "miniprogram_npm"];

/// An example that `npm run build` makes a mini program of.
struct Framework {
    name: &'static str,
    /// The file that names the helper, and what it says of it: without that there is no module.
    config: &'static str,
    helper: &'static str,
    output: &'static str,
}

const FRAMEWORKS: &[Framework] = &[
    Framework {
        name: "taro-react",
        config: "config/index.js",
        helper: "  plugins: ['miniprogram-login/bundler'],\n",
        output: "dist",
    },
    Framework {
        name: "taro-vue",
        config: "config/index.js",
        helper: "  plugins: ['miniprogram-login/bundler'],\n",
        output: "dist",
    },
    Framework {
        name: "uni-app-vue3",
        config: "vite.config.js",
        helper: ", miniprogramLogin()",
        output: "dist/build/mp-weixin",
    },
    Framework {
        name: "mpx",
        config: "vue.config.js",
        helper: "  configureWebpack: { plugins: [miniprogramLogin()] },\n",
        output: "dist/wx",
    },
];

/// Those that DevTools builds.
const NATIVE: &[&str] = &["native-js", "native-ts", "plugin", "subpackage"];

/// Where they are built.
fn built() -> PathBuf {
    target().join("examples")
}

/// Builds and runs all.
pub fn run() -> Result<()> {
    fs::create_dir_all(built())?;
    let tarball = pack::packed(&built(), &build::pkg(), pack::MODULE)?;
    for name in NATIVE {
        install(name, &tarball)?;
    }
    println!("compiling {}", NATIVE.join(", "));
    // Two at once, as pack.rs does.
    for pair in NATIVE.chunks(2) {
        std::thread::scope(|scope| {
            let runs: Vec<_> = pair
                .iter()
                .map(|name| (name, scope.spawn(|| native(name))))
                .collect();
            for (name, run) in runs {
                run.join()
                    .unwrap_or_else(|_| bail!("the check itself failed"))
                    .with_context(|| format!("examples/{name}"))?;
            }
            Ok::<_, anyhow::Error>(())
        })?;
    }
    let typescript = built().join("native-ts");
    output(node_tool("tsc").arg("--project").arg(typescript))?;

    for framework in FRAMEWORKS {
        install(framework.name, &tarball)?;
        framework.build().context(framework.name)?;
    }

    let unit_test = install("unit-test", &tarball)?;
    let told = output(command("npm").current_dir(unit_test).arg("test"))?;
    if !told.contains("# pass 2\n") {
        bail!("two unit tests were expected to pass:\n{told}");
    }

    let files = listing(&root().join("tests/examples"), &[])?;
    spawn(
        command("node")
            .args(["--test", "--test-reporter=spec"])
            .args(
                files
                    .iter()
                    .filter(|f| f.to_string_lossy().ends_with(".test.mjs")),
            )
            .env("MINIPROGRAM_LOGIN_EXAMPLES", built()),
    )
}

/// Compiles an example as DevTools does.
fn native(name: &str) -> Result<()> {
    let project = built().join(name);
    let out = project.with_extension("compiled");
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    pack::compiled(&project).map(drop)
}

impl Framework {
    /// Without the helper first, then as it stands.
    fn build(&self) -> Result<()> {
        let dir = built().join(self.name);
        let config = dir.join(self.config);
        let whole = read(&config)?;
        if whole.matches(self.helper).count() != 1 {
            bail!("{} should say {:?} once", self.config, self.helper);
        }
        println!("building {}, without the helper and with it", self.name);
        write(&config, whole.replace(self.helper, ""))?;
        self.npm_run_build()?;
        let without = built().join(format!("{}.without", self.name));
        recreate(&without)?;
        fs::rename(dir.join(self.output), without)?;
        write(&config, whole)?;
        self.npm_run_build()
    }

    fn npm_run_build(&self) -> Result<()> {
        let mut npm = command("npm");
        npm.current_dir(built().join(self.name)).env("CI", "true");
        output(npm.args(["run", "build"])).map(drop)
    }
}

/// An example as a reader gets it, with its packages; returns where it is.
fn install(name: &str, tarball: &Path) -> Result<PathBuf> {
    let dir = built().join(name);
    fs::create_dir_all(&dir)?;
    for entry in fs::read_dir(&dir)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            fs::remove_dir_all(path)?;
        } else if path.is_file() {
            fs::remove_file(path)?;
        }
    }
    let from = root().join("examples").join(name);
    for path in listing(&from, MADE)? {
        let to = dir.join(path.strip_prefix(&from)?);
        if path.is_dir() {
            fs::create_dir_all(to)?;
        } else {
            fs::copy(&path, to).with_context(|| path.display().to_string())?;
        }
    }
    names_this_version(&dir).with_context(|| format!("examples/{name}"))?;

    // What they were installed from lies beside the packages.
    let wanted = [fs::read(dir.join("package-lock.json"))?, fs::read(tarball)?].concat();
    let modules = dir.join("node_modules");
    let installed = modules.join(".installed-from");
    if fs::read(&installed).is_ok_and(|i| i == wanted) {
        return Ok(dir);
    }
    println!("installing the packages of examples/{name}/package-lock.json (a minute or less)");
    // npm would find the version that it is asked for there already.
    let old = modules.join(NAME);
    if old.exists() {
        fs::remove_dir_all(old)?;
    }
    // As its README says. `npm ci` takes no file.
    let install = [
        "install",
        "--no-save",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ];
    output(command("npm").current_dir(&dir).args(install).arg(tarball))?;
    for file in ["bundler/index.js", "esm/loader.js"] {
        if fs::read(modules.join(NAME).join(file))? != fs::read(build::pkg().join(file))? {
            bail!("npm did not install the package just built");
        }
    }
    write(&installed, wanted)?;
    Ok(dir)
}

/// What a reader copies names the version that it works with.
fn names_this_version(dir: &Path) -> Result<()> {
    let json = |file: &str| -> Result<Value> { Ok(serde_json::from_str(&read(&dir.join(file))?)?) };
    let (manifest, lock) = (json("package.json")?, json("package-lock.json")?);
    let version = env!("CARGO_PKG_VERSION");
    let packages = &lock["packages"];
    for (file, named) in [
        ("package.json", &manifest["dependencies"][NAME]),
        ("package-lock.json", &packages[""]["dependencies"][NAME]),
        (
            "package-lock.json",
            &packages[format!("node_modules/{NAME}")]["version"],
        ),
    ] {
        if named != version {
            bail!("{file} should name {NAME} {version}, it names {named}");
        }
    }
    Ok(())
}
