//! Values of any shape as JSON, which serde and its kin read.

use std::time::UNIX_EPOCH;

use miniprogram_login::value::Value;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A value of any shape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(pub serde_json::Value);

impl Value for Json {
    fn field(&self, name: &str) -> Option<Self> {
        let found = self.0.get(name)?;
        (!found.is_null()).then(|| Self(found.clone()))
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(self.0.clone()).ok()
    }

    fn number(&self) -> Option<f64> {
        match &self.0 {
            serde_json::Value::Number(number) => number.as_f64(),
            serde_json::Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn parse_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn parse_date(text: &str) -> Option<f64> {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(UNIX_EPOCH).ok()?.as_millis() as f64)
    }
}
