//! The options of `createWxp`: what they are, and what they come to.

use crate::error::{Error, Stage};
use crate::origin::{Origin, is_absolute};
use crate::time::Ms;
use crate::token::hash;
use crate::value::{Value, fields, fields_of, text};

/// What a value must be. The build hands the table below to JavaScript, which checks types before
/// the WASM has loaded; the `TypeError` says `should`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionType {
    /// A text that starts with http:// or https:// and a host.
    Url,
    /// A text on one line.
    Text,
    /// A list of texts.
    Texts,
    /// A number of milliseconds, 0 or more, that a timer can count.
    Ms,
    /// true or false.
    Flag,
    /// `'launch'` or `'never'`.
    Check,
    /// A function.
    Function,
    /// An object.
    Object,
    /// The name of a header that can carry a token.
    HeaderName,
    /// What stands before the token in it, on its own or empty.
    Scheme,
    /// An object of header fields.
    Fields,
    /// The same, or a function that gives one.
    Header,
}

impl OptionType {
    /// Every type.
    pub const ALL: &[OptionType] = &[
        OptionType::Url,
        OptionType::Text,
        OptionType::Texts,
        OptionType::Ms,
        OptionType::Flag,
        OptionType::Check,
        OptionType::Function,
        OptionType::Object,
        OptionType::HeaderName,
        OptionType::Scheme,
        OptionType::Fields,
        OptionType::Header,
    ];

    /// The end of the sentence "option X should be …".
    pub fn should(self) -> &'static str {
        match self {
            OptionType::Url => "a string like 'https://api.example.com'",
            OptionType::Text => "a non-empty string on one line",
            OptionType::Texts => "an array of non-empty strings, each on one line",
            OptionType::Ms => "a number of milliseconds from 0 to 2147483647",
            OptionType::Flag => "true or false",
            OptionType::Check => "'launch' or 'never'",
            OptionType::Function => "a function",
            OptionType::Object => "an object",
            OptionType::HeaderName => {
                "the name of a header, such as 'X-Access-Token'; not Cookie, Referer or Content-Type"
            }
            OptionType::Scheme => "a word such as 'Bearer', or '' for none",
            OptionType::Fields => "an object of header fields, each a string on one line",
            OptionType::Header => {
                "an object of header fields, each a string on one line, or a function that gives one"
            }
        }
    }
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Its path, such as `login.url`.
    pub name: &'static str,
    /// What it must be.
    pub expects: OptionType,
    /// Whether `createWxp` throws without it.
    pub required: bool,
}

const fn required(name: &'static str, expects: OptionType) -> OptionSpec {
    OptionSpec {
        name,
        expects,
        required: true,
    }
}

const fn optional(name: &'static str, expects: OptionType) -> OptionSpec {
    OptionSpec {
        name,
        expects,
        required: false,
    }
}

/// Every option.
pub const OPTIONS: &[OptionSpec] = &[
    required("baseUrl", OptionType::Url),
    required("login.url", OptionType::Text),
    optional("login.body", OptionType::Function),
    optional("login.readToken", OptionType::Function),
    optional("login.header", OptionType::Fields),
    optional("login.timeout", OptionType::Ms),
    optional("profile.url", OptionType::Text),
    optional("phone.url", OptionType::Text),
    optional("logout.url", OptionType::Text),
    optional("allowedOrigins", OptionType::Texts),
    optional("authorization.header", OptionType::HeaderName),
    optional("authorization.scheme", OptionType::Scheme),
    optional("header", OptionType::Header),
    optional("isUnauthorized", OptionType::Function),
    optional("checkSession", OptionType::Check),
    optional("checkSessionTimeout", OptionType::Ms),
    optional("storage.key", OptionType::Text),
    optional("storage.encrypt", OptionType::Flag),
    optional("expiryMargin", OptionType::Ms),
    optional("cooldown.first", OptionType::Ms),
    optional("cooldown.max", OptionType::Ms),
    optional("requestTimeout", OptionType::Ms),
    optional("loadTimeout", OptionType::Ms),
    optional("wasmPath", OptionType::Text),
    optional("fallback", OptionType::Object),
    optional("fallbackAfter", OptionType::Ms),
    optional("wx", OptionType::Object),
    optional("WXWebAssembly", OptionType::Object),
    optional("log", OptionType::Function),
];

/// An [`Origin`] that is kept.
#[derive(Clone, Debug)]
struct Home {
    https: bool,
    host: String,
    port: u16,
}

impl Home {
    fn of(origin: Origin<'_>) -> Self {
        Self {
            https: origin.https,
            host: origin.host.into(),
            port: origin.port,
        }
    }

    fn origin(&self) -> Origin<'_> {
        Origin {
            https: self.https,
            host: &self.host,
            port: self.port,
        }
    }
}

/// The options, read and resolved.
#[derive(Clone, Debug)]
pub struct Config {
    /// The origins that may see the token.
    homes: Vec<Home>,
    /// Where codes are exchanged.
    pub login_url: String,
    /// Where profiles go; none if unset, as the two that follow.
    pub profile_url: Option<String>,
    /// Where phone codes go.
    pub phone_url: Option<String>,
    /// Where logouts are told.
    pub logout_url: Option<String>,
    /// For the whole login, ms.
    pub login_timeout: Ms,
    /// Whether a restored token is checked once per launch.
    pub check_session: bool,
    /// For that check, ms.
    pub check_timeout: Ms,
    /// How long before its end a token is renewed, ms; a tenth of its life if that is shorter.
    pub margin: Ms,
    /// The first cooldown, ms; it doubles with every further failure.
    pub cooldown_first: Ms,
    /// The longest cooldown, ms.
    pub cooldown_max: Ms,
    /// What stands before the token in its header; empty for nothing.
    pub scheme: String,
    /// The key of the stored record.
    pub storage_key: String,
    /// What a token was issued for: appId, envVersion, origin of `baseUrl` and `login.url`.
    pub binding: String,
}

impl Config {
    /// Reads the options; their types were checked before. `owner` says whose they are: appId and
    /// envVersion.
    ///
    /// # Errors
    /// Code `config`, naming the option.
    pub fn read<V: Value>(options: &V, owner: &str) -> Result<Self, Error> {
        let names = ["baseUrl", "allowedOrigins"];
        let [base, origins] = fields(options, names);
        let base = text(&base).unwrap_or_default();
        let origins: Vec<String> = origins.and_then(|list| list.read()).unwrap_or_default();
        let config = Self::resolve(options, owner, &base, &origins);
        match config.problem(&base, &origins) {
            None => Ok(config),
            Some((option, should)) => Err(Error::of_option(option, should, Stage::Config)),
        }
    }

    /// What the options come to if nothing is wrong with them.
    fn resolve<V: Value>(options: &V, owner: &str, base: &str, origins: &[String]) -> Self {
        let [login, profile, phone, logout, storage, cooldown] = fields(
            options,
            ["login", "profile", "phone", "logout", "storage", "cooldown"],
        );
        let [check_session, check_timeout, margin] = fields(
            options,
            ["checkSession", "checkSessionTimeout", "expiryMargin"],
        );
        let [authorization] = fields(options, ["authorization"]);
        let [scheme] = fields_of(authorization.as_ref(), ["scheme"]);
        let [login_url, login_timeout] = fields_of(login.as_ref(), ["url", "timeout"]);
        let [storage_key] = fields_of(storage.as_ref(), ["key"]);
        let [cooldown_first, cooldown_max] = fields_of(cooldown.as_ref(), ["first", "max"]);

        let base = base.trim_end_matches('/');
        let absolute = |url: String| match is_absolute(&url) {
            true => url,
            false => join(base, &url),
        };
        let endpoint = |group: &Option<V>| {
            let [url] = fields_of(group.as_ref(), ["url"]);
            text(&url).map(absolute)
        };
        let login_url = absolute(text(&login_url).unwrap_or_default());
        let binding = [owner, "|", &origin_text(base), "|", &login_url].concat();
        let derived_key = || ["miniprogram-login:", &letters(hash(&binding))].concat();
        let homes = std::iter::once(base).chain(origins.iter().map(String::as_str));
        Self {
            homes: homes.filter_map(Origin::parse).map(Home::of).collect(),
            profile_url: endpoint(&profile),
            phone_url: endpoint(&phone),
            logout_url: endpoint(&logout),
            login_timeout: ms(&login_timeout, 15_000),
            check_session: text(&check_session).as_deref() != Some("never"),
            check_timeout: ms(&check_timeout, 3_000),
            margin: ms(&margin, 60_000),
            cooldown_first: ms(&cooldown_first, 1_000),
            cooldown_max: ms(&cooldown_max, 30_000),
            scheme: text(&scheme).unwrap_or_else(|| "Bearer".into()),
            storage_key: text(&storage_key).unwrap_or_else(derived_key),
            login_url,
            binding,
        }
    }

    /// The first option that is wrong, and what it should be.
    fn problem(&self, base: &str, origins: &[String]) -> Option<(&'static str, &'static str)> {
        match Origin::parse(base) {
            None => {
                return Some((
                    "baseUrl",
                    "has no host that can be read; write it as https://host[:port][/path], in ASCII",
                ));
            }
            Some(home) if !home.is_secure() || base.contains(['?', '#']) => {
                return Some((
                    "baseUrl",
                    "should be https (http only for loopback and private addresses), without query",
                ));
            }
            Some(_) => {}
        }
        let secure = |url: &String| Origin::parse(url).is_some_and(|origin| origin.is_secure());
        if !origins.iter().all(secure) {
            return Some((
                "allowedOrigins",
                "should hold origins such as https://cdn.example.com",
            ));
        }
        let endpoints = [
            ("login.url", Some(&self.login_url)),
            ("profile.url", self.profile_url.as_ref()),
            ("phone.url", self.phone_url.as_ref()),
            ("logout.url", self.logout_url.as_ref()),
        ];
        let foreign = |(_, url): &&(_, Option<&String>)| url.is_some_and(|url| !self.is_home(url));
        let (option, _) = endpoints.iter().find(foreign)?;
        Some((
            option,
            "should be on the origin of baseUrl or on one of allowedOrigins",
        ))
    }

    /// Whether the token may go to this absolute url (rule 8).
    pub fn is_home(&self, url: &str) -> bool {
        Origin::parse(url).is_some_and(|origin| self.has_home(origin))
    }

    /// The same for a url's origin. What equals a home is as secure as that was when it was read.
    pub fn has_home(&self, origin: Origin<'_>) -> bool {
        self.homes.iter().any(|home| home.origin() == origin)
    }
}

/// `base + url` with one slash between.
pub fn join(base: &str, url: &str) -> String {
    let slash = if url.starts_with('/') { "" } else { "/" };
    [base, slash, url].concat()
}

fn ms<V: Value>(given: &Option<V>, default: Ms) -> Ms {
    let given = given.as_ref().and_then(V::number);
    given.map_or(default, |ms| ms as Ms)
}

/// The origin of a URL that parsed, as text: what stands before the path.
fn origin_text(url: &str) -> String {
    let mut slashes = url.bytes().enumerate().filter(|(_, b)| *b == b'/');
    let end = slashes.nth(2).map_or(url.len(), |(at, _)| at);
    url.get(..end).unwrap_or_default().to_ascii_lowercase()
}

/// A hash in letters a to p: tells keys of different bindings apart; not a secret.
fn letters(hash: u64) -> String {
    (0..16)
        .map(|digit| char::from(b'a' + (hash >> (4 * digit) & 15) as u8))
        .collect()
}
