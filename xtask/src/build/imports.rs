//! The module's imports in the order of their names: wasm-bindgen writes some of them in another
//! order in each run, and with them every number of a function.

use std::{collections::BTreeMap, convert::Infallible};

use anyhow::{Context, Result, anyhow};
use wasm_encoder::{
    ImportSection, Module, NameMap, NameSection,
    reencode::{Error, Reencode, utils},
};
use wasmparser::{Import, ImportSectionReader, Name, NameSectionReader, Parser, Payload, TypeRef};

/// The same module, with its imports in order.
pub fn sorted(module: &[u8]) -> Result<Vec<u8>> {
    let imports = imports(module)?;
    let mut order: Vec<usize> = (0..imports.len()).collect();
    order.sort_by_key(|&at| imports[at].name);
    let mut place = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old] = u32::try_from(new)?;
    }
    let mut out = Module::new();
    Sorted { order, place }
        .parse_core_module(&mut out, Parser::new(0), module)
        .map_err(|error| anyhow!("the module's imports: {error}"))?;
    Ok(out.finish())
}

/// All are functions, so that an import's place is its function's number.
fn imports(module: &[u8]) -> Result<Vec<Import<'_>>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                let is_function = matches!(import.ty, TypeRef::Func(_));
                found.push(
                    is_function
                        .then_some(import)
                        .with_context(|| format!("import {} is no function", import.name))?,
                );
            }
        }
    }
    Ok(found)
}

struct Sorted {
    /// The former number of each import, in the new order.
    order: Vec<usize>,
    /// The new number of each, in the former order.
    place: Vec<u32>,
}

impl Reencode for Sorted {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        let moved = self.place.get(function as usize);
        Ok(moved.copied().unwrap_or(function))
    }

    /// Those of functions, which are the ones that are read, in the order of their new numbers.
    fn custom_name_section(
        &mut self,
        section: NameSectionReader<'_>,
    ) -> Result<NameSection, Error<Infallible>> {
        let mut functions = BTreeMap::new();
        for names in section {
            if let Name::Function(names) = names? {
                for naming in names {
                    let naming = naming?;
                    functions.insert(self.function_index(naming.index)?, naming.name);
                }
            }
        }
        let mut names = NameMap::new();
        for (function, name) in functions {
            names.append(function, name);
        }
        let mut section = NameSection::new();
        section.functions(&names);
        Ok(section)
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        let all = section.into_imports().collect::<Result<Vec<_>, _>>()?;
        for old in self.order.clone() {
            utils::parse_import(self, imports, all[old])?;
        }
        Ok(())
    }
}
