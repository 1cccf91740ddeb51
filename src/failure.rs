//! What wx's failures mean: which code each has.

use std::fmt;

use crate::error::Code;
use crate::response::Response;
use crate::value::{Value, code, fields, text};

/// What wx, or a function given by the app, failed with.
#[derive(Clone, Default)]
pub struct Failure {
    /// wx's text, unredacted.
    pub err_msg: Option<String>,
    /// What an exception said, unredacted. It decides nothing: JavaScriptCore quotes source code.
    pub detail: String,
    /// wx's error number.
    pub errno: Option<i32>,
    /// The HTTP status, if it is 400 or more: PC clients have been seen to give such answers to
    /// `fail`.
    pub status: Option<u16>,
    /// Whether a function given by the app threw.
    pub hook: bool,
    /// Whether this client's wx has no such function.
    pub lacking: bool,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("errno", &self.errno)
            .field("hook", &self.hook)
            .finish_non_exhaustive()
    }
}

impl Failure {
    /// What is known of a value that something failed with.
    pub fn read<V: Value>(value: &V) -> Self {
        let names = [
            "errMsg", "detail", "errno", "errCode", "err_code", "hook", "lacking",
        ];
        let [
            err_msg,
            detail,
            errno,
            err_code,
            err_code_old,
            hook,
            lacking,
        ] = fields(value, names);
        Self {
            err_msg: text(&err_msg).filter(|said| !said.is_empty()),
            detail: text(&detail).unwrap_or_default(),
            status: Some(Response::read(value).status).filter(|status| *status >= 400),
            errno: code(&errno)
                .or_else(|| code(&err_code))
                .or_else(|| code(&err_code_old)),
            hook: hook.is_some(),
            lacking: lacking.is_some(),
        }
    }

    /// Whether repeating the call can't cure it.
    pub fn is_permanent(&self) -> bool {
        self.lacking
            || matches!(
                self.errno,
                Some(100 | 101 | 1001 | 600005 | 600009..=600011 | 602300 | 603301 | 603303)
            )
            || Seen::new(self).any(PERMANENT)
    }

    /// A failure of ours, in wx's form.
    pub fn new(err_msg: &str) -> Self {
        Self {
            err_msg: Some(err_msg.into()),
            ..Self::default()
        }
    }
}

/// Which code a failed `wx.login` has. iOS refuses it now and then without saying why: if the app
/// was `in_background` meanwhile, that is why.
pub fn of_login(failure: &Failure, in_background: bool) -> Code {
    let seen = Seen::new(failure);
    match failure.errno {
        Some(1402101) => Code::LoginBlocked,
        Some(1003) => Code::RateLimited,
        Some(1005) => Code::Config,
        _ if seen.hook() => Code::HookFailed,
        _ if seen.interrupted() => Code::Interrupted,
        Some(102) if in_background => Code::Interrupted,
        _ if in_background && seen.any(&["no permission"]) => Code::Interrupted,
        _ if seen.any(&["too frequent", "freq", "45009", "45011"]) => Code::RateLimited,
        _ if seen.any(&["40226", "blocked"]) => Code::LoginBlocked,
        _ if seen.any(&["41002", "40013", "appid"]) => Code::Config,
        _ if seen.timeout() => Code::LoginTimeout,
        _ => Code::LoginFailed,
    }
}

/// Which code a failed request, upload or download has.
pub fn of_transport(failure: &Failure) -> Code {
    let seen = Seen::new(failure);
    match failure.errno {
        _ if failure.status.is_some() => Code::RequestFailed,
        Some(600002) => Code::DomainNotAllowed,
        _ if seen.hook() => Code::HookFailed,
        _ if seen.any(&["fail abort"]) => Code::Aborted,
        _ if seen.interrupted() => Code::Interrupted,
        _ if seen.any(&["domain list"]) => Code::DomainNotAllowed,
        _ if seen.timeout() => Code::Timeout,
        // Before the words for a lost connection: wx calls all of them network errors, and quotes
        // urls.
        Some(600004..=600011) => Code::RequestFailed,
        _ if failure.is_permanent() => Code::RequestFailed,
        Some(600000 | 600001 | 108) => Code::Network,
        _ if seen.any(NETWORK) => Code::Network,
        // wx's own texts are English. iOS adds its own, in the phone's language, where the network
        // failed.
        _ if !seen.0.is_ascii() => Code::Network,
        _ => Code::RequestFailed,
    }
}

/// Which code a failed `wx.getUserProfile` has. The privacy refusal comes with errno 104 in the
/// wild, which officially is "user authorize canceled": the text decides first.
pub fn of_profile(failure: &Failure) -> Code {
    let seen = Seen::new(failure);
    match failure.errno {
        _ if seen.any(&["tap gesture"]) => Code::ProfileNeedsTap,
        _ if seen.any(&["desc length", "desc"]) => Code::ProfileDesc,
        _ if seen.any(&["privacy"]) => Code::ProfilePrivacy,
        _ if seen.any(&["deny", "denied", "cancel"]) => Code::ProfileDenied,
        Some(103) => Code::ProfileDenied,
        Some(104 | 112 | 101100..=101102 | 1025) => Code::ProfilePrivacy,
        _ => Code::ProfileFailed,
    }
}

/// Whether a failed `wx.checkSession` says that the session timed out (rule 5); any other failure
/// may only mean that the network was down.
pub fn says_session_expired(failure: &Failure) -> bool {
    failure.errno == Some(-13001)
        || Seen::new(failure).any(&[
            "-13001",
            "session time out",
            "session timeout",
            "need relogin",
        ])
}

/// What is wrong with the arguments, the file, its size or the url, or is unknown to the client.
const PERMANENT: &[&str] = &[
    "parameter",
    "invalid url",
    "scheme",
    "invalid filepath",
    "file not found",
    "no such file",
    // "not exist", "doesn't exist"
    "t exist",
    "permission denied",
    // Not the size of an HTTP/2 frame.
    "max size",
    "file size",
    "size limit",
    "too large",
    // Not an address family, which the next network may support.
    "jsapi not support",
];

/// A lost connection, in the words of each engine: Chromium's, iOS's, okhttp's, and those of
/// DevTools, which has node's.
const NETWORK: &[&str] = &[
    "net::",
    "conn",
    "host",
    "getaddrinfo",
    "stream",
    "pipe",
    "cronet",
    "offline",
    "network",
    "unreach",
    "socket",
    "ssl",
    "tls",
    "cert",
];

/// A failure's text in lower case, asked several questions.
struct Seen<'a>(Vec<u8>, &'a Failure);

impl<'a> Seen<'a> {
    fn new(failure: &'a Failure) -> Self {
        let text = failure.err_msg.as_deref().unwrap_or_default();
        Self(text.as_bytes().to_ascii_lowercase(), failure)
    }

    fn any(&self, needles: &[&str]) -> bool {
        needles.iter().any(|needle| {
            self.0
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        })
    }

    fn hook(&self) -> bool {
        self.1.hook
    }

    fn interrupted(&self) -> bool {
        self.1.errno == Some(600003)
            || self.any(&[
                "interrupted",
                "suspend",
                "runningstate=background",
                "10011",
                "network change",
            ])
    }

    fn timeout(&self) -> bool {
        self.1.errno == Some(5)
            || self.any(&[
                "timeout",
                "time out",
                "timed out",
                "timed_out",
                "-1001",
                "超时",
                "逾时",
                "逾時",
            ])
    }
}
