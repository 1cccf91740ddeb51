//! The slow path of a request: waiting, sending, one replay; and a token that ends in between.

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::event::Event;
use miniprogram_login::platform::Answered;

use crate::calls::Settled;
use crate::harness::{App, Options, carried};
use crate::world::{CallId, Step, World};

/// The flows of an app that is idle.
const IDLE: usize = 1;

/// A request whose replay is on the wire, and is never answered.
fn replayed() -> (App, CallId) {
    let app = App::logged_in("t1", None);
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t2", None);
    assert_eq!(app.sent(call), carried(&["t1", "t2"]));
    (app, call)
}

#[test]
fn rule_09_a_replay_that_is_never_answered_costs_one_future() {
    let (app, call) = replayed();
    app.advance(1_000_000);
    assert_eq!((app.outcome(call), app.flows.get()), (None, IDLE + 1));
    assert_eq!(app.pending.borrow().len(), 1);
    let other = app.get();
    app.reply(other, 200);
    assert_eq!(app.flows.get(), IDLE + 1);
    app.reply(call, 200);
    assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    app.assert_idle();
}

#[test]
fn rule_12_abort_ends_a_replay_that_is_never_answered() {
    let (app, call) = replayed();
    app.abort(call);
    assert_eq!(app.code(call), Some(Code::Aborted));
    app.assert_idle();
}

#[test]
fn dispose_ends_a_replay_that_is_never_answered() {
    let (app, call) = replayed();
    app.dispose();
    assert_eq!(app.code(call), Some(Code::Disposed));
    assert_eq!(app.left_over(), None);
}

#[test]
fn rule_13_logout_ends_a_replays_future_and_its_late_answer_is_delivered() {
    for status in [200, 401] {
        let (app, call) = replayed();
        app.logout();
        assert_eq!((app.outcome(call), app.flows.get()), (None, IDLE));
        app.reply(call, status);
        assert_eq!(app.outcome(call), Some(Settled::Response(status)));
        assert_eq!(app.logins(), 2);
        app.assert_idle();
    }
}

#[test]
fn rule_13_logout_leaves_the_failure_of_a_replay_as_it_comes() {
    let (app, call) = replayed();
    app.logout();
    let words = crate::wire::failure("request:fail timeout", Some(5));
    app.break_off(app.on_wire(call), words);
    assert_eq!(app.code(call), Some(Code::Timeout));
    app.assert_idle();
}

#[test]
fn rule_13_abort_still_takes_what_outlived_a_logout_off_the_wire() {
    let (app, call) = replayed();
    app.logout();
    app.abort(call);
    assert_eq!(app.code(call), Some(Code::Aborted));
    app.assert_idle();
}

#[test]
fn rule_12_a_request_aborted_before_its_turn_is_not_sent() {
    for stage in [Stage::Exchange, Stage::Login] {
        let app = App::new();
        let (aborted, other) = (app.get(), app.get());
        app.log_to(move |world, entry| {
            if entry.stage == stage {
                world.abort(aborted);
            }
        });
        app.log_in("t1", None);
        assert_eq!(app.code(aborted), Some(Code::Aborted));
        assert!(app.sent(aborted).is_empty());
        app.reply(other, 200);
        app.assert_idle();
    }
}

/// Logs out in the log entry of the exchange: after that the waiting calls have their token, and
/// before what they do with it.
fn log_out_between(app: &App) {
    app.log_to(|world, entry| {
        if entry.stage == Stage::Exchange {
            world.logout();
        }
    });
}

#[test]
fn rule_13_nothing_goes_with_a_token_that_ended_before_its_turn() {
    let app = App::new();
    let calls = [app.get(), app.phone("p1"), app.get()];
    let ensured = app.ensure();
    log_out_between(&app);
    app.log_in("t1", None);
    for call in calls {
        assert_eq!(app.code(call), Some(Code::LoggedOut));
    }
    // It was given before, and nothing of it went anywhere.
    assert!(matches!(app.outcome(ensured), Some(Settled::Token(_))));
    let carries = |step: &Step| matches!(step, Step::Request { .. } | Step::Post { .. });
    assert_eq!((app.count(carries), app.stored()), (0, None));
    app.assert_idle();
}

#[test]
fn rule_13_a_profile_does_not_go_with_a_token_that_ended_before_its_turn() {
    let app = App::logged_in("t1", Some(100));
    app.advance(95_000);
    let tapped = app.tap().unwrap();
    app.get();
    let submit = app.consent_of_a_user(tapped);
    log_out_between(&app);
    app.log_in("t2", None);
    assert_eq!(app.code(submit), Some(Code::LoggedOut));
    assert_eq!(app.count(|step| matches!(step, Step::Post { .. })), 0);
    app.ensure();
    assert_eq!(app.logins(), 3, "logins are no longer paused");
    app.log_in("t3", None);
    app.assert_idle();
}

#[test]
fn rule_13_a_replay_does_not_go_with_a_token_that_ended_before_its_turn() {
    let app = App::logged_in("t1", None);
    let call = app.get();
    app.reply(call, 401);
    log_out_between(&app);
    app.log_in("t2", None);
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    assert_eq!(app.sent(call), carried(&["t1"]));
    app.assert_idle();
}

#[test]
fn rule_13_a_new_session_in_the_same_turn_is_not_taken_for_the_one_that_ended() {
    let app = App::new();
    let call = app.get();
    app.log_to(|world, entry| {
        if entry.stage == Stage::Exchange && world.events.borrow().is_empty() {
            world.logout();
            world.ensure();
        }
    });
    app.log_in("t1", None);
    assert_eq!(app.code(call), Some(Code::LoggedOut));
    app.log_in("t2", None);
    assert_eq!(app.stored(), Some("t2".to_string()));
    app.assert_idle();
}

#[test]
fn rule_20_a_write_that_a_logout_overtakes_is_not_begun() {
    let app = App::new();
    app.ensure();
    app.listen(|world: &std::rc::Rc<World>, event| {
        if matches!(event, Event::Login { .. }) {
            world.logout();
        }
    });
    app.log_in("t1", None);
    let writes = |step: &Step| matches!(step, Step::Write { token: Some(_), .. });
    assert_eq!(app.count(writes), 0, "the token was never stored");
    assert_eq!(app.count(|step| matches!(step, Step::Write { .. })), 1);
    app.assert_idle();
}

#[test]
fn rule_20_permit_and_verdict_change_nothing_else() {
    let apps = [
        App::new(),
        App::logged_in("t1", None),
        App::logged_in("t1", Some(100)),
        App::restored(&Options::usual(), &App::token("t0", None)),
    ];
    for app in apps {
        app.advance(95_000);
        let seen = |app: &App| {
            let client = app.client();
            let started = app.started.borrow().len();
            (format!("{client:?}"), started, app.flows.get())
        };
        let before = seen(&app);
        let now = app.now();
        for own in [false, true] {
            for url in ["/home", "home", "https://api.example.com/x", "http://x.y/"] {
                app.enter(|client| client.permit(url, own, now));
            }
        }
        let permit = app.enter(|client| client.permit_home(now));
        for status in [401, 0] {
            app.enter(|client| client.verdict(permit, answered(status, Some(true))));
        }
        assert_eq!(seen(&app), before);
        // What it does change: a token that was accepted.
        app.enter(|client| client.verdict(permit, answered(200, None)));
        app.assert_idle();
    }
}

fn answered(status: u16, judged: Option<bool>) -> Answered {
    Answered { status, judged }
}
