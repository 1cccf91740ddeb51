//! What JavaScript needs of the crate's own tables: the options' types and the errors' texts,
//! before the WASM has loaded; how a permit is taken apart.

use miniprogram_login::{
    config::{OPTIONS, OptionSpec, OptionType},
    error::Code,
    request::{Action, Permit},
};
use serde_json::{Map, Value, json};

/// The source of options.js: `should` says what each type of value is, `options` gives each
/// option's type, with `!` if it is required, groups nested.
pub fn options() -> String {
    let name = |of: OptionType| format!("{of:?}").to_lowercase();
    let should: Map<String, Value> = OptionType::ALL
        .iter()
        .map(|of| (name(*of), of.should().into()))
        .collect();
    let expected = |o: &OptionSpec| name(o.expects) + if o.required { "!" } else { "" };
    let mut options = json!({});
    for option in OPTIONS {
        match option.name.split_once('.') {
            Some((group, name)) => options[group][name] = expected(option).into(),
            None => options[option.name] = expected(option).into(),
        }
    }
    format!(
        "export const should = {}\nexport const options = {options}\n",
        Value::from(should),
    )
}

/// The source of codes.js: `{ code: [retryable, text] }`.
pub fn codes() -> String {
    let code = |c: &Code| format!("{}: {}", json!(c.name()), json!([c.retryable(), c.text()]));
    let codes: Vec<String> = Code::ALL.iter().map(code).collect();
    format!("export const codes = {{ {} }}\n", codes.join(", "))
}

/// The source of version.js: which a fallback must have too.
pub fn version() -> String {
    format!("export const version = '{}'\n", env!("CARGO_PKG_VERSION"))
}

/// The source of permit.js: the actions and the bits of a permit.
pub fn permit() -> String {
    let constants = [
        ("PLAIN", Action::Plain as u32),
        ("BEARER", Action::Bearer as u32),
        ("WAIT", Action::Wait as u32),
        ("OWN", Action::Own as u32),
        ("ACTION", Permit::ACTION),
        ("JOIN", Permit::JOIN),
        ("GENERATION", Permit::GENERATION),
    ];
    constants
        .map(|(name, number)| format!("export const {name} = {number}\n"))
        .concat()
}
