//! Faults that can be switched on, for a while or for one request.

use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fault {
    /// Wait this long before anything else, ms.
    #[serde(default)]
    pub(super) delay_ms: u64,
    /// Let the call take effect first: the answer is lost, not the call.
    #[serde(default)]
    pub(super) after: bool,
    #[serde(flatten)]
    pub(super) kind: Kind,
}

/// How it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(super) enum Kind {
    /// Only late, by `delayMs`.
    Slow,
    /// No answer at all.
    Never,
    /// The connection closes instead of an answer.
    Close,
    /// Half of the answer's JSON.
    Truncated,
    /// An HTML page with this status, as a proxy's.
    Html { status: u16 },
    /// WeChat's refusal; on the phone's side as the text that clients show for it.
    Errcode { errcode: i64 },
    /// The phone's failure, word for word.
    #[serde(rename_all = "camelCase")]
    Fail {
        err_msg: String,
        #[serde(default)]
        errno: Option<i64>,
    },
    /// Called too often.
    Frequency,
    /// The user's session_key ends now; then the call goes on.
    SessionExpired,
    /// The user refuses.
    Refused,
    /// The profile is WeChat's anonymous one.
    Anonymous,
    /// Success without the code.
    NoCode,
}

impl Kind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Never => "never",
            Self::Close => "close",
            Self::Truncated => "truncated",
            Self::Html { .. } => "html",
            Self::Errcode { .. } => "errcode",
            Self::Fail { .. } => "fail",
            Self::Frequency => "frequency",
            Self::SessionExpired => "sessionExpired",
            Self::Refused => "refused",
            Self::Anonymous => "anonymous",
            Self::NoCode => "noCode",
        }
    }
}

/// A fault and which calls it hits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    /// The call, such as `/phone/login`.
    path: String,
    /// Only for this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Only where the phone's request has this in its URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// How many more calls it hits; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(flatten)]
    fault: Fault,
}

/// All rules; the first that fits is applied.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) rules: Vec<Rule>,
}

impl Faults {
    /// The fault for a call, counted as used.
    pub(super) fn take(
        &mut self,
        path: &str,
        user: Option<&str>,
        url: Option<&str>,
    ) -> Option<Fault> {
        let fits = |rule: &Rule| {
            rule.path == path
                && (rule.user.is_none() || rule.user.as_deref() == user)
                && rule
                    .url
                    .as_ref()
                    .is_none_or(|part| url.is_some_and(|url| url.contains(part)))
        };
        let index = self.rules.iter().position(fits)?;
        let rule = &mut self.rules[index];
        let fault = rule.fault.clone();
        if let Some(times) = &mut rule.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.rules.remove(index);
            }
        }
        Some(fault)
    }
}
