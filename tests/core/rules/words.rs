//! What wx says, and the code that an app sees for it.

use miniprogram_login::error::{Code, Error, Stage};
use miniprogram_login::failure::{
    Failure, of_login, of_profile, of_transport, says_session_expired,
};
use miniprogram_login::response::Response;
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

/// What this test knows of the texts: the tables of the page that people read.
const PAGE: &str = include_str!("../../../docs/failures.md");

/// A row of a table there.
struct Row {
    text: &'static str,
    errno: Option<i32>,
    code: &'static str,
    retryable: bool,
}

impl Row {
    /// Panics rather than leave a row out.
    fn read(line: &'static str) -> Self {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, text, errno, code, retryable, seen, _] = cells[..] else {
            panic!("five cells: {line}")
        };
        let quoted = |cell: &'static str| {
            let inner = cell
                .strip_prefix('`')
                .and_then(|cell| cell.strip_suffix('`'));
            inner.unwrap_or_else(|| panic!("in backquotes: {line}"))
        };
        for page in seen.split('[').skip(1) {
            let (page, _) = page.split_once(']').expect("the end of a link");
            assert!(PAGE.contains(&format!("\n[{page}]: https://")), "{line}");
        }
        assert!(!seen.is_empty(), "where it was seen: {line}");
        Self {
            text: quoted(text),
            errno: (!errno.is_empty()).then(|| errno.parse().expect("an errno")),
            code: quoted(code),
            retryable: match retryable {
                "yes" => true,
                "no" => false,
                _ => panic!("yes or no: {line}"),
            },
        }
    }
}

/// The rows under a heading.
fn rows(heading: &str) -> Vec<Row> {
    let (_, section) = PAGE
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let table = section.lines().filter(|line| line.starts_with('|'));
    table.skip(2).map(Row::read).collect()
}

#[test]
fn rule_11_what_wx_says_has_its_code() {
    type Judge = fn(&Failure) -> Code;
    let tables: [(&str, Stage, Judge); 5] = [
        (
            "wx.request, uploadFile, downloadFile",
            Stage::Request,
            of_transport,
        ),
        ("wx.login", Stage::Login, |failure| of_login(failure, false)),
        ("wx.login in the background", Stage::Login, |failure| {
            of_login(failure, true)
        }),
        ("wx.getUserProfile", Stage::Profile, of_profile),
        ("wx.checkSession", Stage::CheckSession, |failure| {
            if says_session_expired(failure) {
                Code::SessionKeyStale
            } else {
                Code::RequestFailed
            }
        }),
    ];
    let mut judged = 0;
    for (heading, stage, judge) in tables {
        let rows = rows(heading);
        assert!(!rows.is_empty(), "{heading}");
        judged += rows.len();
        for Row {
            text,
            errno,
            code,
            retryable,
        } in rows
        {
            let failure = read(text, errno);
            let error = Error::of_wx(judge(&failure), stage, &failure, &[]);
            assert_eq!(error.code.name(), code, "{heading}: {text} {errno:?}");
            assert_eq!(
                error.is_retryable(),
                retryable,
                "{heading}: {text} {errno:?}"
            );
        }
    }
    let written = PAGE.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(
        judged, written,
        "every row stands under a heading that is read"
    );
}

/// Chromium's and Android's own words, which hold some that wx has for what repeating can't cure.
#[test]
fn rule_11_a_lost_connection_is_no_wrong_argument() {
    for text in [
        "request:fail net::ERR_HTTP2_FRAME_SIZE_ERROR",
        "request:fail socket failed: EAFNOSUPPORT (Address family not supported by protocol)",
    ] {
        let failure = read(text, None);
        assert_eq!(of_transport(&failure), Code::Network, "{text}");
        assert!(!failure.is_permanent(), "{text}");
    }
}

/// What a client gives to `fail` that is an answer has failed as an answer, whatever its text says.
#[test]
fn rule_11_a_status_in_fail_decides_before_the_text() {
    for (status, code) in [
        (500, Code::RequestFailed),
        (400, Code::RequestFailed),
        (399, Code::Timeout),
        (0, Code::Timeout),
    ] {
        let given = json!({ "errMsg": "request:fail timeout", "errno": 5, "statusCode": status });
        assert_eq!(of_transport(&Failure::read(&Json(given))), code, "{status}");
    }
}

#[test]
fn rule_16_what_an_exception_says_decides_nothing() {
    let given = json!({ "detail": "undefined is not a function (near 'timeout: parameter')" });
    let failure = Failure::read(&Json(given));
    assert_eq!(of_transport(&failure), Code::RequestFailed);
    assert_eq!(of_login(&failure, false), Code::LoginFailed);
    assert!(!failure.is_permanent());
}

#[test]
fn wire_a_body_says_that_all_went_well() {
    for (body, ok) in [
        (json!({}), true),
        (json!(""), true),
        (json!({ "code": 0 }), true),
        (json!({ "code": 200 }), true),
        (json!({ "code": "0" }), true),
        (json!({ "code": 1 }), false),
        (json!({ "code": "SUCCESS" }), false),
        (json!({ "code": true }), false),
        (json!({ "code": {} }), false),
        (json!("{\"code\":0}"), true),
        (json!("{\"code\":40029,\"msg\":\"used\u{2028}\"}"), false),
    ] {
        let answer = Response::read(&Json(json!({ "statusCode": 200, "data": body })));
        assert_eq!(answer.is_success(&answer.body()), ok, "{body}");
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
