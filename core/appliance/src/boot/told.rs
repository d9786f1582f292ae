//! What the running station tells the rest of the box, in `DATA/box/station.json`.
//!
//! The server writes it; console and helper, which are root, read it. It holds the
//! set-up code while that is needed, so nobody else may read it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Doing;
use crate::{Error, Place, state};

/// What the station says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Station {
    /// Its name that stays, `tram-12ab.local`.
    pub name: String,
    /// The school; empty before the wizard.
    #[serde(default)]
    pub school: String,
    /// Whether the wizard is done.
    pub ready: bool,
    /// The one-time code that the wizard asks for; none once it is done.
    #[serde(default)]
    pub setup_code: Option<String>,
}

impl Station {
    /// What was written last; none before the first start has come so far.
    pub fn read(place: &Place) -> Option<Self> {
        Self::of_folder(&place.data)
    }

    /// As [`Station::read`], of a data folder.
    pub fn of_folder(data: &Path) -> Option<Self> {
        state::read(&data.join("box/station.json"))
    }

    /// Writes it into a data folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep(&self, data: &Path) -> Result<(), Error> {
        use std::os::unix::fs::PermissionsExt;
        let folder = data.join("box");
        std::fs::create_dir_all(&folder).doing("box")?;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).doing("box")?;
        state::keep(&folder.join("station.json"), self)
    }
}
