//! Rule 15: the storage is a cache.

use miniprogram_login::error::Code;
use miniprogram_login::event::Event;
use miniprogram_login::token::{Age, Record};

use crate::calls::Settled;
use crate::harness::{App, BASE, Options};
use crate::wire::{done, failure};
use crate::world::{EPOCH, Step};

/// What the events about the storage say that wx said.
fn storage_failures(app: &App) -> Vec<String> {
    let events = app.events.borrow();
    events
        .iter()
        .filter_map(|event| match event {
            Event::Error { error } if error.code == Code::StorageFailed => {
                Some(error.err_msg().unwrap_or_default().to_string())
            }
            _ => None,
        })
        .collect()
}

fn storage_errors(app: &App) -> usize {
    storage_failures(app).len()
}

fn is_write(step: &Step) -> bool {
    matches!(step, Step::Write { .. })
}

#[test]
fn rule_15_a_storage_that_fails_is_an_event_never_a_failed_login() {
    let app = App::new();
    app.reflex(|_, step| {
        is_write(step).then(|| Err(failure("setStorage:fail:entry size limit reached", None)))
    });
    let call = app.get();
    app.log_in("t1", None);
    app.reply(call, 200);
    assert_eq!(
        (app.outcome(call), storage_failures(&app)),
        (
            Some(Settled::Response(200)),
            vec!["setStorage:fail:entry size limit reached".to_string()]
        )
    );
    app.assert_idle();
}

#[test]
fn rule_15_a_storage_that_never_answers_holds_nothing_up() {
    let app = App::loading(&Options::usual());
    app.start();
    app.advance(3_000);
    assert_eq!(storage_failures(&app), ["no answer"]);
    let call = app.get();
    app.log_in("t1", None);
    app.reply(call, 200);
    app.advance(3_000);
    assert_eq!(storage_errors(&app), 2);
    app.logout();
    app.end(is_write, Ok(done()));
    assert_eq!(
        app.stored(),
        None,
        "the write that hung does not keep the next one from being tried"
    );
    app.assert_idle();
}

#[test]
fn rule_15_a_read_that_fails_counts_as_no_token() {
    let app = App::loading(&Options::usual());
    app.start();
    app.end(
        |step| matches!(step, Step::Read { .. }),
        Err(failure("getStorage:fail", None)),
    );
    app.storage_works();
    app.get();
    assert_eq!((app.logins(), storage_errors(&app)), (1, 1));
}

#[test]
fn rule_15_writes_never_overtake_each_other_and_the_last_state_is_stored() {
    let app = App::new();
    app.reflex(|_, _| None);
    app.ensure();
    app.log_in("t1", None);
    app.logout();
    app.ensure();
    app.log_in("t2", None);
    let write = app.find(is_write);
    assert!(write.is_some(), "one at a time");
    app.end(is_write, Ok(done()));
    app.end(is_write, Ok(done()));
    assert_eq!(app.stored(), Some("t2".to_string()));
    assert_eq!(app.count(is_write), 2);
    app.assert_idle();
}

#[test]
fn rule_15_the_record_is_bound_to_what_it_was_issued_for() {
    let binding = Options::usual().read().unwrap().binding;
    let record = Record::new(&App::token("t0", Some(1_000)), &binding);
    let kept = |record: Record, now| {
        record
            .token(&binding)
            .is_some_and(|token| token.age(now, 0) != Age::Expired)
    };
    assert!(kept(record.clone(), EPOCH));
    assert!(kept(record.clone(), EPOCH + 999));
    let wrong = [
        Record {
            version: 2,
            ..record.clone()
        },
        Record {
            version: 0,
            ..record.clone()
        },
        Record {
            binding: binding.clone() + "x",
            ..record.clone()
        },
        Record {
            token: String::new(),
            ..record.clone()
        },
        Record {
            token: "undefined token".to_string(),
            ..record.clone()
        },
        Record {
            token: "tok\nen".to_string(),
            ..record.clone()
        },
    ];
    for record in wrong {
        assert!(!kept(record.clone(), EPOCH), "{record:?}");
    }
    assert!(!kept(record, EPOCH + 1_000), "it is over");
}

#[test]
fn rule_15_app_version_origin_and_login_url_tell_records_apart() {
    let usual = Options::usual();
    let config = |options: &Options, app: &str| {
        let config = options.read_for(app).unwrap();
        (config.binding, config.storage_key)
    };
    let (binding, key) = config(&usual, "wx-app|release");
    let others = [
        config(&usual, "wx-app|trial"),
        config(&usual, "wx-other|release"),
        config(&usual.clone().set("login.url", "/login2"), "wx-app|release"),
        config(
            &usual
                .clone()
                .set("baseUrl", "https://api.example.com:8443/v1"),
            "wx-app|release",
        ),
        config(
            &usual.clone().set("baseUrl", "https://api2.example.com/v1"),
            "wx-app|release",
        ),
    ];
    for (other_binding, other_key) in others {
        assert_ne!(binding, other_binding);
        assert_ne!(key, other_key);
    }
    assert_eq!(
        config(&usual.clone().set("storage.key", "mine"), "wx-app|release"),
        (binding, "mine".to_string())
    );
    let same = usual
        .clone()
        .set("baseUrl", "https://API.example.com/v1/")
        .set("login.url", "https://api.example.com/v1/login");
    assert_eq!(config(&same, "wx-app|release").1, key);
    // The login of one app elsewhere, for two servers.
    let logins = "https://login.example.com";
    let [one, other] = [BASE, "https://api2.example.com/v1"].map(|base| {
        let options = usual
            .clone()
            .set("baseUrl", base)
            .set("login.url", format!("{logins}/login"))
            .set("allowedOrigins", [logins]);
        config(&options, "wx-app|release")
    });
    assert_ne!(one, other);
    // Another version of the SDK must find what this one stored.
    assert_eq!(key, "miniprogram-login:fabffanjidpoiljp");
}

#[test]
fn rule_15_the_token_is_stored_after_login_and_removed_when_it_ends() {
    let app = App::logged_in("t1", Some(100));
    assert_eq!(app.stored(), Some("t1".to_string()));
    app.advance(100_000);
    app.get();
    assert_eq!(app.stored(), None);
    app.log_in("t2", None);
    assert_eq!(app.stored(), Some("t2".to_string()));
    app.logout();
    assert_eq!(app.stored(), None);
}
