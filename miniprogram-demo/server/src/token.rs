//! The backend's own tokens: HS256 JWTs that name a session, with key rotation by `kid`.

use std::collections::HashSet;

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::crypto::hex;

/// Who issues the tokens.
const ISSUER: &str = "miniprogram-server";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user's internal id.
    pub sub: String,
    /// The session's id; without its row in the database the token is worth nothing.
    pub sid: String,
    /// The app's id.
    pub aud: String,
    /// The issuer.
    pub iss: String,
    /// Issued at, unix seconds.
    pub iat: i64,
    /// Expires at, unix seconds.
    pub exp: i64,
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No `Authorization: Bearer` header.
    #[error("no token was sent")]
    Missing,
    /// Its time is over.
    #[error("token expired")]
    Expired,
    /// Its session was logged out.
    #[error("token revoked")]
    Revoked,
    /// Not one of ours, or damaged.
    #[error("token invalid")]
    Invalid,
}

struct Key {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// Issues and verifies tokens. The first key signs; all of them verify.
pub struct TokenKeys {
    keys: Vec<Key>,
    audience: String,
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kids: Vec<_> = self.keys.iter().map(|key| &key.kid).collect();
        f.debug_struct("TokenKeys")
            .field("kids", &kids)
            .finish_non_exhaustive()
    }
}

impl TokenKeys {
    /// Keys from `secrets`, newest first, for tokens of the app `audience`.
    pub fn new(secrets: &[SecretString], audience: &str) -> Self {
        // A second call in one process finds the same provider installed.
        let _ = HS256.install_default();
        let keys = secrets.iter().map(|secret| {
            let bytes = secret.expose_secret().as_bytes();
            Key {
                kid: kid(secret),
                encoding: EncodingKey::from_secret(bytes),
                decoding: DecodingKey::from_secret(bytes),
            }
        });
        Self {
            keys: keys.collect(),
            audience: audience.to_owned(),
        }
    }

    /// A token for the session `sid` of the user `sub`, valid from `iat` to `exp` (unix seconds).
    pub fn issue(&self, sub: &str, sid: &str, iat: i64, exp: i64) -> Result<String, TokenError> {
        let key = self.keys.first().ok_or(TokenError::Invalid)?;
        let header = Header {
            kid: Some(key.kid.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let claims = Claims {
            sub: sub.to_owned(),
            sid: sid.to_owned(),
            aud: self.audience.clone(),
            iss: ISSUER.to_owned(),
            iat,
            exp,
        };
        jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(|_| TokenError::Invalid)
    }

    /// Verifies signature, algorithm, issuer, audience and expiry. Revocation is the store's part.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key = self
            .keys
            .iter()
            .find(|key| header.kid.as_ref() == Some(&key.kid))
            .ok_or(TokenError::Invalid)?;
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = 0;
        rules.required_spec_claims = HashSet::from(["exp", "aud", "iss", "sub"].map(String::from));
        rules.set_audience(&[&self.audience]);
        rules.set_issuer(&[ISSUER]);
        match jsonwebtoken::decode(token, &key.decoding, &rules) {
            Ok(data) => Ok(data.claims),
            Err(error) if *error.kind() == ErrorKind::ExpiredSignature => Err(TokenError::Expired),
            Err(_) => Err(TokenError::Invalid),
        }
    }
}

/// A name for a secret that says nothing about it.
pub fn kid(secret: &SecretString) -> String {
    let mut name = hmac(secret.expose_secret().as_bytes());
    name.update(b"kid");
    hex(&name.finalize().into_bytes()[..6])
}

/// HMAC-SHA256 under `key`.
pub fn hmac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

static HS256: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256(hmac(key.as_bytes())))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256(hmac(key.try_get_as_bytes()?)))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Hs256(Hmac<Sha256>);

impl signature::Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self
            .0
            .clone()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec())
    }
}

impl signature::Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let mac = self.0.clone().chain_update(message);
        mac.verify_slice(signature)
            .map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
