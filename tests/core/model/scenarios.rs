//! The small scenarios. Every order of what is in them is tried.

use super::explore;
use super::run::{Act, CALM, Scenario, Stored, Way};

const LOGIN: &[Way] = &[Way::Ok, Way::Fail];
const EXCHANGE: &[Way] = &[Way::Ok, Way::Fail, Way::Rejected];
const CHECK: &[Way] = &[Way::Ok, Way::Fail, Way::Rejected];
const REPLY: &[Way] = &[Way::Status(200), Way::Status(401)];

fn run(scenario: Scenario) {
    let started = std::time::Instant::now();
    let schedules = explore(&scenario);
    println!(
        "{}: {schedules} schedules, {:?}",
        scenario.name,
        started.elapsed()
    );
}

#[test]
fn cold_burst() {
    run(Scenario {
        name: "three callers, any login",
        actors: &[&[Act::Request, Act::Request, Act::Ensure]],
        login: LOGIN,
        exchange: EXCHANGE,
        max_logins: 6,
        ..CALM
    });
}

#[test]
fn stale_token() {
    run(Scenario {
        name: "two callers, a stored token that is refused, any login",
        stored: Stored::Fresh,
        actors: &[&[Act::Request, Act::Request]],
        check: CHECK,
        login: LOGIN,
        reply: REPLY,
        max_logins: 6,
        ..CALM
    });
}

#[test]
fn logout_at_any_point() {
    run(Scenario {
        name: "two callers, a logout",
        actors: &[&[Act::Request, Act::Ensure], &[Act::Logout]],
        login: LOGIN,
        exchange: EXCHANGE,
        max_logins: 6,
        ..CALM
    });
}
