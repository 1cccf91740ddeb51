//! Encryption at rest for what the database must not hold in the clear: AES-256-GCM, with key
//! rotation by `kid`. And an index by which a sealed number is found: HMAC-SHA256.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::crypto::{hex, random};
use crate::token::{hmac, kid};

const NONCE: usize = 12;

/// Seals with the first key, opens with any.
pub struct Sealer(Vec<Key>);

struct Key {
    kid: String,
    cipher: Aes256Gcm,
    index: Hmac<Sha256>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|key| &key.kid))
            .finish()
    }
}

/// Sealed text that no key opens: it was sealed under a secret since withdrawn, or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed under a secret that is no longer set")]
pub struct SealError;

impl Sealer {
    /// Keys derived from `secrets`, newest first.
    pub fn new(secrets: &[SecretString]) -> Self {
        let derived = |secret: &SecretString, label: &[u8]| {
            let mut key = hmac(secret.expose_secret().as_bytes());
            key.update(label);
            key.finalize().into_bytes()
        };
        let key = |secret: &SecretString| Key {
            kid: kid(secret),
            cipher: Aes256Gcm::new(&derived(secret, b"seal")),
            index: hmac(&derived(secret, b"phone index")),
        };
        Self(secrets.iter().map(key).collect())
    }

    /// Seals `plain` so that it opens only beside `owner`, the id of the row it is kept in.
    pub fn seal(&self, owner: &str, plain: &str) -> Result<String, SealError> {
        let Key { kid, cipher, .. } = self.0.first().ok_or(SealError)?;
        let nonce = random::<NONCE>();
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: owner.as_bytes(),
        };
        let data = cipher
            .encrypt(&nonce.into(), payload)
            .map_err(|_| SealError)?;
        Ok(format!(
            "{kid}.{}",
            BASE64.encode([&nonce[..], &data].concat())
        ))
    }

    /// Whether what is sealed under `kid` can be opened.
    pub fn knows(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid == kid)
    }

    /// The kids of all but the newest key.
    pub fn older_kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().skip(1).map(|key| key.kid.as_str())
    }

    /// By what `phone` is found, whatever blanks and dashes it is written with: under each key, the
    /// newest first.
    pub fn indexes(&self, phone: &str) -> Vec<String> {
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        let index = |key: &Key| {
            let mut index = key.index.clone();
            index.update(digits.as_bytes());
            format!("{}.{}", key.kid, hex(&index.finalize().into_bytes()))
        };
        self.0.iter().map(index).collect()
    }

    /// That under the newest key.
    pub fn index(&self, phone: &str) -> Option<String> {
        self.indexes(phone).into_iter().next()
    }

    /// What `sealed` is under the newest key; none if that is what it is sealed under.
    pub fn renew(&self, owner: &str, sealed: &str) -> Result<Option<String>, SealError> {
        let newest = &self.0.first().ok_or(SealError)?.kid;
        if sealed.split_once('.').is_some_and(|(kid, _)| kid == newest) {
            return Ok(None);
        }
        let plain = self.open(owner, sealed)?;
        self.seal(owner, &plain).map(Some)
    }

    /// Opens what [`Self::seal`] made.
    pub fn open(&self, owner: &str, sealed: &str) -> Result<String, SealError> {
        let (kid, data) = sealed.split_once('.').ok_or(SealError)?;
        let key = self.0.iter().find(|key| key.kid == kid);
        let cipher = &key.ok_or(SealError)?.cipher;
        let data = BASE64.decode(data).map_err(|_| SealError)?;
        let (nonce, data) = data.split_first_chunk::<NONCE>().ok_or(SealError)?;
        let payload = Payload {
            msg: data,
            aad: owner.as_bytes(),
        };
        let plain = cipher
            .decrypt(&(*nonce).into(), payload)
            .map_err(|_| SealError)?;
        String::from_utf8(plain).map_err(|_| SealError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(secrets: &[&str]) -> Sealer {
        let secrets: Vec<_> = secrets.iter().map(|&secret| secret.into()).collect();
        Sealer::new(&secrets)
    }

    #[test]
    fn opens_beside_its_owner_only_and_after_a_rotation() {
        let sealed = sealer(&["old"]).seal("row 1", "plain").expect("sealed");
        assert!(!sealed.contains("plain"));
        let rotated = sealer(&["new", "old"]);
        assert_eq!(rotated.open("row 1", &sealed).as_deref(), Ok("plain"));
        assert_eq!(rotated.open("row 2", &sealed), Err(SealError));
        assert_eq!(sealer(&["new"]).open("row 1", &sealed), Err(SealError));
        for damaged in ["", ".", "x.y", &sealed[..sealed.len() - 2]] {
            assert_eq!(rotated.open("row 1", damaged), Err(SealError));
        }
    }

    #[test]
    fn an_index_is_of_the_number_and_the_key() {
        let (old, rotated) = (sealer(&["old"]), sealer(&["new", "old"]));
        let index = old.index("+86 10000000001").expect("an index");
        assert!(!index.contains("10000000001"));
        assert_eq!(
            old.indexes("+86-100 0000 0001"),
            std::slice::from_ref(&index)
        );
        assert_ne!(old.index("+86 10000000002"), Some(index.clone()));
        let both = rotated.indexes("+8610000000001");
        assert_eq!((both.len(), &both[1]), (2, &index));
        assert_eq!(rotated.index("+86 10000000001").as_ref(), both.first());
    }
}
