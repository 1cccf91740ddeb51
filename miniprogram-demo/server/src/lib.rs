//! Reference backend for WeChat Mini Program login, and the WeChat simulator it is tried with.
//!
//! A request to the backend comes over [`connections`], passes [`observe`] and [`limit`],
//! which tells [`client`]s apart, is read by
//! [`extract`], finds one of the [`places`] if it costs much, is handled in [`routes`] with the help of [`wechat`], [`crypto`], [`json`], [`nickname`], [`token`], [`seal`],
//! [`rotation`] and [`store`], and leaves as an envelope from [`answer`]. [`operators`] work on the same database. `simulator` is a second
//! program that shares only [`crypto`], [`http_client`] and [`listen`] with it.

pub mod answer;
pub mod app;
pub mod cli;
pub mod client;
pub mod config;
pub mod connections;
pub mod crypto;
pub mod extract;
pub mod http_client;
pub mod json;
pub mod limit;
pub mod listen;
pub mod nickname;
pub mod observe;
pub mod operators;
pub mod places;
pub mod rotation;
pub mod routes;
pub mod seal;
pub mod seldom;
#[cfg(feature = "simulator")]
pub mod simulator;
pub mod store;
pub mod token;
pub mod wechat;
