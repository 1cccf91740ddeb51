//! The servers as they are, over HTTP on loopback.

mod bounds;
mod common;
mod databases;
mod deploy;
mod document;
mod envelopes;
mod extras;
mod faults;
mod guards;
mod login;
mod operators;
mod outages;
mod phone;
mod postgres;
mod profile;
mod program;
mod programs;
mod rotation;
mod settings;
mod simulator;
mod storage;
mod tokens;
mod upstream;
mod wechat;
