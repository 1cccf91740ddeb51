//! WeChat's server API: what the backend needs of it, and the client over HTTP.

use std::time::{Duration, Instant};

use anyhow::Context;
use async_trait::async_trait;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;

use crate::config::Config;
use crate::crypto::SessionKey;
use crate::http_client;

/// Pause before the one retry: long enough for a hiccup, short enough for a waiting user.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// An access token is renewed this long before it ends.
const ACCESS_TOKEN_MARGIN: Duration = Duration::from_secs(60);

/// The calls the backend makes to WeChat.
#[async_trait]
pub trait WechatApi: std::fmt::Debug + Send + Sync {
    /// Exchanges a code from `wx.login`.
    async fn code_to_session(&self, code: &str) -> Result<WechatSession, WechatError>;
    /// Exchanges a code from `<button open-type="getPhoneNumber">`. Returns the number with its
    /// country code.
    async fn phone_number(&self, code: &str) -> Result<String, WechatError>;
}

/// Who logged in.
#[derive(Debug, Clone)]
pub struct WechatSession {
    /// The user within this mini program.
    pub openid: String,
    /// The user across the owner's apps, where these are bound together.
    pub unionid: Option<String>,
    /// The key for this login's data.
    pub session_key: SessionKey,
}

/// What WeChat's refusals mean here. Numbers are WeChat's errcodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WechatError {
    /// Wrong, expired or used: the client gets a new one.
    #[error("WeChat did not accept the code ({0}); get a fresh one")]
    CodeRejected(i64),
    /// A user WeChat holds for risky.
    #[error("WeChat blocks this user's login")]
    Blocked,
    /// This app's or user's quota is used up.
    #[error("WeChat's rate limit is reached; try again in a minute")]
    RateLimited,
    /// No answer, a broken one, or "system error".
    #[error("WeChat is not available: {0}")]
    Unavailable(&'static str),
    /// Only a change of this server's configuration helps.
    #[error("errcode {0}: check WECHAT_APPID, WECHAT_SECRET, the IP list and the quota")]
    Misconfigured(i64),
}

impl WechatError {
    fn from_errcode(errcode: i64) -> Self {
        match errcode {
            40029 | 40163 => Self::CodeRejected(errcode),
            40226 => Self::Blocked,
            45011 => Self::RateLimited,
            -1 => Self::Unavailable("it reports a system error"),
            _ => Self::Misconfigured(errcode),
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
    // Held in memory only: stable_token gives every instance the same one.
    access_token: Mutex<Option<(SecretString, Instant)>>,
}

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    pure_phone_number: String,
    country_code: String,
}

impl WechatHttp {
    /// A client as `config` says.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let client = http_client::builder()
            .timeout(config.wechat_timeout)
            .build();
        Ok(Self {
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

    /// Sends, and repeats once when WeChat was not available. The repeat may meet a code that the
    /// first try used up; that is reported as a rejected code, which the client knows to mend.
    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, WechatError> {
        let again = request.try_clone();
        match (answer(request).await, again) {
            (Err(WechatError::Unavailable(reason)), Some(again)) => {
                tracing::warn!(reason, "WeChat is not available, trying once more");
                tokio::time::sleep(RETRY_PAUSE).await;
                answer(again).await
            }
            (result, _) => result,
        }
    }

    async fn access_token(&self, renew: bool) -> Result<SecretString, WechatError> {
        let mut held = self.access_token.lock().await;
        if let Some((token, until)) = &*held
            && Instant::now() < *until
            && !renew
        {
            return Ok(token.clone());
        }
        let body = json!({
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self.secret.expose_secret(),
        });
        let request = self
            .client
            .post(self.url("/cgi-bin/stable_token"))
            .json(&body);
        let answer: AccessTokenAnswer = self.call(request).await?;
        let life = Duration::from_secs(answer.expires_in).saturating_sub(ACCESS_TOKEN_MARGIN);
        let token = SecretString::from(answer.access_token);
        *held = Some((token.clone(), Instant::now() + life));
        Ok(token)
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
        let answer: SessionAnswer = self.call(request).await?;
        Ok(WechatSession {
            openid: answer.openid,
            unionid: answer.unionid,
            session_key: SessionKey::parse(&answer.session_key)
                .map_err(|_| WechatError::Unavailable("its session_key is not a key"))?,
        })
    }

    async fn phone_number(&self, code: &str) -> Result<String, WechatError> {
        let mut renew = false;
        loop {
            let token = self.access_token(renew).await?;
            let request = self
                .client
                .post(self.url("/wxa/business/getuserphonenumber"))
                .query(&[("access_token", token.expose_secret())])
                .json(&json!({ "code": code }));
            match self.call::<PhoneAnswer>(request).await {
                // The token ended early; a new one is worth one more try.
                Err(WechatError::Misconfigured(40001 | 40014 | 42001)) if !renew => renew = true,
                Err(error) => return Err(error),
                Ok(PhoneAnswer { phone_info: info }) => {
                    return Ok(format!("+{} {}", info.country_code, info.pure_phone_number));
                }
            }
        }
    }
}

/// One call. WeChat answers HTTP 200 and text/plain whatever happened; errcode may be 0 or absent.
async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, WechatError> {
    let response = request.send().await.map_err(unavailable)?;
    if !response.status().is_success() {
        return Err(WechatError::Unavailable("it answers with an HTTP error"));
    }
    let body = response.bytes().await.map_err(unavailable)?;
    let broken = |_| WechatError::Unavailable("its answer is not what is documented");
    let value: serde_json::Value = serde_json::from_slice(&body).map_err(broken)?;
    match value["errcode"].as_i64() {
        None | Some(0) => serde_json::from_value(value).map_err(broken),
        Some(errcode) => Err(WechatError::from_errcode(errcode)),
    }
}

/// reqwest's own text names the URL, and with it the secret and the code.
fn unavailable(error: reqwest::Error) -> WechatError {
    WechatError::Unavailable(match error {
        error if error.is_timeout() => "it did not answer in time",
        error if error.is_connect() => "it cannot be reached",
        _ => "the connection broke",
    })
}
