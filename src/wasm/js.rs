//! JavaScript's values, in and out, through serde.

use std::fmt;

use js_sys::{Date, JSON};
use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer, Serialize};
use serde_wasm_bindgen::{Serializer, preserve};
use wasm_bindgen::prelude::*;

use crate::value::Value;

/// A value of JavaScript's.
#[derive(Default)]
pub struct Js(pub JsValue);

// What it is may be a secret (rule 16).
impl fmt::Debug for Js {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Js")
    }
}

impl<'de> Deserialize<'de> for Js {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        preserve::deserialize(deserializer).map(Self)
    }
}

impl Value for Js {
    fn read_by<'de, S: DeserializeSeed<'de>>(&self, seed: S) -> Option<S::Value> {
        seed.deserialize(serde_wasm_bindgen::Deserializer::from(self.0.clone()))
            .ok()
    }

    fn number(&self) -> Option<f64> {
        let text = self.0.is_string() && self.0 != "";
        self.0
            .as_f64()
            .or_else(|| text.then(|| self.0.unchecked_into_f64()))
    }

    fn parse_json(text: &str) -> Option<Self> {
        JSON::parse(text).ok().map(Self)
    }

    fn parse_date(text: &str) -> Option<f64> {
        Some(Date::parse(text)).filter(|ms| !ms.is_nan())
    }
}

/// The value as a plain object; what is absent is `null`.
pub fn to_js(value: &impl Serialize) -> JsValue {
    // Plain data can't fail.
    value
        .serialize(&Serializer::json_compatible())
        .unwrap_or_default()
}
