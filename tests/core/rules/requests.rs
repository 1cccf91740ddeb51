//! Rules 8 to 12: what a request carries, and what its answer leads to.

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::session::Status;
use miniprogram_login::token::Answer;

use crate::calls::Settled;
use crate::harness::{App, Options, failure, granted, said, secret};

fn t(names: &[&str]) -> Vec<Option<String>> {
    names.iter().map(|name| Some((*name).to_string())).collect()
}

#[test]
fn rule_08_bearer_goes_home_only() {
    let options = Options::usual().texts(
        "allowedOrigins",
        &["https://cdn.example.com:8443", "http://127.0.0.1:3000"],
    );
    let home = [
        "/home",
        "home",
        "",
        "https://api.example.com/x",
        "https://API.example.com:443/x?y#z",
        "HTTPS://api.example.com",
        "https://cdn.example.com:8443/",
        "http://127.0.0.1:3000/x",
        // Relative, whatever it looks like: joined after the host's slash.
        "//evil.example.net/x",
        "@evil.example.net",
        ":443@evil.example.net",
    ];
    let foreign = [
        "https://evil.example.net/",
        "http://api.example.com/",
        "https://api.example.com:444/",
        "https://api.example.com.evil.net/",
        "https://api.example.com@evil.example.net/",
        "https://user@api.example.com/",
        "https://api.example.com\\@evil.example.net/",
        "https://api.example.com:443@evil.example.net/",
        "https://api.example.com:/",
        "https://api.example.com%2eevil.net/",
        "https://apі.example.com/",
        "https:/api.example.com/",
        "https:api.example.com/",
        "https://cdn.example.com/",
        "http://127.0.0.1:3001/",
        "https://127.0.0.1:3000/x",
        "http://cdn.example.com:8443/",
        "wss://api.example.com/",
        " https://api.example.com/",
        "javascript:alert(1)",
    ];
    let app = App::with(&options);
    app.ensure();
    app.log_in("t1", None);
    for url in home {
        let call = app.request(url, false);
        assert_eq!(app.sent(call), t(&["t1"]), "{url}");
        app.reply(call, 200);
    }
    for url in foreign {
        let call = app.request(url, false);
        assert_eq!(app.sent(call), [None], "{url}");
        app.reply(call, 401);
        assert_eq!(
            app.outcome(call),
            Some(Settled::Response(401)),
            "{url}: no verdict on what carried no token"
        );
    }
    assert_eq!(app.logins(), 1);
    app.assert_idle();
}

#[test]
fn rule_08_a_foreign_request_neither_waits_for_nor_causes_a_login() {
    let app = App::new();
    let foreign = app.request("https://elsewhere.example.org/", false);
    assert_eq!((app.logins(), app.sent(foreign)), (0, vec![None]));
    app.get();
    let second = app.request("https://elsewhere.example.org/", false);
    assert_eq!(
        app.sent(second),
        [None],
        "on the wire while the login is in flight"
    );
    assert_eq!(app.logins(), 1);
}

#[test]
fn rule_08_the_callers_own_authorization_is_kept_and_never_replayed() {
    let app = App::logged_in("t1", None);
    let call = app.request("/home", true);
    assert_eq!(app.sent(call), [None]);
    app.reply(call, 401);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!(app.logins(), 1);
}

#[test]
fn rule_08_does_not_renew_when_no_auth() {
    let app = App::new();
    let call = app.request("https://elsewhere.example.org/", false);
    app.reply(call, 401);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!(app.logins(), 0);
}

#[test]
fn rule_08_http_only_for_loopback_and_private_addresses() {
    let base = |url: &str| Options::usual().text("baseUrl", url).read();
    for url in [
        "http://127.0.0.1:3000",
        "http://localhost",
        "http://[::1]:8080",
        "http://10.0.0.1",
        "http://10.255.255.255:65535",
        "http://172.31.0.1",
    ] {
        assert!(base(url).is_ok(), "{url}");
    }
    for url in [
        "http://api.example.com",
        "http://172.32.0.1",
        "http://8.8.8.8",
        "http://127.0.0.1.example.com",
    ] {
        assert_eq!(base(url).unwrap_err().code, Code::Config, "{url}");
    }
}

#[test]
fn rule_09_late_401_replays_without_login() {
    let app = App::logged_in("t1", None);
    let (first, late) = (app.get(), app.get());
    app.reply(first, 401);
    app.log_in("t2", None);
    app.reply(first, 200);
    app.reply(late, 401);
    assert_eq!(app.sent(late), t(&["t1", "t2"]));
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
        assert_eq!(app.sent(call), t(&["t1", "t2"]));
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
    assert_eq!((app.sent(call), app.logins()), (t(&["t1", "t2"]), 2));
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

#[test]
fn rule_10_an_expired_token_is_renewed_before_the_request() {
    let app = App::logged_in("t1", Some(100));
    app.advance(89_999);
    let fresh = app.get();
    assert_eq!(
        app.sent(fresh),
        t(&["t1"]),
        "a tenth of its life is the margin"
    );
    app.reply(fresh, 200);
    app.advance(1);
    let ageing = app.get();
    assert!(app.sent(ageing).is_empty(), "it waits for the renewal");
    app.log_in("t2", None);
    assert_eq!(app.sent(ageing), t(&["t2"]));
    app.reply(ageing, 200);
}

#[test]
fn rule_10_the_margin_is_an_option() {
    for (margin, fresh_until) in [(60_000, 3_540_000), (5_000, 3_595_000), (0, 3_599_999)] {
        let app = App::with(&Options::usual().ms("expiryMargin", margin));
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
    assert_eq!(app.sent(call), t(&["t1"]));
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
    assert_eq!((app.sent(call), app.logins()), (t(&["t1"]), 3));
    app.reply(call, 200);
}

#[test]
fn rule_10_life_is_the_earliest_of_what_is_told() {
    let answer = |expires_in, (exp, iat), expires_at, date| Answer {
        expires_in,
        exp,
        iat,
        expires_at,
        date,
        ..granted(&secret("a"), None)
    };
    let none = (None, None);
    let date = Some(1_700_000_000);
    let cases = [
        (answer(Some(7_200), none, None, None), Some(7_200)),
        (answer(None, (Some(400), Some(100)), None, None), Some(300)),
        (
            answer(Some(200), (Some(400), Some(100)), None, None),
            Some(200),
        ),
        (
            answer(None, (Some(1_700_000_500), None), None, date),
            Some(500),
        ),
        (answer(None, (Some(1_700_000_500), None), None, None), None),
        (answer(None, none, Some(1_700_000_100), date), Some(100)),
        (answer(None, none, Some(1_700_000_100), None), None),
        (answer(Some(50), none, Some(1_700_000_100), date), Some(50)),
        // Over on arrival: some clock is wrong.
        (answer(None, none, Some(1_699_999_999), date), None),
        (answer(Some(0), none, None, None), None),
        (answer(Some(-5), none, None, None), None),
        (
            answer(Some(i64::MAX), none, Some(i64::MIN), date),
            Some(1 << 40),
        ),
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
    assert_eq!(app.sent(call), t(&["t1"]));
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
    assert_eq!(app.sent(call), t(&["t1"]));
    app.reply(call, 200);
}

#[test]
fn rule_11_a_transport_failure_carries_wxs_words() {
    let app = App::logged_in("t1", None);
    let call = app.get();
    let words =
        "request:fail errcode:-118 cronet_error_code:-118 error_msg:net::ERR_CONNECTION_TIMED_OUT";
    app.break_off(app.on_wire(call), &failure(words, Some(600_001)));
    let Some(Settled::Rejected(error)) = app.outcome(call) else {
        panic!("it rejects")
    };
    assert_eq!((error.code, error.stage), (Code::Timeout, Stage::Request));
    let said = said(&error);
    assert_eq!(
        (said["errMsg"].as_str(), said["errno"].as_i64()),
        (Some(words), Some(600_001))
    );
}

#[test]
fn rule_12_abort_while_waiting_leaves_the_login_to_the_others() {
    let app = App::new();
    let (aborted, other) = (app.get(), app.get());
    app.abort(aborted);
    assert_eq!(app.code(aborted), Some(Code::Aborted));
    app.log_in("t1", None);
    assert!(app.sent(aborted).is_empty());
    app.reply(other, 200);
    app.assert_idle();
}

#[test]
fn rule_12_cancelled_refresh_still_lands() {
    let app = App::new();
    let call = app.get();
    app.abort(call);
    app.log_in("t1", None);
    assert_eq!(app.stored(), Some("t1".to_string()));
    app.assert_idle();
}

#[test]
fn rule_12_abort_on_the_wire_and_after_a_401_and_in_the_replay() {
    let app = App::logged_in("t1", None);
    let accepted = app.get();
    app.reply(accepted, 200);
    let sent = app.get();
    app.abort(sent);
    let waiting = app.get();
    app.reply(waiting, 401);
    app.abort(waiting);
    let replayed = app.get();
    app.log_in("t2", None);
    let late = app.get();
    app.reply(replayed, 401);
    app.log_in("t3", None);
    app.abort(replayed);
    app.reply(late, 200);
    for call in [sent, waiting, replayed] {
        assert_eq!(app.code(call), Some(Code::Aborted));
    }
    assert_eq!(
        (app.sent(waiting), app.sent(replayed)),
        (t(&["t1"]), t(&["t2", "t3"]))
    );
    app.assert_idle();
}
