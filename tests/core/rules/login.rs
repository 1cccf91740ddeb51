//! Rules 1 and 2, 4 to 6: the silent login.

use miniprogram_login::error::Code;

use crate::calls::Settled;
use crate::harness::{App, Options, secret};
use crate::wire::{failure, granted, login_code, response};
use crate::world::Step;

#[test]
fn rule_01_concurrent_cold_start_logs_in_once() {
    let app = App::new();
    let calls: Vec<_> = (0..5).map(|_| app.get()).collect();
    let ensured = app.ensure();
    app.log_in("t1", None);
    assert_eq!((app.logins(), app.exchanges()), (1, 1));
    assert_eq!(app.outcome(ensured), Some(Settled::Token(secret("t1"))));
    for call in calls {
        assert_eq!(app.sent(call), [Some("t1".to_string())]);
        app.reply(call, 200);
        assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    }
    app.assert_idle();
}

#[test]
fn rule_01_concurrent_stale_refresh_logs_in_once() {
    let app = App::logged_in("t1", Some(100));
    app.advance(100_000);
    let calls: Vec<_> = (0..5).map(|_| app.get()).collect();
    app.log_in("t2", None);
    assert_eq!(app.logins(), 2);
    for call in calls {
        assert_eq!(app.sent(call), [Some("t2".to_string())]);
        app.reply(call, 200);
    }
}

#[test]
fn rule_01_callers_that_come_during_the_exchange_share_the_login() {
    let app = App::new();
    let first = app.get();
    app.login_gives("c1");
    let second = app.get();
    app.exchange_gives(granted(&secret("t1"), None));
    for call in [first, second] {
        app.reply(call, 200);
    }
    assert_eq!(app.logins(), 1);
}

#[test]
fn rule_01_distinct_sessions_do_not_block_each_other() {
    let (one, other) = (App::new(), App::new());
    let waiting = one.get();
    let call = other.get();
    other.log_in("t1", None);
    other.reply(call, 200);
    assert_eq!(one.outcome(waiting), None);
    one.log_in("t2", None);
    one.reply(waiting, 200);
}

#[test]
fn rule_02_login_failure_rejects_every_waiter_with_the_same_error() {
    for at_exchange in [false, true] {
        let app = App::new();
        let calls = [app.get(), app.get(), app.ensure()];
        if at_exchange {
            app.login_gives("c1");
            app.exchange_fails(failure(
                "request:fail net::ERR_CONNECTION_RESET",
                Some(600_001),
            ));
        } else {
            app.login_fails(failure("login:fail", None));
        }
        let code = if at_exchange {
            Code::Network
        } else {
            Code::LoginFailed
        };
        assert_eq!(app.code(calls[0]), Some(code));
        assert!(
            calls
                .iter()
                .all(|call| app.outcome(*call) == app.outcome(calls[0]))
        );
        app.assert_idle();
    }
}

#[test]
fn rule_02_a_login_that_never_answers_times_out() {
    let app = App::new();
    let calls = [app.get(), app.ensure()];
    app.advance(14_999);
    assert_eq!(app.outcome(calls[0]), None);
    app.advance(1);
    for call in calls {
        assert_eq!(app.code(call), Some(Code::LoginTimeout));
    }
    app.assert_idle();
}

#[test]
fn rule_02_the_deadline_covers_the_whole_login_and_aborts_the_exchange() {
    let app = App::with(&Options::usual().set("login.timeout", 4_000));
    let call = app.get();
    app.advance(3_000);
    app.login_gives("c1");
    app.advance(999);
    let exchange = app
        .find(|step| matches!(step, Step::Exchange { timeout: 4_000, .. }))
        .unwrap();
    app.advance(1);
    assert_eq!(app.code(call), Some(Code::LoginTimeout));
    assert!(
        !app.answer(exchange, Ok(granted(&secret("late"), None))),
        "it was aborted"
    );
    assert_eq!(app.stored(), None);
    app.assert_idle();
}

#[test]
fn rule_02_a_late_code_is_never_exchanged() {
    let app = App::new();
    app.get();
    let login = app
        .find(|step| matches!(step, Step::Login { timeout: 15_000 }))
        .unwrap();
    app.advance(15_000);
    assert!(!app.answer(login, Ok(login_code(&secret("late")))));
    assert_eq!(app.exchanges(), 0);
    app.assert_idle();
}

#[test]
fn rule_02_a_second_callback_is_ignored() {
    let app = App::new();
    let call = app.get();
    let login = app.find(|step| matches!(step, Step::Login { .. })).unwrap();
    app.login_gives("c1");
    assert!(!app.answer(login, Ok(login_code(&secret("again")))));
    app.exchange_gives(granted(&secret("t1"), None));
    app.reply(call, 200);
    assert_eq!(app.exchanges(), 1);
}

#[test]
fn rule_02_success_without_a_code_is_a_failed_login() {
    let app = App::new();
    let call = app.get();
    app.end(
        |step| matches!(step, Step::Login { .. }),
        Ok(login_code("")),
    );
    assert_eq!(app.code(call), Some(Code::LoginFailed));
    let Some(Settled::Rejected(error)) = app.outcome(call) else {
        panic!("it rejects");
    };
    assert_eq!(error.err_msg(), Some("login:ok without a code"));
    assert_eq!(app.exchanges(), 0);
}

#[test]
fn rule_04_every_exchange_has_a_fresh_code() {
    let app = App::new();
    for n in 0..3 {
        let call = app.get();
        app.login_gives(&format!("c{n}"));
        app.exchange_gives(response(500, None));
        assert_eq!(app.code(call), Some(Code::ExchangeFailed));
        app.advance(30_000);
    }
    assert_eq!((app.logins(), app.exchanges()), (3, 3));
}

#[test]
fn rule_04_a_bad_code_is_retried_once_with_a_new_one() {
    for body_code in [40_029, 40_163] {
        let app = App::new();
        let call = app.get();
        app.login_gives("c1");
        app.exchange_gives(response(200, Some(body_code)));
        app.log_in("t1", None);
        app.reply(call, 200);
        assert_eq!((app.logins(), app.exchanges()), (2, 2));
    }
}

#[test]
fn rule_04_a_second_bad_code_is_given_up() {
    let app = App::new();
    let call = app.get();
    for code in ["c1", "c2"] {
        app.login_gives(code);
        app.exchange_gives(response(400, Some(40_029)));
    }
    assert_eq!(app.code(call), Some(Code::CodeRejected));
    assert_eq!(app.logins(), 2);
    app.assert_idle();
}

#[test]
fn rule_04_no_other_answer_is_retried() {
    for (status, body_code) in [
        (500, None),
        (200, Some(-1)),
        (401, Some(40_013)),
        (200, Some(40_226)),
        (429, None),
    ] {
        let app = App::new();
        let call = app.get();
        app.login_gives("c1");
        app.exchange_gives(response(status, body_code));
        assert!(app.code(call).is_some(), "{status} {body_code:?}");
        app.assert_idle();
    }
}

#[test]
fn rule_05_a_restored_token_is_checked_once_for_all_callers() {
    let app = App::restored(&Options::usual(), &App::token("t0", Some(1_000_000)));
    let calls = [app.get(), app.get()];
    app.check_says(Ok(()));
    for call in calls.into_iter().chain([app.get()]) {
        assert_eq!(app.sent(call), [Some("t0".to_string())]);
        app.reply(call, 200);
    }
    assert_eq!(app.count(|step| matches!(step, Step::CheckSession)), 1);
    assert_eq!(app.logins(), 0);
    app.assert_idle();
}

#[test]
fn rule_05_only_a_session_that_timed_out_discards_the_token() {
    let expired = [
        failure(
            "checkSession:fail 系统错误，错误码：-13001,session time out…need relogin",
            None,
        ),
        failure("checkSession:fail session time out, need relogin", None),
        failure("", Some(-13_001)),
    ];
    for answer in expired {
        let app = App::restored(&Options::usual(), &App::token("t0", None));
        let call = app.get();
        app.check_says(Err(answer));
        app.log_in("t1", None);
        assert_eq!(app.sent(call), [Some("t1".to_string())]);
        app.reply(call, 200);
    }
    for answer in [
        failure("checkSession:fail", None),
        failure("checkSession:fail timeout", Some(5)),
    ] {
        let app = App::restored(&Options::usual(), &App::token("t0", None));
        let call = app.get();
        app.check_says(Err(answer));
        assert_eq!(
            (app.sent(call), app.logins()),
            (vec![Some("t0".to_string())], 0)
        );
        app.reply(call, 200);
    }
}

#[test]
fn rule_05_silence_trusts_the_token_after_the_checks_own_deadline() {
    for (options, deadline) in [
        (Options::usual(), 3_000),
        (Options::usual().set("checkSessionTimeout", 500), 500),
    ] {
        let app = App::restored(&options, &App::token("t0", None));
        let call = app.get();
        app.advance(deadline - 1);
        assert!(app.sent(call).is_empty());
        app.advance(1);
        app.reply(call, 200);
        assert_eq!(app.logins(), 0);
        app.assert_idle();
    }
}

#[test]
fn rule_05_a_restored_token_within_its_margin_is_renewed_not_checked() {
    let app = App::restored(&Options::usual(), &App::token("t0", Some(100_000)));
    app.advance(95_000);
    let call = app.get();
    assert_eq!(app.count(|step| matches!(step, Step::CheckSession)), 0);
    app.log_in("t1", None);
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_05_a_restored_token_that_was_not_checked_waits_even_during_a_submit() {
    for age in [0, 95_000] {
        let app = App::restored(&Options::usual(), &App::token("t0", Some(100_000)));
        app.advance(age);
        let tapped = app.tap().unwrap();
        app.consent_of_a_user(tapped);
        let call = app.get();
        assert!(app.sent(call).is_empty());
        app.posted(200, None);
        if age == 0 {
            app.check_says(Ok(()));
        } else {
            app.log_in("t1", None);
        }
        app.reply(call, 200);
        app.assert_idle();
    }
}

#[test]
fn rule_05_never_checks_when_told_so() {
    let options = Options::usual().set("checkSession", "never");
    let app = App::restored(&options, &App::token("t0", None));
    let call = app.get();
    app.reply(call, 200);
    assert_eq!(app.count(|step| matches!(step, Step::CheckSession)), 0);
}

#[test]
fn rule_05_a_token_of_this_launch_is_not_checked() {
    let app = App::logged_in("t1", None);
    let call = app.get();
    app.reply(call, 200);
    assert_eq!(app.count(|step| matches!(step, Step::CheckSession)), 0);
}

#[test]
fn rule_06_silent_login_asks_the_user_for_nothing() {
    let app = App::restored(&Options::usual(), &App::token("t0", None));
    let call = app.get();
    app.check_says(Err(failure("", Some(-13_001))));
    app.log_in("t1", None);
    app.reply(call, 200);
    let silent = |step: &Step| !matches!(step, Step::Post { .. });
    assert!(app.started.borrow().iter().all(silent));
}
