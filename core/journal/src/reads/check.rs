//! Checking the read log: every frame, and that the chain runs through all files.

use crate::Error;
use crate::disk::{Disk, Mode};
use crate::verify::{Part, Problem, VerifyReport};

use super::file::{self, Header};
use super::{base, name, numbers};

/// Checks every file and counts the readings.
///
/// # Errors
/// The disk refused; what does not check is in the report instead.
pub(crate) fn check(disk: &dyn Disk, report: &mut VerifyReport) -> Result<(), Error> {
    // Sequence of the next reading, chain hash, number and end of the file before.
    let mut before: Option<(u64, [u8; 32], u32, u64)> = None;
    let numbers = numbers(disk)?;
    let last = numbers.last().copied();
    for number in numbers {
        let mut problem = |offset: u64, sequence: u64, reason: &str| {
            report.problems.push(Problem {
                part: Part::ReadLog(base(number)),
                offset,
                sequence,
                reason: reason.to_owned(),
            });
        };
        let file = disk.open(&name(number), Mode::Read).map_err(Error::io)?;
        let end = file.size().map_err(Error::io)?;
        let header = match Header::read(&*file) {
            Ok(header) => header,
            Err(reason) => {
                problem(0, 0, reason);
                before = None;
                continue;
            }
        };
        let expected = before.unwrap_or((1, [0; 32], number.wrapping_sub(1), 0));
        if before.is_none() && number != 0 {
            problem(0, header.first, "the file before it is missing or damaged");
        } else if header.number != number || number != expected.2.wrapping_add(1) {
            problem(0, header.first, "a file is missing before this one");
        } else if header.previous != expected.1 || header.first != expected.0 {
            problem(0, header.first, "the file does not take up the chain of the one before");
        } else if header.previous_end != expected.3 {
            problem(0, header.first, "the file before it had another length");
        }
        let mut readings = 0;
        let at = file::walk(&*file, &header, end, |group| readings += group.reads.len() as u64)?;
        if let Some(reason) = at.wrong {
            // A pulled plug tears the last write of the last file.
            if Some(number) != last || !file::is_torn(&*file, &header, &at, end)? {
                problem(at.offset, at.next, reason);
            }
        }
        report.readings += readings;
        before = Some((at.next, at.chain, number, end));
    }
    Ok(())
}
