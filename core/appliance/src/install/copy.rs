//! Copying onto a new disk, by offsets of the whole disk: it works before the kernel
//! knows the new partitions, and on a file that stands for a disk.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use nix::fcntl::PosixFadviseAdvice;
use tram_contract::Text;

use super::Told;
use super::layout::Partition;
use crate::error::Doing;
use crate::{Error, Place, program};

/// Bytes copied at once.
const PIECE: usize = 1 << 20;

/// Writes through an offset.
struct At<'a> {
    file: &'a File,
    at: u64,
    done: u64,
    total: u64,
    told: Told<'a>,
}

impl Write for At<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        self.done += bytes.len() as u64;
        if self.done.is_multiple_of(16 << 20) || self.done == self.total {
            (self.told)(&Text::vi_en("Đang chép hệ thống", "Copying the system"), self.done, self.total);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Copies the running root, reads it back from the disk and compares.
pub(super) fn root(slot: &Path, to: &File, start: u64, told: Told<'_>) -> Result<(), Error> {
    let what = slot.display().to_string();
    let mut from = File::open(slot).doing(what.clone())?;
    let used = squashfs_size(&mut from).doing(what.clone())?;
    let mut hasher = blake3::Hasher::new();
    let mut target = At { file: to, at: start, done: 0, total: used, told };
    let mut piece = vec![0; PIECE];
    let mut source = from.take(used);
    loop {
        let read = source.read(&mut piece).doing(what.clone())?;
        let bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        hasher.update(bytes);
        target.write_all(bytes).doing("disk")?;
    }
    let copied = target.done;
    to.sync_all().doing("disk")?;
    let _ = nix::fcntl::posix_fadvise(to, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    let mut back = to.try_clone().doing("disk")?;
    back.seek(SeekFrom::Start(start)).doing("disk")?;
    let mut read = blake3::Hasher::new();
    io::copy(&mut back.take(used), &mut read).doing("disk")?;
    if copied != used || read.finalize() != hasher.finalize() {
        return Err(Error::refused(
            "Chép xong đọc lại không khớp: ổ đích có thể bị hỏng. Hãy dùng ổ khác.",
            "What was copied does not read back: the new disk may be faulty. Use another.",
        ));
    }
    Ok(())
}

/// Bytes that a squashfs really has: `bytes_used` of its superblock.
fn squashfs_size(from: &mut File) -> io::Result<u64> {
    let mut head = [0; 48];
    from.read_exact(&mut head)?;
    from.seek(SeekFrom::Start(0))?;
    let used = head.get(40..48).and_then(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?)));
    match (head.starts_with(b"hsqs"), used) {
        // Loop devices and the kernel read whole blocks of 4 KiB.
        (true, Some(used)) => Ok(used.next_multiple_of(4096)),
        _ => Err(io::Error::other("no squashfs")),
    }
}

/// Makes a FAT file system in a partition.
pub(super) fn make_fat(disk: &Path, part: &Partition, label: &str) -> Result<(), Error> {
    let sectors = (part.start / 512).to_string();
    let blocks = (part.size / 1024).to_string();
    let disk = disk.to_string_lossy();
    // FAT16 has at most 65,524 clusters, and they are best half of that.
    let cluster = (part.size / 512 / 32_768).next_power_of_two().to_string();
    let mut arguments = vec!["-I", "-n", label, "--offset", &sectors];
    // The firmware's standard wants FAT32 for an ESP; a small one would have too few
    // clusters. Nothing is left to mkfs.vfat, which goes by the size of the whole disk.
    arguments.extend(if part.size >= 128 << 20 { ["-F", "32", "-s", "8"] } else { ["-F", "16", "-s", &cluster] });
    arguments.extend([&*disk, &blocks]);
    program::run("mkfs.vfat", &arguments, None)?;
    Ok(())
}

/// Copies the files of the ESP into the new one, and compares what was copied.
pub(super) fn tree(
    place: &Place,
    disk: &Path,
    part: &Partition,
    kept: &dyn Fn(&Path) -> bool,
    renamed: &dyn Fn(&Path) -> PathBuf,
) -> Result<(), Error> {
    let image = format!("{}@@{}", disk.display(), part.start);
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        let entries = place.esp.join(&folder).read_dir().doing("ESP")?;
        for entry in entries {
            let entry = entry.doing("ESP")?;
            let path = folder.join(entry.file_name());
            if entry.file_type().doing("ESP")?.is_dir() {
                program::run("mmd", &["-i", &image, &inside(&path)], None)?;
                open.push(path);
            } else if kept(&path) {
                let from = place.esp.join(&path);
                let to = inside(&renamed(&path));
                program::run("mcopy", &["-i", &image, &from.to_string_lossy(), &to], None)?;
                compare(place, &image, &from, &to)?;
            }
        }
    }
    Ok(())
}

fn inside(path: &Path) -> String {
    format!("::/{}", path.display())
}

fn compare(place: &Place, image: &str, from: &Path, to: &str) -> Result<(), Error> {
    let aside = place.run.join("compare");
    program::run("mcopy", &["-n", "-o", "-i", image, to, &aside.to_string_lossy()], None)?;
    let hash = |path: &Path| -> io::Result<blake3::Hash> {
        let mut hasher = blake3::Hasher::new();
        io::copy(&mut File::open(path)?, &mut hasher)?;
        Ok(hasher.finalize())
    };
    let same = hash(from).and_then(|one| Ok(hash(&aside)? == one));
    let _ = std::fs::remove_file(&aside);
    if same.doing("compare")? {
        return Ok(());
    }
    Err(Error::refused(
        "Phần khởi động chép xong đọc lại không khớp: ổ đích có thể bị hỏng. Hãy dùng ổ khác.",
        "What starts the box does not read back: the new disk may be faulty. Use another.",
    ))
}
