//! The disks of the machine, and which of them may be installed on.

use serde::{Deserialize, Serialize};
use tram_contract::Text;

use super::layout::Layout;
use crate::Place;
use crate::helper::blocks::{disk_of, known, own_disk, size};
use crate::place::assignment;
use crate::slots::Running;

/// Room for data that a disk must have at least, bytes.
pub(super) const DATA: u64 = 4 << 30;

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Kernel name, as `sda` or `mmcblk0`.
    pub name: String,
    /// Maker's name.
    pub model: String,
    /// Bytes.
    pub size: u64,
    /// Whether it hangs on USB.
    pub usb: bool,
    /// Why nothing can be installed on it.
    pub why_not: Option<Text>,
}

/// All disks but the one that the box runs from and what is no disk.
pub fn disks(place: &Place) -> Vec<Disk> {
    // A box that does not know its own disk must not name any.
    let Some(own) = own_disk(place) else { return Vec::new() };
    let needs = Running::read(place)
        .and_then(|running| Layout::of(&place.disk.join("disk"), &running))
        .map_or(u64::MAX, |layout| layout.needs());
    let Ok(entries) = place.blocks.read_dir() else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut disks: Vec<Disk> = names
        .filter(|name| *name != own && disk_of(place, name).as_ref() == Some(name) && is_disk(place, name))
        .map(|name| {
            let facts = known(place, &name);
            let told = std::fs::read_to_string(place.blocks.join(&name).join("device/model")).unwrap_or_default();
            let model = assignment(&facts, "ID_MODEL").unwrap_or_else(|| told.trim().to_owned());
            let bytes = size(place, &name);
            let usb = assignment(&facts, "ID_BUS").as_deref() == Some("usb");
            let why_not = why_not(place, &name, bytes, needs);
            Disk { name, model, size: bytes, usb, why_not }
        })
        .collect();
    disks.sort_by(|a, b| a.name.cmp(&b.name));
    disks
}

fn is_disk(place: &Place, name: &str) -> bool {
    let virtual_ones = ["loop", "ram", "zram", "sr", "dm-", "md", "fd", "nbd"];
    // eMMC has small areas of its own that look like disks.
    let area = name.contains("boot") || name.contains("rpmb");
    !area && !virtual_ones.iter().any(|start| name.starts_with(start)) && size(place, name) > 0
}

fn why_not(place: &Place, name: &str, bytes: u64, needs: u64) -> Option<Text> {
    let read_only = std::fs::read_to_string(place.blocks.join(name).join("ro")).is_ok_and(|ro| ro.trim() == "1");
    if read_only {
        return Some(Text::vi_en("Ổ này đang khoá ghi.", "This disk is write-protected."));
    }
    if bytes < needs {
        let gb = |bytes: u64| format!("{:.1}", bytes as f64 / 1e9);
        return Some(Text::vi_en(
            format!("Ổ này quá nhỏ: {} GB, cần ít nhất {} GB.", gb(bytes), gb(needs)),
            format!("This disk is too small: {} GB, at least {} GB are needed.", gb(bytes), gb(needs)),
        ));
    }
    in_use(place, name).then(|| {
        Text::vi_en(
            "Ổ này đang được dùng (có phân vùng đang gắn). Hãy rút USB khác ra hoặc khởi động lại.",
            "This disk is in use (a partition of it is mounted). Take other USB disks out, or restart.",
        )
    })
}

/// Whether the disk or a partition of it is mounted, by the numbers of the devices.
fn in_use(place: &Place, name: &str) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mounted: Vec<&str> = mounts.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    let Ok(entries) = place.blocks.read_dir() else { return true };
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).any(|part| {
        disk_of(place, &part).as_deref() == Some(name)
            && std::fs::read_to_string(place.blocks.join(&part).join("dev"))
                .is_ok_and(|number| mounted.contains(&number.trim()))
    })
}
