//! What the backend is told, by its environment or its command line.

use std::convert::Infallible;
use std::num::ParseIntError;
use std::time::Duration;

use anyhow::{bail, ensure};
use axum::http::HeaderName;
use axum::http::header::InvalidHeaderName;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::http_client::is_loopback;

/// The simulated mini program's id.
pub const SIMULATED_APPID: &str = "wx5151515151515151";
/// The simulated mini program's secret; no secret at all, as it stands here.
pub const SIMULATED_SECRET: &str = "51515151515151515151515151515151";
const WECHAT: &str = "https://api.weixin.qq.com";
const DATABASE: &str = "sqlite:miniprogram-server.db";
const SECRET_BYTES: usize = 32;
const TOKEN_TTL: u32 = 7200;

/// Everything the backend can be told. Its `Debug` shows no secret.
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// The mini program's id
    #[arg(long = "wechat-appid", env = "WECHAT_APPID", default_value = "")]
    #[arg(hide_default_value = true)]
    pub appid: String,
    /// The mini program's secret
    #[arg(long = "wechat-secret", env = "WECHAT_SECRET", default_value = "")]
    #[arg(hide_default_value = true, hide_env_values = true)]
    pub app_secret: SecretString,
    /// Where WeChat's server API is: a simulator's address
    #[arg(long = "wechat-api-base", env = "WECHAT_API_BASE", default_value = WECHAT)]
    #[arg(value_parser = base)]
    pub wechat: Url,
    /// How long one call to WeChat may take, s; a failed one is repeated once
    #[arg(long, env = "WECHAT_TIMEOUT", default_value = "5", value_parser = seconds::<5>)]
    pub wechat_timeout: Duration,
    /// `sqlite:FILE` or `postgres://…`
    #[arg(long, env = "DATABASE_URL", default_value = DATABASE, value_parser = database)]
    #[arg(hide_env_values = true)]
    pub database_url: SecretString,
    /// Connections to the database; 0: 16 to PostgreSQL, 4 that read SQLite beside one that writes
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value = "0", value_parser = number::<0>)]
    pub database_connections: u32,
    /// For tokens: at least 32 bytes; several separated by commas, newest first
    #[arg(long = "jwt-secret", env = "JWT_SECRET", value_delimiter = ',')]
    #[arg(hide_env_values = true)]
    pub jwt_secrets: Vec<SecretString>,
    /// For what is sealed at rest, likewise
    #[arg(
        long = "session-key-secret",
        env = "SESSION_KEY_SECRET",
        value_delimiter = ','
    )]
    #[arg(hide_env_values = true)]
    pub session_key_secrets: Vec<SecretString>,
    /// How long a token is valid, s
    #[arg(long, env = "TOKEN_TTL", default_value = "7200", value_parser = seconds::<TOKEN_TTL>)]
    pub token_ttl: Duration,
    /// How many sessions a user has at once; the oldest ends for a new one; 0: any number
    #[arg(long, env = "MAX_SESSIONS", default_value = "20", value_parser = number::<20>)]
    pub max_sessions: u32,
    /// Requests per minute from one address; 0: unlimited
    #[arg(
        long = "rate-limit-address",
        env = "RATE_LIMIT_ADDRESS",
        default_value = "1200"
    )]
    #[arg(value_parser = number::<1200>)]
    pub address_limit: u32,
    /// Logins per minute from one address; 0: unlimited
    #[arg(
        long = "rate-limit-login",
        env = "RATE_LIMIT_LOGIN",
        default_value = "120"
    )]
    #[arg(value_parser = number::<120>)]
    pub login_limit: u32,
    /// Requests per minute of one user; 0: unlimited
    #[arg(
        long = "rate-limit-user",
        env = "RATE_LIMIT_USER",
        default_value = "600"
    )]
    #[arg(value_parser = number::<600>)]
    pub user_limit: u32,
    /// Open connections; fewer where the process may not open as many files
    #[arg(long, env = "MAX_CONNECTIONS", default_value = "10000", value_parser = number::<10_000>)]
    pub max_connections: u32,
    /// Open connections from one address; 0: unlimited. Behind a proxy they are not counted
    #[arg(
        long = "max-connections-per-address",
        env = "MAX_CONNECTIONS_PER_ADDRESS"
    )]
    #[arg(default_value = "200", value_parser = number::<200>)]
    pub address_connections: u32,
    /// How long a request's head may take, and how long a connection may rest, s
    #[arg(long, env = "HEAD_TIMEOUT", default_value = "30", value_parser = seconds::<30>)]
    pub head_timeout: Duration,
    /// How long an answer may wait for its reader to take anything of it, s
    #[arg(long, env = "WRITE_TIMEOUT", default_value = "30", value_parser = seconds::<30>)]
    pub write_timeout: Duration,
    /// How long a request may take, from the end of its head to the head of its answer, s
    #[arg(long, env = "REQUEST_TIMEOUT", default_value = "30", value_parser = seconds::<30>)]
    pub request_timeout: Duration,
    /// Behind a proxy: the header in which it says the client's address
    #[arg(
        long,
        env = "CLIENT_IP_HEADER",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = header)]
    // The path keeps clap from taking it apart: an empty variable must be none.
    pub client_ip_header: std::option::Option<HeaderName>,
    /// How many proxies are in front, each of which adds an address to that header
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "1", value_parser = number::<1>)]
    pub trusted_proxies: u32,
}

impl Config {
    /// Fills in what follows from the rest, and refuses what can't be meant.
    pub fn check(mut self) -> anyhow::Result<Self> {
        let given = (
            !self.appid.is_empty(),
            !self.app_secret.expose_secret().is_empty(),
        );
        match given {
            (true, true) => {}
            (false, false) => {
                ensure!(
                    self.wechat != base(WECHAT)?,
                    "nothing says which WeChat to talk to: set WECHAT_APPID and WECHAT_SECRET for \
                     the real one, or WECHAT_API_BASE to a simulator's address"
                );
                SIMULATED_APPID.clone_into(&mut self.appid);
                self.app_secret = SIMULATED_SECRET.into();
            }
            _ => bail!("WECHAT_APPID and WECHAT_SECRET belong together: one of them is missing"),
        }
        ensure!(
            self.is_simulated() || self.wechat.scheme() == "https" || is_loopback(&self.wechat),
            "WECHAT_API_BASE must be https: WECHAT_SECRET would travel in the clear"
        );
        for (name, zero) in [
            ("TOKEN_TTL", self.token_ttl.is_zero()),
            ("WECHAT_TIMEOUT", self.wechat_timeout.is_zero()),
            ("MAX_CONNECTIONS", self.max_connections == 0),
            ("TRUSTED_PROXIES", self.trusted_proxies == 0),
            ("REQUEST_TIMEOUT", self.request_timeout.is_zero()),
            ("HEAD_TIMEOUT", self.head_timeout.is_zero()),
            ("WRITE_TIMEOUT", self.write_timeout.is_zero()),
        ] {
            ensure!(!zero, "{name} is 0: nothing would work");
        }
        let simulated = self.is_simulated();
        self.jwt_secrets = secrets("JWT_SECRET", &self.jwt_secrets, simulated)?;
        self.session_key_secrets =
            secrets("SESSION_KEY_SECRET", &self.session_key_secrets, simulated)?;
        let texts = |secrets: &[SecretString]| -> Vec<String> {
            let texts = secrets
                .iter()
                .map(|secret| secret.expose_secret().to_owned());
            texts.collect()
        };
        let sealing = texts(&self.session_key_secrets);
        ensure!(
            !texts(&self.jwt_secrets)
                .iter()
                .any(|text| sealing.contains(text)),
            "JWT_SECRET and SESSION_KEY_SECRET are equal: each needs a secret of its own"
        );
        Ok(self)
    }

    /// What may be meant, but should be known to whoever runs this.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.is_simulated() {
            warnings.push(format!(
                "a simulator at {} is this backend's WeChat: whoever reaches it can log in as \
                 anybody",
                self.wechat
            ));
        } else if self.is_sqlite() {
            warnings.push(
                "DATABASE_URL is a SQLite file, for one instance on one machine: with users that \
                 are not to be lost, use PostgreSQL"
                    .to_owned(),
            );
        }
        let known = <Self as clap::Args>::augment_args(clap::Command::new("backend"));
        let known =
            |name: &std::ffi::OsStr| known.get_arguments().any(|a| a.get_env() == Some(name));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("WECHAT_") && !known(&name) {
                warnings.push(format!("{text} is set, but nothing reads it"));
            }
        }
        warnings
    }

    /// Whether the WeChat behind it is the simulator.
    pub fn is_simulated(&self) -> bool {
        self.appid == SIMULATED_APPID
    }

    /// Whether the database is a file.
    pub fn is_sqlite(&self) -> bool {
        self.database_url.expose_secret().starts_with("sqlite:")
    }

    /// Where the database is, without user and password.
    pub fn database(&self) -> String {
        let url = self.database_url.expose_secret();
        match url.parse::<Url>() {
            Ok(url) if !self.is_sqlite() => {
                let host = url.host_str().unwrap_or_default();
                let port = url.port().map_or(String::new(), |port| format!(":{port}"));
                format!("{}://{host}{port}{}", url.scheme(), url.path())
            }
            _ => url.split('?').next().unwrap_or_default().to_owned(),
        }
    }
}

/// Secrets, newest first, so that they can be rotated without a logout for all.
fn secrets(
    name: &str,
    given: &[SecretString],
    simulated: bool,
) -> anyhow::Result<Vec<SecretString>> {
    let texts = given.iter().map(|secret| secret.expose_secret().trim());
    let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    ensure!(
        simulated || !texts.is_empty(),
        "{name} must be set: a random text of at least {SECRET_BYTES} bytes, the same for all \
         instances (openssl rand -base64 48)"
    );
    for text in &texts {
        ensure!(
            text.len() >= SECRET_BYTES,
            "{name} is too short: each secret needs at least {SECRET_BYTES} bytes"
        );
        ensure!(
            text.chars().any(|c| !text.starts_with(c)),
            "{name} is one character repeated, which anybody guesses"
        );
    }
    Ok(texts.into_iter().map(SecretString::from).collect())
}

// An empty variable counts as one that is not set, so each parser knows its default.

fn number<const DEFAULT: u32>(text: &str) -> Result<u32, ParseIntError> {
    match text {
        "" => Ok(DEFAULT),
        text => text.parse(),
    }
}

fn seconds<const DEFAULT: u32>(text: &str) -> Result<Duration, ParseIntError> {
    Ok(Duration::from_secs(number::<DEFAULT>(text)?.into()))
}

fn database(text: &str) -> Result<SecretString, Infallible> {
    Ok(if text.is_empty() { DATABASE } else { text }.into())
}

fn header(text: &str) -> Result<Option<HeaderName>, InvalidHeaderName> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some),
    }
}

fn base(text: &str) -> anyhow::Result<Url> {
    let text = if text.is_empty() { WECHAT } else { text };
    let url: Url = text.parse()?;
    ensure!(
        ["http", "https"].contains(&url.scheme()) && url.has_host(),
        "it must begin with https:// or http://"
    );
    ensure!(
        url.path() == "/" && url.query().is_none() && url.fragment().is_none(),
        "it must end after host and port"
    );
    Ok(url)
}
