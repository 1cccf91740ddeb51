//! Types and names of a module's functions, and what can be said of its boundary from these.

use std::collections::BTreeMap;

use anyhow::Result;
use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, KnownCustom, Name, Parser, Payload, TypeRef,
    ValType,
};

use super::Problems;

/// What must be known before the code can be talked about: types, and the names of functions.
#[derive(Default)]
pub struct Module {
    pub types: Vec<Option<FuncType>>,
    functions: Vec<u32>,
    pub imports: u32,
    names: BTreeMap<u32, String>,
    boundary: Vec<(String, u32, u64)>,
}

impl Module {
    /// Reads them.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut module = Module::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        module.types.extend(group?.types().map(
                            |t| match &t.composite_type.inner {
                                CompositeInnerType::Func(f) => Some(f.clone()),
                                _ => None,
                            },
                        ));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports_with_offsets() {
                        let (offset, import) = import?;
                        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                            let name = format!("import {}.{}", import.module, import.name);
                            module.boundary.push((name.clone(), module.imports, offset));
                            module.names.insert(module.imports, name);
                            module.functions.push(ty);
                            module.imports += 1;
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        module.functions.push(ty?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section.into_iter_with_offsets() {
                        let (offset, export) = export?;
                        if export.kind == ExternalKind::Func {
                            let name = format!("export {}", export.name);
                            module.boundary.push((name.clone(), export.index, offset));
                            module.names.entry(export.index).or_insert(name);
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        for name in names.into_iter().flatten() {
                            let Name::Function(map) = name else { continue };
                            for naming in map.into_iter().flatten() {
                                module.names.insert(naming.index, naming.name.to_owned());
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(module)
    }

    /// The function, as a message names it.
    pub fn function(&self, index: u32) -> String {
        match self.names.get(&index) {
            Some(name) => format!("function {index} ({name})"),
            None => format!("function {index}"),
        }
    }

    /// What is wrong with the functions that JavaScript gives and gets.
    pub fn check_boundary(&self, found: &mut Problems) {
        let mut exported = BTreeMap::<u32, Vec<&str>>::new();
        for (name, function, offset) in &self.boundary {
            let ty = self
                .functions
                .get(*function as usize)
                .and_then(|t| self.types.get(*t as usize)?.as_ref());
            if ty.is_some_and(|t| {
                t.params()
                    .iter()
                    .chain(t.results())
                    .any(|v| *v == ValType::I64)
            }) {
                found.add(
                    "i64 at the boundary (BigInt in JS; pass u64 and i64 as f64)",
                    name,
                    *offset,
                );
            }
            if let Some(name) = name.strip_prefix("export ") {
                let names = exported.entry(*function).or_default();
                names.push(name);
                if names.len() == 4 {
                    let names = names.join(", ");
                    found.add(
                        format!("more than 3 export names (iOS loses some): {names}"),
                        self.function(*function),
                        *offset,
                    );
                }
            }
        }
    }
}
