//! Where the parts of a box lie. A test puts them all below one folder.

use std::path::{Path, PathBuf};

/// Where the parts of a box lie; the contract with the image is image/README.md.
#[derive(Debug, Clone)]
pub struct Place {
    /// Links to the partitions of the disk that the box runs from.
    pub disk: PathBuf,
    /// The ESP, mounted.
    pub esp: PathBuf,
    /// The FAT partition that Windows shows, mounted when it is looked at.
    pub media: PathBuf,
    /// What root keeps for itself.
    pub state: PathBuf,
    /// The station's folder.
    pub data: PathBuf,
    /// Sockets and what lives until the power goes.
    pub run: PathBuf,
    /// Which slot runs, from the initramfs.
    pub started: PathBuf,
    /// Public keys whose updates are taken.
    pub keys: PathBuf,
    /// What the image says of itself.
    pub os_release: PathBuf,
    /// Firmware variables.
    pub firmware: PathBuf,
    /// Network settings of this boot.
    pub network: PathBuf,
    /// Block devices as the kernel shows them.
    pub blocks: PathBuf,
    /// What udev knows of them.
    pub udev: PathBuf,
    /// USB disks, mounted.
    pub usb: PathBuf,
}

impl Default for Place {
    fn default() -> Self {
        let path = PathBuf::from;
        Self {
            disk: path("/dev/disk/tram"),
            esp: path("/efi"),
            media: path("/media/TRAM"),
            state: path("/var/lib/tram-box"),
            data: path("/var/lib/tram"),
            run: path("/run/tram"),
            started: path("/run/tram-boot/env"),
            keys: path("/usr/share/tram/update-keys"),
            os_release: path("/usr/lib/os-release"),
            firmware: path("/sys/firmware/efi/efivars"),
            network: path("/run/systemd/network"),
            blocks: path("/sys/class/block"),
            udev: path("/run/udev/data"),
            usb: path("/run/media/tram"),
        }
    }
}

impl Place {
    /// The same box below a folder, for tests and for looking at a mounted one.
    pub fn below(root: &Path) -> Self {
        let usual = Self::default();
        let under = |path: &PathBuf| root.join(path.strip_prefix("/").unwrap_or(path));
        Self {
            disk: under(&usual.disk),
            esp: under(&usual.esp),
            media: under(&usual.media),
            state: under(&usual.state),
            data: under(&usual.data),
            run: under(&usual.run),
            started: under(&usual.started),
            keys: under(&usual.keys),
            os_release: under(&usual.os_release),
            firmware: under(&usual.firmware),
            network: under(&usual.network),
            blocks: under(&usual.blocks),
            udev: under(&usual.udev),
            usb: under(&usual.usb),
        }
    }

    /// The helper's socket.
    pub fn socket(&self) -> PathBuf {
        self.run.join("box.sock")
    }
}

/// The value of a shell assignment `NAME=VALUE` in a file of such lines; quotes are
/// taken off.
pub fn assignment(lines: &str, name: &str) -> Option<String> {
    lines.lines().find_map(|line| {
        let (known, value) = line.split_once('=')?;
        (known.trim() == name).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    })
}
