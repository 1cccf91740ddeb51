//! A headless browser, driven over WebDriver. The protocol is JSON over HTTP; what the check needs
//! of it, with Chromium's own commands for its console and for dark mode, is little.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

use crate::{
    sh::{Program, root},
    tools,
};

/// How long a page may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(15);

/// Identifies an element in WebDriver's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// What the drivers print before their port.
const STARTED: [&str; 2] = ["started successfully on port ", "Listening on 127.0.0.1:"];

/// One browser window; dropping it closes the browser.
#[derive(Debug)]
pub struct Browser {
    /// Held for its end.
    _driver: Program,
    /// What it shows itself on, if it can't do without.
    _display: Option<Display>,
    /// Goes once the driver has ended: browsers leave megabytes behind.
    _temp: TempDir,
    agent: Agent,
    session: String,
}

/// An X server that shows nothing to anybody; dropping it ends it.
#[derive(Debug)]
struct Display(Program);

impl Drop for Display {
    fn drop(&mut self) {
        // Asked to end, it takes along what it has in /tmp.
        let ask = format!("kill {}", self.0.0.id());
        if Command::new("sh").args(["-c", &ask]).status().is_ok() {
            drop(self.0.0.wait());
        }
    }
}

impl Browser {
    /// Starts Chromium with an empty profile.
    pub fn start(programs: &tools::Browser) -> Result<Self> {
        let mut wanted = programs.capabilities()?;
        wanted["goog:loggingPrefs"] = json!({ "browser": "ALL" });
        if let Some(args) = wanted["goog:chromeOptions"]["args"].as_array_mut() {
            args.push("--window-size=1200,1040".into());
        }
        let browser = Self::driven_by(Command::new(&programs.chromedriver), None, wanted)?;
        let touch =
            json!({ "cmd": "Emulation.setTouchEmulationEnabled", "params": { "enabled": true } });
        browser.post("/goog/cdp/execute", touch)?;
        Ok(browser)
    }

    /// Starts Firefox with an empty profile.
    pub fn start_firefox(programs: &tools::Firefox) -> Result<Self> {
        let options = json!({
            "binary": programs.firefox,
            "args": ["-headless", "-width", "1200", "-height", "1040"],
            "prefs": { "dom.w3c_touch_events.enabled": 1 },
        });
        Self::driven_by(
            Command::new(&programs.geckodriver),
            None,
            json!({ "moz:firefoxOptions": options }),
        )
    }

    /// Starts WebKitGTK with an empty profile, on a display that nobody sees: it has no headless mode.
    pub fn start_webkit(programs: &tools::WebKit) -> Result<Self> {
        let spawned = Command::new(&programs.xvfb)
            .args(["-displayfd", "1", "-nolisten", "tcp"])
            .args(["-screen", "0", "1200x1040x24"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut display = Display(Program(spawned.context("cannot start Xvfb")?));
        let number = display.0.says(PATIENCE, |line| line.parse::<u32>().ok());
        let number = number.context("Xvfb did not say which display it is")?;
        let mut command = Command::new(&programs.driver);
        command.env("DISPLAY", format!(":{number}"));
        // Its driver does not say which port it took.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut browser = Self::driven_by(command, Some(port), json!({}))?;
        browser._display = Some(display);
        Ok(browser)
    }

    /// Starts the driver, on a port of its choice where none is given, and its browser.
    fn driven_by(mut command: Command, port: Option<u16>, wanted: Value) -> Result<Self> {
        let temp = tempfile::tempdir().context("cannot make a temporary directory")?;
        let spawned = command
            .arg(format!("--port={}", port.unwrap_or_default()))
            // Pages that follow the language of the browser are the same everywhere.
            .env("LANGUAGE", "en")
            .env("LC_ALL", "C.UTF-8")
            .envs(["TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"].map(|name| (name, temp.path())))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let name = command.get_program().display();
        let mut driver = Program(spawned.with_context(|| format!("cannot start {name}"))?);
        let port = match port {
            Some(port) => {
                listening(port)?;
                port.to_string()
            }
            None => {
                let told = driver.says(PATIENCE, |line| {
                    let port = STARTED.iter().find_map(|said| line.split_once(said));
                    Some(port?.1.trim_end_matches('.').to_owned())
                });
                told.context("the browser's driver did not say on which port it is")?
            }
        };

        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false);
        let mut browser = Self {
            _driver: driver,
            _display: None,
            _temp: temp,
            agent: config.build().into(),
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let answer = browser
            .post("", json!({ "capabilities": { "alwaysMatch": wanted } }))
            .context("the browser does not start")?;
        let id = answer["sessionId"].as_str().context("no session")?;
        browser.session = format!("{}/{id}", browser.session);
        Ok(browser)
    }

    fn post(&self, command: &str, body: Value) -> Result<Value> {
        let url = format!("{}{command}", self.session);
        let mut answer: Value = self
            .agent
            .post(&url)
            .send_json(body)?
            .body_mut()
            .read_json()?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            None => Ok(value),
            Some(error) => bail!(
                "{error}: {}",
                value["message"]
                    .as_str()
                    .unwrap_or_default()
                    .lines()
                    .next()
                    .unwrap_or_default()
            ),
        }
    }

    /// Opens an address.
    pub fn open(&self, url: &str) -> Result<()> {
        self.post("/url", json!({ "url": url })).map(drop)
    }

    /// Goes on in the first frame of the window.
    pub fn enter_frame(&self) -> Result<()> {
        self.post("/frame", json!({ "id": 0 })).map(drop)
    }

    /// Goes on in the window itself.
    pub fn leave_frame(&self) -> Result<()> {
        self.post("/frame", json!({ "id": null })).map(drop)
    }

    /// The last visible element that matches (of several sheets, the one on top), scrolled to where it can be touched.
    fn element(&self, css: &str) -> Result<String> {
        let script = "const found = [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).pop(); found?.scrollIntoView({ block: 'center' }); return found";
        let found = self.script(script, json!([css]))?;
        Ok(found[ELEMENT].as_str().context("no element")?.to_owned())
    }

    /// Looks until it is so.
    pub fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        while !is_so(self)? {
            ensure!(begun.elapsed() < PATIENCE, "not seen: {what}");
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Runs a script in the page; what it returns.
    pub fn script(&self, script: &str, args: Value) -> Result<Value> {
        self.post("/execute/sync", json!({ "script": script, "args": args }))
    }

    /// Clicks with the mouse.
    pub fn click(&self, css: &str) -> Result<()> {
        let id = self.element(css)?;
        self.post(&format!("/element/{id}/click"), json!({}))
            .map(drop)
    }

    /// Taps with a finger; an error while something lies over the element, or it is disabled.
    pub fn tap(&self, css: &str) -> Result<()> {
        let id = self.element(css)?;
        let script = "const e = arguments[0], { left, top, width, height } = e.getBoundingClientRect(); return !e.hasAttribute('disabled') && e.contains(document.elementFromPoint(left + width / 2, top + height / 2))";
        let free = self.script(script, json!([{ ELEMENT: id }]))?;
        ensure!(free == true, "it can't be touched");
        let finger = json!([{ "type": "pointer", "id": "finger", "parameters": { "pointerType": "touch" },
            "actions": [
                { "type": "pointerMove", "duration": 0, "origin": { ELEMENT: id }, "x": 0, "y": 0 },
                { "type": "pointerDown", "button": 0 },
                { "type": "pointerUp", "button": 0 },
            ] }]);
        self.post("/actions", json!({ "actions": finger }))
            .map(drop)
    }

    /// Types into a field in place of what is in it.
    pub fn type_text(&self, css: &str, text: &str) -> Result<()> {
        let id = self.element(css)?;
        self.post(&format!("/element/{id}/clear"), json!({}))?;
        self.post(&format!("/element/{id}/value"), json!({ "text": text }))
            .map(drop)
    }

    /// Presses a key in the element: `\u{e007}` is Enter.
    pub fn press(&self, css: &str, key: &str) -> Result<()> {
        let id = self.element(css)?;
        self.post(&format!("/element/{id}/value"), json!({ "text": key }))
            .map(drop)
    }

    /// The visible text of all elements that match.
    pub fn texts(&self, css: &str) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).map(e => e.innerText.trim())";
        Ok(serde_json::from_value(self.script(script, json!([css]))?)?)
    }

    /// Switches between the light and the dark color scheme.
    pub fn color_scheme(&self, value: &str) -> Result<()> {
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        let command =
            json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.post("/goog/cdp/execute", command).map(drop)
    }

    /// Makes the window as wide as a phone of so many px.
    pub fn width(&self, px: u32) -> Result<()> {
        let params = json!({ "width": px, "height": 800, "deviceScaleFactor": 1, "mobile": true });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": params });
        self.post("/goog/cdp/execute", command).map(drop)
    }

    /// Lets the page's fonts and styles settle.
    fn settle(&self) -> Result<()> {
        let script = "const done = arguments[0]; document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(done)))";
        self.post("/execute/async", json!({ "script": script, "args": [] }))
            .map(drop)
    }

    /// Writes what the window shows.
    pub fn screenshot(&self, file: &Path) -> Result<()> {
        self.settle()?;
        self.picture("", file)
    }

    /// Writes what one element shows.
    pub fn screenshot_of(&self, css: &str, file: &Path) -> Result<()> {
        self.settle()?;
        let id = self.element(css)?;
        self.picture(&format!("/element/{id}"), file)
    }

    fn picture(&self, of: &str, file: &Path) -> Result<()> {
        let url = format!("{}{of}/screenshot", self.session);
        let answer: Value = self.agent.get(&url).call()?.body_mut().read_json()?;
        let png = BASE64.decode(answer["value"].as_str().context("no screenshot")?)?;
        fs::write(file, png).with_context(|| format!("cannot write {}", file.display()))
    }

    /// What axe-core finds against WCAG A and AA, one a line.
    pub fn axe(&self) -> Result<Vec<String>> {
        let source = root().join("xtask/node_modules/axe-core/axe.min.js");
        let source = fs::read_to_string(source).context("axe-core")?;
        self.script(&source, json!([]))?;
        let script = "const done = arguments[0]; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) => done(violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 150)} ${failureSummary}`))), error => done([String(error)]))";
        let found = self.post("/execute/async", json!({ "script": script, "args": [] }))?;
        Ok(serde_json::from_value(found)?)
    }

    /// An error where page or console have told of any since the last call.
    pub fn complains_of_nothing(&self) -> Result<()> {
        let complaints = self.complaints()?;
        ensure!(complaints.is_empty(), "{}", complaints.join("\n  "));
        Ok(())
    }

    /// Errors and warnings of page and console since the last call.
    pub fn complaints(&self) -> Result<Vec<String>> {
        let entries = self.post("/se/log", json!({ "type": "browser" }))?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let bad = entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        Ok(bad
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect())
    }
}

/// Waits until somebody listens there.
fn listening(port: u16) -> Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        ensure!(
            begun.elapsed() < PATIENCE,
            "the browser's driver does not listen on port {port}"
        );
        sleep(Duration::from_millis(50));
    }
    Ok(())
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closes Chromium; ChromeDriver alone would leave it running.
        drop(self.agent.delete(&self.session).call());
    }
}
