//! How much a station takes on a box with so much memory. The sums stand in
//! `docs/architecture.md`; a test reads them there.

/// Memory that the parts of a station may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Component instances at once.
    pub(crate) instances: u32,
}

/// Up to this much memory it is a box of 1 GB, and so on: some is the kernel's and the
/// firmware's own, so a box never says the round number.
const ONE_GB: u64 = 1_300 << 20;
const TWO_GB: u64 = 2_600 << 20;

impl Budget {
    /// The budget of a box with so many bytes of memory.
    pub(crate) const fn of(memory: u64) -> Self {
        if memory <= ONE_GB {
            Self { instances: 12 }
        } else if memory <= TWO_GB {
            Self { instances: 16 }
        } else {
            Self { instances: 24 }
        }
    }

    /// The budget of this box; the smallest when it does not say how much it has.
    pub(crate) fn of_system() -> Self {
        let said = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self::of(total(&said).unwrap_or_default())
    }
}

/// `MemTotal` of /proc/meminfo (proc(5)) in bytes.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    const PAGE: &str = include_str!("../../../docs/architecture.md");
    const BOXES: [u64; 3] = [1 << 30, 2 << 30, 4 << 30];

    /// The table's rows: name, and MiB for each size of box.
    fn table() -> Vec<(String, [u64; 3])> {
        let (_, after) = PAGE.split_once("## Memory budget").expect("the section");
        let lines = after.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        lines
            .skip(2)
            .map(|line| {
                let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
                let values = [cells[1], cells[2], cells[3]].map(|cell| {
                    let words = cell.replace([',', '×'], "").replace("MiB", "");
                    words.split_whitespace().map(|word| word.parse::<u64>().expect(cell)).product()
                });
                (cells[0].to_owned(), values)
            })
            .collect()
    }

    fn row(name: &str) -> [u64; 3] {
        let rows = table();
        let found: Vec<_> = rows.iter().filter(|(row, _)| row.starts_with(name)).collect();
        assert_eq!(found.len(), 1, "{name}");
        found[0].1
    }

    #[test]
    fn the_table_sums_up() {
        let rows = table();
        let (sum, parts): (Vec<_>, Vec<_>) = rows.iter().partition(|(name, _)| name.starts_with("sum"));
        assert!(parts.len() >= 7);
        for at in 0..BOXES.len() {
            let parts = parts.iter().filter(|(name, _)| !name.contains("its own process"));
            assert_eq!(parts.map(|(_, values)| values[at]).sum::<u64>(), sum[0].1[at], "column {at}");
        }
        // Half of a box is left to the kernel, its cache and the compiler.
        for (memory, sum) in BOXES.iter().zip(sum[0].1) {
            assert!(sum << 20 <= memory / 2, "{sum} MiB of {memory}");
        }
    }

    #[test]
    fn the_table_says_what_the_code_does() {
        assert_eq!(row("component instances"), BOXES.map(|memory| u64::from(Budget::of(memory).instances)));
        // One of the table's ceilings at least: a vendor's call takes up to this.
        assert!(
            row("one instance at its ceiling").iter().all(|mib| mib % u64::from(tram_host::Ceilings::MOST_MEMORY) == 0)
        );
        let tables = u64::try_from(tram_journal::Options::default().redb_cache).unwrap();
        let caches = (tables + tables / 4) >> 20;
        assert!(
            row("redb cache").iter().all(|mib| (caches..=caches + 8).contains(mib)),
            "{caches} MiB and the buffers"
        );
        let child = tram_print::CHILD_MEMORY >> 20;
        assert_eq!(row("one print child"), [child; 3]);
        assert_eq!(row("connections"), [tram_web::CONNECTIONS as u64 * 32 / 1024; 3]);
        assert_eq!(row("uploads that receive"), [(tram_web::RECEIVING as u64 * 2 * tram_web::PIECE as u64) >> 20; 3]);
        // Private to their crates, so read where they stand.
        let argon = include_str!("../../people/src/accounts.rs");
        assert!(argon.contains("Params::new(19 * 1024,"), "argon2 takes another amount");
        assert_eq!(row("two argon2"), [2 * 19; 3]);
        let index = include_str!("../../../library/search/src/index.rs");
        assert!(index.contains("const WRITER_BUDGET: usize = 15_000_000;"), "the index writer takes another amount");
        assert_eq!(row("index writer"), [15; 3]);
    }

    #[test]
    fn a_box_is_known_by_what_the_kernel_leaves() {
        assert_eq!(total("MemTotal:        1011880 kB\nMemFree: 1 kB\n"), Some(1_011_880 * 1024));
        assert_eq!(total("nothing"), None);
        assert_eq!(Budget::of(1_011_880 * 1024).instances, 12);
        assert_eq!(Budget::of(2_009_000 * 1024).instances, 16);
        assert_eq!(Budget::of(4_010_000 * 1024).instances, 24);
        assert_eq!(Budget::of(0).instances, 12);
    }
}
