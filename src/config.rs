//! The options of `createWxp`: what they are, and what they come to.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{Error, Stage};
use crate::origin::{Origin, is_absolute};
use crate::time::Ms;

/// What a value must be. The build hands the table below to JavaScript, which checks types before the
/// WASM has loaded; the `TypeError` says `should`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Kind] = &[
        Kind::Url,
        Kind::Text,
        Kind::Texts,
        Kind::Ms,
        Kind::Flag,
        Kind::Check,
        Kind::Function,
        Kind::Object,
    ];

    /// The end of the sentence "option X should be …".
    pub fn should(self) -> &'static str {
        match self {
            Kind::Url => "a string like 'https://api.example.com'",
            Kind::Text => "a non-empty string on one line",
            Kind::Texts => "an array of non-empty strings, each on one line",
            Kind::Ms => "a number of milliseconds from 0 to 2147483647",
            Kind::Flag => "true or false",
            Kind::Check => "'launch' or 'never'",
            Kind::Function => "a function",
            Kind::Object => "an object",
        }
    }
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    /// Its path, such as `login.url`.
    pub name: &'static str,
    /// What it must be.
    pub kind: Kind,
    /// Whether `createWxp` throws without it.
    pub required: bool,
}

const fn required(name: &'static str, kind: Kind) -> Opt {
    Opt {
        name,
        kind,
        required: true,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Opt {
    Opt {
        name,
        kind,
        required: false,
    }
}

/// Every option.
pub const OPTIONS: &[Opt] = &[
    required("baseUrl", Kind::Url),
    required("login.url", Kind::Text),
    optional("login.body", Kind::Function),
    optional("login.readToken", Kind::Function),
    optional("login.header", Kind::Object),
    optional("login.timeout", Kind::Ms),
    optional("profile.url", Kind::Text),
    optional("phone.url", Kind::Text),
    optional("logout.url", Kind::Text),
    optional("allowedOrigins", Kind::Texts),
    optional("isUnauthorized", Kind::Function),
    optional("checkSession", Kind::Check),
    optional("checkSessionTimeout", Kind::Ms),
    optional("storage.key", Kind::Text),
    optional("storage.encrypt", Kind::Flag),
    optional("expiryMargin", Kind::Ms),
    optional("cooldown.first", Kind::Ms),
    optional("cooldown.max", Kind::Ms),
    optional("requestTimeout", Kind::Ms),
    optional("loadTimeout", Kind::Ms),
    optional("wasmPath", Kind::Text),
    optional("wx", Kind::Object),
    optional("WXWebAssembly", Kind::Object),
    optional("log", Kind::Function),
];

/// The options as the app gave them; their types were checked before.
#[derive(Clone, Debug, Default)]
pub struct Given<'a> {
    /// Whose options they are: appId and envVersion, empty if unknown.
    pub app: &'a str,
    /// `baseUrl`.
    pub base_url: &'a str,
    /// `login.url`.
    pub login_url: &'a str,
    /// `profile.url`; empty if unset, as all that follow.
    pub profile_url: &'a str,
    /// `phone.url`.
    pub phone_url: &'a str,
    /// `logout.url`.
    pub logout_url: &'a str,
    /// `storage.key`.
    pub storage_key: &'a str,
    /// `allowedOrigins`, each on a line.
    pub allowed_origins: &'a str,
    /// Whether `checkSession` is `'never'`.
    pub never_check: bool,
    /// `login.timeout`.
    pub login_timeout: Option<Ms>,
    /// `checkSessionTimeout`.
    pub check_timeout: Option<Ms>,
    /// `expiryMargin`.
    pub margin: Option<Ms>,
    /// `cooldown.first`.
    pub cooldown_first: Option<Ms>,
    /// `cooldown.max`.
    pub cooldown_max: Option<Ms>,
}

impl<'a> Given<'a> {
    fn origins(&self) -> impl Iterator<Item = &'a str> {
        self.allowed_origins.split_terminator(is_line_end)
    }
}

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
    /// Where profiles go; empty if unset, as the two that follow.
    pub profile_url: String,
    /// Where phone codes go.
    pub phone_url: String,
    /// Where logouts are told.
    pub logout_url: String,
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
    /// The key of the stored record.
    pub storage_key: String,
    /// What a token was issued for: appId, envVersion, origin of `baseUrl` and `login.url`.
    pub binding: String,
}

impl Config {
    /// Reads the options.
    ///
    /// # Errors
    /// Code `config`, naming the option.
    pub fn read(given: &Given<'_>) -> Result<Self, Error> {
        let config = Self::resolve(given);
        match config.problem(given) {
            None => Ok(config),
            Some((option, should)) => Err(Error::of_option(option, should, Stage::Config)),
        }
    }

    /// What the options come to if nothing is wrong with them.
    fn resolve(given: &Given<'_>) -> Self {
        let mut base = given.base_url;
        while let Some(shorter) = base.strip_suffix('/') {
            base = shorter;
        }
        let endpoint = |url: &str| {
            if url.is_empty() || is_absolute(url) {
                url.into()
            } else {
                join(base, url)
            }
        };
        let login_url = endpoint(given.login_url);
        let binding = concat(&[given.app, "|", &origin_text(base), "|", &login_url]);
        let storage_key = if given.storage_key.is_empty() {
            concat(&["miniprogram-login:", &hash(&binding)])
        } else {
            given.storage_key.into()
        };
        let mut homes = Vec::new();
        homes.extend(Origin::parse(base).map(Home::of));
        homes.extend(given.origins().filter_map(Origin::parse).map(Home::of));
        Self {
            homes,
            login_url,
            profile_url: endpoint(given.profile_url),
            phone_url: endpoint(given.phone_url),
            logout_url: endpoint(given.logout_url),
            login_timeout: given.login_timeout.unwrap_or(15_000),
            check_session: !given.never_check,
            check_timeout: given.check_timeout.unwrap_or(3_000),
            margin: given.margin.unwrap_or(60_000),
            cooldown_first: given.cooldown_first.unwrap_or(1_000),
            cooldown_max: given.cooldown_max.unwrap_or(30_000),
            storage_key,
            binding,
        }
    }

    /// The first option that is wrong, and what it should be.
    fn problem(&self, given: &Given<'_>) -> Option<(&'static str, &'static str)> {
        match Origin::parse(given.base_url) {
            None => {
                return Some((
                    "baseUrl",
                    "has no host that can be read; write it as https://host[:port][/path], in ASCII",
                ));
            }
            Some(home) if !home.is_secure() || given.base_url.contains(is_query) => {
                return Some((
                    "baseUrl",
                    "should be https (http only for loopback and private addresses), without query",
                ));
            }
            Some(_) => {}
        }
        let secure = |url: &str| Origin::parse(url).is_some_and(|origin| origin.is_secure());
        if !given.origins().all(secure) {
            return Some((
                "allowedOrigins",
                "should hold origins such as https://cdn.example.com",
            ));
        }
        let endpoints = [
            ("login.url", &self.login_url),
            ("profile.url", &self.profile_url),
            ("phone.url", &self.phone_url),
            ("logout.url", &self.logout_url),
        ];
        let foreign = |(_, url): &&(_, &String)| !url.is_empty() && !self.is_home(url);
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
    concat(&[base, slash, url])
}

fn concat(parts: &[&str]) -> String {
    parts.iter().copied().collect()
}

/// What ends a line in [`Given`]. A function, as a search for a `char` would bring 0.4 KB of `memchr`.
pub fn is_line_end(c: char) -> bool {
    c == '\n'
}

fn is_query(c: char) -> bool {
    matches!(c, '?' | '#')
}

/// The origin of a URL that parsed, as text: what stands before the path.
fn origin_text(url: &str) -> String {
    let mut slashes = url.bytes().enumerate().filter(|(_, b)| *b == b'/');
    let end = slashes.nth(2).map_or(url.len(), |(at, _)| at);
    url.get(..end).unwrap_or_default().to_ascii_lowercase()
}

/// FNV-1a, 64 bit, in letters a to p: tells keys of different bindings apart; not a secret.
fn hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    (0..16)
        .map(|digit| char::from(b'a' + (hash >> (4 * digit) & 15) as u8))
        .collect()
}
