//! Rule 13: logout wins.

use std::cell::Cell;
use std::rc::Rc;

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::event::{Event, LogEntry};
use miniprogram_login::session::Status;
use serde_json::json;

use crate::calls::Settled;
use crate::harness::{App, Options};
use crate::world::Step;

fn posts(app: &App) -> usize {
    app.count(|step| matches!(step, Step::Post { .. }))
}

#[test]
fn rule_13_logout_cuts_a_login_off() {
    for exchanging in [false, true] {
        let app = App::new();
        let calls = [app.get(), app.ensure()];
        if exchanging {
            app.login_gives("c1");
        }
        app.logout();
        for call in calls {
            assert_eq!(app.code(call), Some(Code::LoggedOut));
        }
        assert!(
            app.find(|step| matches!(step, Step::Login { .. } | Step::Exchange { .. }))
                .is_none(),
            "aborted"
        );
        assert_eq!(
            (app.stored(), app.client().snapshot().status),
            (None, Status::None)
        );
        app.assert_idle();
    }
}

#[test]
fn rule_13_requests_of_before_a_logout_never_log_in_or_replay() {
    let app = App::logged_in("t1", None);
    let calls = [app.get(), app.get(), app.get()];
    app.logout();
    app.reply(calls[0], 401);
    let next = app.get();
    app.reply(calls[1], 401);
    app.log_in("t2", None);
    app.reply(calls[2], 401);
    app.reply(next, 200);
    for call in calls {
        assert_eq!(app.outcome(call), Some(Settled::Response(401)));
        assert_eq!(app.sent(call), [Some("t1".to_string())]);
    }
    assert_eq!(app.logins(), 2);
    app.assert_idle();
}

#[test]
fn rule_13_logout_is_not_sticky() {
    let app = App::logged_in("t1", None);
    app.logout();
    assert_eq!(app.client().snapshot().status, Status::None);
    let call = app.get();
    app.log_in("t2", None);
    app.reply(call, 200);
    assert_eq!(app.sent(call), [Some("t2".to_string())]);
}

#[test]
fn rule_13_logout_tells_the_server_with_the_token_that_it_ended() {
    let options = Options::usual().set("logout.url", "/logout");
    let tell = |end: &dyn Fn(&App)| {
        let app = App::with(&options);
        app.ensure();
        app.log_in("t1", None);
        let call = app.logout();
        assert_eq!(app.outcome(call), None, "its promise waits for the server");
        assert_eq!(
            app.client().snapshot().status,
            Status::None,
            "but it took effect before it returned"
        );
        end(&app);
        assert_eq!(app.outcome(call), Some(Settled::Done));
        app.assert_idle();
        app.events
            .borrow()
            .iter()
            .any(|event| matches!(event, Event::Error { error } if error.stage == Stage::Logout))
    };
    assert!(!tell(&|app| app.posted(200, None)));
    assert!(tell(&|app| app.advance(15_000)));
    let app = App::with(&options);
    let call = app.logout();
    assert_eq!(
        (app.outcome(call), posts(&app)),
        (Some(Settled::Done), 0),
        "there was nothing to tell"
    );
}

#[test]
fn rule_13_the_events_of_a_session() {
    let app = App::logged_in("t1", Some(10));
    app.advance(10_000);
    app.get();
    app.logout();
    let events = json!(*app.events.borrow());
    let kinds: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["type"])
        .collect();
    assert_eq!(kinds, ["login", "expired", "logout"]);
}

#[test]
fn rule_13_a_logout_that_another_overtakes_is_told_all_the_same() {
    let app = App::with(&Options::usual().set("logout.url", "/logout"));
    app.ensure();
    app.log_in("t1", None);
    let again = Rc::new(Cell::new(None));
    let second = Rc::clone(&again);
    app.listen(move |world, event| {
        if *event == Event::Logout && second.get().is_none() {
            second.set(Some(world.logout()));
        }
    });
    let first = app.logout();
    app.posted(200, None);
    for call in [Some(first), again.get()] {
        assert_eq!(app.outcome(call.unwrap()), Some(Settled::Done));
    }
    let logged = |entry: &LogEntry| entry.stage == Stage::Logout;
    let entries = app
        .log
        .borrow()
        .iter()
        .filter(|entry| logged(entry))
        .count();
    assert_eq!(
        (posts(&app), entries),
        (1, 1),
        "what did not begin is not logged"
    );
    app.assert_idle();
}
