//! What the environment says.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::http::HeaderName;
use secrecy::SecretString;
use url::Url;

use crate::simulator;

const WECHAT: &str = "https://api.weixin.qq.com";
const SECRET_BYTES: usize = 32;

/// Everything the backend can be told. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// The mini program's id.
    pub appid: String,
    /// The mini program's secret.
    pub app_secret: SecretString,
    /// Where WeChat's server API is.
    pub wechat: Url,
    /// How long one call to WeChat may take; a failed one is repeated once.
    pub wechat_timeout: Duration,
    /// `sqlite:FILE` or `postgres://…`, perhaps with a password.
    pub database_url: SecretString,
    /// For tokens, newest first; empty: generate one and keep it in the database.
    pub jwt_secrets: Vec<SecretString>,
    /// For what is sealed at rest, newest first; empty: as above.
    pub session_key_secrets: Vec<SecretString>,
    /// How long a token is valid.
    pub token_ttl: Duration,
    /// Requests per minute from one address; 0: unlimited.
    pub address_limit: u32,
    /// Requests per minute of one user; 0: unlimited.
    pub user_limit: u32,
    /// Header in which a trusted proxy says the client's address.
    pub client_ip_header: Option<HeaderName>,
}

impl Config {
    /// Reads the process environment.
    pub fn from_env() -> anyhow::Result<Self> {
        Self::read(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    /// Whether the WeChat behind it is the simulator.
    pub fn is_simulated(&self) -> bool {
        self.appid == simulator::APPID
    }

    /// Reads the variables that `var` knows.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let base = var("WECHAT_API_BASE");
        let (appid, app_secret) = match (var("WECHAT_APPID"), var("WECHAT_SECRET"), &base) {
            (Some(appid), Some(secret), _) => (appid, secret),
            (None, None, Some(_)) => (simulator::APPID.to_owned(), simulator::SECRET.to_owned()),
            (None, None, None) => bail!(
                "nothing says which WeChat to talk to: set WECHAT_APPID and WECHAT_SECRET for the \
                 real one, or WECHAT_API_BASE to a simulator's address"
            ),
            _ => bail!("WECHAT_APPID and WECHAT_SECRET belong together: one of them is missing"),
        };
        let wechat: Url = base
            .as_deref()
            .unwrap_or(WECHAT)
            .parse()
            .context("WECHAT_API_BASE is not a URL")?;
        let simulated = appid == simulator::APPID;
        let secrets = |name| {
            let secrets = secrets(name, var(name))?;
            ensure!(
                simulated || !secrets.is_empty(),
                "{name} must be set: a random text of at least {SECRET_BYTES} bytes, the same for \
                 all instances (openssl rand -base64 48)"
            );
            anyhow::Ok(secrets)
        };
        let number = |name: &str, default| match var(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .with_context(|| format!("{name} is not a number")),
        };
        Ok(Self {
            appid,
            app_secret: app_secret.into(),
            wechat,
            wechat_timeout: Duration::from_secs(5),
            database_url: var("DATABASE_URL")
                .unwrap_or("sqlite:miniprogram-server.db".to_owned())
                .into(),
            jwt_secrets: secrets("JWT_SECRET")?,
            session_key_secrets: secrets("SESSION_KEY_SECRET")?,
            token_ttl: Duration::from_secs(number("TOKEN_TTL", 7200)?.into()),
            address_limit: number("RATE_LIMIT_ADDRESS", 1200)?,
            user_limit: number("RATE_LIMIT_USER", 600)?,
            client_ip_header: var("CLIENT_IP_HEADER")
                .map(|name| {
                    name.parse()
                        .context("CLIENT_IP_HEADER is not a header name")
                })
                .transpose()?,
        })
    }
}

/// Secrets separated by commas, newest first, so that they can be rotated without a logout for all.
fn secrets(name: &str, value: Option<String>) -> anyhow::Result<Vec<SecretString>> {
    let value = value.unwrap_or_default();
    let secrets = value
        .split(',')
        .map(str::trim)
        .filter(|secret| !secret.is_empty());
    secrets
        .map(|secret| {
            ensure!(
                secret.len() >= SECRET_BYTES,
                "{name} is too short: each secret needs at least {SECRET_BYTES} bytes"
            );
            Ok(secret.into())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Config, String> {
        let var = |name: &str| {
            let found = vars.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::read(var).map_err(|error| error.to_string())
    }

    const LONG: &str = "0123456789abcdef0123456789abcdef";
    const REAL: [(&str, &str); 2] = [("WECHAT_APPID", "wx1"), ("WECHAT_SECRET", "s")];

    #[test]
    fn an_empty_environment_says_what_to_set() {
        let error = read(&[]).expect_err("nothing set");
        for name in ["WECHAT_APPID", "WECHAT_SECRET", "WECHAT_API_BASE"] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn the_simulator_needs_its_address_only() {
        let config = read(&[("WECHAT_API_BASE", "http://127.0.0.1:1")]).expect("config");
        assert_eq!(config.appid, simulator::APPID);
        assert!(config.jwt_secrets.is_empty());
    }

    #[test]
    fn the_real_wechat_needs_long_secrets() {
        let jwt = ("JWT_SECRET", LONG);
        let error = read(&REAL).expect_err("no secrets");
        assert!(error.contains("JWT_SECRET must be set"), "{error}");
        let error = read(&[REAL[0], REAL[1], jwt]).expect_err("one secret");
        assert!(error.contains("SESSION_KEY_SECRET must be set"), "{error}");
        let error = read(&[REAL[0], REAL[1], ("JWT_SECRET", "short")]).expect_err("short");
        assert!(error.contains("at least 32 bytes"), "{error}");

        let two = format!("{LONG}2,{LONG}1");
        let database = format!("postgres://u:{LONG}@localhost/d");
        let all = [
            REAL[0],
            REAL[1],
            ("JWT_SECRET", &two),
            ("SESSION_KEY_SECRET", LONG),
            ("DATABASE_URL", &database),
        ];
        let config = read(&all).expect("config");
        assert_eq!(config.wechat.as_str(), "https://api.weixin.qq.com/");
        assert_eq!(config.jwt_secrets.len(), 2);
        assert!(
            !format!("{config:?}").contains(LONG),
            "secrets must not show"
        );
    }

    #[test]
    fn half_an_app_is_an_error() {
        let error = read(&REAL[..1]).expect_err("no secret");
        assert!(error.contains("belong together"), "{error}");
    }
}
