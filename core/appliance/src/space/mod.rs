//! How full the data disk is, and when it will be: a warning long before.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::files;

/// Days that samples are kept.
const DAYS: usize = 90;
/// Days that a forecast needs to look back on.
const LOOK_BACK: i64 = 5;
/// Days ahead within which a full disk is warned of.
const AHEAD: i64 = 60;
/// Bytes below which the disk counts as full: the station then refuses what adds to it.
const FULL: u64 = 512 << 20;

/// The disk now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Its size, bytes.
    pub total: u64,
    /// What can still be written, bytes.
    pub free: u64,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Room enough for months.
    Good,
    /// Full within two months, or less than a tenth free.
    Soon,
    /// Full, or nearly.
    Now,
}

/// What is known of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// The disk now.
    pub disk: Disk,
    /// Days until it is full when it fills as in the last weeks; none when it does not
    /// fill, or nothing is known yet.
    pub days: Option<i64>,
    /// How bad it is.
    pub level: Level,
}

/// A day and what was free at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Sample {
    /// Days since 1970, by the station's clock.
    day: i64,
    free: u64,
}

/// Watches the disk that the station's folder is on.
#[derive(Debug)]
pub struct Space {
    data: PathBuf,
    samples: Mutex<Vec<Sample>>,
}

impl Space {
    /// The room of the station in `data`.
    #[must_use]
    pub fn open(data: &Path) -> Self {
        let samples = std::fs::read(data.join(FILE)).ok();
        let samples = samples.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { data: data.to_owned(), samples: Mutex::new(samples) }
    }

    /// Writes down how much is free. Call it each hour; one figure a day is kept.
    pub fn look(&self) {
        let Ok(disk) = disk(&self.data) else { return };
        let day = tram_journal::clock::now().unix_ms.div_euclid(86_400_000);
        let mut samples = self.samples.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        note(&mut samples, Sample { day, free: disk.free });
        let bytes = serde_json::to_vec(&*samples).unwrap_or_default();
        if let Err(error) = files::replace(&self.data.join(FILE), &bytes) {
            log::warn!("the free space was not written down: {error}");
        }
    }

    /// What is known now.
    ///
    /// # Errors
    /// The file system does not say.
    pub fn forecast(&self) -> std::io::Result<Forecast> {
        let disk = disk(&self.data)?;
        let samples = self.samples.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let days = days_left(&samples, disk.free);
        Ok(Forecast { disk, days, level: level(disk, days) })
    }
}

const FILE: &str = "space.json";

/// Room on the disk of a folder.
///
/// # Errors
/// The file system does not say.
pub fn disk(folder: &Path) -> std::io::Result<Disk> {
    let stat = nix::sys::statvfs::statvfs(folder)?;
    Ok(Disk {
        total: stat.blocks().saturating_mul(stat.fragment_size()),
        free: stat.blocks_available().saturating_mul(stat.fragment_size()),
    })
}

/// Lowers the calling thread below the requests of people.
pub(crate) fn give_way() {
    // SAFETY: `gettid` and `setpriority` take plain numbers and touch no memory; on
    // Linux a thread's id names that thread alone.
    let lowered = unsafe {
        let thread = libc::gettid();
        libc::setpriority(libc::PRIO_PROCESS, libc::id_t::try_from(thread).unwrap_or(0), 10)
    };
    if lowered != 0 {
        log::warn!("a background thread keeps its priority: {}", std::io::Error::last_os_error());
    }
}

/// One sample a day, in order. A clock that was set back begins anew: days that are
/// still to come say nothing.
fn note(samples: &mut Vec<Sample>, sample: Sample) {
    samples.retain(|known| known.day < sample.day);
    samples.push(sample);
    let surplus = samples.len().saturating_sub(DAYS);
    samples.drain(..surplus);
}

/// Days until the disk is full, by the line through the samples (least squares).
fn days_left(samples: &[Sample], free: u64) -> Option<i64> {
    let (first, last) = (samples.first()?, samples.last()?);
    if last.day - first.day < LOOK_BACK || samples.len() < 3 {
        return None;
    }
    let count = samples.len() as f64;
    let x = |sample: &Sample| (sample.day - first.day) as f64;
    let mean_x = samples.iter().map(x).sum::<f64>() / count;
    let mean_y = samples.iter().map(|sample| sample.free as f64).sum::<f64>() / count;
    let (over, under) = samples.iter().fold((0.0, 0.0), |(over, under), sample| {
        let dx = x(sample) - mean_x;
        (over + dx * (sample.free as f64 - mean_y), under + dx * dx)
    });
    let a_day = -over / under;
    // Less than a megabyte a day is noise.
    if !a_day.is_finite() || a_day < 1e6 {
        return None;
    }
    Some((free.saturating_sub(FULL) as f64 / a_day) as i64)
}

fn level(disk: Disk, days: Option<i64>) -> Level {
    let tenth = disk.total / 10;
    // A tenth of a large disk is room enough.
    let little = tenth.min(20 << 30);
    if disk.free <= FULL.saturating_mul(2).min(tenth / 2) || disk.free <= FULL || days.is_some_and(|days| days <= 7) {
        Level::Now
    } else if disk.free <= little || days.is_some_and(|days| days <= AHEAD) {
        Level::Soon
    } else {
        Level::Good
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const GB: u64 = 1 << 30;

    fn filling(days: i64, a_day: u64) -> Vec<Sample> {
        let mut samples = Vec::new();
        for day in 0..days {
            note(&mut samples, Sample { day: 20_000 + day, free: 100 * GB - a_day * day as u64 });
        }
        samples
    }

    #[test]
    fn a_disk_that_fills_is_told_of_weeks_before() {
        let samples = filling(30, GB);
        let free = samples.last().unwrap().free;
        let days = days_left(&samples, free).unwrap();
        assert!((70..=71).contains(&days), "{days}");
        assert_eq!(level(Disk { total: 200 * GB, free }, Some(days)), Level::Good);
        assert_eq!(level(Disk { total: 200 * GB, free }, Some(40)), Level::Soon);
        assert_eq!(level(Disk { total: 200 * GB, free: 19 * GB }, None), Level::Soon);
        assert_eq!(level(Disk { total: 7 * GB, free: GB / 4 }, None), Level::Now);
        assert_eq!(level(Disk { total: 200 * GB, free: 100 * GB }, Some(3)), Level::Now);
    }

    #[test]
    fn nothing_is_claimed_of_a_few_days_or_of_a_quiet_disk() {
        assert_eq!(days_left(&filling(4, GB), 50 * GB), None);
        assert_eq!(days_left(&filling(30, 1000), 50 * GB), None);
    }

    #[test]
    fn days_to_come_are_forgotten_when_the_clock_was_wrong() {
        let mut samples = filling(10, GB);
        note(&mut samples, Sample { day: 30_000, free: GB });
        note(&mut samples, Sample { day: 20_011, free: 80 * GB });
        assert_eq!(samples.last().unwrap().day, 20_011);
        assert_eq!(samples.len(), 11);
        for day in 0..200 {
            note(&mut samples, Sample { day: 21_000 + day, free: GB });
        }
        assert_eq!(samples.len(), DAYS);
    }

    #[test]
    fn the_real_disk_answers() {
        let data = tempfile::tempdir().unwrap();
        let space = Space::open(data.path());
        space.look();
        let forecast = space.forecast().unwrap();
        assert!(forecast.disk.total > forecast.disk.free && forecast.days.is_none());
        assert_eq!(Space::open(data.path()).samples.lock().unwrap().len(), 1);
    }
}
