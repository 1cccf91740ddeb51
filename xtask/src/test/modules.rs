//! The packages as bundlers and compilers of TypeScript take them: `tests/modules`.

use anyhow::Result;

use crate::{
    build,
    files::{copy_tree, recreate},
    sh::{command, root, run as spawn, target},
    tools,
};

/// Where the bundlers are installed.
pub const HOME: &str = "tests/modules";

/// Runs them in a project where both packages are installed.
pub fn run() -> Result<()> {
    tools::packages(HOME)?;
    let project = target().join("modules");
    recreate(&project)?;
    for (package, name) in [
        (build::pkg(), "miniprogram-login"),
        (build::fallback(), "miniprogram-login-fallback"),
    ] {
        copy_tree(&package, &project.join("node_modules").join(name))?;
    }
    spawn(
        command("node")
            .arg("--test")
            .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
            .arg(root().join(HOME).join("modules.test.mjs"))
            .env("MINIPROGRAM_LOGIN_PROJECT", project),
    )
}
