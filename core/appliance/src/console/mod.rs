//! The screen of the box: name, address, QR, set-up code, and a menu for somebody who
//! stands in front of it. Works on a monitor and on a serial line.

mod banner;
mod menu;
mod qr;
mod screen;

pub use screen::{Screen, unmarked};

use std::io::Write;
use std::time::Duration;

use crate::boot::Station;
use crate::helper::{Client, Status};
use crate::{Error, Place};
use banner::Facts;

/// How often the facts on the screen are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What the console asks of the running station.
pub trait Door {
    /// Sign-in names of the administrators, with the ids of their persons.
    ///
    /// # Errors
    /// The station does not answer.
    fn administrators(&self) -> Result<Vec<(String, String)>, Error>;

    /// Gives an administrator a new password, which must be changed at the next
    /// sign-in, and answers it.
    ///
    /// # Errors
    /// The station does not answer, or the person is no administrator.
    fn reset_password(&self, person: &str) -> Result<String, Error>;

    /// Restores a backup that lies on a mounted disk over the station; what is there
    /// now is kept aside. `key` is what the key sheet says.
    ///
    /// # Errors
    /// The backup does not fit the key or does not check, or restoring is not there.
    fn restore(&self, from: &std::path::Path, key: &str) -> Result<String, Error>;
}

/// Shows the screen until the terminal goes away.
///
/// # Errors
/// The terminal cannot be written.
pub fn run<W: Write>(place: &Place, screen: &mut Screen<W>, door: &dyn Door) -> Result<(), Error> {
    let client = Client::new(&place.socket());
    let mut shown = None;
    loop {
        let facts = facts(place, &client);
        if shown.as_ref() != Some(&facts) {
            screen.prepare();
            banner::show(screen, &facts)?;
            menu::show(screen)?;
            shown = Some(facts);
        }
        match screen.read(LOOK) {
            screen::Read::Line(choice) => {
                // Whatever happens, the screen is drawn anew.
                shown = None;
                if let Err(error) = menu::run(screen, &client, door, choice.trim()) {
                    screen.both(&error.text())?;
                    screen.pause()?;
                }
            }
            screen::Read::Nothing => {}
            screen::Read::Gone => return Ok(()),
        }
    }
}

fn facts(place: &Place, client: &Client) -> Facts {
    let status = client.status().ok();
    let interfaces =
        status.as_ref().map_or_else(crate::network::interfaces, |status: &Status| status.interfaces.clone());
    Facts {
        station: Station::read(place),
        version: status.as_ref().map(|status| status.running.version.to_string()),
        failed: status.and_then(|status| status.outcome).filter(|outcome| !outcome.good),
        interfaces,
    }
}

#[cfg(test)]
mod tests;
