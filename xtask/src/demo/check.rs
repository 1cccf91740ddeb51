//! `cargo xtask demo --check`: what a person would do in the demo, and what the simulator's log must show of it.

use std::{
    collections::HashSet,
    sync::mpsc::Receiver,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use serde_json::json;
use url::Url;

use super::{
    browser::Browser,
    dir,
    log::{Call, Simulator},
    step,
};
use crate::tools;

const PATIENCE: Duration = Duration::from_secs(10);
const USER: &str = "demo";

const LOGIN: &str = "/phone/login";
const EXCHANGE: &str = "/sns/jscode2session";
const EXCHANGE_CALL: &str = "POST /user/weixin-login";
const HOME: &str = "GET /user/home";

/// Runs all scenarios one after the other in one browser.
pub fn run(page: &str, programs: &tools::Browser, interrupted: &Receiver<()>) -> Result<()> {
    step("checking the page in a headless browser");
    let simulator = Simulator { address: page.to_owned() };
    // A name and a number that only this run can have, so that nothing but the real way can bring them to the page.
    let nick_name = format!("用户{}", std::process::id());
    let digits = std::process::id() % 10_000;
    simulator.introduce(USER, &json!({ "nickName": nick_name, "phoneNumber": format!("1000000{digits:04}") }))?;

    let browser = Browser::start(programs)?;
    browser.open(page)?;
    browser.enter_frame()?;
    let mut check = Check { browser, simulator, interrupted };
    let outcome = check.all(&nick_name, digits);
    if outcome.is_err() {
        drop(check.screenshot("failed"));
    }
    // A page error explains a failure better than what it led to.
    let complaints = check.browser.complaints().unwrap_or_default();
    match outcome {
        Ok(()) if complaints.is_empty() => Ok(()),
        Ok(()) => bail!("expected a silent console, saw:\n  {}", complaints.join("\n  ")),
        Err(error) if complaints.is_empty() => Err(error),
        Err(error) => Err(error.context(format!("the browser's console says:\n  {}", complaints.join("\n  ")))),
    }
}

struct Check<'a> {
    browser: Browser,
    simulator: Simulator,
    interrupted: &'a Receiver<()>,
}

impl Check<'_> {
    fn all(&mut self, nick_name: &str, digits: u32) -> Result<()> {
        let bearer = self.cold_start()?;
        self.restart(&bearer)?;
        self.refuse_profile()?;
        self.give_profile(nick_name, &bearer)?;
        self.give_phone(digits, &bearer)?;
        self.log_out(&bearer)
    }

    /// Ten requests at once without a session share one login. Returns the token's fingerprint.
    fn cold_start(&mut self) -> Result<String> {
        self.see(".status", "未登录")?;
        self.expect_calls("a start without a session", &[])?;
        self.screenshot("cold")?;

        self.tap(".ten")?;
        let names = self.eventually("ten names", |check| {
            let names = check.browser.texts(".chip")?;
            ensure!(names.len() == 10, "{}", check.whole_page()?);
            Ok(names)
        })?;
        let calls = self.finished_calls()?;
        let count = |what: &str| calls.iter().filter(|call| call.what() == what).count();
        for (what, expected) in [(LOGIN, 1), (EXCHANGE, 1), (EXCHANGE_CALL, 1), (HOME, 10)] {
            ensure!(count(what) == expected, "ten requests at once: expected {expected} × {what}, saw {}\n{}", count(what), list(&calls));
        }
        ensure!(calls.len() == 13, "ten requests at once: expected 13 calls, saw {}\n{}", calls.len(), list(&calls));

        let homes: Vec<&Call> = calls.iter().filter(|call| call.what() == HOME).collect();
        let bearers: HashSet<_> = homes.iter().map(|call| call.bearer.clone()).collect();
        let [Some(bearer)] = bearers.into_iter().collect::<Vec<_>>().try_into().unwrap_or([None]) else {
            bail!("expected one and the same Bearer token in ten requests, saw\n{}", list(&calls));
        };
        let exchange = calls.iter().find(|call| call.what() == EXCHANGE_CALL);
        ensure!(exchange.is_some_and(|call| call.bearer.is_none()), "expected no Bearer token in the exchange, saw\n{}", list(&calls));
        ensure!(homes.iter().all(|call| call.status == Some(200)), "expected ten answers 200, saw\n{}", list(&calls));

        let asked: HashSet<String> = homes.iter().filter_map(|call| name_asked(call.url.as_ref()?)).collect();
        let shown: HashSet<String> = names.iter().cloned().collect();
        ensure!(asked.len() == 10 && shown == asked, "expected the names of the ten requests {asked:?}, saw {shown:?}");
        self.see(".status", "已登录")?;
        self.screenshot("ten")?;
        done("ten requests at once: one wx.login, one jscode2session, one exchange, one token, ten names");
        Ok(bearer)
    }

    /// After a restart the stored token is used.
    fn restart(&mut self, bearer: &str) -> Result<()> {
        self.simulator.forget()?;
        self.browser.leave_frame()?;
        self.browser.click(".restart")?;
        self.browser.enter_frame()?;
        self.eventually("a page without the old names", |check| {
            let names = check.browser.texts(".chip")?;
            ensure!(names.is_empty(), "{names:?}");
            Ok(())
        })?;
        self.see(".status", "已登录")?;
        self.tap(".request1")?;
        self.see(".chip", "andying")?;
        self.expect_calls("the first request after a restart", &["/phone/checkSession", HOME])?;
        self.expect_bearer(HOME, bearer)?;
        done("restart: the stored token is used, no login");
        Ok(())
    }

    fn refuse_profile(&mut self) -> Result<()> {
        self.simulator.forget()?;
        self.tap(".profile")?;
        self.see(".host-consent-wants", "申请获取你的昵称、头像")?;
        self.screenshot("consent")?;
        self.tap(".host-deny")?;
        self.see(".error-title", "profile_denied · profile")?;
        let texts = self.browser.texts(".error-text")?;
        ensure!(texts.iter().any(|text| text.contains("auth deny")), "expected WeChat's \"auth deny\" in the error, saw {texts:?}");
        self.expect_calls("a refused profile", &["/phone/getUserProfile"])?;
        self.screenshot("denied")?;
        done("profile refused: the error is shown, nothing is sent");
        Ok(())
    }

    /// The name on the page is the one that the backend decrypted.
    fn give_profile(&mut self, nick_name: &str, bearer: &str) -> Result<()> {
        self.simulator.forget()?;
        self.see(".name", "尚未获取资料")?;
        self.tap(".profile")?;
        self.tap(".host-allow")?;
        self.see(".name", nick_name)?;
        self.expect_calls("a given profile", &["/phone/getUserProfile", "POST /user/profile"])?;
        self.expect_bearer("POST /user/profile", bearer)?;
        self.expect_no_error()?;
        self.screenshot("profile")?;
        self.browser.color_scheme("dark")?;
        self.screenshot("dark")?;
        self.browser.color_scheme("light")?;
        done("profile given: decrypted by the backend with the session of the first login, its name is on the page");
        Ok(())
    }

    fn give_phone(&mut self, digits: u32, bearer: &str) -> Result<()> {
        self.simulator.forget()?;
        self.tap(".phone")?;
        self.see(".host-title", "手机号登录")?;
        self.see(".number", "尚未绑定")?;
        self.tap("[data-page='pages/phone/phone'] .primary")?;
        self.tap(".host-allow")?;
        self.see(".number", &format!("+86 100****{digits:04}"))?;
        let expected = ["/phone/getPhoneNumber", "POST /user/phone", "/cgi-bin/stable_token", "/wxa/business/getuserphonenumber"];
        self.expect_calls("phone login", &expected)?;
        self.expect_bearer("POST /user/phone", bearer)?;
        self.screenshot("phone")?;
        self.tap(".host-back")?;
        self.see(".host-title", "登录演示")?;
        done("phone login: the backend got the number for the button's code, the page shows it masked");
        Ok(())
    }

    fn log_out(&mut self, bearer: &str) -> Result<()> {
        self.simulator.forget()?;
        self.tap(".logout")?;
        self.see(".status", "未登录")?;
        self.see(".name", "尚未获取资料")?;
        self.expect_calls("logout", &["POST /user/logout"])?;
        self.expect_bearer("POST /user/logout", bearer)?;
        self.screenshot("logout")?;

        self.simulator.forget()?;
        self.tap(".request2")?;
        self.see(".chip", "eva")?;
        self.expect_calls("the first request after a logout", &[LOGIN, EXCHANGE_CALL, EXCHANGE, HOME])?;
        let calls = self.simulator.calls()?;
        let renewed = calls.iter().any(|call| call.what() == HOME && call.bearer.as_deref().is_some_and(|new| new != bearer));
        ensure!(renewed, "expected a new Bearer token after a logout, saw the old one\n{}", list(&calls));
        self.expect_no_error()?;
        done("logout: told to the backend, the next request logs in anew");
        Ok(())
    }

    /// Exactly these calls, in this order, all answered and none failed but a refused consent.
    fn expect_calls(&mut self, when: &str, expected: &[&str]) -> Result<()> {
        let calls = self.finished_calls()?;
        let seen: Vec<String> = calls.iter().map(Call::what).collect();
        ensure!(seen == expected, "{when}: expected the calls {expected:?}, saw\n{}", list(&calls));
        let failed = calls.iter().find(|call| call.status.is_none_or(|status| status >= 400));
        ensure!(failed.is_none(), "{when}: expected every call answered with success, saw\n{}", list(&calls));
        Ok(())
    }

    fn expect_bearer(&self, what: &str, expected: &str) -> Result<()> {
        let calls = self.simulator.calls()?;
        let bearer = calls.iter().find(|call| call.what() == what).and_then(|call| call.bearer.as_deref());
        ensure!(bearer == Some(expected), "{what}: expected the Bearer token {expected}, saw {bearer:?}");
        Ok(())
    }

    fn expect_no_error(&self) -> Result<()> {
        let errors = self.browser.texts(".error")?;
        ensure!(errors.is_empty(), "expected no error on the page, saw {errors:?}");
        Ok(())
    }

    /// The log, once every call in it is answered.
    fn finished_calls(&mut self) -> Result<Vec<Call>> {
        self.eventually("an answer to every call", |check| {
            let calls = check.simulator.calls()?;
            ensure!(calls.iter().all(|call| call.status.is_some()), "\n{}", list(&calls));
            Ok(calls)
        })
    }

    /// Clicks the element as soon as it is there.
    fn tap(&mut self, css: &str) -> Result<()> {
        self.eventually(&format!("something to tap at {css}"), |check| check.browser.click(css))
    }

    /// Waits until the first visible element that matches has exactly this text.
    fn see(&mut self, css: &str, expected: &str) -> Result<()> {
        self.eventually(&format!("{expected:?} at {css}"), |check| {
            let texts = check.browser.texts(css)?;
            ensure!(texts.first().is_some_and(|text| text == expected), "{texts:?} on the page: {}", check.whole_page()?);
            Ok(())
        })
    }

    fn whole_page(&self) -> Result<String> {
        Ok(self.browser.texts("body")?.concat().replace('\n', " | "))
    }

    /// Asks again and again until it succeeds; otherwise the error says what was expected and what was seen last.
    fn eventually<T>(&mut self, expected: &str, ask: impl Fn(&Self) -> Result<T>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.interrupted.try_recv().is_ok() {
                bail!("interrupted");
            }
            match ask(self) {
                Ok(found) => return Ok(found),
                Err(seen) if Instant::now() > deadline => bail!("expected {expected} within {} s, saw: {seen:#}", PATIENCE.as_secs()),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    fn screenshot(&self, name: &str) -> Result<()> {
        self.browser.leave_frame()?;
        let taken = self.browser.screenshot(&dir().join(format!("{name}.png")));
        self.browser.enter_frame()?;
        taken
    }
}

fn done(what: &str) {
    println!("  ok  {what}");
}

/// The `name` in a URL's query.
fn name_asked(url: &Url) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == "name").map(|(_, name)| name.into_owned())
}

fn list(calls: &[Call]) -> String {
    let line = |call: &Call| {
        let status = call.status.map_or("…".to_owned(), |status| status.to_string());
        format!("  {} {status} {} {}", call.what(), call.bearer.as_deref().unwrap_or("-"), call.err_msg.as_deref().unwrap_or(""))
    };
    calls.iter().map(line).collect::<Vec<_>>().join("\n")
}
