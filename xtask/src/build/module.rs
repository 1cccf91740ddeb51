//! The WASM module: wasm-pack, one wasm-opt call, short names.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use wasm_encoder::{EntityType, ExportKind, ExportSection, ImportSection, RawSection};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use super::{hollow::hollow, imports::sorted, memory::lowered};
use crate::{
    sh::{command, node_tool, run, target},
    tools,
};

/// The name wasm-pack gives its files.
pub const NAME: &str = "miniprogram_login";

/// The finished module, and what its glue must know of it.
pub struct Module {
    /// The module as it ships, before brotli.
    pub bytes: Vec<u8>,
    /// The same with wasm-bindgen's own names, for messages.
    pub named: Vec<u8>,
    /// wasm-bindgen's name of each import → its name in the module.
    pub imports: BTreeMap<String, String>,
    /// wasm-bindgen's name of each export → its name in the module.
    pub exports: BTreeMap<String, String>,
}

/// Compiles src/ to the module that ships.
pub fn build() -> Result<Module> {
    let dir = target().join("wasm-pack");
    // bundler is the one target whose glue names no fetch, URL, import.meta or WebAssembly.
    // --no-opt: the one wasm-opt call is below, since a second would bring
    // sign-extension operators back.
    run(command("wasm-pack")
        .args([
            "--quiet",
            "build",
            "--mode",
            "no-install",
            "--no-opt",
            "--no-pack",
            "--no-typescript",
        ])
        .args([
            "--target",
            "bundler",
            "--profile",
            "wasm",
            "--out-name",
            NAME,
            "--out-dir",
        ])
        .arg(&dir)
        .args(["--", "--config", &remapped()?]))?;
    shorten(&optimised("--strip-debug")?)
}

/// Names of source files stay in the module until they are emptied (hollow.rs), and with their length
/// that of this machine's directory of crates: called the same on every machine, the module is the
/// same too.
fn remapped() -> Result<String> {
    let home = tools::cargo_home()?;
    let flag = format!("--remap-path-prefix={}=/cargo", home.display());
    Ok(format!(
        "target.wasm32-unknown-unknown.rustflags=[{}]",
        serde_json::to_string(&flag)?
    ))
}

/// The module as it ships, but with the names of its functions.
pub fn with_names() -> Result<Vec<u8>> {
    optimised("--debuginfo")
}

/// What wasm-pack made, after wasm-opt; remembered until that changes, as it takes seconds. `names`
/// says whether functions keep theirs.
fn optimised(names: &str) -> Result<Vec<u8>> {
    let args = [
        // What precompiled std brings along, to be read and then lowered away.
        "--enable-bulk-memory",
        "--enable-bulk-memory-opt",
        "--enable-sign-ext",
        "--enable-mutable-globals",
        // None is left (memory.rs), but their section goes with this.
        "--llvm-memory-copy-fill-lowering",
        "--signext-lowering",
        // Our glue does without it.
        "--remove-exports=__wbindgen_realloc,__wbg_core_free",
        "-O3",
        "--converge",
        // Calls of these are larger than they are.
        "--always-inline-max-function-size=4",
        // Without a JIT a call takes as long as ten instructions.
        "--flexible-inline-max-function-size=10",
        // Larger, but brotli finds more in functions that stay apart.
        "--one-caller-inline-max-function-size=20",
        "--strip-producers",
        "--strip-target-features",
        names,
    ];
    let built = target().join(format!("wasm-pack/{NAME}_bg.wasm"));
    let input = std::fs::read(&built).with_context(|| built.display().to_string())?;
    let input = sorted(&input)?;
    let (seen, done) = (
        built.with_extension(format!("{names}.seen")),
        built.with_extension(format!("{names}.done")),
    );
    let recipe = [&input[..], args.join(" ").as_bytes()].concat();
    if std::fs::read(&seen).is_ok_and(|s| s == recipe) {
        return Ok(std::fs::read(done)?);
    }
    let hollow_file = built.with_extension("hollow.wasm");
    std::fs::write(&hollow_file, lowered(&hollow(&input)?)?)?;
    run(node_tool("wasm-opt")
        .arg(&hollow_file)
        .arg("-o")
        .arg(&done)
        .args(args))?;
    std::fs::write(seen, recipe)?;
    Ok(std::fs::read(done)?)
}

/// wasm-bindgen's names carry hashes, which compress badly and stand in both module and glue:
/// numbers them instead.
fn shorten(bytes: &[u8]) -> Result<Module> {
    let (mut imports, mut exports) = (BTreeMap::new(), BTreeMap::new());
    let mut out = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(section) => {
                let mut short = ImportSection::new();
                for import in section.into_imports() {
                    let import = import?;
                    let TypeRef::Func(ty) = import.ty else {
                        bail!("import {} is no function", import.name)
                    };
                    if import.module != format!("./{NAME}_bg.js") {
                        bail!(
                            "import {} comes from {}: only the glue can be given to the module",
                            import.name,
                            import.module
                        );
                    }
                    let name = letters(imports.len());
                    short.import(import.module, &name, EntityType::Function(ty));
                    imports.insert(import.name.to_owned(), name);
                }
                out.section(&short);
            }
            Payload::ExportSection(section) => {
                let mut short = ExportSection::new();
                for export in section {
                    let export = export?;
                    let (kind, name) = match export.kind {
                        ExternalKind::Func => (ExportKind::Func, letters(exports.len())),
                        ExternalKind::Memory => (ExportKind::Memory, export.name.to_owned()),
                        other => bail!("export {} is a {other:?}", export.name),
                    };
                    short.export(&name, kind, export.index);
                    exports.insert(export.name.to_owned(), name);
                }
                out.section(&short);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = &bytes[range.start as usize..range.end as usize];
                    out.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(Module {
        bytes: out.finish(),
        named: bytes.to_vec(),
        imports,
        exports,
    })
}

/// a, b, … z, ba, bb, …
fn letters(index: usize) -> String {
    let last = char::from(b'a' + (index % 26) as u8);
    match index / 26 {
        0 => last.to_string(),
        rest => letters(rest) + &last.to_string(),
    }
}
