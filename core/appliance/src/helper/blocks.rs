//! Block devices, by what the kernel and udev say of them.

use crate::Place;

/// What udev keeps of a block device, as `NAME=VALUE` lines.
pub(crate) fn known(place: &Place, name: &str) -> String {
    let number = std::fs::read_to_string(place.blocks.join(name).join("dev")).unwrap_or_default();
    let file = place.udev.join(format!("b{}", number.trim()));
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix("E:")).collect::<Vec<_>>().join("\n")
}

/// The disk of a partition, or the disk itself, by kernel names.
pub(crate) fn disk_of(place: &Place, name: &str) -> Option<String> {
    let path = place.blocks.join(name).canonicalize().ok()?;
    let is_partition = path.join("partition").exists();
    let disk = if is_partition { path.parent()? } else { path.as_path() };
    Some(disk.file_name()?.to_str()?.to_owned())
}

/// The disk that the box runs from, by its kernel name.
pub(crate) fn own_disk(place: &Place) -> Option<String> {
    let device = place.disk.join("disk").canonicalize().ok()?;
    disk_of(place, device.file_name()?.to_str()?)
}

/// Bytes of a block device.
pub(crate) fn size(place: &Place, name: &str) -> u64 {
    let sectors = std::fs::read_to_string(place.blocks.join(name).join("size")).unwrap_or_default();
    // Always sectors of 512 bytes, whatever the disk's own are.
    sectors.trim().parse::<u64>().unwrap_or(0).saturating_mul(512)
}
