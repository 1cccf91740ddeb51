//! What wx says, and the code that an app sees for it.

use miniprogram_login::error::Code;
use miniprogram_login::failure::{Failure, of_login, of_profile, of_transport};
use miniprogram_login::token::{fault_of, is_token};
use serde_json::json;

use crate::json::Json;
use crate::wire::failure;

fn read(text: &str, errno: Option<i32>) -> Failure {
    Failure::read(&failure(text, errno))
}

#[test]
fn rule_22_a_refused_token_is_named_by_place_and_code_point() {
    for (text, fault) in [
        ("a b", "character 2 of the token is U+0020"),
        ("令", "character 1 of the token is U+4EE4"),
        ("a\u{1f600}", "character 2 of the token is U+1F600"),
    ] {
        assert!(!is_token(text));
        assert_eq!(fault_of(text).as_deref(), Some(fault));
    }
    assert!(is_token("12|ab/~!"));
    assert_eq!(fault_of("12|ab/~!"), None);
}

/// Every text of `docs/wechat.md` §1, and the code that an app should see.
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
        (
            "request:fail Could not connect to the server.",
            None,
            Code::Network,
        ),
        (
            "request:fail The network connection was lost.",
            None,
            Code::Network,
        ),
        (
            "request:fail connect ECONNREFUSED 127.0.0.1:8080",
            None,
            Code::Network,
        ),
        (
            "request:fail getaddrinfo ENOTFOUND api.example.com",
            None,
            Code::Network,
        ),
        (
            "request:fail Failed to connect to api.example.com/203.0.113.1:443",
            None,
            Code::Network,
        ),
        ("request:fail Connection reset", None, Code::Network),
        (
            "request:fail Software caused connection abort",
            None,
            Code::Network,
        ),
        (
            "uploadFile:fail unexpected end of stream on com.android.okhttp.Address",
            None,
            Code::Network,
        ),
        ("uploadFile:fail Broken pipe", None, Code::Network),
        (
            "request:fail failed to connect after 10000ms: timed out",
            None,
            Code::Timeout,
        ),
        ("request:fail", Some(600_000), Code::Network),
        ("request:fail", Some(600_001), Code::Network),
        ("request:fail", Some(108), Code::Network),
        ("request:fail", None, Code::RequestFailed),
        ("request:fail ", Some(600_009), Code::RequestFailed),
        ("", None, Code::RequestFailed),
    ];
    for (text, errno, code) in transport {
        assert_eq!(of_transport(&read(text, errno)), code, "{text} {errno:?}");
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
        // Passing, on iOS: no setting can cure it.
        (
            "login:fail jsapi has no permission",
            None,
            Code::LoginFailed,
        ),
        (
            "login:fail jsapi has no permission, event=login, runningState=background",
            None,
            Code::Interrupted,
        ),
    ];
    for (text, errno, code) in logins {
        assert_eq!(of_login(&read(text, errno)), code, "{text} {errno:?}");
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
        assert_eq!(of_profile(&read(text, errno)), code, "{text} {errno:?}");
    }
}

#[test]
fn rule_11_the_number_of_a_failure_stands_under_several_names() {
    let number = |given| Failure::read(&Json(given)).errno;
    for given in [
        json!({ "errMsg": "request:fail", "errno": 5 }),
        json!({ "errMsg": "request:fail", "errCode": 5 }),
        json!({ "errMsg": "request:fail", "err_code": 5 }),
        json!({ "errno": "5", "errMsg": 7 }),
        json!({ "errno": 5, "errCode": 6 }),
        json!({ "errno": null, "errCode": 5 }),
        json!({ "errno": {}, "err_code": 5.0 }),
    ] {
        assert_eq!(number(given.clone()), Some(5), "{given}");
    }
    for given in [
        json!({ "errno": 5.5 }),
        json!({ "errno": 1e10 }),
        json!({ "errno": "" }),
        json!({ "errno": "five" }),
        json!({ "errno": true }),
        json!("request:fail"),
        json!([5]),
        json!(5),
        json!(null),
    ] {
        assert_eq!(number(given.clone()), None, "{given}");
    }
}
