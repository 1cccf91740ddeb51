//! Rule 9: what follows a 401.

use miniprogram_login::error::Code;

use crate::calls::Settled;
use crate::harness::{App, carried};
use crate::wire::failure;

#[test]
fn rule_09_late_401_replays_without_login() {
    let app = App::logged_in("t1", None);
    let (first, late) = (app.get(), app.get());
    app.reply(first, 401);
    app.log_in("t2", None);
    app.reply(first, 200);
    app.reply(late, 401);
    assert_eq!(app.sent(late), carried(&["t1", "t2"]));
    app.reply(late, 200);
    assert_eq!(app.outcome(late), Some(Settled::Response(200)));
    assert_eq!(app.logins(), 2);
    app.assert_idle();
}

#[test]
fn rule_09_concurrent_401s_trigger_a_single_renewal() {
    let app = App::logged_in("t1", None);
    let calls = [app.get(), app.get(), app.get()];
    for call in calls {
        app.reply(call, 401);
    }
    assert_eq!(app.logins(), 2);
    app.log_in("t2", None);
    for call in calls {
        assert_eq!(app.sent(call), carried(&["t1", "t2"]));
        app.reply(call, 200);
    }
    app.assert_idle();
}

#[test]
fn rule_09_surfaces_second_401_without_third_attempt() {
    let app = App::logged_in("t1", None);
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t2", None);
    app.reply(call, 401);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!((app.sent(call), app.logins()), (carried(&["t1", "t2"]), 2));
    app.assert_idle();
}

#[test]
fn rule_09_a_second_401_is_delivered_whatever_became_of_the_token_meanwhile() {
    // The first was good for long, so nothing rests.
    let accepted = || {
        let app = App::logged_in("t1", None);
        let call = app.get();
        app.reply(call, 200);
        app
    };
    let app = accepted();
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t2", None);
    app.reply(call, 401);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!(app.logins(), 2);
    app.assert_idle();
    // The replay's token is no longer the current one either.
    let app = accepted();
    let calls = [app.get(), app.get()];
    for call in calls {
        app.reply(call, 401);
    }
    app.log_in("t2", None);
    let good = app.get();
    app.reply(good, 200);
    let third = app.get();
    app.reply(third, 401);
    app.log_in("t3", None);
    app.reply(third, 200);
    for call in calls {
        app.reply(call, 401);
        assert_eq!(app.outcome(call), Some(Settled::Response(401)));
        assert_eq!(app.sent(call), carried(&["t1", "t2"]));
    }
    assert_eq!(app.logins(), 3);
    app.assert_idle();
}

#[test]
fn rule_09_does_not_retry_on_non_401_status() {
    let app = App::logged_in("t1", None);
    for status in [200, 204, 302, 400, 403, 404, 407, 500, 503, 0] {
        let call = app.get();
        app.reply(call, status);
        assert_eq!(app.outcome(call), Some(Settled::Response(status)));
    }
    assert_eq!(app.logins(), 1);
}

#[test]
fn rule_09_is_unauthorized_may_be_the_apps() {
    let app = App::logged_in("t1", None);
    let call = app.get();
    app.respond_judged(app.on_wire(call), 403, true);
    app.log_in("t2", None);
    app.respond_judged(app.on_wire(call), 401, false);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!(app.logins(), 2);
}

#[test]
fn rule_09_a_login_that_fails_after_a_401_rejects_the_call() {
    let app = App::logged_in("t1", None);
    let call = app.get();
    app.reply(call, 401);
    app.login_fails(failure("login:fail", None));
    assert_eq!(app.code(call), Some(Code::LoginFailed));
}

#[test]
fn rule_09_tokens_that_are_always_refused_rest_between_logins() {
    let app = App::new();
    let first = app.get();
    app.log_in("t1", None);
    app.reply(first, 401);
    app.log_in("t2", None);
    app.reply(first, 401);
    assert_eq!(app.outcome(first), Some(Settled::Response(401)));
    for _ in 0..10 {
        let call = app.get();
        app.reply(call, 401);
        assert_eq!(
            app.outcome(call),
            Some(Settled::Response(401)),
            "delivered, no login"
        );
    }
    assert_eq!(app.logins(), 2);
    app.advance(1_000);
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t3", None);
    app.reply(call, 401);
    assert_eq!(app.logins(), 3);
    app.advance(1_999);
    let call = app.get();
    app.reply(call, 401);
    assert_eq!(app.logins(), 3, "the cooldown has doubled");
    app.assert_idle();
}

#[test]
fn rule_09_a_token_that_was_accepted_before_starts_no_cooldown() {
    let app = App::logged_in("t0", None);
    for n in 1..5 {
        let accepted = app.get();
        app.reply(accepted, 200);
        let call = app.get();
        app.reply(call, 401);
        assert_eq!(app.logins(), n + 1);
        app.log_in(&format!("t{n}"), None);
        app.reply(call, 200);
    }
}
