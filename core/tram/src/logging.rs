//! Log lines: to systemd's journal under systemd, readable on standard error
//! elsewhere.

use log::{LevelFilter, Log, Metadata, Record};

struct Lines;

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        eprintln!("{:<5} {}: {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

/// Begins logging. `TRAM_LOG` sets the level: error, warn (default elsewhere than
/// under systemd), info, debug.
pub(crate) fn begin() {
    let systemd = systemd_journal_logger::connected_to_journal();
    let level = std::env::var("TRAM_LOG").ok().and_then(|word| word.parse().ok()).unwrap_or(if systemd {
        LevelFilter::Info
    } else {
        LevelFilter::Warn
    });
    let begun = if systemd {
        systemd_journal_logger::JournalLog::new().is_ok_and(|logger| logger.install().is_ok())
    } else {
        log::set_logger(&Lines).is_ok()
    };
    if begun {
        log::set_max_level(level);
    }
}
