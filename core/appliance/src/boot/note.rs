//! Files on the partition TRAM, for somebody with a Windows computer and no monitor on
//! the box.

use std::path::Path;

use super::Station;
use crate::error::Doing;
use crate::network::Interface;
use crate::{Error, Place, files, program};

const README: &str = include_str!("readme.txt");
const SAMPLE: &str = include_str!("config-sample.txt");

/// Lines of the log that are written for help.
const LOG_LINES: &str = "400";

/// Writes a text as Notepad of every age shows it: UTF-8 with its mark, CR LF. An
/// equal file is left alone, so that a stick is not worn by every start.
///
/// # Errors
/// The partition is not there, full or write-protected.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let bytes = format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes();
    if std::fs::read(path).is_ok_and(|known| known == bytes) {
        return Ok(());
    }
    files::replace(path, &bytes).doing(path.display().to_string())
}

/// The read-me and the sample of a settings file.
///
/// # Errors
/// The partition is not there, full or write-protected.
pub fn write_readme(place: &Place) -> Result<(), Error> {
    write(&place.media.join("DOC-TOI-README.txt"), README)?;
    write(&place.media.join("tram-config-mau.txt"), SAMPLE)
}

/// Name, addresses, hardware addresses, and the set-up code while it is needed.
///
/// # Errors
/// The partition is not there, full or write-protected.
pub fn write_address(place: &Place, station: Option<&Station>, cards: &[Interface]) -> Result<(), Error> {
    let mut text = String::from("Trạm: địa chỉ / address\n\n");
    for address in cards.iter().flat_map(|card| &card.addresses).filter(|address| address.is_ipv4()) {
        text.push_str(&format!("http://{address}/\n"));
    }
    if let Some(station) = station {
        text.push_str(&format!("http://{}/\n", station.name));
        match &station.setup_code {
            Some(code) => text.push_str(&format!("\nMã cài đặt / set-up code:  {code}\n")),
            None => text.push_str("\nĐã thiết lập xong. / Set up already.\n"),
        }
    } else {
        text.push_str("\nMáy đang khởi động lần đầu; hãy mở lại tệp này sau vài phút.\nThe first start is under way; open this file again in a few minutes.\n");
    }
    text.push_str(
        "\nĐịa chỉ phần cứng (MAC), để giữ chỗ địa chỉ trên bộ định tuyến / to reserve an address on the router:\n",
    );
    for card in cards {
        let state = if card.up { "" } else { "  (chưa cắm dây / no cable)" };
        text.push_str(&format!("{}  {}{state}\n", card.mac, card.name));
    }
    write(&place.media.join("DIA-CHI-ADDRESS.txt"), &text)
}

/// The last warnings of this start, for whoever helps.
///
/// # Errors
/// The partition is not there, full or write-protected.
pub fn write_log(place: &Place) -> Result<(), Error> {
    let arguments = ["--boot", "--no-pager", "--priority=notice", "--lines", LOG_LINES, "--output=short-iso"];
    let log = program::run("journalctl", &arguments, None)?;
    write(&place.media.join("NHAT-KY-LOG.txt"), &log)
}
