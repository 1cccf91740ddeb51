//! The login flow through the WASM in a real browser: the package's own JavaScript over this module
//! and a fake phone (page.js). What native tests can't see is how values cross, both ways.

#![cfg(target_arch = "wasm32")]

mod flow;
mod page;
#[path = "../../xtask/src/build/tables.rs"]
mod tables;
mod values;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
