//! The servers as they are, over HTTP on loopback.

mod common;
mod databases;
mod extras;
mod faults;
mod guards;
mod login;
mod phone;
mod postgres;
mod profile;
mod programs;
mod simulator;
mod tokens;
mod upstream;
