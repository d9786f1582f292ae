//! The box's helper as the station's care knows it: sticks, and the system's clock.

use std::path::PathBuf;

use tram_appliance::backup::{Stick, Sticks};
use tram_appliance::clock::SetTime;
use tram_appliance::helper::{Ask, Client, Reply};
use tram_contract::Text;

/// Asks the helper.
#[derive(Debug, Clone)]
pub(crate) struct BoxHelper(pub(crate) Client);

impl Sticks for BoxHelper {
    fn list(&self) -> Vec<Stick> {
        let disks = match self.0.quick(&Ask::Usb) {
            Ok(Reply::Usb { disks }) => disks,
            Ok(_) => Vec::new(),
            Err(error) => {
                log::warn!("sticks are not known: {error}");
                Vec::new()
            }
        };
        disks
            .into_iter()
            .map(|disk| {
                let label = if disk.label.is_empty() { disk.name.clone() } else { disk.label };
                Stick { label, size: disk.size, id: disk.name }
            })
            .collect()
    }

    fn open(&self, id: &str, writable: bool) -> Result<PathBuf, Text> {
        let ask = Ask::MountUsb { name: id.to_owned(), writable };
        match self.0.quick(&ask).map_err(|error| error.text())? {
            Reply::At { path } => Ok(path),
            _ => Err(Text::vi_en(
                "Phần điều khiển máy trả lời không hiểu được.",
                "The part that controls the machine gave a reply that is not understood.",
            )),
        }
    }

    fn close(&self, id: &str) {
        if let Err(error) = self.0.quick(&Ask::UnmountUsb { name: id.to_owned() }) {
            log::warn!("the stick {id} was not let go: {error}");
        }
    }
}

impl SetTime for BoxHelper {
    fn set_time(&self, unix_ms: i64) -> Result<(), Text> {
        self.0.quick(&Ask::SetTime { unix_ms }).map(|_| ()).map_err(|error| error.text())
    }
}
