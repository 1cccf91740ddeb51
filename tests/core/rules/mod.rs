//! The rules of behaviour, one test or more for each; the number is the rule's.

mod codes;
mod cooldown;
mod life;
mod login;
mod reentry;
mod requests;
mod storage;
