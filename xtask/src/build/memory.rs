//! Copies and compares eight bytes at a time. Devices are only promised WebAssembly's first version,
//! which has no `memory.copy`; the loop over bytes that wasm-opt has for it, and the one that Rust's
//! `memcmp` is, were half of what a login executes.

use std::convert::Infallible;

use anyhow::{Context, Result, anyhow};
use wasm_encoder::{
    CodeSection, FunctionSection, Instruction, Module, TypeSection, ValType,
    reencode::{Error, Reencode, utils},
};
use wasmparser::{
    CodeSectionReader, FunctionBody, FunctionSectionReader, Operator, Parser, Payload,
    TypeSectionReader,
};

use super::function_names;

const WAT: &str = include_str!("memory.wat");

/// The module without `memory.copy` and `memory.fill`, and with a quicker `memcmp`.
pub fn lowered(module: &[u8]) -> Result<Vec<u8>> {
    let names = function_names(module)?;
    let (memcmp, _) = names
        .iter()
        .find(|(_, name)| *name == "memcmp")
        .context("the module has no memcmp any more: see xtask/src/build/memory.rs")?;
    let ours = wat::parse_str(WAT)?;
    let [copy, fill, compare] = bodies(&ours)?[..] else {
        unreachable!("three functions")
    };
    let mut out = Module::new();
    let mut lowering = Lowering {
        imports: imports(module)?,
        memcmp: *memcmp,
        first: 0,
        types: 0,
        bodies: [copy, fill],
        compare,
    };
    lowering.first = lowering.imports + u32::try_from(bodies(module)?.len())?;
    lowering
        .parse_core_module(&mut out, Parser::new(0), module)
        .map_err(|error| anyhow!("the module's memory: {error}"))?;
    Ok(out.finish())
}

fn imports(module: &[u8]) -> Result<u32> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            // imports.rs has seen that all are functions.
            return Ok(section.count());
        }
    }
    Ok(0)
}

fn bodies(module: &[u8]) -> Result<Vec<&[u8]>> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CodeSectionEntry(body) = payload? {
            let range = body.range();
            found.push(&module[range.start as usize..range.end as usize]);
        }
    }
    Ok(found)
}

struct Lowering<'a> {
    imports: u32,
    /// Its number.
    memcmp: u32,
    /// That of the first function added.
    first: u32,
    /// How many there were.
    types: u32,
    /// What is added.
    bodies: [&'a [u8]; 2],
    compare: &'a [u8],
}

impl Reencode for Lowering<'_> {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        self.types = section.count();
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32; 3], []);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_function_section(self, functions, section)?;
        for _ in self.bodies {
            functions.function(self.types);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_code_section(self, code, section)?;
        for body in self.bodies {
            code.raw(body);
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Infallible>> {
        if self.imports + code.len() == self.memcmp {
            code.raw(self.compare);
            return Ok(());
        }
        utils::parse_function_body(self, code, body)
    }

    fn instruction<'a>(
        &mut self,
        operator: Operator<'a>,
    ) -> Result<Instruction<'a>, Error<Infallible>> {
        Ok(match operator {
            Operator::MemoryCopy { .. } => Instruction::Call(self.first),
            Operator::MemoryFill { .. } => Instruction::Call(self.first + 1),
            other => utils::instruction(self, other)?,
        })
    }
}
