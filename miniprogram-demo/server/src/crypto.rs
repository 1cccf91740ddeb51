//! WeChat's open-data cryptography: AES-128-CBC under the session_key, and the SHA-1 signature.

use std::fmt;

use aes::Aes128;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use crate::json;

/// How far a watermark's clock may be from ours, in seconds, before the data counts as replayed.
const WATERMARK_TOLERANCE: u64 = 10 * 60;

/// A session_key as WeChat hands it out. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey {
    // The signature is computed over the base64 text as it came, so the text is what is kept.
    text: String,
    bytes: [u8; 16],
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

impl SessionKey {
    /// Reads the base64 text of a 16-byte key.
    pub fn parse(text: &str) -> Result<Self, OpenDataError> {
        let bytes = sixteen_bytes(text).ok_or(OpenDataError::Malformed("session_key"))?;
        Ok(Self {
            text: text.to_owned(),
            bytes,
        })
    }

    /// A key from 16 random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self {
            text: BASE64.encode(bytes),
            bytes,
        }
    }

    /// The base64 text, for sealing or sending; never for a log.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The signature of `raw_data` under this key: lowercase hex of `sha1(raw_data + key text)`.
    pub fn sign(&self, raw_data: &str) -> String {
        let mut hash = Sha1::new();
        hash.update(raw_data.as_bytes());
        hash.update(self.text.as_bytes());
        hex(&hash.finalize())
    }

    /// Encrypts `plain`; both results are base64. The counterpart of [`Self::decrypt`].
    pub fn encrypt(&self, iv: [u8; 16], plain: &[u8]) -> (String, String) {
        let cipher = cbc::Encryptor::<Aes128>::new(&self.bytes.into(), &iv.into());
        let data = cipher.encrypt_padded_vec::<Pkcs7>(plain);
        (BASE64.encode(data), BASE64.encode(iv))
    }

    /// Decrypts base64 `encrypted_data` with the base64 `iv`.
    pub fn decrypt(&self, encrypted_data: &str, iv: &str) -> Result<Vec<u8>, OpenDataError> {
        let iv = sixteen_bytes(iv).ok_or(OpenDataError::Malformed("iv"))?;
        let data = BASE64
            .decode(encrypted_data)
            .ok()
            .filter(|data| !data.is_empty() && data.len().is_multiple_of(16))
            .ok_or(OpenDataError::Malformed("encryptedData"))?;
        cbc::Decryptor::<Aes128>::new(&self.bytes.into(), &iv.into())
            .decrypt_padded_vec::<Pkcs7>(&data)
            .map_err(|_| OpenDataError::StaleKey)
    }
}

/// Why data from a phone was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenDataError {
    /// A field is not what WeChat sends: wrong base64, wrong length.
    #[error("{0} is not what WeChat sends")]
    Malformed(&'static str),
    /// The data was not made with this key: the user's session_key has changed since.
    #[error("the session_key has changed since this data was encrypted")]
    StaleKey,
    /// What was signed is not what was encrypted.
    #[error("rawData and encryptedData tell different things")]
    Different,
    /// The data is well encrypted but not meant for this app, this user or this moment.
    #[error("encryptedData belongs to another {0}")]
    Foreign(&'static str),
}

/// What `wx.getUserProfile` gave the mini program.
#[derive(Debug, Clone, Copy)]
pub struct SignedProfile<'a> {
    /// JSON text of userInfo, as signed.
    pub raw_data: &'a str,
    /// Hex SHA-1 over `raw_data` and the session_key.
    pub signature: &'a str,
    /// Base64 ciphertext.
    pub encrypted_data: &'a str,
    /// Base64 initialisation vector.
    pub iv: &'a str,
}

/// Who the profile must belong to, and when it is read.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The app's own id.
    pub appid: &'a str,
    /// The session's user.
    pub openid: &'a str,
    /// Unix seconds.
    pub now: u64,
}

/// The decrypted profile; WeChat's other fields are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenProfile {
    /// Absent in what `getUserProfile` encrypts, as documented; some clients send it all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_id: Option<String>,
    /// Nickname; "微信用户" where WeChat withholds it.
    pub nick_name: String,
    /// URL of the picture.
    pub avatar_url: String,
    /// Which app it was encrypted for, and when.
    pub watermark: Watermark,
}

/// WeChat's stamp inside encrypted data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// Unix seconds.
    pub timestamp: u64,
    /// The app the data was encrypted for.
    pub appid: String,
}

impl SignedProfile<'_> {
    /// Verifies signature, watermark and owner, and returns what was encrypted.
    ///
    /// A signature that does not match means a stale key: from here, data made under another key
    /// and data that was tampered with look alike. One that matches was made with this key, so
    /// whatever else is wrong is wrong with the data.
    pub fn open(
        &self,
        key: &SessionKey,
        expected: Expected<'_>,
    ) -> Result<OpenProfile, OpenDataError> {
        let signature = key.sign(self.raw_data);
        if !bool::from(signature.as_bytes().ct_eq(self.signature.as_bytes())) {
            return Err(OpenDataError::StaleKey);
        }
        let malformed = OpenDataError::Malformed;
        let raw: Map<String, Value> =
            json::parse(self.raw_data.as_bytes()).map_err(|_| malformed("rawData"))?;
        let plain = match key.decrypt(self.encrypted_data, self.iv) {
            Err(OpenDataError::StaleKey) => Err(malformed("encryptedData")),
            other => other,
        }?;
        let plain: Map<String, Value> =
            json::parse(&plain).map_err(|_| malformed("encryptedData"))?;
        if raw
            .iter()
            .any(|(name, value)| plain.get(name) != Some(value))
        {
            return Err(OpenDataError::Different);
        }
        let profile: OpenProfile =
            serde_json::from_value(plain.into()).map_err(|_| malformed("encryptedData"))?;
        if profile.watermark.appid != expected.appid {
            return Err(OpenDataError::Foreign("app"));
        }
        if profile
            .open_id
            .as_deref()
            .is_some_and(|id| id != expected.openid)
        {
            return Err(OpenDataError::Foreign("user"));
        }
        if profile.watermark.timestamp.abs_diff(expected.now) > WATERMARK_TOLERANCE {
            return Err(OpenDataError::Foreign("time"));
        }
        Ok(profile)
    }
}

/// Lowercase hex.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Random bytes from the system.
///
/// # Panics
/// When the operating system has no randomness to give: nothing secure can be done then.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

fn sixteen_bytes(text: &str) -> Option<[u8; 16]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
