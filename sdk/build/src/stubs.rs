//! Stand-ins for what some libraries import although nothing calls it.
//!
//! Libraries that know only one `wasm32-unknown-unknown`, the browser's, carry
//! `wasm-bindgen` along (the reader of Excel files does, for random bytes that it
//! needs for encryption alone). Its exports keep its imports alive, and no such
//! import exists here. Each gets a function that traps: a plugin that does call
//! one stops there, and no authority comes in. Imports of other kinds stay, and
//! are refused.

use std::collections::BTreeMap;

use wasm_encoder::{CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, TypeSection, ValType};
use wasmparser::{FuncType, Parser, Payload, TypeRef};

use crate::Error;

/// First letters of the module names that wasm-bindgen imports from.
const BROWSER: &str = "__wbindgen_";

/// For each module name a core module that exports the wanted functions.
pub(crate) fn browser_stubs(wasm: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let failed = |error: wasmparser::BinaryReaderError| Error::Component(error.to_string());
    let mut types: Vec<Option<FuncType>> = Vec::new();
    let mut wanted: BTreeMap<String, Vec<(String, FuncType)>> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(failed)? {
            Payload::TypeSection(section) => {
                for group in section {
                    types.extend(group.map_err(failed)?.into_types().map(|ty| match ty.composite_type.inner {
                        wasmparser::CompositeInnerType::Func(func) => Some(func),
                        _ => None,
                    }));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(failed)?;
                    if let (true, TypeRef::Func(index)) = (import.module.starts_with(BROWSER), import.ty)
                        && let Some(Some(ty)) = types.get(index as usize)
                    {
                        wanted.entry(import.module.to_owned()).or_default().push((import.name.to_owned(), ty.clone()));
                    }
                }
            }
            _ => {}
        }
    }
    wanted.into_iter().map(|(module, functions)| Ok((module, trapping(&functions)?))).collect()
}

/// A module that exports functions which do nothing but trap.
fn trapping(functions: &[(String, FuncType)]) -> Result<Vec<u8>, Error> {
    let mut types = TypeSection::new();
    let mut declared = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (at, (name, ty)) in (0_u32..).zip(functions) {
        types.ty().function(values(name, ty.params())?, values(name, ty.results())?);
        declared.function(at);
        exports.export(name, ExportKind::Func, at);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&exports).section(&code);
    Ok(module.finish())
}

fn values(name: &str, types: &[wasmparser::ValType]) -> Result<Vec<ValType>, Error> {
    types
        .iter()
        .map(|ty| match ty {
            wasmparser::ValType::I32 => Ok(ValType::I32),
            wasmparser::ValType::I64 => Ok(ValType::I64),
            wasmparser::ValType::F32 => Ok(ValType::F32),
            wasmparser::ValType::F64 => Ok(ValType::F64),
            other => Err(Error::Component(format!("a library imports {name}, which takes {other} from a browser"))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use wasm_encoder::{EntityType, ImportSection};

    fn importing(from: &str) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32, ValType::F64], [ValType::I64]);
        let mut imports = ImportSection::new();
        imports.import(from, "f", EntityType::Function(0));
        let mut module = Module::new();
        module.section(&types).section(&imports);
        module.finish()
    }

    #[test]
    fn browser_imports_become_traps_of_the_same_type() {
        let stubs = browser_stubs(&importing("__wbindgen_placeholder__")).unwrap();
        let stub = &stubs["__wbindgen_placeholder__"];
        wasmparser::Validator::new().validate_all(stub).unwrap();
        let component = crate::componentize(&importing("__wbindgen_placeholder__")).unwrap();
        let surface = crate::component::Surface::read(&component).unwrap();
        assert_eq!((surface.imports.len(), surface.exports.len()), (0, 0), "no authority comes in");
    }

    #[test]
    fn other_imports_stay_and_are_refused() {
        let module = importing("wasi_snapshot_preview1");
        assert!(browser_stubs(&module).unwrap().is_empty());
        assert!(matches!(crate::componentize(&module), Err(Error::Component(_))));
    }
}
