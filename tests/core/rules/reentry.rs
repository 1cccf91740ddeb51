//! Rule 20: the app's own functions (listeners, `log`) are entries of the queue, and may call in.

use std::cell::Cell;
use std::rc::Rc;

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::event::Event;
use serde_json::json;

use crate::calls::Settled;
use crate::harness::{App, Options, carried, secret};
use crate::wire::{failure, granted, login_code, response};
use crate::world::{CallId, Outcome, Step, World};

fn session_time_out() -> Outcome {
    let words = "checkSession:fail session time out, need relogin";
    Err(failure(words, None))
}

/// What the app does on its first login event.
fn on_login<T>(app: &App, act: impl Fn(&Rc<World>) -> T + 'static) {
    let first = Cell::new(true);
    app.listen(move |world, event| {
        if matches!(event, Event::Login { .. }) && first.replace(false) {
            act(world);
        }
    });
}

/// A call that the app makes when it first hears of this.
fn made_on(
    app: &App,
    is: impl Fn(&Event) -> bool + 'static,
    make: impl Fn(&Rc<World>) -> CallId + 'static,
) -> Rc<Cell<Option<CallId>>> {
    let made = Rc::new(Cell::new(None));
    let call = Rc::clone(&made);
    app.listen(move |world, event| {
        if is(event) && call.get().is_none() {
            call.set(Some(make(world)));
        }
    });
    made
}

fn is_error(event: &Event) -> bool {
    matches!(event, Event::Error { .. })
}

#[test]
fn rule_13_logout_in_a_login_listener_ends_it_for_good() {
    let app = App::new();
    let call = app.get();
    on_login(&app, World::logout);
    app.log_in("t1", None);
    // It was sent before the listener was told.
    app.reply(call, 401);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!((app.logins(), app.stored()), (1, None));
    app.assert_idle();
}

#[test]
fn rule_13_logout_in_a_login_listener_comes_after_a_phone_submit_that_waited() {
    let app = App::new();
    let call = app.phone("p1");
    on_login(&app, World::logout);
    app.log_in("t1", None);
    app.posted(200, None);
    assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    assert_eq!((app.logins(), app.stored()), (1, None));
    app.assert_idle();
}

#[test]
fn rule_20_a_logout_in_a_listener_is_told_after_the_login() {
    let app = App::new();
    app.ensure();
    on_login(&app, |world| {
        world.logout();
        let told = json!(*world.events.borrow());
        assert_eq!(told.as_array().map(Vec::len), Some(1), "the others wait");
    });
    app.log_in("t1", None);
    let told = json!(*app.events.borrow());
    assert_eq!(
        (&told[0]["type"], &told[1]["type"]),
        (&json!("login"), &json!("logout"))
    );
}

#[test]
fn rule_03_call_made_in_an_error_listener_tries_at_once() {
    let app = App::new();
    let call = app.get();
    let again = made_on(&app, is_error, |world| world.request("/home", false));
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
    app.get();
    let tapped = app.tap().unwrap();
    app.consent_of_a_user(tapped);
    made_on(&app, is_error, |world| world.request("/again", false));
    app.login_fails(failure("login:fail", None));
    app.check();
}

#[test]
fn rule_13_logout_when_the_restored_token_expires_starts_no_login() {
    let app = App::restored(&Options::usual(), &App::token("t0", None));
    let call = app.get();
    // The login is ordered before the listener hears of it, and cut off by what that does.
    app.listen(|world, event| {
        if let Event::Expired = event {
            world.logout();
        }
    });
    app.end(
        |step| matches!(step, Step::CheckSession),
        session_time_out(),
    );
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!(app.exchanges(), 0);
    app.assert_idle();
}

#[test]
fn rule_13_logout_in_the_log_after_a_rejected_code_ends_the_second_login() {
    let app = App::new();
    let call = app.get();
    app.log_to(|world, entry| {
        if entry.stage == Stage::Exchange {
            world.logout();
        }
    });
    app.login_gives("c1");
    app.exchange_gives(response(200, Some(40_029)));
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!(app.logins(), 1);
    app.assert_idle();
}

#[test]
fn rule_13_logout_and_new_call_in_one_listener_start_one_login() {
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
    app.end(
        |step| matches!(step, Step::CheckSession),
        session_time_out(),
    );
    app.log_in("t1", None);
    app.assert_idle();
}

#[test]
fn rule_13_taps_and_logouts_in_one_turn_start_one_login() {
    let app = App::new();
    app.instance.turn(|| {
        for _ in 0..3 {
            app.logout();
            assert!(app.tap().is_err());
        }
    });
    assert_eq!(app.logins(), 1);
    app.log_in("t1", None);
    app.assert_idle();
}

#[test]
fn rule_13_a_check_that_a_logout_in_the_same_turn_cuts_off_does_not_begin() {
    let app = App::restored(&Options::usual(), &App::token("t0", Some(1_000_000)));
    app.advance(950_000);
    let call = app.get();
    app.hide();
    app.advance(15_000);
    // The renewal waits for the app to be shown, and then the token is not as old as it seemed.
    app.skew.set(-500_000);
    app.instance.turn(|| {
        app.show();
        app.logout();
        app.ensure();
    });
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!(app.count(|step| matches!(step, Step::CheckSession)), 0);
    app.log_in("t1", None);
    app.assert_idle();
}

#[test]
fn rule_20_steps_that_answer_at_once_log_in_within_the_call() {
    let app = App::new();
    logs_in_at_once(&app);
    let call = app.get();
    app.reply(call, 200);
    assert_eq!(app.sent(call), carried(&["t9"]));
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
fn rule_20_a_login_that_fails_at_once_rejects_within_the_call() {
    let app = App::new();
    app.reflex(|_, step| {
        matches!(step, Step::Login { .. }).then(|| Err(failure("login:fail", None)))
    });
    for call in [app.get(), app.ensure()] {
        assert_eq!(app.code(call), Some(Code::LoginFailed));
    }
    app.assert_idle();
}

#[test]
fn rule_13_a_phone_code_does_not_cross_a_logout_in_the_turn_that_made_it() {
    let app = App::logged_in("t1", None);
    logs_in_at_once(&app);
    let call = app.instance.turn(|| {
        let call = app.phone("p1");
        app.logout();
        app.ensure();
        call
    });
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!(app.count(|step| matches!(step, Step::Post { .. })), 0);
    app.assert_idle();
}

/// From here on wx.login and the exchange answer inside the entry that starts them.
fn logs_in_at_once(app: &App) {
    app.reflex(|world, step| match step {
        Step::Login { .. } => Some(Ok(login_code(&secret("c9")))),
        Step::Exchange { .. } => Some(Ok(granted(&secret("t9"), None))),
        _ => world.storage_says(step),
    });
}

#[test]
fn rule_01_a_request_whose_token_is_over_when_the_check_ends_is_sent_once() {
    let app = App::restored(&Options::usual(), &App::token("t0", Some(3_000)));
    let call = app.get();
    logs_in_at_once(&app);
    // The check is silent until its deadline, and the token is over by then.
    app.advance(3_000);
    assert_eq!(app.sent(call), carried(&["t9"]));
}

#[test]
fn rule_09_a_replay_is_sent_before_the_listeners_hear_of_the_login() {
    let app = App::logged_in("t1", None);
    let refused = app.get();
    app.reply(refused, 401);
    let fresh = app.get();
    on_login(&app, World::logout);
    app.log_in("t2", None);
    assert_eq!((app.sent(refused).len(), app.sent(fresh).len()), (2, 1));
    app.reply(refused, 200);
    app.reply(fresh, 200);
    app.assert_idle();
}

#[test]
fn rule_03_a_call_in_a_listener_skips_the_cooldown_for_the_request_that_comes_after() {
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
    assert_eq!(app.code(call), Some(Code::LoginFailed), "it asked before");
    assert_eq!(app.sent(app.get()), carried(&["t9"]));
}

#[test]
fn rule_13_a_call_made_after_the_logout_is_not_ended_by_it() {
    let app = App::logged_in("t1", None);
    app.reflex(|_, step| {
        matches!(step, Step::Write { .. }).then(|| Err(failure("setStorage:fail", None)))
    });
    let made = made_on(&app, is_error, World::ensure);
    app.logout();
    let call = made.get().expect("the listener heard of the storage");
    assert_eq!(app.outcome(call), None, "it waits for its login");
    app.log_in("t2", None);
    assert_eq!(app.outcome(call), Some(Settled::Token(secret("t2"))));
}
