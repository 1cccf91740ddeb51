//! Rules 19 and 20: who waits goes on in the order of the calls.

use crate::calls::Settled;
use crate::harness::App;
use crate::world::{Body, Step};

#[test]
fn rule_19_phone_codes_go_in_the_order_in_which_they_came() {
    let app = App::new();
    for code in ["p1", "p2", "p3"] {
        app.phone(code);
    }
    app.log_in("t1", None);
    let started = app.started.borrow();
    let posted = started.iter().filter_map(|step| match step {
        Step::Post {
            body: Body::Phone(code),
            ..
        } => Some(code.as_str()),
        _ => None,
    });
    assert!(posted.eq(["p1", "p2", "p3"]));
}

#[test]
fn rule_20_who_waits_goes_on_in_call_order_whatever_it_is() {
    let app = App::new();
    let (one, two) = (app.get(), app.ensure());
    let (three, four) = (app.phone("p1"), app.get());
    let (five, six) = (app.ensure(), app.phone("p2"));
    let before = app.started.borrow().len();
    app.log_in("t1", None);
    let started = app.started.borrow();
    let went = started[before..].iter().filter_map(|step| match step {
        Step::Request { call, .. } => Some(format!("request {call}")),
        Step::Post { body, .. } => Some(format!("{body:?}")),
        _ => None,
    });
    let expected = [
        format!("request {one}"),
        format!("{:?}", Body::Phone("p1".into())),
        format!("request {four}"),
        format!("{:?}", Body::Phone("p2".into())),
    ];
    assert_eq!(went.collect::<Vec<_>>(), expected);
    assert_eq!(app.ledger.borrow().settled, [two, five]);
    assert!((app.outcome(three).is_none()) && app.outcome(six).is_none());
}

#[test]
fn rule_20_who_waits_is_rejected_in_call_order() {
    let app = App::new();
    let calls = [app.get(), app.ensure(), app.phone("p1"), app.get()];
    app.logout();
    let settled = app.ledger.borrow().settled.clone();
    assert_eq!(settled[..4], calls);
    assert_eq!(app.outcome(settled[4]), Some(Settled::Done));
}

#[test]
fn rule_20_who_waits_goes_on_before_anybody_is_told() {
    let app = App::new();
    let calls = [app.ensure(), app.get()];
    app.listen(move |world, _| {
        assert!(world.is_over(calls[0]), "it has its token");
        let on_wire = |step: &Step| matches!(step, Step::Request { .. });
        assert!(world.started.borrow().iter().any(on_wire), "it was sent");
    });
    app.log_in("t1", None);
    assert_eq!(app.events.borrow().len(), 1);
}
