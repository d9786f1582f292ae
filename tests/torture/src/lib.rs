//! Torture of the storage: `kill -9` under load, during backups and restores, power cuts,
//! full disks, failing syncs.
//! Each round ends with a comparison of everything acknowledged, and of the tables with a
//! rebuild from the journal alone.

pub mod backup;
pub mod full;
pub mod kill;
pub mod load;
pub mod power;
pub mod random;
pub mod sim;

use tram_journal::VerifyReport;

/// What a series of rounds came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sum {
    /// Rounds.
    pub rounds: u64,
    /// Writes that were acknowledged.
    pub acknowledged: u64,
    /// Acknowledged writes that were not there afterwards.
    pub lost: u64,
    /// Times that something was there in part.
    pub half: u64,
    /// Times that a verification found something wrong.
    pub unsound: u64,
    /// Times that a torn last write was met and cut.
    pub torn: u64,
    /// Items that the list of one folder names as erased, at most.
    pub erased: u64,
    /// The longest opening after a kill, in milliseconds.
    pub slowest_open_ms: u64,
    /// What the first failed verification said.
    pub first_problem: Option<String>,
}

impl Sum {
    /// Takes note of a verification that found something.
    fn found_unsound(&mut self, round: u64, when: &str, report: &VerifyReport) {
        self.unsound += 1;
        self.first_problem.get_or_insert_with(|| format!("round {round}, {when}: {report:?}"));
    }

    /// Nothing was lost, nothing half, all sound.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost == 0 && self.half == 0 && self.unsound == 0
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} rounds, {} acknowledged writes, {} lost, {} half, {} unsound; {} torn writes cut, up to {} items erased, slowest opening {} ms",
            self.rounds,
            self.acknowledged,
            self.lost,
            self.half,
            self.unsound,
            self.torn,
            self.erased,
            self.slowest_open_ms
        )?;
        self.first_problem.as_ref().map_or(Ok(()), |p| write!(f, "; first problem: {p}"))
    }
}
