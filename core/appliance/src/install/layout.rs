//! The partition table of a box, read with `sfdisk --json` and written again for a
//! new disk.

use std::path::Path;

use serde::Deserialize;

use crate::error::Doing;
use crate::slots::Running;
use crate::{Error, program};

/// Partitions by number (image/README.md).
const FILES: usize = 1;
const ESP: usize = 2;

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partition {
    /// First byte.
    pub(super) start: u64,
    /// Bytes.
    pub(super) size: u64,
    kind: String,
    name: String,
}

/// The partitions that an installed disk begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) files: Partition,
    pub(super) esp: Partition,
    pub(super) root: Partition,
}

#[derive(Debug, Deserialize)]
struct Dump {
    partitiontable: Table,
}

#[derive(Debug, Deserialize)]
struct Table {
    #[serde(default)]
    sectorsize: Option<u64>,
    #[serde(default)]
    partitions: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    start: u64,
    size: u64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: String,
}

impl Layout {
    /// Reads the table of a box's disk; the root is the slot that runs, or the one that
    /// is labelled as it.
    pub(super) fn of(disk: &Path, running: &Running) -> Result<Self, Error> {
        let text = program::run("sfdisk", &["--json", &disk.to_string_lossy()], None)?;
        let dump: Dump = serde_json::from_str(&text).map_err(std::io::Error::other).doing("sfdisk --json")?;
        let sector = dump.partitiontable.sectorsize.unwrap_or(512);
        let partitions: Vec<Partition> = dump
            .partitiontable
            .partitions
            .into_iter()
            .map(|row| Partition { start: row.start * sector, size: row.size * sector, kind: row.kind, name: row.name })
            .collect();
        let label = crate::slots::table::label_of(&running.version);
        let missing = || {
            Error::refused(
                "Bảng phân vùng của ổ đang chạy không phải của Trạm.",
                "The partition table of the running disk is not Trạm's.",
            )
        };
        let numbered = |number: usize| partitions.get(number - 1).cloned().ok_or_else(missing);
        Ok(Self {
            files: numbered(FILES)?,
            esp: numbered(ESP)?,
            root: partitions.iter().find(|partition| partition.name == label).cloned().ok_or_else(missing)?,
        })
    }

    /// Bytes that a disk must have: these, the second slot, and room for data.
    pub(super) fn needs(&self) -> u64 {
        self.files.size + self.esp.size + 2 * self.root.size + super::disks::DATA
    }

    /// What sfdisk makes a new table from; disk and partitions get fresh GUIDs.
    pub(super) fn script(&self) -> String {
        let mut script = String::from("label: gpt\n");
        for part in [&self.files, &self.esp, &self.root] {
            let mib = part.size.div_ceil(1 << 20);
            script.push_str(&format!("size={mib}MiB, type={}, name=\"{}\"\n", part.kind, part.name));
        }
        script
    }
}
