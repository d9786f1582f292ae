//! Start entries: `EFI/Linux/tram_VERSION[+LEFT[-DONE]].efi` on the ESP, the counter of
//! systemd's automatic boot assessment.

use std::path::PathBuf;

use crate::error::Doing;
use crate::{Error, Place, Version};

/// Tries that a new version gets.
pub const TRIES: u32 = 3;

/// A file that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name of the file.
    pub name: String,
    /// Version.
    pub version: Version,
    /// Tries left; none once it was found good.
    pub left: Option<u32>,
}

impl Entry {
    /// Reads a file's name; none for other files.
    pub fn of(name: &str) -> Option<Self> {
        let stem = name.strip_prefix("tram_")?.strip_suffix(".efi")?;
        let (version, left) = match stem.split_once('+') {
            Some((version, counter)) => {
                let left = counter.split_once('-').map_or(counter, |(left, _)| left);
                (version, Some(left.parse().ok()?))
            }
            None => (stem, None),
        };
        Some(Self { name: name.to_owned(), version: version.parse().ok()?, left })
    }

    /// Whether it was found good.
    pub const fn is_good(&self) -> bool {
        self.left.is_none()
    }

    /// Whether its tries are used up.
    pub fn is_spent(&self) -> bool {
        self.left == Some(0)
    }
}

/// The folder of the entries.
pub fn folder(place: &Place) -> PathBuf {
    place.esp.join("EFI/Linux")
}

/// All entries, the newest version first.
///
/// # Errors
/// The ESP cannot be read.
pub fn list(place: &Place) -> Result<Vec<Entry>, Error> {
    let folder = folder(place);
    let mut entries = Vec::new();
    for file in folder.read_dir().doing(folder.display().to_string())? {
        let file = file.doing(folder.display().to_string())?;
        entries.extend(file.file_name().to_str().and_then(Entry::of));
    }
    entries.sort_by(|a, b| b.version.cmp(&a.version).then_with(|| a.name.cmp(&b.name)));
    Ok(entries)
}

/// Gives an entry another counter; none says that it is good.
///
/// # Errors
/// The ESP cannot be written.
pub fn rename(place: &Place, entry: &Entry, left: Option<u32>) -> Result<(), Error> {
    let name = match left {
        Some(left) => format!("tram_{}+{left}.efi", entry.version),
        None => format!("tram_{}.efi", entry.version),
    };
    if name != entry.name {
        let folder = folder(place);
        std::fs::rename(folder.join(&entry.name), folder.join(&name)).doing(name)?;
    }
    super::sync(place)
}

/// Removes the entries of every version but `keep`.
///
/// # Errors
/// The ESP cannot be written.
pub fn remove_others(place: &Place, keep: &Version) -> Result<(), Error> {
    for entry in list(place)?.iter().filter(|entry| entry.version != *keep) {
        std::fs::remove_file(folder(place).join(&entry.name)).doing(entry.name.clone())?;
    }
    super::sync(place)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_are_read() {
        let read = |name: &str| Entry::of(name).map(|entry| (entry.version.to_string(), entry.left));
        assert_eq!(read("tram_1.2.3.efi"), Some(("1.2.3".into(), None)));
        assert_eq!(read("tram_1.2.3~rc1+3.efi"), Some(("1.2.3~rc1".into(), Some(3))));
        assert_eq!(read("tram_1.2.3+0-3.efi"), Some(("1.2.3".into(), Some(0))));
        for other in ["tram_1.2.3+x.efi", "debian_1.2.3.efi", "tram_1.2.efi", "tram_1.2.3.new"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
