//! Figures that the kernel gives (proc(5), sysfs thermal).

use std::path::Path;
use std::time::Duration;

/// How the machine is now. What the kernel does not tell is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct System {
    /// Memory of the machine, bytes.
    pub memory: u64,
    /// Of it, what programs could still have, bytes.
    pub memory_available: u64,
    /// What this process holds, bytes (resident, with mapped files).
    pub own_memory: u64,
    /// Tasks that ran or waited, averaged over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Processors.
    pub processors: usize,
    /// The hottest sensor.
    pub temperature: Option<Temperature>,
    /// Time since the machine was switched on.
    pub uptime: Option<Duration>,
}

/// A temperature and where it is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Temperature {
    /// What the kernel calls the place.
    pub place: String,
    /// Degrees Celsius.
    pub celsius: f64,
}

impl System {
    /// Reads the figures.
    #[must_use]
    pub fn read() -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let meminfo = text("/proc/meminfo");
        Self {
            memory: kilobytes(&meminfo, "MemTotal:"),
            memory_available: kilobytes(&meminfo, "MemAvailable:"),
            own_memory: kilobytes(&text("/proc/self/status"), "VmRSS:"),
            load: load(&text("/proc/loadavg")),
            processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            temperature: hottest(Path::new("/sys/class/thermal")),
            uptime: text("/proc/uptime")
                .split(' ')
                .next()
                .and_then(|seconds| Duration::try_from_secs_f64(seconds.parse().ok()?).ok()),
        }
    }
}

/// A figure in kB of a file of `NAME: FIGURE kB` lines, in bytes; 0 when absent.
fn kilobytes(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes.saturating_mul(1024))
}

fn load(text: &str) -> Option<[f64; 3]> {
    let mut words = text.split_whitespace().map(|word| word.parse().ok());
    Some([words.next()??, words.next()??, words.next()??])
}

fn hottest(zones: &Path) -> Option<Temperature> {
    let all = std::fs::read_dir(zones).ok()?.flatten().filter_map(|zone| {
        let of = |name: &str| std::fs::read_to_string(zone.path().join(name)).ok();
        let celsius = of("temp")?.trim().parse::<f64>().ok()? / 1000.0;
        // Boards without a sensor say 0, or absurd figures.
        (1.0..=150.0)
            .contains(&celsius)
            .then(|| Temperature { place: of("type").unwrap_or_default().trim().to_owned(), celsius })
    });
    all.max_by(|a, b| a.celsius.total_cmp(&b.celsius))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
    use super::*;

    #[test]
    fn the_kernels_figures_are_read() {
        let system = System::read();
        assert!(system.memory > system.memory_available && system.memory_available > 0);
        assert!(system.own_memory > 0 && system.processors > 0);
        assert!(system.uptime.unwrap() > Duration::from_secs(1));
        assert_eq!(load("0.61 0.40 0.20 1/300 4242\n"), Some([0.61, 0.4, 0.2]));
        assert_eq!(load(""), None);
    }

    #[test]
    fn the_hottest_sensor_counts_and_absent_ones_do_not() {
        let zones = tempfile::tempdir().unwrap();
        for (name, kind, temp) in [("a", "acpitz", "0"), ("b", "x86_pkg_temp", "61500"), ("c", "wifi", "45000")] {
            let zone = zones.path().join(name);
            std::fs::create_dir(&zone).unwrap();
            std::fs::write(zone.join("type"), format!("{kind}\n")).unwrap();
            std::fs::write(zone.join("temp"), format!("{temp}\n")).unwrap();
        }
        assert_eq!(hottest(zones.path()), Some(Temperature { place: "x86_pkg_temp".into(), celsius: 61.5 }));
    }
}
