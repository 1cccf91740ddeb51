//! Rules 7, 13 and 19: taps, logout, and the app's coming and going.

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::event::Event;
use miniprogram_login::platform::Profile;
use miniprogram_login::session::Status;

use crate::calls::Settled;
use crate::fake::{Body, Outcome, Step};
use crate::harness::{App, Options, failure};

fn profile() -> Profile {
    Profile::default()
}

fn posts(app: &App) -> usize {
    app.count(|step| matches!(step, Step::Post { .. }))
}

#[test]
fn rule_07_consent_is_submitted_with_the_sessions_token() {
    let app = App::logged_in("t1", None);
    let tapped = app.tap().unwrap();
    let call = app.consent(profile(), tapped);
    let home = |step: &Step| matches!(step, Step::Post { url, body: Body::Profile, .. } if url == "https://api.example.com/v1/profile");
    assert!(app.find(home).is_some());
    app.posted(200, Some(0));
    assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    assert_eq!(app.logins(), 1);
    app.assert_idle();
}

#[test]
fn rule_07_a_tap_without_a_session_logs_in_silently_and_spends_nothing() {
    let app = App::new();
    assert_eq!(app.tap(), None);
    let refusal = app.client().refusal().map(|error| error.code);
    assert_eq!(refusal, Some(Code::NotLoggedIn));
    app.log_in("t1", None);
    assert!(app.tap().is_some());
    assert_eq!((app.logins(), posts(&app)), (1, 0));
}

#[test]
fn rule_07_a_login_in_flight_is_waited_for() {
    for fails in [false, true] {
        let app = App::logged_in("t1", Some(100));
        let tapped = app.tap().unwrap();
        app.advance(95_000);
        let call = app.get();
        let submit = app.consent(profile(), tapped);
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
    app.consent(profile(), tapped);
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
    app.consent(profile(), tapped);
    let call = app.get();
    assert_eq!((app.sent(call).len(), app.logins()), (1, 1));
}

#[test]
fn rule_07_neither_show_nor_the_first_of_two_answers_lets_a_login_start() {
    let app = App::logged_in("t1", Some(10));
    let tapped = app.tap().unwrap();
    for _ in 0..2 {
        app.consent(profile(), tapped);
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
    let good = Outcome::Posted {
        status: 200,
        body_code: None,
    };
    app.answer(first, good);
    assert_eq!(app.logins(), 1);
    app.posted(200, None);
    assert_eq!(app.logins(), 2);
}

#[test]
fn rule_07_a_submit_that_is_not_answered_times_out_and_lets_logins_go() {
    let app = App::with(&Options::usual().ms("login.timeout", 2_000));
    app.ensure();
    app.log_in("t1", Some(1));
    let tapped = app.tap().unwrap();
    let submit = app.consent(profile(), tapped);
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
        let call = app.consent(profile(), tapped);
        refuse(&app);
        assert_eq!(app.code(call), Some(Code::SessionKeyStale));
        app.log_in("t2", None);
        assert_eq!(posts(&app), 1, "never replayed");
        app.assert_idle();
    }
    let app = App::logged_in("t1", Some(10));
    let tapped = app.tap().unwrap();
    app.advance(10_000);
    let call = app.consent(profile(), tapped);
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
    let call = app.consent(profile(), tapped);
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    app.ensure();
    app.log_in("t2", None);
    let call = app.consent(profile(), tapped);
    assert_eq!(
        app.code(call),
        Some(Code::LoggedOut),
        "nor with the next session's token"
    );
    assert_eq!(posts(&app), 0);
    app.assert_idle();
}

#[test]
fn rule_07_logout_during_the_submit_causes_no_login() {
    for status in [401, 409] {
        let app = App::logged_in("t1", None);
        let tapped = app.tap().unwrap();
        let call = app.consent(profile(), tapped);
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
    let call = app.consent(
        Profile {
            nick_name: "微信用户".to_string(),
            ..profile()
        },
        tapped,
    );
    assert_eq!(app.code(call), Some(Code::ProfileAnonymous));
    assert_eq!(posts(&app), 0);
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
fn rule_07_a_phone_code_that_the_server_refuses_is_not_replayed() {
    for (status, body_code, code) in [
        (200, Some(40_001), Code::PhoneFailed),
        (500, None, Code::PhoneFailed),
        (409, None, Code::SessionKeyStale),
    ] {
        let app = App::logged_in("t1", None);
        let call = app.phone("p1");
        app.posted(status, body_code);
        assert_eq!((app.code(call), posts(&app)), (Some(code), 1));
    }
}

#[test]
fn rule_13_logout_cuts_a_login_off() {
    for exchanging in [false, true] {
        let app = App::new();
        let calls = [app.get(), app.ensure()];
        if exchanging {
            app.login_gives("c1");
        }
        app.logout();
        for call in calls {
            assert_eq!(app.code(call), Some(Code::LoggedOut));
        }
        assert!(
            app.find(|step| matches!(step, Step::Login { .. } | Step::Exchange { .. }))
                .is_none(),
            "aborted"
        );
        assert_eq!((app.stored(), app.client().bearer()), (None, String::new()));
        app.assert_idle();
    }
}

#[test]
fn rule_13_requests_of_before_a_logout_never_log_in_or_replay() {
    let app = App::logged_in("t1", None);
    let calls = [app.get(), app.get(), app.get()];
    app.logout();
    app.reply(calls[0], 401);
    let next = app.get();
    app.reply(calls[1], 401);
    app.log_in("t2", None);
    app.reply(calls[2], 401);
    app.reply(next, 200);
    for call in calls {
        assert_eq!(app.outcome(call), Some(Settled::Response(401)));
        assert_eq!(app.sent(call), [Some("t1".to_string())]);
    }
    assert_eq!(app.logins(), 2);
    app.assert_idle();
}

#[test]
fn rule_13_logout_is_not_sticky() {
    let app = App::logged_in("t1", None);
    app.logout();
    assert_eq!(app.client().snapshot().status, Status::None);
    let call = app.get();
    app.log_in("t2", None);
    app.reply(call, 200);
    assert_eq!(app.sent(call), [Some("t2".to_string())]);
}

#[test]
fn rule_13_logout_tells_the_server_with_the_token_that_it_ended() {
    let options = Options::usual().text("logout.url", "/logout");
    let tell = |end: &dyn Fn(&App)| {
        let app = App::with(&options);
        app.ensure();
        app.log_in("t1", None);
        let call = app.logout();
        assert_eq!(app.outcome(call), None, "its promise waits for the server");
        assert_eq!(
            app.client().bearer(),
            "",
            "but it took effect before it returned"
        );
        end(&app);
        assert_eq!(app.outcome(call), Some(Settled::Done));
        app.assert_idle();
        app.events
            .borrow()
            .iter()
            .any(|event| matches!(event, Event::Error { error } if error.stage == Stage::Logout))
    };
    assert!(!tell(&|app| app.posted(200, None)));
    assert!(tell(&|app| app.advance(15_000)));
    let app = App::with(&options);
    let call = app.logout();
    assert_eq!(
        (app.outcome(call), posts(&app)),
        (Some(Settled::Done), 0),
        "there was nothing to tell"
    );
}

#[test]
fn rule_13_the_events_of_a_session() {
    let app = App::logged_in("t1", Some(10));
    app.advance(10_000);
    app.get();
    app.logout();
    let kinds: Vec<_> = app
        .events
        .borrow()
        .iter()
        .map(|event| event.name())
        .collect();
    assert_eq!(kinds, ["login", "expired", "logout"]);
}

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
