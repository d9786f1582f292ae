//! Installing the running version on another disk of the machine.
//!
//! The new disk gets a table with fresh GUIDs, so that it and the stick it came from
//! can stand side by side; slot B and the data partition come at its first start. The
//! data of the stick stays on the stick.

mod copy;
mod disks;
mod layout;

pub use disks::{Disk, disks};

use std::path::Path;

use tram_contract::Text;

use crate::error::Doing;
use crate::slots::{Running, entries};
use crate::{Error, Place, files, program};
use layout::Layout;

/// Told of progress: what is done, bytes done, bytes in all.
pub type Told<'a> = &'a mut dyn FnMut(&Text, u64, u64);

/// Installs onto a disk that [`disks`] lists. Everything on it is lost.
///
/// # Errors
/// It is not listed or does not fit, the typed name is another, or a disk failed; then
/// the disk does not start.
pub fn install(place: &Place, name: &str, typed: &str, told: Told<'_>) -> Result<(), Error> {
    let Some(disk) = disks(place).into_iter().find(|disk| disk.name == name) else {
        return Err(Error::refused(
            format!("Không có ổ đĩa {name}. Hãy xem lại danh sách."),
            format!("There is no disk {name}. Look at the list again."),
        ));
    };
    if let Some(reason) = disk.why_not {
        return Err(Error::Refused(reason));
    }
    if typed.trim() != name {
        return Err(Error::refused(
            format!("Để xoá ổ này, phải gõ đúng tên của nó: {name}."),
            format!("To erase this disk its name must be typed: {name}."),
        ));
    }
    onto(place, &Path::new("/dev").join(name), told)
}

/// Installs onto a disk or a file that stands for one.
fn onto(place: &Place, target: &Path, told: Told<'_>) -> Result<(), Error> {
    let running = Running::read(place)?;
    let source = place.disk.join("disk");
    let layout = Layout::of(&source, &running)?;
    let name = target.to_string_lossy().into_owned();
    told(&Text::vi_en("Đang chia ổ đĩa", "Partitioning the disk"), 0, 1);
    let arguments = ["--wipe", "always", "--wipe-partitions", "always", "--lock=yes", &name];
    program::run("sfdisk", &arguments, Some(layout.script().as_bytes()))?;
    let made = Layout::of(target, &running)?;
    let to = files::open_in_place(target).doing(name.clone())?;
    copy::root(&running.slot.device(place), &to, made.root.start, told)?;
    told(&Text::vi_en("Đang chép phần khởi động", "Copying what starts it"), 0, 1);
    copy::make_fat(target, &made.files, "TRAM")?;
    copy::make_fat(target, &made.esp, "ESP")?;
    let kept = |path: &Path| {
        let text = path.to_string_lossy();
        // A seed must not be the same on two disks; marks are for the stick alone.
        if text == "loader/random-seed" || text.starts_with("tram/") || text.ends_with(".new") {
            return false;
        }
        let entry = path.file_name().and_then(|name| entries::Entry::of(&name.to_string_lossy()));
        entry.is_none_or(|entry| entry.version == running.version)
    };
    // The version has shown on this machine that it runs.
    let renamed = |path: &Path| match path.file_name().and_then(|name| entries::Entry::of(&name.to_string_lossy())) {
        Some(entry) => path.with_file_name(format!("tram_{}.efi", entry.version)),
        None => path.to_owned(),
    };
    copy::tree(place, target, &made.esp, &kept, &renamed)?;
    to.sync_all().doing(name)
}

#[cfg(test)]
mod tests;
