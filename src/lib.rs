//! Login and authorised requests for WeChat Mini Programs.
//!
//! The modules, from the top down; each names only those below it:
//!
//! ```text
//! wasm                          the only one that knows JavaScript: exports, `wx`, conversions
//! client                        one `wxp`: carries out what the session orders
//! login  submit  storage        the flows: silent login; profile, phone, logout; the stored record
//! request                       permit and verdict at once; waiting, sending, replay
//! context                       what every flow works with
//! platform                      what the flows need of a mini program
//! session                       the token's life: a synchronous state machine with an outbox
//! cooldown  config  event       rest after failures; the options; what the app hears
//! token  response               what the server gives
//! failure                       what wx's failures mean
//! error  redact                 what can go wrong, and what no text shows
//! origin  value  time
//! ```
//!
//! All but `wasm` are pure: time is an argument, there is no clock and no randomness, and a native
//! build contains no JavaScript at all. The contract is `docs/design.md`; `rule_NN` leads there.

#![deny(clippy::await_holding_refcell_ref)]
// The shipped module formats nothing: see clippy.toml.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods)]

pub mod client;
pub mod config;
pub mod context;
pub mod cooldown;
pub mod error;
pub mod event;
pub mod failure;
pub mod login;
pub mod origin;
pub mod platform;
pub mod redact;
pub mod request;
pub mod response;
pub mod session;
pub mod storage;
pub mod submit;
pub mod time;
pub mod token;
pub mod value;

#[cfg(target_arch = "wasm32")]
pub mod wasm;
