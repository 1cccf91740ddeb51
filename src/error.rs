//! What can go wrong, as the app sees it: a closed set of codes, the stage, and redacted texts.

use std::rc::Rc;

use serde::{Serialize, Serializer};

use crate::failure::Failure;
use crate::redact::redact;

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

            /// Whether the same call may succeed when made again later, unchanged, if nothing
            /// more is known of the error.
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
    ExchangeBadAnswer "exchange_bad_answer" false "The server's answer has no token; expected HTTP 2xx {code: 200 or 0, data: {authorizationToken: string}}, or set login.readToken"
    CodeRejected "code_rejected" true "The server refused two fresh wx.login codes; check that its appid and secret belong to this mini program"
    NotLoggedIn "not_logged_in" true "No session yet at the tap, a silent login was started; call ensureLogin() in onLoad and ask for another tap"
    LoggedOut "logged_out" false "logout() was called meanwhile"
    SessionKeyStale "session_key_stale" true "The session_key changed after the user's consent; a silent login was started, ask for another tap"
    ProfileDenied "profile_denied" false "The user refused"
    ProfileNeedsTap "profile_needs_tap" false "getUserProfile works only directly inside a tap handler; call loginWithProfile before anything asynchronous"
    ProfilePrivacy "profile_privacy" false "The privacy agreement was not accepted or does not declare this API"
    ProfileDesc "profile_desc" false "desc is empty or too long; keep it within 15 Chinese characters"
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

/// A rejection, or the payload of an `error` event. Small, since it travels through every flow. Its
/// texts are redacted when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What happened.
    pub code: Code,
    /// At which stage.
    pub stage: Stage,
    more: Option<Rc<More>>,
}

// By name: a text each is smaller than what derive makes of many variants.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What an error says beyond its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct More {
    option: &'static str,
    detail: String,
    permanent: bool,
    err_msg: Option<String>,
    errno: Option<i32>,
    status_code: Option<u16>,
}

/// An error on its way to JavaScript, which makes a `WxpError` of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plain<'a> {
    code: Code,
    stage: Stage,
    #[serde(skip_serializing_if = "str::is_empty")]
    option: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    /// Where it is not the code's.
    #[serde(skip_serializing_if = "Option::is_none")]
    retryable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    err_msg: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plain = Plain {
            code: self.code,
            stage: self.stage,
            option: self.option(),
            detail: self.detail(),
            retryable: self.is_permanent().then_some(false),
            err_msg: self.err_msg(),
            errno: self.errno(),
            status_code: self.status_code(),
        };
        plain.serialize(serializer)
    }
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

    /// An error that wx reported. Its `known` secrets and whatever looks like one are taken out.
    pub fn of_wx(code: Code, stage: Stage, failure: &Failure, known: &[&str]) -> Self {
        let text = |text: &String| redact(text, known);
        let more = More {
            detail: text(&failure.detail),
            permanent: failure.is_permanent(),
            err_msg: failure.err_msg.as_ref().map(text),
            errno: failure.errno,
            status_code: failure.status,
            ..More::default()
        };
        Self {
            code,
            stage,
            more: Some(Rc::new(more)),
        }
    }

    /// An error in an answer of the server: its HTTP status, the `code` of its body, and its text,
    /// redacted.
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

    /// The same, saying more.
    pub fn with_detail(self, detail: String) -> Self {
        let mut more = self.more.as_deref().cloned().unwrap_or_default();
        more.detail = detail;
        Self {
            more: Some(Rc::new(more)),
            ..self
        }
    }

    /// An option that is wrong or missing.
    pub fn of_option(option: &'static str, detail: &'static str, stage: Stage) -> Self {
        Self {
            code: Code::Config,
            stage,
            more: Some(Rc::new(More {
                option,
                detail: detail.into(),
                ..More::default()
            })),
        }
    }

    /// The option that is wrong; may be empty.
    pub fn option(&self) -> &'static str {
        self.more.as_ref().map_or("", |more| more.option)
    }

    /// More than the code says, in our own words or those of an exception; may be empty.
    pub fn detail(&self) -> &str {
        self.more.as_ref().map_or("", |more| &more.detail)
    }

    /// Whether the same call may succeed when made again later, unchanged: as its code says, unless
    /// what wx said shows that it can't.
    pub fn is_retryable(&self) -> bool {
        self.code.retryable() && !self.is_permanent()
    }

    fn is_permanent(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.permanent)
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

    /// Whether a login that failed with it counts towards the cooldown (rule 3): the app's own acts
    /// and interruptions say nothing about the next attempt. A hook that throws, or settings that
    /// WeChat refuses, would do so again: each attempt costs a `wx.login`.
    pub fn counts(&self) -> bool {
        use Code::{Aborted, Disposed, Interrupted, LoggedOut};
        !matches!(self.code, Aborted | LoggedOut | Interrupted | Disposed)
    }
}
