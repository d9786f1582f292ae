#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]
use std::collections::BTreeSet;

use super::*;
use crate::fake::Fake;

/// Kernel and udev as they show a box on `sda` (a stick) beside other disks.
fn machine(fake: &Fake) {
    let place = &fake.place;
    let devices = fake.folder.path().join("sys/devices");
    std::fs::create_dir_all(&place.blocks).unwrap();
    std::fs::create_dir_all(&place.udev).unwrap();
    let mut number = 0;
    let mut add = |path: &str, sectors: u64, facts: &str, partition: bool| {
        number += 1;
        let folder = devices.join(path);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("size"), format!("{sectors}\n")).unwrap();
        std::fs::write(folder.join("ro"), "0\n").unwrap();
        std::fs::write(folder.join("dev"), format!("900:{number}\n")).unwrap();
        if partition {
            std::fs::write(folder.join("partition"), "1\n").unwrap();
        }
        std::fs::write(place.udev.join(format!("b900:{number}")), facts).unwrap();
        let name = folder.file_name().unwrap().to_owned();
        std::os::unix::fs::symlink(&folder, place.blocks.join(name)).unwrap();
    };
    add("sda", 60_000_000, "E:ID_BUS=usb\nE:ID_MODEL=Stick\n", false);
    add("sda/sda1", 16_000, "E:ID_FS_TYPE=vfat\n", true);
    add("mmcblk0", 30_000_000, "E:ID_MODEL=eMMC\n", false);
    add("mmcblk0boot0", 8_000, "", false);
    add("sdb", 4_000_000, "E:ID_BUS=usb\nE:ID_MODEL=Small\n", false);
    add("loop0", 60_000_000, "", false);
    add("sr0", 60_000_000, "", false);
    // The link of the contract leads to the disk by its kernel name.
    std::fs::rename(place.disk.join("disk"), place.disk.join("sda")).unwrap();
    std::os::unix::fs::symlink(place.disk.join("sda"), place.disk.join("disk")).unwrap();
}

#[test]
fn the_running_disk_is_never_offered() {
    let fake = Fake::new("0.1.0");
    machine(&fake);
    let found = disks(&fake.place);
    let names: Vec<&str> = found.iter().map(|disk| disk.name.as_str()).collect();
    assert_eq!(names, ["mmcblk0", "sdb"]);
    assert_eq!(found[0].why_not, None);
    assert_eq!(found[0].size, 15_360_000_000);
    assert!(found[1].why_not.as_ref().unwrap().get("vi").contains("quá nhỏ"));
    for name in ["sda", "sda1", "sdb", "sdz", "loop0"] {
        assert!(install(&fake.place, name, name, &mut |_, _, _| {}).is_err(), "{name}");
    }
    // A wrong name typed never gets as far as the disk.
    assert!(install(&fake.place, "mmcblk0", "mmcblk", &mut |_, _, _| {}).is_err());
}

#[test]
fn a_box_that_does_not_know_its_own_disk_offers_none() {
    let fake = Fake::new("0.1.0");
    machine(&fake);
    std::fs::remove_file(fake.place.disk.join("disk")).unwrap();
    assert_eq!(disks(&fake.place), []);
}

fn table(disk: &std::path::Path) -> serde_json::Value {
    let text = program::run("sfdisk", &["--json", &disk.to_string_lossy()], None).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn guids(table: &serde_json::Value) -> BTreeSet<String> {
    let partitions = table["partitiontable"]["partitions"].as_array().unwrap();
    let mut guids: BTreeSet<String> = partitions.iter().map(|row| row["uuid"].as_str().unwrap().to_owned()).collect();
    guids.insert(table["partitiontable"]["id"].as_str().unwrap().to_owned());
    guids
}

#[test]
fn an_installed_disk_has_all_that_starts_it_and_guids_of_its_own() {
    for tool in ["mcopy", "mkfs.vfat"] {
        if program::run("sh", &["-c", &format!("command -v {tool}")], None).is_err() {
            println!("skipped: {tool} is not installed");
            return;
        }
    }
    let fake = Fake::new("0.1.0");
    let place = &fake.place;
    for (name, bytes) in [
        ("EFI/BOOT/BOOTX64.EFI", &b"MZ loader"[..]),
        ("loader/loader.conf", b"timeout 2\n"),
        ("loader/random-seed", b"secret"),
        ("tram/factory-reset", b""),
        ("EFI/Linux/tram_0.0.9.efi", b"MZ old"),
        ("EFI/Linux/tram-next.new", b"half"),
    ] {
        let path = place.esp.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let target = fake.folder.path().join("target.img");
    // As large as a real one: the size of the disk must not decide on its small partitions.
    std::fs::File::create(&target).unwrap().set_len(16 << 30).unwrap();
    onto(place, &target, &mut |_, _, _| {}).unwrap();

    let (source, made) = (table(&place.disk.join("disk")), table(&target));
    assert!(guids(&source).is_disjoint(&guids(&made)));
    let rows = made["partitiontable"]["partitions"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["TRAM", "tram-esp", "tram_0.1.0"]);
    let start = |at: usize| rows[at]["start"].as_u64().unwrap() * 512;
    let slot = std::fs::read(place.disk.join("slot-a")).unwrap();
    let image = std::fs::read(&target).unwrap();
    let from = usize::try_from(start(2)).unwrap();
    assert_eq!(image[from..from + slot.len()], slot);
    let list = program::run("mdir", &["-b", "-/", "-i", &format!("{}@@{}", target.display(), start(1)), "::"], None);
    let list = list.unwrap();
    let files: BTreeSet<&str> = list.lines().map(str::trim).filter(|line| !line.ends_with('/')).collect();
    let expected = ["::/EFI/BOOT/BOOTX64.EFI", "::/EFI/Linux/tram_0.1.0.efi", "::/loader/loader.conf"];
    assert_eq!(files, BTreeSet::from(expected), "{list}");
    let label = program::run("mlabel", &["-s", "-i", &format!("{}@@{}", target.display(), start(0)), "::"], None);
    assert!(label.unwrap().contains("TRAM"));
}

#[test]
fn a_target_without_room_is_an_error_and_not_a_box() {
    let fake = Fake::new("0.1.0");
    let target = fake.folder.path().join("target.img");
    std::fs::File::create(&target).unwrap().set_len(20 << 20).unwrap();
    assert!(onto(&fake.place, &target, &mut |_, _, _| {}).is_err());
}
