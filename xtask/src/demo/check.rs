//! `cargo xtask demo --check`: what a person would do in the demo,
//! and what the simulator's log must show of it.

use std::{collections::BTreeSet, sync::mpsc::Receiver};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use url::Url;

use super::{
    browser::Browser,
    log::{Call, Simulator},
    step,
    trial::{Trial, list},
};
use crate::tools;

const USER: &str = "demo";

const LOGIN: &str = "/phone/login";
const EXCHANGE: &str = "/sns/jscode2session";
const EXCHANGE_CALL: &str = "POST /user/weixin-login";
const HOME: &str = "GET /user/home";

/// Runs all scenarios one after the other in one browser.
pub fn run(page: &str, programs: &tools::Browser, interrupted: &Receiver<()>) -> Result<()> {
    step("checking the page in a headless browser");
    let simulator = Simulator {
        address: page.to_owned(),
    };
    // A name and a number that only this run can have, so that nothing but the real way can
    // bring them to the page.
    let nick_name = format!("用户{}", std::process::id());
    let digits = std::process::id() % 10_000;
    simulator.introduce(
        USER,
        &json!({ "nickName": nick_name, "phoneNumber": format!("1000000{digits:04}") }),
    )?;

    let browser = Browser::start(programs)?;
    browser.open(page)?;
    browser.enter_frame()?;
    let mut trial = Trial {
        browser,
        simulator,
        interrupted,
        looked_at: 0,
    };
    let outcome = all(&mut trial, &nick_name, digits);
    if outcome.is_err() {
        drop(trial.screenshot("failed"));
    }
    match (outcome, trial.browser.complaints()) {
        (Ok(()), complaints) => {
            let complaints = complaints?;
            let text = complaints.join("\n  ");
            ensure!(
                complaints.is_empty(),
                "expected a silent console, saw:\n  {text}"
            );
            Ok(())
        }
        // A page error explains a failure better than what it led to.
        (Err(error), Ok(complaints)) if !complaints.is_empty() => {
            let text = complaints.join("\n  ");
            Err(error.context(format!("the browser's console says:\n  {text}")))
        }
        (Err(error), _) => Err(error),
    }
}

fn all(trial: &mut Trial, nick_name: &str, digits: u32) -> Result<()> {
    let bearer = cold_start(trial)?;
    restart(trial, &bearer)?;
    refuse_profile(trial)?;
    give_profile(trial, nick_name, &bearer)?;
    give_phone(trial, digits, &bearer)?;
    log_out(trial, &bearer)
}

/// Ten requests at once without a session share one login. Returns the token's fingerprint.
fn cold_start(trial: &mut Trial) -> Result<String> {
    trial.see(".status", "未登录")?;
    trial.expect_calls("a start without a session", &[])?;
    trial.screenshot("cold")?;

    trial.tap(".ten")?;
    let names = trial.eventually("ten names", |trial| {
        let names = trial.browser.texts(".chip")?;
        ensure!(names.len() == 10, "{}", trial.whole_page()?);
        Ok(names)
    })?;
    let expected = [[LOGIN, EXCHANGE_CALL, EXCHANGE].as_slice(), &[HOME; 10]].concat();
    let calls = trial.expect_calls("ten requests at once", &expected)?;
    let (login, homes) = calls.split_at(3);
    let exchange_carries = login[1].bearer.as_deref();
    ensure!(
        exchange_carries.is_none(),
        "expected no Bearer token in the exchange, saw {exchange_carries:?}"
    );
    let bearer = homes[0].bearer.clone();
    let bearer = bearer.context("expected a Bearer token in a request, saw none")?;
    expect_bearer(homes, &bearer)?;

    let asked: BTreeSet<String> = homes
        .iter()
        .filter_map(|call| name_asked(call.url.as_ref()?))
        .collect();
    let shown: BTreeSet<String> = names.iter().cloned().collect();
    ensure!(
        asked.len() == 10 && shown == asked,
        "expected the names of the ten requests {asked:?}, saw {shown:?}"
    );
    trial.see(".status", "已登录")?;
    trial.screenshot("ten")?;
    done(
        "ten requests at once: one wx.login, one jscode2session, one exchange, one token, ten names",
    );
    Ok(bearer)
}

/// After a restart the stored token is used.
fn restart(trial: &mut Trial, bearer: &str) -> Result<()> {
    trial.browser.leave_frame()?;
    trial.browser.click(".restart")?;
    trial.browser.enter_frame()?;
    trial.eventually("a page without the old names", |trial| {
        let names = trial.browser.texts(".chip")?;
        ensure!(names.is_empty(), "{names:?}");
        Ok(())
    })?;
    trial.see(".status", "已登录")?;
    trial.tap(".request1")?;
    trial.see(".chip", "andying")?;
    let calls = trial.expect_calls(
        "the first request after a restart",
        &["/phone/checkSession", HOME],
    )?;
    expect_bearer(&calls[1..], bearer)?;
    done("restart: the stored token is used, no login");
    Ok(())
}

fn refuse_profile(trial: &mut Trial) -> Result<()> {
    trial.tap(".profile")?;
    trial.see(".host-consent-wants", "申请获取你的昵称、头像")?;
    trial.screenshot("consent")?;
    trial.tap(".host-deny")?;
    trial.see(".error-title", "profile_denied · profile")?;
    let texts = trial.browser.texts(".error-text")?;
    ensure!(
        texts.iter().any(|text| text.contains("auth deny")),
        "expected WeChat's \"auth deny\" in the error, saw {texts:?}"
    );
    trial.expect_calls("a refused profile", &["/phone/getUserProfile fails"])?;
    trial.screenshot("denied")?;
    done("profile refused: the error is shown, nothing is sent");
    Ok(())
}

/// The name on the page is the one that the backend decrypted.
fn give_profile(trial: &mut Trial, nick_name: &str, bearer: &str) -> Result<()> {
    trial.see(".name", "尚未获取资料")?;
    trial.tap(".profile")?;
    trial.tap(".host-allow")?;
    trial.see(".name", nick_name)?;
    let calls = trial.expect_calls(
        "a given profile",
        &["/phone/getUserProfile", "POST /user/profile"],
    )?;
    expect_bearer(&calls[1..], bearer)?;
    trial.expect_no_error()?;
    trial.screenshot("profile")?;
    trial.browser.color_scheme("dark")?;
    trial.screenshot("dark")?;
    trial.browser.color_scheme("light")?;
    done(
        "profile given: decrypted by the backend with the session of the first login, its name is on the page",
    );
    Ok(())
}

fn give_phone(trial: &mut Trial, digits: u32, bearer: &str) -> Result<()> {
    trial.tap(".phone")?;
    trial.see(".host-title", "手机号登录")?;
    trial.see(".number", "尚未绑定")?;
    trial.tap("[data-page='pages/phone/phone'] .primary")?;
    trial.tap(".host-allow")?;
    trial.see(".number", &format!("+86 100****{digits:04}"))?;
    let expected = [
        "/phone/getPhoneNumber",
        "POST /user/phone",
        "/cgi-bin/stable_token",
        "/wxa/business/getuserphonenumber",
    ];
    let calls = trial.expect_calls("phone login", &expected)?;
    expect_bearer(&calls[1..2], bearer)?;
    trial.screenshot("phone")?;
    trial.tap(".host-back")?;
    trial.see(".host-title", "登录演示")?;
    done("phone login: the backend got the number for the button's code, the page shows it masked");
    Ok(())
}

fn log_out(trial: &mut Trial, bearer: &str) -> Result<()> {
    trial.tap(".logout")?;
    trial.see(".status", "未登录")?;
    trial.see(".name", "尚未获取资料")?;
    let calls = trial.expect_calls("logout", &["POST /user/logout"])?;
    expect_bearer(&calls, bearer)?;
    trial.screenshot("logout")?;

    // Without a session the tap is not spent on a consent that nothing could be done with.
    trial.tap(".profile")?;
    trial.see(".error-title", "not_logged_in · profile")?;
    trial.see(".status", "已登录")?;
    trial.expect_calls(
        "a tap on the profile button without a session",
        &[LOGIN, EXCHANGE_CALL, EXCHANGE],
    )?;
    trial.screenshot("not-logged-in")?;

    trial.tap(".request2")?;
    trial.see(".chip", "eva")?;
    let calls = trial.expect_calls("the first request with the new session", &[HOME])?;
    let renewed = calls[0].bearer.as_deref().is_some_and(|new| new != bearer);
    ensure!(
        renewed,
        "expected a new Bearer token after a logout, saw\n{}",
        list(&calls)
    );
    trial.expect_no_error()?;
    done(
        "logout: told to the backend; a profile tap without a session logs in silently and asks nothing",
    );
    trial.expect_calls("the end", &[]).map(drop)
}

fn expect_bearer(calls: &[Call], expected: &str) -> Result<()> {
    let all = calls
        .iter()
        .all(|call| call.bearer.as_deref() == Some(expected));
    ensure!(
        all,
        "expected the Bearer token {expected}, saw\n{}",
        list(calls)
    );
    Ok(())
}

fn done(what: &str) {
    println!("  ok  {what}");
}

/// The `name` in a URL's query.
fn name_asked(url: &Url) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == "name")
        .map(|(_, name)| name.into_owned())
}
