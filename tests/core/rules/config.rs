//! The options.

use miniprogram_login::error::{Code, Stage};

use crate::calls::Settled;
use crate::harness::{App, Options, said};

#[test]
fn config_wrong_options_are_named() {
    let usual = Options::usual;
    let wrong = [
        ("baseUrl", usual().set("baseUrl", "api.example.com")),
        ("baseUrl", usual().set("baseUrl", "http://api.example.com")),
        (
            "baseUrl",
            usual().set("baseUrl", "https://api.example.com/?x=1"),
        ),
        (
            "baseUrl",
            usual().set("baseUrl", "https://user@api.example.com"),
        ),
        (
            "allowedOrigins",
            usual().set("allowedOrigins", ["cdn.example.com"]),
        ),
        (
            "allowedOrigins",
            usual().set(
                "allowedOrigins",
                ["https://cdn.example.com", "http://cdn.example.com"],
            ),
        ),
        (
            "allowedOrigins",
            usual().set("allowedOrigins", ["https://[cdn]"]),
        ),
        (
            "allowedOrigins",
            usual().set("allowedOrigins", ["https://cdn.example.com:65536"]),
        ),
        (
            "login.url",
            usual().set("login.url", "https://elsewhere.example.org/login"),
        ),
        (
            "profile.url",
            usual().set("profile.url", "https://elsewhere.example.org/profile"),
        ),
        (
            "phone.url",
            usual().set("phone.url", "http://api.example.com/phone"),
        ),
        (
            "logout.url",
            usual().set("logout.url", "https://elsewhere.example.org/logout"),
        ),
    ];
    for (name, options) in wrong {
        let error = options.read().unwrap_err();
        assert_eq!(
            (error.code, error.stage),
            (Code::Config, Stage::Config),
            "{name}"
        );
        let said = said(&error);
        assert_eq!(said["option"], name);
        assert!(
            said["detail"]
                .as_str()
                .is_some_and(|detail| detail.contains(' ')),
            "{name}: {said}"
        );
    }
}

#[test]
fn config_endpoints_may_be_absolute_on_an_allowed_origin() {
    let options = Options::usual()
        .set("allowedOrigins", ["https://auth.example.com"])
        .set("login.url", "https://auth.example.com/login")
        .set("logout.url", "logout");
    let config = options.read().unwrap();
    assert_eq!(config.login_url, "https://auth.example.com/login");
    assert_eq!(
        config.profile_url.as_deref(),
        Some("https://api.example.com/v1/profile")
    );
    assert_eq!(
        config.logout_url.as_deref(),
        Some("https://api.example.com/v1/logout")
    );
}

#[test]
fn config_defaults_are_the_designs() {
    let config = Options::bare().read().unwrap();
    let times = [
        config.login_timeout,
        config.check_timeout,
        config.margin,
        config.cooldown_first,
        config.cooldown_max,
    ];
    assert_eq!(times, [15_000, 3_000, 60_000, 1_000, 30_000]);
    assert!(config.check_session);
    assert_eq!(
        [config.profile_url, config.phone_url, config.logout_url],
        [const { None }; 3]
    );
    assert!(config.storage_key.starts_with("miniprogram-login:"));
}

#[test]
fn config_without_their_urls_profile_and_phone_reject() {
    let app = App::with(&Options::bare());
    let calls = [app.phone("p1"), app.consent_of_a_user(0)];
    for (call, name) in calls.into_iter().zip(["phone.url", "profile.url"]) {
        let Some(Settled::Rejected(error)) = app.outcome(call) else {
            panic!("it rejects")
        };
        assert_eq!(error.code, Code::Config);
        assert!(said(&error).to_string().contains(name));
    }
    assert_eq!(app.logins(), 0, "before anything is asked");
}
