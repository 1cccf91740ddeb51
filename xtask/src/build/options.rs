//! options.js: the options' types, from the crate's own table, for the check that `createWxp` makes before the WASM has loaded.

use miniprogram_login::config::{Kind, OPTIONS};
use serde_json::{Map, Value, json};

/// The source of options.js: OPTIONS is `[[path, kind, required]]`, SHOULD says what each kind of value is.
pub fn generate() -> String {
    let name = |kind: Kind| format!("{kind:?}");
    let options: Vec<Value> = OPTIONS
        .iter()
        .map(|o| json!([o.name, name(o.kind), u8::from(o.required)]))
        .collect();
    let should: Map<String, Value> = Kind::ALL
        .iter()
        .map(|kind| (name(*kind), kind.should().into()))
        .collect();
    format!(
        "export const OPTIONS = {}\nexport const SHOULD = {}\n",
        Value::from(options),
        Value::from(should)
    )
}
