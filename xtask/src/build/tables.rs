//! What JavaScript needs of the crate's own tables before the WASM has loaded: the options' types and the errors' texts.

use miniprogram_login::{
    config::{Kind, OPTIONS, Opt},
    error::Code,
};
use serde_json::{Map, Value, json};

/// The source of options.js: `should` says what each kind of value is, `options` gives each option's kind, with `!` if it is
/// required.
pub fn options() -> String {
    let name = |kind: Kind| format!("{kind:?}").to_lowercase();
    let should: Map<String, Value> = Kind::ALL
        .iter()
        .map(|k| (name(*k), k.should().into()))
        .collect();
    let kind = |o: &Opt| name(o.kind) + if o.required { "!" } else { "" };
    let options: Map<String, Value> = OPTIONS
        .iter()
        .map(|o| (o.name.to_owned(), kind(o).into()))
        .collect();
    format!(
        "export const should = {}\nexport const options = {}\n",
        Value::from(should),
        Value::from(options)
    )
}

/// The source of codes.js: `{ code: [retryable, text] }`.
pub fn codes() -> String {
    let codes: Map<String, Value> = Code::ALL
        .iter()
        .map(|c| (c.name().to_owned(), json!([c.retryable(), c.text()])))
        .collect();
    format!("export default {}\n", Value::from(codes))
}
