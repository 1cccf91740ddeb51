//! The WASM side's own tests, in a headless Chromium: `wasm-pack test --headless --chrome`, which
//! anybody may run by hand where the tools are on PATH.

use anyhow::Result;

use crate::{
    sh::{command, run as spawn, target},
    tools,
};

/// Runs `wasm-pack test`.
pub fn run() -> Result<()> {
    let browser = tools::browser()?;
    // Chromium leaves megabytes behind, and a profile's remains in the home directory.
    let temp = tempfile::tempdir()?;
    // Generated, as it names this machine's browser.
    let webdriver = target().join("webdriver.json");
    std::fs::write(&webdriver, browser.capabilities()?.to_string())?;
    spawn(
        command("wasm-pack")
            .args(["test", "--headless", "--chrome", "--mode", "no-install"])
            .arg("--chromedriver")
            .arg(&browser.chromedriver)
            .args(["--", "--test", "web"])
            .envs(["TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"].map(|name| (name, temp.path())))
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", webdriver)
            // In s, for all tests together: a busy machine takes longer than the runner's 20.
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120"),
    )
}
