//! Signs of life of a station on a box: systemd hears that it serves, and goes on
//! hearing it only while writer, reader and listener make progress.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tram_appliance::{boot, health, notify};
use tram_contract::Text;
use tram_host::{Host, PluginState};
use tram_journal::{CollectionSpec, History, Journal};
use tram_people::People;

use crate::station::Station;

/// Owner of the beat, outside the journal and the audit.
const OWNER: &str = "box";
const BEAT: &str = "beat";
/// Entries at the journal's end that are read again.
const TAIL: u64 = 200;
/// How often what the console shows is brought up to date.
const LOOK: Duration = Duration::from_secs(2);

/// The signs of life.
pub(crate) struct Pulse {
    journal: Journal,
    host: Host,
    people: People,
    data: PathBuf,
}

impl Pulse {
    /// Of an open station.
    ///
    /// # Errors
    /// The journal refuses the beat's collection.
    pub(crate) fn new(station: &Station, data: &Path) -> Result<Self> {
        declare(&station.journal)?;
        Ok(Self {
            journal: station.journal.clone(),
            host: station.host.clone(),
            people: station.people.clone(),
            data: data.to_owned(),
        })
    }

    /// Says that the station serves, and goes on on threads of its own.
    ///
    /// # Errors
    /// No thread is to be had, or the set-up code cannot be kept.
    pub(crate) fn begin(self, addresses: &[SocketAddr]) -> Result<()> {
        let here = addresses.first().copied().context("no address")?;
        let local = SocketAddr::from(([127, 0, 0, 1], here.port()));
        let mut told = self.tell(None)?;
        notify::say("READY=1");
        let (journal, host) = (self.journal.clone(), self.host.clone());
        if let Some(interval) = notify::watchdog() {
            std::thread::Builder::new().name("watchdog".into()).spawn(move || {
                loop {
                    match health(&journal, &host).and_then(|()| health::healthz(local)) {
                        Ok(()) => {
                            notify::say("WATCHDOG=1");
                        }
                        // Not fed: systemd restarts the service when this lasts.
                        Err(reason) => log::error!("{}", reason.get("en")),
                    }
                    std::thread::sleep(interval / 3);
                }
            })?;
        }
        std::thread::Builder::new().name("box-told".into()).spawn(move || {
            loop {
                std::thread::sleep(LOOK);
                match self.tell(Some(&told)) {
                    Ok(now) => told = now,
                    Err(error) => log::warn!("what the console shows was not kept: {error:#}"),
                }
            }
        })?;
        Ok(())
    }

    /// Writes what the rest of the box is told, when it is another than `last`.
    fn tell(&self, last: Option<&boot::Station>) -> Result<boot::Station> {
        let station = self.people.station()?;
        let [.., a, b] = self.journal.station().to_bytes();
        let setup_code = if station.ready { None } else { Some(self.code(last)?) };
        let now = boot::Station {
            name: format!("tram-{a:02x}{b:02x}.local"),
            school: station.school,
            ready: station.ready,
            setup_code,
        };
        if last != Some(&now) {
            now.keep(&self.data)?;
        }
        Ok(now)
    }

    /// The set-up code that is shown: the last one while it holds, else a new one.
    fn code(&self, last: Option<&boot::Station>) -> Result<String> {
        let kept = match last {
            Some(told) => told.setup_code.clone(),
            None => boot::Station::of_folder(&self.data).and_then(|told| told.setup_code),
        };
        if let Some(code) = kept
            && self.people.is_setup_code(&code)?
        {
            return Ok(code);
        }
        Ok(self.people.new_setup_code()?)
    }
}

fn declare(journal: &Journal) -> Result<()> {
    let beat = CollectionSpec {
        name: BEAT.to_owned(),
        history: History::Scratch,
        public: true,
        schema: 1,
        indexes: Vec::new(),
    };
    journal.declare(OWNER, &[beat]).context("the journal refuses the beat")
}

/// Whether the station is well: what came with the version runs, the end of the journal
/// reads, and the writer writes.
///
/// # Errors
/// What is wrong, for people.
pub(crate) fn health(journal: &Journal, host: &Host) -> Result<(), Text> {
    for plugin in host.plugins().into_iter().filter(|plugin| plugin.embedded) {
        if let PluginState::Failed { reason } = plugin.state {
            return Err(Text::vi_en(
                format!("Phần “{}” không chạy: {}", plugin.manifest.name.get("vi"), reason.get("vi")),
                format!("The part “{}” does not run: {}", plugin.manifest.name.get("en"), reason.get("en")),
            ));
        }
    }
    let broken = |error: &dyn std::fmt::Display| {
        Text::vi_en(
            format!("Kho dữ liệu không đọc hay ghi được: {error}."),
            format!("The journal cannot be read or written: {error}."),
        )
    };
    let from = journal.head().sequence.saturating_sub(TAIL);
    journal.changes(from, usize::try_from(TAIL).unwrap_or_default()).map_err(|error| broken(&error))?;
    let beat = journal.run(tram_journal::Context::new("box", OWNER), |txn| {
        txn.put(OWNER, BEAT, b"beat", &tram_journal::clock::now().unix_ms.to_le_bytes(), 1, &[], None)
    });
    beat.map(|_| ()).map_err(|error| broken(&error))
}
