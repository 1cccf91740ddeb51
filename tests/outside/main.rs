//! Whatever comes in from outside: texts and values of any shape, tried against well-known readers
//! of the same thing. `PROPTEST_CASES=1000000` is the long form;
//! by default each property is tried 10 000 times.

#![cfg(not(target_arch = "wasm32"))] // `wasm-pack test` builds every test
#![allow(missing_docs, clippy::unwrap_used)]

mod answers;
#[path = "../core/json.rs"]
mod json;
#[path = "../core/jwt.rs"]
mod jwt;
mod shapes;
mod texts;
mod tokens;
mod urls;

use proptest::test_runner::Config;

/// As many cases as `PROPTEST_CASES` says.
pub fn cases() -> Config {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(10_000);
    Config {
        cases,
        failure_persistence: None,
        max_global_rejects: cases,
        ..Config::default()
    }
}
