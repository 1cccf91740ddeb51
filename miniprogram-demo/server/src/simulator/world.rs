//! The simulated world: users, their session_keys, and the codes they were given.

use std::collections::{HashMap, VecDeque};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::APPID;
use crate::crypto::{SessionKey, random};

/// Codes are good for five minutes, ms.
const CODE_LIFE: u64 = 5 * 60 * 1000;
/// Access tokens are good for two hours, s.
pub(super) const ACCESS_TOKEN_LIFE: u64 = 7200;

/// Knobs of the world.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Settings {
    /// Added to the clock, ms.
    clock_offset_ms: i64,
    /// Whether a login changes the user's session_key. WeChat may or may not.
    rotate_on_login: bool,
    /// Calls per second and user before the phone says "frequency limit"; 0: no limit.
    phone_calls_per_second: usize,
    /// Exchanges per minute and user before 45011; 0: no limit.
    exchanges_per_minute: usize,
    /// Whether users have a unionid.
    unionid: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock_offset_ms: 0,
            rotate_on_login: true,
            phone_calls_per_second: 4,
            exchanges_per_minute: 100,
            unionid: true,
        }
    }
}

/// What a user tells of themselves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Person {
    pub(super) nick_name: String,
    pub(super) gender: u8,
    pub(super) city: String,
    pub(super) province: String,
    pub(super) country: String,
    /// Without the country code; a number that nobody has.
    pub(super) phone_number: String,
}

impl Person {
    fn called(nick_name: String) -> Self {
        Self {
            nick_name,
            gender: 1,
            city: "Guangzhou".to_owned(),
            province: "Guangdong".to_owned(),
            country: "CN".to_owned(),
            phone_number: "10000000001".to_owned(),
        }
    }
}

#[derive(Debug)]
pub(super) struct User {
    pub(super) openid: String,
    pub(super) unionid: String,
    pub(super) person: Person,
    /// WeChat's current key for this user.
    pub(super) session_key: SessionKey,
    /// Whether a server may still hold that key.
    pub(super) session_live: bool,
    recent: HashMap<&'static str, VecDeque<u64>>,
}

/// What a code can be exchanged for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Purpose {
    Login(SessionKey),
    Phone,
}

#[derive(Debug)]
struct Code {
    user: String,
    purpose: Purpose,
    issued_at: u64,
    used: bool,
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) settings: Settings,
    users: HashMap<String, User>,
    codes: HashMap<String, Code>,
    access_tokens: HashMap<String, u64>,
    codes_issued: u64,
}

/// A successful exchange of a login code.
#[derive(Debug)]
pub(super) struct Exchanged {
    pub(super) openid: String,
    pub(super) unionid: Option<String>,
    pub(super) session_key: SessionKey,
}

impl World {
    /// Unix ms of the world's clock.
    pub(super) fn now(&self) -> u64 {
        system_ms().saturating_add_signed(self.settings.clock_offset_ms)
    }

    /// The user called `name`, made at first sight. The openid follows from the name, so that a
    /// backend's database outlives the simulator.
    pub(super) fn user(&mut self, name: &str) -> &mut User {
        self.users.entry(name.to_owned()).or_insert_with(|| {
            let id = |kind: &str| {
                let hash = Sha256::digest(format!("{APPID} {kind} {name}"));
                format!("o{}", &BASE64_URL.encode(hash)[..27])
            };
            User {
                openid: id("openid"),
                unionid: id("unionid"),
                person: Person::called(format!("{name} 同学")),
                session_key: SessionKey::from_bytes(random()),
                session_live: false,
                recent: HashMap::new(),
            }
        })
    }

    /// The user with this openid, if they were ever seen.
    pub(super) fn user_by_openid(&self, openid: &str) -> Option<&User> {
        self.users.values().find(|user| user.openid == openid)
    }

    /// Counts a call. False when it is one too many.
    pub(super) fn phone_call_allowed(&mut self, name: &str, api: &'static str) -> bool {
        let limit = self.settings.phone_calls_per_second;
        self.allowed(name, api, limit, 1000)
    }

    /// `wx.login`: a code, and as a rule a new session_key.
    pub(super) fn login(&mut self, name: &str) -> String {
        let rotate = self.settings.rotate_on_login;
        let user = self.user(name);
        if rotate {
            user.session_key = SessionKey::from_bytes(random());
        }
        user.session_live = true;
        let key = user.session_key.clone();
        self.issue(name, Purpose::Login(key))
    }

    /// A code for the user's phone number.
    pub(super) fn phone_code(&mut self, name: &str) -> String {
        self.issue(name, Purpose::Phone)
    }

    /// WeChat forgets the session: the key that servers hold opens nothing from now on.
    pub(super) fn expire_session(&mut self, name: &str) {
        let user = self.user(name);
        user.session_live = false;
        user.session_key = SessionKey::from_bytes(random());
    }

    /// Exchanges a login code, or returns WeChat's errcode.
    pub(super) fn exchange(&mut self, code: &str) -> Result<Exchanged, i64> {
        let (name, purpose) = self.redeem(code, |purpose| matches!(purpose, Purpose::Login(_)))?;
        let Purpose::Login(session_key) = purpose else {
            return Err(40029);
        };
        let limit = self.settings.exchanges_per_minute;
        if !self.allowed(&name, "exchange", limit, 60_000) {
            return Err(45011);
        }
        let with_unionid = self.settings.unionid;
        let user = self.user(&name);
        Ok(Exchanged {
            openid: user.openid.clone(),
            unionid: with_unionid.then(|| user.unionid.clone()),
            session_key,
        })
    }

    /// Exchanges a phone code for the user's number, or returns WeChat's errcode. With an openid,
    /// only a code that this user was given.
    pub(super) fn exchange_phone(
        &mut self,
        code: &str,
        openid: Option<&str>,
    ) -> Result<String, i64> {
        let owner = self.user_of_code(Some(code)).ok_or(40029)?;
        if openid.is_some_and(|openid| openid != self.user(&owner).openid) {
            return Err(40029);
        }
        let (name, _) = self.redeem(code, |purpose| *purpose == Purpose::Phone)?;
        Ok(self.user(&name).person.phone_number.clone())
    }

    /// Whose code this is.
    pub(super) fn user_of_code(&self, code: Option<&str>) -> Option<String> {
        self.codes.get(code?).map(|code| code.user.clone())
    }

    /// WeChat's stable token: the same one to all who ask, until it ends or a new one is forced.
    pub(super) fn access_token(&mut self, force: bool) -> (String, u64) {
        let now = self.now() / 1000;
        self.access_tokens.retain(|_, end| *end > now);
        let newest = self.access_tokens.iter().max_by_key(|(_, end)| **end);
        if let Some((token, end)) = newest
            && !force
        {
            return (token.clone(), end - now);
        }
        let token = BASE64_URL.encode(random::<48>());
        self.access_tokens.clear();
        self.access_tokens
            .insert(token.clone(), now + ACCESS_TOKEN_LIFE);
        (token, ACCESS_TOKEN_LIFE)
    }

    /// WeChat's errcode for a bad access token.
    pub(super) fn check_access_token(&self, token: &str) -> Result<(), i64> {
        match self.access_tokens.get(token) {
            None => Err(40001),
            Some(end) if *end <= self.now() / 1000 => Err(42001),
            Some(_) => Ok(()),
        }
    }

    fn issue(&mut self, name: &str, purpose: Purpose) -> String {
        let now = self.now();
        self.codes_issued += 1;
        if self.codes_issued.is_multiple_of(1024) {
            // Kept beyond their life for a while, to tell "used" from "never heard of".
            self.codes
                .retain(|_, code| now.saturating_sub(code.issued_at) < 2 * CODE_LIFE);
        }
        let text = BASE64_URL.encode(random::<24>());
        let code = Code {
            user: name.to_owned(),
            purpose,
            issued_at: now,
            used: false,
        };
        self.codes.insert(text.clone(), code);
        text
    }

    fn redeem(
        &mut self,
        code: &str,
        fits: impl Fn(&Purpose) -> bool,
    ) -> Result<(String, Purpose), i64> {
        let now = self.now();
        let code = self
            .codes
            .get_mut(code)
            .filter(|code| fits(&code.purpose))
            .ok_or(40029)?;
        if code.used {
            return Err(40163);
        }
        if now.saturating_sub(code.issued_at) >= CODE_LIFE {
            return Err(40029);
        }
        code.used = true;
        Ok((code.user.clone(), code.purpose.clone()))
    }

    fn allowed(&mut self, name: &str, what: &'static str, limit: usize, window: u64) -> bool {
        let now = self.now();
        let recent = self.user(name).recent.entry(what).or_default();
        recent.retain(|at| now.saturating_sub(*at) < window);
        let allowed = limit == 0 || recent.len() < limit;
        if allowed {
            recent.push_back(now);
        }
        allowed
    }
}

/// Unix ms of the system's clock.
pub(super) fn system_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    since.as_millis().try_into().unwrap_or(u64::MAX)
}
