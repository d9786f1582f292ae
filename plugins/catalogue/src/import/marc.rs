//! A step on a file of MARC records.

use tram_marc::{Decoder, Format, Read};
use tram_sdk::{Error, Result, blobs};

use super::job::{Place, Work};
use super::place::{self, Placed};
use super::reasons;
use super::report::{Fate, Line};
use crate::compact::{self, Compact};
use crate::messages as m;
use crate::shelf::Recognised;
use crate::{bib, holdings, keys};

/// A piece of the file.
const PIECE: u32 = 1 << 20;
/// When this much of a file holds no record, it is named and passed over.
const PATIENCE: u64 = 32 << 20;

/// Reads on; answers whether the file is done.
///
/// # Errors
/// `invalid` when the file is no MARC; as the store.
pub(super) fn step(work: &mut Work<'_>, place: &mut Place) -> Result<bool> {
    let blob = place.unpacked.clone().unwrap_or_else(|| work.file.blob.clone());
    let size = blobs::stat(&blob)?.map_or(0, |info| info.size);
    if size == 0 {
        work.counts.read += 1;
        work.refuse(Line { number: 1, offset: Some(0), ..Line::default() }, m::FILE_EMPTY.get(work.language).into());
        return Ok(true);
    }
    let head = blobs::read(&blob, 0, 4096)?;
    let format = match Format::sniff(&head) {
        Format::Gzip => {
            if place.unpacked.is_none()
                && let Some(unpacked) = unpack(&blob)?
            {
                place.unpacked = Some(unpacked);
                return Ok(false);
            }
            // One file among several that cannot be read must not undo the others.
            work.counts.read += 1;
            let reason = m::FILE_GZIP_BAD.with(work.language, &[&work.file.name]);
            work.refuse(Line { number: 1, offset: Some(0), ..Line::default() }, reason);
            return Ok(true);
        }
        // A file that is broken from the start is still read to its end: good
        // records may stand behind.
        Format::Unknown => Format::Iso2709,
        format => format,
    };
    let Some(mut decoder) = Decoder::new(format, work.options.charset()) else {
        return Err(Error::invalid(m::FILE_UNKNOWN.text_with(&[&work.file.name])));
    };
    // What stands before the records of an XML file says how they are coded.
    let prologue = if format == Format::MarcXml && place.offset > 0 { xml_declaration(&head) } else { &[] };
    decoder.push(prologue);
    let base = place.offset;
    let shift = prologue.len() as u64;

    let (mut at, mut records) = (base, 0);
    loop {
        let piece = blobs::read(&blob, at, PIECE)?;
        at += piece.len() as u64;
        let ended = piece.is_empty() || at >= size;
        decoder.push(&piece);
        if ended {
            decoder.finish();
        }
        for item in &mut decoder {
            let (offset, length) = match &item {
                Ok(read) => (read.offset, read.length),
                Err(bad) => (bad.offset, bad.length),
            };
            let line =
                Line { number: place.index + 1, offset: Some(base + offset.saturating_sub(shift)), ..Line::default() };
            work.counts.read += 1;
            records += 1;
            match item {
                Ok(read) => take(work, line, read)?,
                Err(bad) => {
                    let reason = reasons::refusal(&bad.reason, work.language);
                    work.refuse(Line { control: bad.control_number.unwrap_or_default(), ..line }, reason);
                }
            }
            place.index += 1;
            place.offset = base + (offset + length).saturating_sub(shift);
            if work.is_full(records) {
                return Ok(false);
            }
        }
        if ended {
            place.offset = size;
            if let Some(unpacked) = &place.unpacked {
                blobs::delete(unpacked)?;
            }
            return Ok(true);
        }
        if at - place.offset > PATIENCE {
            let line = Line { number: place.index + 1, offset: Some(place.offset), ..Line::default() };
            work.refuse(line, m::BAD_ENDLESS.get(work.language).into());
            place.offset = at;
            place.index += 1;
            return Ok(false);
        }
    }
}

/// What a file packed by gzip unpacks to; more is refused, for a small file may unpack
/// to any size.
const MAX_UNPACKED: u64 = 128 << 20;

/// Unpacks a file into a blob of its own; none when it is damaged or becomes too large.
fn unpack(blob: &str) -> Result<Option<String>> {
    use std::io::Read as _;
    let packed = std::io::BufReader::new(blobs::Reader::open(blob)?);
    let mut plain = flate2::bufread::MultiGzDecoder::new(packed).take(MAX_UNPACKED + 1);
    let mut out = blobs::create("unpacked", "application/octet-stream")?;
    let mut piece = vec![0; PIECE as usize];
    let mut size = 0;
    loop {
        match plain.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                size += count as u64;
                out.append(piece.get(..count).unwrap_or_default())?;
            }
            Err(_) => return Ok(None),
        }
    }
    if size > MAX_UNPACKED {
        return Ok(None);
    }
    Ok(Some(out.finish()?))
}

fn xml_declaration(head: &[u8]) -> &[u8] {
    let end = head.windows(2).position(|pair| pair == b"?>").map(|at| at + 2);
    end.and_then(|end| head.get(..end)).filter(|text| text.windows(5).any(|w| w == b"<?xml")).unwrap_or_default()
}

/// Decides about one record that could be read.
fn take(work: &mut Work<'_>, line: Line, read: Read) -> Result<()> {
    let copies = holdings::read(&read.record);
    let bytes = compact::encode(&holdings::without(read.record, &copies));
    let Some(record) = Compact::new(&bytes) else {
        work.refuse(line, m::BAD_EMPTY.get(work.language).into());
        return Ok(());
    };
    let line = Line {
        control: keys::control(record).unwrap_or_default(),
        title: bib::full_title(record).chars().take(200).collect(),
        ..line
    };
    if let Some(reason) = not_a_title(record) {
        work.refuse(line, reason.get(work.language).into());
        return Ok(());
    }
    if !read.warnings.is_empty() {
        work.counts.warned += 1;
        let reason = reasons::warnings(&read.warnings, work.language);
        work.line(Line { fate: Some(Fate::Warned), reason, ..line.clone() });
    }
    if !work.write {
        return Ok(());
    }
    work.written += bytes.len();
    let placed = place::place(&bytes, work.policy(), work.batch)?;
    tell(work, &line, &placed);
    let copies = match placed {
        Placed::Added(_) => copies,
        _ => place::unnumbered_once(placed.key(), copies)?,
    };
    let copies = place::copies(placed.key(), &copies, work.batch)?;
    work.counts.copies += copies.added;
    // A copy of a record that was there already is no news when it is there too.
    if !copies.taken.is_empty() && matches!(placed, Placed::Added(_)) {
        let reason = m::COPIES_TAKEN.with(work.language, &[&copies.taken.join(", ")]);
        work.line(Line { fate: Some(Fate::Copy), reason, ..line });
    }
    Ok(())
}

/// Counts what became of a record and writes its line.
pub(super) fn tell(work: &mut Work<'_>, line: &Line, placed: &Placed) {
    let by = |recognised: Recognised, language: &str| {
        match recognised {
            Recognised::Control => &m::SAME_CONTROL,
            Recognised::Isbn => &m::SAME_ISBN,
            Recognised::Title => &m::SAME_TITLE,
        }
        .get(language)
        .to_owned()
    };
    match placed {
        Placed::Added(_) => work.counts.added += 1,
        Placed::Overlaid(_, recognised) => {
            work.counts.overlaid += 1;
            let reason = by(*recognised, work.language);
            work.line(Line { fate: Some(Fate::Overlaid), reason, ..line.clone() });
        }
        Placed::Skipped(_, recognised) => {
            work.counts.skipped += 1;
            let reason = by(*recognised, work.language);
            work.line(Line { fate: Some(Fate::Skipped), reason, ..line.clone() });
        }
    }
}

/// Why a record describes no title: authority data and the like, or no title at all.
fn not_a_title(record: Compact<'_>) -> Option<&'static m::Message> {
    match record.leader_at(6) {
        'z' => return Some(&m::BAD_AUTHORITY),
        'u' | 'v' | 'x' | 'y' => return Some(&m::BAD_HOLDINGS),
        'w' => return Some(&m::BAD_CLASSIFICATION),
        'q' => return Some(&m::BAD_COMMUNITY),
        _ => {}
    }
    let titled = record.fields().any(|f| {
        bib::meant_tag(f) == "245" && f.subfields().any(|(code, text)| code != '6' && !text.trim().is_empty())
    });
    (!titled).then_some(&m::BAD_NO_TITLE)
}
