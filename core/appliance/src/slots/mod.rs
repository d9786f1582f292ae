//! The two root slots, and which version the next start takes.
//!
//! systemd-boot takes the newest version that has tries left; a name without a counter
//! was found good, a name with no tries left comes last. So everything is decided by
//! names of files on the ESP, and no firmware variable is written.

pub mod entries;
pub mod table;

use std::io::{Seek, SeekFrom};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Doing;
use crate::place::assignment;
use crate::{Error, Place, Version, files};

/// One of the two root slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// Partition 3.
    A,
    /// Partition 4, made at the first start.
    B,
}

impl Slot {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// Its place in the partition table, from one (image/README.md).
    pub const fn number(self) -> u32 {
        match self {
            Self::A => 3,
            Self::B => 4,
        }
    }

    /// Its device.
    pub fn device(self, place: &Place) -> PathBuf {
        place.disk.join(match self {
            Self::A => "slot-a",
            Self::B => "slot-b",
        })
    }

    /// Its bytes.
    ///
    /// # Errors
    /// It is not there.
    pub fn size(self, place: &Place) -> Result<u64, Error> {
        let device = self.device(place);
        let mut file = std::fs::File::open(&device).doing(device.display().to_string())?;
        file.seek(SeekFrom::End(0)).doing(device.display().to_string())
    }
}

/// What runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Version of the image.
    pub version: Version,
    /// Where it runs from.
    pub slot: Slot,
    /// Whether it has not been found good yet.
    pub on_trial: bool,
    /// Seconds since 1970 at which it was built.
    pub built: i64,
}

impl Running {
    /// What runs now.
    ///
    /// # Errors
    /// This is no box: the image's own files are not there.
    pub fn read(place: &Place) -> Result<Self, Error> {
        let release = std::fs::read_to_string(&place.os_release).doing(place.os_release.display().to_string())?;
        let version = assignment(&release, "IMAGE_VERSION").and_then(|text| text.parse().ok()).ok_or_else(no_box)?;
        let built = assignment(&release, "TRAM_BUILD_EPOCH").and_then(|text| text.parse().ok()).unwrap_or(0);
        let started = std::fs::read_to_string(&place.started).unwrap_or_default();
        let slot = match assignment(&started, "TRAM_SLOT").as_deref() {
            Some("a") => Slot::A,
            Some("b") => Slot::B,
            _ => return Err(no_box()),
        };
        let entries = entries::list(place)?;
        let on_trial = entries.iter().any(|entry| entry.version == version && entry.left.is_some())
            && !entries.iter().any(|entry| entry.version == version && entry.left.is_none());
        Ok(Self { version, slot, on_trial, built })
    }
}

fn no_box() -> Error {
    Error::refused(
        "Máy này không chạy từ bản đóng gói của Trạm nên không tự cập nhật được.",
        "This machine does not run Trạm's image, so it cannot update itself.",
    )
}

/// The version that one step back leads to; none when there is none that was good.
///
/// # Errors
/// The ESP cannot be read.
pub fn previous(place: &Place, running: &Running) -> Result<Option<Version>, Error> {
    let entries = entries::list(place)?;
    Ok(entries.into_iter().find(|entry| entry.version != running.version && entry.is_good()).map(|entry| entry.version))
}

/// Makes the next start take the version before: the running one's file gets a name
/// without tries. Answers that version.
///
/// # Errors
/// There is no good version beside the running one, or the ESP cannot be written.
pub fn go_back(place: &Place, running: &Running) -> Result<Version, Error> {
    let Some(previous) = previous(place, running)? else {
        return Err(Error::refused(
            "Không có bản trước để quay về: khe kia trống hoặc giữ một bản đã hỏng.",
            "There is no version to go back to: the other slot is empty or holds one that failed.",
        ));
    };
    for entry in entries::list(place)?.iter().filter(|entry| entry.version == running.version) {
        entries::rename(place, entry, Some(0))?;
    }
    Ok(previous)
}

/// Makes files on the ESP last.
///
/// # Errors
/// The ESP failed.
pub(crate) fn sync(place: &Place) -> Result<(), Error> {
    files::sync_folder_of(&entries::folder(place).join("x")).doing("ESP")
}
