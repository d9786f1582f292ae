//! The box's clock: how far it can be trusted, and how it is set where no time server
//! is reached.
//!
//! Cheap boxes start in 2001 when their battery is flat. So no time is told before the
//! build or before the journal's last entry, the journal says of each time how it was
//! set, and an administrator's browser may set the clock while no time server has.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_journal::{Journal, TimeQuality, clock};

use crate::files;

mod kernel;

/// Milliseconds in which two clocks count as the same.
const SAME_MS: i64 = 60_000;
/// Years after the build that a browser's clock may claim.
const YEARS: i64 = 20;
/// File of the station's folder that remembers who set the clock.
const FILE: &str = "clock.json";

/// When this binary was built, in milliseconds since 1970.
#[must_use]
pub fn built_ms() -> i64 {
    env!("TRAM_BUILD_EPOCH").parse::<i64>().unwrap_or(0).saturating_mul(1000)
}

/// Sets the system's clock where this process may have it done (on a box: the helper).
pub trait SetTime: Send + Sync {
    /// Sets it, in milliseconds since 1970.
    ///
    /// # Errors
    /// Why it was not set, for people.
    fn set_time(&self, unix_ms: i64) -> Result<(), Text>;
}

/// What is known of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The station's time, in milliseconds since 1970.
    pub unix_ms: i64,
    /// How it was set.
    pub quality: TimeQuality,
    /// Whether a time server keeps it right now.
    pub synchronised: bool,
    /// Whether the system's clock was before the build or the last entry, so that the
    /// station tells the earliest time that can be.
    pub behind: bool,
    /// When this version was built, in milliseconds since 1970.
    pub built_ms: i64,
}

impl Status {
    /// How a browser's clock stands beside the station's.
    #[must_use]
    pub fn compare(&self, browser_ms: i64) -> Compared {
        let ahead = browser_ms.saturating_sub(self.unix_ms);
        if ahead.abs() <= SAME_MS { Compared::Same } else { Compared::Differs { browser_ahead_ms: ahead } }
    }
}

/// A browser's clock beside the station's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Within a minute.
    Same,
    /// More than a minute apart.
    Differs {
        /// Milliseconds that the browser is ahead.
        browser_ahead_ms: i64,
    },
}

/// Why a time was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A time server keeps the clock already.
    #[error("the clock follows a time server")]
    Synchronised,
    /// It is before the build or the last entry, or absurdly far ahead.
    #[error("the time offered cannot be right")]
    Impossible,
    /// The system's clock was not set.
    #[error("the system's clock was not set")]
    Refused(Text),
}

impl Error {
    /// What to tell the administrator.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Synchronised => Text::vi_en(
                "Trạm đang lấy giờ từ máy chủ giờ trên mạng, không cần lấy giờ của máy này. Nếu hai bên lệch nhau, hãy chỉnh lại giờ của máy này.",
                "The station takes its time from a time server, so this computer's is not needed. If the two differ, set this computer's clock.",
            ),
            Self::Impossible => Text::vi_en(
                "Giờ của máy này không thể đúng: nó sớm hơn dữ liệu đã có trong trạm, hoặc quá xa về sau. Hãy chỉnh giờ máy này rồi thử lại.",
                "This computer's time cannot be right: it is before what the station holds already, or far in the future. Set this computer's clock and try again.",
            ),
            Self::Refused(text) => text.clone(),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// When a browser set the clock, by that browser's time.
    browser_ms: i64,
}

/// The clock of a station.
pub struct Clock {
    file: PathBuf,
    setter: Option<Box<dyn SetTime>>,
    /// The earliest time that a browser may offer.
    earliest_ms: i64,
    setting: Mutex<()>,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Clock {
    /// Begins to keep the clock of the station in `data`: no time is told before the
    /// build or the journal's last entry from here on. Call it before anything is
    /// written.
    #[must_use]
    pub fn start(data: &Path, journal: &Journal, setter: Option<Box<dyn SetTime>>) -> Self {
        let earliest_ms = hold(journal);
        let file = data.join(FILE);
        let this = Self { file, setter, earliest_ms, setting: Mutex::new(()) };
        // A clock that went on since a browser set it still is as good as it was.
        let kept: Kept =
            std::fs::read(&this.file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        if kept.browser_ms > 0 && !clock::is_behind() && clock::now().unix_ms >= kept.browser_ms {
            clock::set_quality(TimeQuality::Browser);
        }
        look();
        this
    }

    /// What is known of the clock now.
    #[must_use]
    pub fn status(&self) -> Status {
        look();
        let now = clock::now();
        Status {
            unix_ms: now.unix_ms,
            quality: now.quality,
            synchronised: kernel::is_synchronised(),
            behind: clock::is_behind(),
            built_ms: built_ms(),
        }
    }

    /// Takes the time of an administrator's browser: into the system's clock on a box,
    /// else for this station alone.
    ///
    /// # Errors
    /// A time server keeps the clock, the time cannot be right, or the system's clock
    /// was not set.
    pub fn take_browser(&self, unix_ms: i64) -> Result<Status, Error> {
        let _one = self.setting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        look();
        if clock::quality() == TimeQuality::Ntp {
            return Err(Error::Synchronised);
        }
        let latest = built_ms().saturating_add(YEARS * 365 * 86_400_000);
        if unix_ms < self.earliest_ms || unix_ms > latest {
            return Err(Error::Impossible);
        }
        match &self.setter {
            Some(setter) => {
                setter.set_time(unix_ms).map_err(Error::Refused)?;
                clock::correct(None);
            }
            None => clock::take_from_browser(unix_ms),
        }
        clock::set_quality(TimeQuality::Browser);
        let kept = serde_json::to_vec(&Kept { browser_ms: unix_ms }).unwrap_or_default();
        if let Err(error) = files::replace(&self.file, &kept) {
            log::warn!("that the clock was set will be forgotten with the next start: {error}");
        }
        Ok(self.status())
    }
}

/// From now on no time is told before the build or the journal's last entry; returns that
/// time, in milliseconds since 1970. To be called before anything is written.
pub fn hold(journal: &Journal) -> i64 {
    let last = journal.changes(journal.head().sequence, 1).ok();
    let last_ms = last.as_deref().and_then(<[_]>::last).map_or(0, |entry| entry.time.unix_ms);
    let earliest_ms = built_ms().max(last_ms);
    clock::raise_floor(earliest_ms);
    earliest_ms
}

/// Looks whether a time server keeps the system's clock now. Called each minute.
pub(crate) fn look() {
    if kernel::is_synchronised() && !clock::is_behind() {
        clock::correct(None);
        clock::set_quality(TimeQuality::Ntp);
    } else if clock::is_behind() {
        clock::set_quality(TimeQuality::Unset);
    }
    // A time server that went away leaves a clock that it had set: still `Ntp`.
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_clock_that_is_a_minute_off_is_told() {
        let status =
            Status { unix_ms: 1_000_000, quality: TimeQuality::Unset, synchronised: false, behind: true, built_ms: 0 };
        assert_eq!(status.compare(1_059_000), Compared::Same);
        assert_eq!(status.compare(900_000), Compared::Differs { browser_ahead_ms: -100_000 });
    }

    #[test]
    fn a_browser_sets_the_clock_but_not_before_the_build() {
        let data = tempfile::tempdir().unwrap();
        let journal = Journal::create(&data.path().join("s"), tram_journal::Options::default()).unwrap();
        let clock = Clock::start(data.path(), &journal, None);
        assert!(clock.status().unix_ms >= built_ms());
        if clock.status().synchronised {
            assert!(matches!(clock.take_browser(built_ms() + 5), Err(Error::Synchronised)));
            return;
        }
        assert!(matches!(clock.take_browser(built_ms() - 1), Err(Error::Impossible)));
        assert!(matches!(clock.take_browser(i64::MAX), Err(Error::Impossible)));
        let wanted = clock.status().unix_ms + 7_200_000;
        let status = clock.take_browser(wanted).unwrap();
        assert_eq!(status.quality, TimeQuality::Browser);
        assert_eq!(status.compare(wanted), Compared::Same);
        tram_journal::clock::correct(None);
    }
}
