//! Rule 8: the token goes home only.

use miniprogram_login::error::Code;

use crate::calls::Settled;
use crate::harness::{App, Options, carried};

#[test]
fn rule_08_bearer_goes_home_only() {
    let options = Options::usual().set(
        "allowedOrigins",
        ["https://cdn.example.com:8443", "http://127.0.0.1:3000"],
    );
    let home = [
        "/home",
        "home",
        "",
        "https://api.example.com/x",
        "https://API.example.com:443/x?y#z",
        "HTTPS://api.example.com",
        "https://cdn.example.com:8443/",
        "http://127.0.0.1:3000/x",
        // Relative, whatever it looks like: joined after the host's slash.
        "//evil.example.net/x",
        "@evil.example.net",
        ":443@evil.example.net",
    ];
    let foreign = [
        "https://evil.example.net/",
        "http://api.example.com/",
        "https://api.example.com:444/",
        "https://api.example.com.evil.net/",
        "https://api.example.com@evil.example.net/",
        "https://user@api.example.com/",
        "https://api.example.com\\@evil.example.net/",
        "https://api.example.com:443@evil.example.net/",
        "https://api.example.com:/",
        "https://api.example.com%2eevil.net/",
        "https://apі.example.com/",
        "https:/api.example.com/",
        "https:api.example.com/",
        "https://cdn.example.com/",
        "http://127.0.0.1:3001/",
        "https://127.0.0.1:3000/x",
        "http://cdn.example.com:8443/",
        "wss://api.example.com/",
        " https://api.example.com/",
        "javascript:alert(1)",
    ];
    let app = App::with(&options);
    app.ensure();
    app.log_in("t1", None);
    for url in home {
        let call = app.request(url, false);
        assert_eq!(app.sent(call), carried(&["t1"]), "{url}");
        app.reply(call, 200);
    }
    for url in foreign {
        let call = app.request(url, false);
        assert_eq!(app.sent(call), [None], "{url}");
        app.reply(call, 401);
        assert_eq!(
            app.outcome(call),
            Some(Settled::Response(401)),
            "{url}: no verdict on what carried no token"
        );
    }
    assert_eq!(app.logins(), 1);
    app.assert_idle();
}

#[test]
fn rule_08_a_foreign_request_neither_waits_for_nor_causes_a_login() {
    let app = App::new();
    let foreign = app.request("https://elsewhere.example.org/", false);
    assert_eq!((app.logins(), app.sent(foreign)), (0, vec![None]));
    app.get();
    let second = app.request("https://elsewhere.example.org/", false);
    assert_eq!(
        app.sent(second),
        [None],
        "on the wire while the login is in flight"
    );
    assert_eq!(app.logins(), 1);
}

#[test]
fn rule_08_the_callers_own_authorization_is_kept_and_never_replayed() {
    let app = App::logged_in("t1", None);
    let call = app.request("/home", true);
    assert_eq!(app.sent(call), [None]);
    app.reply(call, 401);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!(app.logins(), 1);
}

#[test]
fn rule_08_does_not_renew_when_no_auth() {
    let app = App::new();
    let call = app.request("https://elsewhere.example.org/", false);
    app.reply(call, 401);
    assert_eq!(app.outcome(call), Some(Settled::Response(401)));
    assert_eq!(app.logins(), 0);
}

#[test]
fn rule_08_http_only_for_loopback_and_private_addresses() {
    let base = |url: &str| Options::usual().set("baseUrl", url).read();
    for url in [
        "http://127.0.0.1:3000",
        "http://localhost",
        "http://[::1]:8080",
        "http://10.0.0.1",
        "http://10.255.255.255:65535",
        "http://172.31.0.1",
    ] {
        assert!(base(url).is_ok(), "{url}");
    }
    for url in [
        "http://api.example.com",
        "http://172.32.0.1",
        "http://8.8.8.8",
        "http://127.0.0.1.example.com",
    ] {
        assert_eq!(base(url).unwrap_err().code, Code::Config, "{url}");
    }
}
