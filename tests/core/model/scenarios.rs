//! The small scenarios. Every order of what is in them is tried.

use miniprogram_login::error::Stage;

use super::explore;
use super::run::{Act, CALM, Heard, Scenario, Stored, Way};

const LOGIN: &[Way] = &[Way::Ok, Way::Fail, Way::Interrupted];
const EXCHANGE: &[Way] = &[Way::Ok, Way::Fail, Way::Rejected];
const CHECK: &[Way] = &[Way::Ok, Way::Fail, Way::Rejected];
const REPLY: &[Way] = &[Way::Status(200), Way::Status(401)];
const POST: &[Way] = &[
    Way::Status(200),
    Way::Status(401),
    Way::Status(409),
    Way::Fail,
];
const FAIL: &[Way] = &[Way::Ok, Way::Fail];

fn all_orders_of(scenario: Scenario) {
    let started = std::time::Instant::now();
    let (schedules, logins) = explore(&scenario);
    assert!(schedules > 1, "{}: nothing happened", scenario.name);
    println!(
        "{} (≤ {logins} logins): {schedules} schedules in {:.1?}",
        scenario.name,
        started.elapsed()
    );
}

#[test]
fn model_cold_burst() {
    all_orders_of(Scenario {
        name: "three callers, any login",
        actors: &[&[Act::Request, Act::Request, Act::Ensure]],
        login: LOGIN,
        exchange: EXCHANGE,
        faults: usize::MAX,
        max_logins: 6,
        ..CALM
    });
}

#[test]
fn model_stale_token() {
    all_orders_of(Scenario {
        name: "three callers, a stored token, any check, any login, 401s",
        stored: Stored::Fresh,
        actors: &[&[Act::Request, Act::Request, Act::Request]],
        check: CHECK,
        login: LOGIN,
        reply: REPLY,
        faults: 3,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_late_401() {
    all_orders_of(Scenario {
        name: "three requests, any of them refused, twice too",
        stored: Stored::Fresh,
        actors: &[&[Act::Request, Act::Request, Act::Request]],
        reply: REPLY,
        deadlines: false,
        max_logins: 3,
        ..CALM
    });
}

#[test]
fn model_logout_of_a_cold_start() {
    all_orders_of(Scenario {
        name: "two callers, any login, a logout",
        actors: &[&[Act::Request, Act::Ensure], &[Act::Logout]],
        login: LOGIN,
        exchange: EXCHANGE,
        faults: usize::MAX,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_logout_of_a_session() {
    all_orders_of(Scenario {
        name: "a stored token, two requests, 401s, two logouts",
        stored: Stored::Fresh,
        actors: &[&[Act::Request, Act::Request], &[Act::Logout, Act::Logout]],
        check: CHECK,
        reply: REPLY,
        faults: 3,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_abort() {
    all_orders_of(Scenario {
        name: "a stored token, two requests, 401s, aborts of both",
        stored: Stored::Fresh,
        actors: &[
            &[Act::Request, Act::Request],
            &[Act::Abort(0)],
            &[Act::Abort(1)],
        ],
        reply: REPLY,
        faults: 3,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_background() {
    all_orders_of(Scenario {
        name: "two callers, any login, the app hidden and shown, a logout",
        actors: &[
            &[Act::Request, Act::Request],
            &[Act::Hide, Act::Show],
            &[Act::Logout],
        ],
        login: FAIL,
        faults: 2,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_renewal_within_the_margin() {
    all_orders_of(Scenario {
        name: "an ageing token, two requests and a tap, any login",
        stored: Stored::Ageing,
        actors: &[&[Act::Request, Act::Request], &[Act::Tap]],
        login: LOGIN,
        post: POST,
        faults: 2,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_profile() {
    all_orders_of(Scenario {
        name: "a tap, a request that may be refused, a logout, any submit",
        stored: Stored::Fresh,
        actors: &[&[Act::Tap], &[Act::Request], &[Act::Logout]],
        check: CHECK,
        reply: REPLY,
        post: POST,
        faults: 3,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_phone() {
    all_orders_of(Scenario {
        name: "a phone code, a request that may be refused, a logout, any submit",
        stored: Stored::Fresh,
        actors: &[&[Act::Phone], &[Act::Request], &[Act::Logout]],
        check: CHECK,
        reply: REPLY,
        post: POST,
        faults: 3,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_cooldown() {
    all_orders_of(Scenario {
        name: "requests in a row whose logins fail, the network back, time passing",
        actors: &[
            &[Act::Request, Act::Request, Act::Request, Act::Request],
            &[Act::Online],
            &[Act::Pass(1_000)],
        ],
        login: FAIL,
        deadlines: false,
        max_logins: 4,
        ..CALM
    });
}

#[test]
fn model_storage() {
    all_orders_of(Scenario {
        name: "a storage that answers late, wrongly or never; login, logout, login",
        actors: &[&[Act::Request, Act::Logout, Act::Request]],
        write: FAIL,
        faults: 3,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_two_copies() {
    for stored in [Stored::Fresh, Stored::Ageing, Stored::Expired] {
        all_orders_of(Scenario {
            name: "two requests that may be refused, another copy that logs in, a storage that may fail",
            stored,
            actors: &[&[Act::Request, Act::Request], &[Act::Elsewhere]],
            reply: REPLY,
            read: FAIL,
            faults: 3,
            max_logins: 3,
            ..CALM
        });
    }
}

#[test]
fn model_two_copies_and_a_logout() {
    all_orders_of(Scenario {
        name: "a request that may be refused, another copy that logs in, a logout",
        stored: Stored::Fresh,
        actors: &[&[Act::Request], &[Act::Elsewhere], &[Act::Logout]],
        reply: REPLY,
        read: FAIL,
        write: FAIL,
        deadlines: false,
        faults: 2,
        max_logins: 3,
        ..CALM
    });
}

#[test]
fn model_own_logins() {
    for stored in [Stored::Nothing, Stored::Fresh] {
        all_orders_of(Scenario {
            name: "two logins of the app's own, a request, a logout",
            stored,
            actors: &[
                &[Act::LoginWith, Act::LoginWith],
                &[Act::Request],
                &[Act::Logout],
            ],
            login: FAIL,
            exchange: EXCHANGE,
            reply: REPLY,
            deadlines: false,
            faults: 1,
            max_logins: 9,
            ..CALM
        });
    }
}

#[test]
fn model_own_login_of_a_session() {
    all_orders_of(Scenario {
        name: "a login of the app's own, a tap, a request",
        stored: Stored::Ageing,
        actors: &[&[Act::LoginWith], &[Act::Tap], &[Act::Request]],
        reply: REPLY,
        deadlines: false,
        faults: 1,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_own_login_in_the_background() {
    all_orders_of(Scenario {
        name: "a login of the app's own, a request, the app hidden and shown",
        actors: &[&[Act::LoginWith, Act::Request], &[Act::Hide, Act::Show]],
        login: FAIL,
        faults: 1,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_given_token() {
    for stored in [Stored::Nothing, Stored::Fresh] {
        all_orders_of(Scenario {
            name: "a token that the app gives, at any moment of requests, submits and logins",
            stored,
            actors: &[
                &[Act::Request],
                &[Act::Phone, Act::LoginWith],
                &[Act::SetToken],
            ],
            reply: REPLY,
            deadlines: false,
            faults: 1,
            max_logins: 9,
            ..CALM
        });
    }
}

#[test]
fn model_given_token_and_a_logout() {
    all_orders_of(Scenario {
        name: "a token that the app gives, a tap, a logout, any submit",
        stored: Stored::Fresh,
        actors: &[&[Act::Tap], &[Act::SetToken], &[Act::Logout]],
        post: POST,
        write: FAIL,
        deadlines: false,
        faults: 2,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_clock() {
    all_orders_of(Scenario {
        name: "short tokens, the clock set forward and back, 401s",
        actors: &[
            &[Act::Request, Act::Request],
            &[Act::Jump(100_000), Act::Jump(-200_000)],
        ],
        reply: REPLY,
        life: Some(100),
        faults: 3,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_foreign() {
    all_orders_of(Scenario {
        name: "requests home and elsewhere, a logout",
        actors: &[&[Act::Foreign, Act::Request, Act::Foreign], &[Act::Logout]],
        login: FAIL,
        reply: REPLY,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_hooks() {
    all_orders_of(Scenario {
        name: "two callers, functions of the app in the exchange, a logout",
        actors: &[&[Act::Request, Act::Ensure], &[Act::Logout]],
        exchange: EXCHANGE,
        hooks: true,
        faults: 3,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_dispose() {
    all_orders_of(Scenario {
        name: "the end, at any moment of a session",
        stored: Stored::Fresh,
        actors: &[
            &[Act::Request, Act::Phone],
            &[Act::Tap],
            &[Act::Logout],
            &[Act::Dispose],
        ],
        reply: REPLY,
        deadlines: false,
        faults: 1,
        max_logins: 9,
        ..CALM
    });
}

#[test]
fn model_dispose_of_a_cold_start() {
    all_orders_of(Scenario {
        name: "the end, at any moment of a login",
        actors: &[
            &[Act::Request, Act::Ensure],
            &[Act::Logout],
            &[Act::Dispose],
        ],
        login: FAIL,
        write: FAIL,
        hooks: true,
        deadlines: false,
        faults: 1,
        max_logins: 9,
        ..CALM
    });
}

/// A session whose listeners, or whose `log`, do something once.
fn listening(heard: Heard, act: Act, at_once: bool) -> Scenario {
    Scenario {
        name: "a listener that calls back",
        stored: Stored::Fresh,
        actors: &[&[Act::Request, Act::Request], &[Act::Logout]],
        check: CHECK,
        login: FAIL,
        reply: REPLY,
        listener: Some((heard, act)),
        at_once,
        faults: 2,
        max_logins: 9,
        ..CALM
    }
}

#[test]
fn model_listeners_that_call_back() {
    let acts = [
        Act::Logout,
        Act::Request,
        Act::Ensure,
        Act::Phone,
        Act::Abort(0),
        Act::Dispose,
    ];
    for heard in [Heard::Login, Heard::Logout, Heard::Expired, Heard::Error] {
        for (act, at_once) in acts.into_iter().flat_map(|act| [(act, false), (act, true)]) {
            all_orders_of(listening(heard, act, at_once));
        }
    }
}

#[test]
fn model_a_log_that_calls_back() {
    const CALLS: &[&[Act]] = &[&[Act::Request, Act::Phone]];
    const TAP: &[&[Act]] = &[&[Act::Request], &[Act::Tap]];
    let stages = [
        (Stage::CheckSession, Stored::Fresh, CALLS),
        (Stage::Login, Stored::Nothing, CALLS),
        (Stage::Exchange, Stored::Nothing, CALLS),
        (Stage::Phone, Stored::Fresh, CALLS),
        (Stage::Profile, Stored::Fresh, TAP),
    ];
    let acts = [Act::Logout, Act::Request, Act::Abort(0), Act::Dispose];
    for (stage, stored, actors) in stages {
        for act in acts {
            all_orders_of(Scenario {
                name: "a log that calls back",
                stored,
                actors,
                faults: 1,
                ..listening(Heard::Log(stage), act, false)
            });
        }
    }
}

#[test]
fn model_answers_inside_the_call() {
    for stored in [
        Stored::Nothing,
        Stored::Fresh,
        Stored::Ageing,
        Stored::Expired,
    ] {
        all_orders_of(Scenario {
            name: "wx and the server answer at once",
            stored,
            actors: &[
                &[Act::Request, Act::Request],
                &[Act::Tap, Act::Phone],
                &[Act::Logout],
            ],
            reply: REPLY,
            post: &[Way::Status(200), Way::Status(401)],
            at_once: true,
            deadlines: false,
            faults: 1,
            max_logins: 9,
            ..CALM
        });
    }
}
