//! The simulator's record of all calls, and its people.

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// One call as the simulator saw it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Such as `/phone/login` or `/sns/jscode2session`.
    pub path: String,
    /// HTTP method of the phone's request.
    pub method: Option<String>,
    /// URL of the phone's request.
    pub url: Option<Url>,
    /// Fingerprint of the Bearer token.
    pub bearer: Option<String>,
    /// HTTP status; none while unanswered.
    pub status: Option<u16>,
    /// WeChat's server said so; 0 or none is success.
    pub errcode: Option<i64>,
    /// The wx result's text.
    pub err_msg: Option<String>,
}

impl Call {
    /// Whether its end is known: a request that failed has no status.
    pub fn answered(&self) -> bool {
        self.status.is_some() || self.err_msg.is_some()
    }

    /// Whether it was answered with success: by HTTP, by WeChat, and by wx.
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status < 400)
            && self.errcode.is_none_or(|code| code == 0)
            && self
                .err_msg
                .as_deref()
                .is_none_or(|text| !text.contains(":fail"))
    }

    /// `POST /user/profile` for the phone's request, else the path of WeChat's API.
    pub fn what(&self) -> String {
        match &self.url {
            None => self.path.clone(),
            // Each picture has a name of its own.
            Some(url) if url.path().starts_with("/avatars/") => "GET /avatars".to_owned(),
            Some(url) => format!(
                "{} {}",
                self.method.as_deref().unwrap_or_default(),
                url.path()
            ),
        }
    }
}

/// Access to one simulator.
#[derive(Debug)]
pub struct Simulator {
    /// Its address.
    pub address: String,
}

impl Simulator {
    /// All calls in order, without those that set a fault.
    pub fn calls(&self) -> Result<Vec<Call>> {
        let mut calls: Vec<Call> = ureq::get(format!("{}/log", self.address))
            .call()?
            .body_mut()
            .read_json()?;
        calls.retain(|call| call.url.as_ref().is_none_or(|url| url.path() != "/faults"));
        Ok(calls)
    }

    /// The faults in force, as JSON.
    pub fn faults(&self) -> Result<String> {
        Ok(ureq::get(format!("{}/faults", self.address))
            .call()?
            .body_mut()
            .read_to_string()?)
    }

    /// Changes its settings; what is left out returns to its default.
    pub fn set(&self, settings: &Value) -> Result<()> {
        ureq::put(format!("{}/settings", self.address)).send_json(settings)?;
        Ok(())
    }

    /// Says who a WeChat user is.
    pub fn introduce(&self, user: &str, person: &Value) -> Result<()> {
        ureq::put(format!("{}/users/{user}", self.address)).send_json(person)?;
        Ok(())
    }
}
