//! Where the module's bytes are: by crate, then by function.

use std::{collections::BTreeMap, ops::Range};

use anyhow::Result;
use wasmparser::{Parser, Payload};

use crate::build::function_names;

/// The crates that a function can come from; what names none of them is the compiler's.
const CRATES: [&str; 13] = [
    "miniprogram_login",
    "futures_util",
    "futures_channel",
    "wasm_bindgen_futures",
    "serde_wasm_bindgen",
    "serde_core",
    "wasm_bindgen",
    "js_sys",
    "lol_alloc",
    "hashbrown",
    "std",
    "alloc",
    "core",
];

/// A line for each crate and part, then one for each function, largest first; bytes, share, name.
pub fn table(module: &[u8]) -> Result<String> {
    let names = function_names(module)?;
    let (mut imports, mut bodies, mut data) = (0, Vec::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => imports = section.count(),
            Payload::CodeSectionEntry(body) => bodies.push(length(body.range())),
            Payload::DataSection(section) => data = length(section.range()),
            _ => {}
        }
    }
    let mut functions = Vec::new();
    for (index, size) in bodies.iter().enumerate() {
        let index = imports + u32::try_from(index)?;
        // The compiler's own helpers have none.
        let name = names.get(&index).map_or("unnamed", String::as_str);
        functions.push((*size, name.to_owned()));
    }
    let code: u64 = bodies.iter().sum();
    let mut parts = BTreeMap::from([("data: texts and tables".to_owned(), data)]);
    for (size, name) in &functions {
        *parts
            .entry(format!("code of {}", crate_of(name)))
            .or_default() += size;
    }
    let total = code + data;
    let mut parts: Vec<_> = parts.into_iter().map(|(name, size)| (size, name)).collect();
    let mut text = String::new();
    for lines in [&mut parts, &mut functions] {
        lines.sort_by(|a, b| b.cmp(a));
        for (size, name) in lines {
            text += &format!(
                "{size:>7} {:>5.1} %  {name}\n",
                *size as f64 * 100.0 / total as f64
            );
        }
        text += "\n";
    }
    Ok(text)
}

fn length(range: Range<u64>) -> u64 {
    range.end - range.start
}

fn crate_of(name: &str) -> &'static str {
    // wasm-bindgen names the exports after the class.
    if name.starts_with("core_") {
        return CRATES[0];
    }
    let place = |of: &&&str| name.find(&format!("{of}::")).unwrap_or(usize::MAX);
    let first = CRATES.iter().min_by_key(place);
    first
        .filter(|of| place(of) < usize::MAX)
        .map_or("the compiler", |of| of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::readable;

    #[test]
    fn names_lose_their_hashes_and_keep_their_crate() {
        let of = |name: &str| {
            let name = readable(name);
            (crate_of(&name), name)
        };
        assert_eq!(
            of("miniprogram_login::session::Session::ask::h41287b31631fc32a"),
            (
                "miniprogram_login",
                "miniprogram_login::session::Session::ask".into()
            )
        );
        assert_eq!(
            of("<alloc[3ca501edff3f0c7c]::string::String>::push"),
            ("alloc", "<alloc::string::String>::push".into())
        );
        assert_eq!(
            of("core_permit"),
            ("miniprogram_login", "core_permit".into())
        );
        assert_eq!(
            of("<[u8]>::trim_ascii"),
            ("the compiler", "<[u8]>::trim_ascii".into())
        );
    }

    #[test]
    fn every_function_is_weighed() {
        let module = wat::parse_str(
            r#"(module (import "m" "i" (func $i)) (memory 1) (data (i32.const 0) "text")
                (func $alloc::a (call $i) (call $i)) (func $core_b (call $i)))"#,
        )
        .expect("WAT");
        let table = table(&module).expect("a table");
        let names: Vec<_> = table
            .lines()
            .filter_map(|line| line.split(" %  ").nth(1))
            .collect();
        let parts = [
            "code of alloc",
            "data: texts and tables",
            "code of miniprogram_login",
        ];
        assert!(
            parts.iter().all(|part| names[..3].contains(part)),
            "{table}"
        );
        assert_eq!(names[3..], ["alloc::a", "core_b"], "{table}");
    }
}
