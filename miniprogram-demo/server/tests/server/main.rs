//! The servers as they are, over HTTP on loopback.

mod common;
mod databases;
mod extras;
mod login;
mod postgres;
mod profile;
