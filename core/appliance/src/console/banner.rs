//! What stands on the screen: how the box is reached.

use std::io::Write;
use std::net::IpAddr;

use super::qr;
use super::screen::Screen;
use crate::Error;
use crate::boot::Station;
use crate::network::Interface;
use crate::state::Outcome;

/// Lines that banner and menu need beside the code.
const TEXT_ROWS: usize = 24;

/// What is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub(super) station: Option<Station>,
    pub(super) version: Option<String>,
    pub(super) failed: Option<Outcome>,
    pub(super) interfaces: Vec<Interface>,
}

impl Facts {
    /// The address by which the box is best reached.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.interfaces.iter().flat_map(|card| &card.addresses).find(|address| address.is_ipv4()).copied()
    }
}

/// Draws it.
pub(super) fn show<W: Write>(screen: &mut Screen<W>, facts: &Facts) -> Result<(), Error> {
    screen.clear()?;
    let version = facts.version.as_deref().unwrap_or("?");
    screen.line(&format!("TRẠM · máy chủ trường học / the school server · {version}"))?;
    if let Some(station) = &facts.station {
        if !station.school.is_empty() {
            screen.line(&station.school)?;
        }
        screen.line("")?;
        match facts.address() {
            Some(address) => screen.line(&format!("  http://{address}/     http://{}/", station.name))?,
            None => no_cable(screen, facts)?,
        }
        if let Some(code) = &station.setup_code {
            screen.line("")?;
            screen.line(&format!("  Mã cài đặt / set-up code:   {code}"))?;
            screen.line("  (trang đầu tiên sẽ hỏi / the first page asks for it)")?;
        }
    } else {
        screen.line("")?;
        screen.say("Trạm đang khởi động, xin đợi…", "Starting, please wait…")?;
    }
    for card in &facts.interfaces {
        let up = if card.up { "" } else { " (chưa cắm dây / no cable)" };
        screen.line(&format!("  MAC {} {}{up}", card.mac, card.name))?;
    }
    if let Some(outcome) = &facts.failed {
        screen.line("")?;
        screen.line(&format!(
            "Bản {} không dùng được, đã quay về bản cũ. / {} failed; back on the old version.",
            outcome.version, outcome.version
        ))?;
        if let Some(reason) = &outcome.reason {
            screen.both(reason)?;
        }
    }
    if let Some(address) = facts.address() {
        let code = qr::lines(&format!("http://{address}/"), screen.half_blocks);
        if code.len() + TEXT_ROWS <= screen.rows || screen.half_blocks {
            code_lines(screen, &code)?;
        }
    }
    screen.line("")
}

fn code_lines<W: Write>(screen: &mut Screen<W>, code: &[String]) -> Result<(), Error> {
    code.iter().try_for_each(|line| screen.raw(&format!("  {line}\r\n")))
}

/// The code alone, for small screens.
pub(super) fn show_code<W: Write>(screen: &mut Screen<W>, address: IpAddr) -> Result<(), Error> {
    screen.clear()?;
    let code = qr::lines(&format!("http://{address}/"), screen.half_blocks);
    code_lines(screen, &code)
}

fn no_cable<W: Write>(screen: &mut Screen<W>, facts: &Facts) -> Result<(), Error> {
    if facts.interfaces.iter().any(|card| card.up) {
        return screen.say(
            "  Chưa có địa chỉ: mạng không cấp (DHCP). Có thể đặt địa chỉ cố định ở mục 1.",
            "  No address yet: the network gives none (DHCP). A fixed one can be set by 1.",
        );
    }
    screen.say("  Chưa cắm dây mạng.", "  No network cable.")
}
