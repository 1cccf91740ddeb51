//! Refuses JavaScript that does not run in WeChat: by scope analysis, an undeclared global outside
//! the list below that no `typeof` guards; syntax after ES2017; `eval` and its kin. Each problem is
//! one line with the name, line and column.

mod guard;
mod syntax;
#[cfg(test)]
mod tests;

use oxc::{
    allocator::Allocator,
    ast::{AstKind, ast::Argument},
    parser::Parser,
    semantic::{AstNodes, NodeId, SemanticBuilder},
    span::{GetSpan, SourceType},
};

/// What every JavaScript engine of WeChat has: the language's own globals up to ES2017 that no
/// platform lacks (Android has no `Intl`), and what the mini program runtime adds. `Function`,
/// `require` and `eval` have rules of their own.
const GLOBALS: &str = "
    Array ArrayBuffer Boolean DataView Date Error EvalError Float32Array Float64Array Infinity Int16Array
    Int32Array Int8Array JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect
    RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
    Uint8ClampedArray WeakMap WeakSet arguments decodeURI decodeURIComponent encodeURI encodeURIComponent
    isFinite isNaN parseFloat parseInt undefined

    App Behavior Component Page WXWebAssembly clearInterval clearTimeout console exports getApp
    getCurrentPages module setInterval setTimeout wx";

/// What `source` (CommonJS) has that WeChat does not take; empty when it is fine.
pub fn check(source: &str) -> Vec<String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::cjs()).parse();
    let at = |offset: u32| position(source, offset);
    if !parsed.diagnostics.is_empty() {
        return parsed
            .diagnostics
            .iter()
            .map(|d| {
                format!(
                    "{} at {}",
                    d.message,
                    at(d.labels.first().map_or(0, |l| l.offset()))
                )
            })
            .collect();
    }
    let built = SemanticBuilder::new_compiler()
        .with_build_nodes(true)
        .build(&parsed.program);
    let nodes = built.semantic.nodes();
    let scoping = built.semantic.scoping();
    let mut found = Vec::new();
    for node in nodes.iter() {
        if let Some(construct) = syntax::newer_than_es2017(nodes, node) {
            found.push((node.span().start, construct));
        }
    }
    for reference in scoping.root_unresolved_references_ids().flatten() {
        let reference = scoping.get_reference(reference);
        let node = reference.node_id();
        let AstKind::IdentifierReference(ident) = nodes.kind(node) else {
            continue;
        };
        let name = ident.name.as_str();
        if let Some(problem) = judge(nodes, node, name, reference.is_write()) {
            found.push((ident.span.start, problem));
        }
    }
    found.sort();
    found
        .into_iter()
        .map(|(offset, problem)| format!("{problem} at {}", at(offset)))
        .collect()
}

fn judge(nodes: &AstNodes<'_>, node: NodeId, name: &str, written: bool) -> Option<String> {
    if written {
        return Some(format!("assignment to the undeclared global `{name}`"));
    }
    match name {
        "eval" => return Some("`eval`, which WeChat does not have".into()),
        "Function" => {
            return makes_code(nodes, node).then(|| "code made from a string by `Function`".into());
        }
        "require" => {
            return odd_require(nodes, node)
                .then(|| "`require` used other than as require('literal')".into());
        }
        _ => {}
    }
    if GLOBALS.split_whitespace().any(|g| g == name)
        || guard::is_typeof_operand(nodes, node)
        || guard::is_guarded(nodes, node, name)
    {
        return None;
    }
    Some(format!(
        "undeclared global `{name}`, not among what WeChat has and not guarded by typeof,"
    ))
}

/// `Function(…)` or `new Function(…)`; WeChat lets through only the literal `'return this'`.
fn makes_code(nodes: &AstNodes<'_>, node: NodeId) -> bool {
    let span = nodes.kind(node).span();
    let arguments = match nodes.parent_kind(node) {
        AstKind::CallExpression(call) if call.callee.span() == span => &call.arguments,
        AstKind::NewExpression(new) if new.callee.span() == span => &new.arguments,
        _ => return false,
    };
    !matches!(arguments.as_slice(), [Argument::StringLiteral(code)] if code.value == "return this")
}

/// WeChat resolves `require` by reading the source: no variable argument, no alias.
fn odd_require(nodes: &AstNodes<'_>, node: NodeId) -> bool {
    let span = nodes.kind(node).span();
    match nodes.parent_kind(node) {
        AstKind::CallExpression(call) if call.callee.span() == span => {
            !matches!(call.arguments.as_slice(), [Argument::StringLiteral(_)])
        }
        _ => !guard::is_typeof_operand(nodes, node),
    }
}

/// `line:column`, both from 1, and the text there, since the package's file is minified.
fn position(source: &str, offset: u32) -> String {
    let offset = offset as usize;
    let before = &source[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let text: String = source[offset..]
        .chars()
        .take_while(|c| *c != '\n')
        .take(40)
        .collect();
    format!("{line}:{column}: {text}")
}
