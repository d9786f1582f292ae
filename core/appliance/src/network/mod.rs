//! The box's address: by DHCP, or fixed by the page, the console or a file on the
//! partition TRAM.

mod interfaces;
mod settings;

pub use interfaces::{Interface, Seen, interfaces};
pub use settings::{Fixed, Settings};

use crate::error::Doing;
use crate::{Error, Place, files, program, state};

/// Name of the file that networkd reads before the image's own.
const UNIT: &str = "10-tram.network";

/// The settings that are kept.
pub fn kept(place: &Place) -> Settings {
    state::read(&place.state.join("network.json")).unwrap_or_default()
}

/// Keeps settings; they hold from the next [`write_unit`] on.
///
/// # Errors
/// The data partition cannot be written.
pub fn keep(place: &Place, settings: &Settings) -> Result<(), Error> {
    state::keep(&place.state.join("network.json"), settings)
}

/// Writes what networkd reads, for this boot.
///
/// # Errors
/// The folder cannot be written.
pub fn write_unit(place: &Place, settings: &Settings) -> Result<(), Error> {
    let path = place.network.join(UNIT);
    match &settings.fixed {
        Some(fixed) => {
            std::fs::create_dir_all(&place.network).doing("network")?;
            files::replace(&path, fixed.unit().as_bytes()).doing("network")
        }
        None => match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).doing("network"),
            _ => Ok(()),
        },
    }
}

/// Keeps settings and makes them hold now.
///
/// # Errors
/// They cannot be kept, or networkd does not take them.
pub fn change(place: &Place, settings: &Settings) -> Result<(), Error> {
    if let Some(fixed) = &settings.fixed {
        fixed.check()?;
    }
    keep(place, settings)?;
    write_unit(place, settings)?;
    program::run("networkctl", &["reload"], None)?;
    Ok(())
}
