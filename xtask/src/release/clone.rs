//! A clean checkout, and what is made in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use super::ready;
use crate::{
    files::read,
    sh::{command, output, root, run},
    tools,
};

/// The Node tools of the build.
const NODE_MODULES: &str = "xtask/node_modules";

/// The parts list's own name for the crate.
const PARTS: &str = "miniprogram-login.cdx.json";

/// A clone of the repository; dropping it removes it.
#[derive(Debug)]
pub struct Checkout {
    /// Outside of the repository, whose .cargo/config.toml would count there twice.
    _temp: TempDir,
    path: PathBuf,
    /// Cargo's directory, where it is not the usual one.
    home: Option<PathBuf>,
}

impl Checkout {
    /// The commit `head`, in a directory of this name.
    pub fn of(head: &str, name: &str) -> Result<Self> {
        let temp = tempfile::tempdir().context("cannot make a temporary directory")?;
        let path = temp.path().canonicalize()?.join(name);
        let clone = ["clone", "--quiet", "--shared", "--no-checkout"];
        run(command("git").args(clone).arg(root()).arg(&path))?;
        let checkout = ["checkout", "--quiet", "--detach", head];
        run(command("git").arg("-C").arg(&path).args(checkout))?;
        // The same lock file has the same packages.
        link(&root().join(NODE_MODULES), &path.join(NODE_MODULES))?;
        Ok(Self {
            _temp: temp,
            path,
            home: None,
        })
    }

    /// The same, as on the machine of somebody whose crates lie elsewhere.
    pub fn elsewhere(head: &str, name: &str) -> Result<Self> {
        let mut clone = Self::of(head, name)?;
        let home = clone.path.with_file_name("cargo-of-somebody-else");
        fs::create_dir(&home)?;
        // What a build needs of it, and no credentials.
        let usual = tools::cargo_home()?;
        for name in ["registry", "git", "bin", "config.toml"] {
            if usual.join(name).exists() {
                link(&usual.join(name), &home.join(name))?;
            }
        }
        clone.home = Some(home);
        Ok(clone)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Both packages, in its pkg/ and pkg-fallback/.
    pub fn build(&self) -> Result<()> {
        run(self.cargo().args(["xtask", "build"]))?;
        for (dir, package) in [
            ("pkg", "miniprogram-login"),
            ("pkg-fallback", "miniprogram-login-fallback"),
        ] {
            let manifest = read(&self.path.join(dir).join("package.json"))?;
            let manifest: Value = serde_json::from_str(&manifest).context(package)?;
            ready::versions(package, &manifest, env!("CARGO_PKG_VERSION"))?;
        }
        Ok(())
    }

    /// The crate's archive, copied to `dir`; cargo builds what is in it.
    pub fn crate_archive(&self, dir: &Path) -> Result<()> {
        run(self
            .cargo()
            .args(["package", "--quiet", "--package", "miniprogram-login"]))?;
        let name = concat!("miniprogram-login-", env!("CARGO_PKG_VERSION"), ".crate");
        fs::copy(self.path.join("target/package").join(name), dir.join(name))
            .with_context(|| format!("cargo package made no {name}"))?;
        Ok(())
    }

    /// The crates in the module, with version, licence and checksum, in CycloneDX. The npm packages
    /// bring no other.
    pub fn parts(&self) -> Result<String> {
        let time = ["-C", ".", "log", "-1", "--format=%ct"];
        let time = output(command("git").current_dir(&self.path).args(time))?;
        run(self
            .cargo()
            .args(["cyclonedx", "--quiet", "--format", "json"])
            .args([
                "--spec-version",
                "1.5",
                "--target",
                "wasm32-unknown-unknown",
            ])
            .args(["--no-build-deps", "--override-filename"])
            .arg(PARTS.trim_end_matches(".json"))
            .env("SOURCE_DATE_EPOCH", time.trim()))?;
        let parts = read(&self.path.join(PARTS))?;
        // The checkout stays clean.
        fs::remove_file(self.path.join(PARTS))?;
        // The crate's own place is no part of it.
        Ok(parts.replace(&format!("file://{}", self.path.display()), "file://."))
    }

    fn cargo(&self) -> Command {
        let mut cargo = command("cargo");
        cargo.current_dir(&self.path).env_remove("CARGO_TARGET_DIR");
        if let Some(home) = &self.home {
            cargo.env("CARGO_HOME", home);
        }
        cargo
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> Result<()> {
    std::os::unix::fs::symlink(from, to)
        .with_context(|| format!("cannot link to {}", from.display()))
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> Result<()> {
    crate::files::copy_tree(from, to)
}
