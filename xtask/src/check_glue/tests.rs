use super::check;

fn passes(source: &str) {
    assert_eq!(check(source), [""; 0], "{source}");
}

fn refused(source: &str, expected: &str) {
    let found = check(source);
    assert!(
        found.iter().any(|line| line.contains(expected)),
        "{expected} expected in {source}, found {found:#?}"
    );
}

#[test]
fn what_wechat_has_and_what_is_declared_passes() {
    passes(
        "'use strict'; var a = require('./a.js'); module.exports = function (x) { return wx.login(Object.assign({}, x, a)) }",
    );
    passes(
        "class A extends Map { get b() { return arguments.length + new.target } } async function f(...r) { await f(r ** 2) }",
    );
    passes("var TextDecoder = require('./text.js').TextDecoder; new TextDecoder()");
    passes("function f(TextDecoder) { return new TextDecoder() } f(Error)");
    passes("if (Symbol.dispose) Object.prototype[Symbol.dispose] = Object.prototype.free");
    passes("var o = { fetch: 1, URL: 2 }; o.fetch = o.crypto; label: for (;;) break label");
}

#[test]
fn an_undeclared_global_is_named_with_line_and_column() {
    let found = check("var a = 1\nfunction f() {\n  return new TextDecoder(a)\n}");
    assert_eq!(
        found,
        [
            "undeclared global `TextDecoder`, not among what WeChat has and not guarded by typeof, at 3:14: TextDecoder(a)"
        ]
    );
    for name in [
        "fetch",
        "URL",
        "window",
        "document",
        "globalThis",
        "queueMicrotask",
        "BigInt",
        "performance",
        "crypto",
        "Intl",
    ] {
        refused(
            &format!("var x = {name}"),
            &format!("undeclared global `{name}`"),
        );
    }
    // The name in a text or a comment is no use of it; a use in a place nobody looks at is.
    passes("/* fetch */ var a = 'fetch'");
    refused("var a = { b: [`${(() => fetch)()}`] }", "`fetch`");
    refused("({ fetch })", "`fetch`");
    refused("var { a = fetch } = {}", "`fetch`");
    // A declaration in another scope declares nothing here.
    refused(
        "(function () { var fetch = 1; return fetch })(); fetch()",
        "`fetch`",
    );
}

#[test]
fn a_typeof_that_protects_the_use_lets_it_pass() {
    for source in [
        "var x = typeof X === 'undefined' ? null : X",
        "var x = typeof X !== 'undefined' ? X : null",
        "var x = typeof X > 'u' ? null : X",
        "var x = 'u' > typeof X ? X : null",
        "var x = typeof X < 'u' && new X()",
        "var x = typeof X == 'function' && X()",
        "typeof X == 'undefined' || X()",
        "var x = typeof X != 'undefined' && Math.random() > 1 ? X : 0",
        "if (typeof X === 'function') { setTimeout(function () { X() }) } else { wx.login() }",
        "if (typeof X === 'undefined') wx.login(); else X()",
        "if (!(typeof X === 'object')) { wx.login() } else X.y",
        "function f() { if (typeof X === 'undefined') return; X() }",
        "function f() { if (typeof X === 'undefined' || !wx) { console.log(1); throw 1 } return () => X() }",
        "(function () { if (typeof X !== 'function') return 0; { let y = X; return y } })()",
        "typeof X",
        "var F = (typeof X === 'undefined') ? { register: () => {} } : new X(p => p)",
    ] {
        passes(source);
    }
}

#[test]
fn a_typeof_that_protects_nothing_does_not() {
    for source in [
        "typeof X; X()",
        "var x = typeof X === 'undefined' ? X : null",
        "var x = typeof Y === 'undefined' ? null : X",
        "var has = typeof X !== 'undefined'; X()",
        "if (typeof X !== 'undefined') {} X()",
        "if (typeof X === 'undefined') wx.login(); X()",
        "typeof X === 'undefined' && X()",
        "typeof X !== 'undefined' || X()",
        "if (typeof X !== 'undefined' || wx) X()",
        "function f() { X(); if (typeof X === 'undefined') return }",
        "function f() { if (typeof X === 'undefined') return; }  X()",
        "function f() { g(); if (typeof X === 'undefined') return; function g() { X() } }",
        "if (typeof X > 'a') X()",
        "if (typeof wx.X !== 'undefined') X()",
    ] {
        refused(source, "undeclared global `X`");
    }
}

#[test]
fn writing_an_undeclared_global_is_refused() {
    refused("leak = 1", "assignment to the undeclared global `leak`");
    refused(
        "for (i of []) {}",
        "assignment to the undeclared global `i`",
    );
    refused(
        "if (typeof leak !== 'undefined') leak++",
        "assignment to the undeclared global `leak`",
    );
}

#[test]
fn code_from_strings_and_odd_requires_are_refused() {
    refused("eval('1')", "`eval`");
    refused("(0, eval)('1')", "`eval`");
    refused("new Function('a', 'return a')", "code made from a string");
    refused(
        "var c = 'return this'; Function(c)()",
        "code made from a string",
    );
    passes("var root = Function('return this')(); root instanceof Function");
    refused("var name = './a'; require(name)", "`require`");
    refused("var r = require; r('./a')", "`require`");
    passes("typeof require");
}

#[test]
fn syntax_after_es2017_is_refused() {
    for (source, construct) in [
        ("wx?.login()", "optional chaining"),
        ("var a = wx ?? 1", "`??`"),
        ("var a; a ??= 1", "logical assignment"),
        ("var a; a ||= 1", "logical assignment"),
        ("var a = 10n", "BigInt literal"),
        ("var a = 1_000", "numeric separator"),
        ("try {} catch {}", "catch without a binding"),
        ("var a = { ...wx }", "object spread"),
        ("var { a, ...b } = wx", "object rest"),
        ("var b; ({ ...b } = wx)", "object rest"),
        ("async function* f() {}", "async generator"),
        (
            "async function f() { for await (var a of []) {} }",
            "for await",
        ),
        ("class A { b = 1 }", "class field"),
        ("class A { static {} }", "static block"),
        ("class A { #b() {} }", "private name"),
        ("import('./a')", "dynamic import"),
        ("var a = /a.b/s", "regular expression flag"),
        ("var a = /(?<y>a)/", "named group"),
        ("var a = /\\p{L}/u", "Unicode property"),
    ] {
        refused(source, construct);
    }
    for (module_only, text) in [
        ("import a from './a'", "1:1"),
        ("export var a = 1", "1:1"),
        ("var a = import.meta", "1:9"),
    ] {
        refused(module_only, text);
    }
    passes(
        "var f = async (a, ...b) => { var { c = 1 } = a; var [d, ...e] = [...b, 2 ** 3]; return [c, d, e, /(?:a)/uy] }",
    );
}
