//! Rules 1 to 6: the silent login.

use miniprogram_login::error::Code;

use crate::calls::Settled;
use crate::harness::{App, failure};

#[test]
fn rule_01_concurrent_cold_start_logs_in_once() {
    let app = App::new();
    let calls: Vec<_> = (0..5).map(|_| app.get()).collect();
    let ensured = app.ensure();
    app.log_in("t1", None);
    assert_eq!((app.logins(), app.exchanges()), (1, 1));
    assert_eq!(
        app.outcome(ensured),
        Some(Settled::Token("sEcReT-t1".to_string()))
    );
    for call in calls {
        assert_eq!(app.sent(call), [Some("t1".to_string())]);
        app.reply(call, 200);
        assert_eq!(app.outcome(call), Some(Settled::Response(200)));
    }
    app.assert_idle();
}

#[test]
fn rule_02_login_failure_rejects_every_waiter() {
    let app = App::new();
    let calls: Vec<_> = (0..3).map(|_| app.get()).collect();
    app.login_fails(failure("login:fail", None));
    for call in calls {
        assert_eq!(app.code(call), Some(Code::LoginFailed));
    }
    app.assert_idle();
}
