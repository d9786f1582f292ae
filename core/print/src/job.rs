//! What is to be set, what comes of it, and how both travel between two processes.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use tram_contract::Text;

use crate::PrintError;

/// Longest template, bytes.
pub(crate) const MAX_TEMPLATE: usize = 512 << 10;
/// Most data, bytes of JSON.
pub(crate) const MAX_DATA: usize = 4 << 20;
/// Most pictures, bytes together.
pub(crate) const MAX_PICTURES: usize = 8 << 20;
/// Largest document, bytes.
pub(crate) const MAX_PDF: usize = 32 << 20;
/// Longest document.
#[cfg(feature = "engine")]
pub(crate) const MAX_PAGES: usize = 1_000;

/// Longest side of a page, mm: A0 and a rim.
#[cfg(feature = "engine")]
pub(crate) const MAX_SIDE: u64 = 1_250;

/// A civil time where the school is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Year.
    pub year: i32,
    /// Month, from 1.
    pub month: u8,
    /// Day, from 1.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second.
    pub second: u8,
    /// Minutes east of Greenwich.
    pub offset: i32,
}

/// A document that is to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The template's source.
    pub template: String,
    /// What it is filled with, JSON: `/data.json` in the template.
    pub data: Vec<u8>,
    /// Facts of the station, JSON: `/station.json`. Empty: none.
    pub station: Vec<u8>,
    /// Pictures by name (`logo.png`): `/pictures/logo.png` in the template.
    pub pictures: BTreeMap<String, Vec<u8>>,
    /// What "today" is, and when the document says that it was made.
    pub moment: Moment,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// PDF/A-2b.
    pub pdf: Vec<u8>,
    /// Its pages.
    pub pages: u32,
    /// What its maker should know: letters that no font has, a font that is not there.
    pub warnings: Vec<Text>,
}

/// A job without its large parts.
#[derive(Serialize, Deserialize)]
struct JobHead {
    moment: Moment,
    pictures: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct PrintedHead {
    pages: u32,
    warnings: Vec<Text>,
}

fn write_part(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(bytes)
}

fn read_part(from: &mut dyn Read, most: usize) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

impl Job {
    /// Refuses what is larger than any form needs.
    pub(crate) fn check(&self) -> Result<(), PrintError> {
        let pictures = self.pictures.values().map(Vec::len).sum();
        for (what, length, most) in [
            ("template", self.template.len(), MAX_TEMPLATE),
            ("data", self.data.len(), MAX_DATA),
            ("station", self.station.len(), MAX_DATA),
            ("pictures", pictures, MAX_PICTURES),
        ] {
            if length > most {
                return Err(PrintError::TooLarge { what: what.to_owned(), most: most >> 10 });
            }
        }
        Ok(())
    }

    pub(crate) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let head = JobHead { moment: self.moment, pictures: self.pictures.keys().cloned().collect() };
        write_part(to, &serde_json::to_vec(&head)?)?;
        write_part(to, self.template.as_bytes())?;
        write_part(to, &self.data)?;
        write_part(to, &self.station)?;
        for picture in self.pictures.values() {
            write_part(to, picture)?;
        }
        to.flush()
    }

    #[cfg(any(feature = "engine", test))]
    pub(crate) fn read(from: &mut dyn Read) -> io::Result<Self> {
        let head: JobHead = serde_json::from_slice(&read_part(from, MAX_DATA)?)?;
        let template = String::from_utf8(read_part(from, MAX_TEMPLATE)?).map_err(|_| io::ErrorKind::InvalidData)?;
        let data = read_part(from, MAX_DATA)?;
        let station = read_part(from, MAX_DATA)?;
        let mut pictures = BTreeMap::new();
        for name in head.pictures {
            pictures.insert(name, read_part(from, MAX_PICTURES)?);
        }
        Ok(Self { template, data, station, pictures, moment: head.moment })
    }
}

/// Writes what came of a job.
#[cfg(any(feature = "engine", test))]
pub(crate) fn write_outcome(to: &mut dyn Write, outcome: &Result<Printed, PrintError>) -> io::Result<()> {
    let head = match outcome {
        Ok(printed) => Ok(PrintedHead { pages: printed.pages, warnings: printed.warnings.clone() }),
        Err(error) => Err(error),
    };
    write_part(to, &serde_json::to_vec(&head)?)?;
    if let Ok(printed) = outcome {
        write_part(to, &printed.pdf)?;
    }
    to.flush()
}

/// Reads what [`write_outcome`] wrote.
pub(crate) fn read_outcome(from: &mut dyn Read) -> io::Result<Result<Printed, PrintError>> {
    let head: Result<PrintedHead, PrintError> = serde_json::from_slice(&read_part(from, MAX_DATA)?)?;
    Ok(match head {
        Ok(head) => Ok(Printed { pdf: read_part(from, MAX_PDF)?, pages: head.pages, warnings: head.warnings }),
        Err(error) => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_travels() {
        let moment = Moment { year: 2026, month: 11, day: 30, hour: 7, minute: 5, second: 0, offset: 420 };
        let job = Job {
            template: "Chữ".into(),
            data: b"{}".to_vec(),
            station: Vec::new(),
            pictures: BTreeMap::from([("logo.png".to_owned(), vec![1, 2, 3])]),
            moment,
        };
        let mut bytes = Vec::new();
        job.write(&mut bytes).unwrap();
        assert_eq!(Job::read(&mut bytes.as_slice()).unwrap(), job);
        assert!(Job::read(&mut &bytes[..bytes.len() - 1]).is_err(), "cut off");
        let printed = Printed { pdf: vec![7; 9], pages: 2, warnings: vec![Text::vi_en("Ơ", "Oh")] };
        for outcome in [Ok(printed), Err(PrintError::Timeout)] {
            let mut bytes = Vec::new();
            write_outcome(&mut bytes, &outcome).unwrap();
            assert_eq!(read_outcome(&mut bytes.as_slice()).unwrap(), outcome);
        }
    }

    #[test]
    fn what_is_too_large_is_refused_by_name() {
        let moment = Moment { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0, offset: 420 };
        let mut job =
            Job { template: String::new(), data: Vec::new(), station: Vec::new(), pictures: BTreeMap::new(), moment };
        job.pictures.insert("a.png".into(), vec![0; MAX_PICTURES]);
        job.check().unwrap();
        job.pictures.insert("b.png".into(), vec![0; 1]);
        assert_eq!(
            job.check().unwrap_err(),
            PrintError::TooLarge { what: "pictures".into(), most: MAX_PICTURES >> 10 }
        );
    }
}
