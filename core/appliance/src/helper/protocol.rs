//! What may be asked of the helper, and what it answers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tram_contract::Text;

use crate::Version;
use crate::install::Disk;
use crate::network::{Interface, Seen, Settings};
use crate::slots::Running;
use crate::state::{Outcome, Pending, Staged};
use crate::update::Manifest;

/// A request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Ask {
    /// What runs, what is under way, the network.
    Status,
    /// Whether an update file could be installed; changes nothing.
    CheckUpdate {
        /// The file, below the station's folder or on a mounted USB disk.
        path: PathBuf,
    },
    /// Writes an update into the other slot.
    WriteUpdate {
        /// As in `CheckUpdate`.
        path: PathBuf,
    },
    /// Mounts the other slot read-only, so that its program can compile plugins;
    /// answers where.
    OpenNext,
    /// Lets the other slot go.
    CloseNext,
    /// Has the next start try what was written, and restarts at a time (milliseconds
    /// since 1970), or not by itself.
    ArmUpdate {
        /// When; at once when it has passed.
        restart_at: Option<i64>,
    },
    /// Forgets what was written.
    DropUpdate,
    /// Has the next start take the version before, and restarts.
    GoBack,
    /// Restarts.
    Restart,
    /// Switches off.
    PowerOff,
    /// Sets the clock; never before the build.
    SetTime {
        /// Milliseconds since 1970.
        unix_ms: i64,
    },
    /// USB disks with what is on them.
    Usb,
    /// Mounts a partition of a USB disk; answers where.
    MountUsb {
        /// Its kernel name, as `sdb1`.
        name: String,
        /// Whether it will be written.
        writable: bool,
    },
    /// Unmounts it, everything written.
    UnmountUsb {
        /// Its kernel name.
        name: String,
    },
    /// Keeps network settings and makes them hold.
    SetNetwork {
        /// The settings.
        settings: Settings,
    },
    /// Somebody has read that the address changed.
    AddressRead,
    /// Disks that the box could be installed on.
    Disks,
    /// Installs the box on a disk. Everything on it is lost.
    Install {
        /// Its kernel name.
        disk: String,
        /// The name, typed by whoever wants it.
        typed: String,
    },
    /// Makes the station new. Everything is lost.
    FactoryReset {
        /// The word `XOA`, typed.
        typed: String,
    },
    /// Writes the log for help onto the partition TRAM.
    WriteLog,
}

/// What runs and what is under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// What runs.
    pub running: Running,
    /// The version that one step back leads to.
    pub previous: Option<Version>,
    /// Written, not armed.
    pub staged: Option<Staged>,
    /// Armed.
    pub pending: Option<Pending>,
    /// How the last one ended.
    pub outcome: Option<Outcome>,
    /// When the box restarts, milliseconds since 1970.
    pub restart_at: Option<i64>,
    /// Network cards.
    pub interfaces: Vec<Interface>,
    /// The last addresses.
    pub seen: Seen,
    /// Network settings.
    pub network: Settings,
}

/// A partition of a USB disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsbDisk {
    /// Kernel name, as `sdb1`.
    pub name: String,
    /// Label of the file system.
    pub label: String,
    /// Kind of file system.
    pub kind: String,
    /// Bytes.
    pub size: u64,
    /// Where it is mounted.
    pub mounted: Option<PathBuf>,
    /// Update files on it, when it is mounted.
    pub updates: Vec<PathBuf>,
}

/// A reply; `Progress` comes before the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// How far it is.
    Progress {
        /// What is being done.
        step: Text,
        /// Bytes done.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Done; nothing to say.
    Done,
    /// Not done, and why.
    Refused {
        /// For people.
        reason: Text,
    },
    /// To `Status`.
    Status(Box<Status>),
    /// To `CheckUpdate` and `WriteUpdate`.
    Update {
        /// What the file says of itself.
        manifest: Manifest,
    },
    /// To `OpenNext` and `MountUsb`.
    At {
        /// Where.
        path: PathBuf,
    },
    /// To `GoBack` and `ArmUpdate`.
    Next {
        /// The version that the next start takes.
        version: Version,
    },
    /// To `Usb`.
    Usb {
        /// The partitions.
        disks: Vec<UsbDisk>,
    },
    /// To `Disks`.
    Disks {
        /// The disks.
        disks: Vec<Disk>,
    },
}
