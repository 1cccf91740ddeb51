//! What JavaScript needs of the crate's own tables before the WASM has loaded: the options' types
//! and the errors' texts.

use miniprogram_login::{
    config::{Kind, OPTIONS, Opt},
    error::{Code, Stage},
};
use serde_json::{Map, Value, json};

/// The source of options.js: `should` says what each kind of value is, `options` gives each
/// option's kind, with `!` if it is required, groups nested.
pub fn options() -> String {
    let name = |kind: Kind| format!("{kind:?}").to_lowercase();
    let should: Map<String, Value> = Kind::ALL
        .iter()
        .map(|k| (name(*k), k.should().into()))
        .collect();
    let kind = |o: &Opt| name(o.kind) + if o.required { "!" } else { "" };
    let mut options = json!({});
    for option in OPTIONS {
        match option.name.split_once('.') {
            Some((group, name)) => options[group][name] = kind(option).into(),
            None => options[option.name] = kind(option).into(),
        }
    }
    format!(
        "export const should = {}\nexport const options = {options}\n",
        Value::from(should),
    )
}

/// The source of codes.js: `codes`, `{ code: [retryable, text] }`, and `stages`, both in the order
/// of the core's numbers.
pub fn codes() -> String {
    let code = |c: &Code| format!("{}: {}", json!(c.name()), json!([c.retryable(), c.text()]));
    let codes: Vec<String> = Code::ALL.iter().map(code).collect();
    let stages: Vec<&str> = Stage::ALL.iter().map(|s| s.name()).collect();
    format!(
        "export const codes = {{ {} }}\nexport const stages = {}\n",
        codes.join(", "),
        json!(stages)
    )
}
