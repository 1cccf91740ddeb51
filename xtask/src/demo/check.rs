//! `cargo xtask demo --check`: what a person would do in the demo, on every page,
//! and what the simulator's log must show of it.

mod faults;
mod looks;
mod pages;

use std::sync::mpsc::Receiver;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

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

/// A name and a number that only this run can have, so that nothing but the real way can bring
/// them to the page.
#[derive(Debug)]
struct Person {
    nick_name: String,
    digits: u32,
}

/// Runs all scenarios one after the other in Chromium, and the main path in Firefox.
pub fn run(page: &str, interrupted: &Receiver<()>) -> Result<()> {
    let programs = tools::browser()?;
    let firefox = tools::firefox()?;
    step("checking the pages in a headless Chromium");
    let simulator = Simulator {
        address: page.to_owned(),
    };
    let person = Person {
        nick_name: format!("用户{}", std::process::id()),
        digits: std::process::id() % 10_000,
    };
    let number = format!("1000000{:04}", person.digits);
    simulator.introduce(
        USER,
        &json!({ "nickName": person.nick_name, "phoneNumber": number }),
    )?;

    let mut trial = begin(Browser::start(&programs)?, "", page, interrupted)?;
    let outcome = all(&mut trial, &person, page);
    if outcome.is_err() {
        drop(trial.screenshot("failed"));
    }
    match (outcome, trial.browser.complaints()) {
        (Ok(()), complaints) => silent(&complaints?)?,
        // A page error explains a failure better than what it led to.
        (Err(error), Ok(complaints)) if !complaints.is_empty() => {
            let text = complaints.join("\n  ");
            bail!(error.context(format!("the browser's console says:\n  {text}")))
        }
        (Err(error), _) => return Err(error),
    }
    drop(trial);

    step("checking the main path in a headless Firefox");
    let mut trial = begin(
        Browser::start_firefox(&firefox)?,
        "firefox-",
        page,
        interrupted,
    )?;
    let outcome = pages::cold_start(&mut trial)
        .and_then(|bearer| pages::restart(&mut trial, &bearer))
        .and_then(|()| pages::stream(&mut trial, &person));
    if outcome.is_err() {
        drop(trial.screenshot("failed"));
    }
    outcome.context("in Firefox")
}

/// Opens the page.
fn begin<'a>(
    browser: Browser,
    pictures: &'static str,
    page: &str,
    interrupted: &'a Receiver<()>,
) -> Result<Trial<'a>> {
    let simulator = Simulator {
        address: page.to_owned(),
    };
    let looked_at = simulator.calls()?.len();
    browser.open(page)?;
    browser.enter_frame()?;
    Ok(Trial {
        browser,
        simulator,
        interrupted,
        looked_at,
        pictures,
    })
}

fn all(trial: &mut Trial, person: &Person, page: &str) -> Result<()> {
    let bearer = pages::cold_start(trial)?;
    pages::restart(trial, &bearer)?;
    pages::expired_and_offline(trial)?;
    pages::me(trial, person)?;
    pages::stream(trial, person)?;
    pages::timeline(trial)?;
    looks::all(trial)?;
    faults::all(trial)?;
    faults::without_the_simulator(trial)?;
    pages::english_and_macrotasks(trial, page)
}

fn silent(complaints: &[String]) -> Result<()> {
    let text = complaints.join("\n  ");
    ensure!(
        complaints.is_empty(),
        "expected a silent console, saw:\n  {text}"
    );
    Ok(())
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

/// The token that all these calls carry.
fn bearer_of(calls: &[Call]) -> Result<String> {
    let bearer = calls.first().and_then(|call| call.bearer.clone());
    let bearer = bearer.context("expected a Bearer token in a request, saw none")?;
    expect_bearer(calls, &bearer)?;
    Ok(bearer)
}

fn done(what: &str) {
    println!("  ok  {what}");
}
