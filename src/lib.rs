//! Login and authorised requests for WeChat Mini Programs.
//!
//! The rooms, from the outside in; dependencies point down this list only:
//!
//! - `wasm`: the only room that knows JavaScript. Exports, bindings to `wx`, conversions.
//! - [`client`]: one `wxp`: runs what the session asks for on a [`platform::Platform`].
//! - [`login`], [`submit`]: the flows, async: silent login; profile, phone and logout.
//! - [`session`]: the token's life, a synchronous state machine with an outbox.
//! - [`request`]: what a request may do next, given its token and its answer.
//! - [`platform`], [`task`]: what a flow needs of a mini program, and what drives it.
//! - [`config`], [`error`], [`event`], [`origin`], [`token`]: the values.
//!
//! All but `wasm` are pure: time is an argument, there is no clock and no randomness, and a native
//! build contains no JavaScript at all.

extern crate alloc;

pub mod client;
pub mod config;
pub mod error;
pub mod event;
pub mod login;
pub mod origin;
pub mod platform;
pub mod request;
pub mod session;
pub mod submit;
pub mod task;
pub mod token;

#[cfg(target_arch = "wasm32")]
pub mod wasm;
