//! Refuses a WASM module that WeChat cannot load on every device: pure WebAssembly MVP, functions
//! and one memory exported, no globals, no i64 at the boundary. Each problem is one line naming the
//! construct and where it is.

mod names;
#[cfg(test)]
mod tests;

use anyhow::Result;
use wasmparser::{
    BlockType, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, Operator, Parser,
    Payload, TypeRef, ValType, Validator, WasmFeatures, for_each_operator,
};

use names::Module;

/// What the module has that WeChat does not take; empty when it is fine.
pub fn check(bytes: &[u8]) -> Result<Vec<String>> {
    let module = Module::read(bytes)?;
    let mut found = Problems::default();
    module.check_boundary(&mut found);
    walk(bytes, &module, &mut found)?;
    // What the walk above has no words for (an overlong encoding, say) the validator still refuses.
    if found.0.is_empty()
        && let Err(e) = Validator::new_with_features(WasmFeatures::MVP).validate_all(bytes)
    {
        found.add(e.message(), "module", e.offset());
    }
    Ok(found.0)
}

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, construct: impl AsRef<str>, place: impl AsRef<str>, offset: u64) {
        self.0.push(format!(
            "{} in {} (byte {offset:#x})",
            construct.as_ref(),
            place.as_ref()
        ));
    }
}

fn walk(bytes: &[u8], module: &Module, found: &mut Problems) -> Result<()> {
    let mut tables = 0;
    let mut memories = 0;
    let mut body = module.imports;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => {
                for (index, group) in section.into_iter_with_offsets().enumerate() {
                    let (offset, group) = group?;
                    let place = format!("type {index}");
                    for ty in group.types() {
                        match &ty.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(f) => {
                                for v in f.params().iter().chain(f.results()) {
                                    value_type(*v, &place, offset, found);
                                }
                                if f.results().len() > 1 {
                                    found.add(
                                        format!("multi-value: {} results", f.results().len()),
                                        &place,
                                        offset,
                                    );
                                }
                            }
                            _ => found.add("garbage collection type", &place, offset),
                        }
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    let kind = match import.ty {
                        TypeRef::Func(_) => continue,
                        TypeRef::FuncExact(_) => "exact function type",
                        TypeRef::Table(_) => "imported table",
                        TypeRef::Memory(_) => "imported memory",
                        TypeRef::Global(_) => "imported global",
                        TypeRef::Tag(_) => "exception tag",
                    };
                    found.add(
                        kind,
                        format!("import {}.{}", import.module, import.name),
                        offset,
                    );
                }
            }
            Payload::TableSection(section) => {
                for table in section.into_iter_with_offsets() {
                    let (offset, table) = table?;
                    let place = format!("table {tables}");
                    if table.ty.element_type != wasmparser::RefType::FUNCREF {
                        found.add(
                            format!("reference type {}", table.ty.element_type),
                            &place,
                            offset,
                        );
                    }
                    if tables == 1 {
                        found.add("more than one table", &place, offset);
                    }
                    tables += 1;
                }
            }
            Payload::MemorySection(section) => {
                for memory in section.into_iter_with_offsets() {
                    let (offset, memory) = memory?;
                    let place = format!("memory {memories}");
                    if memory.shared {
                        found.add("shared memory", &place, offset);
                    }
                    if memory.memory64 {
                        found.add("64-bit memory", &place, offset);
                    }
                    if memories == 1 {
                        found.add("more than one memory", &place, offset);
                    }
                    memories += 1;
                }
            }
            Payload::GlobalSection(section) => {
                for (index, global) in section.into_iter_with_offsets().enumerate() {
                    let (offset, global) = global?;
                    let place = format!("global {index}");
                    value_type(global.ty.content_type, &place, offset, found);
                    const_expr(&global.init_expr, &place, found)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter_with_offsets() {
                    let (offset, export) = export?;
                    let kind = match export.kind {
                        ExternalKind::Func => continue,
                        ExternalKind::Memory if export.name == "memory" => continue,
                        ExternalKind::FuncExact => "exact function type",
                        ExternalKind::Memory => "exported memory not named memory",
                        ExternalKind::Table => "exported table",
                        ExternalKind::Global => "exported global",
                        ExternalKind::Tag => "exception tag",
                    };
                    found.add(kind, format!("export {}", export.name), offset);
                }
            }
            Payload::ElementSection(section) => {
                for (index, element) in section.into_iter_with_offsets().enumerate() {
                    let (offset, element) = element?;
                    let place = format!("element segment {index}");
                    match element.kind {
                        ElementKind::Passive => {
                            found.add("passive element segment (bulk-memory)", &place, offset)
                        }
                        ElementKind::Declared => {
                            found.add("declared element segment (reference-types)", &place, offset)
                        }
                        ElementKind::Active { offset_expr, .. } => {
                            const_expr(&offset_expr, &place, found)?
                        }
                    }
                    if let ElementItems::Expressions(..) = element.items {
                        found.add("element expressions (reference-types)", &place, offset);
                    }
                }
            }
            Payload::DataCountSection { range, .. } => {
                found.add("data count section (bulk-memory)", "module", range.start)
            }
            Payload::DataSection(section) => {
                for (index, data) in section.into_iter_with_offsets().enumerate() {
                    let (offset, data) = data?;
                    let place = format!("data segment {index}");
                    match data.kind {
                        DataKind::Passive => {
                            found.add("passive data segment (bulk-memory)", &place, offset)
                        }
                        DataKind::Active { offset_expr, .. } => {
                            const_expr(&offset_expr, &place, found)?
                        }
                    }
                }
            }
            Payload::TagSection(section) => {
                found.add("exception tags", "module", section.range().start)
            }
            Payload::CustomSection(section) => {
                let name = section.name();
                let listed = if name == "target_features" {
                    target_features(section.data())
                } else {
                    String::new()
                };
                found.add(
                    format!("custom section {name}{listed}"),
                    "module",
                    section.range().start,
                );
            }
            Payload::UnknownSection { id, range, .. } => {
                found.add(format!("unknown section {id}"), "module", range.start)
            }
            Payload::CodeSectionEntry(code) => {
                let place = module.function(body);
                body += 1;
                let mut locals = code.get_locals_reader()?;
                for _ in 0..locals.get_count() {
                    let offset = locals.original_position();
                    value_type(locals.read()?.1, &place, offset, found);
                }
                for operator in code.get_operators_reader()?.into_iter_with_offsets() {
                    let (operator, offset) = operator?;
                    check_operator(&operator, module, &place, offset, found);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn value_type(ty: ValType, place: &str, offset: u64, found: &mut Problems) {
    match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => {}
        ValType::V128 => found.add("v128 (simd)", place, offset),
        ValType::Ref(r) => found.add(format!("reference type {r}"), place, offset),
    }
}

fn const_expr(expr: &ConstExpr<'_>, place: &str, found: &mut Problems) -> Result<()> {
    for (count, operator) in expr
        .get_operators_reader()
        .into_iter_with_offsets()
        .enumerate()
    {
        let (operator, offset) = operator?;
        let (name, proposal) = describe(&operator);
        if proposal != "mvp" {
            found.add(format!("{name} ({proposal})"), place, offset);
        } else if count == 1 && !matches!(operator, Operator::End) {
            found.add(format!("{name} (extended-const)"), place, offset);
        }
    }
    Ok(())
}

fn check_operator(
    operator: &Operator<'_>,
    module: &Module,
    place: &str,
    offset: u64,
    found: &mut Problems,
) {
    let (name, proposal) = describe(operator);
    if proposal != "mvp" {
        found.add(format!("{name} ({proposal})"), place, offset);
    }
    if let Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } =
        operator
    {
        match blockty {
            BlockType::Empty => {}
            BlockType::Type(ty) => value_type(*ty, place, offset, found),
            BlockType::FuncType(index) => {
                let results = module
                    .types
                    .get(*index as usize)
                    .and_then(Option::as_ref)
                    .map_or(0, |t| t.results().len());
                found.add(
                    format!("multi-value: {name} of type {index} ({results} results)"),
                    place,
                    offset,
                );
            }
        }
    }
}

/// The operator's name as the text format spells it, and the proposal that brought it.
fn describe(operator: &Operator<'_>) -> (String, String) {
    macro_rules! table {
        ($( @$proposal:ident $op:ident $({ $($field:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
            match operator {
                $( Operator::$op { .. } => (stringify!($visit), stringify!($proposal)), )*
                _ => ("an operator of no known proposal", "unknown"),
            }
        };
    }
    let (visit, proposal) = for_each_operator!(table);
    let name = visit.trim_start_matches("visit_");
    let spelled = match name.split_once('_') {
        Some((
            ns @ ("i32" | "i64" | "f32" | "f64" | "memory" | "table" | "data" | "elem" | "ref"
            | "v128"),
            op,
        )) => format!("{ns}.{op}"),
        _ => name.to_owned(),
    };
    (spelled, proposal.replace('_', "-"))
}

/// ` (+a +b)`: the prefixed names of a `target_features` section, as far as they can be read.
fn target_features(data: &[u8]) -> String {
    let mut reader = wasmparser::BinaryReader::new(data, 0);
    let mut listed = Vec::new();
    if let Ok(count) = reader.read_var_u32() {
        for _ in 0..count {
            let (Ok(prefix), Ok(name)) = (reader.read_u8(), reader.read_string()) else {
                break;
            };
            listed.push(format!("{}{name}", char::from(prefix)));
        }
    }
    format!(" ({})", listed.join(" "))
}
