//! Values of any shape, into the core and out of it.

use js_sys::Object;
use miniprogram_login::wasm::Core;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::{Page, js, json};

// ---- what the server gives ---------------------------------------------------------------------

/// What a login comes to whose exchange is answered so: the error's code, if it fails.
async fn login_with(answer: &str) -> String {
    let page = Page::open("{}").await;
    page.answer("/login", answer);
    page.code("wxp.ensureLogin()").await
}

#[wasm_bindgen_test]
async fn a_granted_token_may_come_with_odd_numbers() {
    for (status, code, more) in [
        ("'200'", "'200'", ""),
        ("200", "0", "expiresIn: '7200', expiresAt: undefined"),
        ("200.0", "200", "expiresIn: null, expiresAt: {}"),
        ("200", "200", "expiresIn: 1e300, expiresAt: -1e300"),
        ("200", "200", "expiresIn: NaN, expiresAt: '\\ud800'"),
        ("200", "200", "expiresIn: 7n, expiresAt: [1]"),
        ("200", "200", "get expiresIn() { throw new Error('mine') }"),
    ] {
        let data = format!("{{ authorizationToken: 't', {more} }}");
        let body = format!("{{ code: {code}, msg: undefined, data: {data} }}");
        let answer = format!("{{ statusCode: {status}, header: null, data: {body} }}");
        assert_eq!(login_with(&answer).await, "resolved", "{answer}");
    }
}

#[wasm_bindgen_test]
async fn any_other_exchange_answer_ends_the_login() {
    for answer in ["undefined", "null", "7", "'<html>'", "[]", "{}"] {
        assert_eq!(login_with(answer).await, "exchange_failed", "{answer}");
    }
    let granted = "data: { authorizationToken: 't' }";
    for (status, code) in [
        ("65736", "200"),
        ("NaN", "200"),
        ("undefined", "200"),
        ("200", "1"),
        ("200", "200.5"),
        ("200", "4294967496"),
        ("200", "'ERR'"),
        ("200", "{}"),
    ] {
        let answer = format!("{{ statusCode: {status}, data: {{ code: {code}, {granted} }} }}");
        assert_eq!(login_with(&answer).await, "exchange_failed", "{answer}");
    }
    for body in [
        "undefined",
        "null",
        "'<html>'",
        "'{\\ud800}'",
        "new ArrayBuffer(8)",
        "{ code: 200 }",
        "{ code: 200, data: 't' }",
        "{ code: 200, data: { authorizationToken: 7 } }",
        "{ code: 200, data: { authorizationToken: '' } }",
        "{ code: 200, data: { authorizationToken: '\\ud800' } }",
    ] {
        let answer = format!("{{ statusCode: 200, data: {body} }}");
        assert_eq!(login_with(&answer).await, "exchange_bad_answer", "{answer}");
    }
    assert_eq!(
        login_with("{ statusCode: '429', data: null }").await,
        "rate_limited"
    );
    let spent = "{ statusCode: 200, data: { code: '40029', msg: '\\ud800' } }";
    assert_eq!(login_with(spent).await, "code_rejected");
}

#[wasm_bindgen_test]
async fn an_end_is_counted_by_the_servers_clock() {
    // 1800000000.
    let (http, later) = (
        "Fri, 15 Jan 2027 08:00:00 GMT",
        "Fri, 15 Jan 2027 09:00:00 GMT",
    );
    let body = "{ code: 200, data: { authorizationToken: 't', expiresAt: '1800000060.9' } }";
    for (header, life) in [
        (format!("{{ Date: '{http}' }}"), Some(60_000.0)),
        (format!("{{ date: '{http}' }}"), Some(60_000.0)),
        (format!("{{ Date: '{later}' }}"), None),
        (format!("{{ Date: ['{http}'] }}"), None),
        ("{ Date: 'yesterday' }".into(), None),
        ("{ Date: 1800000000 }".into(), None),
        ("undefined".into(), None),
    ] {
        let page = Page::open("{}").await;
        page.answer(
            "/login",
            &format!("{{ statusCode: 200, header: {header}, data: {body} }}"),
        );
        page.log_in().await;
        let stored = page.get("phone.stored");
        assert_eq!(stored["life"].as_f64(), life.or(Some(0.0)), "{header}");
        let end = life.map(|life| stored["received"].as_f64().expect("a number") + life);
        assert_eq!(page.get("wxp.session.expiresAt").as_f64(), end, "{header}");
    }
}

#[wasm_bindgen_test]
async fn a_jwt_tells_its_life() {
    // exp 1800003600, iat 1800000000.
    let token = "e30.eyJleHAiOjE4MDAwMDM2MDAsImlhdCI6MTgwMDAwMDAwMH0.c2ln";
    let body = format!("{{ code: 200, data: {{ authorizationToken: '{token}' }} }}");
    let page = Page::open("{}").await;
    page.answer("/login", &format!("{{ statusCode: 200, data: {body} }}"));
    page.log_in().await;
    assert_eq!(page.ask("wxp.getToken()").await, Ok(token.into()));
    assert_eq!(page.get("phone.stored.life"), 3_600_000);
}

#[wasm_bindgen_test]
async fn an_answer_is_delivered_itself() {
    let page = Page::open("{ refused: ['token-1'] }").await;
    page.run("phone.given = { statusCode: 200, data: new ArrayBuffer(8), none: undefined }");
    page.answer(
        "/a",
        "() => phone.codes === 1 ? { statusCode: 401 } : phone.given",
    );
    let same = page.ask("wxp.requestNeedLogin({ url: '/a' }).then(res => res === phone.given)");
    assert_eq!(same.await, Ok(true.into()));
    assert_eq!(page.count("/a"), 2);
}

// ---- what wx and the app give ------------------------------------------------------------------

#[wasm_bindgen_test]
async fn failures_of_any_shape_have_their_code() {
    let page = Page::open("{}").await;
    page.log_in().await;
    for (failure, code, text, number) in [
        (
            "{ errMsg: 'fail timeout' }",
            "timeout",
            "fail timeout",
            None,
        ),
        (
            "{ errMsg: '', errno: '600001' }",
            "network",
            "",
            Some(600_001),
        ),
        (
            "{ errMsg: 7, errCode: 600003 }",
            "interrupted",
            "",
            Some(600_003),
        ),
        (
            "{ errMsg: '\\ud800网络', errno: 1e300 }",
            "network",
            "\u{fffd}网络",
            None,
        ),
        (
            "{ errMsg: 'of token-1', errno: null }",
            "request_failed",
            "of [redacted]",
            None,
        ),
        ("'fail timeout'", "request_failed", "", None),
        ("undefined", "request_failed", "", None),
        ("[]", "request_failed", "", None),
    ] {
        page.answer("/a", &format!("() => {{ throw {failure} }}"));
        let error = page.request("/a").await.expect_err("a rejection");
        let found = json!([error["code"], error["errMsg"], error["errno"]]);
        assert_eq!(
            found,
            json!([code, Some(text).filter(|text| !text.is_empty()), number]),
            "{failure}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_record_of_any_other_shape_counts_as_none() {
    let page = Page::open("{}").await;
    page.log_in().await;
    let record = page.get("phone.stored");
    let status = async |stored: &str| {
        let page = Page::open(&format!("{{ stored: {stored} }}")).await;
        page.get("wxp.session.status")
    };
    for stored in ["null", "'text'", "7", "[]", "{}"] {
        assert_eq!(status(stored).await, "none", "{stored}");
    }
    for field in [
        "version: 2",
        "version: undefined",
        "binding: 1",
        "token: {}",
        "token: '\\ud800'",
        "received: NaN",
        "received: -1",
        "received: 1e300",
        "life: '\\ud800'",
        "life: null",
    ] {
        let stored = format!("{{ ...{record}, {field} }}");
        assert_eq!(status(&stored).await, "none", "{stored}");
    }
    // A storage may give numbers as texts.
    let stored = format!("{{ ...{record}, version: '1', life: '7200000' }}");
    assert_eq!(status(&stored).await, "active");
}

#[wasm_bindgen_test]
async fn urls_of_any_text_are_safe() {
    let page = Page::open("{}").await;
    page.log_in().await;
    for (url, token) in [
        ("/a?\\ud800", json!("Bearer token-1")),
        ("https://api.example.com/a?名", json!("Bearer token-1")),
        ("https://api.example.com\\ud800/a", Value::Null),
        ("https://other.example.com/a", Value::Null),
    ] {
        let sent =
            format!("wxp.requestNeedLogin({{ url: '{url}' }}).then(() => phone.calls.pop())");
        let token_of = format!("{sent}.then(({{ header }}) => header && header.Authorization)");
        assert_eq!(page.ask(&token_of).await, Ok(token), "{url}");
        let same = format!("{sent}.then(({{ url }}) => url.endsWith('{url}'))");
        assert_eq!(page.ask(&same).await, Ok(true.into()), "{url}");
    }
}

#[wasm_bindgen_test]
async fn hooks_get_and_give_what_they_like() {
    let options = "{ login: {
        url: '/login', header: { 'X-App': '1' },
        body: ({ code }) => Promise.resolve({ jsCode: code, list: [1, null], none: undefined }),
        readToken: res => ({ token: res.data.mine, expiresIn: '60' }),
    } }";
    let page = Page::with_options("{}", options).await;
    page.answer("/login", "{ statusCode: 201, data: { mine: 'hooked' } }");
    page.log_in().await;
    assert_eq!(page.ask("wxp.getToken()").await, Ok("hooked".into()));
    assert_eq!(page.get("phone.stored.life"), 60_000);
    let exchange = &page.calls("/login")[0];
    assert_eq!(
        exchange["data"],
        json!({ "jsCode": "code-1", "list": [1, null] })
    );
    assert_eq!(exchange["header"], json!({ "X-App": "1" }));
}

#[wasm_bindgen_test]
async fn a_hook_that_throws_rejects_with_hook_failed() {
    let options = "{ login: { url: '/login', readToken: () => { throw new Error('no code-1') } } }";
    let page = Page::with_options("{}", options).await;
    let error = page
        .ask("wxp.ensureLogin()")
        .await
        .expect_err("a rejection");
    assert_eq!(error["code"], "hook_failed");
    assert_eq!(error["errMsg"], "login.readToken: no [redacted]");
}

// ---- what the core gives -----------------------------------------------------------------------

#[wasm_bindgen_test]
async fn the_record_is_plain_data() {
    let page = Page::open("{}").await;
    page.log_in().await;
    let mut record = page.get("phone.stored");
    let received = record["received"].take().as_f64().expect("a number");
    assert!((js_sys::Date::now() - received).abs() < 60_000.0);
    let expected = json!({
        "version": 1, "binding": "||https://api.example.com|https://api.example.com/login",
        "token": "token-1", "received": null, "life": 7_200_000, "given": false,
    });
    assert_eq!(record, expected);
}

#[wasm_bindgen_test]
async fn events_and_log_entries_are_plain_objects() {
    let page = Page::open("{}").await;
    page.log_in().await;
    page.answer(
        "login",
        "() => { throw { errMsg: 'login:fail', errno: 1003 } }",
    );
    page.run("phone.refused = ['token-1']");
    page.request("/a").await.expect_err("a rejection");
    page.ask("wxp.logout()").await.expect("nothing to tell");
    page.idle().await;
    let error = json!({
        "name": "WxpError", "code": "rate_limited", "stage": "login", "retryable": true,
        "errMsg": "login:fail", "errno": 1003,
    });
    let mut events = page.get("phone.events");
    assert!(events[0]["expiresAt"].take().is_number());
    let expected = json!([
        { "type": "login", "generation": 1, "expiresAt": null },
        { "type": "expired" },
        { "type": "error", "error": error },
        { "type": "logout" },
    ]);
    assert_eq!(events, expected);
    assert_eq!(
        page.get("phone.events[2].error instanceof phone.WxpError"),
        true
    );
    let mut logged = page.get("phone.logged");
    for entry in logged.as_array_mut().expect("an array") {
        assert!(entry["ms"].take().as_u64().is_some_and(|ms| ms < 60_000));
    }
    let expected = json!([
        { "stage": "login", "ms": null },
        { "stage": "exchange", "ms": null },
        { "stage": "login", "ms": null, "error": error },
    ]);
    assert_eq!(logged, expected);
}

/// A core of its own, which asks nothing of its host.
fn core(options: &str) -> Result<Core, JsValue> {
    Core::new(Object::new().unchecked_into(), js(options), "wx0|release")
}

#[wasm_bindgen_test]
fn a_wrong_option_is_thrown_as_a_plain_object() {
    let good = "baseUrl: 'https://api.example.com', login: { url: '/login' }";
    for (options, option) in [
        (
            format!("{{ {good}, baseUrl: 'http://public.example.com' }}"),
            "baseUrl",
        ),
        (
            format!("{{ {good}, baseUrl: 'https://\\ud800' }}"),
            "baseUrl",
        ),
        (
            format!("{{ {good}, login: {{ url: 'https://b.example.com/' }} }}"),
            "login.url",
        ),
        (
            format!("{{ {good}, phone: {{ url: 'http://api.example.com/' }} }}"),
            "phone.url",
        ),
        (
            format!("{{ {good}, allowedOrigins: ['ftp://api.example.com'] }}"),
            "allowedOrigins",
        ),
        ("undefined".into(), "baseUrl"),
    ] {
        let mut error = json(&core(&options).expect_err("an error"));
        assert!(error["detail"].take().is_string(), "{options}");
        let expected =
            json!({ "code": "config", "stage": "config", "option": option, "detail": null });
        assert_eq!(error, expected, "{options}");
    }
}

#[wasm_bindgen_test]
fn what_an_export_gives_is_a_plain_object() {
    let core =
        core("{ baseUrl: 'https://api.example.com', login: { url: '/login', timeout: null } }");
    let core = core.expect("good options");
    let none = json!({ "status": "none", "expiresAt": null, "generation": 0 });
    assert_eq!(json(&core.session()), none);
    let failed = core.request_failed(js("{ errMsg: 'fail', errno: 5 }"));
    let timeout = json!({ "code": "timeout", "stage": "request", "errMsg": "fail", "errno": 5 });
    assert_eq!(json(&failed), timeout);
    let tapped = core.tap().expect_err("no session");
    assert_eq!(
        json(&tapped),
        json!({ "code": "not_logged_in", "stage": "profile" })
    );
    assert_eq!(core.bearer(1), None);
    core.dispose();
}
