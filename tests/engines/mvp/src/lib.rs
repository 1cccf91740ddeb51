//! A WebAssembly that knows the MVP and nothing later: wasmi with every proposal off. It is compiled
//! to WASM itself, so that JavaScript can call in and be called, nested as it comes; `mvp.cjs` makes
//! a `WebAssembly` of it.

use std::fmt;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasmi::{
    Caller, Config, Engine, Error, ExternType, Func, FuncType, Memory, ResumableCall,
    ResumableCallHostTrap, Store, Val, ValType, errors::HostError,
};

/// Leads out of the interpreter at every call of an import, which JavaScript then answers.
#[derive(Debug)]
struct Asked {
    import: usize,
    args: Vec<f64>,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "import {} was called", self.import)
    }
}

impl std::error::Error for Asked {}
impl HostError for Asked {}

/// Every proposal that wasmi knows is off.
fn mvp() -> Engine {
    let mut config = Config::default();
    config
        .wasm_mutable_global(false)
        .wasm_sign_extension(false)
        .wasm_saturating_float_to_int(false)
        .wasm_multi_value(false)
        .wasm_multi_memory(false)
        .wasm_bulk_memory(false)
        .wasm_reference_types(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false);
    Engine::new(&config)
}

/// A module that uses nothing but the MVP, and gives to and takes from JavaScript only numbers.
#[derive(Debug)]
#[wasm_bindgen]
pub struct Module(wasmi::Module);

#[wasm_bindgen]
impl Module {
    /// Reads and validates it.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Module, JsError> {
        let module = wasmi::Module::new(&mvp(), bytes).map_err(|error| told(&error))?;
        let imports = module.imports().map(|import| import.ty().clone());
        let exports = module.exports().map(|export| export.ty().clone());
        for ty in imports.chain(exports).filter_map(|ty| ty.func().cloned()) {
            if ty
                .params()
                .iter()
                .chain(ty.results())
                .any(|ty| *ty == ValType::I64)
            {
                return Err(JsError::new(
                    "an i64 that JavaScript is to see: a BigInt, which came later",
                ));
            }
        }
        Ok(Self(module))
    }

    /// Of each import the two names, in turn.
    pub fn imports(&self) -> Vec<String> {
        let names = self
            .0
            .imports()
            .map(|import| [import.module(), import.name()]);
        names.flatten().map(str::to_owned).collect()
    }

    /// Of each export its kind and its name, in turn.
    pub fn exports(&self) -> Vec<String> {
        let names = self.0.exports().map(|export| {
            let kind = match export.ty() {
                ExternType::Func(_) => "function",
                ExternType::Memory(_) => "memory",
                ExternType::Table(_) => "table",
                ExternType::Global(_) => "global",
            };
            [kind, export.name()]
        });
        names.flatten().map(str::to_owned).collect()
    }
}

/// An instance. What enters it gives a step: -1 and the result, if there is one; or the number of the
/// import that is called and its arguments, after which `resume` or `abandon` comes next. Before that,
/// and as often as it likes, JavaScript may call other exports.
#[derive(Debug)]
#[wasm_bindgen]
pub struct Instance {
    store: Store<()>,
    instance: wasmi::Instance,
    /// Calls that wait for an import, the innermost last, with room for their result.
    waiting: Vec<(ResumableCallHostTrap, Vec<Val>)>,
}

#[wasm_bindgen]
impl Instance {
    /// Makes one.
    #[wasm_bindgen(constructor)]
    pub fn new(module: &Module) -> Result<Instance, JsError> {
        let mut store = Store::new(module.0.engine(), ());
        let mut imports = Vec::new();
        for (import, needed) in module.0.imports().enumerate() {
            let ExternType::Func(ty) = needed.ty() else {
                return Err(JsError::new("only functions can be imported here"));
            };
            let ask = move |_: Caller<'_, ()>, args: &[Val], _: &mut [Val]| {
                let args = args.iter().map(to_js).collect();
                Err(Error::host(Asked { import, args }))
            };
            imports.push(Func::new(&mut store, ty.clone(), ask).into());
        }
        let instance = wasmi::Instance::new(&mut store, &module.0, &imports);
        Ok(Self {
            instance: instance.map_err(|error| told(&error))?,
            store,
            waiting: Vec::new(),
        })
    }

    /// Calls an export.
    pub fn call(&mut self, export: &str, args: &[f64]) -> Result<Vec<f64>, JsError> {
        let Some(func) = self.instance.get_func(&self.store, export) else {
            return Err(JsError::new("no such function"));
        };
        let ty = func.ty(&self.store);
        // As in JavaScript, what is missing is undefined, and what is too much is dropped.
        let args = args.iter().copied().chain(std::iter::repeat(f64::NAN));
        let args: Vec<Val> = ty.params().iter().zip(args).map(to_wasm).collect();
        let mut results = room(&ty);
        let call = func.call_resumable(&mut self.store, &args, &mut results);
        self.step(call, results)
    }

    /// Goes on with what the import gave.
    pub fn resume(&mut self, result: f64) -> Result<Vec<f64>, JsError> {
        let Some((call, mut results)) = self.waiting.pop() else {
            return Err(JsError::new("no import is being called"));
        };
        let ty = call.host_func().ty(&self.store);
        let given: Vec<Val> = ty.results().iter().zip([result]).map(to_wasm).collect();
        let call = call.resume(&mut self.store, &given, &mut results);
        self.step(call, results)
    }

    /// The import threw: what called it is not gone on with.
    pub fn abandon(&mut self) {
        drop(self.waiting.pop());
    }

    /// How many bytes its memory has.
    pub fn size(&self) -> usize {
        self.memory()
            .map_or(0, |memory| memory.data_size(&self.store))
    }

    /// Copies its memory.
    pub fn read(&self, into: &Uint8Array) {
        if let Some(memory) = self.memory() {
            into.copy_from(memory.data(&self.store));
        }
    }

    /// Copies back what JavaScript did to that.
    pub fn write(&mut self, from: &Uint8Array) {
        if let Some(memory) = self.memory() {
            from.copy_to(memory.data_mut(&mut self.store));
        }
    }

    fn memory(&self) -> Option<Memory> {
        self.instance.get_memory(&self.store, "memory")
    }

    fn step(
        &mut self,
        call: Result<ResumableCall, Error>,
        results: Vec<Val>,
    ) -> Result<Vec<f64>, JsError> {
        match call.map_err(|error| told(&error))? {
            ResumableCall::Finished => Ok([-1.0]
                .into_iter()
                .chain(results.iter().map(to_js))
                .collect()),
            ResumableCall::HostTrap(call) => {
                let Some(Asked { import, args }) = call.host_error().downcast_ref() else {
                    return Err(told(call.host_error()));
                };
                let step = [*import as f64].iter().chain(args).copied().collect();
                self.waiting.push((call, results));
                Ok(step)
            }
            ResumableCall::OutOfFuel(_) => Err(JsError::new("out of fuel")),
        }
    }
}

fn told(error: &Error) -> JsError {
    JsError::new(&error.to_string())
}

/// As JavaScript makes a number of WebAssembly's of its own.
fn to_wasm((ty, value): (&ValType, f64)) -> Val {
    match ty {
        // Modulo 2³², for all that an i64 holds.
        ValType::I32 => Val::I32(value as i64 as i32),
        ValType::F32 => Val::F32((value as f32).into()),
        ValType::F64 => Val::F64(value.into()),
        other => unreachable!("{other:?} is refused when the module is read"),
    }
}

fn to_js(value: &Val) -> f64 {
    match value {
        Val::I32(value) => f64::from(*value),
        Val::F32(value) => f64::from(f32::from(*value)),
        Val::F64(value) => f64::from(*value),
        other => unreachable!("{other:?} is refused when the module is read"),
    }
}

/// Room for what a function gives.
fn room(ty: &FuncType) -> Vec<Val> {
    ty.results()
        .iter()
        .map(|ty| Val::default_for_ty(*ty))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::mvp;

    #[test]
    fn what_came_after_the_mvp_is_refused() {
        let takes = |text: &str| {
            let bytes = wat::parse_str(text).expect(text);
            wasmi::Module::new(&mvp(), bytes).is_ok()
        };
        assert!(takes(
            "(module (memory 1) (table 1 funcref) (func (export \"f\") (result i32) i32.const 1))"
        ));
        for (proposal, text) in [
            (
                "mutable globals",
                "(module (global (export \"g\") (mut i32) i32.const 0))",
            ),
            (
                "sign extension",
                "(module (func (drop (i32.extend8_s (i32.const 1)))))",
            ),
            (
                "saturating conversions",
                "(module (func (drop (i32.trunc_sat_f64_s (f64.const 1)))))",
            ),
            (
                "several results",
                "(module (func (result i32 i32) i32.const 1 i32.const 2))",
            ),
            ("several memories", "(module (memory 1) (memory 1))"),
            (
                "bulk memory",
                "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))))",
            ),
            ("reference types", "(module (func (param externref)))"),
            (
                "several tables",
                "(module (table 1 funcref) (table 1 funcref))",
            ),
            ("tail calls", "(module (func $f (return_call $f)))"),
            (
                "extended constants",
                "(module (global i32 (i32.add (i32.const 1) (i32.const 1))))",
            ),
            ("SIMD", "(module (func (drop (v128.const i32x4 0 0 0 0))))"),
            ("memory64", "(module (memory i64 1))"),
            ("threads", "(module (memory 1 1 shared))"),
            ("exceptions", "(module (tag))"),
            (
                "wide arithmetic",
                "(module (func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1))))",
            ),
            ("pages of other sizes", "(module (memory 1 (pagesize 1)))"),
        ] {
            assert!(!takes(text), "{proposal}");
        }
    }
}
