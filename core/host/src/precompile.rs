//! Compiling the installed plugins for another version of the station, before it is
//! started: the running one unpacks the components, the new binary compiles them.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use tram_journal::{Reader, ScanRange};

use crate::compile::Cache;
use crate::engine::runtime_engine;
use crate::lifecycle::{Record, package_bytes};
use crate::package::read;
use crate::tables::{self, PLUGINS};
use crate::{Error, Host};

/// Instances of an engine that compiles only.
const INSTANCES: u32 = 12;

impl Host {
    /// Writes the component of every installed plugin that is on into `folder`, as
    /// `HASH.wasm`; answers how many.
    ///
    /// # Errors
    /// The journal cannot be read or the folder not written.
    pub fn unpack_installed(&self, folder: &Path) -> Result<usize, Error> {
        fs::create_dir_all(folder)?;
        let core = self.core();
        let mut count = 0;
        for row in core.journal.read()?.scan(tables::OWNER, PLUGINS, &ScanRange::all(1_000))?.rows {
            let record: Record = tables::decode("a plugin's record", &row.value)?;
            let Some(kept) = record.package.filter(|_| record.enabled) else { continue };
            let component = read(&package_bytes(core, &kept)?)?.component();
            #[allow(clippy::disallowed_methods, reason = "a scratch folder of this run")]
            fs::write(folder.join(format!("{}.wasm", record.component)), component)?;
            count += 1;
        }
        Ok(count)
    }
}

/// Compiles what [`Host::unpack_installed`] wrote with this binary's engine into the
/// cache of a data folder, so that the first start finds it; answers how many. One that
/// does not compile is left for the start, which says so on the plugin's page.
///
/// # Errors
/// The folder cannot be read, or the engine does not start.
pub fn precompile(data: &Path, folder: &Path, compiler: Vec<OsString>) -> Result<usize, Error> {
    let engine = runtime_engine(INSTANCES)?;
    let cache = Cache::open(data.join("cache").join("plugins"), compiler)?;
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(hash) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_none_or(|end| end != "wasm") {
            continue;
        }
        match cache.load(&engine, hash, &fs::read(&path)?) {
            Ok(_) => count += 1,
            Err(error) => log::warn!("{hash} was not compiled ahead: {error}"),
        }
    }
    Ok(count)
}
