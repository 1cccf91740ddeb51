//! `login.body` and `login.readToken`.

use miniprogram_login::error::Code;
use serde_json::json;

use crate::harness::{App, secret};
use crate::json::Json;
use crate::wire::{granted, login_code, response, thrown};
use crate::world::Step;

fn is_body(step: &Step) -> bool {
    matches!(step, Step::Body { .. })
}

fn is_read_token(step: &Step) -> bool {
    matches!(step, Step::ReadToken)
}

/// An app that gave `login.readToken`, and whose exchange has got this answer.
fn reading(answer: Json) -> (App, usize) {
    let app = App::new();
    app.hooks.set((false, true));
    let call = app.get();
    app.login_gives("c1");
    app.exchange_gives(answer);
    (app, call)
}

#[test]
fn hook_body_makes_what_is_exchanged() {
    let app = App::new();
    app.hooks.set((true, false));
    let call = app.get();
    app.login_gives("c1");
    assert_eq!(app.exchanges(), 0);
    let body = json!({ "code": secret("c1"), "tenant": [1, { "name": "t" }] });
    app.end(is_body, Ok(Json(body.clone())));
    let posts = |step: &Step| matches!(step, Step::Exchange { data, .. } if data.0 == body);
    assert!(app.find(posts).is_some());
    app.exchange_gives(granted(&secret("t1"), None));
    app.reply(call, 200);
    app.assert_idle();
}

#[test]
fn hook_readtoken_decides_alone_what_an_answer_means() {
    for given in [
        json!(secret("t1")),
        json!({ "token": secret("t1") }),
        json!({ "token": secret("t1"), "expiresIn": "soon" }),
    ] {
        let (app, call) = reading(response(201, Some(77)));
        app.end(is_read_token, Ok(Json(given)));
        app.reply(call, 200);
        assert_eq!(app.sent(call), [Some("t1".to_string())]);
        app.assert_idle();
    }
    for given in [json!(null), json!(""), json!({}), json!(7), json!("a b")] {
        let (app, call) = reading(granted(&secret("t1"), None));
        app.end(is_read_token, Ok(Json(given)));
        assert_eq!(app.code(call), Some(Code::ExchangeBadAnswer));
        app.assert_idle();
    }
}

#[test]
fn hook_readtoken_may_say_how_long_the_token_lives() {
    let (app, _) = reading(response(200, None));
    let read = json!({ "token": secret("t1"), "expiresIn": 100 });
    app.end(is_read_token, Ok(Json(read)));
    let expires_at = app.client().snapshot().expires_at;
    assert_eq!(expires_at, Some(app.now() + 100_000));
}

#[test]
fn hook_that_throws_in_the_exchange_rejects_with_hook_failed() {
    for is_hook in [is_body, is_read_token] {
        let app = App::new();
        app.hooks.set((true, true));
        let call = app.get();
        app.login_gives("c1");
        if is_hook(&Step::ReadToken) {
            app.end(is_body, Ok(login_code(&secret("c1"))));
            app.exchange_gives(granted(&secret("t1"), None));
        }
        app.end(is_hook, Err(thrown("login.body: no")));
        assert_eq!(app.code(call), Some(Code::HookFailed));
        app.assert_idle();
    }
}

#[test]
fn rule_13_logout_while_a_hook_is_at_work_lets_nothing_go_on() {
    for is_hook in [is_body, is_read_token] {
        let app = App::new();
        app.hooks.set((true, true));
        let call = app.get();
        app.login_gives("c1");
        if is_hook(&Step::ReadToken) {
            app.end(is_body, Ok(login_code(&secret("c1"))));
            app.exchange_gives(granted(&secret("t1"), None));
        }
        let hook = app.find(is_hook).unwrap();
        let exchanges = app.exchanges();
        app.logout();
        assert!(!app.answer(hook, Ok(Json(json!(secret("t1"))))));
        assert_eq!(app.code(call), Some(Code::LoggedOut));
        assert_eq!((app.exchanges(), app.stored()), (exchanges, None));
        app.assert_idle();
    }
}

#[test]
fn rule_02_a_hook_that_never_answers_is_in_the_logins_deadline() {
    let app = App::new();
    app.hooks.set((true, false));
    let call = app.get();
    app.login_gives("c1");
    app.advance(15_000);
    assert_eq!(app.code(call), Some(Code::LoginTimeout));
    app.assert_idle();
}
