//! Syntax that came after ES2017. WeChat polyfills functions, not syntax.

use oxc::{
    ast::{
        AstKind,
        ast::{AssignmentOperator, LogicalOperator, RegExpFlags, VariableDeclarationKind},
    },
    semantic::{AstNode, AstNodes},
};

/// The construct at `node`, with the year of its standard, if ES2017 does not have it.
pub fn newer_than_es2017(nodes: &AstNodes<'_>, node: &AstNode<'_>) -> Option<String> {
    let construct = match node.kind() {
        AstKind::ChainExpression(_) => "optional chaining (ES2020)",
        AstKind::LogicalExpression(l) if l.operator == LogicalOperator::Coalesce => "`??` (ES2020)",
        AstKind::AssignmentExpression(a) => match a.operator {
            AssignmentOperator::LogicalAnd
            | AssignmentOperator::LogicalOr
            | AssignmentOperator::LogicalNullish => "logical assignment (ES2021)",
            _ => return None,
        },
        AstKind::BigIntLiteral(_) => "BigInt literal (ES2020)",
        AstKind::NumericLiteral(n) if n.raw.is_some_and(|raw| raw.contains('_')) => {
            "numeric separator (ES2021)"
        }
        AstKind::CatchClause(c) if c.param.is_none() => "catch without a binding (ES2019)",
        AstKind::SpreadElement(_)
            if matches!(nodes.parent_kind(node.id()), AstKind::ObjectExpression(_)) =>
        {
            "object spread (ES2018)"
        }
        AstKind::ObjectPattern(p) if p.rest.is_some() => "object rest (ES2018)",
        AstKind::ObjectAssignmentTarget(t) if t.rest.is_some() => "object rest (ES2018)",
        AstKind::Function(f) if f.r#async && f.generator => "async generator (ES2018)",
        AstKind::ForOfStatement(f) if f.r#await => "for await (ES2018)",
        AstKind::PropertyDefinition(_) => "class field (ES2022)",
        AstKind::AccessorProperty(_) => "accessor property",
        AstKind::StaticBlock(_) => "class static block (ES2022)",
        AstKind::PrivateIdentifier(_) => "private name (ES2022)",
        AstKind::ImportExpression(_) => "dynamic import (ES2020)",
        AstKind::ImportMeta(_) => "import.meta (ES2020)",
        AstKind::ImportDeclaration(_) => "import declaration (CommonJS only)",
        AstKind::ExportDeclaration(_)
        | AstKind::ExportNamedDeclaration(_)
        | AstKind::ExportFromDeclaration(_)
        | AstKind::ExportDefaultDeclaration(_)
        | AstKind::ExportAllDeclaration(_) => "export declaration (CommonJS only)",
        AstKind::Hashbang(_) => "hashbang (ES2023)",
        AstKind::Decorator(_) => "decorator",
        AstKind::VariableDeclaration(v)
            if matches!(
                v.kind,
                VariableDeclarationKind::Using | VariableDeclarationKind::AwaitUsing
            ) =>
        {
            "using declaration"
        }
        AstKind::RegExpLiteral(r) => {
            let newer = RegExpFlags::S | RegExpFlags::D | RegExpFlags::V;
            let text = r.regex.pattern.text.as_str();
            if r.regex.flags.intersects(newer) {
                "regular expression flag s, d or v (ES2018)"
            } else if text.contains("(?<") || text.contains("\\p{") || text.contains("\\P{") {
                "named group, lookbehind or Unicode property in a regular expression (ES2018)"
            } else {
                return None;
            }
        }
        _ => return None,
    };
    Some(construct.to_owned())
}
