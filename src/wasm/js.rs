//! JavaScript's values: in field by field, out through serde.

use std::fmt;

use js_sys::{Date, JSON};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
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

#[wasm_bindgen]
extern "C" {
    type Fields;

    /// Throws where there can be none, as in `undefined`, or where the app's getter does.
    #[wasm_bindgen(method, structural, indexing_getter, catch)]
    fn get(this: &Fields, name: &str) -> Result<Option<JsValue>, JsValue>;
}

impl Value for Js {
    fn field(&self, name: &str) -> Option<Self> {
        let found = self.0.unchecked_ref::<Fields>().get(name);
        found.ok().flatten().map(Self)
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_wasm_bindgen::from_value(self.0.clone()).ok()
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
