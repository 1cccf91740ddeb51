//! Rule 9, its second half: two copies of the package in one app, or two programs, on one record.

use miniprogram_login::config::Config;
use miniprogram_login::error::Code;
use miniprogram_login::event::Event;
use miniprogram_login::token::{Record, Token};
use serde_json::json;

use crate::calls::Settled;
use crate::harness::{App, Options, carried, secret};
use crate::json::Json;
use crate::wire::failure;
use crate::world::{EPOCH, Outcome, Step, World};

fn is_read(step: &Step) -> bool {
    matches!(step, Step::Read { .. })
}

fn is_write(step: &Step) -> bool {
    matches!(step, Step::Write { .. })
}

fn logins_heard(app: &App) -> usize {
    let events = app.events.borrow();
    let logins = events
        .iter()
        .filter(|event| matches!(event, Event::Login { .. }));
    logins.count()
}

/// The token that the storage holds.
fn held(app: &World) -> Option<String> {
    let record = Record::read(&*app.storage.borrow())?;
    Some(record.token.replace(&secret(""), ""))
}

#[test]
fn rule_09_a_login_of_another_copy_is_taken_over_instead_of_ours() {
    let app = App::logged_in("t1", None);
    let (call, other) = (app.get(), app.get());
    app.other_copy_logs_in(&App::token("t2", None));
    app.reply(call, 401);
    app.reply(other, 401);
    assert_eq!(app.sent(call), carried(&["t1", "t2"]));
    assert_eq!(app.sent(other), carried(&["t1", "t2"]));
    assert_eq!((app.logins(), logins_heard(&app)), (1, 2));
    assert_eq!(app.count(is_write), 1, "what it found stays as it is");
    app.reply(call, 200);
    app.reply(other, 200);
    assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    app.assert_idle();
}

#[test]
fn rule_09_a_refused_token_is_never_taken_up_again() {
    let app = App::logged_in("t1", None);
    app.other_copy_logs_in(&App::token("t2", None));
    let call = app.get();
    app.reply(call, 401);
    app.reply(call, 200);
    let call = app.get();
    app.reply(call, 401);
    assert_eq!(held(&app), None, "it still held what ended");
    app.log_in("t3", None);
    app.reply(call, 200);
    // The other copy writes what it still takes for good.
    for old in ["t1", "t2"] {
        app.other_copy_logs_in(&App::token(old, None));
        let call = app.get();
        app.reply(call, 401);
        let fresh = format!("after-{old}");
        app.log_in(&fresh, None);
        assert_eq!(app.sent(call)[1], Some(fresh));
        app.reply(call, 200);
    }
}

/// Else each login of a long life would leave something behind.
#[test]
fn rule_09_the_last_thirty_two_tokens_that_ended_are_remembered() {
    let app = App::logged_in("t0", None);
    let refused_then = |fresh: &str| {
        let call = app.get();
        app.reply(call, 401);
        app.log_in(fresh, None);
        app.reply(call, 200);
    };
    for n in 1..=32 {
        refused_then(&format!("t{n}"));
    }
    app.other_copy_logs_in(&App::token("t1", None));
    refused_then("u");
    app.other_copy_logs_in(&App::token("t0", None));
    let call = app.get();
    app.reply(call, 401);
    assert_eq!(app.sent(call), carried(&["u", "t0"]));
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_09_a_refusal_of_what_was_taken_over_logs_in() {
    let app = App::logged_in("t1", None);
    let call = app.get();
    app.reply(call, 200);
    app.other_copy_logs_in(&App::token("t2", None));
    let (call, late) = (app.get(), app.get());
    app.reply(call, 401);
    app.reply(call, 401);
    assert_eq!(
        app.outcome(call),
        Some(Settled::Response(401)),
        "once more, not twice"
    );
    app.reply(late, 401);
    assert_eq!(
        app.sent(late),
        carried(&["t1", "t2"]),
        "which is still the current one"
    );
    app.reply(late, 200);
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t3", None);
    assert_eq!(app.sent(call), carried(&["t2", "t3"]));
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_09_nothing_is_written_before_the_record_is_read() {
    let app = App::logged_in("t1", Some(100));
    app.reflex(|_, _| None);
    app.advance(100_000);
    let call = app.get();
    assert_eq!((app.count(is_write), app.logins()), (1, 1));
    app.end(is_read, Ok(Json(json!(""))));
    assert_eq!(app.count(is_write), 1, "there is nothing to remove");
    app.log_in("t2", None);
    assert_eq!(app.sent(call), carried(&["t2"]));
    app.reply(call, 200);
}

#[test]
fn rule_09_a_record_is_left_alone_unless_it_holds_what_ended() {
    let config = Options::usual()
        .read()
        .expect("the usual options are right");
    let record = |token: &Token, config: &Config| Json(json!(Record::new(token, &config.binding)));
    let elsewhere = Options::usual()
        .set("login.url", "/login2")
        .read()
        .expect("as right");
    let old = Token {
        received: EPOCH - 10_000,
        ..App::token("t2", Some(9_000))
    };
    let left: [Json; 4] = [
        record(&App::token("t2", None), &elsewhere),
        record(&old, &config),
        Json(json!({ "version": 2, "of": "a later package" })),
        Json(json!("")),
    ];
    for stored in left {
        let app = App::logged_in("t1", None);
        let call = app.get();
        *app.storage.borrow_mut() = stored.clone();
        app.reply(call, 401);
        assert_eq!(*app.storage.borrow(), stored);
        app.login_fails(failure("login:fail", None));
        assert_eq!(*app.storage.borrow(), stored, "after a failed login too");
    }
    let app = App::logged_in("t1", None);
    let call = app.get();
    app.reply(call, 401);
    assert_eq!(held(&app), None);
    app.login_fails(failure("login:fail", None));
    assert_eq!(app.code(call), Some(Code::LoginFailed));
}

#[test]
fn rule_09_a_storage_that_fails_or_hangs_holds_no_login_up() {
    let silent: fn(&App) = |app| app.advance(3_000);
    let broken: fn(&App) = |app| app.end(is_read, Err(failure("getStorage:fail", None)));
    for happens in [silent, broken] {
        let app = App::logged_in("t1", None);
        app.reflex(|_, step| is_write(step).then(|| Ok(Json::default())));
        let call = app.get();
        app.reply(call, 401);
        assert_eq!(app.logins(), 1);
        happens(&app);
        app.log_in("t2", None);
        app.reply(call, 200);
        assert_eq!(app.sent(call), carried(&["t1", "t2"]));
        let events = app.events.borrow();
        let told = events.iter().any(
            |event| matches!(event, Event::Error { error } if error.code == Code::StorageFailed),
        );
        assert!(told);
    }
}

#[test]
fn rule_13_a_logout_while_the_record_is_read_takes_nothing_over() {
    let app = App::logged_in("t1", None);
    app.reflex(|_, step| is_write(step).then(|| Ok(Json::default())));
    let call = app.get();
    app.reply(call, 401);
    let read = app.find(is_read).expect("it looks first");
    app.logout();
    let late: Outcome = Ok(Json(json!({})));
    assert!(!app.answer(read, late));
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!((app.logins(), app.stored()), (1, None));
    // The login after a logout is one.
    app.other_copy_logs_in(&App::token("t2", None));
    app.storage_works();
    let call = app.get();
    app.log_in("t3", None);
    assert_eq!(app.sent(call), carried(&["t3"]));
    app.reply(call, 200);
}

#[test]
fn rule_10_a_renewal_takes_over_what_another_copy_renewed() {
    let app = App::logged_in("t1", Some(100));
    app.advance(95_000);
    app.other_copy_logs_in(&Token {
        received: app.now(),
        ..App::token("t2", Some(100_000))
    });
    let call = app.get();
    assert_eq!((app.sent(call), app.logins()), (carried(&["t2"]), 1));
    app.reply(call, 200);
    // Alone, it renews by itself.
    app.advance(95_000);
    let call = app.get();
    app.log_in("t3", None);
    assert_eq!(app.sent(call), carried(&["t3"]));
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_09_nothing_is_taken_over_while_a_write_of_ours_is_under_way_or_failed() {
    for outcome in [None, Some(Err(failure("setStorage:fail", None)))] {
        let app = App::logged_in("t1", None);
        app.reflex(move |world, step| match step {
            Step::Write { .. } => outcome.clone(),
            _ => world.storage_says(step),
        });
        app.logout();
        app.ensure();
        app.log_in("t2", None);
        let call = app.get();
        // From before the logout.
        app.other_copy_logs_in(&App::token("t3", None));
        app.reply(call, 401);
        app.log_in("t4", None);
        assert_eq!(app.sent(call), carried(&["t2", "t4"]));
        app.reply(call, 200);
    }
}

#[test]
fn rule_09_another_copy_is_looked_for_again_once_the_storage_works() {
    let app = App::new();
    app.reflex(|world, step| match step {
        Step::Write { .. } => Some(Err(failure("setStorage:fail", None))),
        _ => world.storage_says(step),
    });
    app.ensure();
    app.log_in("t1", None);
    app.storage_works();
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t2", None);
    app.reply(call, 200);
    let call = app.get();
    app.other_copy_logs_in(&App::token("t3", None));
    app.reply(call, 401);
    assert_eq!((app.sent(call), app.logins()), (carried(&["t2", "t3"]), 2));
    app.reply(call, 200);
    app.assert_idle();
}
