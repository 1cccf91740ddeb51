//! Every button of the page "Break it": what each side shows, beside what it said beforehand.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{super::trial::Trial, LOGIN, done, silent};

const HANGS: &str = "✗ 三秒没有任何回答，一直等下去";
const SWALLOWED: &str = "✗ 得到 undefined，错误被吞掉";

/// A button, the text that it leads to, and how many popups and logins.
struct Act(&'static str, &'static str, usize, usize);

const SDK: &[Act] = &[
    Act("cold", "✓ HTTP 200 HTTP 200 HTTP 200", 0, 1),
    Act("revoked", "✓ HTTP 200", 0, 1),
    Act("session", "✓ HTTP 200, 微信会话有效", 0, 1),
    Act("slow", "✓ timeout, retryable", 0, 0),
    Act("down", "✓ network, retryable", 0, 0),
    Act("wechat", "✓ exchange_failed, retryable", 0, 1),
    Act("code", "✓ HTTP 200", 0, 2),
    Act("consent", "✓ profile_denied", 1, 0),
    Act("logout", "✓ 10 × logged_out, 退出后：未登录", 0, 1),
    Act("storage", "✓ HTTP 200", 0, 1),
    Act("trap", "✓ internal, HTTP 200", 0, 0),
];

const TUTORIAL: &[Act] = &[
    Act("cold", HANGS, 3, 1),
    Act("revoked", "✗ HTTP 401", 1, 1),
    Act("session", "✗ HTTP 200, 微信会话已失效", 1, 1),
    Act("slow", SWALLOWED, 1, 1),
    Act("down", SWALLOWED, 1, 1),
    Act("wechat", HANGS, 1, 1),
    Act("code", HANGS, 1, 1),
    Act("consent", HANGS, 1, 0),
    Act("logout", "✗ HTTP 200, 退出后：又登录了", 1, 1),
    Act("storage", "✗ HTTP 401", 0, 0),
    Act("trap", "✓ 教程的代码没有 WASM，不会有这种崩溃", 0, 0),
];

pub fn all(trial: &mut Trial) -> Result<()> {
    trial.tap(".host-tab-break")?;
    // Faster than any person taps: more calls a second than WeChat allows.
    trial.simulator.set(&json!({ "phoneCallsPerSecond": 0 }))?;
    for act in SDK {
        play(trial, act, "sdk")?;
    }
    silent(&trial.browser.complaints()?)?;
    done("Break it: with the SDK every fault ends in an answer or an error that says what to do");
    for act in TUTORIAL {
        play(trial, act, "tutorial")?;
    }
    trial.screenshot("break")?;
    let up = "document.querySelector('.host-page:not([hidden])').scrollTop = 0";
    trial.browser.script(up, json!([]))?;
    trial.browser.screenshot_of(
        ".host-page:not([hidden])",
        &super::super::dir().join("demo-break.png"),
    )?;
    trial.simulator.set(&json!({}))?;
    // What it throws where nobody catches it.
    let thrown = trial.browser.complaints()?;
    ensure!(
        thrown
            .iter()
            .any(|text| text.contains("authorizationToken")),
        "expected the tutorial's code to throw on an answer without a token, saw {thrown:?}"
    );
    done("Break it: the tutorial's code asks three times, hangs, swallows errors, loses the login");
    Ok(())
}

fn play(trial: &mut Trial, Act(id, expected, popups, logins): &Act, side: &str) -> Result<()> {
    trial.looked_at = trial.simulator.calls()?.len();
    trial.tap(&format!(".{id}-{side}"))?;
    let answer = if *id == "consent" {
        ".host-deny"
    } else {
        ".host-allow"
    };
    let asked = "[class~=host-consent]";
    let result = format!(".{id}-{side}-result");
    for nth in 0..*popups {
        trial.tap(answer)?;
        trial.eventually("one popup fewer", |trial| {
            let left = trial.browser.texts(asked)?.len();
            ensure!(left < popups - nth, "{left}");
            Ok(())
        })?;
        // Slowly, as a person: the first is logged in by then.
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    trial.see(&result, expected)?;
    let counts = trial
        .browser
        .texts(&format!("{result} + .result-counts"))?
        .concat();
    ensure!(
        counts.starts_with(&format!("{popups} 次弹窗 · {logins} 次 wx.login · ")),
        "{id} {side}: expected {popups} popups and {logins} logins, saw {counts:?}"
    );
    let calls = trial.simulator.calls()?.split_off(trial.looked_at);
    let seen = calls.iter().filter(|call| call.path == LOGIN).count();
    ensure!(
        seen == *logins,
        "{id} {side}: the page says {logins} logins, the simulator saw {seen}"
    );
    let faults = trial.simulator.faults()?;
    ensure!(faults == "[]", "{id} {side} left faults behind: {faults}");
    trial.looked_at += calls.len();
    Ok(())
}

/// In DevTools there is no simulator, and a button that needs it says so.
pub fn without_the_simulator(trial: &mut Trial) -> Result<()> {
    trial.beside(|panel| panel.click(".online"))?;
    trial.tap(".down-sdk")?;
    trial.see(
        ".down-sdk-result",
        "✗ 需要微信模拟器：请用 cargo xtask demo 打开，或启动 wechat-simulator。",
    )?;
    trial.beside(|panel| panel.click(".online"))?;
    trial.looked_at = trial.simulator.calls()?.len();
    done("Break it: without the simulator a button that needs it says so");
    Ok(())
}
