//! The servers as they are, over HTTP on loopback.

mod common;
mod login;
mod profile;
