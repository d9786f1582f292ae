//! The addresses that the box has now, and whether they changed since last time.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use nix::net::if_::InterfaceFlags;
use serde::{Deserialize, Serialize};

use crate::{Error, Place, state};

/// A network card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its name, as `enp2s0`.
    pub name: String,
    /// Its hardware address, `aa:bb:cc:dd:ee:ff`.
    pub mac: String,
    /// Its addresses, IPv4 first; those valid on the link alone are left out.
    pub addresses: Vec<IpAddr>,
    /// Whether a cable is in.
    pub up: bool,
}

/// The box's cards, without the loopback and without what programs made.
pub fn interfaces() -> Vec<Interface> {
    let mut found: BTreeMap<String, Interface> = BTreeMap::new();
    let Ok(all) = nix::ifaddrs::getifaddrs() else { return Vec::new() };
    for one in all {
        if one.flags.contains(InterfaceFlags::IFF_LOOPBACK) {
            continue;
        }
        let card = found.entry(one.interface_name.clone()).or_insert_with(|| Interface {
            name: one.interface_name.clone(),
            mac: String::new(),
            addresses: Vec::new(),
            up: one.flags.contains(InterfaceFlags::IFF_RUNNING),
        });
        let Some(address) = one.address else { continue };
        if let Some(link) = address.as_link_addr().and_then(nix::sys::socket::LinkAddr::addr) {
            card.mac = link.map(|byte| format!("{byte:02x}")).join(":");
        }
        if let Some(v4) = address.as_sockaddr_in() {
            card.addresses.push(v4.ip().into());
        }
        if let Some(v6) = address.as_sockaddr_in6().map(nix::sys::socket::SockaddrIn6::ip)
            && !Ipv6Addr::is_unicast_link_local(&v6)
        {
            card.addresses.push(v6.into());
        }
    }
    for card in found.values_mut() {
        card.addresses.sort();
    }
    found.into_values().filter(|card| !card.mac.is_empty()).collect()
}

/// The address that the box had, and the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The last address.
    #[serde(default)]
    pub address: Option<IpAddr>,
    /// The one before it, until somebody has read that it changed.
    #[serde(default)]
    pub before: Option<IpAddr>,
    /// When it changed, milliseconds since 1970.
    #[serde(default)]
    pub changed: i64,
}

impl Seen {
    /// What is remembered.
    pub fn read(place: &Place) -> Self {
        state::read(&place.state.join("address.json")).unwrap_or_default()
    }

    /// Remembers an address; answers whether it is another than last time.
    ///
    /// # Errors
    /// The data partition cannot be written.
    pub fn note(place: &Place, address: IpAddr) -> Result<bool, Error> {
        let mut seen = Self::read(place);
        if seen.address == Some(address) {
            return Ok(false);
        }
        seen.before = seen.address.or(seen.before);
        seen.address = Some(address);
        seen.changed = tram_journal::clock::now().unix_ms;
        state::keep(&place.state.join("address.json"), &seen)?;
        Ok(seen.before.is_some())
    }

    /// Somebody has read it.
    ///
    /// # Errors
    /// The data partition cannot be written.
    pub fn read_by_someone(place: &Place) -> Result<(), Error> {
        let seen = Self { before: None, ..Self::read(place) };
        state::keep(&place.state.join("address.json"), &seen)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_change_is_remembered_until_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::below(folder.path());
        std::fs::create_dir_all(&place.state).unwrap();
        let (a, b): (IpAddr, IpAddr) = ("192.168.1.7".parse().unwrap(), "192.168.1.9".parse().unwrap());
        assert!(!Seen::note(&place, a).unwrap());
        assert!(!Seen::note(&place, a).unwrap());
        assert!(Seen::note(&place, b).unwrap());
        assert_eq!(Seen::read(&place).before, Some(a));
        Seen::read_by_someone(&place).unwrap();
        assert_eq!((Seen::read(&place).before, Seen::read(&place).address), (None, Some(b)));
    }
}
