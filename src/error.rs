//! What can go wrong, as the app sees it: a closed set of codes, the stage, and redacted texts.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Declares [`Code`] once, with everything that is said about a code.
macro_rules! codes {
    ($($variant:ident $name:literal $retryable:literal $text:literal)*) => {
        /// The closed set of `WxpError.code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $text] $variant,)*
        }

        impl Code {
            /// Every code, for tests and for the table the build hands to JavaScript.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The name in `WxpError.code`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),* }
            }

            /// Whether the same call may succeed when made again later, unchanged.
            pub fn retryable(self) -> bool {
                match self { $(Code::$variant => $retryable),* }
            }

            /// What happened and what to do, for the developer who reads the error.
            pub fn text(self) -> &'static str {
                match self { $(Code::$variant => $text),* }
            }
        }
    };
}

codes! {
    Config "config" false "An option or the mini program's own settings are wrong; correct them, a retry won't help"
    WasmUnavailable "wasm_unavailable" true "The WASM module could not be loaded; check that the .wasm.br file is in the package at wasmPath, the next call tries again"
    Internal "internal" true "The WASM instance stopped unexpectedly; the next call runs on a fresh one"
    Disposed "disposed" false "This wxp was disposed; create a new one"
    LoginFailed "login_failed" true "wx.login failed, or the server refused the token that it had just issued"
    LoginTimeout "login_timeout" true "The login did not finish within login.timeout"
    LoginBlocked "login_blocked" false "WeChat or the server blocks logins of this user; show a message, do not retry"
    RateLimited "rate_limited" true "Too many logins in a short time; wait about a minute"
    ExchangeFailed "exchange_failed" true "The server did not exchange the code for a token"
    ExchangeBadAnswer "exchange_bad_answer" false "The server's answer has no token; expected HTTP 200 {code: 200 or 0, data: {authorizationToken: string}}, or set login.readToken"
    CodeRejected "code_rejected" true "The server refused two fresh wx.login codes; check that its appid and secret belong to this mini program"
    NotLoggedIn "not_logged_in" true "No session yet at the tap, a silent login was started; call ensureLogin() in onLoad and ask for another tap"
    LoggedOut "logged_out" false "logout() was called meanwhile"
    SessionKeyStale "session_key_stale" true "The session_key changed after the user's consent; a silent login was started, ask for another tap"
    ProfileDenied "profile_denied" false "The user refused"
    ProfileNeedsTap "profile_needs_tap" false "getUserProfile works only directly inside a tap handler; call loginWithProfile before anything asynchronous"
    ProfilePrivacy "profile_privacy" false "The privacy agreement was not accepted or does not declare this API"
    ProfileDesc "profile_desc" false "desc must have 1 to 30 bytes, about 15 Chinese characters"
    ProfileAnonymous "profile_anonymous" false "WeChat gave the anonymous profile (since 2022); use the avatar and nickname fill-in form"
    ProfileFailed "profile_failed" true "The profile could not be had or the server did not accept it"
    PhoneFailed "phone_failed" true "There is no phone code since the user refused, or the server did not accept it; it works once and for five minutes"
    Network "network" true "The network failed"
    Timeout "timeout" true "The request got no answer in time"
    Aborted "aborted" false "abort() was called"
    Interrupted "interrupted" true "WeChat cut the request off because the app went to the background or the network changed"
    DomainNotAllowed "domain_not_allowed" false "The host is not in the request domain list of the mini program's settings"
    RequestFailed "request_failed" true "wx refused or could not perform the call"
    HookFailed "hook_failed" false "A function given to createWxp threw"
    StorageFailed "storage_failed" true "The token could not be stored; it stays in memory"
}

/// Where it happened: `WxpError.stage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Loading the WASM module.
    Load,
    /// `wx.checkSession`.
    CheckSession,
    /// `wx.login`.
    Login,
    /// The code exchange with the server.
    Exchange,
    /// Asking for, or submitting, the profile.
    Profile,
    /// Submitting the phone code.
    Phone,
    /// A request of the app.
    Request,
    /// Telling the server about a logout.
    Logout,
    /// Reading or writing the stored record.
    Storage,
    /// Reading the options.
    Config,
}

impl Stage {
    /// Every stage.
    pub const ALL: &[Stage] = &[
        Stage::Load,
        Stage::CheckSession,
        Stage::Login,
        Stage::Exchange,
        Stage::Profile,
        Stage::Phone,
        Stage::Request,
        Stage::Logout,
        Stage::Storage,
        Stage::Config,
    ];

    /// The name in `WxpError.stage`.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Load => "load",
            Stage::CheckSession => "check-session",
            Stage::Login => "login",
            Stage::Exchange => "exchange",
            Stage::Profile => "profile",
            Stage::Phone => "phone",
            Stage::Request => "request",
            Stage::Logout => "logout",
            Stage::Storage => "storage",
            Stage::Config => "config",
        }
    }
}

/// What wx, or a function given by the app, failed with.
#[derive(Clone, Default)]
pub struct Failure {
    /// wx's text, unredacted.
    pub err_msg: String,
    /// wx's error number.
    pub errno: Option<i32>,
    /// Whether a function given by the app threw.
    pub hook: bool,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("errno", &self.errno)
            .field("hook", &self.hook)
            .finish_non_exhaustive()
    }
}

/// A rejection, or the payload of an `error` event. Small, since it travels through every flow. Its texts are redacted when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What happened.
    pub code: Code,
    /// At which stage.
    pub stage: Stage,
    more: Option<Rc<More>>,
}

/// What an error says beyond its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct More {
    option: &'static str,
    detail: &'static str,
    err_msg: Option<String>,
    errno: Option<i32>,
    status_code: Option<u16>,
}

impl Error {
    /// An error of ours, without words of others.
    pub fn new(code: Code, stage: Stage) -> Self {
        Self {
            code,
            stage,
            more: None,
        }
    }

    /// An error that wx reported, its text redacted. `known` are secrets that may stand in it.
    pub fn from_wx(code: Code, stage: Stage, failure: &Failure, known: &[&str]) -> Self {
        let more = More {
            err_msg: Some(redact(&failure.err_msg, known)),
            errno: failure.errno,
            ..More::default()
        };
        Self {
            code,
            stage,
            more: Some(Rc::new(more)),
        }
    }

    /// An error in an answer of the server: its HTTP status, the `code` of its body, and its text, redacted.
    pub fn from_server(
        code: Code,
        stage: Stage,
        status: u16,
        body_code: Option<i32>,
        text: Option<String>,
    ) -> Self {
        let more = More {
            err_msg: text,
            errno: body_code,
            status_code: Some(status),
            ..More::default()
        };
        Self {
            code,
            stage,
            more: Some(Rc::new(more)),
        }
    }

    /// An option that is wrong or missing.
    pub fn of_option(option: &'static str, detail: &'static str, stage: Stage) -> Self {
        Self {
            code: Code::Config,
            stage,
            more: Some(Rc::new(More {
                option,
                detail,
                ..More::default()
            })),
        }
    }

    /// The option that is wrong; may be empty.
    pub fn option(&self) -> &'static str {
        self.more.as_ref().map_or("", |more| more.option)
    }

    /// More than the code says, in our own words; may be empty.
    pub fn detail(&self) -> &'static str {
        self.more.as_ref().map_or("", |more| more.detail)
    }

    /// wx's or the server's text, redacted.
    pub fn err_msg(&self) -> Option<&str> {
        self.more.as_ref()?.err_msg.as_deref()
    }

    /// wx's error number, or the `code` of the server's body.
    pub fn errno(&self) -> Option<i32> {
        self.more.as_ref()?.errno
    }

    /// The HTTP status of the server's answer.
    pub fn status_code(&self) -> Option<u16> {
        self.more.as_ref()?.status_code
    }

    /// Whether it counts towards the cooldown (rule 3): mistakes in the set-up, the app's own acts and
    /// interruptions say nothing about the next attempt.
    pub fn counts(&self) -> bool {
        use Code::{Aborted, Config, Disposed, HookFailed, Interrupted, LoggedOut};
        !matches!(
            self.code,
            Config | HookFailed | Aborted | LoggedOut | Interrupted | Disposed
        )
    }
}

/// Which code a failed `wx.login` has.
pub fn of_login(failure: &Failure) -> Code {
    let seen = Seen::new(failure);
    match failure.errno {
        Some(1402101) => Code::LoginBlocked,
        Some(1003) => Code::RateLimited,
        Some(1005) => Code::Config,
        _ if seen.hook() => Code::HookFailed,
        _ if seen.interrupted() => Code::Interrupted,
        _ if seen.any(&["too frequent", "freq", "45009", "45011"]) => Code::RateLimited,
        _ if seen.any(&["40226", "blocked"]) => Code::LoginBlocked,
        _ if seen.any(&["41002", "40013", "appid", "no permission"]) => Code::Config,
        _ if seen.timeout() => Code::LoginTimeout,
        _ => Code::LoginFailed,
    }
}

/// Which code a failed request, upload or download has.
pub fn of_transport(failure: &Failure) -> Code {
    let seen = Seen::new(failure);
    match failure.errno {
        Some(600002) => Code::DomainNotAllowed,
        _ if seen.hook() => Code::HookFailed,
        _ if seen.any(&["fail abort"]) => Code::Aborted,
        _ if seen.interrupted() => Code::Interrupted,
        _ if seen.any(&["domain list"]) => Code::DomainNotAllowed,
        _ if seen.timeout() => Code::Timeout,
        Some(600000 | 600001 | 108) => Code::Network,
        _ if seen.any(NETWORK) => Code::Network,
        _ => Code::RequestFailed,
    }
}

/// Which code a failed `wx.getUserProfile` has. The privacy refusal comes with errno 104 in the wild,
/// which officially is "user authorize canceled": the text decides first.
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

/// Whether a failed `wx.checkSession` says that the session timed out (rule 5); any other failure may
/// only mean that the network was down.
pub fn says_session_expired(failure: &Failure) -> bool {
    failure.errno == Some(-13001)
        || Seen::new(failure).any(&[
            "-13001",
            "session time out",
            "session timeout",
            "need relogin",
        ])
}

const NETWORK: &[&str] = &[
    "net::",
    "cronet",
    "resolve host",
    "unknow host",
    "unknown host",
    "offline",
    "network",
    "socket",
    "ssl",
    "kcferror",
    "-1001",
    "互联网",
    "网络",
    "網絡",
    "網路",
    "主机",
    "服务器",
    "数据连接",
    "协议错误",
];

/// A failure's text in lower case, asked several questions.
struct Seen<'a>(Vec<u8>, &'a Failure);

impl<'a> Seen<'a> {
    fn new(failure: &'a Failure) -> Self {
        Self(failure.err_msg.as_bytes().to_ascii_lowercase(), failure)
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
            || self.any(&["interrupted", "suspend", "10011", "network change"])
    }

    fn timeout(&self) -> bool {
        self.1.errno == Some(5)
            || self.any(&[
                "timeout",
                "time out",
                "timed out",
                "timed_out",
                "超时",
                "逾時",
            ])
    }
}

/// Replaces what may be a secret in a text of wx or the server: the `known` ones wherever they stand,
/// long runs that look like a token, code or key, and digits that look like a phone number.
pub fn redact(text: &str, known: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let mut known_end = 0;
    for (at, c) in text.char_indices() {
        if at < known_end {
            continue;
        }
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let secret = known
            .iter()
            .find(|secret| !secret.is_empty() && rest.starts_with(secret.as_bytes()));
        if secret.is_none()
            && (c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_' | '.' | '~'))
        {
            run.push(c);
            continue;
        }
        flush(&mut run, &mut out);
        match secret {
            Some(secret) => {
                out.push_str(HIDDEN);
                known_end = at + secret.len();
            }
            None => out.push(c),
        }
    }
    flush(&mut run, &mut out);
    out
}

const HIDDEN: &str = "[redacted]";

fn flush(run: &mut String, out: &mut String) {
    out.push_str(if suspicious(run.as_bytes()) {
        HIDDEN
    } else {
        run
    });
    run.clear();
}

/// A phone number has at least 8 digits in a row; a token or key is long and mixes letters and digits,
/// or is padded base64. Names like `ERR_CONNECTION_TIMED_OUT` are long too, but have no digit.
fn suspicious(run: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| run.iter().any(is);
    let (digits, letters) = (has(u8::is_ascii_digit), has(u8::is_ascii_alphabetic));
    let padded = run.ends_with(b"=") || (has(|b| *b == b'+') && letters);
    let phone = run
        .windows(8)
        .any(|window| window.iter().all(u8::is_ascii_digit));
    phone || (run.len() >= 16 && ((digits && letters) || padded))
}
