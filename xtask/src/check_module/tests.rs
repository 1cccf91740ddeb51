use super::check;

fn problems(wat: &str) -> Vec<String> {
    check(&wat::parse_str(wat).expect("the fixture is valid text"))
        .expect("the fixture is readable")
}

/// One problem, and its line has the construct and the place.
fn refused(wat: &str, construct: &str, place: &str) {
    let found = problems(wat);
    assert!(
        found.iter().any(|line| line.contains(construct)
            && line.contains(place)
            && line.contains("(byte 0x")),
        "{construct} in {place} expected, found {found:#?}"
    );
}

#[test]
fn an_mvp_module_passes() {
    let found = problems(
        r#"(module (import "./x_bg.js" "f" (func (param i32 f64) (result i32)))
            (table 2 funcref) (elem (i32.const 0) func 0 1) (memory (export "memory") 1) (global (mut i32) (i32.const 8))
            (data (i32.const 0) "abc")
            (func (export "run") (param i32) (result i32) (local i64)
              (if (result i32) (local.get 0) (then (call_indirect (param i32 f64) (result i32) (i32.const 1) (f64.const 2) (i32.const 0)))
                (else (i32.wrap_i64 (i64.shl (local.get 1) (i64.const 1)))))))"#,
    );
    assert_eq!(found, [""; 0]);
}

#[test]
fn post_mvp_operators_are_refused() {
    let in_body = |body: &str| {
        format!(r#"(module (memory (export "memory") 1) (func) (func (export "run") {body}))"#)
    };
    for (body, construct) in [
        (
            "(drop (i32.extend8_s (i32.const 1)))",
            "i32.extend8_s (sign-extension)",
        ),
        (
            "(drop (i64.extend32_s (i64.const 1)))",
            "i64.extend32_s (sign-extension)",
        ),
        (
            "(drop (i32.trunc_sat_f64_s (f64.const 1)))",
            "i32.trunc_sat_f64_s (saturating-float-to-int)",
        ),
        (
            "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))",
            "memory.copy (bulk-memory)",
        ),
        (
            "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))",
            "memory.fill (bulk-memory)",
        ),
        ("(drop (ref.null func))", "ref.null (reference-types)"),
        ("(drop (i32.atomic.load (i32.const 0)))", "(threads)"),
        ("(drop (v128.const i32x4 0 0 0 0))", "v128.const (simd)"),
        ("(return_call 0)", "return_call (tail-call)"),
        ("(try_table)", "try_table (exceptions)"),
    ] {
        refused(&in_body(body), construct, "function 1 (export run)");
    }
}

#[test]
fn multi_value_is_refused() {
    refused(
        r#"(module (func (result i32 i32) (i32.const 0) (i32.const 1)))"#,
        "multi-value: 2 results",
        "type 0",
    );
    refused(
        "(module (func i32.const 1 block (param i32) drop end))",
        "multi-value: block",
        "function 0",
    );
    refused(
        "(module (func block (result i32 i32) i32.const 1 i32.const 2 end drop drop))",
        "multi-value: block",
        "function 0",
    );
}

#[test]
fn reference_types_are_refused() {
    refused(
        "(module (func (param externref)))",
        "reference type externref",
        "type 0",
    );
    refused(
        "(module (func (local externref)))",
        "reference type externref",
        "function 0",
    );
    refused(
        "(module (table 1 externref))",
        "reference type externref",
        "table 0",
    );
    refused(
        "(module (global externref (ref.null extern)))",
        "reference type externref",
        "global 0",
    );
    refused(
        "(module (table 1 funcref) (func) (elem (i32.const 0) funcref (ref.func 0)))",
        "element expressions",
        "element segment 0",
    );
    refused(
        "(module (func) (elem declare func 0))",
        "declared element segment",
        "element segment 0",
    );
}

#[test]
fn tables_and_memories_beyond_the_first_are_refused() {
    refused(
        "(module (table 1 funcref) (table 1 funcref))",
        "more than one table",
        "table 1",
    );
    refused(
        "(module (memory 1) (memory 1))",
        "more than one memory",
        "memory 1",
    );
    refused("(module (memory i64 1))", "64-bit memory", "memory 0");
    refused("(module (memory 1 2 shared))", "shared memory", "memory 0");
}

#[test]
fn exports_other_than_functions_and_memory_are_refused() {
    refused(
        r#"(module (global (export "__abort_handler") (mut i32) (i32.const 0)))"#,
        "exported global",
        "export __abort_handler",
    );
    refused(
        r#"(module (table (export "t") 1 funcref))"#,
        "exported table",
        "export t",
    );
    refused(
        r#"(module (memory (export "mem") 1))"#,
        "exported memory not named memory",
        "export mem",
    );
    refused(
        r#"(module (tag (export "e")))"#,
        "exception tag",
        "export e",
    );
}

#[test]
fn imports_other_than_functions_are_refused() {
    refused(
        r#"(module (import "env" "g" (global i32)))"#,
        "imported global",
        "import env.g",
    );
    refused(
        r#"(module (import "env" "memory" (memory 1)))"#,
        "imported memory",
        "import env.memory",
    );
    refused(
        r#"(module (import "env" "t" (table 1 funcref)))"#,
        "imported table",
        "import env.t",
    );
}

#[test]
fn i64_at_the_boundary_is_refused() {
    refused(
        r#"(module (func (export "now") (result i64) (i64.const 0)))"#,
        "i64 at the boundary",
        "export now",
    );
    refused(
        r#"(module (import "x" "f" (func (param i64))))"#,
        "i64 at the boundary",
        "import x.f",
    );
}

#[test]
fn bulk_memory_segments_are_refused() {
    refused(
        r#"(module (memory 1) (data "abc"))"#,
        "passive data segment",
        "data segment 0",
    );
    refused(
        r#"(module (memory 1) (data "abc") (func (data.drop 0)))"#,
        "data count section",
        "module",
    );
    refused(
        "(module (func) (elem func 0))",
        "passive element segment",
        "element segment 0",
    );
    refused(
        "(module (memory 1) (data (offset (i32.add (i32.const 1) (i32.const 1))) \"a\"))",
        "(extended-const)",
        "data segment 0",
    );
}

#[test]
fn custom_sections_are_refused_and_target_features_listed() {
    refused(
        r#"(module (@custom "target_features" "\02\2b\09sign-ext\2b\2b\0breference-"))"#,
        "custom section target_features (+",
        "module",
    );
    refused(
        r#"(module (@custom "producers" "\00"))"#,
        "custom section producers",
        "module",
    );
}

#[test]
fn a_function_with_more_than_three_export_names_is_refused() {
    refused(
        r#"(module (func (export "a") (export "b") (export "c") (export "d")))"#,
        "more than 3 export names (iOS loses some): a, b, c, d",
        "function 0",
    );
}

#[test]
fn an_overlong_call_indirect_is_refused() {
    // call_indirect type 0, table 0 written as 80 00: reference-types' encoding,
    // which an MVP engine rejects.
    let bytes = [
        &b"\0asm\x01\0\0\0"[..],
        b"\x01\x04\x01\x60\0\0",                     // type 0: () -> ()
        b"\x03\x02\x01\0",                           // function 0
        b"\x04\x04\x01\x70\0\x01",                   // table of one funcref
        b"\x0a\x0a\x01\x08\0\x41\0\x11\0\x80\0\x0b", // i32.const 0, call_indirect
    ]
    .concat();
    let found = check(&bytes).expect("readable");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("(byte 0x"), "{found:#?}");
}
