//! From a core module to a component, and what a component imports and exports.

use wasmparser::{Parser, Payload};

use crate::Error;
use crate::stubs::browser_stubs;

/// Prefix of every interface of the contract, as components name it.
const CONTRACT: &str = "tram:plugin/";

/// Makes a component of a module that was built with `tram-sdk`. What is a
/// component already comes back as it is.
///
/// # Errors
/// [`Error::Component`] with the place in the contract that does not fit.
pub fn componentize(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    if Parser::is_component(wasm) {
        return Ok(wasm.to_vec());
    }
    let failed = |error| Error::Component(format!("{error:#}"));
    let mut encoder = wit_component::ComponentEncoder::default();
    for (module, stub) in browser_stubs(wasm)? {
        encoder.adapter(&module, &stub).map_err(failed)?;
    }
    encoder.module(wasm).map_err(failed)?.validate(true);
    encoder.encode().map_err(failed)
}

/// Names of what a component imports and exports at its top level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Surface {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

impl Surface {
    pub(crate) fn read(component: &[u8]) -> Result<Self, Error> {
        let failed = |error: wasmparser::BinaryReaderError| Error::Component(error.to_string());
        let mut surface = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(failed)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        surface.imports.push(import.map_err(failed)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        surface.exports.push(export.map_err(failed)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }

    /// Interfaces of the contract that are imported, without `types`, which holds
    /// no function and so gives no right.
    pub(crate) fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().filter_map(|name| interface(name)).filter(|name| *name != "types")
    }

    /// Imports that are not of the contract.
    pub(crate) fn strangers(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().map(String::as_str).filter(|name| interface(name).is_none())
    }

    /// Extension points that are exported.
    pub(crate) fn points(&self) -> impl Iterator<Item = &str> {
        self.exports.iter().filter_map(|name| interface(name))
    }
}

/// `store` of `tram:plugin/store@0.1.0`.
fn interface(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(CONTRACT)?;
    Some(rest.split_once('@').map_or(rest, |(interface, _)| interface))
}
