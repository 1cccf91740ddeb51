//! What the app's calls do, from login to logout.

use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::page::{Page, answer, code};

// ---- login -------------------------------------------------------------------------------------

#[wasm_bindgen_test]
async fn requests_without_a_token_share_one_login() {
    let page = Page::open("{}").await;
    let answers =
        page.ask("Promise.all([1, 2, 3].map(n => wxp.requestNeedLogin({ url: '/home?' + n })))");
    let answers = answers.await.expect("answers");
    assert_eq!(answers.as_array().map(Vec::len), Some(3));
    assert_eq!(page.count("login"), 1);
    let [exchange] = &page.calls("/login")[..] else {
        panic!("one exchange");
    };
    assert_eq!(exchange["data"], json!({ "code": "code-1" }));
    assert_eq!(page.bearers("/home"), ["Bearer token-1"; 3]);
}

#[wasm_bindgen_test]
async fn all_goes_the_same_when_wx_calls_back_inside_the_call() {
    let page = Page::open("{ sync: true, refused: ['token-1'] }").await;
    assert_eq!(page.request("/home").await, answer("/home"));
    assert_eq!(page.bearers("/home"), ["Bearer token-1", "Bearer token-2"]);
}

#[wasm_bindgen_test]
async fn a_failed_login_rejects_every_waiter_with_the_same_error() {
    let page = Page::open("{}").await;
    page.answer(
        "/login",
        "{ statusCode: 500, data: { code: 50001, msg: 'no code-1' } }",
    );
    let (first, second) = (page.request("/a"), page.ask("wxp.ensureLogin()"));
    let first = first.await.expect_err("a rejection");
    assert_eq!(second.await.as_ref(), Err(&first));
    let expected = json!({
        "name": "WxpError", "code": "exchange_failed", "stage": "exchange", "retryable": true,
        "errMsg": "no [redacted]", "errno": 50001, "statusCode": 500,
    });
    assert_eq!(first, expected);
    assert_eq!((page.count("login"), page.count("/a")), (1, 0));
}

// ---- 401 ---------------------------------------------------------------------------------------

#[wasm_bindgen_test]
async fn a_401_causes_one_login_and_one_replay() {
    let page = Page::open("{}").await;
    page.log_in().await;
    page.run("phone.refused = ['token-1']");
    let (first, second) = (page.request("/a"), page.request("/b"));
    assert_eq!((first.await, second.await), (answer("/a"), answer("/b")));
    assert_eq!(page.count("login"), 2);
    assert_eq!(page.bearers("/a"), ["Bearer token-1", "Bearer token-2"]);
    assert_eq!(page.bearers("/b"), ["Bearer token-1", "Bearer token-2"]);
}

#[wasm_bindgen_test]
async fn the_second_401_is_delivered_as_it_came() {
    let page = Page::open("{ refused: ['token-1', 'token-2'] }").await;
    let answer = page.request("/a").await.expect("an answer");
    assert_eq!(answer["statusCode"], 401);
    assert_eq!((page.count("login"), page.count("/a")), (2, 2));
}

#[wasm_bindgen_test]
async fn the_apps_judgement_replaces_the_status() {
    let options = "{ isUnauthorized: res => res.data.data === 'expired' && res.data.first }";
    let page = Page::with_options("{}", options).await;
    let token_1 = "header.Authorization === 'Bearer token-1'";
    let expired =
        format!("({{ header }}) => ({{ data: {{ data: 'expired', first: {token_1} }} }})");
    page.answer("/a", &expired);
    let answer = page.request("/a").await.expect("an answer");
    assert_eq!(answer["data"]["first"], false);
    assert_eq!((page.count("login"), page.count("/a")), (2, 2));
}

#[wasm_bindgen_test]
async fn an_abort_ends_a_request_that_waits_and_not_the_login() {
    let page = Page::open("{}").await;
    let (aborted, other) = (
        page.ask("phone.task = wxp.requestNeedLogin({ url: '/a' })"),
        page.request("/b"),
    );
    page.run("phone.task.abort()");
    assert_eq!(code(aborted.await), "aborted");
    assert_eq!(other.await, answer("/b"));
    assert_eq!(page.count("/a"), 0);
}

// ---- storage -----------------------------------------------------------------------------------

#[wasm_bindgen_test]
async fn a_restart_checks_the_stored_token_and_uses_it() {
    let page = Page::open("{}").await;
    page.request("/a").await.expect("an answer");
    let page = page.restart().await;
    assert_eq!(page.get("wxp.session.status"), "active");
    let (first, second) = (page.request("/b"), page.request("/c"));
    assert_eq!((first.await, second.await), (answer("/b"), answer("/c")));
    assert_eq!((page.count("checkSession"), page.count("login")), (1, 1));
    assert_eq!(page.bearers("/b"), ["Bearer token-1"]);
}

#[wasm_bindgen_test]
async fn a_session_that_timed_out_is_not_used() {
    let page = Page::open("{}").await;
    page.answer(
        "checkSession",
        "() => { throw { errMsg: 'checkSession:fail session time out' } }",
    );
    page.request("/a").await.expect("an answer");
    let page = page.restart().await;
    page.request("/b").await.expect("an answer");
    assert_eq!(page.bearers("/b"), ["Bearer token-2"]);
    assert_eq!(
        page.get("phone.events.map(event => event.type)"),
        json!(["login", "expired", "login"])
    );
}

// ---- profile and phone -------------------------------------------------------------------------

const TAP: &str = "wxp.loginWithProfile({ desc: 'd', lang: 'zh_CN' })";
const CONSENT: &str = "{
    userInfo: { nickName: '小明', gender: 1 }, errMsg: 'getUserProfile:ok',
    encryptedData: 'e', iv: 'i', rawData: '{}', signature: 's',
}";

#[wasm_bindgen_test]
async fn a_tap_without_a_session_asks_for_another_and_logs_in() {
    let page = Page::open("{}").await;
    assert_eq!(page.code(TAP).await, "not_logged_in");
    page.idle().await;
    assert_eq!(page.get("wxp.session.status"), "active");
    assert_eq!(page.count("getUserProfile"), 0);
}

#[wasm_bindgen_test]
async fn a_profile_goes_to_the_server_with_the_token() {
    let page = Page::open("{}").await;
    page.answer("getUserProfile", CONSENT);
    page.log_in().await;
    assert_eq!(page.ask(TAP).await, answer("/profile"));
    let asked = json!({ "to": "getUserProfile", "desc": "d", "lang": "zh_CN" });
    assert_eq!(page.calls("getUserProfile"), [asked]);
    let [post] = &page.calls("/profile")[..] else {
        panic!("one post");
    };
    let data = json!({ "encryptedData": "e", "iv": "i", "rawData": "{}", "signature": "s" });
    assert_eq!(post["data"], data);
    assert_eq!(post["header"], json!({ "Authorization": "Bearer token-1" }));
    assert_eq!(post["method"], "POST");
}

#[wasm_bindgen_test]
async fn a_stale_key_asks_for_another_tap_after_a_login() {
    for stale in [
        "{ statusCode: 409 }",
        "{ statusCode: '200', data: { code: '40901' } }",
    ] {
        let page = Page::open("{}").await;
        page.answer("getUserProfile", CONSENT);
        page.answer("/profile", stale);
        page.log_in().await;
        assert_eq!(page.code(TAP).await, "session_key_stale", "{stale}");
        page.idle().await;
        assert_eq!(page.get("wxp.session.generation"), 2, "{stale}");
        assert_eq!(page.count("/profile"), 1, "{stale}");
    }
}

#[wasm_bindgen_test]
async fn a_refused_consent_says_why() {
    let page = Page::open("{}").await;
    page.log_in().await;
    let needs_tap = "{ errMsg: 'getUserProfile:fail can only be invoked by user TAP gesture.' }";
    for (failure, expected) in [
        (
            "{ errMsg: 'getUserProfile:fail auth deny' }",
            "profile_denied",
        ),
        (needs_tap, "profile_needs_tap"),
        ("{ errMsg: null, errno: '104' }", "profile_privacy"),
        ("{}", "profile_failed"),
        ("undefined", "profile_failed"),
    ] {
        page.answer("getUserProfile", &format!("() => {{ throw {failure} }}"));
        assert_eq!(page.code(TAP).await, expected, "{failure}");
    }
    assert_eq!(page.count("/profile"), 0);
}

#[wasm_bindgen_test]
async fn a_phone_code_logs_in_first_and_is_sent_again_after_a_401() {
    let page = Page::open("{ refused: ['token-1'] }").await;
    let submitted = page.ask("wxp.loginWithPhone({ code: '手机' })");
    assert_eq!(submitted.await, answer("/phone"));
    assert_eq!(page.bearers("/phone"), ["Bearer token-1", "Bearer token-2"]);
    assert_eq!(page.calls("/phone")[1]["data"], json!({ "code": "手机" }));
    let refused = "wxp.loginWithPhone({ errMsg: 'getPhoneNumber:fail user deny' })";
    assert_eq!(page.code(refused).await, "phone_failed");
}

// ---- logout ------------------------------------------------------------------------------------

#[wasm_bindgen_test]
async fn a_logout_is_in_force_when_it_returns() {
    let page = Page::open("{}").await;
    page.log_in().await;
    let told = page.ask("wxp.logout()");
    let none = json!({ "status": "none", "expiresAt": null, "generation": 2 });
    assert_eq!(page.get("wxp.session"), none);
    told.await.expect("told");
    assert_eq!(page.bearers("/logout"), ["Bearer token-1"]);
    assert_eq!(page.get("phone.stored"), Value::Null);
    page.request("/a").await.expect("an answer");
    assert_eq!(page.bearers("/a"), ["Bearer token-2"]);
}

#[wasm_bindgen_test]
async fn what_a_logout_cut_off_comes_too_late() {
    let page = Page::open("{}").await;
    page.run("phone.hold('/login')");
    let waiting = [page.request("/a"), page.ask("wxp.ensureLogin()")];
    page.idle().await;
    assert_eq!(page.get("wxp.session.status"), "logging-in");
    page.ask("wxp.logout()").await.expect("nothing to tell");
    for call in waiting {
        assert_eq!(code(call.await), "logged_out");
    }
    assert_eq!(page.count("abort"), 1);
    page.run("phone.release()");
    page.idle().await;
    assert_eq!(page.get("wxp.session.status"), "none");
    assert_eq!(page.get("phone.stored"), Value::Null);
    assert_eq!(page.get("phone.events"), json!([{ "type": "logout" }]));
}

#[wasm_bindgen_test]
async fn a_request_of_before_a_logout_is_delivered_as_it_comes() {
    let page = Page::open("{ refused: ['token-1'] }").await;
    page.log_in().await;
    page.run("phone.hold('/a')");
    let sent = page.request("/a");
    let told = page.ask("wxp.logout()");
    page.idle().await;
    page.run("phone.release()");
    assert_eq!(sent.await.expect("an answer")["statusCode"], 401);
    told.await.expect("told");
    assert_eq!((page.count("login"), page.count("/a")), (1, 1));
}

// ---- several wxp -------------------------------------------------------------------------------

#[wasm_bindgen_test]
async fn dispose_with_steps_open_leaves_the_others_at_work() {
    let logging_in = Page::open("{}").await;
    logging_in.run("phone.hold('login')");
    let ended = [
        logging_in.ask("wxp.ensureLogin()"),
        logging_in.request("/a"),
    ];
    let posting = Page::open("{}").await;
    posting.log_in().await;
    posting.run("phone.hold('/phone')");
    let posted = posting.ask("wxp.loginWithPhone({ code: 'c' })");
    let other = Page::open("{}").await;
    other.run("phone.hold('/login')");
    let waiting = other.request("/a");
    other.idle().await;

    logging_in.run("wxp.dispose()");
    posting.run("wxp.dispose()");
    for call in ended.into_iter().chain([posted, posting.request("/a")]) {
        assert_eq!(code(call.await), "disposed");
    }
    // Late answers meet nobody.
    for page in [&logging_in, &posting, &other] {
        page.run("phone.release()");
    }
    assert_eq!(waiting.await, answer("/a"));
    assert_eq!(logging_in.count("/login"), 0);
    assert_eq!(posting.count("/a"), 0);
}
