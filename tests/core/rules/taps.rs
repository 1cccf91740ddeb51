//! Rule 7: what is submitted on top of a session.

use miniprogram_login::error::Code;
use serde_json::json;

use crate::calls::Settled;
use crate::harness::{App, Options, secret};
use crate::json::Json;
use crate::wire::{failure, profile_of, response};
use crate::world::{Body, Step};

fn posts(app: &App) -> usize {
    app.count(|step| matches!(step, Step::Post { .. }))
}

#[test]
fn rule_07_consent_is_submitted_with_the_sessions_token() {
    let app = App::logged_in("t1", None);
    let tapped = app.tap().unwrap();
    let call = app.consent_of_a_user(tapped);
    let home = |step: &Step| matches!(step, Step::Post { url, body: Body::Profile(_), .. } if url == "https://api.example.com/v1/profile");
    assert!(app.find(home).is_some());
    app.posted(200, Some(0));
    assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    assert_eq!(app.logins(), 1);
    app.assert_idle();
}

#[test]
fn rule_07_a_tap_without_a_session_logs_in_silently_and_spends_nothing() {
    let app = App::new();
    assert_eq!(app.tap().unwrap_err().code, Code::NotLoggedIn);
    app.log_in("t1", None);
    assert!(app.tap().is_ok());
    assert_eq!((app.logins(), posts(&app)), (1, 0));
}

#[test]
fn rule_07_a_login_in_flight_is_waited_for() {
    for fails in [false, true] {
        let app = App::logged_in("t1", Some(100));
        let tapped = app.tap().unwrap();
        app.advance(95_000);
        let call = app.get();
        let submit = app.consent_of_a_user(tapped);
        assert_eq!(posts(&app), 0);
        if fails {
            app.login_fails(failure("login:fail", None));
        } else {
            app.log_in("t2", None);
        }
        app.posted(200, None);
        assert_eq!(app.outcome(submit), Some(Settled::Response(200)));
        app.reply(call, 200);
        app.assert_idle();
    }
}

#[test]
fn rule_07_no_login_starts_until_the_submit_is_answered() {
    let app = App::logged_in("t1", Some(100));
    let tapped = app.tap().unwrap();
    app.consent_of_a_user(tapped);
    let late = app.get();
    app.advance(14_000);
    app.reply(late, 401);
    let calls = [app.get(), app.ensure()];
    assert_eq!(app.logins(), 1, "held back");
    app.posted(200, None);
    app.log_in("t2", None);
    app.reply(late, 200);
    app.reply(calls[0], 200);
    app.assert_idle();
}

#[test]
fn rule_07_an_ageing_token_serves_while_no_login_may_start() {
    let app = App::logged_in("t1", Some(100));
    app.advance(95_000);
    let tapped = app.tap().unwrap();
    app.consent_of_a_user(tapped);
    let call = app.get();
    assert_eq!((app.sent(call).len(), app.logins()), (1, 1));
}

#[test]
fn rule_07_neither_show_nor_the_first_of_two_answers_lets_a_login_start() {
    let app = App::logged_in("t1", Some(10));
    let tapped = app.tap().unwrap();
    for _ in 0..2 {
        app.consent_of_a_user(tapped);
    }
    app.advance(10_000);
    app.get();
    app.hide();
    app.show();
    assert_eq!(app.logins(), 1);
    let first = {
        let pending = app.pending.borrow();
        let mut submits = pending
            .iter()
            .filter(|pending| matches!(pending.step, Step::Post { .. }));
        submits.next().expect("both are under way").id
    };
    app.answer(first, Ok(response(200, None)));
    assert_eq!(app.logins(), 1);
    app.posted(200, None);
    assert_eq!(app.logins(), 2);
}

#[test]
fn rule_07_a_refused_submit_ends_an_unchecked_token_without_a_check() {
    let app = App::restored(&Options::usual(), &App::token("t0", None));
    let tapped = app.tap().unwrap();
    let submit = app.consent_of_a_user(tapped);
    let call = app.get();
    app.posted(401, None);
    assert_eq!(app.code(submit), Some(Code::SessionKeyStale));
    assert_eq!(app.count(|step| matches!(step, Step::CheckSession)), 0);
    app.log_in("t1", None);
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_07_a_submit_that_is_not_answered_times_out_and_lets_logins_go() {
    let app = App::with(&Options::usual().set("login.timeout", 2_000));
    app.ensure();
    app.log_in("t1", Some(1));
    let tapped = app.tap().unwrap();
    let submit = app.consent_of_a_user(tapped);
    app.advance(1_500);
    app.get();
    assert_eq!(app.logins(), 1);
    app.advance(500);
    assert_eq!(app.code(submit), Some(Code::Timeout));
    assert_eq!(app.logins(), 2);
}

#[test]
fn rule_07_expired_401_and_stale_key_all_ask_for_a_new_tap() {
    let refusals: [&dyn Fn(&App); 3] = [
        &|app| app.posted(401, None),
        &|app| app.posted(409, None),
        &|app| app.posted(200, Some(40_901)),
    ];
    for refuse in refusals {
        let app = App::logged_in("t1", None);
        let tapped = app.tap().unwrap();
        let call = app.consent_of_a_user(tapped);
        refuse(&app);
        assert_eq!(app.code(call), Some(Code::SessionKeyStale));
        app.log_in("t2", None);
        assert_eq!(posts(&app), 1, "never replayed");
        app.assert_idle();
    }
    let app = App::logged_in("t1", Some(10));
    let tapped = app.tap().unwrap();
    app.advance(10_000);
    let call = app.consent_of_a_user(tapped);
    assert_eq!(app.code(call), Some(Code::SessionKeyStale));
    app.log_in("t2", None);
    assert_eq!(posts(&app), 0, "never renewed first");
    app.assert_idle();
}

#[test]
fn rule_07_logout_between_tap_and_consent_sends_nothing() {
    let app = App::logged_in("t1", None);
    let tapped = app.tap().unwrap();
    app.logout();
    let call = app.consent_of_a_user(tapped);
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    app.ensure();
    app.log_in("t2", None);
    let call = app.consent_of_a_user(tapped);
    assert_eq!(
        app.code(call),
        Some(Code::LoggedOut),
        "nor with the next session's token"
    );
    assert_eq!(posts(&app), 0);
    app.assert_idle();
}

#[test]
fn rule_07_a_consent_of_before_a_logout_does_not_wait_for_the_login_that_came_after() {
    let waiting = || {
        let app = App::logged_in("t1", Some(100));
        let tapped = app.tap().unwrap();
        app.advance(95_000);
        app.get();
        (app, tapped)
    };
    let (app, tapped) = waiting();
    let submit = app.consent_of_a_user(tapped);
    app.instance.turn(|| {
        app.logout();
        assert!(app.tap().is_err(), "which starts a login");
    });
    assert_eq!((app.code(submit), app.logins()), (Some(Code::LoggedOut), 3));
    let (app, tapped) = waiting();
    app.logout();
    app.ensure();
    let submit = app.consent_of_a_user(tapped);
    assert_eq!((app.code(submit), app.logins()), (Some(Code::LoggedOut), 3));
}

#[test]
fn rule_07_logout_during_the_submit_causes_no_login() {
    for status in [401, 409] {
        let app = App::logged_in("t1", None);
        let tapped = app.tap().unwrap();
        let call = app.consent_of_a_user(tapped);
        app.logout();
        app.posted(status, None);
        assert_eq!(app.code(call), Some(Code::LoggedOut));
        assert_eq!(app.logins(), 1);
        app.assert_idle();
    }
}

#[test]
fn rule_07_the_anonymous_profile_is_not_sent() {
    let app = App::logged_in("t1", None);
    let tapped = app.tap().unwrap();
    let call = app.consent(profile_of("微信用户"), tapped);
    assert_eq!(app.code(call), Some(Code::ProfileAnonymous));
    assert_eq!(posts(&app), 0);
}

#[test]
fn rule_07_a_consent_without_the_encrypted_profile_is_not_sent() {
    for consent in [
        json!(null),
        json!({}),
        json!({ "iv": "i", "rawData": "{}", "signature": "s" }),
    ] {
        let app = App::logged_in("t1", None);
        let tapped = app.tap().unwrap();
        let call = app.consent(Json(consent), tapped);
        assert_eq!(app.code(call), Some(Code::ProfileFailed));
        assert_eq!(posts(&app), 0);
    }
}

#[test]
fn rule_07_a_phone_code_logs_in_first_and_is_replayed_once_after_a_401() {
    let app = App::new();
    let call = app.phone("p1");
    app.log_in("t1", None);
    app.posted(401, None);
    app.log_in("t2", None);
    app.posted(200, Some(200));
    assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    let call = app.phone("p2");
    app.posted(401, None);
    app.log_in("t3", None);
    app.posted(401, None);
    assert_eq!(app.code(call), Some(Code::PhoneFailed), "once only");
    assert_eq!((app.logins(), posts(&app)), (3, 4));
    app.assert_idle();
}

#[test]
fn rule_11_an_answer_that_pc_clients_give_to_fail_is_judged_all_the_same() {
    let answer = |status| failure("request:fail HTTP", Some(600_001)).with("statusCode", status);
    let app = App::logged_in("t1", None);
    let phone = app.phone("p1");
    app.post_fails(answer(401));
    app.log_in("t2", None);
    app.posted(200, None);
    assert_eq!(app.outcome(phone), Some(Settled::Response(200)));
    let phone = app.phone("p2");
    app.post_fails(answer(409));
    assert_eq!(app.code(phone), Some(Code::SessionKeyStale));
    app.log_in("t3", None);
    let phone = app.phone("p3");
    app.post_fails(failure("request:fail timeout", Some(5)));
    assert_eq!(app.code(phone), Some(Code::Timeout));
    app.assert_idle();
    let app = App::new();
    let call = app.get();
    app.login_gives("c1");
    app.exchange_fails(answer(429));
    assert_eq!(app.code(call), Some(Code::RateLimited));
    app.assert_idle();
}

#[test]
fn wire_any_2xx_whose_body_does_not_object_is_success() {
    for (status, body_code) in [(201, None), (204, None), (202, Some(0)), (299, Some(200))] {
        let app = App::logged_in("t1", None);
        let phone = app.phone("p1");
        app.posted(status, body_code);
        assert_eq!(app.outcome(phone), Some(Settled::Response(status)));
        let tapped = app.tap().unwrap();
        let profile = app.consent(profile_of("Band"), tapped);
        app.posted(status, body_code);
        assert_eq!(app.outcome(profile), Some(Settled::Response(status)));
        app.assert_idle();
    }
}

#[test]
fn rule_16_a_refused_submit_says_what_the_server_said() {
    for name in ["msg", "message", "errmsg"] {
        let app = App::logged_in("t1", None);
        let call = app.phone(&secret("p1"));
        let words = format!("bound to another: {} {}", secret("t1"), secret("p1"));
        let answer = response(200, Some(7)).with(&format!("data.{name}"), words);
        app.end(|step| matches!(step, Step::Post { .. }), Ok(answer));
        let Some(Settled::Rejected(error)) = app.outcome(call) else {
            panic!("it rejects");
        };
        assert_eq!(
            error.err_msg(),
            Some("bound to another: [redacted] [redacted]")
        );
    }
}

#[test]
fn rule_07_a_phone_code_that_the_server_refuses_is_not_replayed() {
    for (status, body_code, code) in [
        (200, Some(40_001), Code::PhoneFailed),
        (201, Some(40_001), Code::PhoneFailed),
        (302, None, Code::PhoneFailed),
        (500, None, Code::PhoneFailed),
        (409, None, Code::SessionKeyStale),
    ] {
        let app = App::logged_in("t1", None);
        let call = app.phone("p1");
        app.posted(status, body_code);
        assert_eq!((app.code(call), posts(&app)), (Some(code), 1));
    }
}
