//! One file out of module, manifest and assets. The format is written down in
//! `docs/formats/package.md`; it is read by `tram_contract::package`.

use std::fs;
use std::path::Path;

use tram_contract::manifest::{API, Manifest, Problem};
use tram_contract::package::{
    API_SECTION, ASSETS_SECTION, Asset, MANIFEST_SECTION, Package, custom_section, write_assets,
};

use crate::Error;
use crate::assets::{self, AssetFile};
use crate::component::{Surface, componentize};
use crate::inspect::mismatches;

/// How to pack.
#[derive(Debug, Clone, Default)]
pub struct PackOptions {
    /// Packs what the station will refuse: a component that imports what its
    /// manifest does not ask for, or what is not of the contract. For tests of
    /// exactly that.
    pub unchecked: bool,
}

/// Packs a module or component with its manifest and assets (path and bytes). The
/// same input gives the same bytes.
///
/// # Errors
/// [`Error::Manifest`], [`Error::Problems`] with every place that is wrong,
/// [`Error::Component`], [`Error::Asset`].
pub fn pack(
    wasm: &[u8],
    manifest: &str,
    assets: &[(String, Vec<u8>)],
    options: &PackOptions,
) -> Result<Vec<u8>, Error> {
    let parsed = Manifest::parse(manifest).map_err(Error::Manifest)?;
    let component = componentize(wasm)?;
    if !options.unchecked {
        let mut problems = parsed.problems();
        problems.extend(mismatches(&parsed, &Surface::read(&component)?));
        problems.extend(parsed.missing_assets(|path| assets.iter().any(|(asset, _)| asset == path)));
        refuse(problems)?;
    }
    let mut sorted: Vec<Asset<'_>> =
        assets.iter().map(|(path, bytes)| Asset { path, media_type: assets::media_type(path), bytes }).collect();
    sorted.sort_by_key(|asset| asset.path);
    let mut bytes = component;
    bytes.extend(custom_section(API_SECTION, API.as_bytes()));
    bytes.extend(custom_section(MANIFEST_SECTION, manifest.as_bytes()));
    if !sorted.is_empty() {
        bytes.extend(custom_section(ASSETS_SECTION, &write_assets(&sorted).map_err(Error::Asset)?));
    }
    // What is handed out was read back once: a package twice packed has every
    // section twice, and is caught here.
    Package::read(&bytes)?;
    Ok(bytes)
}

fn refuse(problems: Vec<Problem>) -> Result<(), Error> {
    if problems.is_empty() { Ok(()) } else { Err(Error::Problems(problems)) }
}

/// Packs the plugin in a folder: its `plugin.toml` and `assets/` with the module that
/// [`build_with`](crate::build_with) made.
///
/// # Errors
/// As [`pack`], and [`Error::File`].
pub fn pack_directory(folder: &Path, module: &Path, options: &PackOptions) -> Result<Vec<u8>, Error> {
    let manifest = folder.join("plugin.toml");
    let manifest = fs::read_to_string(&manifest).map_err(Error::file(manifest))?;
    let wasm = fs::read(module).map_err(Error::file(module))?;
    let assets: Vec<(String, Vec<u8>)> =
        assets::read(&folder.join("assets"))?.into_iter().map(|AssetFile { path, bytes }| (path, bytes)).collect();
    pack(&wasm, &manifest, &assets, options)
}
