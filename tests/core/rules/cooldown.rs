//! Rule 3: what follows a failed login.

use miniprogram_login::error::Code;

use crate::harness::{App, Options, secret};
use crate::wire::{failure, thrown};

#[test]
fn rule_03_concurrent_refresh_failure_allows_waiter_retry() {
    let app = App::new();
    let failed = app.get();
    app.login_fails(failure("login:fail", None));
    assert_eq!(app.code(failed), Some(Code::LoginFailed));
    let retried = app.get();
    app.log_in("t1", None);
    app.reply(retried, 200);
    app.assert_idle();
}

#[test]
fn rule_03_automatic_calls_rest_from_the_second_failure_on() {
    let app = App::new();
    fail_logins(&app, 2);
    let resting = app.get();
    assert_eq!(
        app.code(resting),
        Some(Code::LoginFailed),
        "the last error, at once"
    );
    app.advance(999);
    assert_eq!(app.code(app.get()), Some(Code::LoginFailed));
    assert_eq!(app.logins(), 2);
    app.advance(1);
    let call = app.get();
    app.log_in("t1", None);
    app.reply(call, 200);
}

#[test]
fn rule_03_the_cooldown_doubles_up_to_its_maximum() {
    let lengths = |options: &Options| {
        let app = App::with(options);
        fail_logins(&app, 1);
        let lengths = (0..8).map(|_| {
            fail_logins(&app, 1);
            let since = app.now();
            while app.code(app.get()).is_some() {
                app.advance(100);
            }
            app.login_fails(failure("login:fail", Some(5)));
            // That attempt was a failure too; undo its rest.
            app.now() - since
        });
        lengths.collect::<Vec<_>>()
    };
    // Every round of the loop fails twice, so that each length is four times the last.
    assert_eq!(
        lengths(&Options::usual()),
        [1_000, 4_000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000]
    );
    let short = Options::usual()
        .set("cooldown.first", 200)
        .set("cooldown.max", 500);
    assert_eq!(lengths(&short), [200, 500, 500, 500, 500, 500, 500, 500]);
}

#[test]
fn rule_03_the_app_itself_show_and_online_skip_the_cooldown() {
    let skips: [fn(&App); 4] = [
        |app| {
            app.ensure();
        },
        |app| {
            app.phone(&secret("p1"));
        },
        |app| {
            app.show();
            app.get();
        },
        |app| {
            app.online();
            app.get();
        },
    ];
    for skip in skips {
        let app = App::new();
        fail_logins(&app, 2);
        skip(&app);
        assert_eq!(app.logins(), 3);
        app.login_fails(failure("login:fail", None));
        app.assert_idle();
    }
}

#[test]
fn rule_03_success_resets_the_cooldown() {
    let app = App::new();
    fail_logins(&app, 2);
    app.ensure();
    app.log_in("t1", Some(10));
    let call = app.get();
    app.reply(call, 200);
    app.advance(10_000);
    fail_logins(&app, 1);
    let call = app.get();
    assert_eq!(
        app.outcome(call),
        None,
        "one failure alone is no reason to rest"
    );
    app.log_in("t2", None);
    app.reply(call, 200);
}

#[test]
fn rule_03_success_ends_the_rest_that_was_under_way() {
    let app = App::new();
    fail_logins(&app, 2);
    app.ensure();
    app.log_in("t1", None);
    let call = app.get();
    app.reply(call, 200);
    let call = app.get();
    app.reply(call, 401);
    assert_eq!((app.outcome(call), app.logins()), (None, 4));
}

#[test]
fn rule_03_any_number_of_failures_rests_no_longer_than_the_maximum() {
    let app = App::new();
    fail_logins(&app, 70);
    app.get();
    assert_eq!(app.logins(), 70);
    app.advance(30_000);
    app.get();
    assert_eq!(app.logins(), 71);
}

#[test]
fn rule_03_what_says_nothing_about_the_next_attempt_does_not_count() {
    let causes = [
        (
            failure("login:fail interrupted", Some(600_003)),
            Code::Interrupted,
        ),
        (
            failure(
                "login:fail errcode:10011 error_msg:network change, cancel all task",
                None,
            ),
            Code::Interrupted,
        ),
    ];
    for (cause, code) in causes {
        let app = App::new();
        for _ in 0..3 {
            let call = app.get();
            app.login_fails(cause.clone());
            assert_eq!(app.code(call), Some(code));
        }
        assert_eq!(app.logins(), 3, "no cooldown after {code:?}");
    }
    let app = App::new();
    for _ in 0..3 {
        let call = app.get();
        app.logout();
        assert_eq!(app.code(call), Some(Code::LoggedOut));
    }
    assert_eq!(app.logins(), 3);
}

#[test]
fn rule_03_a_hook_that_throws_does_not_cause_a_login_for_each_request() {
    let causes = [
        (thrown("login.body: sorry"), Code::HookFailed),
        (
            failure("login:fail 系统错误，错误码：41002,appid missing", None),
            Code::Config,
        ),
    ];
    for (cause, code) in causes {
        let app = App::new();
        for _ in 0..2 {
            let call = app.get();
            app.login_fails(cause.clone());
            assert_eq!(app.code(call), Some(code));
        }
        for _ in 0..20 {
            assert_eq!(app.code(app.get()), Some(code), "the last error, at once");
        }
        assert_eq!(app.logins(), 2);
    }
}

/// Fails logins, each asked for by the app itself.
fn fail_logins(app: &App, times: usize) {
    for _ in 0..times {
        let call = app.ensure();
        app.login_fails(failure("login:fail", None));
        assert_eq!(app.code(call), Some(Code::LoginFailed));
    }
}
