//! The WASM side's own tests, in a headless Chromium.

use anyhow::Result;
use serde_json::json;

use crate::{
    sh::{command, run as spawn, target},
    tools,
};

/// Runs `wasm-pack test`.
pub fn run() -> Result<()> {
    let browser = tools::browser()?;
    // Chromium leaves megabytes behind.
    let temp = tempfile::tempdir()?;
    // Generated, as it names this machine's browser. The switches keep Chromium from calling home
    // at every start, and let it run as root.
    let capabilities = json!({ "goog:chromeOptions": {
        "binary": browser.chromium,
        "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
        ],
    } });
    let webdriver = target().join("webdriver.json");
    std::fs::write(&webdriver, serde_json::to_string_pretty(&capabilities)?)?;
    spawn(
        command("wasm-pack")
            .args([
                "test",
                "--headless",
                "--chrome",
                "--mode",
                "no-install",
                "--chromedriver",
            ])
            .arg(browser.chromedriver)
            .args(["--", "--test", "web"])
            .env("TMPDIR", temp.path())
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", webdriver),
    )
}
