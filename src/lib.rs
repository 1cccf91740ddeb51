//! Login and authorised requests for WeChat Mini Programs.
//!
//! The rooms, from the outside in; dependencies point down this list only:
//!
//! - `wasm`: the only room that knows JavaScript. Exports, bindings to `wx`, conversions.
//! - [`client`]: one `wxp`: runs what the session asks for on a [`platform::Platform`].
//! - [`login`], [`submit`], [`storage`]: the flows: silent login; profile, phone and logout; the stored record.
//! - [`session`]: the token's life, a synchronous state machine with an outbox.
//! - [`request`]: what a request may do next, given its token and its answer.
//! - `flow`, [`platform`]: what is under way, and what a flow needs of a mini program.
//! - [`config`], [`error`], [`event`], [`origin`], [`token`]: the values.
//!
//! All but `wasm` are pure: time is an argument, there is no clock and no randomness, and a native
//! build contains no JavaScript at all.

#![cfg_attr(feature = "package", no_std)]

extern crate alloc;

pub mod client;
pub mod config;
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
pub mod token;

#[cfg(target_arch = "wasm32")]
pub mod wasm;
