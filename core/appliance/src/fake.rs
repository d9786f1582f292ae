//! A box below a folder, for tests: a disk that is a file with a real partition table,
//! slots that are files, an ESP that is a folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::update::{Contents, SigningKey, pack};
use crate::{Place, program};

/// A squashfs as far as its first bytes go.
pub(crate) fn root_of(fill: u8, pages: usize) -> Vec<u8> {
    let mut bytes = vec![fill; pages * 4096];
    bytes[..4].copy_from_slice(b"hsqs");
    let used = (bytes.len() as u64 - 100).to_le_bytes();
    bytes[40..48].copy_from_slice(&used);
    bytes
}

pub(crate) struct Fake {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) place: Place,
    pub(crate) key: SigningKey,
}

impl Fake {
    /// A box that runs `version` from slot A, found good.
    pub(crate) fn new(version: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::below(folder.path());
        let parents = [&place.disk, &place.media, &place.state, &place.data, &place.run, &place.keys, &place.esp];
        for path in parents {
            std::fs::create_dir_all(path).unwrap();
        }
        std::fs::create_dir_all(place.started.parent().unwrap()).unwrap();
        std::fs::create_dir_all(place.esp.join("EFI/Linux")).unwrap();
        std::fs::create_dir_all(place.data.join("update")).unwrap();
        let key = SigningKey::read(&SigningKey::make().unwrap()).unwrap();
        std::fs::write(place.keys.join("test.pub"), key.public().text()).unwrap();
        let disk = place.disk.join("disk");
        let file = std::fs::File::create(&disk).unwrap();
        file.set_len(160 << 20).unwrap();
        let script = format!(
            "label: gpt\nsize=8MiB, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name=\"TRAM\"\n\
             size=48MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=\"tram-esp\"\n\
             size=16MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=\"tram_{version}\"\n\
             size=16MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=\"_empty\"\n"
        );
        program::run("sfdisk", &["-q", &disk.to_string_lossy()], Some(script.as_bytes())).unwrap();
        std::fs::write(place.disk.join("slot-a"), root_of(1, 64)).unwrap();
        std::fs::write(place.disk.join("slot-b"), vec![0; 1 << 20]).unwrap();
        std::fs::write(place.esp.join(format!("EFI/Linux/tram_{version}.efi")), b"MZ running").unwrap();
        let fake = Self { folder, place, key };
        fake.runs(version, 'a');
        fake
    }

    /// Says which version runs from which slot.
    pub(crate) fn runs(&self, version: &str, slot: char) {
        let release = format!("ID=tram\nIMAGE_ID=tram\nIMAGE_VERSION=\"{version}\"\nTRAM_BUILD_EPOCH=1790000000\n");
        std::fs::create_dir_all(self.place.os_release.parent().unwrap()).unwrap();
        std::fs::write(&self.place.os_release, release).unwrap();
        std::fs::write(&self.place.started, format!("TRAM_SLOT={slot}\nTRAM_VERSION={version}\n")).unwrap();
    }

    /// An update file where uploads lie.
    pub(crate) fn update(&self, version: &str, minimum: &str, root: &[u8], uki: &[u8]) -> PathBuf {
        let path = self.place.data.join("update/upload.tram-update");
        std::fs::write(&path, bytes(&self.key, version, minimum, root, uki)).unwrap();
        path
    }

    pub(crate) fn rename_entry(&self, from: &str, to: &str) {
        let folder = self.place.esp.join("EFI/Linux");
        std::fs::rename(folder.join(from), folder.join(to)).unwrap();
    }

    /// Everything that an update could change: names and contents.
    pub(crate) fn seen(&self) -> Vec<(String, Vec<u8>)> {
        let mut seen = Vec::new();
        for folder in [&self.place.esp, &self.place.disk, &self.place.state] {
            look(folder, &mut seen);
        }
        seen.sort();
        seen
    }

    pub(crate) fn entries(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.place.esp.join("EFI/Linux"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn look(folder: &Path, seen: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look(&path, seen);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            seen.push((path.display().to_string(), blake3::hash(&bytes).as_bytes().to_vec()));
        }
    }
}

/// The bytes of an update file.
pub(crate) fn bytes(key: &SigningKey, version: &str, minimum: &str, root: &[u8], uki: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let contents = Contents {
        version: version.parse().unwrap(),
        minimum: minimum.parse().unwrap(),
        built: 1_790_000_001,
        root: Cursor::new(root),
        uki: Cursor::new(uki),
    };
    pack(key, contents, &mut file).unwrap();
    file
}
