//! Every error code that the core decides is reached; the rest is named with who decides it.

use miniprogram_login::error::{Code, Error, Failure, Stage, of_profile, of_transport};
use miniprogram_login::event::Event;
use miniprogram_login::platform::Profile;

use crate::calls::Settled;
use crate::fake::{CallId, Outcome, Step};
use crate::harness::{App, Options, failure, refused, said};

/// How a code comes about.
enum Reached {
    /// By this, in the core.
    Core(Code),
    /// Outside the pure rooms: the shell over wx or its JavaScript, where their own tests reach it.
    Shell,
}

/// A code that an exchange's answer leads to.
fn exchange(status: u16, body_code: Option<i32>) -> Code {
    let app = App::new();
    let call = app.get();
    app.login_gives("c1");
    app.exchange_gives(refused(status, body_code));
    if app.outcome(call).is_none() {
        app.login_gives("c2");
        app.exchange_gives(refused(status, body_code));
    }
    rejected(&app, call)
}

/// A code that a failed `wx.login` leads to.
fn login(failure: Failure) -> Code {
    let app = App::new();
    let call = app.get();
    app.login_fails(failure);
    rejected(&app, call)
}

fn rejected(app: &App, call: CallId) -> Code {
    app.code(call).expect("it rejects")
}

fn reach(code: Code) -> Reached {
    let transport = |text: &str, errno| of_transport(&failure(text, errno));
    let profile = |text: &str, errno| of_profile(&failure(text, errno));
    let hook = Failure {
        hook: true,
        ..failure("login.body: no", None)
    };
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
            let call = app.consent(Profile::default(), tapped);
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
            let call = app.consent(
                Profile {
                    nick_name: "微信用户".to_string(),
                    ..Profile::default()
                },
                tapped,
            );
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
        Code::HookFailed => login(hook),
        Code::WasmUnavailable | Code::Internal | Code::Disposed | Code::NotLoggedIn => {
            return Reached::Shell;
        }
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
fn wire_an_answer_that_grants_nothing_says_which_half_failed() {
    assert_eq!(exchange(200, None), Code::ExchangeBadAnswer);
    assert_eq!(exchange(200, Some(200)), Code::ExchangeBadAnswer);
    assert_eq!(exchange(201, Some(0)), Code::ExchangeFailed);
    assert_eq!(exchange(200, Some(1)), Code::ExchangeFailed);
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

/// Every text of `reference/wechat-login.md` §1, and the code that an app should see.
#[test]
fn rule_11_what_wx_says_has_its_code() {
    let transport = [
        ("request:fail timeout", Some(5), Code::Timeout),
        ("request:fail 请求超时。", None, Code::Timeout),
        ("request:fail 要求逾時。", None, Code::Timeout),
        ("request:fail -7:net::ERR_TIMED_OUT", None, Code::Timeout),
        (
            "request:fail errcode:-118 cronet_error_code:-118 error_msg:net::ERR_CONNECTION_TIMED_OUT",
            Some(600_001),
            Code::Timeout,
        ),
        ("request:fail time out", None, Code::Timeout),
        ("request:fail abort", None, Code::Aborted),
        (
            "request:fail 似乎已断开与互联网的连接。",
            None,
            Code::Network,
        ),
        (
            "request:fail The Internet connection appears to be offline.",
            None,
            Code::Network,
        ),
        (
            "request:fail -106:net::ERR_INTERNET_DISCONNECTED",
            None,
            Code::Network,
        ),
        (
            "request:fail Unable to resolve host api.example.com",
            None,
            Code::Network,
        ),
        (
            "request:fail request unknow host error",
            None,
            Code::Network,
        ),
        (
            "request:fail 未能找到使用指定主机名的服务器。",
            None,
            Code::Network,
        ),
        ("request:fail 网络连接已中断。", None, Code::Network),
        ("request:fail 網絡連線中斷。", None, Code::Network),
        ("request:fail 目前不允许数据连接。", None, Code::Network),
        (
            "request:fail -102:net::ERR_CONNECTION_REFUSED",
            None,
            Code::Network,
        ),
        ("request:fail 无法连接服务器。", None, Code::Network),
        (
            "request:fail 发生了SSL错误，无法建立与该服务器的安全连接。",
            None,
            Code::Network,
        ),
        (
            "request:fail errcode:-130 cronet_error_code:-130 error_msg:net::ERR_PROXY_CONNECTION_FAILED",
            Some(600_001),
            Code::Network,
        ),
        (
            "request:fail kCFErrorDomainCFNetwork错误310",
            None,
            Code::Network,
        ),
        ("request:fail interrupted", None, Code::Interrupted),
        ("request:fail", Some(600_003), Code::Interrupted),
        (
            "request:fail createRequestTask:fail: jsapi has no permission, event=createRequestTask, runningState=suspend, \
             permissionMsg=permission ok, detail=network api interrupted in suspend state",
            None,
            Code::Interrupted,
        ),
        (
            "request:fail errcode:10011 cronet_error_code:0 error_msg:network change, cancel all task",
            Some(600_001),
            Code::Interrupted,
        ),
        (
            "request:fail url not in domain list",
            None,
            Code::DomainNotAllowed,
        ),
        ("request:fail", Some(600_002), Code::DomainNotAllowed),
        ("request:fail", Some(600_000), Code::Network),
        ("request:fail", Some(600_001), Code::Network),
        ("request:fail", Some(108), Code::Network),
        ("request:fail", None, Code::RequestFailed),
        ("request:fail ", Some(600_009), Code::RequestFailed),
        ("", None, Code::RequestFailed),
    ];
    for (text, errno, code) in transport {
        assert_eq!(
            of_transport(&failure(text, errno)),
            code,
            "{text} {errno:?}"
        );
    }
    let logins = [
        ("login:fail", None, Code::LoginFailed),
        ("login:fail timeout", None, Code::LoginTimeout),
        ("login:fail", Some(5), Code::LoginTimeout),
        (
            "login:fail 系统错误，错误码：40013,invalid appid",
            None,
            Code::Config,
        ),
        ("login:fail", Some(1_402_101), Code::LoginBlocked),
        ("login:fail", Some(1_003), Code::RateLimited),
        ("login:fail", Some(1_005), Code::Config),
        ("login:fail api calls too frequent", None, Code::RateLimited),
        (
            "login:fail 系统错误，错误码：45011,api minute-quota reach limit",
            None,
            Code::RateLimited,
        ),
        ("login:fail 40226,code blocked", None, Code::LoginBlocked),
        ("login:fail jsapi has no permission", None, Code::Config),
    ];
    for (text, errno, code) in logins {
        assert_eq!(login(failure(text, errno)), code, "{text} {errno:?}");
    }
    let profiles = [
        (
            "getUserProfile:fail can only be invoked by user TAP gesture",
            None,
            Code::ProfileNeedsTap,
        ),
        (
            "getUserProfile:fail api scope is not declared in the privacy agreement",
            Some(112),
            Code::ProfilePrivacy,
        ),
        (
            "getUserProfile:fail privacy permission is not authorized",
            Some(103),
            Code::ProfilePrivacy,
        ),
        ("getUserProfile:fail", Some(103), Code::ProfileDenied),
        ("getUserProfile:fail", Some(101_102), Code::ProfilePrivacy),
        (
            "getUserProfile:fail invalid scope",
            Some(-12_001),
            Code::ProfileFailed,
        ),
    ];
    for (text, errno, code) in profiles {
        assert_eq!(of_profile(&failure(text, errno)), code, "{text} {errno:?}");
    }
}

#[test]
fn config_wrong_options_are_named() {
    let usual = Options::usual;
    let wrong = [
        ("baseUrl", usual().text("baseUrl", "api.example.com")),
        ("baseUrl", usual().text("baseUrl", "http://api.example.com")),
        (
            "baseUrl",
            usual().text("baseUrl", "https://api.example.com/?x=1"),
        ),
        (
            "baseUrl",
            usual().text("baseUrl", "https://user@api.example.com"),
        ),
        (
            "allowedOrigins",
            usual().texts("allowedOrigins", &["cdn.example.com"]),
        ),
        (
            "allowedOrigins",
            usual().texts(
                "allowedOrigins",
                &["https://cdn.example.com", "http://cdn.example.com"],
            ),
        ),
        (
            "allowedOrigins",
            usual().texts("allowedOrigins", &["https://[cdn]"]),
        ),
        (
            "allowedOrigins",
            usual().texts("allowedOrigins", &["https://cdn.example.com:65536"]),
        ),
        (
            "login.url",
            usual().text("login.url", "https://elsewhere.example.org/login"),
        ),
        (
            "profile.url",
            usual().text("profile.url", "https://elsewhere.example.org/profile"),
        ),
        (
            "phone.url",
            usual().text("phone.url", "http://api.example.com/phone"),
        ),
        (
            "logout.url",
            usual().text("logout.url", "https://elsewhere.example.org/logout"),
        ),
    ];
    for (name, options) in wrong {
        let error = options.read().unwrap_err();
        assert_eq!(
            (error.code, error.stage),
            (Code::Config, Stage::Config),
            "{name}"
        );
        let said = said(&error);
        assert_eq!(said["option"], name);
        assert!(
            said["detail"]
                .as_str()
                .is_some_and(|detail| detail.contains(' ')),
            "{name}: {said}"
        );
    }
}

#[test]
fn config_endpoints_may_be_absolute_on_an_allowed_origin() {
    let options = Options::usual()
        .texts("allowedOrigins", &["https://auth.example.com"])
        .text("login.url", "https://auth.example.com/login")
        .text("logout.url", "logout");
    let config = options.read().unwrap();
    assert_eq!(config.login_url, "https://auth.example.com/login");
    assert_eq!(config.profile_url, "https://api.example.com/v1/profile");
    assert_eq!(config.logout_url, "https://api.example.com/v1/logout");
}

#[test]
fn config_defaults_are_the_designs() {
    let config = Options::default()
        .text("baseUrl", "https://api.example.com")
        .text("login.url", "/login")
        .read()
        .unwrap();
    let times = [
        config.login_timeout,
        config.check_timeout,
        config.margin,
        config.cooldown_first,
        config.cooldown_max,
    ];
    assert_eq!(times, [15_000, 3_000, 60_000, 1_000, 30_000]);
    assert!(config.check_session);
    assert_eq!(
        [config.profile_url, config.phone_url, config.logout_url],
        [""; 3]
    );
    assert!(config.storage_key.starts_with("miniprogram-login:"));
}

#[test]
fn config_without_their_urls_profile_and_phone_reject() {
    let app = App::with(
        &Options::default()
            .text("baseUrl", "https://api.example.com/v1")
            .text("login.url", "/login"),
    );
    let calls = [app.phone("p1"), app.consent(Profile::default(), 0)];
    for (call, name) in calls.into_iter().zip(["phone.url", "profile.url"]) {
        let Some(Settled::Rejected(error)) = app.outcome(call) else {
            panic!("it rejects")
        };
        assert_eq!(error.code, Code::Config);
        assert!(said(&error).to_string().contains(name));
    }
    assert_eq!(app.logins(), 0, "before anything is asked");
}

#[test]
fn hook_readtoken_decides_alone_what_an_answer_means() {
    let app = App::new();
    let call = app.get();
    app.login_gives("c1");
    let token = Some(crate::harness::secret("t1"));
    app.exchange_gives(miniprogram_login::token::Answer {
        token,
        by_hook: true,
        ..refused(201, Some(77))
    });
    app.reply(call, 200);
    assert_eq!(app.sent(call), [Some("t1".to_string())]);
    let app = App::new();
    let call = app.get();
    app.login_gives("c1");
    app.exchange_gives(miniprogram_login::token::Answer {
        by_hook: true,
        ..refused(200, Some(0))
    });
    assert_eq!(app.code(call), Some(Code::ExchangeBadAnswer));
}

#[test]
fn hook_that_throws_in_the_exchange_rejects_with_hook_failed() {
    let app = App::new();
    let call = app.get();
    app.login_gives("c1");
    let hook = Failure {
        hook: true,
        ..failure("login.readToken: no", None)
    };
    app.end(
        |step| matches!(step, Step::Exchange { .. }),
        Outcome::Failed(hook),
    );
    assert_eq!(app.code(call), Some(Code::HookFailed));
}
