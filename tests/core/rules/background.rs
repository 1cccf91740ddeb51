//! Rule 19: the app's coming and going.

use miniprogram_login::error::Code;
use miniprogram_login::session::Status;

use crate::harness::App;
use crate::wire::failure;

#[test]
fn rule_19_a_deadline_passed_in_the_background_gives_one_new_attempt_on_show() {
    let app = App::new();
    let calls = [app.get(), app.ensure()];
    app.hide();
    app.advance(15_000);
    assert!(calls.iter().all(|call| app.outcome(*call).is_none()));
    assert_eq!(
        (app.logins(), app.client().snapshot().status),
        (1, Status::LoggingIn)
    );
    app.show();
    assert_eq!(app.logins(), 2);
    app.hide();
    app.advance(15_000);
    assert!(
        calls
            .iter()
            .all(|call| app.code(*call) == Some(Code::LoginTimeout)),
        "one attempt, not more"
    );
    app.show();
    assert_eq!(app.logins(), 2);
    app.assert_idle();
}

#[test]
fn rule_19_a_deadline_that_passes_just_after_show_counts_as_in_the_background() {
    let app = App::new();
    let call = app.get();
    app.hide();
    app.advance(14_999);
    app.show();
    app.advance(1);
    assert_eq!(app.logins(), 2, "the new attempt starts at once");
    app.log_in("t1", None);
    app.reply(call, 200);
}

#[test]
fn rule_19_calls_of_the_background_wait_for_the_new_attempt() {
    let app = App::new();
    let first = app.get();
    app.hide();
    app.advance(15_000);
    let second = app.get();
    assert_eq!((app.logins(), app.outcome(second)), (1, None));
    app.show();
    app.log_in("t1", None);
    for call in [first, second] {
        app.reply(call, 200);
    }
    app.assert_idle();
}

#[test]
fn rule_19_logout_ends_what_waits_for_show() {
    let app = App::new();
    let call = app.get();
    app.hide();
    app.advance(15_000);
    app.logout();
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    app.show();
    assert_eq!(app.logins(), 1);
    app.assert_idle();
}

#[test]
fn rule_19_an_interrupted_login_rejects_and_the_next_call_tries_at_once() {
    let app = App::new();
    for _ in 0..3 {
        let call = app.get();
        app.hide();
        app.login_fails(failure("login:fail interrupted", Some(600_003)));
        assert_eq!(app.code(call), Some(Code::Interrupted));
        app.show();
    }
    assert_eq!(app.logins(), 3);
}

/// iOS refuses wx.login in the background without a word of it, and may say so after show.
#[test]
fn rule_19_a_login_refused_in_the_background_does_not_count() {
    let refused = || failure("login:fail jsapi has no permission", Some(102));
    for shown_before in [false, true] {
        let app = App::new();
        for _ in 0..3 {
            let call = app.get();
            app.hide();
            if shown_before {
                app.show();
            }
            app.login_fails(refused());
            assert_eq!(app.code(call), Some(Code::Interrupted));
            app.show();
        }
        assert_eq!(app.logins(), 3);
    }
}

#[test]
fn rule_19_a_login_refused_in_front_counts() {
    let app = App::new();
    app.hide();
    app.show();
    for logins in [1, 2, 2] {
        let call = app.get();
        if app.outcome(call).is_none() {
            app.login_fails(failure("login:fail jsapi has no permission", None));
        }
        assert_eq!(app.code(call), Some(Code::LoginFailed));
        assert_eq!(app.logins(), logins);
    }
}
