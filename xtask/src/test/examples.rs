//! examples/: each is installed from its lock file with the package as it would be published, built
//! by the tool that its users build with, and run in the bare sandbox (tests/examples).

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{
    docs::blocks::{Block, blocks},
    pack,
};
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
    output: &'static str,
    /// Built too, before the example as it stands, to `name.VARIANT`.
    variants: &'static [Variant],
}

/// Changes to an example: in a file, of one text, to another.
type Variant = (
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
);

/// Taro's line for the helper.
const PLUGIN: &str = "  plugins: ['miniprogram-login/bundler'],\n";

/// The app brings the fallback.
const IMPORT: &str = "import { createWxp } from 'miniprogram-login'\n";
const IMPORT_BOTH: &str = "import { createWxp } from 'miniprogram-login'
import fallback from 'miniprogram-login-fallback'
";
const LOGIN: &str = "  login: {";
const LOGIN_FALLBACK: &str = "  fallback,\n  login: {";

const HELPER: &str = "miniprogramLogin()";
const IN_SUB: &str = "miniprogramLogin({ subpackage: 'sub' })";

const FRAMEWORKS: &[Framework] = &[
    Framework {
        name: "taro-react",
        output: "dist",
        variants: &[("without", &[("config/index.js", PLUGIN, "")])],
    },
    Framework {
        name: "taro-vue",
        output: "dist",
        variants: &[("without", &[("config/index.js", PLUGIN, "")])],
    },
    Framework {
        name: "mpx",
        output: "dist/wx",
        variants: &[
            ("without", &[("vue.config.js", HELPER, "")]),
            (
                "sub",
                &[
                    ("vue.config.js", HELPER, IN_SUB),
                    ("src/wxp.js", IMPORT, IMPORT_BOTH),
                    ("src/wxp.js", LOGIN, LOGIN_FALLBACK),
                ],
            ),
        ],
    },
    Framework {
        name: "uni-app-vue3",
        output: "dist/build/mp-weixin",
        variants: &[
            ("without", &[("vite.config.js", HELPER, "")]),
            (
                "sub",
                &[
                    ("vite.config.js", HELPER, IN_SUB),
                    ("src/wxp.ts", IMPORT, IMPORT_BOTH),
                    ("src/wxp.ts", LOGIN, LOGIN_FALLBACK),
                ],
            ),
        ],
    },
];

/// Those that DevTools builds.
const NATIVE: &[&str] = &["native-js", "native-ts", "plugin", "subpackage"];

/// Where they are built.
fn built() -> PathBuf {
    target().join("examples")
}

/// The pages whose blocks of code are the examples'.
const PAGES: &[&str] = &["frameworks.md", "subpackages.md"];

/// Builds and runs all.
pub fn run() -> Result<()> {
    for page in PAGES {
        quotes(&format!("docs/zh/{page}"))?;
        quotes(&format!("docs/en/{page}"))?;
    }
    fs::create_dir_all(built())?;
    let package = pack::packed(&built(), &build::pkg(), pack::MODULE)?;
    let fallback = pack::packed(&built(), &build::fallback(), "index.js")?;
    for name in NATIVE {
        install(name, &[&package])?;
    }
    for framework in FRAMEWORKS {
        install(framework.name, &[&package, &fallback])?;
    }
    println!("compiling {}", NATIVE.join(", "));
    two_at_once(NATIVE, |name| native(name).context(*name))?;
    quick_start(&package)?;
    let typescript = built().join("native-ts");
    output(node_tool("tsc").arg("--project").arg(typescript))?;
    two_at_once(FRAMEWORKS, |it| it.build().context(it.name))?;

    let unit_test = install("unit-test", &[&package])?;
    let mut test = command("npm");
    // Which newer Node.js has no longer by itself.
    test.current_dir(unit_test)
        .env("NODE_OPTIONS", "--test-reporter=tap");
    let told = output(test.arg("test"))?;
    if !told.contains("# pass 2\n") {
        bail!("two unit tests were expected to pass:\n{told}");
    }

    let files = listing(&root().join("tests/examples"), &[])?;
    let tests = files
        .iter()
        .filter(|f| f.to_string_lossy().ends_with(".test.mjs"));
    spawn(
        command("node")
            .args(["--test", "--test-reporter=spec"])
            .args(tests)
            .env("MINIPROGRAM_LOGIN_EXAMPLES", built()),
    )?;
    weigh()
}

/// The quick start, followed in a mini program that has nothing but an empty page.
fn quick_start(package: &Path) -> Result<()> {
    let dir = built().join("quick-start");
    recreate(&dir)?;
    fs::create_dir_all(dir.join("pages/home"))?;
    for (file, text) in [
        ("package.json", "{}"),
        ("app.json", r#"{ "pages": ["pages/home/home"] }"#),
        ("pages/home/home.json", "{}"),
        ("pages/home/home.wxml", "<view>{{name}}</view>"),
        (
            "project.config.json",
            r#"{ "appid": "wx0123456789abcdef", "compileType": "miniprogram", "miniprogramRoot": "./", "setting": { "es6": true, "enhance": true } }"#,
        ),
    ] {
        write(&dir.join(file), text)?;
    }

    let started = Instant::now();
    let mut install = command("npm");
    install.current_dir(&dir).args(["install", "--no-audit"]);
    output(install.args(["--no-fund", "--loglevel=error"]).arg(package))?;
    let mut files = Vec::new();
    // Both languages have the same code.
    for Block { code, .. } in blocks("docs/zh/quick-start.md")? {
        let named = code
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("// "));
        if let Some(file) = named.filter(|file| file.ends_with(".js")) {
            write(&dir.join(file), &code)?;
            files.push(file.to_owned());
        }
    }
    let out = dir.with_extension("compiled");
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    pack::compiled(&dir)?;
    println!(
        "the quick start: npm install, {}, build npm: {:.1} s of the machine's",
        files.join(", "),
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Each block of code of a page names its file after the language, and stands in it.
fn quotes(page: &str) -> Result<()> {
    for Block {
        line,
        language,
        code,
    } in blocks(page)?
    {
        let file = language.split_once(' ').map(|(_, file)| file);
        let file = file.with_context(|| format!("{page}:{line}: which file is this of?"))?;
        if !read(&root().join(file))?.contains(&code) {
            bail!("{page}:{line}: {file} has no such lines");
        }
    }
    Ok(())
}

/// Prints what the SDK's own files weigh in what was built; in a bundle, its module alone is known.
fn weigh() -> Result<()> {
    println!("{:>14} {:>9} {:>9}  bytes", "", "in all", "the SDK's");
    let natives = NATIVE
        .iter()
        .map(|name| (*name, format!("{name}.compiled/files")));
    let bundled = FRAMEWORKS
        .iter()
        .map(|it| (it.name, format!("{}/{}", it.name, it.output)));
    for (name, output) in natives.chain(bundled) {
        let (mut all, mut own) = (0, 0);
        let output = built().join(output);
        for file in listing(&output, &[])? {
            let bytes = fs::metadata(&file)?.len();
            if file.is_file() && file.extension().is_none_or(|e| e != "map") {
                all += bytes;
                let file = file.strip_prefix(&output)?;
                if file.components().any(|part| part.as_os_str() == NAME) {
                    own += bytes;
                }
            }
        }
        if own == 0 {
            bail!("{name}: nothing of the SDK in it");
        }
        println!("{name:>14} {all:>9} {own:>9}");
    }
    println!("(DevTools minifies on upload; in a bundle the SDK's JavaScript is among the app's)");
    Ok(())
}

/// More, and WeChat's compiler gives up its own processes on a busy machine.
fn two_at_once<T: Sync>(all: &[T], run: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let run = &run;
    std::thread::scope(|scope| {
        let lanes = [0, 1]
            .map(|lane| scope.spawn(move || all.iter().skip(lane).step_by(2).try_for_each(run)));
        for lane in lanes {
            lane.join()
                .unwrap_or_else(|_| bail!("the check itself failed"))?;
        }
        Ok(())
    })
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
    fn build(&self) -> Result<()> {
        let dir = built().join(self.name);
        for (variant, changes) in self.variants {
            let mut originals = Vec::new();
            for (file, from, to) in *changes {
                let file = dir.join(file);
                let text = read(&file)?;
                if text.matches(from).count() != 1 {
                    bail!("{} should say {from:?} once", file.display());
                }
                write(&file, text.replace(from, to))?;
                originals.push((file, text));
            }
            self.npm_run_build(variant)?;
            let out = built().join(format!("{}.{variant}", self.name));
            recreate(&out)?;
            fs::rename(dir.join(self.output), out)?;
            for (file, text) in originals.iter().rev() {
                write(file, text)?;
            }
        }
        self.npm_run_build("as it stands")
    }

    fn npm_run_build(&self, variant: &str) -> Result<()> {
        let started = Instant::now();
        let mut npm = command("npm");
        npm.current_dir(built().join(self.name)).env("CI", "true");
        output(npm.args(["run", "build"]))?;
        println!(
            "built {}, {variant}, {:.1} s",
            self.name,
            started.elapsed().as_secs_f64()
        );
        Ok(())
    }
}

/// An example as a reader gets it, with its packages; returns where it is.
fn install(name: &str, tarballs: &[&PathBuf]) -> Result<PathBuf> {
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
    let mut wanted = fs::read(dir.join("package-lock.json"))?;
    for tarball in tarballs {
        wanted.extend(fs::read(tarball)?);
    }
    let modules = dir.join("node_modules");
    let installed = modules.join(".installed-from");
    if fs::read(&installed).is_ok_and(|i| i == wanted) {
        return Ok(dir);
    }
    println!("installing the packages of examples/{name}/package-lock.json (a minute or less)");
    // npm would find the version that it is asked for there already.
    for old in [NAME.to_owned(), format!("{NAME}-fallback")] {
        let old = modules.join(old);
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
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
    output(
        command("npm")
            .current_dir(&dir)
            .args(install)
            .args(tarballs),
    )?;
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
    if lock.to_string().contains("\"resolved\"") {
        bail!(
            "package-lock.json should name no registry: npm has --omit-lockfile-registry-resolved"
        );
    }
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
