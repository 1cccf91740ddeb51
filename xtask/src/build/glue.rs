//! wasm-bindgen's glue (target bundler) as a factory: each call makes a glue of its own, so that
//! what a dead instance still holds can never reach the next one.

use anyhow::{Context, Result, bail};
use oxc::{
    allocator::Allocator,
    ast::{AstKind, ast::Statement},
    parser::Parser,
    semantic::SemanticBuilder,
    span::{GetSpan, SourceType, Span},
};

use super::module::{Module, NAME};
use crate::sh::{node_tool, output, target};

/// What the functions below need: utf8.js.
const IMPORTS: &str = "import { encode, decode } from './utf8.js'\n";

/// The source of utf8.js.
pub const UTF8: &str = include_str!("../../js/utf8.js");

/// What replaces wasm-bindgen's functions whose names begin so, and that hold the second text.
/// `NAME` stands for the name that the function has.
const REPLACED: &[(&str, &str, &str)] = &[
    // Devices have no TextEncoder and no TextDecoder.
    (
        "passStringToWasm0",
        "",
        "function NAME(text) {
  const bytes = encode(text), ptr = wasm.__wbindgen_malloc(bytes.length, 1) >>> 0;
  getUint8ArrayMemory0().set(bytes, ptr);
  WASM_VECTOR_LEN = bytes.length;
  return ptr;
}",
    ),
    (
        "getStringFromWasm0",
        "",
        "function NAME(ptr, len) {
  return decode(getUint8ArrayMemory0(), ptr >>>= 0, ptr + len);
}",
    ),
    // An engine may grow the memory without detaching the old buffer.
    (
        "getUint8ArrayMemory0",
        "",
        "function NAME() {
  if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.buffer !== wasm.memory.buffer)
    cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
  return cachedUint8ArrayMemory0;
}",
    ),
    (
        "getDataViewMemory0",
        "",
        "function NAME() {
  if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer !== wasm.memory.buffer)
    cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
  return cachedDataViewMemory0;
}",
    ),
    // The executor's turn comes when the door says so, not in a microtask (rule 20); it is the one
    // closure there is, and lives as long as the instance.
    (
        "__wbg_queueMicrotask_",
        "queueMicrotask(getObject(arg0))",
        "function NAME(closure) { schedule(getObject(closure)); }",
    ),
    (
        "makeMutClosure",
        "",
        "function NAME(arg0, arg1, dtor, f) { return arg => f(arg0, arg1, arg); }",
    ),
    // Whether there is a queueMicrotask, of whatever stands for the global object.
    (
        "__wbg_queueMicrotask_",
        "",
        "function NAME() { return addHeapObject(schedule); }",
    ),
];

/// Statements with these go: what served the functions above, and what devices do not have.
const DROPPED: &[&str] = &[
    "cachedTextEncoder",
    "cachedTextDecoder",
    "CLOSURE_DTORS",
    "CoreFinalization",
    "Symbol.dispose",
    "buffer.detached",
    "byteLength === 0",
];

/// The method that nobody calls, as `dispose` frees a core.
const FREE: &str = "wasm.__wbg_core_free(";

/// What wasm-bindgen gives its own `passStringToWasm0` beside the text.
const ALLOCATORS: &str = ", wasm.__wbindgen_malloc, wasm.__wbindgen_realloc)";

/// The source of glue.js.
pub fn factory(module: &Module) -> Result<String> {
    let esm = tree_shaken(module)?;
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &esm, SourceType::mjs()).parse();
    if let Some(problem) = parsed.diagnostics.first() {
        bail!("wasm-bindgen's glue does not parse: {problem}");
    }
    let mut edits = Vec::new();
    for statement in &parsed.program.body {
        let Statement::ExportNamedDeclaration(export) = statement else {
            continue;
        };
        let mut fields = Vec::new();
        for specifier in &export.specifiers {
            let exported = specifier.exported.name();
            let exported = module
                .imports
                .get(exported.as_str())
                .map_or(exported.as_str(), String::as_str);
            fields.push(format!("{exported}: {}", specifier.local.name()));
        }
        edits.push((export.span, format!("return {{ {} }}", fields.join(", "))));
    }
    if edits.len() != 1 {
        bail!(
            "esbuild's output was expected to end with one export statement, it has {}",
            edits.len()
        );
    }
    let built = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(&parsed.program);
    for node in built.semantic.nodes().iter() {
        if let AstKind::StaticMemberExpression(member) = node.kind()
            && member
                .object
                .get_identifier_reference()
                .is_some_and(|object| object.name == "wasm")
        {
            let name = member.property.name.as_str();
            let short = module.exports.get(name).with_context(|| {
                format!("the glue uses wasm.{name}, which the module does not export")
            })?;
            edits.push((member.property.span(), short.clone()));
        }
    }
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut body = esm.clone();
    for (span, text) in edits {
        body.replace_range(span.start as usize..span.end as usize, &text);
    }
    Ok(format!(
        "{IMPORTS}export default function createGlue(schedule) {{\n{body}\n}}\n"
    ))
}

/// The glue without what only imports use that wasm-opt removed, ending in one export statement.
fn tree_shaken(module: &Module) -> Result<String> {
    let dir = target().join("wasm-pack");
    let file = format!("{NAME}_bg.js");
    let glue = std::fs::read_to_string(dir.join(&file)).with_context(|| file.clone())?;
    let glue = for_devices(&glue)?;
    let file = format!("{NAME}_devices.js");
    std::fs::write(dir.join(&file), &glue)?;
    let mut wanted: Vec<String> = module.imports.keys().cloned().collect();
    wanted.push("__wbg_set_wasm".into());
    wanted.extend(public_exports(&glue)?);
    let entry = dir.join("entry.js");
    std::fs::write(
        &entry,
        format!("export {{ {} }} from './{file}'\n", wanted.join(", ")),
    )?;
    let shaken = output(node_tool("esbuild").arg(entry).args([
        "--bundle",
        "--format=esm",
        "--target=es2017",
        "--log-level=warning",
    ]))?;
    if let Some(name) = DROPPED.iter().find(|name| shaken.contains(*name)) {
        bail!("{name} is still in the glue");
    }
    Ok(shaken)
}

/// The glue without what devices lack.
fn for_devices(glue: &str) -> Result<String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, glue, SourceType::mjs()).parse();
    let built = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(&parsed.program);
    let mut edits: Vec<(Span, String)> = Vec::new();
    let mut unused: Vec<&str> = REPLACED.iter().map(|(start, ..)| *start).collect();
    for node in built.semantic.nodes().iter() {
        let span = node.span();
        let text = span.source_text(glue);
        let edit = match node.kind() {
            AstKind::Function(function) => {
                let name = function.name().map_or("", |name| name.as_str());
                REPLACED
                    .iter()
                    .find(|(start, part, _)| name.starts_with(start) && text.contains(part))
                    .map(|(start, _, ours)| {
                        unused.retain(|other| other != start);
                        ours.replace("NAME", name)
                    })
            }
            AstKind::ExpressionStatement(_)
            | AstKind::VariableDeclaration(_)
            | AstKind::IfStatement(_) => DROPPED
                .iter()
                .any(|name| text.contains(name))
                .then(String::new),
            AstKind::MethodDefinition(_) => text.contains(FREE).then(String::new),
            _ => None,
        };
        // Nodes come from the outside in: what lies in an edit goes with it.
        let inside = edits.last().is_some_and(|(last, _)| span.start < last.end);
        if let Some(edit) = edit
            && !inside
        {
            edits.push((span, edit));
        }
    }
    let mut ours = glue.to_owned();
    for (span, text) in edits.into_iter().rev() {
        ours.replace_range(span.start as usize..span.end as usize, &text);
    }
    if let Some(name) = unused.first() {
        bail!("wasm-bindgen's glue has no function {name} any more");
    }
    Ok(ours.replace(ALLOCATORS, ")"))
}

/// The names that src/wasm exports, as opposed to those that the module imports.
fn public_exports(glue: &str) -> Result<Vec<String>> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, glue, SourceType::mjs()).parse();
    let names = parsed
        .module_record
        .exported_bindings
        .keys()
        .map(ToString::to_string);
    Ok(names.filter(|name| !name.starts_with("__wb")).collect())
}
