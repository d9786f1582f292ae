//! USB disks, by what the kernel and udev say of them.

use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount as mount_fs, umount2};
use nix::unistd::Uid;

use super::UsbDisk;
use super::blocks::{disk_of, known, own_disk, size};
use crate::error::Doing;
use crate::place::assignment;
use crate::{Error, Place};

/// File systems that are mounted.
const KINDS: [&str; 5] = ["vfat", "exfat", "ntfs", "ext4", "iso9660"];
/// How deep update files are looked for.
const DEPTH: usize = 2;

/// The partitions of USB disks that hold a file system we know, but for the box's own.
pub(super) fn list(place: &Place) -> Vec<UsbDisk> {
    let own = own_disk(place);
    let mut disks: Vec<UsbDisk> = names(place)
        .into_iter()
        .filter(|name| disk_of(place, name) != own)
        .filter_map(|name| {
            let facts = known(place, &name);
            let kind = assignment(&facts, "ID_FS_TYPE")?;
            let usb = assignment(&facts, "ID_BUS").as_deref() == Some("usb");
            if !usb || !KINDS.contains(&kind.as_str()) {
                return None;
            }
            let at = place.usb.join(&name);
            let mounted = is_mounted(&at).then_some(at);
            let updates = mounted.as_deref().map(updates_on).unwrap_or_default();
            let label = assignment(&facts, "ID_FS_LABEL").unwrap_or_default();
            Some(UsbDisk { size: size(place, &name), name, label, kind, mounted, updates })
        })
        .collect();
    disks.sort_by(|a, b| a.name.cmp(&b.name));
    disks
}

fn names(place: &Place) -> Vec<String> {
    let Ok(entries) = place.blocks.read_dir() else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn is_mounted(at: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    at.to_str().is_some_and(|at| mounts.lines().any(|line| line.split(' ').nth(1) == Some(at)))
}

fn updates_on(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let Ok(entries) = folder.read_dir() else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < DEPTH {
                open.push((path, depth + 1));
            } else if kind.is_file() && path.extension().is_some_and(|end| end == "tram-update") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Mounts a listed partition for the station's user.
pub(super) fn mount(place: &Place, name: &str, writable: bool, user: Option<Uid>) -> Result<PathBuf, Error> {
    let Some(disk) = list(place).into_iter().find(|disk| disk.name == name) else {
        return Err(Error::refused(
            "Không thấy ổ USB này nữa. Hãy rút ra cắm lại.",
            "This USB disk is not there any more. Take it out and put it in again.",
        ));
    };
    let at = place.usb.join(name);
    if disk.mounted.is_some() {
        umount2(&at, MntFlags::empty()).doing("USB")?;
    }
    std::fs::create_dir_all(&at).doing("USB")?;
    let (kind, data) = match disk.kind.as_str() {
        "ntfs" => ("ntfs3", owner(user)),
        "vfat" => ("vfat", format!("{},utf8", owner(user))),
        "exfat" => ("exfat", owner(user)),
        other => (other, String::new()),
    };
    let mut flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    if !writable {
        flags |= MsFlags::MS_RDONLY;
    }
    let device = Path::new("/dev").join(name);
    mount_fs(Some(&device), &at, Some(kind), flags, Some(data.as_str())).doing("USB")?;
    Ok(at)
}

fn owner(user: Option<Uid>) -> String {
    format!("uid={},umask=0077", user.unwrap_or(Uid::effective()))
}

/// Unmounts it.
pub(super) fn unmount(place: &Place, name: &str) -> Result<(), Error> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    let at = place.usb.join(name);
    if !plain || !is_mounted(&at) {
        return Ok(());
    }
    umount2(&at, MntFlags::empty()).doing("USB")?;
    let _ = std::fs::remove_dir(&at);
    Ok(())
}
