//! Rules 11 and 12: failures of the transport, and aborts.

use miniprogram_login::error::{Code, Stage};

use crate::calls::Settled;
use crate::harness::{App, carried, said};
use crate::wire::failure;

#[test]
fn rule_11_a_transport_failure_carries_wxs_words() {
    let app = App::logged_in("t1", None);
    let call = app.get();
    let words =
        "request:fail errcode:-118 cronet_error_code:-118 error_msg:net::ERR_CONNECTION_TIMED_OUT";
    app.break_off(app.on_wire(call), failure(words, Some(600_001)));
    let Some(Settled::Rejected(error)) = app.outcome(call) else {
        panic!("it rejects")
    };
    assert_eq!((error.code, error.stage), (Code::Timeout, Stage::Request));
    let said = said(&error);
    assert_eq!(
        (said["errMsg"].as_str(), said["errno"].as_i64()),
        (Some(words), Some(600_001))
    );
}

#[test]
fn rule_12_abort_while_waiting_leaves_the_login_to_the_others() {
    let app = App::new();
    let (aborted, other) = (app.get(), app.get());
    app.abort(aborted);
    assert_eq!(app.code(aborted), Some(Code::Aborted));
    app.log_in("t1", None);
    assert!(app.sent(aborted).is_empty());
    app.reply(other, 200);
    app.assert_idle();
}

#[test]
fn rule_12_cancelled_refresh_still_lands() {
    let app = App::new();
    let call = app.get();
    app.abort(call);
    app.log_in("t1", None);
    assert_eq!(app.stored(), Some("t1".to_string()));
    app.assert_idle();
}

#[test]
fn rule_12_abort_on_the_wire_and_after_a_401_and_in_the_replay() {
    let app = App::logged_in("t1", None);
    let accepted = app.get();
    app.reply(accepted, 200);
    let sent = app.get();
    app.abort(sent);
    let waiting = app.get();
    app.reply(waiting, 401);
    app.abort(waiting);
    let replayed = app.get();
    app.log_in("t2", None);
    let late = app.get();
    app.reply(replayed, 401);
    app.log_in("t3", None);
    app.abort(replayed);
    app.reply(late, 200);
    for call in [sent, waiting, replayed] {
        assert_eq!(app.code(call), Some(Code::Aborted));
    }
    assert_eq!(
        (app.sent(waiting), app.sent(replayed)),
        (carried(&["t1"]), carried(&["t2", "t3"]))
    );
    app.assert_idle();
}
