//! Rule 22: `setToken`, a session that another login of the app brought.

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::event::Event;
use miniprogram_login::session::Status;
use miniprogram_login::token::{Record, Token};
use serde_json::json;

use crate::calls::Settled;
use crate::harness::{App, Options, carried, secret};
use crate::wire::response;
use crate::world::{EPOCH, Step};

fn give(app: &App, token: &str, expires_in: Option<i64>) {
    app.set_token(&secret(token), expires_in)
        .expect("it is a token");
}

#[test]
fn rule_22_it_is_in_force_at_once() {
    let app = App::new();
    give(&app, "sms", Some(100));
    let shown = app.client().snapshot();
    assert_eq!(
        (shown.status, shown.expires_at),
        (Status::Active, Some(EPOCH + 100_000))
    );
    assert_eq!(app.stored(), Some("sms".into()));
    assert_eq!(
        *app.events.borrow(),
        [Event::Login {
            generation: 1,
            expires_at: Some(EPOCH + 100_000)
        }]
    );
    let call = app.get();
    assert_eq!((app.sent(call), app.logins()), (carried(&["sms"]), 0));
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_22_what_cant_be_a_token_is_named_and_changes_nothing() {
    let app = App::logged_in("t1", None);
    for (text, fault) in [
        ("", "the token is empty"),
        ("Bearer ", "the token is empty"),
        ("令牌", "character 1 of the token is U+4EE4"),
        ("a\nb", "character 2 of the token is U+000A"),
        ("a b", "character 2 of the token is U+0020"),
    ] {
        assert_eq!(
            app.set_token(text, None),
            Err(fault.to_string()),
            "{text:?}"
        );
    }
    let call = app.get();
    assert_eq!(app.sent(call), carried(&["t1"]));
    app.reply(call, 200);
    // The scheme is no part of it.
    app.ledger.borrow_mut().given(&secret("t2"));
    app.set_token(&format!("bearer {}", secret("t2")), None)
        .unwrap();
    let call = app.get();
    assert_eq!(app.sent(call), carried(&["t2"]));
    app.reply(call, 200);
}

#[test]
fn rule_22_a_login_under_way_ends_and_who_waited_goes_on_with_it() {
    let app = App::new();
    let (call, ensured) = (app.get(), app.ensure());
    let own = app.login_with(json!({ "invitation": "none" }));
    app.login_gives("c1");
    give(&app, "sms", None);
    assert_eq!(app.sent(call), carried(&["sms"]));
    assert_eq!(app.outcome(ensured), Some(Settled::Token(secret("sms"))));
    assert_eq!(
        app.code(own),
        Some(Code::Aborted),
        "a login of before does not come after"
    );
    app.reply(call, 200);
    assert_eq!(app.stored(), Some("sms".into()));
    app.assert_idle();
    // One that is under way.
    let own = app.login_with(json!({ "invitation": "none" }));
    give(&app, "sms2", None);
    assert_eq!(app.code(own), Some(Code::Aborted));
    app.assert_idle();
}

#[test]
fn rule_22_what_was_sent_before_is_delivered_as_it_comes() {
    let app = App::logged_in("t1", None);
    let (fast, refused) = (app.get(), app.get());
    app.reply(refused, 401);
    app.log_in("t2", None);
    assert_eq!(app.sent(refused), carried(&["t1", "t2"]));
    give(&app, "sms", None);
    app.reply(fast, 401);
    app.reply(refused, 401);
    for call in [fast, refused] {
        assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    }
    assert_eq!(app.logins(), 2);
    app.assert_idle();
}

#[test]
fn rule_22_what_had_not_begun_goes_with_it() {
    let app = App::logged_in("t1", None);
    let (call, phone) = app.instance.turn(|| {
        let phone = app.phone("p1");
        let call = app.get();
        give(&app, "sms", None);
        (call, phone)
    });
    // A request that may go at once has gone.
    assert_eq!(app.sent(call), carried(&["t1"]));
    app.reply(call, 200);
    app.posted(200, None);
    assert_eq!(app.outcome(phone), Some(Settled::Response(200)));

    let app = App::logged_in("t1", None);
    let call = app.get();
    app.listen(|world, event| {
        if matches!(event, Event::Login { generation: 2, .. }) {
            world.set_token(&secret("sms"), None).unwrap();
        }
    });
    app.reply(call, 401);
    app.log_in("t2", None);
    assert_eq!(
        app.sent(call),
        carried(&["t1", "t2"]),
        "sent before the listener was told"
    );
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_22_a_request_that_is_ordered_and_has_not_begun_goes_with_it() {
    let app = App::new();
    app.log_to(|world, entry| {
        if entry.stage == Stage::Exchange {
            world.set_token(&secret("sms"), None).unwrap();
        }
    });
    let call = app.get();
    app.log_in("t1", None);
    assert_eq!(app.sent(call), carried(&["sms"]));
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_22_it_ends_the_cooldown() {
    let app = App::new();
    for _ in 0..2 {
        let call = app.get();
        app.login_gives(&format!("c{}", app.logins()));
        app.exchange_gives(response(500, None));
        assert_eq!(app.code(call), Some(Code::ExchangeFailed));
    }
    give(&app, "sms", None);
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t1", None);
    assert_eq!(
        app.sent(call),
        carried(&["sms", "t1"]),
        "it is renewed like any"
    );
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn rule_22_no_profile_goes_with_it() {
    let app = App::new();
    give(&app, "sms", None);
    assert_eq!(app.tap().unwrap_err().code, Code::NotLoggedIn);
    assert_eq!(
        app.logins(),
        0,
        "a login would end the session that the app gave"
    );
    // Given between the tap and the consent.
    let app = App::logged_in("t1", None);
    let tapped = app.tap().unwrap();
    give(&app, "sms", None);
    let submit = app.consent_of_a_user(tapped);
    assert_eq!(
        (app.code(submit), app.logins()),
        (Some(Code::NotLoggedIn), 1)
    );
    // Given while it is on the wire.
    let app = App::logged_in("t1", None);
    let tapped = app.tap().unwrap();
    let submit = app.consent_of_a_user(tapped);
    give(&app, "sms", None);
    app.posted(409, None);
    assert_eq!(
        (app.code(submit), app.logins()),
        (Some(Code::NotLoggedIn), 1)
    );
    app.assert_idle();
}

#[test]
fn rule_22_a_phone_code_goes_with_it() {
    let app = App::new();
    give(&app, "sms", None);
    let call = app.phone("p1");
    app.posted(200, None);
    assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    let call = app.phone("p2");
    app.posted(409, None);
    assert_eq!((app.code(call), app.logins()), (Some(Code::NotLoggedIn), 0));
    app.assert_idle();
}

#[test]
fn rule_22_the_record_says_so_and_no_session_is_checked() {
    let app = App::new();
    give(&app, "sms", None);
    let record = Record::read(&*app.storage.borrow()).unwrap();
    assert!(record.given);
    let app = App::restored(
        &Options::usual(),
        &Token {
            given: true,
            ..App::token("sms", None)
        },
    );
    let call = app.get();
    assert_eq!(app.sent(call), carried(&["sms"]));
    assert_eq!(app.count(|step| matches!(step, Step::CheckSession)), 0);
    assert!(app.tap().is_err());
    app.reply(call, 200);
    // Of a version that did not know of it.
    let mut old = json!(Record::new(&App::token("t0", None), "here"));
    old.as_object_mut().unwrap().remove("given");
    assert!(!Record::read(&crate::json::Json(old)).unwrap().given);
}

#[test]
fn rule_10_its_life_is_what_is_told_or_what_it_says_itself() {
    let life = |token: &str, expires_in| {
        let app = App::new();
        app.set_token(token, expires_in).unwrap();
        app.client().snapshot().expires_at.map(|end| end - EPOCH)
    };
    assert_eq!(life("opaque", None), None);
    assert_eq!(life("opaque", Some(60)), Some(60_000));
    // {"iat":1000,"exp":1100}
    let jwt = "e30.eyJpYXQiOjEwMDAsImV4cCI6MTEwMH0.s";
    assert_eq!(life(jwt, None), Some(100_000));
    assert_eq!(life(jwt, Some(60)), Some(60_000));
}

#[test]
fn rule_22_the_scheme_that_is_configured_is_no_part_of_it() {
    for (scheme, text, token) in [
        ("Token", "tOKEN  t-1", "t-1"),
        ("Bearer", "Bearer t-1", "t-1"),
        ("", " t-1", "t-1"),
    ] {
        let app = App::with(&Options::usual().set("authorization.scheme", scheme));
        app.ledger.borrow_mut().given(token);
        app.set_token(text, None).unwrap();
        let call = app.get();
        assert_eq!(app.sent(call), carried(&[token]));
        app.reply(call, 200);
    }
    let app = App::with(&Options::usual().set("authorization.scheme", "Token"));
    assert!(app.set_token("Bearer t-1", None).is_err());
}
