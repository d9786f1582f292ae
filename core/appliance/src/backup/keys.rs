//! Who can open the backups: the key on the printed sheet, which the box does not keep,
//! and the drill key, which it does, so that it can try its own backups.
//!
//! `backup/keys.json` in the station's folder. Whoever has the box has its data anyway;
//! the sheet's key is what protects a stick that was lost or a box that was stolen whole.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tram_journal::{Disk as _, Mode, RealDisk};

use super::age::{Identity, Recipient};
use super::{Error, words};

/// Folder of the station that backups' own files are in.
pub(super) const FOLDER: &str = "backup";
pub(super) const FILE: &str = "keys.json";

/// What the station keeps of its keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// `age1…` of the sheet; empty until one was made.
    #[serde(default)]
    pub sheet: String,
    /// Day the sheet was made, in milliseconds since 1970.
    #[serde(default)]
    pub made_ms: i64,
    /// When an administrator last typed words of it, or printed it.
    #[serde(default)]
    pub asked_ms: i64,
    /// Salted hashes of the sheet's groups of words.
    #[serde(default)]
    groups: Vec<String>,
    /// `AGE-SECRET-KEY-1…` of the drill.
    #[serde(default)]
    drill: String,
}

/// A new sheet, in the only moment when it exists on the box.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The words, in order.
    pub words: Vec<String>,
    /// `AGE-SECRET-KEY-1…`, for the QR code.
    pub secret: String,
}

/// The file of the keys.
#[derive(Debug, Clone)]
pub struct KeyFile {
    folder: PathBuf,
}

impl KeyFile {
    /// The keys of the station in `data`.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// What is kept; nothing yet on a new station.
    ///
    /// # Errors
    /// The file is there but cannot be read.
    pub fn read(&self) -> Result<Keys, Error> {
        match std::fs::read(self.folder.join(FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| Error::Keys),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Keys::default()),
            Err(error) => Err(Error::Io(error)),
        }
    }

    fn write(&self, keys: &Keys) -> Result<(), Error> {
        std::fs::create_dir_all(&self.folder)?;
        // The journal's disk makes files that nobody but the service reads.
        let disk = RealDisk::new(&self.folder);
        let aside = format!("{FILE}.new");
        let file = disk.open(&aside, Mode::Truncate)?;
        file.write_at(&serde_json::to_vec_pretty(keys).map_err(|_| Error::Keys)?, 0)?;
        file.sync()?;
        disk.rename(&aside, FILE)?;
        disk.sync_folder("")?;
        Ok(())
    }

    /// Makes a new sheet. Backups from now on are for it and not for the sheet before;
    /// older ones still need the older sheet.
    ///
    /// # Errors
    /// The file cannot be written, or the system has no random bytes.
    pub fn new_sheet(&self, now_ms: i64) -> Result<Sheet, Error> {
        let mut keys = self.read()?;
        let identity = Identity::generate()?;
        let list = words::write(identity.bytes());
        keys.sheet = identity.recipient()?.to_string();
        keys.made_ms = now_ms;
        keys.asked_ms = now_ms;
        keys.groups = list.chunks(words::GROUP).map(|group| hash(&keys.sheet, group)).collect();
        if keys.drill.is_empty() {
            keys.drill = Identity::generate()?.secret_text();
        }
        self.write(&keys)?;
        Ok(Sheet { words: list, secret: identity.secret_text() })
    }

    /// Whether the typed words are the sheet's group with this number, from 0. When they
    /// are, the administrator has shown that the sheet is at hand.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn confirm(&self, group: usize, typed: &str, now_ms: i64) -> Result<bool, Error> {
        let mut keys = self.read()?;
        let right = keys.groups.get(group).is_some_and(|known| *known == hash(&keys.sheet, &words::plain(typed)));
        if right {
            keys.asked_ms = now_ms;
            self.write(&keys)?;
        }
        Ok(right)
    }

    /// The key that the box opens its own backups with. A restored station keeps its sheet
    /// and gets a drill key of its own here.
    ///
    /// # Errors
    /// No sheet was made yet, or the file cannot be read or written.
    pub fn drill(&self) -> Result<Identity, Error> {
        let mut keys = self.read()?;
        if keys.sheet.is_empty() {
            return Err(Error::NoSheet);
        }
        if keys.drill.is_empty() {
            keys.drill = Identity::generate()?.secret_text();
            self.write(&keys)?;
        }
        Identity::read(&keys.drill).ok_or(Error::Keys)
    }

    /// The keys as a backup carries them: without the drill's.
    pub(super) fn for_backup(&self) -> Result<Vec<u8>, Error> {
        let keys = Keys { drill: String::new(), ..self.read()? };
        serde_json::to_vec(&keys).map_err(|_| Error::Keys)
    }

    /// Whom backups are sealed for.
    ///
    /// # Errors
    /// No sheet was made yet, or the file cannot be read.
    pub fn recipients(&self) -> Result<Vec<Recipient>, Error> {
        let sheet = self.read()?.sheet;
        if sheet.is_empty() {
            return Err(Error::NoSheet);
        }
        Ok(vec![Recipient::read(&sheet).ok_or(Error::Keys)?, self.drill()?.recipient()?])
    }
}

impl Keys {
    /// Days after which an administrator is asked for words of the sheet.
    const ASK_AGAIN: i64 = 182;

    /// The group of words to ask for now, from 0; none when none is due. It changes with
    /// each asking, so that nobody learns one line by heart.
    #[must_use]
    pub fn due(&self, now_ms: i64) -> Option<usize> {
        let days = now_ms.saturating_sub(self.asked_ms) / 86_400_000;
        (!self.sheet.is_empty() && days >= Self::ASK_AGAIN).then(|| self.next_group())
    }

    /// The group that would be asked for next.
    #[must_use]
    pub fn next_group(&self) -> usize {
        let count = self.groups.len().max(1);
        usize::try_from(self.asked_ms / 1000 % i64::try_from(count).unwrap_or(1)).unwrap_or(0)
    }

    /// How many groups the sheet has.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }
}

fn hash(sheet: &str, group: &[String]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("tram key sheet words 1");
    hasher.update(sheet.as_bytes());
    group.iter().for_each(|word| {
        hasher.update(b" ");
        hasher.update(word.as_bytes());
    });
    hasher.finalize().to_hex().to_string()
}

/// Reads what was typed or scanned from a sheet: the words, or the key as age writes it.
///
/// # Errors
/// Says what is wrong with it.
pub fn identity_of(typed: &str) -> Result<Identity, Error> {
    let trimmed = typed.trim();
    if trimmed.to_ascii_uppercase().starts_with("AGE-SECRET-KEY-") {
        return Identity::read(trimmed).ok_or(Error::Words(words::Wrong::Together));
    }
    words::read(trimmed).map(Identity::of_bytes).map_err(Error::Words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_sheet_is_not_on_the_box_but_its_words_are_recognised() {
        let data = tempfile::tempdir().unwrap();
        let file = KeyFile::of(data.path());
        assert!(matches!(file.recipients(), Err(Error::NoSheet)));
        let day = 86_400_000;
        let sheet = file.new_sheet(1000 * day).unwrap();
        let kept = std::fs::read_to_string(data.path().join("backup/keys.json")).unwrap();
        assert!(!kept.contains(&sheet.secret));
        let identity = identity_of(&sheet.words.join(" ")).unwrap();
        assert_eq!(identity.secret_text(), sheet.secret);
        assert_eq!(identity_of(&sheet.secret.to_lowercase()).unwrap().secret_text(), sheet.secret);
        let keys = file.read().unwrap();
        assert_eq!(file.recipients().unwrap()[0], identity.recipient().unwrap());
        assert_eq!(keys.due(1100 * day), None);
        let group = keys.due(1182 * day).unwrap();
        let words = &sheet.words[group * 3..group * 3 + 3];
        assert!(!file.confirm(group, "ba be bi", 1182 * day).unwrap());
        assert!(file.confirm(group, &words.join("  ").to_uppercase(), 1182 * day).unwrap());
        assert_eq!(file.read().unwrap().due(1200 * day), None);
    }
}
