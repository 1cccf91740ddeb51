//! Every error code that the core decides is reached; the rest is named with who decides it.

use miniprogram_login::error::{Code, Error, Stage};
use miniprogram_login::event::Event;
use miniprogram_login::failure::{Failure, of_profile, of_transport};

use crate::harness::{App, Options, said};
use crate::json::Json;
use crate::wire::{failure, profile_of, response, thrown};
use crate::world::CallId;

/// How a code comes about.
enum Reached {
    /// By this, in the core.
    Core(Code),
    /// Outside the pure modules: the WASM side over wx or its JavaScript,
    /// where their own tests reach it.
    Outside,
}

/// A code that an exchange's answer leads to.
fn exchange(status: u16, body_code: Option<i32>) -> Code {
    let app = App::new();
    let call = app.get();
    app.login_gives("c1");
    app.exchange_gives(response(status, body_code));
    if app.outcome(call).is_none() {
        app.login_gives("c2");
        app.exchange_gives(response(status, body_code));
    }
    rejected(&app, call)
}

/// A code that a failed `wx.login` leads to.
fn login(failure: Json) -> Code {
    let app = App::new();
    let call = app.get();
    app.login_fails(failure);
    rejected(&app, call)
}

fn rejected(app: &App, call: CallId) -> Code {
    app.code(call).expect("it rejects")
}

fn reach(code: Code) -> Reached {
    let read = |text, errno| Failure::read(&failure(text, errno));
    let transport = |text, errno| of_transport(&read(text, errno));
    let profile = |text, errno| of_profile(&read(text, errno));
    Reached::Core(match code {
        Code::Config => login(failure(
            "login:fail 系统错误，错误码：41002,appid missing",
            None,
        )),
        Code::LoginFailed => login(failure("login:fail", None)),
        Code::LoginTimeout => {
            let app = App::new();
            let call = app.get();
            app.advance(15_000);
            rejected(&app, call)
        }
        Code::LoginBlocked => exchange(200, Some(40_226)),
        Code::RateLimited => exchange(429, None),
        Code::ExchangeFailed => exchange(502, None),
        Code::ExchangeBadAnswer => exchange(200, Some(0)),
        Code::CodeRejected => exchange(200, Some(40_029)),
        Code::LoggedOut => {
            let app = App::new();
            let call = app.get();
            app.logout();
            rejected(&app, call)
        }
        Code::SessionKeyStale | Code::ProfileFailed => {
            let app = App::logged_in("t1", None);
            let tapped = app.tap().unwrap();
            let call = app.consent_of_a_user(tapped);
            app.posted(
                if code == Code::SessionKeyStale {
                    409
                } else {
                    500
                },
                None,
            );
            rejected(&app, call)
        }
        Code::ProfileAnonymous => {
            let app = App::logged_in("t1", None);
            let tapped = app.tap().unwrap();
            let call = app.consent(profile_of("微信用户"), tapped);
            rejected(&app, call)
        }
        Code::PhoneFailed => {
            let app = App::logged_in("t1", None);
            let call = app.phone("p1");
            app.posted(200, Some(40_001));
            rejected(&app, call)
        }
        Code::Timeout => {
            let app = App::logged_in("t1", None);
            let call = app.phone("p1");
            app.advance(15_000);
            rejected(&app, call)
        }
        Code::StorageFailed => {
            let app = App::loading(&Options::usual());
            app.start();
            app.advance(3_000);
            let events = app.events.borrow();
            let Some(Event::Error { error }) = events.last() else {
                panic!("an event")
            };
            error.code
        }
        Code::ProfileDenied => profile("getUserProfile:fail auth deny", None),
        Code::ProfileNeedsTap => profile(
            "getUserProfile:fail can only be invoked by user TAP gesture.",
            None,
        ),
        Code::ProfilePrivacy => profile(
            "getUserProfile:fail privacy permission is not authorized",
            Some(104),
        ),
        Code::ProfileDesc => profile(
            "getUserProfile:fail desc length does not meet the requirements",
            None,
        ),
        Code::Network => transport("request:fail -106:net::ERR_INTERNET_DISCONNECTED", None),
        Code::Aborted => transport("request:fail abort", None),
        Code::Interrupted => transport("request:fail interrupted", Some(600_003)),
        Code::DomainNotAllowed => transport("request:fail url not in domain list", Some(600_002)),
        Code::RequestFailed => transport("request:fail", None),
        Code::HookFailed => login(thrown("login.body: no")),
        Code::NotLoggedIn => App::new().tap().unwrap_err().code,
        Code::WasmUnavailable | Code::Internal | Code::Disposed => return Reached::Outside,
    })
}

#[test]
fn rule_16_every_code_of_the_core_is_reached() {
    for code in Code::ALL {
        if let Reached::Core(reached) = reach(*code) {
            assert_eq!(reached, *code);
        }
    }
}

#[test]
fn rule_16_codes_and_stages_are_the_designs() {
    let names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    let closed = "config wasm_unavailable internal disposed login_failed login_timeout login_blocked rate_limited exchange_failed \
        exchange_bad_answer code_rejected not_logged_in logged_out session_key_stale profile_denied profile_needs_tap profile_privacy \
        profile_desc profile_anonymous profile_failed phone_failed network timeout aborted interrupted domain_not_allowed request_failed \
        hook_failed storage_failed";
    assert_eq!(names, closed.split_whitespace().collect::<Vec<_>>());
    for code in Code::ALL {
        assert_eq!(said(&Error::new(*code, Stage::Load))["code"], code.name());
    }
}

#[test]
fn wire_an_answer_that_grants_nothing_says_which_half_failed() {
    assert_eq!(exchange(200, None), Code::ExchangeBadAnswer);
    assert_eq!(exchange(200, Some(200)), Code::ExchangeBadAnswer);
    assert_eq!(exchange(201, Some(0)), Code::ExchangeBadAnswer);
    assert_eq!(exchange(204, None), Code::ExchangeBadAnswer);
    assert_eq!(exchange(300, Some(0)), Code::ExchangeFailed);
    assert_eq!(exchange(201, Some(1)), Code::ExchangeFailed);
    assert_eq!(exchange(200, Some(1)), Code::ExchangeFailed);
}
