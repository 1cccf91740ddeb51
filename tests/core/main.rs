//! The login core over a fake mini program: the rules of its behaviour by name, every interleaving
//! of small scenarios, and whatever can come in from outside. See `tests/README.md`.

#![cfg(not(target_arch = "wasm32"))] // `wasm-pack test` builds every test
#![allow(missing_docs, clippy::unwrap_used)]

mod calls;
mod door;
mod executor;
mod fake;
mod harness;
mod json;
mod jwt;
mod ledger;
mod model;
mod rules;
mod wire;
mod world;
