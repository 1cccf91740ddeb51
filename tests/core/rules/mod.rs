//! The rules of behaviour, one test or more for each; the number is the rule's.

mod login;
