//! `tram verify`, `backup`, `restore`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tram_appliance::backup;
use tram_journal::{BackupReport, Head, Options};

use crate::control;

/// A head as it is printed and given back as a witness: `EPOCH-TAG:SEQUENCE:HASH`.
fn head_text(head: &Head) -> String {
    let hash: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{:04x}:{}:{hash}", head.epoch, head.tag, head.sequence)
}

fn head_of(text: &str) -> Option<Head> {
    let mut parts = text.trim().split(':');
    let (epoch, tag) = parts.next()?.split_once('-')?;
    let (epoch, tag) = (epoch.parse().ok()?, u16::from_str_radix(tag, 16).ok()?);
    let (sequence, hash) = (parts.next()?.parse().ok()?, parts.next()?);
    let mut bytes = [0u8; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(Head { sequence, epoch, tag, hash: bytes })
}

/// Checks everything and says what it found.
///
/// # Errors
/// Something does not check; each finding is printed.
pub(crate) fn verify(data: &Path, witness: Option<&str>) -> Result<()> {
    let witness = witness
        .map(|text| {
            head_of(text).context("a witness is EPOCH-TAG:SEQUENCE:HASH, as `tram backup` and `tram verify` print it")
        })
        .transpose()?;
    let report = tram_journal::verify(data, witness.as_ref())
        .with_context(|| format!("{} cannot be verified", data.display()))?;
    println!("{} segments, {} entries, {} bytes read", report.segments, report.entries, report.bytes);
    println!(
        "tables: {}",
        if report.tables_compared { "equal to a rebuild from the journal alone" } else { "not compared" }
    );
    println!("read log: {} readings of sensitive fields", report.readings);
    if report.unfinished_write {
        println!("An unfinished write stands at the end; it was never acknowledged, and the next start cuts it off.");
    }
    if let Some(head) = &report.head {
        println!("head: {}", head_text(head));
    }
    for problem in &report.problems {
        println!("WRONG {}, byte {}, entry {}: {}", problem.part, problem.offset, problem.sequence, problem.reason);
    }
    if report.is_sound() {
        println!("Everything checks.");
        return Ok(());
    }
    bail!("{} things do not check; restore a backup, or ask for help with this list", report.problems.len())
}

/// What is printed of a backup.
pub(crate) fn told(report: &BackupReport) -> String {
    format!(
        "{} files copied ({} bytes), {} were there already.\nWitness (keep it with the backup): {}",
        report.copied,
        report.bytes,
        report.kept,
        head_text(&report.head)
    )
}

/// Copies the station while it serves, or closed.
///
/// # Errors
/// The target cannot be written.
pub(crate) fn backup(data: &Path, to: &Path) -> Result<()> {
    if let Some(mut connection) = control::connect(data)? {
        return connection.backup(to);
    }
    let journal = crate::station::open_journal(data)?;
    let report = journal.backup(to).context("the backup failed; what is there already stays valid")?;
    println!("{}", told(&report));
    journal.close()?;
    Ok(())
}

/// Makes a data folder from a backup.
///
/// # Errors
/// The backup does not check, or the folder holds something.
pub(crate) fn restore(data: &Path, from: &Path, key: Option<&str>) -> Result<()> {
    if data.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; restore into a new folder", data.display());
    }
    if let Some(key) = key {
        return restore_sealed(data, from, key);
    }
    if !from.join("manifest").is_file() && backup::restore::find(from).is_ok() {
        bail!("{} is sealed; give the words of its key sheet: --key 'WORDS', --key - or --key @FILE", from.display());
    }
    let context =
        tram_journal::Context { time: tram_journal::clock::now(), ..tram_journal::Context::new("console", "core") };
    let report =
        tram_journal::restore(from, data, &[], context, Options::default()).context("the backup was not restored")?;
    println!("Restored: {report:?}");
    println!("Serve it with:  tram serve --data {} --listen 0.0.0.0:8080", data.display());
    Ok(())
}

/// Restores a sealed backup: a list's file, a stick, or its folder.
fn restore_sealed(data: &Path, from: &Path, key: &str) -> Result<()> {
    let typed = match key.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))?,
        None if key == "-" => {
            eprintln!("Type or scan the key sheet's words, then an empty line:");
            let lines = std::io::stdin().lines().map_while(Result::ok).take_while(|line| !line.trim().is_empty());
            lines.collect::<Vec<_>>().join(" ")
        }
        None => key.to_owned(),
    };
    let told = |error: backup::Error| {
        let text = error.text();
        anyhow::anyhow!("{}\n{}", text.get("vi"), text.get("en"))
    };
    let identity = backup::identity_of(&typed).map_err(told)?;
    let (depot, entry, list) = backup::restore::newest(from, &identity).map_err(told)?;
    let restored = backup::restore::into(&depot, &entry, &list, &identity, data).map_err(told)?;
    println!("Restored {} of {} ({}).", entry.file, list.school, list.station);
    if !restored.whole {
        println!("It was the journal alone: covers and materials are on the stick's backups.");
    }
    println!("Witness: {}", head_text(&restored.report.restored));
    println!("Serve it with:  tram serve --data {} --listen 0.0.0.0:8080", data.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_witness_reads_back() {
        let head = Head { sequence: 12, epoch: 3, tag: 0xBEEF, hash: [0xAB; 32] };
        assert_eq!(head_of(&head_text(&head)).unwrap(), head);
        assert!(head_of("1-00ff:2:zz").is_none());
    }
}
