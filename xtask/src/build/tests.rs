//! The checks at work on what wasm-bindgen makes by default, which no iOS WeChat loads.

use std::path::PathBuf;

use serde_json::json;

use super::{function_names, imports::sorted, memory::lowered, package::addresses};
use crate::{
    check_glue, check_module,
    files::{read, recreate, write},
    sh::{command, node_tool, output, root, target},
    tools,
};

const SOURCE: &str = r#"
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub struct Greeter { name: String }

#[wasm_bindgen]
impl Greeter {
    #[wasm_bindgen(constructor)]
    pub fn new(name: String) -> Self { Self { name } }

    pub fn greet(&self, other: &JsValue) -> Result<String, JsValue> {
        other.as_string().map(|o| self.name.clone() + &o).ok_or_else(|| other.clone())
    }

    pub fn rounded(&self, number: f64) -> i32 { number as i32 }
}
"#;

/// A small crate, compiled and bound with no flags but the defaults, for browsers;
/// the directory of the result.
fn default_build() -> PathBuf {
    tools::wasm().expect("tools");
    tools::node().expect("Node tools");
    let version = tools::wasm_bindgen_version().expect("Cargo.lock");
    let dir = target().join("default-build");
    recreate(&dir.join("src")).expect("a directory");
    let manifest = format!(
        "[package]\nname = \"greeter\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n\
         [dependencies]\nwasm-bindgen = \"={version}\"\n[workspace]\n"
    );
    write(&dir.join("Cargo.toml"), manifest).expect("Cargo.toml");
    write(&dir.join("src/lib.rs"), SOURCE).expect("lib.rs");
    // The workspace's versions, so that nothing has to be looked up.
    write(
        &dir.join("Cargo.lock"),
        read(&root().join("Cargo.lock")).expect("Cargo.lock"),
    )
    .expect("Cargo.lock");
    output(
        command("cargo")
            .current_dir(&dir)
            .args([
                "build",
                "--quiet",
                "--release",
                "--target",
                "wasm32-unknown-unknown",
                "--target-dir",
                "target",
            ])
            // Set but empty, it puts .cargo/config.toml's flags out of force.
            .env("CARGO_ENCODED_RUSTFLAGS", ""),
    )
    .expect("the crate compiles");
    let module = dir.join("target/wasm32-unknown-unknown/release/greeter.wasm");
    output(
        command("wasm-bindgen")
            .args(["--target", "web", "--out-dir"])
            .arg(dir.join("web"))
            .arg(module),
    )
    .expect("bound");
    dir.join("web")
}

#[test]
fn a_default_wasm_bindgen_build_is_refused() {
    let dir = default_build();

    let module = std::fs::read(dir.join("greeter_bg.wasm")).expect("the module");
    let found = check_module::check(&module).expect("readable");
    for construct in [
        "reference type externref",
        "more than one table",
        "multi-value",
        "exported table",
        "(saturating-float-to-int)",
        "custom section target_features (+",
    ] {
        assert!(
            found.iter().any(|line| line.contains(construct)),
            "{construct} expected, found {found:#?}"
        );
    }

    let glue = dir.join("greeter.js");
    let found = check_glue::check(&read(&glue).expect("the glue"));
    assert!(
        found
            .iter()
            .any(|line| line.contains("import.meta") || line.contains("export declaration")),
        "{found:#?}"
    );

    // Even as CommonJS it names what WeChat has not.
    let converted = output(
        node_tool("esbuild")
            .arg(glue)
            .args(["--format=cjs", "--log-level=error"]),
    )
    .expect("converted");
    let found = check_glue::check(&converted);
    for name in ["TextDecoder", "TextEncoder", "WebAssembly", "fetch", "URL"] {
        let line = format!("undeclared global `{name}`");
        assert!(
            found.iter().any(|l| l.contains(&line)),
            "{line} expected, found {found:#?}"
        );
    }
    // What the glue guards by itself is no problem.
    assert!(
        !found
            .iter()
            .any(|line| line.contains("FinalizationRegistry")),
        "{found:#?}"
    );
}

#[test]
fn an_address_of_the_repository_goes_into_the_packages() {
    let mut manifest = json!({ "name": "a" });
    addresses(&mut manifest, "");
    assert_eq!(manifest, json!({ "name": "a" }));
    addresses(&mut manifest, "https://example.com/o/a");
    let expected = json!({
        "name": "a",
        "repository": { "type": "git", "url": "git+https://example.com/o/a.git" },
        "homepage": "https://example.com/o/a#readme",
        "bugs": { "url": "https://example.com/o/a/issues" },
    });
    assert_eq!(manifest, expected);
}

#[test]
fn imports_are_put_in_order_and_called_as_before() {
    let module = |imports: &str, calls: &str| {
        let text = format!(
            "(module {imports} (table funcref (elem {calls})) (func $main (export \"main\") (call $b) (call $a)))"
        );
        let bytes = wat::parse_str(text).expect("a module");
        sorted(&bytes).expect("in order")
    };
    let (a, b) = (
        "(import \"g\" \"a\" (func $a))",
        "(import \"g\" \"b\" (func $b))",
    );
    let one = module(&format!("{a} {b}"), "$a $main");
    assert_eq!(module(&format!("{b} {a}"), "$a $main"), one);
    assert_ne!(module(&format!("{b} {a}"), "$b $main"), one);
    let names = function_names(&one).expect("names");
    assert_eq!(names.values().collect::<Vec<_>>(), ["a", "b", "main"]);
}

/// Moves, fills and compares as the instructions and C's function do, on what Node.js has of each.
const MEMORY: &str = r#"
const { memory, move, fill, memcmp } = new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync(process.argv[2]))).exports
const bytes = new Uint8Array(memory.buffer, 0, 120)
let tried = 0
const same = (what, run, wanted) => {
  bytes.forEach((_, at) => { bytes[at] = at * 7 })
  const expected = Uint8Array.from(bytes)
  wanted(expected)
  run()
  if (Buffer.compare(bytes, expected)) throw new Error(what)
  tried++
}
for (let length = 0; length <= 40; length++) {
  for (let to = 0; to <= 60; to += 3) {
    same(`fill ${to} ${length}`, () => fill(to, 0x1ff, length), all => all.fill(0xff, to, to + length))
    for (let from = to - 20; from <= to + 20; from++) {
      if (from >= 0) same(`move ${to} ${from} ${length}`, () => move(to, from, length), all => all.copyWithin(to, from, from + length))
    }
  }
  for (let at = 0; at <= length; at++) {
    for (const other of [0, 1, 127, 128, 255]) {
      bytes.fill(127)
      // Behind what is compared, too.
      bytes[60 + at] = other
      bytes[60 + length + 1] = 9
      const wanted = Buffer.compare(bytes.subarray(1, 1 + length), bytes.subarray(60, 60 + length))
      if (Math.sign(memcmp(1, 60, length)) !== wanted) throw new Error(`memcmp ${length} ${at} ${other}`)
      tried++
    }
  }
}
console.log(tried)
"#;

#[test]
fn memory_is_moved_filled_and_compared_as_before() {
    let text = r#"(module
        (memory (export "memory") 1)
        (func $memcmp (export "memcmp") (param i32 i32 i32) (result i32) (i32.const 7))
        (func $move (export "move") (param i32 i32 i32)
          (memory.copy (local.get 0) (local.get 1) (local.get 2)))
        (func $fill (export "fill") (param i32 i32 i32)
          (memory.fill (local.get 0) (local.get 1) (local.get 2)))
        (data (i32.const 8) "kept"))"#;
    let module = lowered(&wat::parse_str(text).expect("a module")).expect("lowered");
    let found = check_module::check(&module).expect("a module");
    // It was found by them.
    let only_names = |problem: &String| problem.starts_with("custom section name");
    assert!(found.iter().all(only_names), "{found:#?}");
    tools::node().expect("Node");
    let dir = target().join("tmp/memory");
    recreate(&dir).expect("a directory");
    write(&dir.join("module.wasm"), module).expect("the module");
    write(&dir.join("check.js"), MEMORY).expect("the check");
    let tried = output(
        command("node")
            .arg(dir.join("check.js"))
            .arg(dir.join("module.wasm")),
    );
    let tried: u32 = tried.expect("no difference").trim().parse().expect("many");
    assert!(tried > 30_000, "{tried}");
}

#[test]
fn a_module_without_memcmp_is_refused() {
    let module = wat::parse_str("(module (memory 1) (func $f))").expect("a module");
    let error = lowered(&module).expect_err("nothing to replace");
    assert!(error.to_string().contains("memcmp"), "{error}");
}
