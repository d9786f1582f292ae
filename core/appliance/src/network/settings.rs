//! Network settings and their forms: the file `tram-config.txt`, and networkd's unit.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A fixed address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixed {
    /// The box's own.
    pub address: Ipv4Addr,
    /// Bits of the network, 8 to 30.
    pub prefix: u8,
    /// The router.
    pub gateway: Ipv4Addr,
    /// Name servers; the router when there are none.
    #[serde(default)]
    pub dns: Vec<Ipv4Addr>,
}

/// What may be set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// A fixed address; none: by DHCP.
    #[serde(default)]
    pub fixed: Option<Fixed>,
    /// Proxy for what goes out of the school, `http://HOST:PORT`.
    #[serde(default)]
    pub proxy: Option<String>,
}

impl Fixed {
    /// Checks that a box can be reached by it.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn check(&self) -> Result<(), Error> {
        if !(8..=30).contains(&self.prefix) {
            return Err(Error::refused(
                "Độ dài mạng (số sau dấu /) phải từ 8 đến 30, thường là 24.",
                "The length of the network (the number behind /) is 8 to 30, mostly 24.",
            ));
        }
        let (own, router) = (u32::from(self.address), u32::from(self.gateway));
        let hosts = u32::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
        let is_host = |number: u32| number & hosts != 0 && number & hosts != hosts;
        let usable = !self.address.is_loopback() && !self.address.is_multicast() && !self.address.is_link_local();
        if !usable || !is_host(own) {
            return Err(Error::refused(
                format!(
                    "{} không dùng làm địa chỉ máy được. Hãy lấy một địa chỉ còn trống trong mạng, như 192.168.1.10/24.",
                    self.address
                ),
                format!(
                    "{} cannot be the address of a machine. Take a free one of the network, as in 192.168.1.10/24.",
                    self.address
                ),
            ));
        }
        if own & !hosts != router & !hosts || own == router || !is_host(router) {
            return Err(Error::refused(
                format!(
                    "Địa chỉ bộ định tuyến (gateway) {} phải khác địa chỉ máy và nằm trong cùng mạng.",
                    self.gateway
                ),
                format!(
                    "The router (gateway) {} must differ from the machine and lie in the same network.",
                    self.gateway
                ),
            ));
        }
        Ok(())
    }

    /// systemd.network(5) for every wired card.
    pub(super) fn unit(&self) -> String {
        let mut unit = format!(
            "[Match]\nType=ether\nKind=!*\n\n[Network]\nAddress={}/{}\nGateway={}\nLinkLocalAddressing=yes\n",
            self.address, self.prefix, self.gateway
        );
        let router = [self.gateway];
        let servers = if self.dns.is_empty() { &router[..] } else { &self.dns[..] };
        for server in servers {
            unit.push_str(&format!("DNS={server}\n"));
        }
        unit
    }
}

impl Settings {
    /// Reads `tram-config.txt`: lines `name = value`, `#` begins a note. Windows'
    /// marks and line ends do not matter.
    ///
    /// # Errors
    /// Says which line does not read.
    pub fn read(text: &str) -> Result<Self, Error> {
        let mut settings = Self::default();
        let (mut address, mut gateway, mut dns) = (None, None, Vec::new());
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let wrong = || {
                Error::refused(
                    format!(
                        "tram-config.txt, dòng {}: không hiểu “{line}”. Xem mẫu trong tram-config-mau.txt.",
                        number + 1
                    ),
                    format!(
                        "tram-config.txt, line {}: “{line}” is not understood. See the sample in tram-config-mau.txt.",
                        number + 1
                    ),
                )
            };
            let (name, value) = line.split_once('=').ok_or_else(wrong)?;
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "address" | "dia-chi" => {
                    let (ip, prefix) = value.split_once('/').unwrap_or((value, "24"));
                    address =
                        Some((ip.trim().parse().map_err(|_| wrong())?, prefix.trim().parse().map_err(|_| wrong())?));
                }
                "gateway" | "bo-dinh-tuyen" => gateway = Some(value.parse().map_err(|_| wrong())?),
                "dns" => {
                    for server in value.split([',', ' ']).filter(|word| !word.is_empty()) {
                        dns.push(server.parse().map_err(|_| wrong())?);
                    }
                }
                "proxy" => {
                    let fits =
                        value.starts_with("http://") && value.len() < 200 && !value.contains(char::is_whitespace);
                    settings.proxy = Some(fits.then(|| value.to_owned()).ok_or_else(wrong)?);
                }
                _ => return Err(wrong()),
            }
        }
        settings.fixed = match (address, gateway) {
            (Some((address, prefix)), Some(gateway)) => {
                let fixed = Fixed { address, prefix, gateway, dns };
                fixed.check()?;
                Some(fixed)
            }
            (None, None) => None,
            _ => {
                return Err(Error::refused(
                    "tram-config.txt: địa chỉ cố định cần cả hai dòng address và gateway.",
                    "tram-config.txt: a fixed address needs both lines, address and gateway.",
                ));
            }
        };
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_file_from_notepad() {
        let text = "\u{feff}# mẫu\r\naddress = 192.168.1.10/24\r\nGateway=192.168.1.1 # router\r\ndns = 8.8.8.8, 1.1.1.1\r\nproxy = http://10.0.0.1:3128\r\n";
        let settings = Settings::read(text).unwrap();
        let fixed = settings.fixed.unwrap();
        assert_eq!((fixed.address.to_string().as_str(), fixed.prefix), ("192.168.1.10", 24));
        assert_eq!(settings.proxy.as_deref(), Some("http://10.0.0.1:3128"));
        assert!(fixed.unit().contains("Address=192.168.1.10/24\nGateway=192.168.1.1\n"));
        assert!(fixed.unit().contains("DNS=8.8.8.8\nDNS=1.1.1.1\n"));
        assert_eq!(Settings::read("# nothing\n\n").unwrap(), Settings::default());
    }

    #[test]
    fn what_no_box_can_have_is_refused() {
        for text in [
            "address = 192.168.1.10/24",
            "address = 192.168.1.0/24\ngateway = 192.168.1.1",
            "address = 192.168.1.255/24\ngateway = 192.168.1.1",
            "address = 192.168.1.10/24\ngateway = 192.168.2.1",
            "address = 192.168.1.10/24\ngateway = 192.168.1.10",
            "address = 192.168.1.10/33\ngateway = 192.168.1.1",
            "address = 127.0.0.1/24\ngateway = 127.0.0.2",
            "address = abc\ngateway = 192.168.1.1",
            "proxy = ftp://x",
            "[Network]",
            "Gateway=\nExec=/bin/sh",
        ] {
            assert!(Settings::read(text).is_err(), "{text}");
        }
    }
}
