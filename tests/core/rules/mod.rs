//! The rules of behaviour, one test or more for each; the number is the rule's.

mod abort;
mod background;
mod bearer;
mod codes;
mod config;
mod cooldown;
mod copies;
mod dispose;
mod expiry;
mod given;
mod hooks;
mod login;
mod logout;
mod order;
mod own_login;
mod reentry;
mod replay;
mod secrets;
mod storage;
mod taps;
mod unauthorized;
mod words;
