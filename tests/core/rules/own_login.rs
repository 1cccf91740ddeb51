//! Rule 21: `loginWith`, a login whose exchange carries more than the code.

use miniprogram_login::error::Code;
use miniprogram_login::event::Event;
use serde_json::json;

use crate::calls::Settled;
use crate::harness::{App, Options, carried, secret};
use crate::json::Json;
use crate::wire::{failure, granted, login_code, response};
use crate::world::{CallId, Step};

fn with(app: &App, phone_code: &str) -> CallId {
    app.login_with(json!({ "phoneCode": secret(phone_code), "tenant": 7 }))
}

fn is_body(step: &Step) -> bool {
    matches!(step, Step::Body { .. })
}

/// wx.login gives a code, and JavaScript the body with it.
#[track_caller]
fn code_and_body(app: &App, code: &str) {
    app.login_gives(code);
    let body = json!({ "code": secret(code), "phoneCode": secret("p1"), "tenant": 7 });
    app.end(is_body, Ok(Json(body)));
}

#[track_caller]
fn succeeds(app: &App, code: &str, token: &str) {
    code_and_body(app, code);
    app.exchange_gives(granted(&secret(token), None));
}

fn events(app: &App, is: fn(&Event) -> bool) -> usize {
    app.events.borrow().iter().filter(|event| is(event)).count()
}

fn errors(app: &App) -> usize {
    events(app, |event| matches!(event, Event::Error { .. }))
}

#[test]
fn rule_21_the_exchange_carries_what_the_app_gave() {
    let app = App::new();
    let call = with(&app, "p1");
    app.login_gives("c1");
    let Some(id) = app.find(is_body) else {
        panic!("the body is made")
    };
    let data = app
        .pending
        .borrow()
        .iter()
        .find(|pending| pending.id == id)
        .map(|pending| pending.step.clone());
    let Some(Step::Body {
        code,
        data: Some(data),
    }) = data
    else {
        panic!("with the data")
    };
    assert_eq!(
        (code, data.text("phoneCode")),
        (secret("c1"), Some(&*secret("p1")))
    );
    app.end(
        is_body,
        Ok(Json(
            json!({ "code": secret("c1"), "phoneCode": secret("p1") }),
        )),
    );
    app.exchange_gives(granted(&secret("t1"), None));
    assert_eq!(
        (app.outcome(call), app.stored()),
        (Some(Settled::Done), Some("t1".into()))
    );
    let call = app.get();
    assert_eq!(app.sent(call), carried(&["t1"]));
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_21_while_it_runs_requests_go_with_the_token_there_is() {
    for aged in [0, 95_000] {
        let app = App::logged_in("t1", Some(100));
        app.advance(aged);
        let own = with(&app, "p1");
        let call = app.get();
        assert_eq!(app.sent(call), carried(&["t1"]));
        succeeds(&app, "c2", "t2");
        assert_eq!(app.outcome(own), Some(Settled::Done));
        app.reply(call, 200);
        assert_eq!(app.logins(), 2);
        app.assert_idle();
    }
    // Without one, they wait for it.
    let app = App::new();
    with(&app, "p1");
    let call = app.get();
    succeeds(&app, "c1", "t1");
    assert_eq!((app.sent(call), app.logins()), (carried(&["t1"]), 1));
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_21_failure_is_its_callers_alone() {
    let app = App::logged_in("t1", None);
    for _ in 0..3 {
        let own = with(&app, "p1");
        code_and_body(&app, &format!("c{}", app.logins()));
        app.exchange_gives(response(200, Some(40_301)));
        assert_eq!(app.code(own), Some(Code::LoginBlocked));
    }
    assert_eq!((errors(&app), app.stored()), (0, Some("t1".into())));
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t2", None);
    assert_eq!(app.sent(call), carried(&["t1", "t2"]), "no cooldown");
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_21_who_waited_for_one_that_failed_causes_one_silent_login() {
    let app = App::new();
    let own = with(&app, "p1");
    let calls = [app.get(), app.get(), app.ensure()];
    app.login_fails(failure("login:fail", None));
    assert_eq!(app.code(own), Some(Code::LoginFailed));
    assert_eq!(app.logins(), 2);
    app.log_in("t1", None);
    for call in &calls[..2] {
        app.reply(*call, 200);
    }
    assert_eq!(
        (app.logins(), app.outcome(calls[2])),
        (2, Some(Settled::Token(secret("t1"))))
    );
    app.assert_idle();
}

#[test]
fn rule_21_they_run_one_after_another() {
    let app = App::new();
    let (first, second) = (with(&app, "p1"), with(&app, "p2"));
    let silent = app.get();
    assert_eq!(app.logins(), 1);
    succeeds(&app, "c1", "t1");
    assert_eq!(
        (app.outcome(first), app.outcome(second)),
        (Some(Settled::Done), None)
    );
    assert_eq!((app.sent(silent), app.logins()), (carried(&["t1"]), 2));
    succeeds(&app, "c2", "t2");
    assert_eq!(app.outcome(second), Some(Settled::Done));
    // Refused for the former token, which is no longer the current one.
    app.reply(silent, 401);
    assert_eq!(app.sent(silent), carried(&["t1", "t2"]));
    app.reply(silent, 200);
    app.assert_idle();
}

#[test]
fn rule_21_it_lets_a_silent_login_and_a_submit_end_first() {
    let app = App::new();
    let silent = app.get();
    let own = with(&app, "p1");
    app.log_in("t1", None);
    assert_eq!(
        (app.sent(silent), app.outcome(own)),
        (carried(&["t1"]), None)
    );
    succeeds(&app, "c2", "t2");
    app.reply(silent, 200);

    let tapped = app.tap().unwrap();
    let submit = app.consent_of_a_user(tapped);
    let own = with(&app, "p1");
    assert_eq!(app.logins(), 2, "not while the profile is on the wire");
    app.posted(200, None);
    assert_eq!(app.outcome(submit), Some(Settled::Response(200)));
    succeeds(&app, "c3", "t3");
    assert_eq!(app.outcome(own), Some(Settled::Done));
    app.assert_idle();
}

#[test]
fn rule_21_a_silent_login_that_waits_for_a_submit_is_not_needed_after_it() {
    let app = App::logged_in("t1", Some(10));
    let tapped = app.tap().unwrap();
    app.consent_of_a_user(tapped);
    app.advance(10_000);
    let (silent, own) = (app.get(), with(&app, "p1"));
    app.posted(200, None);
    succeeds(&app, "c2", "t2");
    assert_eq!(
        (app.outcome(own), app.sent(silent)),
        (Some(Settled::Done), carried(&["t2"]))
    );
    app.reply(silent, 200);
    assert_eq!(app.logins(), 2);
    app.assert_idle();
}

#[test]
fn rule_04_a_bad_code_is_tried_once_more_with_a_fresh_one() {
    let app = App::new();
    let own = with(&app, "p1");
    for code in ["c1", "c2"] {
        code_and_body(&app, code);
        app.exchange_gives(response(200, Some(40_163)));
    }
    assert_eq!((app.code(own), app.logins()), (Some(Code::CodeRejected), 2));
    app.assert_idle();
}

#[test]
fn rule_13_a_logout_ends_it_and_those_that_wait_for_their_turn() {
    let app = App::new();
    let (first, second) = (with(&app, "p1"), with(&app, "p2"));
    let late = app.find(|step| matches!(step, Step::Login { .. })).unwrap();
    app.logout();
    assert_eq!(
        (app.code(first), app.code(second)),
        (Some(Code::LoggedOut), Some(Code::LoggedOut))
    );
    assert!(!app.answer(late, Ok(login_code(&secret("late")))));
    assert_eq!((app.logins(), app.exchanges()), (1, 0));
    // In the turn of its call, too.
    let own = app.instance.turn(|| {
        let own = with(&app, "p1");
        app.logout();
        own
    });
    assert_eq!((app.code(own), app.logins()), (Some(Code::LoggedOut), 1));
    app.assert_idle();
}

#[test]
fn rule_02_its_deadline_is_that_of_any_login() {
    let app = App::new();
    let own = with(&app, "p1");
    let call = app.get();
    app.advance(15_000);
    assert_eq!(app.code(own), Some(Code::LoginTimeout));
    app.log_in("t1", None);
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_19_a_deadline_in_the_background_means_one_new_attempt() {
    for shown_first in [false, true] {
        let app = App::new();
        let own = with(&app, "p1");
        app.hide();
        if shown_first {
            app.show();
        }
        app.advance(15_000);
        assert_eq!((app.outcome(own), errors(&app)), (None, 0));
        assert_eq!(app.logins(), if shown_first { 2 } else { 1 });
        app.show();
        assert_eq!(app.logins(), 2);
        app.hide();
        app.advance(15_000);
        assert_eq!(app.code(own), Some(Code::LoginTimeout), "one, not two");
        app.assert_idle();
    }
    let app = App::new();
    let own = with(&app, "p1");
    app.hide();
    app.advance(15_000);
    app.logout();
    assert_eq!(
        app.code(own),
        Some(Code::LoggedOut),
        "while it waits to be shown"
    );
    app.assert_idle();
}

#[test]
fn rule_16_no_text_shows_what_was_given() {
    let app = App::new();
    let own = with(&app, "p1");
    code_and_body(&app, "c1");
    let words = format!("phone code {} is used", secret("p1"));
    app.exchange_gives(response(200, Some(1)).with("data.msg", words));
    let Some(Settled::Rejected(error)) = app.outcome(own) else {
        panic!("it rejects")
    };
    assert_eq!(error.err_msg(), Some("phone code [redacted] is used"));
    let own = with(&app, "p1");
    code_and_body(&app, "c2");
    app.exchange_fails(failure(&format!("request:fail {}", secret("p1")), None));
    assert_eq!(app.code(own), Some(Code::ExchangeFailed));
}

#[test]
fn rule_05_a_token_that_is_not_checked_yet_waits_for_it() {
    let app = App::restored(&Options::usual(), &App::token("t0", None));
    let own = with(&app, "p1");
    let call = app.get();
    code_and_body(&app, "c1");
    app.exchange_gives(response(500, None));
    assert_eq!(app.code(own), Some(Code::ExchangeFailed));
    app.check_says(Ok(()));
    assert_eq!(app.sent(call), carried(&["t0"]));
    app.reply(call, 200);
    app.assert_idle();
}
