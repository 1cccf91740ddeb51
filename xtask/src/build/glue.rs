//! wasm-bindgen's glue (target bundler) as a factory: each call makes a glue of its own, so that what a dead instance still
//! holds can never reach the next one.

use anyhow::{Context, Result, bail};
use oxc::{
    allocator::Allocator,
    ast::{AstKind, ast::Statement},
    parser::Parser,
    semantic::SemanticBuilder,
    span::{GetSpan, SourceType},
};

use super::module::{Module, NAME};
use crate::sh::{node_tool, output, target};

/// The glue makes both at once when it is evaluated; devices have neither.
const POLYFILLS: &str = "import { TextEncoder, TextDecoder } from './text.js'\n";

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
        "{POLYFILLS}export default function createGlue() {{\n{body}\n}}\n"
    ))
}

/// The glue without what only imports use that wasm-opt removed, ending in one export statement.
fn tree_shaken(module: &Module) -> Result<String> {
    let dir = target().join("wasm-pack");
    let file = format!("{NAME}_bg.js");
    let glue = std::fs::read_to_string(dir.join(&file)).with_context(|| file.clone())?;
    let mut wanted: Vec<String> = module.imports.keys().cloned().collect();
    wanted.push("__wbg_set_wasm".into());
    wanted.extend(public_exports(&glue)?);
    let entry = dir.join("entry.js");
    std::fs::write(
        &entry,
        format!("export {{ {} }} from './{file}'\n", wanted.join(", ")),
    )?;
    output(node_tool("esbuild").arg(entry).args([
        "--bundle",
        "--format=esm",
        "--target=es2017",
        "--log-level=warning",
    ]))
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
