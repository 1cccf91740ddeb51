//! WeChat's server API: what the backend needs of it, and the client over HTTP.

use std::error::Error;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use reqwest::{Client, RequestBuilder, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use url::Url;

use crate::config::Config;
use crate::crypto::{SessionKey, Watermark};
use crate::http_client::{self, is_loopback};
use crate::json;

/// Pause before the one retry: long enough for a hiccup, short enough for a waiting user.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// An access token is renewed this long before it ends.
const ACCESS_TOKEN_MARGIN: Duration = Duration::from_secs(60);
/// How long an access token may be said to live, s; WeChat's live two hours.
const ACCESS_TOKEN_LIFE: RangeInclusive<u64> = 1..=7 * 24 * 3600;
/// WeChat's answers have less than a kilobyte.
const ANSWER_BYTES: usize = 1024 * 1024;

/// The calls the backend makes to WeChat.
#[async_trait]
pub trait WechatApi: std::fmt::Debug + Send + Sync {
    /// Exchanges a code from `wx.login`.
    async fn code_to_session(&self, code: &str) -> Result<WechatSession, WechatError>;
    /// Exchanges a code from `<button open-type="getPhoneNumber">` that the user with this openid
    /// was given. Returns the number with its country code.
    async fn phone_number(&self, code: &str, openid: &str) -> Result<String, WechatError>;
}

/// Who logged in.
#[derive(Debug, Clone)]
pub struct WechatSession {
    /// The user within this mini program.
    pub openid: String,
    /// The user across the owner's apps, where these are bound together.
    pub unionid: Option<String>,
    /// The key for this login's data; none when what WeChat gave is not one.
    pub session_key: Option<SessionKey>,
}

/// What WeChat's refusals mean here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WechatError {
    /// Wrong, expired or used: the client gets a new one.
    #[error("WeChat did not accept the code ({0}); get a fresh one")]
    CodeRejected(Refusal),
    /// A user WeChat holds for risky.
    #[error("WeChat blocks this user's login")]
    Blocked,
    /// This app's or user's quota is used up.
    #[error("WeChat's rate limit is reached; try again in a minute")]
    RateLimited,
    /// No answer, a broken one, or "system error". The log has the cause.
    #[error("WeChat is not available: {0}")]
    Unavailable(&'static str),
    /// Only a change of this server's configuration helps.
    #[error("errcode {0}: check WECHAT_APPID, WECHAT_SECRET, the IP list and the quota")]
    Misconfigured(Refusal),
}

/// WeChat's own words, as far as they are no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// WeChat's number.
    pub errcode: i64,
    /// The request's id at WeChat, which its support asks for; perhaps empty.
    pub rid: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.errcode)?;
        match self.rid.as_str() {
            "" => Ok(()),
            rid => write!(f, ", rid: {rid}"),
        }
    }
}

impl Refusal {
    fn read(errcode: i64, errmsg: &str) -> Self {
        let rid = errmsg.split_once("rid: ").map_or("", |(_, rest)| rest);
        let end = rid.find(|c: char| !c.is_ascii_hexdigit() && c != '-');
        let rid = &rid[..end.unwrap_or(rid.len()).min(40)];
        Self {
            errcode,
            rid: rid.to_owned(),
        }
    }

    fn meaning(self) -> WechatError {
        match self.errcode {
            40029 | 40163 => WechatError::CodeRejected(self),
            40226 => WechatError::Blocked,
            45011 => WechatError::RateLimited,
            -1 => WechatError::Unavailable("it reports a system error"),
            _ => WechatError::Misconfigured(self),
        }
    }
}

/// WeChat over HTTP.
#[derive(Debug)]
pub struct WechatHttp {
    client: Client,
    base: Url,
    appid: String,
    secret: SecretString,
    /// One call may be repeated within it, and whatever else it takes is cut.
    budget: Duration,
    // Held in memory only: stable_token gives every instance the same one.
    access_token: Mutex<Option<Fetch>>,
}

/// An access token, and when it is renewed: fetched, or on its way to all who wait for it.
type Fetch = Shared<BoxFuture<'static, Result<(SecretString, Instant), WechatError>>>;

#[derive(Deserialize)]
struct SessionAnswer {
    openid: String,
    session_key: String,
    unionid: Option<String>,
}

#[derive(Deserialize)]
struct AccessTokenAnswer {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct PhoneAnswer {
    phone_info: PhoneInfo,
}

/// Documented as text, and as a number in the example beside it.
#[derive(Deserialize)]
#[serde(untagged)]
enum CountryCode {
    Text(String),
    Number(u32),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    pure_phone_number: String,
    country_code: CountryCode,
    watermark: Watermark,
}

impl WechatHttp {
    /// A client as `config` says.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        // A redirect would carry appid, secret and code to another host.
        let mut client = http_client::builder()
            .timeout(config.wechat_timeout)
            .redirect(redirect::Policy::none())
            .referer(false);
        if is_loopback(&config.wechat) {
            client = client.no_proxy();
        }
        let client = client.build();
        Ok(Self {
            budget: config.wechat_timeout * 2 + RETRY_PAUSE,
            client: client.context("the HTTP client for WeChat")?,
            base: config.wechat.clone(),
            appid: config.appid.clone(),
            secret: config.app_secret.clone(),
            access_token: Mutex::default(),
        })
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// A token that is not `refused`. All who need one at once wait for one fetch, and learn of its
    /// failure together.
    async fn access_token(
        &self,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, WechatError> {
        let usable = |fetch: &Fetch| match fetch.peek() {
            None => true,
            Some(Err(_)) => false,
            Some(Ok((token, until))) => {
                let refused = refused.map(ExposeSecret::expose_secret);
                Instant::now() < *until && refused != Some(token.expose_secret())
            }
        };
        let fetch = {
            let mut held = self
                .access_token
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            match held.clone().filter(usable) {
                Some(fetch) => fetch,
                None => {
                    let fetch = fetch_token(self.token_request()).boxed().shared();
                    // Whoever began it may give up; the others still wait.
                    tokio::spawn(fetch.clone());
                    held.insert(fetch).clone()
                }
            }
        };
        fetch.await.map(|(token, _)| token)
    }

    fn token_request(&self) -> RequestBuilder {
        self.client
            .post(self.url("/cgi-bin/stable_token"))
            .json(&json!({
                "grant_type": "client_credential",
                "appid": self.appid,
                "secret": self.secret.expose_secret(),
            }))
    }

    async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, WechatError>>,
    ) -> Result<T, WechatError> {
        let late = |_| WechatError::Unavailable("it did not answer in time");
        tokio::time::timeout(self.budget, call)
            .await
            .map_err(late)?
    }

    async fn try_phone_number(&self, code: &str, openid: &str) -> Result<String, WechatError> {
        let mut refused = None;
        loop {
            let token = self.access_token(refused.as_ref()).await?;
            let request = self
                .client
                .post(self.url("/wxa/business/getuserphonenumber"))
                .query(&[("access_token", token.expose_secret())])
                // With the openid WeChat refuses a code that somebody else was given.
                .json(&json!({ "code": code, "openid": openid }));
            let info = match call::<PhoneAnswer>(request).await {
                // The token ended early; a new one is worth one more try.
                Err(WechatError::Misconfigured(Refusal {
                    errcode: 40001 | 40014 | 42001,
                    ..
                })) if refused.is_none() => {
                    refused = Some(token);
                    continue;
                }
                // "Invalid openid": not the one the code was given to.
                Err(WechatError::Misconfigured(refusal)) if refusal.errcode == 40003 => {
                    return Err(WechatError::CodeRejected(refusal));
                }
                Err(error) => return Err(error),
                Ok(PhoneAnswer { phone_info }) => phone_info,
            };
            if info.watermark.appid != self.appid {
                return Err(WechatError::Unavailable("it answers for another app"));
            }
            let country = match info.country_code {
                CountryCode::Text(code) => code,
                CountryCode::Number(code) => code.to_string(),
            };
            return Ok(format!("+{country} {}", info.pure_phone_number));
        }
    }
}

#[async_trait]
impl WechatApi for WechatHttp {
    async fn code_to_session(&self, code: &str) -> Result<WechatSession, WechatError> {
        let request = self.client.get(self.url("/sns/jscode2session")).query(&[
            ("appid", self.appid.as_str()),
            ("secret", self.secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ]);
        let answer: SessionAnswer = self.in_time(call(request)).await?;
        if answer.openid.is_empty() {
            return Err(WechatError::Unavailable("it does not say who logged in"));
        }
        let session_key = SessionKey::parse(&answer.session_key).ok();
        if session_key.is_none() {
            tracing::warn!("WeChat's session_key is not a key: this login opens no profile");
        }
        Ok(WechatSession {
            openid: answer.openid,
            unionid: answer.unionid.filter(|unionid| !unionid.is_empty()),
            session_key,
        })
    }

    async fn phone_number(&self, code: &str, openid: &str) -> Result<String, WechatError> {
        self.in_time(self.try_phone_number(code, openid)).await
    }
}

async fn fetch_token(request: RequestBuilder) -> Result<(SecretString, Instant), WechatError> {
    let answer: AccessTokenAnswer = call(request).await?;
    if answer.access_token.is_empty() || !ACCESS_TOKEN_LIFE.contains(&answer.expires_in) {
        return Err(WechatError::Unavailable(
            "its access token is not what is documented",
        ));
    }
    let life = Duration::from_secs(answer.expires_in).saturating_sub(ACCESS_TOKEN_MARGIN);
    Ok((answer.access_token.into(), Instant::now() + life))
}

/// Sends, and repeats once when WeChat was not available. The repeat may meet a code that the
/// first try used up; that is reported as a rejected code, which the client knows to mend.
async fn call<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, WechatError> {
    let again = request.try_clone();
    match (answer(request).await, again) {
        (Err(WechatError::Unavailable(_)), Some(again)) => {
            tokio::time::sleep(RETRY_PAUSE).await;
            answer(again).await
        }
        (result, _) => result,
    }
}

/// One call. WeChat answers HTTP 200 and text/plain whatever happened; errcode may be 0 or absent.
async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, WechatError> {
    let mut response = request.send().await.map_err(unavailable)?;
    let status = response.status().as_u16();
    if !response.status().is_success() {
        tracing::warn!(status, "WeChat answers with an HTTP error");
        return Err(WechatError::Unavailable("it answers with an HTTP error"));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            tracing::warn!("WeChat's answer has no end");
            return Err(WechatError::Unavailable("its answer is too long"));
        }
    }
    let broken = |error: serde_json::Error| {
        // Where, but not what: the text may quote a secret.
        let (line, column) = (error.line(), error.column());
        tracing::warn!(
            length = body.len(),
            line,
            column,
            "WeChat's answer is broken"
        );
        WechatError::Unavailable("its answer is not what is documented")
    };
    let value: serde_json::Value = json::parse(&body).map_err(broken)?;
    match value["errcode"].as_i64() {
        None | Some(0) => serde_json::from_value(value).map_err(broken),
        Some(errcode) => {
            let refusal = Refusal::read(errcode, value["errmsg"].as_str().unwrap_or_default());
            let text = refusal.to_string();
            let error = refusal.meaning();
            match error {
                // What a client can cause is no alarm.
                WechatError::CodeRejected(_) | WechatError::Blocked => {
                    tracing::info!(refusal = text, "WeChat refuses");
                }
                _ => tracing::warn!(refusal = text, "WeChat refuses"),
            }
            Err(error)
        }
    }
}

/// reqwest's own text names the URL, and with it the secret and the code; its causes do not.
fn unavailable(error: reqwest::Error) -> WechatError {
    let error = error.without_url();
    let mut cause = String::new();
    let mut next: Option<&dyn Error> = error.source();
    while let Some(error) = next {
        let separator = if cause.is_empty() { "" } else { ": " };
        cause += &format!("{separator}{error}");
        next = error.source();
    }
    tracing::warn!(cause, "WeChat is not available");
    WechatError::Unavailable(match error {
        error if error.is_timeout() => "it did not answer in time",
        error if error.is_connect() => "it cannot be reached",
        _ => "the connection broke",
    })
}
