//! URLs and origins, with the `url` crate as the judge of where a URL leads.

use miniprogram_login::config::{Config, join};
use miniprogram_login::origin::{Origin, is_absolute};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use url::{Host, Url};

use crate::cases;
use crate::json::Json;

/// Pieces of which dangerous URLs are made.
fn piece() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "https://",
        "http://",
        "HTTPS://",
        "hTTp://",
        "//",
        "/",
        "\\",
        "\\\\",
        ":",
        "@",
        "?",
        "#",
        ".",
        "..",
        "%2e",
        "%40",
        "\t",
        "\n",
        "\r",
        " ",
        "\0",
        "api.example.com",
        "API.Example.COM",
        "api.example.com.",
        "evil.net",
        ":443",
        ":80",
        ":0443",
        ":8443",
        ":65536",
        ":0",
        "user",
        "user:pw@",
        "localhost",
        "127.0.0.1",
        "127.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "010.0.0.1",
        "2130706433",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "172.32.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fe80::1%25]",
        "xn--80ak6aa92e.com",
        "apі.example.com",
        "ａｐｉ.example.com",
        "。",
        "ß",
        "_",
        "-",
        "a",
        "1",
        "ws://",
        "file://",
        "javascript:",
        "data:,",
        "blob:https://",
    ];
    prop_oneof![
        8 => select(KNOWN).prop_map(str::to_string),
        1 => "[ -~]{0,3}",
        1 => "\\PC{0,2}",
    ]
}

fn url() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

/// A home that people might write, and something that looks like it.
fn base() -> impl Strategy<Value = String> {
    const HOSTS: &[&str] = &[
        "api.example.com",
        "API.example.com:8443",
        "127.0.0.1:3000",
        "localhost",
        "10.0.0.1",
        "172.20.1.1:8080",
        "[::1]:3000",
        "xn--fiqs8s.example",
        "a_b.example.com",
        "010.0.0.1",
        "1.2.3",
        "0x7f.1",
        "api.example.com.",
    ];
    (
        select(&["https://", "http://"][..]),
        select(HOSTS),
        select(&["", "/", "/v1", "/v1/"][..]),
    )
        .prop_map(|(scheme, host, path)| format!("{scheme}{host}{path}"))
}

/// Like the base, with something slipped in somewhere.
fn near(base: &str) -> impl Strategy<Value = String> + use<> {
    let base = base.to_string();
    (0..=base.len(), piece(), 0..4usize).prop_map(move |(at, piece, cut)| {
        let (head, tail) = base.split_at(at);
        format!("{head}{piece}{}", tail.get(cut..).unwrap_or(""))
    })
}

/// The options of an app with this `baseUrl`.
fn config(base: &str) -> Option<Config> {
    let options = json!({ "baseUrl": base, "login": { "url": "/login" } });
    Config::read(&Json(options), "wx-app|release").ok()
}

/// Scheme, host and port, as every client must see them.
fn place(url: &str) -> Option<(String, Host<String>, u16)> {
    let url = Url::parse(url).ok()?;
    Some((
        url.scheme().to_string(),
        url.host()?.to_owned(),
        url.port_or_known_default()?,
    ))
}

/// The token may travel there in the clear.
fn is_near(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback() || address.is_private(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn home_is_home(base: &str, url: &str) -> Result<(), TestCaseError> {
    let Some(config) = config(base) else {
        return Ok(());
    };
    let home = place(base);
    if config.is_home(url) {
        // Where even the judge can't read the base, nothing is reached at all.
        prop_assert_eq!(place(url), home.clone(), "{} taken for home {}", url, base);
        if let Some((scheme, host, _)) = &home {
            prop_assert!(scheme == "https" || is_near(host), "in the clear: {}", base);
        }
        let judged = Url::parse(url).ok();
        prop_assert!(
            judged.is_none_or(|url| url.username().is_empty() && url.password().is_none())
        );
    }
    if !is_absolute(url) {
        prop_assert_eq!(
            place(&join(base.trim_end_matches('/'), url)),
            home,
            "relative {} leaves {}",
            url,
            base
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn home_is_where_the_url_standard_says(base in base(), url in url()) {
        home_is_home(&base, &url)?;
    }

    #[test]
    fn what_is_almost_home((base, url) in base().prop_flat_map(|base| { let near = near(&base); (Just(base), near) })) {
        home_is_home(&base, &url)?;
    }

    #[test]
    fn any_text_as_url(base in base(), url in any::<String>()) {
        home_is_home(&base, &url)?;
    }

    #[test]
    fn an_origin_that_parses_is_the_standards(url in url()) {
        if let (Some(ours), Some((scheme, host, port))) = (Origin::parse(&url), place(&url)) {
            prop_assert_eq!(ours.https, scheme == "https");
            prop_assert_eq!(ours.port, port);
            match host {
                Host::Domain(name) => prop_assert!(ours.host.eq_ignore_ascii_case(&name), "{} is not {}", ours.host, name),
                Host::Ipv4(_) | Host::Ipv6(_) => prop_assert!(!ours.is_secure() || ours.https || is_near(&host), "{}", url),
            }
        }
    }

    #[test]
    fn plain_urls_are_home(path in "[a-z0-9/?=&#._-]{0,20}") {
        let config = config("https://api.example.com/v1").unwrap();
        let home = format!("https://api.example.com/{path}");
        prop_assert!(config.is_home(&home));
    }
}
