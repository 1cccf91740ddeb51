//! Rule 16: what errors say, and that no text holds a secret.

use miniprogram_login::error::{Code, Error, Stage};
use miniprogram_login::event::Event;
use miniprogram_login::failure::Failure;
use miniprogram_login::login::Answer;
use miniprogram_login::redact::redact;
use miniprogram_login::request::Refused;
use miniprogram_login::response::Response;
use miniprogram_login::token::Record;

use crate::calls::Settled;
use crate::harness::{App, Options, said, secret};
use crate::ledger::SECRET;
use crate::wire::{failure, granted, response};
use crate::world::Step;

#[test]
fn rule_16_no_token_in_text_whatever_wx_and_the_server_say() {
    let app = App::with(&Options::usual().set("logout.url", "/logout"));
    app.reflex(|_, _| None);
    app.get();
    app.login_gives("c1");
    app.exchange_fails(failure(
        &format!("request:fail timeout url?code={}", secret("c1")),
        None,
    ));
    app.get();
    app.login_gives("c2");
    let message = format!(
        "invalid code {}, rid: 66c69111-4157f271-729ca238",
        secret("c2")
    );
    app.exchange_gives(response(500, Some(1)).with("data.msg", message));
    app.ensure();
    app.log_in("t1", None);
    app.end(
        |step| matches!(step, Step::Write { .. }),
        Err(failure(&format!("setStorage:fail {}", secret("t1")), None)),
    );
    let call = app.get();
    app.break_off(
        app.on_wire(call),
        failure(
            &format!("request:fail header Bearer {}", secret("t1")),
            None,
        ),
    );
    app.phone(&secret("p1"));
    let words = format!("request:fail {} {} 13800138000", secret("p1"), secret("t1"));
    app.end(
        |step| matches!(step, Step::Post { .. }),
        Err(failure(&words, None)),
    );
    app.logout();
    app.end(
        |step| matches!(step, Step::Write { .. }),
        Err(failure("removeStorage:fail", None)),
    );
    let words = format!("request:fail Bearer {}", secret("t1"));
    app.end(
        |step| matches!(step, Step::Post { .. }),
        Err(failure(&words, None)),
    );
    let errors = app
        .events
        .borrow()
        .iter()
        .filter(|event| matches!(event, Event::Error { .. }))
        .count();
    assert_eq!(
        errors, 5,
        "what went wrong was told, and the ledger read every word of it"
    );
    assert!(!format!("{:?}{:?}", app.events.borrow(), app.log.borrow()).contains("13800138000"));
}

#[test]
fn rule_16_debug_shows_no_secret() {
    let token = App::token("t1", Some(1));
    let failed = Failure {
        err_msg: Some(secret("f")),
        detail: secret("d"),
        ..Failure::default()
    };
    let answer = granted(&secret("t"), None).with("data.msg", secret("m"));
    let refused = Refused {
        generation: 1,
        response: answer.clone(),
    };
    let texts = [
        format!("{token:?}"),
        format!("{:?}", Record::new(&token, "b")),
        format!("{:?}", Answer::read(&answer, None, "Bearer")),
        format!("{:?}", Response::read(&answer).body()),
        format!("{refused:?}{failed:?}"),
        format!("{:?}", App::logged_in("t1", None).client()),
    ];
    for text in texts {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn rule_16_an_error_says_code_and_stage_and_what_wx_said() {
    let failure = Failure::read(&failure("request:fail net::ERR_FAILED", Some(600_001)));
    let error = Error::of_wx(Code::Network, Stage::Exchange, &failure, &[]);
    let said = said(&error);
    assert_eq!(said["code"], "network");
    assert_eq!(said["stage"], "exchange");
    assert_eq!(said["errMsg"], "request:fail net::ERR_FAILED");
    assert_eq!(said["errno"], 600_001);
    assert!(said["statusCode"].is_null());
}

#[test]
fn rule_16_an_error_says_what_the_server_said() {
    let app = App::new();
    let call = app.get();
    app.login_gives("c1");
    let message = "no such user, mail help@example.com";
    app.exchange_gives(response(403, Some(1_007)).with("data.msg", message));
    let Some(Settled::Rejected(error)) = app.outcome(call) else {
        panic!("it rejects");
    };
    let said = said(&error);
    assert_eq!(said["code"], "exchange_failed");
    assert_eq!(said["errMsg"], "no such user, mail help@example.com");
    assert_eq!(
        (&said["errno"], &said["statusCode"]),
        (&1_007.into(), &403.into())
    );
}

#[test]
fn rule_16_what_stands_around_a_secret_stays() {
    for (text, expected) in [
        ("before s3cret after", "before [redacted] after"),
        ("s3crets3cret!", "[redacted][redacted]!"),
        ("key aGVsbG8gYWJjZGVmZ2hpa2w= end", "key [redacted] end"),
        ("key aGVsbG+gYWJjZGVmZhpa end", "key [redacted] end"),
        (
            "key aGVsbGhYWJjZGVmZhpaaaa end",
            "key aGVsbGhYWJjZGVmZhpaaaa end",
        ),
    ] {
        assert_eq!(redact(text, &["", "s3cret"]), expected);
    }
}

#[test]
fn rule_16_wechats_numbers_of_requests_stay() {
    for kept in [
        "invalid code, rid: 63a1b2c3-4d5e6f70-8192a3b4",
        "invalid code, rid:66669111-41572714-72900238",
        "invalid code, rid: 63a1b2c3-4d5e6f70-8192a3b4.",
        "invalid code, req_id: Ke7hAXYB0h9Fq",
        "invalid code, hints: [ req_id:Ke7hAXYB0h9Fq_a-3h5J6k7l ]",
    ] {
        assert_eq!(redact(kept, &["s3cret"]), kept);
    }
    for (text, expected) in [
        // The shapes of the two, and no longer ones; and nothing else that stands there.
        (
            "rid: 63a1b2c3-4d5e6f70-8192a3b4-8192a3b4",
            "rid: [redacted]",
        ),
        ("rid: 63a1b2c3-4d5e6f70-8192a3bg", "rid: [redacted]"),
        ("rid: Ke7hAXYB0h9FqKe7hAXYB0h9", "rid: [redacted]"),
        ("req_id: Ke7hAXYB0h9Fq_a-3h5J6k7lm", "req_id: [redacted]"),
        ("req_id: Ke7hAXYB0h9Fq.Ke7hAXYB", "req_id: [redacted]"),
        ("req_id: 13800138000", "req_id: [redacted]"),
        ("id: 63a1b2c3-4d5e6f70-8192a3b4", "id: [redacted]"),
        ("req_id Ke7hAXYB0h9Fq_a-3h5J", "req_id [redacted]"),
        // Known secrets go first.
        (
            "rid: 63a1b2c3-54ecce70-8192a3b4",
            "rid: 63a1b2c3-[redacted]-8192a3b4",
        ),
        ("req_id: Ke7h54ecce70", "req_id: Ke7h[redacted]"),
    ] {
        assert_eq!(redact(text, &["54ecce70"]), expected);
    }
}

#[test]
fn rule_16_host_names_stay() {
    for kept in [
        "request:fail https://api-v2.example1.com/user/home is not in domain list",
        "request:fail Unable to resolve host api2.example-cdn01.com",
        "https://api2.example-cdn01.com:8443/user/home?name=eva",
        "Failed to connect to api2.example-cdn01.com/203.0.113.1:443",
        "The server api2.example-cdn01.com. It failed",
        "https://bucket01-1250000000.cos.ap-guangzhou.myqcloud.com/",
    ] {
        assert_eq!(redact(kept, &["s3cret"]), kept);
    }
    for (text, expected) in [
        // What stands after a host.
        (
            "https://api2.example-cdn01.com/u/k3jd9f8s7d6f5g4h?code=0a1B2c3D4e5F6g7H",
            "https://api2.example-cdn01.com[redacted]?[redacted]",
        ),
        (
            "https://api2.example-cdn01.com:443/13800138000",
            "https://api2.example-cdn01.com:[redacted]",
        ),
        // Known secrets go first.
        (
            "https://api2.s3cret.example.com/",
            "https://api2.[redacted].example.com/",
        ),
        // Phone numbers.
        ("13800138000.example.com", "[redacted]"),
        ("id-13800138000.example.com", "[redacted]"),
        ("https://91234567.example.com/", "https:[redacted]"),
    ] {
        assert_eq!(redact(text, &["s3cret"]), expected);
    }
}

#[test]
fn rule_16_a_token_with_dots_is_no_host() {
    let long = format!("{}1.example.com", "a-".repeat(32));
    for token in [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh",
        "a1b2c3d4e5f6a7b8c9.d0e1f2",
        "a1b2c3d4.e5f6a7b8.c9d0e1f2",
        "k3jd9f8s7d6f5g4h.abcdefgh",
        "api-k3jd9f8s7d6f5g4h.example.com",
        "a1b2c3d4e5f6.Abcdefgh",
        "a1b2c3d4e5f6..abcdefgh",
        "a1b2c3d4e5f6a7b8.",
        "a1b2c3d4_e5f6.abcdefgh",
        "a1b2c3d4~e5f6.abcdefgh",
        &long,
    ] {
        assert_eq!(redact(token, &[]), "[redacted]", "{token}");
    }
}
