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
        format!("{:?}", Answer::read(&answer, None)),
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
