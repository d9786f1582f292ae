//! What is done at each start before the network: settings from the partition TRAM,
//! the address, a clock that is not before the build.

mod note;
mod told;

pub use note::{write_address, write_log, write_readme};
pub use told::Station;

use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_settime};

use crate::error::Doing;
use crate::network::{self, Settings};
use crate::slots::Running;
use crate::{Error, Place, files};

/// The optional file on the partition TRAM.
const CONFIG: &str = "tram-config.txt";

/// Does it. What fails is logged and left: a box without its settings file is still
/// a box.
pub fn boot(place: &Place) {
    if let Err(error) = std::fs::create_dir_all(&place.state) {
        log::error!("{}: {error}", place.state.display());
    }
    if let Err(error) = clock_after_build(place) {
        log::error!("the clock was not set to the build's time: {error}");
    }
    match take_config(place) {
        Ok(true) => log::info!("{CONFIG} was taken"),
        Ok(false) => {}
        Err(error) => log::warn!("{CONFIG}: {error}"),
    }
    if let Err(error) = network::write_unit(place, &network::kept(place)) {
        log::error!("the fixed address was not set: {error}");
    }
    if let Err(error) = write_readme(place) {
        log::warn!("the partition TRAM was not written: {error}");
    }
}

/// Nothing is dated before the build, whatever the battery of the clock says.
fn clock_after_build(place: &Place) -> Result<(), Error> {
    let built = Running::read(place)?.built;
    if tram_journal::clock::now().unix_ms < built.saturating_mul(1000) {
        clock_settime(ClockId::CLOCK_REALTIME, TimeSpec::new(built, 0)).doing("clock")?;
    }
    Ok(())
}

/// Takes `tram-config.txt` when it is another than the one that was taken last: what
/// the page says later then stays. Answers whether it was taken; what does not read is
/// told in a file beside it.
///
/// # Errors
/// It does not read, or cannot be kept.
pub fn take_config(place: &Place) -> Result<bool, Error> {
    let Ok(bytes) = std::fs::read(place.media.join(CONFIG)) else { return Ok(false) };
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let mark = place.state.join("config.hash");
    if std::fs::read_to_string(&mark).is_ok_and(|known| known == hash) {
        return Ok(false);
    }
    let answer = place.media.join("tram-config-LOI-ERROR.txt");
    match Settings::read(&String::from_utf8_lossy(&bytes)) {
        Ok(settings) => {
            network::keep(place, &settings)?;
            files::replace(&mark, hash.as_bytes()).doing("config.hash")?;
            let _ = std::fs::remove_file(answer);
            Ok(true)
        }
        Err(error) => {
            let text = error.text();
            note::write(&answer, &format!("{}\n\n{}\n", text.get("vi"), text.get("en")))?;
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
    use super::*;

    #[test]
    fn a_file_is_taken_once_and_a_wrong_one_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::below(folder.path());
        std::fs::create_dir_all(&place.state).unwrap();
        assert!(!take_config(&place).unwrap());
        std::fs::create_dir_all(&place.media).unwrap();
        std::fs::write(place.media.join(CONFIG), "address = 10.0.0.9/24\ngateway = 10.0.0.1\n").unwrap();
        assert!(take_config(&place).unwrap());
        network::write_unit(&place, &network::kept(&place)).unwrap();
        let unit = std::fs::read_to_string(place.network.join("10-tram.network")).unwrap();
        assert!(unit.contains("Address=10.0.0.9/24"), "{unit}");
        // What the page sets later is not undone by the old file at the next start.
        network::keep(&place, &Settings::default()).unwrap();
        assert!(!take_config(&place).unwrap());
        assert_eq!(network::kept(&place), Settings::default());
        std::fs::write(place.media.join(CONFIG), "address = 10.0.0.9/24\n").unwrap();
        assert!(take_config(&place).is_err());
        let told = std::fs::read_to_string(place.media.join("tram-config-LOI-ERROR.txt")).unwrap();
        assert!(told.contains("gateway") && told.starts_with('\u{feff}'), "{told}");
        assert_eq!(network::kept(&place), Settings::default());
        network::write_unit(&place, &network::kept(&place)).unwrap();
        assert!(!place.network.join("10-tram.network").exists());
    }

    #[test]
    fn the_readme_is_for_windows() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::below(folder.path());
        std::fs::create_dir_all(&place.media).unwrap();
        write_readme(&place).unwrap();
        let text = std::fs::read_to_string(place.media.join("DOC-TOI-README.txt")).unwrap();
        assert!(text.starts_with('\u{feff}') && text.contains("\r\n") && !text.replace("\r\n", "").contains('\n'));
    }
}
