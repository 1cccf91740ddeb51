//! Login and authorised requests for WeChat Mini Programs.
//!
//! The rooms, from the outside in; dependencies point down this list only:
//!
//! - `wasm`: the only room that knows JavaScript. Exports, bindings to `wx`, conversions.
//! - [`login`], [`submit`], [`storage`]: the flows: silent login; profile, phone and logout; the stored record.
//! - [`client`]: one `wxp`: carries out what the session orders, and lets flows go on when their answers come.
//! - [`request`], `flow`: what a request may do next, given its token and its answer; what is under way.
//! - [`session`], [`cooldown`]: the token's life, a synchronous state machine with an outbox; how long automatic logins rest after failures.
//! - [`config`]: the options.
//! - [`platform`]: what a flow needs of a mini program.
//! - [`event`], [`token`], [`error`], [`origin`], [`time`]: the values.
//!
//! All but `wasm` are pure: time is an argument, there is no clock and no randomness, and a native
//! build contains no JavaScript at all.

#![cfg_attr(feature = "package", no_std)]

extern crate alloc;

pub mod client;
pub mod config;
pub mod cooldown;
pub mod error;
pub mod event;
mod flow;
pub mod login;
pub mod origin;
pub mod platform;
pub mod request;
pub mod session;
pub mod storage;
pub mod submit;
pub mod time;
pub mod token;

#[cfg(target_arch = "wasm32")]
pub mod wasm;
