//! A copy of the module that counts the instructions it executes, one addition per basic block.

use std::ops::Range;

use anyhow::{Result, bail};
use wasm_encoder::{
    CodeSection, Encode, ExportKind, ExportSection, GlobalSection, GlobalType, Instruction, Module,
    RawSection, ValType,
};
use wasmparser::{ExternalKind, FunctionBody, Operator, Parser, Payload};

/// The exported i64 that holds the count.
const NAME: &str = "executed";

/// The module with the counter in it; all indices stay as they are.
pub fn instrument(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Module::new();
    let mut code = CodeSection::new();
    let (mut counter, mut bodies) = (None, 0);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(section) => {
                out.section(&RawSection {
                    id: 2,
                    data: slice(bytes, section.range()),
                });
                for import in section.into_imports() {
                    let import = import?;
                    if !matches!(import.ty, wasmparser::TypeRef::Func(_)) {
                        bail!("import {} is no function", import.name);
                    }
                }
            }
            Payload::GlobalSection(section) => {
                let end = section.range().end;
                let mut starts = Vec::new();
                for global in section.into_iter_with_offsets() {
                    starts.push(global?.0);
                }
                let mut globals = GlobalSection::new();
                for (i, start) in starts.iter().enumerate() {
                    let next = starts.get(i + 1).copied().unwrap_or(end);
                    globals.raw(slice(bytes, *start..next));
                }
                counter = Some(globals.len());
                let ty = GlobalType {
                    val_type: ValType::I64,
                    mutable: true,
                    shared: false,
                };
                globals.global(ty, &wasm_encoder::ConstExpr::i64_const(0));
                out.section(&globals);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export?;
                    let kind = match export.kind {
                        ExternalKind::Func => ExportKind::Func,
                        ExternalKind::Memory => ExportKind::Memory,
                        other => bail!("export {} is a {other:?}", export.name),
                    };
                    exports.export(export.name, kind, export.index);
                }
                exports.export(NAME, ExportKind::Global, known(counter)?);
                out.section(&exports);
            }
            Payload::CodeSectionStart { count, .. } => bodies = count,
            Payload::CodeSectionEntry(body) => {
                code.raw(&counting(bytes, &body, known(counter)?)?);
                if code.len() == bodies {
                    out.section(&code);
                }
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = slice(bytes, range);
                    out.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(out.finish())
}

fn known(counter: Option<u32>) -> Result<u32> {
    // A module made by rustc has at least its stack pointer.
    counter.map_or_else(|| bail!("the module has no globals"), Ok)
}

fn slice(bytes: &[u8], range: Range<u64>) -> &[u8] {
    &bytes[range.start as usize..range.end as usize]
}

/// The function with an addition at the start of each basic block.
fn counting(bytes: &[u8], body: &FunctionBody<'_>, counter: u32) -> Result<Vec<u8>> {
    let end = body.range().end;
    let mut operators = Vec::new();
    for operator in body.get_operators_reader()?.into_iter_with_offsets() {
        operators.push(operator?);
    }
    let start = |at: usize| operators.get(at).map_or(end, |(_, offset)| *offset);
    let mut out = slice(bytes, body.range().start..start(0)).to_vec();
    let mut block = 0;
    for (at, (operator, _)) in operators.iter().enumerate() {
        if !ends_block(operator) && at + 1 < operators.len() {
            continue;
        }
        let count = operators[block..=at]
            .iter()
            .filter(|(o, _)| executes(o))
            .count();
        if count > 0 {
            for instruction in [
                Instruction::GlobalGet(counter),
                Instruction::I64Const(count as i64),
                Instruction::I64Add,
                Instruction::GlobalSet(counter),
            ] {
                instruction.encode(&mut out);
            }
        }
        out.extend_from_slice(slice(bytes, start(block)..start(at + 1)));
        block = at + 1;
    }
    Ok(out)
}

/// Whether what follows may be reached, or left out, by itself.
fn ends_block(operator: &Operator<'_>) -> bool {
    use Operator::{Br, BrIf, BrTable, Else, End, If, Loop, Return, Unreachable};
    matches!(
        operator,
        Loop { .. }
            | If { .. }
            | Else
            | End
            | Br { .. }
            | BrIf { .. }
            | BrTable { .. }
            | Return
            | Unreachable
    )
}

/// Whether it is more than a mark in the code's structure.
fn executes(operator: &Operator<'_>) -> bool {
    !matches!(
        operator,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::Else
            | Operator::End
            | Operator::Nop
    )
}
