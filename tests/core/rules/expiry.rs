//! Rule 10: how long a token lives, and its renewal.

use std::time::{Duration, UNIX_EPOCH};

use miniprogram_login::error::Code;
use miniprogram_login::session::Status;
use serde_json::json;

use crate::harness::{App, Options, carried, secret};
use crate::json::Json;
use crate::jwt::jwt;
use crate::wire::{failure, granted};

#[test]
fn rule_10_an_expired_token_is_renewed_before_the_request() {
    let app = App::logged_in("t1", Some(100));
    app.advance(89_999);
    let fresh = app.get();
    assert_eq!(
        app.sent(fresh),
        carried(&["t1"]),
        "a tenth of its life is the margin"
    );
    app.reply(fresh, 200);
    app.advance(1);
    let ageing = app.get();
    assert!(app.sent(ageing).is_empty(), "it waits for the renewal");
    app.log_in("t2", None);
    assert_eq!(app.sent(ageing), carried(&["t2"]));
    app.reply(ageing, 200);
}

#[test]
fn rule_10_the_margin_is_an_option() {
    for (margin, fresh_until) in [(60_000, 3_540_000), (5_000, 3_595_000), (0, 3_599_999)] {
        let app = App::with(&Options::usual().set("expiryMargin", margin));
        app.ensure();
        app.log_in("t1", Some(3_600));
        app.advance(fresh_until - 1);
        let call = app.get();
        app.reply(call, 200);
        app.advance(1);
        app.get();
        assert_eq!(
            app.logins(),
            if margin == 0 { 1 } else { 2 },
            "margin {margin}"
        );
    }
}

#[test]
fn rule_10_refresh_transient_failure_preserves_valid_token() {
    let app = App::logged_in("t1", Some(100));
    app.advance(95_000);
    let call = app.get();
    app.login_fails(failure("login:fail", None));
    assert_eq!(app.sent(call), carried(&["t1"]));
    app.reply(call, 200);
    app.advance(5_000);
    let expired = app.get();
    app.login_fails(failure("login:fail", None));
    assert_eq!(app.code(expired), Some(Code::LoginFailed));
}

#[test]
fn rule_10_a_renewal_that_fails_when_the_token_is_over_rejects() {
    let app = App::logged_in("t1", Some(100));
    app.advance(95_000);
    let call = app.get();
    app.advance(6_000);
    app.login_fails(failure("login:fail", None));
    assert_eq!(app.code(call), Some(Code::LoginFailed));
    assert_eq!(app.logins(), 2);
    app.assert_idle();
}

#[test]
fn rule_10_inside_the_margin_a_cooldown_uses_the_token_without_a_login() {
    let app = App::logged_in("t1", Some(1_000));
    app.advance(950_000);
    for _ in 0..2 {
        let call = app.get();
        app.login_fails(failure("login:fail", None));
        app.reply(call, 200);
    }
    let call = app.get();
    assert_eq!((app.sent(call), app.logins()), (carried(&["t1"]), 3));
    app.reply(call, 200);
}

#[test]
fn rule_10_life_is_the_earliest_of_what_is_told() {
    let none = (None, None);
    let date = Some(1_700_000_000);
    let cases = [
        (told(Some(7_200), none, None, None), Some(7_200)),
        (told(None, (Some(400), Some(100)), None, None), Some(300)),
        (
            told(Some(200), (Some(400), Some(100)), None, None),
            Some(200),
        ),
        (
            told(None, (Some(1_700_000_500), None), None, date),
            Some(500),
        ),
        (told(None, (Some(1_700_000_500), None), None, None), None),
        (told(None, none, Some(1_700_000_100), date), Some(100)),
        (told(None, none, Some(1_700_000_100), None), None),
        (told(Some(50), none, Some(1_700_000_100), date), Some(50)),
        // Over on arrival: some clock is wrong.
        (told(None, none, Some(1_699_999_999), date), None),
        (told(Some(0), none, None, None), None),
        (told(Some(-5), none, None, None), None),
        // Longer than anything lives, and more than a number of seconds.
        (
            told(Some(100_000_000_000_000), none, None, date),
            Some(1 << 40),
        ),
        (told(Some(i64::MAX), none, Some(i64::MIN), date), None),
        (granted(&secret("a"), None), None),
    ];
    for (n, (answer, seconds)) in cases.into_iter().enumerate() {
        let app = App::new();
        app.ensure();
        app.login_gives("c1");
        app.exchange_gives(answer);
        let now = app.now();
        let expires_at = seconds.map(|seconds| now + seconds * 1_000);
        let snapshot = app.client().snapshot();
        assert_eq!(
            (snapshot.status, snapshot.expires_at),
            (Status::Active, expires_at),
            "case {n}"
        );
    }
}

#[test]
fn rule_10_a_token_of_unknown_life_ends_with_a_401_only() {
    let app = App::logged_in("t1", None);
    app.advance(10_000_000_000);
    let call = app.get();
    assert_eq!(app.sent(call), carried(&["t1"]));
    app.reply(call, 200);
}

#[test]
fn rule_10_cooldowns_never_grow_when_the_clock_jumps() {
    let after_two_failures = || {
        let app = App::new();
        for _ in 0..2 {
            app.ensure();
            app.login_fails(failure("login:fail", None));
        }
        app
    };
    for jump in [-1_000_000, 0, 1_000_000] {
        let app = after_two_failures();
        app.skew.set(jump);
        app.advance(1_000);
        app.get();
        assert_eq!(app.logins(), 3, "jump {jump}");
    }
    // A jump that cannot be seen, within the cooldown itself, costs its length once more at most.
    let app = after_two_failures();
    app.advance(999);
    app.skew.set(-999);
    app.advance(1_000);
    app.get();
    assert_eq!(app.logins(), 3);
}

#[test]
fn rule_10_a_clock_set_back_does_not_end_the_token() {
    let app = App::logged_in("t1", Some(100));
    app.skew.set(-1_000_000);
    let call = app.get();
    assert_eq!(app.sent(call), carried(&["t1"]));
    app.reply(call, 200);
}

/// An exchange's answer that tells this of its token's life; `date` is the server's clock, unix s.
fn told(
    expires_in: Option<i64>,
    (exp, iat): (Option<i64>, Option<i64>),
    expires_at: Option<i64>,
    date: Option<u64>,
) -> Json {
    let claims = json!({ "sub": "用户", "exp": exp, "iat": iat });
    let token = jwt(&claims.to_string(), &secret("signature"));
    let answer = granted(&token, expires_in).with("data.data.expiresAt", expires_at);
    match date {
        Some(seconds) => {
            let date = UNIX_EPOCH + Duration::from_secs(seconds);
            answer.with("header.Date", httpdate::fmt_http_date(date))
        }
        None => answer,
    }
}

#[test]
fn rule_10_what_is_no_jwt_tells_no_dates() {
    let signed = jwt(r#"{"exp":1700000500,"iat":1700000000}"#, &secret("s"));
    let (head, rest) = signed.split_once('.').unwrap();
    let (payload, _) = rest.split_once('.').unwrap();
    let lives = |token: &str| {
        let app = App::logged_in_with(granted(token, None));
        let life = app.client().snapshot().expires_at;
        life.map(|at| (at - app.now()) / 1_000)
    };
    assert_eq!(lives(&signed), Some(500));
    let unsigned = [head, ".", payload].concat();
    let more = [&signed, ".", &secret("more")].concat();
    let odd = [head, ".", payload, "~.", &secret("s")].concat();
    for token in [unsigned, more, odd] {
        assert_eq!(lives(&token), None, "{token}");
    }
}

#[test]
fn rule_10_the_date_header_comes_in_several_spellings() {
    let told = told(None, (None, None), Some(1_700_000_100), Some(1_700_000_000));
    let date = told.text("header.Date").unwrap();
    for name in ["Date", "date", "DATE"] {
        let header = json!({ "x-other": 1, name: date });
        let app = App::logged_in_with(told.clone().with("header", header));
        let expires_at = app.client().snapshot().expires_at;
        assert_eq!(expires_at, Some(app.now() + 100_000), "{name}");
    }
}
