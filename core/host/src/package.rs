//! Looking into a package without running or compiling anything of it.

use std::sync::Arc;

use tram_contract::Text;
use tram_contract::manifest::Manifest;
use tram_contract::package::Package;
use tram_contract::rights::PERSON_FIELDS;

use crate::compile::check_size;
use crate::consent::decided;
use crate::grants::Grants;
use crate::host::Inspection;
use crate::inner::Core;
use crate::plugin::{capability, check_imports};
use crate::{Error, lifecycle, publisher};

/// Largest package, assets included.
pub(crate) const MAX_PACKAGE: usize = 64 << 20;
/// Words that no plugin may have for an id: they are paths or owners of the core.
const RESERVED: &[&str] = &[
    "core",
    "host",
    "people",
    "admin",
    "api",
    "x",
    "me",
    "search",
    "sign-in",
    "sign-out",
    "setup",
    "jobs",
    "card",
    "tls",
    "static",
    "upload",
    "healthz",
    "metrics",
    "system",
    "console",
    "robots.txt",
    "favicon.ico",
];

/// An error about the package, for the person who installs it.
pub(crate) fn refused(vi: impl Into<String>, en: impl Into<String>) -> Error {
    Error::Package(Text::vi_en(vi, en))
}

/// Reads a package and checks all that can be checked without compiling.
pub(crate) fn read(bytes: &[u8]) -> Result<Package<'_>, Error> {
    if bytes.len() > MAX_PACKAGE {
        return Err(refused(
            "Tệp phần mở rộng quá lớn (tối đa 64 MB).",
            "The plugin file is too large (at most 64 MB).",
        ));
    }
    Package::read(bytes)
        .map_err(|error| refused(format!("Không đọc được tệp phần mở rộng: {error}."), error.to_string()))
}

/// What is wrong with a manifest, the host's own rules included.
pub(crate) fn problems(manifest: &Manifest) -> Vec<String> {
    let mut problems: Vec<String> =
        manifest.problems().into_iter().map(|problem| format!("{}: {}", problem.place, problem.reason)).collect();
    if RESERVED.contains(&manifest.id.as_str()) {
        problems.push(format!("id: {} is a word of the station itself", manifest.id));
    }
    for (at, asked) in manifest.capability.iter().enumerate() {
        if !crate::capabilities::NAMES.contains(&asked.name.as_str()) {
            problems.push(format!("capability[{at}].name: there is no capability {}", asked.name));
        }
        if asked.purpose.is_empty() {
            problems.push(format!("capability[{at}].purpose: says why, for the administrator"));
        }
        for field in &asked.fields {
            if !PERSON_FIELDS.iter().any(|known| known.0 == field) && !field.contains('.') {
                problems.push(format!("capability[{at}].fields: there is no field {field}"));
            }
        }
    }
    problems
}

/// Whether an import is the file of an extractor, or those that it makes of it.
fn is_source(import: &str, manifest: &Manifest) -> bool {
    !manifest.extractor.is_empty()
        && ["tram:plugin/source@", "tram:plugin/sink@"].iter().any(|own| import.starts_with(own))
}

/// The interfaces that a component imports functions from.
fn imports(component: &[u8]) -> Result<Vec<String>, Error> {
    use wasmparser::component_types::ComponentEntityType;
    let types = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::default())
        .validate_all(component)
        .map_err(|error| {
        refused(format!("Tệp phần mở rộng không hợp lệ: {error}."), format!("The plugin file is not valid: {error}."))
    })?;
    let types = types.as_ref();
    let mut imports = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|error| refused(error.to_string(), error.to_string()))?;
        // Imports of nested components are the outer one's business.
        match payload {
            wasmparser::Payload::ComponentImportSection(section) => {
                for import in section {
                    let name = import.map_err(|error| refused(error.to_string(), error.to_string()))?.name.name;
                    let bare_types = match types.component_item_for_import(name).map(|item| item.ty) {
                        Some(ComponentEntityType::Instance(id)) => types.get(id).is_some_and(|instance| {
                            instance.exports.values().all(|item| matches!(item.ty, ComponentEntityType::Type { .. }))
                        }),
                        Some(ComponentEntityType::Type { .. }) => true,
                        _ => false,
                    };
                    if !bare_types {
                        imports.push(name.to_owned());
                    }
                }
            }
            wasmparser::Payload::ComponentSection { .. } => break,
            _ => {}
        }
    }
    Ok(imports)
}

/// Looks into a package for the administrator.
///
/// # Errors
/// The file is no package at all, or the journal cannot be read; what is wrong within
/// stands in the result.
pub(crate) fn inspect(core: &Core, bytes: &[u8]) -> Result<Inspection, Error> {
    let package = read(bytes)?;
    let component = package.component();
    let mut wrong: Vec<Text> = problems(&package.manifest).into_iter().map(Text::Plain).collect();
    let is_there = |path: &str| package.assets.iter().any(|asset| asset.path == path);
    let missing = package.manifest.missing_assets(is_there);
    wrong.extend(missing.into_iter().map(|problem| Text::Plain(format!("{}: {}", problem.place, problem.reason))));
    if let Err(error) = check_size(&component) {
        wrong.push(error.text());
    }
    let imports = match imports(&component) {
        Ok(imports) => imports,
        Err(error) => {
            wrong.push(error.text());
            Vec::new()
        }
    };
    let grants = Grants::asked(&package.manifest);
    // An extractor is linked with its file alone, whatever it wants.
    let imports: Vec<String> = imports.into_iter().filter(|name| !is_source(name, &package.manifest)).collect();
    if let Err(error) = check_imports(&imports, &grants) {
        wrong.push(error.text());
    }
    let publisher = match publisher::of(&package) {
        Ok(publisher) => publisher,
        Err(error) => {
            wrong.push(error.text());
            None
        }
    };
    let snapshot = core.journal.read()?;
    let pinned = publisher::pinned(&snapshot, &package.manifest.id)?;
    let before = lifecycle::record(&snapshot, &package.manifest.id)?;
    // What was refused once is not agreed to by an update.
    let proposed = match &before {
        Some(before) => grants.without(&before.refused),
        None => grants.clone(),
    };
    Ok(Inspection {
        sentences: package.manifest.sentences(),
        rights: decided(&package.manifest, &proposed),
        imports: imports.iter().map(|name| capability(name).map_or(name.clone(), str::to_owned)).collect(),
        hash: blake3::hash(&component).to_hex().to_string(),
        grants,
        ceilings: before.as_ref().map(|before| before.ceilings).unwrap_or_default(),
        installed: before.map(|before| before.version),
        publisher_changes: pinned.is_some() && pinned != publisher,
        publisher,
        pinned,
        problems: wrong,
        manifest: Arc::new(package.manifest),
    })
}
