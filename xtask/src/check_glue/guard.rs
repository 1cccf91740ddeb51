//! Does a `typeof NAME` guard protect a use of NAME? Only what can be seen at a glance counts: the
//! use stands in the branch of an `if`, `?:`, `&&` or `||` that runs when NAME exists, or after a
//! statement that leaves when it does not.

use oxc::{
    ast::{
        AstKind,
        ast::{
            BinaryOperator, Expression, FunctionType, LogicalOperator, Statement, UnaryOperator,
        },
    },
    semantic::{AstNodes, NodeId},
    span::{GetSpan, Span},
};

/// `typeof NAME` never throws.
pub fn is_typeof_operand(nodes: &AstNodes<'_>, node: NodeId) -> bool {
    matches!(nodes.parent_kind(node), AstKind::UnaryExpression(u) if u.operator == UnaryOperator::Typeof)
}

/// True if the use of `name` at `node` runs only where `name` is known to exist.
pub fn is_guarded(nodes: &AstNodes<'_>, node: NodeId, name: &str) -> bool {
    let here = nodes.kind(node).span();
    // A function declaration is hoisted: it can be called before a guard that
    // merely stands above it.
    let mut hoisted = false;
    nodes.ancestor_kinds(node).any(|kind| match kind {
        AstKind::ConditionalExpression(c) => branch(
            here,
            c.consequent.span(),
            Some(c.alternate.span()),
            &c.test,
            name,
        ),
        AstKind::IfStatement(i) => branch(
            here,
            i.consequent.span(),
            i.alternate.as_ref().map(GetSpan::span),
            &i.test,
            name,
        ),
        AstKind::LogicalExpression(l) if within(here, l.right.span()) => match l.operator {
            LogicalOperator::And => exists_if(&l.left, true, name),
            LogicalOperator::Or => exists_if(&l.left, false, name),
            LogicalOperator::Coalesce => false,
        },
        AstKind::Program(p) => !hoisted && left_before(&p.body, here, name),
        AstKind::FunctionBody(b) => !hoisted && left_before(&b.statements, here, name),
        AstKind::BlockStatement(b) => !hoisted && left_before(&b.body, here, name),
        AstKind::Function(f) => {
            hoisted |= f.r#type == FunctionType::FunctionDeclaration;
            false
        }
        _ => false,
    })
}

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn branch(
    here: Span,
    then: Span,
    otherwise: Option<Span>,
    test: &Expression<'_>,
    name: &str,
) -> bool {
    (within(here, then) && exists_if(test, true, name))
        || (otherwise.is_some_and(|o| within(here, o)) && exists_if(test, false, name))
}

/// True if an `if` above `here` in the same list leaves whenever `name` does not exist.
fn left_before(list: &[Statement<'_>], here: Span, name: &str) -> bool {
    list.iter().take_while(|s| s.span().end <= here.start).any(|statement| {
        matches!(statement, Statement::IfStatement(i) if leaves(&i.consequent) && exists_if(&i.test, false, name))
    })
}

fn leaves(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ReturnStatement(_) | Statement::ThrowStatement(_) => true,
        Statement::BlockStatement(block) => block.body.last().is_some_and(leaves),
        _ => false,
    }
}

/// True if `test` being `outcome` proves that the global `name` exists.
fn exists_if(test: &Expression<'_>, outcome: bool, name: &str) -> bool {
    match test {
        Expression::ParenthesizedExpression(p) => exists_if(&p.expression, outcome, name),
        Expression::UnaryExpression(u) if u.operator == UnaryOperator::LogicalNot => {
            exists_if(&u.argument, !outcome, name)
        }
        Expression::LogicalExpression(l) => {
            let (left, right) = (
                exists_if(&l.left, outcome, name),
                exists_if(&l.right, outcome, name),
            );
            match (l.operator, outcome) {
                (LogicalOperator::And, true) | (LogicalOperator::Or, false) => left || right,
                (LogicalOperator::And, false) | (LogicalOperator::Or, true) => left && right,
                (LogicalOperator::Coalesce, _) => false,
            }
        }
        Expression::BinaryExpression(b) => {
            let (literal, operator) = match (&b.left, &b.right) {
                (l, Expression::StringLiteral(s)) if is_typeof(l, name) => {
                    (s.value.as_str(), b.operator)
                }
                (Expression::StringLiteral(s), r) if is_typeof(r, name) => {
                    (s.value.as_str(), mirrored(b.operator))
                }
                _ => return false,
            };
            match (operator, literal) {
                (BinaryOperator::Equality | BinaryOperator::StrictEquality, "undefined") => {
                    !outcome
                }
                (BinaryOperator::Inequality | BinaryOperator::StrictInequality, "undefined") => {
                    outcome
                }
                (BinaryOperator::Equality | BinaryOperator::StrictEquality, _) => outcome,
                (BinaryOperator::Inequality | BinaryOperator::StrictInequality, _) => !outcome,
                // A minifier's `typeof X > "u"`: of typeof's answers only
                // "undefined" sorts after "u".
                (BinaryOperator::GreaterThan, "u") => !outcome,
                (BinaryOperator::LessThan, "u") => outcome,
                _ => false,
            }
        }
        _ => false,
    }
}

fn mirrored(operator: BinaryOperator) -> BinaryOperator {
    match operator {
        BinaryOperator::GreaterThan => BinaryOperator::LessThan,
        BinaryOperator::LessThan => BinaryOperator::GreaterThan,
        other => other,
    }
}

fn is_typeof(expression: &Expression<'_>, name: &str) -> bool {
    match expression {
        Expression::ParenthesizedExpression(p) => is_typeof(&p.expression, name),
        Expression::UnaryExpression(u) if u.operator == UnaryOperator::Typeof => {
            is_named(&u.argument, name)
        }
        _ => false,
    }
}

fn is_named(expression: &Expression<'_>, name: &str) -> bool {
    match expression {
        Expression::ParenthesizedExpression(p) => is_named(&p.expression, name),
        Expression::Identifier(ident) => ident.name == name,
        _ => false,
    }
}
