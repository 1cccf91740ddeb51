//! The counter and the gate at work.

use super::{
    baseline::{Figures, judge},
    count::instrument,
};
use crate::{
    files::write,
    sh::{command, output, target},
};

/// sum(n) adds up 1…n.
const SUM: &str = r#"(module
  (global (mut i32) (i32.const 1024))
  (memory (export "memory") 1)
  (func (export "sum") (param $n i32) (result i32) (local $sum i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $sum)))"#;

#[test]
fn the_copy_does_the_same_and_counts_each_instruction() {
    let module = instrument(&wat::parse_str(SUM).expect("WAT")).expect("instrumented");
    let file = target().join("counting-test.wasm");
    write(&file, module).expect("written");
    let script = "const { instance: { exports: e } } = await WebAssembly.instantiate((await import('fs')).readFileSync(process.argv[1]));\
         for (const n of [0, 1, 10]) { const before = e.executed.value; console.log(n, e.sum(n), Number(e.executed.value - before)) }";
    let printed = output(
        command("node")
            .args(["--input-type=module", "-e", script])
            .arg(&file),
    )
    .expect("node runs it");
    // A round: 3 to test, 4 for the sum, 4 for n, 1 to go back. After the last:
    // 3 to test, 1 for the result.
    assert_eq!(printed, "0 0 4\n1 1 16\n10 55 124\n");
}

#[test]
fn growth_of_three_percent_passes_and_more_is_named() {
    let figures =
        |size, login| Figures::from([("size".to_owned(), size), ("login".to_owned(), login)]);
    let (_, grown) = judge(&figures(1030, 500), &figures(1000, 1000)).expect("the same figures");
    assert!(grown.is_empty(), "{grown:?}");
    let (_, grown) = judge(&figures(1031, 500), &figures(1000, 1000)).expect("the same figures");
    assert_eq!(
        grown,
        ["size grew by 3.1 %, from 1000 to 1031 (3 % are allowed)"]
    );
    assert!(judge(&figures(1, 1), &Figures::new()).is_err());
}
