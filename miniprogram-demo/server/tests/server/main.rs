//! The servers as they are, over HTTP on loopback.

mod common;
mod databases;
mod extras;
mod guards;
mod login;
mod postgres;
mod profile;
mod programs;
mod tokens;
mod upstream;
