//! The end of a wxp: every flow ends, none starts, and the others of its instance go on.

use miniprogram_login::error::Code;

use crate::calls::Settled;
use crate::harness::{App, Options, carried, secret};
use crate::json::Json;
use crate::wire::{done, failure, granted, login_code};
use crate::world::{CallId, Step};

fn is_post(step: &Step) -> bool {
    matches!(step, Step::Post { .. })
}

fn is_login(step: &Step) -> bool {
    matches!(step, Step::Login { .. })
}

/// Ends the wxp: nothing of it is left, and what it had called rejects.
#[track_caller]
fn dispose(app: &App, calls: &[CallId]) {
    app.dispose();
    assert_eq!(app.left_over(), None);
    for call in calls {
        assert_eq!(app.code(*call), Some(Code::Disposed));
    }
}

#[test]
fn rule_18_dispose_of_one_wxp_leaves_the_other_as_it_is() {
    let options = Options::usual().set("logout.url", "/logout");
    // One of each under way: a logout, a login, a post; and, on a third, a restore.
    let one = App::with(&options);
    one.ensure();
    one.log_in("t1", None);
    let submit = one.phone("p1");
    let logout = one.logout();
    let login = one.ensure();
    assert_eq!(one.count(is_post), 2);
    assert!(one.find(is_login).is_some());

    let other = App::beside(&one);
    let waiting = other.get();
    other.log_in("t2", None);
    let request = other.get();
    let phone = other.phone("p2");
    let restoring = App::loading_beside(&one);
    restoring.start();
    assert!(
        restoring
            .find(|step| matches!(step, Step::Read { .. }))
            .is_some()
    );

    dispose(&one, &[submit, logout, login]);
    dispose(&restoring, &[]);
    for call in [waiting, request] {
        other.reply(call, 200);
        assert_eq!(other.outcome(call), Some(Settled::Response(200)));
    }
    other.posted(200, None);
    assert_eq!(other.outcome(phone), Some(Settled::Response(200)));
    let refused = other.get();
    other.reply(refused, 401);
    other.log_in("t3", None);
    assert_eq!(other.sent(refused), carried(&["t2", "t3"]));
    other.reply(refused, 200);
    other.assert_idle();
}

#[test]
fn dispose_ends_every_kind_of_step() {
    let app = App::loading(&Options::usual());
    app.start();
    dispose(&app, &[]);

    let app = App::restored(&Options::usual(), &App::token("t0", None));
    let call = app.get();
    assert!(
        app.find(|step| matches!(step, Step::CheckSession))
            .is_some()
    );
    dispose(&app, &[call]);

    let app = App::new();
    let calls = [app.get(), app.ensure(), app.phone("p1")];
    assert!(app.find(is_login).is_some());
    dispose(&app, &calls);

    for is_hook in [false, true] {
        let app = App::new();
        app.hooks.set((is_hook, is_hook));
        let call = app.get();
        app.login_gives("c1");
        dispose(&app, &[call]);
    }

    let app = App::new();
    app.hooks.set((false, true));
    let call = app.get();
    app.login_gives("c1");
    app.exchange_gives(granted(&secret("t1"), None));
    assert!(app.find(|step| matches!(step, Step::ReadToken)).is_some());
    dispose(&app, &[call]);

    let app = App::new();
    app.reflex(|_, _| None);
    app.ensure();
    app.log_in("t1", None);
    assert!(
        app.find(|step| matches!(step, Step::Write { .. }))
            .is_some()
    );
    dispose(&app, &[]);

    let app = App::logged_in("t1", None);
    let tapped = app.tap().unwrap();
    let submit = app.consent_of_a_user(tapped);
    let call = app.get();
    dispose(&app, &[submit, call]);

    let app = App::logged_in("t1", None);
    let call = app.get();
    app.reply(call, 401);
    app.log_in("t2", None);
    assert_eq!(app.sent(call).len(), 2, "the replay is on the wire");
    dispose(&app, &[call]);
}

#[test]
fn dispose_ends_what_waits_and_has_no_step() {
    // A profile that waits for a login, and a login that waits for the app to be shown.
    let app = App::logged_in("t1", Some(100));
    let tapped = app.tap().unwrap();
    app.advance(95_000);
    let request = app.get();
    let submit = app.consent_of_a_user(tapped);
    app.hide();
    app.advance(15_000);
    assert_eq!(app.count(is_post), 0);
    dispose(&app, &[request, submit]);

    // A login that waits for a profile submit.
    let app = App::logged_in("t1", Some(10));
    let tapped = app.tap().unwrap();
    let submit = app.consent_of_a_user(tapped);
    app.advance(10_000);
    let request = app.get();
    assert_eq!(app.logins(), 1);
    dispose(&app, &[request, submit]);
}

#[test]
fn dispose_in_the_turn_of_the_calls_starts_nothing() {
    let calls = |app: &App, tapped| {
        let profile = app.consent_of_a_user(tapped);
        vec![app.get(), app.ensure(), app.phone("p1"), profile]
    };
    for (tap, logout) in [(false, false), (true, false), (false, true)] {
        let app = App::logged_in("t1", Some(10));
        let tapped = app.tap().unwrap();
        app.advance(10_000);
        let started = app.started.borrow().len();
        let calls = app.instance.turn(|| {
            if tap {
                assert!(app.tap().is_err());
            }
            let mut calls = calls(&app, tapped);
            calls.extend(logout.then(|| app.logout()));
            app.dispose();
            calls
        });
        // But for the removal of a token that a logout ended (rule 13).
        assert_eq!(app.started.borrow().len(), started + usize::from(logout));
        assert_eq!(app.stored().is_none(), logout);
        assert_eq!(app.left_over(), None);
        for call in calls {
            assert_eq!(app.code(call), Some(Code::Disposed));
        }
    }
}

#[test]
fn dispose_removes_nothing_but_what_ended_and_may_still_be_stored() {
    let is_write = |step: &Step| matches!(step, Step::Write { .. });
    let is_read = |step: &Step| matches!(step, Step::Read { .. });
    // A token that is being written, and one that changed while it was.
    for again in [false, true] {
        let app = App::loading(&Options::usual());
        app.start();
        app.end(is_read, Ok(Json::default()));
        app.ensure();
        app.log_in("t1", None);
        if again {
            let call = app.get();
            app.reply(call, 401);
            app.end(is_read, Ok(Json::default()));
            app.log_in("t2", None);
        }
        assert!(app.find(is_write).is_some());
        app.dispose();
        assert_eq!((app.count(is_write), app.stored()), (1, Some("t1".into())));
    }
    // A token whose end is stored already.
    let app = App::logged_in("t1", None);
    app.logout();
    assert_eq!((app.count(is_write), app.stored()), (2, None));
    app.dispose();
    assert_eq!(app.count(is_write), 2);
}

#[test]
fn dispose_in_a_listener_ends_what_was_ordered_before() {
    let app = App::new();
    let calls = [app.get(), app.phone("p1")];
    app.listen(|world, _| world.dispose());
    app.log_in("t1", None);
    assert_eq!(app.left_over(), None);
    assert_eq!(app.stored(), None);
    for call in calls {
        assert_eq!(app.code(call), Some(Code::Disposed));
    }
}

#[test]
fn dispose_lets_late_answers_meet_nobody() {
    let app = App::new();
    app.get();
    let login = app.find(is_login).unwrap();
    app.dispose();
    assert!(!app.answer(login, Ok(login_code(&secret("late")))));
    assert!(!app.answer(login, Err(failure("login:fail", None))));
    assert!(!app.answer(login, Ok(done())));
    assert!(app.events.borrow().is_empty());
}
