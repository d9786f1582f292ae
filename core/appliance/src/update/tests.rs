#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]
use proptest::prelude::*;
use tram_contract::Text;

use super::*;
use crate::fake::{Fake, bytes, root_of};
use crate::slots::{self, Running, Slot, table};
use crate::state::{Failure, State};

fn read(file: &[u8], keys: &Keys) -> Result<(Manifest, Vec<u8>, Vec<u8>), Refusal> {
    let (mut root, mut uki) = (Vec::new(), Vec::new());
    let mut update = Update::open(file, keys)?;
    update.root(&mut root)?;
    update.uki(&mut uki)?;
    Ok((update.end()?, root, uki))
}

fn key() -> SigningKey {
    SigningKey::read(&SigningKey::make().unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_packed_is_read(root in prop::collection::vec(any::<u8>(), 1..5000), uki in prop::collection::vec(any::<u8>(), 1..5000)) {
        let key = key();
        let file = bytes(&key, "1.2.3", "1.0.0", &root, &uki);
        let (manifest, read_root, read_uki) = read(&file, &Keys::of([key.public()])).unwrap();
        prop_assert_eq!(manifest.version.to_string(), "1.2.3");
        prop_assert_eq!(read_root, root);
        prop_assert_eq!(read_uki, uki);
    }

    #[test]
    fn no_bytes_make_the_reader_fall(noise in prop::collection::vec(any::<u8>(), 0..600), keep in 0usize..120) {
        let key = key();
        let file = bytes(&key, "1.2.3", "1.0.0", b"root", b"uki");
        let file = [&file[..keep.min(file.len())], &noise[..]].concat();
        prop_assert!(read(&file, &Keys::of([key.public()])).is_err());
    }
}

#[test]
fn every_flipped_bit_is_found() {
    let key = key();
    let keys = Keys::of([key.public()]);
    let file = bytes(&key, "1.2.3", "1.0.0", &[7; 100], &[9; 50]);
    assert!(read(&file, &keys).is_ok());
    for bit in 0..file.len() * 8 {
        let mut other = file.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&other, &keys).is_err(), "bit {bit} of byte {}", bit / 8);
    }
}

#[test]
fn every_cut_and_anything_behind_the_end_is_found() {
    let key = key();
    let keys = Keys::of([key.public()]);
    let file = bytes(&key, "1.2.3", "1.0.0", &[7; 100], &[9; 50]);
    for length in 0..file.len() {
        assert!(read(&file[..length], &keys).is_err(), "cut at {length}");
    }
    let mut longer = file;
    longer.push(0);
    assert!(matches!(read(&longer, &keys), Err(Refusal::Cut)));
}

#[test]
fn another_key_is_not_taken() {
    let (ours, theirs) = (key(), key());
    let file = bytes(&theirs, "1.2.3", "1.0.0", b"r", b"u");
    assert!(matches!(read(&file, &Keys::of([ours.public()])), Err(Refusal::UnknownKey)));
    assert!(matches!(read(&file, &Keys::default()), Err(Refusal::UnknownKey)));
    assert!(read(&file, &Keys::of([ours.public(), theirs.public()])).is_ok());
}

fn quiet() -> impl FnMut(Step, u64, u64) {
    |_, _, _| {}
}

#[test]
fn an_update_goes_into_the_other_slot_and_is_tried() {
    let fake = Fake::new("0.1.0");
    let place = &fake.place;
    let (root, uki) = (root_of(2, 100), vec![3; 10_000]);
    let file = fake.update("0.2.0", "0.1.0", &root, &uki);
    let mut steps = Vec::new();
    apply(place, &file, &mut |step, done, total| {
        if done == total {
            steps.push(step);
        }
    })
    .unwrap();
    assert_eq!(std::fs::read(place.disk.join("slot-b")).unwrap()[..root.len()], root);
    assert_eq!(table::label(place, Slot::B).unwrap(), "tram_0.2.0");
    assert_eq!(table::label(place, Slot::A).unwrap(), "tram_0.1.0");
    assert!(steps.contains(&Step::Write) && steps.contains(&Step::ReadBack));
    // Nothing starts it yet.
    assert_eq!(fake.entries(), ["tram-next.new", "tram_0.1.0.efi"]);
    assert_eq!(arm(place).unwrap().version.to_string(), "0.2.0");
    assert_eq!(fake.entries(), ["tram_0.1.0.efi", "tram_0.2.0+3.efi"]);
    assert!(settle(place).unwrap().pending.is_some(), "not tried yet");

    // It starts, is on trial, and is found good.
    fake.rename_entry("tram_0.2.0+3.efi", "tram_0.2.0+2-1.efi");
    fake.runs("0.2.0", 'b');
    assert!(Running::read(place).unwrap().on_trial);
    assert!(settle(place).unwrap().pending.is_some(), "on trial");
    assert!(crate::health::should_restart(place).unwrap());
    fake.rename_entry("tram_0.2.0+2-1.efi", "tram_0.2.0.efi");
    let state = settle(place).unwrap();
    assert!(state.pending.is_none() && state.outcome.unwrap().good);
    // A version that was found good is not left when it falls ill.
    assert!(!crate::health::should_restart(place).unwrap());

    // Back by hand: the running one has no tries any more, the other starts.
    assert_eq!(slots::go_back(place, &Running::read(place).unwrap()).unwrap().to_string(), "0.1.0");
    assert_eq!(fake.entries(), ["tram_0.1.0.efi", "tram_0.2.0+0.efi"]);
}

#[test]
fn the_next_update_takes_the_old_slot_and_its_entry_goes_first() {
    let fake = Fake::new("0.2.0");
    let place = &fake.place;
    std::fs::write(place.esp.join("EFI/Linux/tram_0.1.0.efi"), b"old").unwrap();
    std::fs::write(place.esp.join("EFI/Linux/tram_0.3.0+0-3.efi"), b"failed").unwrap();
    let file = fake.update("0.4.0", "0.1.0", &root_of(2, 10), b"uki");
    apply(place, &file, &mut quiet()).unwrap();
    assert_eq!(fake.entries(), ["tram-next.new", "tram_0.2.0.efi"]);
    assert_eq!(slots::previous(place, &Running::read(place).unwrap()).unwrap(), None);
    drop_staged(place).unwrap();
    assert_eq!(fake.entries(), ["tram_0.2.0.efi"]);
    assert!(arm(place).is_err());
}

#[test]
fn why_an_update_failed_is_told_by_the_version_before() {
    for (reason, told) in [(Some("Plugin không chạy."), "Plugin không chạy."), (None, "ba lần thử")] {
        let fake = Fake::new("0.1.0");
        let place = &fake.place;
        let file = fake.update("0.2.0", "0.1.0", &root_of(2, 10), b"uki");
        apply(place, &file, &mut quiet()).unwrap();
        arm(place).unwrap();
        fake.rename_entry("tram_0.2.0+3.efi", "tram_0.2.0+0-3.efi");
        if let Some(reason) = reason {
            fake.runs("0.2.0", 'b');
            let mut probe = || Err(Text::vi_en(reason, "no plugin"));
            assert!(crate::health::gate(place, std::time::Duration::ZERO, &mut probe).is_err());
            assert!(crate::health::failed(place).unwrap(), "0.1.0 is there to go back to");
            fake.runs("0.1.0", 'a');
        }
        let outcome = settle(place).unwrap().outcome.unwrap();
        assert!(!outcome.good);
        assert!(outcome.reason.unwrap().get("vi").contains(told));
        assert!(Failure::read(place).is_none());
        assert_eq!(State::read(place).pending, None);
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    let root = root_of(2, 10);
    let big = root_of(2, 300);
    type Spoil = fn(&Fake);
    let nothing: Spoil = |_| {};
    type Case<'a> = (&'a str, &'a str, &'a [u8], Spoil, fn(&Refusal) -> bool);
    let cases: [Case; 7] = [
        ("0.0.9", "0.0.1", &root, nothing, |r| matches!(r, Refusal::Older { .. })),
        ("0.1.0", "0.0.1", &root, nothing, |r| matches!(r, Refusal::Same(_))),
        ("0.3.0", "0.2.0", &root, nothing, |r| matches!(r, Refusal::Between { .. })),
        ("0.2.0", "0.1.0", &big, nothing, |r| matches!(r, Refusal::Slot { has: 1_048_576, .. })),
        (
            "0.2.0",
            "0.1.0",
            &root,
            |f| f.rename_entry("tram_0.1.0.efi", "tram_0.1.0+2-1.efi"),
            |r| matches!(r, Refusal::OnTrial),
        ),
        (
            "0.2.0",
            "0.1.0",
            &root,
            |f| std::fs::remove_file(f.place.disk.join("slot-b")).unwrap(),
            |r| matches!(r, Refusal::Slot { has: 0, .. }),
        ),
        (
            "0.2.0",
            "0.1.0",
            &root,
            |f| std::fs::remove_file(f.place.keys.join("test.pub")).unwrap(),
            |r| matches!(r, Refusal::UnknownKey),
        ),
    ];
    for (version, minimum, root, spoil, expected) in cases {
        let fake = Fake::new("0.1.0");
        let file = fake.update(version, minimum, root, b"uki");
        spoil(&fake);
        let before = fake.seen();
        for refusal in [check(&fake.place, &file, &mut quiet()), apply(&fake.place, &file, &mut quiet())] {
            let refusal = refusal.unwrap_err();
            assert!(expected(&refusal), "{refusal}");
            let text = refusal.text();
            assert!(!text.get("vi").is_empty() && text.get("vi") != text.get("en"));
        }
        assert_eq!(fake.seen(), before, "{version}");
    }
}

#[test]
fn a_damaged_file_changes_nothing() {
    let fake = Fake::new("0.1.0");
    let file = fake.update("0.2.0", "0.1.0", &root_of(2, 10), b"uki");
    let before = fake.seen();
    let whole = std::fs::read(&file).unwrap();
    let spoiled = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for bytes in [spoiled(3), spoiled(30), spoiled(whole.len() - 1), whole[..whole.len() - 1].to_vec(), Vec::new()] {
        std::fs::write(&file, bytes).unwrap();
        assert!(apply(&fake.place, &file, &mut quiet()).is_err());
        assert_eq!(fake.seen(), before);
    }
}

#[test]
fn a_full_start_partition_is_refused_before_anything_is_written() {
    let fake = Fake::new("0.1.0");
    let mounted =
        nix::mount::mount(Some("tmpfs"), &fake.place.esp, Some("tmpfs"), nix::mount::MsFlags::empty(), Some("size=4m"));
    if mounted.is_err() {
        println!("skipped: only root mounts a small disk");
        return;
    }
    std::fs::create_dir_all(fake.place.esp.join("EFI/Linux")).unwrap();
    std::fs::write(fake.place.esp.join("EFI/Linux/tram_0.1.0.efi"), b"MZ").unwrap();
    let file = fake.update("0.2.0", "0.1.0", &root_of(2, 10), &vec![1; 3 << 20]);
    let before = fake.seen();
    let refusal = apply(&fake.place, &file, &mut quiet());
    let after = fake.seen();
    nix::mount::umount(&fake.place.esp).unwrap();
    assert!(matches!(refusal, Err(Refusal::Esp { .. })), "{refusal:?}");
    assert_eq!(after, before);
}
