//! The SDK's sources, as they were when this program was built: a vendor needs this
//! program, cargo and the registry, and no checkout of ours.

use std::fs;
use std::path::Path;

use crate::Error;

include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// Writes the SDK into a folder of its own; files that are there already with the same
/// content are left alone, so that a newer program brings an old SDK up to date and
/// cargo compiles again only what changed.
///
/// # Errors
/// [`Error::File`].
pub fn write_sdk(folder: &Path) -> Result<(), Error> {
    for (path, text) in FILES {
        let to = folder.join(path);
        if fs::read_to_string(&to).is_ok_and(|there| there == *text) {
            continue;
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(Error::file(parent))?;
        }
        #[allow(clippy::disallowed_methods, reason = "the author's own folder, not the station's data")]
        fs::write(&to, text).map_err(Error::file(&to))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_are_whole_and_name_no_folder_of_the_builder() {
        for needed in ["Cargo.toml", "rust/Cargo.toml", "rust/src/lib.rs", "contract/src/lib.rs", "wit/tram.wit"] {
            assert!(FILES.iter().any(|(path, text)| *path == needed && !text.is_empty()), "{needed}");
        }
        let built_in = env!("CARGO_MANIFEST_DIR");
        for (path, text) in FILES {
            assert!(!text.contains(built_in) && !path.starts_with('/'), "{path}");
        }
    }
}
