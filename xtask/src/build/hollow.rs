//! Empties functions of the module that nobody needs: precompiled std takes no part in link-time
//! optimisation, so the texts of panics and of serde's errors stay, and all the machinery that
//! would print them, although a panic is a trap here (rule 18)
//! and what serde can't read counts as absent.
//!
//! Functions are chosen by name, and the names are those of the pinned toolchain: a pattern that
//! matches nothing fails the build. That the SDK itself formats nothing, clippy.toml sees to.

use anyhow::{Result, bail};
use wasm_encoder::{CodeSection, Function, Instruction, Module, RawSection};
use wasmparser::{FunctionBody, Parser, Payload, TypeRef, ValType};

use super::function_names;

/// What becomes of the functions of these names; a `*` stands for any rest.
const EMPTIED: &[(&str, Body)] = &[
    // A panic is a trap: nobody would read its text.
    ("core::panicking::*", Body::Trap),
    ("core::option::expect_failed*", Body::Trap),
    ("core::option::unwrap_failed*", Body::Trap),
    ("core::result::unwrap_failed*", Body::Trap),
    ("core::cell::panic_already_*", Body::Trap),
    ("core::slice::index::slice_index_fail*", Body::Trap),
    ("core::str::slice_error_fail*", Body::Trap),
    ("alloc::raw_vec::handle_error*", Body::Trap),
    ("alloc::raw_vec::capacity_overflow*", Body::Trap),
    ("std::panicking::*", Body::Trap),
    ("<std::panicking::*", Body::Trap),
    // What serde can't read counts as absent: nobody looks at the error.
    (
        "serde_wasm_bindgen::de::Deserializer::invalid_type_",
        Body::Undefined,
    ),
    ("serde_wasm_bindgen::error::Error::new", Body::Undefined),
    ("serde_core::de::Error::invalid_*", Body::Undefined),
    // Nothing is printed.
    ("core::num::flt2dec::*", Body::Trap),
    ("core::fmt::*", Body::Fine),
    ("<core::fmt::*", Body::Fine),
    // The executor finds its queueMicrotask without it (glue.rs).
    ("js_sys::global::get_global_object", Body::Undefined),
    ("js_sys::global::get_global_object::*", Body::Trap),
];

/// … and that hold this.
const EMPTIED_IMPLS: &[&str] = &[" as core::fmt::Display>::fmt", " as core::fmt::Debug>::fmt"];

/// What is left of a function.
#[derive(Clone, Copy, PartialEq)]
enum Body {
    /// It stops the instance.
    Trap,
    /// It does nothing, and says that this went well.
    Fine,
    /// It gives wasm-bindgen's number of JavaScript's `undefined`.
    Undefined,
}

/// wasm-bindgen's `JSIDX_OFFSET`.
const UNDEFINED: i32 = 128;

/// The module with those functions emptied.
pub fn hollow(module: &[u8]) -> Result<Vec<u8>> {
    let names = function_names(module)?;
    let mut used = vec![0; EMPTIED.len() + EMPTIED_IMPLS.len()];
    let (mut types, mut declared, mut imports) = (Vec::new(), Vec::new(), 0);
    let (mut code, mut bodies) = (CodeSection::new(), 0);
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::TypeSection(section) => {
                for group in section.clone().into_iter_err_on_gc_types() {
                    types.push(group?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    imports += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section.clone() {
                    declared.push(ty?);
                }
            }
            Payload::DataSection(section) => {
                let range = section.range();
                let data = &module[range.start as usize..range.end as usize];
                out.section(&RawSection {
                    id: 11,
                    data: &without_paths(data),
                });
                continue;
            }
            Payload::CodeSectionStart { count, .. } => bodies = *count,
            Payload::CodeSectionEntry(body) => {
                let at = code.len();
                let name = names.get(&(imports + at)).map_or("", String::as_str);
                let results = types[declared[at as usize] as usize].results();
                match chosen(name, &mut used) {
                    Some(kind) => code.function(&emptied(kind, results, name)?),
                    None => code.raw(slice(module, body)),
                };
                if code.len() == bodies {
                    out.section(&code);
                }
                continue;
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            let data = &module[range.start as usize..range.end as usize];
            if id != 10 {
                out.section(&RawSection { id, data });
            }
        }
    }
    let patterns = EMPTIED
        .iter()
        .map(|(start, _)| *start)
        .chain(EMPTIED_IMPLS.iter().copied());
    if let Some((pattern, _)) = patterns.zip(&used).find(|(_, used)| **used == 0) {
        bail!(
            "no function of the module is named {pattern:?} any more: see xtask/src/build/hollow.rs"
        );
    }
    Ok(out.finish())
}

/// The data with zeros for the names of Rust source files, which only panics would print: they name
/// the machine that built the module, and compress badly.
fn without_paths(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    let mut rest = 0;
    while let Some(start) = find(&data[rest..], b"/").map(|at| rest + at) {
        let is_of_name = |b: &u8| b.is_ascii_graphic();
        let run = data[start..].iter().take_while(|b| is_of_name(b)).count();
        let line = &data[start..start + run];
        let is_source = [&b"/rustc/"[..], b"/rust/deps/"]
            .iter()
            .any(|root| line.starts_with(root))
            || find(line, b"/registry/src/")
                .or(find(line, b"/rustlib/src/"))
                .is_some();
        match find(line, b".rs").filter(|_| is_source) {
            Some(end) => {
                data[start..start + end + 3].fill(0);
                rest = start + end + 3;
            }
            None => rest = start + 1,
        }
    }
    data
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn chosen(name: &str, used: &mut [u32]) -> Option<Body> {
    let named = |(pattern, _): &(&str, Body)| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    };
    let (at, body) = match EMPTIED.iter().position(named) {
        Some(at) => (at, EMPTIED[at].1),
        None => {
            let at = EMPTIED_IMPLS.iter().position(|part| name.contains(part))?;
            (EMPTIED.len() + at, Body::Fine)
        }
    };
    used[at] += 1;
    Some(body)
}

/// A body without locals.
fn emptied(body: Body, results: &[ValType], name: &str) -> Result<Function> {
    let mut function = Function::new([]);
    match (body, results) {
        (Body::Trap, _) => {
            function.instruction(&Instruction::Unreachable);
        }
        (Body::Fine, []) => {}
        // Ok(()) is 0.
        (Body::Fine, [ValType::I32]) => {
            function.instruction(&Instruction::I32Const(0));
        }
        (Body::Undefined, [ValType::I32]) => {
            function.instruction(&Instruction::I32Const(UNDEFINED));
        }
        _ => bail!("{name} gives {results:?}: what would be nothing there?"),
    }
    function.instruction(&Instruction::End);
    Ok(function)
}

fn slice<'a>(module: &'a [u8], body: &FunctionBody<'_>) -> &'a [u8] {
    &module[body.range().start as usize..body.range().end as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module in which each pattern matches a function, plus what the test is about.
    fn module(more: &str) -> Vec<u8> {
        let start = |(pattern, body): &(&str, Body)| {
            let name = pattern.replace('*', "x");
            let result = if *body == Body::Undefined {
                "(result i32) i32.const 7"
            } else {
                ""
            };
            format!("(func $\"{name}\" {result})")
        };
        let functions: String = EMPTIED.iter().map(start).collect();
        let impls: String = EMPTIED_IMPLS
            .iter()
            .map(|part| format!("(func $\"<x{part}\" (result i32) i32.const 1)"))
            .collect();
        let wat = format!("(module (memory 1) {functions} {impls} {more})");
        wat::parse_str(wat).expect("WAT")
    }

    fn wat_of(module: &[u8]) -> String {
        let mut text = String::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload.expect("a module") {
                Payload::CodeSectionEntry(body) => {
                    let operators = body.get_operators_reader().expect("operators");
                    text += &format!(
                        "{:?}\n",
                        operators
                            .into_iter()
                            .map(|o| o.expect("one"))
                            .collect::<Vec<_>>()
                    );
                }
                Payload::DataSection(section) => {
                    text += &String::from_utf8_lossy(
                        &module[section.range().start as usize..section.range().end as usize],
                    );
                }
                _ => {}
            }
        }
        text
    }

    #[test]
    fn functions_of_these_names_are_emptied_and_no_others() {
        let own = "(func $sdk::core::panicking::mine (result i32) i32.const 42)";
        let text = wat_of(&hollow(&module(own)).expect("hollow"));
        let lines: Vec<&str> = text.lines().collect();
        for ((pattern, body), line) in EMPTIED.iter().zip(&lines) {
            let expected = match body {
                Body::Trap => "[Unreachable, End]",
                Body::Fine => "[End]",
                Body::Undefined => "[I32Const { value: 128 }, End]",
            };
            assert_eq!(*line, expected, "{pattern}");
        }
        assert_eq!(lines[EMPTIED.len()], "[I32Const { value: 0 }, End]");
        assert_eq!(lines.last(), Some(&"[I32Const { value: 42 }, End]"));
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_refused() {
        let module = wat::parse_str("(module (func $core::fmt::write (result i32) i32.const 1))");
        let error = hollow(&module.expect("WAT")).expect_err("patterns without a match");
        assert!(error.to_string().contains("is named"), "{error}");
    }

    #[test]
    fn the_data_names_no_source_file() {
        let texts = [
            "/rustc/0123/library/core/src/a.rs",
            "/home/me/.cargo/registry/src/index-0/b-1.0/src/b.rs",
            "/kept/path/of/the/sdk",
        ];
        let data = format!(
            "(data (i32.const 0) \"{}\")",
            texts.map(|t| format!("ab{t}\\00")).concat()
        );
        let text = wat_of(&hollow(&module(&data)).expect("hollow"));
        assert!(!text.contains(".rs") && text.contains(texts[2]), "{text}");
    }
}
