//! Cards and addresses of the box, and whether the address changed since the last start.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use nix::net::if_::InterfaceFlags;
use serde::{Deserialize, Serialize};

use crate::files;

/// A network card with what it is known by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// The kernel's name, `enp1s0`.
    pub name: String,
    /// Hardware address, `a8:a1:59:00:11:22`; empty where there is none.
    pub mac: String,
    /// Its addresses, IPv4 first, without link-local IPv6 ones.
    pub addresses: Vec<IpAddr>,
    /// Whether it is a card of the machine, not a tunnel or bridge of software.
    pub is_physical: bool,
}

/// The interfaces that are up, but for loopback; cards of the machine first.
#[must_use]
pub fn interfaces() -> Vec<Interface> {
    let Ok(all) = nix::ifaddrs::getifaddrs() else { return Vec::new() };
    let mut found: BTreeMap<String, Interface> = BTreeMap::new();
    for part in all {
        if part.flags.contains(InterfaceFlags::IFF_LOOPBACK) || !part.flags.contains(InterfaceFlags::IFF_UP) {
            continue;
        }
        let interface = found.entry(part.interface_name.clone()).or_insert_with(|| Interface {
            is_physical: Path::new("/sys/class/net").join(&part.interface_name).join("device").exists(),
            name: part.interface_name.clone(),
            ..Interface::default()
        });
        let Some(address) = part.address else { continue };
        if let Some(link) = address.as_link_addr() {
            if let Some(bytes) = link.addr()
                && bytes != [0; 6]
            {
                interface.mac = bytes.map(|byte| format!("{byte:02x}")).join(":");
            }
        } else if let Some(v4) = address.as_sockaddr_in() {
            interface.addresses.push(IpAddr::V4(v4.ip()));
        } else if let Some(v6) = address.as_sockaddr_in6()
            && !v6.ip().is_unicast_link_local()
        {
            interface.addresses.push(IpAddr::V6(v6.ip()));
        }
    }
    let mut interfaces: Vec<Interface> = found.into_values().collect();
    for interface in &mut interfaces {
        interface.addresses.sort();
    }
    interfaces.sort_by_key(|interface| (!interface.is_physical, interface.addresses.is_empty()));
    interfaces
}

/// Every address of the box, link-local and loopback ones too: what comes from one of
/// them on the network is the box itself.
#[must_use]
pub fn own_addresses() -> HashSet<IpAddr> {
    let Ok(all) = nix::ifaddrs::getifaddrs() else { return HashSet::new() };
    all.filter_map(|part| part.address)
        .filter_map(|address| {
            let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
        })
        .collect()
}

/// The address that people type: the first IPv4 address of the first card that has one.
#[must_use]
pub fn main_address(interfaces: &[Interface]) -> Option<(&Interface, IpAddr)> {
    let all = interfaces.iter().flat_map(|interface| interface.addresses.iter().map(move |ip| (interface, *ip)));
    let usable = |ip: &IpAddr| matches!(ip, IpAddr::V4(v4) if !v4.is_link_local());
    all.clone().find(|(_, ip)| usable(ip)).or_else(|| all.clone().next())
}

/// A change of the address that an administrator has not seen yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// What people have written down.
    pub from: String,
    /// Where the station is now.
    pub to: String,
    /// Hardware address of the card, for a reservation in the router.
    #[serde(default)]
    pub mac: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    /// The address at the last look.
    address: String,
    #[serde(default)]
    moved: Option<Moved>,
}

/// Remembers the station's address from one start to the next.
#[derive(Debug)]
pub struct AddressBook {
    file: PathBuf,
    kept: Mutex<Kept>,
}

impl AddressBook {
    /// The book of the station in `data`.
    #[must_use]
    pub fn open(data: &Path) -> Self {
        let file = data.join("address.json");
        let kept = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { file, kept: Mutex::new(kept) }
    }

    /// Compares with the address now; a change is remembered until it is dismissed.
    pub fn look(&self) {
        let interfaces = interfaces();
        if let Some((interface, address)) = main_address(&interfaces) {
            let all: Vec<String> =
                interfaces.iter().flat_map(|interface| &interface.addresses).map(ToString::to_string).collect();
            self.note(&address.to_string(), &interface.mac, &all);
        }
    }

    fn note(&self, address: &str, mac: &str, all: &[String]) {
        let mut kept = self.lock();
        let before = kept.clone();
        // A box with two cards still has the old address: nobody is lost.
        if !kept.address.is_empty() && !all.contains(&kept.address) {
            let from = kept.moved.take().map_or_else(|| kept.address.clone(), |moved| moved.from);
            kept.moved = (from != address).then(|| Moved { from, to: address.to_owned(), mac: mac.to_owned() });
        } else if all.contains(&kept.address) {
            return;
        }
        address.clone_into(&mut kept.address);
        if kept.address != before.address || kept.moved != before.moved {
            self.write(&kept);
        }
    }

    /// The change that nobody has dismissed.
    #[must_use]
    pub fn moved(&self) -> Option<Moved> {
        self.lock().moved.clone()
    }

    /// An administrator has seen it.
    pub fn dismiss(&self) {
        let mut kept = self.lock();
        kept.moved = None;
        self.write(&kept);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self, kept: &Kept) {
        let bytes = serde_json::to_vec(kept).unwrap_or_default();
        if let Err(error) = files::replace(&self.file, &bytes) {
            log::warn!("the station's address was not written down: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_box_knows_itself_by_every_address_that_the_kernel_names() {
        let own = own_addresses();
        let table = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
        for line in table.lines() {
            let bits = u128::from_str_radix(line.split(' ').next().unwrap(), 16).unwrap();
            let address = IpAddr::V6(bits.into());
            assert!(own.contains(&address), "{address} is its own, link-local or not");
        }
        assert!(own.iter().any(IpAddr::is_loopback));
    }

    #[test]
    fn a_changed_address_is_told_until_it_is_dismissed() {
        let data = tempfile::tempdir().unwrap();
        let all = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let book = AddressBook::open(data.path());
        book.note("192.168.1.20", "aa:bb", &all(&["192.168.1.20"]));
        assert_eq!(book.moved(), None);
        let book = AddressBook::open(data.path());
        book.note("192.168.1.31", "aa:bb", &all(&["192.168.1.31"]));
        let moved = Moved { from: "192.168.1.20".into(), to: "192.168.1.31".into(), mac: "aa:bb".into() };
        assert_eq!(book.moved(), Some(moved.clone()));
        // Once more before anybody looked: people still know the first one.
        book.note("192.168.1.40", "aa:bb", &all(&["192.168.1.40"]));
        assert_eq!(book.moved(), Some(Moved { to: "192.168.1.40".into(), ..moved }));
        let book = AddressBook::open(data.path());
        assert!(book.moved().is_some());
        book.dismiss();
        assert_eq!(AddressBook::open(data.path()).moved(), None);
        // Back where it is known: nothing to tell.
        book.note("192.168.1.50", "aa:bb", &all(&["192.168.1.50"]));
        book.note("192.168.1.40", "aa:bb", &all(&["192.168.1.40"]));
        assert_eq!(book.moved(), None);
    }

    #[test]
    fn a_second_card_leaves_the_old_address_valid() {
        let data = tempfile::tempdir().unwrap();
        let book = AddressBook::open(data.path());
        book.note("10.0.0.2", "", &["10.0.0.2".to_owned()]);
        book.note("192.168.1.9", "", &["192.168.1.9".to_owned(), "10.0.0.2".to_owned()]);
        assert_eq!(book.moved(), None);
    }

    #[test]
    fn the_machine_has_addresses_and_no_loopback_among_them() {
        for interface in interfaces() {
            assert!(interface.addresses.iter().all(|ip| !ip.is_loopback()), "{interface:?}");
        }
    }
}
