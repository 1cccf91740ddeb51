//! The app's own functions (listeners, `log`) run in the middle of the core's work and may call back.

use std::cell::Cell;

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::event::Event;
use miniprogram_login::platform::Profile;

use crate::calls::Settled;
use crate::fake::{Body, Outcome, Step};
use crate::harness::{App, Options, failure, granted, secret};

#[test]
fn rule_13_logout_in_a_login_listener_ends_it_for_good() {
    let app = App::new();
    let call = app.get();
    app.listen(|world, event| {
        if let Event::Login { .. } = event {
            world.logout();
        }
    });
    app.log_in("t1", None);
    // It was woken before the listener was told.
    app.reply(call, 401);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!(app.logins(), 1);
    assert_eq!(app.stored(), None);
    app.assert_idle();
}

#[test]
fn rule_13_logout_in_a_login_listener_ends_a_phone_submit_that_waited() {
    let app = App::new();
    let call = app.phone("p1");
    app.listen(|world, event| {
        if let Event::Login { .. } = event {
            world.logout();
        }
    });
    app.log_in("t1", None);
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!(app.logins(), 1);
    app.assert_idle();
}

#[test]
fn rule_03_call_made_in_an_error_listener_tries_at_once() {
    let app = App::new();
    let call = app.get();
    let again = std::rc::Rc::new(Cell::new(None));
    let made = std::rc::Rc::clone(&again);
    app.listen(move |world, event| {
        if matches!(event, Event::Error { .. }) && made.get().is_none() {
            made.set(Some(world.request("/home", false)));
        }
    });
    app.login_fails(failure("login:fail", None));
    assert_eq!(app.code(call), Some(Code::LoginFailed));
    let again = again.get().unwrap();
    assert_eq!(
        app.outcome(again),
        None,
        "it waits for the login that it caused"
    );
    app.log_in("t1", None);
    app.reply(again, 200);
    assert_eq!(app.outcome(again), Some(Settled::Response(200)));
    app.assert_idle();
}

#[test]
fn rule_07_a_login_caused_by_an_error_listener_does_not_cross_the_profile_submit() {
    let app = App::logged_in("t1", Some(100));
    app.advance(95_000);
    let call = app.get();
    let tapped = app.tap().unwrap();
    let profile = app.consent(Profile::default(), tapped);
    app.listen(move |world, event| {
        if matches!(event, Event::Error { .. }) {
            world.request("/again", false);
        }
    });
    app.login_fails(failure("login:fail", None));
    app.check();
    let _ = (call, profile);
}

#[test]
fn rule_13_logout_when_the_restored_token_expires_starts_no_login() {
    let app = App::restored(&Options::usual(), &App::token("t0", None));
    let call = app.get();
    app.listen(|world, event| {
        if let Event::Expired = event {
            world.logout();
        }
    });
    app.check_says(Err(failure(
        "checkSession:fail session time out, need relogin",
        None,
    )));
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!(app.logins(), 0);
    app.assert_idle();
}

#[test]
fn rule_13_logout_in_the_log_after_a_rejected_code_starts_no_second_login() {
    let app = App::new();
    let call = app.get();
    app.log_to(|world, entry| {
        if entry.stage == Stage::Exchange {
            world.logout();
        }
    });
    app.login_gives("c1");
    let rejected = miniprogram_login::token::Answer {
        body_code: Some(40029),
        ..granted(&secret("x"), None)
    };
    app.exchange_gives(rejected);
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!(app.logins(), 1);
    app.assert_idle();
}

#[test]
fn rule_13_logout_and_new_call_in_one_listener_fly_one_login() {
    let app = App::restored(&Options::usual(), &App::token("t0", None));
    app.get();
    app.listen(|world, event| {
        if let Event::Expired = event {
            world.logout();
            world.ensure();
            world.logout();
            world.ensure();
        }
    });
    app.check_says(Err(failure(
        "checkSession:fail session time out, need relogin",
        None,
    )));
    app.log_in("t1", None);
    app.assert_idle();
}

#[test]
fn rule_02_steps_that_answer_at_once_log_in_inside_the_call() {
    let app = App::new();
    app.reflex(|_, step| match step {
        Step::Login { .. } => Some(Outcome::Code(secret("c1"))),
        Step::Exchange { .. } => Some(Outcome::Exchanged(granted(&secret("t1"), None))),
        Step::Write { .. } => Some(Outcome::Done),
        _ => None,
    });
    let call = app.get();
    app.reply(call, 200);
    assert_eq!(app.sent(call), [Some("t1".to_string())]);
    app.assert_idle();
}

#[test]
fn rule_07_a_phone_code_logs_in_and_goes_where_all_answers_at_once() {
    let app = App::new();
    logs_in_at_once(&app);
    let call = app.phone("p1");
    app.posted(200, None);
    assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    app.assert_idle();
}

#[test]
fn rule_13_a_phone_code_does_not_cross_a_logout_that_a_listener_makes_while_it_asks() {
    let app = App::new();
    app.ensure();
    let phone = std::rc::Rc::new(Cell::new(None));
    let made = std::rc::Rc::clone(&phone);
    let stored = Cell::new(false);
    app.reflex(move |world, step| match step {
        // The token is stored before the listeners hear of the login.
        Step::Write { .. } => {
            if !stored.replace(true) {
                made.set(Some(world.phone("p1")));
            }
            Some(Outcome::Done)
        }
        Step::Login { .. } if stored.get() => Some(Outcome::Code(secret("c9"))),
        Step::Exchange { .. } if stored.get() => {
            Some(Outcome::Exchanged(granted(&secret("t9"), None)))
        }
        _ => None,
    });
    let heard = Cell::new(false);
    app.listen(move |world, event| {
        if matches!(event, Event::Login { .. }) && !heard.replace(true) {
            world.logout();
            world.ensure();
        }
    });
    app.log_in("t1", None);
    assert_eq!(
        app.code(phone.get().expect("it was made")),
        Some(Code::LoggedOut)
    );
    assert_eq!(app.count(|step| matches!(step, Step::Post { .. })), 0);
    app.assert_idle();
}

#[test]
fn rule_02_a_login_that_fails_at_once_rejects_inside_the_call() {
    let app = App::new();
    app.reflex(|_, step| {
        matches!(step, Step::Login { .. }).then(|| Outcome::Failed(failure("login:fail", None)))
    });
    for call in [app.get(), app.ensure()] {
        assert_eq!(app.code(call), Some(Code::LoginFailed));
    }
    app.assert_idle();
}

/// From here on wx.login and the exchange answer inside the call.
fn logs_in_at_once(app: &App) {
    app.reflex(|_, step| match step {
        Step::Login { .. } => Some(Outcome::Code(secret("c9"))),
        Step::Exchange { .. } => Some(Outcome::Exchanged(granted(&secret("t9"), None))),
        Step::Write { .. } => Some(Outcome::Done),
        _ => None,
    });
}

#[test]
fn rule_01_a_request_woken_while_it_asks_is_sent_once() {
    let app = App::restored(&Options::usual(), &App::token("t0", Some(3_000)));
    let call = app.get();
    logs_in_at_once(&app);
    // The check is silent until its deadline, and the token is over by then.
    app.advance(3_000);
    assert_eq!(app.sent(call), [Some("t9".to_string())]);
}

#[test]
fn rule_09_a_replay_is_sent_before_the_listeners_hear_of_the_login() {
    let app = App::logged_in("t1", None);
    let refused = app.get();
    app.reply(refused, 401);
    let fresh = app.get();
    app.listen(|world, event| {
        if let Event::Login { .. } = event {
            world.logout();
        }
    });
    app.log_in("t2", None);
    assert_eq!((app.sent(refused).len(), app.sent(fresh).len()), (2, 1));
    app.reply(refused, 200);
    app.reply(fresh, 200);
    app.assert_idle();
}

#[test]
fn rule_03_a_listener_that_logs_in_ends_the_cooldown_of_the_call_that_told_it() {
    let app = App::logged_in("t1", Some(100));
    app.advance(99_500);
    for _ in 0..2 {
        let call = app.get();
        app.login_fails(failure("login:fail", None));
        app.reply(call, 200);
    }
    app.advance(600);
    logs_in_at_once(&app);
    app.listen(|world, event| {
        if let Event::Expired = event {
            world.ensure();
        }
    });
    let call = app.get();
    assert_eq!(app.sent(call), [Some("t9".to_string())]);
}

#[test]
fn rule_13_a_call_made_after_the_logout_is_not_ended_by_it() {
    let app = App::logged_in("t1", None);
    app.reflex(|_, step| {
        matches!(step, Step::Write { .. })
            .then(|| Outcome::Failed(failure("setStorage:fail", None)))
    });
    let made = std::rc::Rc::new(Cell::new(None));
    let call = std::rc::Rc::clone(&made);
    app.listen(move |world, event| {
        if matches!(event, Event::Error { .. }) && call.get().is_none() {
            call.set(Some(world.ensure()));
        }
    });
    app.logout();
    let call = made.get().expect("the listener heard of the storage");
    assert_eq!(app.outcome(call), None, "it waits for its login");
    app.log_in("t2", None);
    assert_eq!(app.outcome(call), Some(Settled::Token(secret("t2"))));
}

#[test]
fn rule_19_phone_codes_go_in_the_order_in_which_they_came() {
    let app = App::new();
    for code in ["p1", "p2", "p3"] {
        app.phone(code);
    }
    app.log_in("t1", None);
    let started = app.started.borrow();
    let posted = started.iter().filter_map(|step| match step {
        Step::Post {
            body: Body::Phone(code),
            ..
        } => Some(code.as_str()),
        _ => None,
    });
    assert!(posted.eq(["p1", "p2", "p3"]));
}
