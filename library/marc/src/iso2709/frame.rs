//! Where a record begins and ends, and what to do when it is unclear.

use memchr::memchr;

use super::parse::{Parsed, Trust, parse};
use super::{FIELD_TERMINATOR, RECORD_TERMINATOR, number};
use crate::{Charset, Leader, MAX_RECORD, Reason, Warning};

/// What stands at the head of a buffer.
pub(super) enum Step {
    /// Nothing that can be judged before more bytes come, or nothing at all.
    More,
    /// A record from `start` to `end`; what is before it means nothing.
    Record { start: usize, end: usize, outcome: Result<Box<Parsed>, Reason> },
    /// More than [`MAX_RECORD`] bytes from `start` on without an end.
    Endless { start: usize },
}

/// Looks at the head of `buffer`. `last` says that nothing follows it, and
/// `clear` how many of its first bytes are known to hold no record terminator.
pub(super) fn step(buffer: &[u8], last: bool, clear: usize, charset: Charset) -> Step {
    let Some(start) = padding(buffer, last) else {
        return Step::More;
    };
    let rest = buffer.get(start..).unwrap_or_default();
    if rest.is_empty() {
        return Step::More;
    }
    let clear = clear.saturating_sub(start);
    let end = memchr(RECORD_TERMINATOR, rest.get(clear..).unwrap_or_default()).map(|at| clear + at + 1);
    let framed = match end {
        Some(end) if end <= MAX_RECORD => terminated(rest, end, last, charset),
        None if rest.len() <= MAX_RECORD && !last => return Step::More,
        None if rest.len() <= MAX_RECORD => Some(unterminated(rest, charset)),
        _ => return Step::Endless { start },
    };
    match framed {
        None => Step::More,
        Some((length, outcome)) => Step::Record { start, end: start + length, outcome: outcome.map(Box::new) },
    }
}

/// How many bytes at the head are no part of a record: line ends between
/// records, the padding of tapes and of CP/M, terminators written twice, a byte
/// order mark, and blanks in front of a length. `None` when it takes more bytes
/// to say.
fn padding(buffer: &[u8], last: bool) -> Option<usize> {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let filler = |b: &u8| matches!(*b, b'\r' | b'\n' | 0x00 | 0x1A | RECORD_TERMINATOR);
    let mut start = 0;
    loop {
        let rest = buffer.get(start..).unwrap_or_default();
        let fill = rest.iter().take_while(|b| filler(b)).count();
        if fill > 0 {
            start += fill;
            continue;
        }
        if rest.starts_with(MARK) {
            start += MARK.len();
            continue;
        }
        let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if !last && (rest.len() < blanks + 5 && blanks > 0 || MARK.starts_with(rest)) {
            return None;
        }
        // A leader may state its length by blanks, which belong to it then.
        let length = rest.get(blanks..blanks + 5).is_some_and(|five| number(five).is_some());
        let nothing = rest.get(blanks).is_none_or(filler);
        if blanks == 0 || !(length || nothing) {
            return Some(start);
        }
        start += blanks;
    }
}

/// A length, and the record or the reason why there is none.
type Framed = (usize, Result<Parsed, Reason>);

/// The record at the head of `rest`, whose first terminator ends at `end`.
fn terminated(rest: &[u8], end: usize, last: bool, charset: Charset) -> Option<Framed> {
    let whole = rest.get(..end)?;
    let stated = whole.get(..5).and_then(number);
    if let Ok(mut parsed) = parse(whole, charset, Trust::Directory) {
        check_length(&mut parsed, stated, end);
        return Some((end, Ok(parsed)));
    }
    if let Some(longer) = stated.filter(|s| *s > end) {
        let leader = leader_like(rest);
        if !last && (leader.is_none() || (leader == Some(true) && longer > rest.len())) {
            return None;
        }
        if leader == Some(true)
            && let Some(longer_whole) = rest.get(..longer).filter(|r| r.ends_with(&[RECORD_TERMINATOR]))
            && let Ok(mut parsed) = parse(longer_whole, charset, Trust::Directory)
        {
            parsed.warnings.push(Warning::EmbeddedTerminator);
            return Some((longer, Ok(parsed)));
        }
    }
    if let Some(cut) = swallowed(whole, stated) {
        return Some((cut, head(whole.get(..cut)?, charset)));
    }
    let outcome = parse(whole, charset, Trust::Repair)
        .map(|mut parsed| {
            check_length(&mut parsed, stated, end);
            parsed
        })
        .map_err(|reason| if stated.is_some() { reason } else { Reason::NotMarc });
    Some((end, outcome))
}

/// The last record of the input, which has no terminator.
fn unterminated(rest: &[u8], charset: Charset) -> Framed {
    let stated = rest.get(..5).and_then(number);
    if let Some(cut) = swallowed(rest, stated) {
        return (cut, head(rest.get(..cut).unwrap_or_default(), charset));
    }
    (rest.len(), head(rest, charset))
}

/// A record that lost its terminator: taken when its directory still accounts
/// for every byte of it.
fn head(bytes: &[u8], charset: Charset) -> Result<Parsed, Reason> {
    let end = bytes.iter().rposition(|b| !matches!(b, b'\r' | b'\n' | 0x00 | 0x1A)).map_or(0, |at| at + 1);
    let bytes = bytes.get(..end).unwrap_or_default();
    match parse(bytes, charset, Trust::Directory) {
        Ok(mut parsed) => {
            parsed.warnings.push(Warning::Terminator);
            Ok(parsed)
        }
        Err(_) if bytes.get(..5).and_then(number).is_some() => Err(Reason::Truncated),
        Err(_) => Err(Reason::NotMarc),
    }
}

/// Where, inside of `whole`, another record begins that a missing terminator
/// has joined to this one.
fn swallowed(whole: &[u8], stated: Option<usize>) -> Option<usize> {
    let begins = |at: usize| whole.get(at..).and_then(leader_like) == Some(true);
    if let Some(stated) = stated.filter(|s| *s > Leader::LENGTH) {
        // The length counts the terminator that is missing, or it does not.
        if let Some(cut) = [stated - 1, stated].into_iter().find(|cut| begins(*cut)) {
            return Some(cut);
        }
    }
    // Or the last record in here is whole: its length reaches to the end.
    (1..whole.len()).find(|at| {
        whole.get(*at..at + 5).and_then(number).is_some_and(|length| length == whole.len() - at) && begins(*at)
    })
}

/// Whether a leader stands at the head, with a directory behind it that ends
/// where the leader says; `None` when there are too few bytes to say.
fn leader_like(bytes: &[u8]) -> Option<bool> {
    let (length, base) = (number(bytes.get(..5)?), number(bytes.get(12..17)?));
    match base.filter(|base| length.is_some() && *base > Leader::LENGTH) {
        Some(base) => Some(*bytes.get(base - 1)? == FIELD_TERMINATOR),
        None => Some(false),
    }
}

fn check_length(parsed: &mut Parsed, stated: Option<usize>, actual: usize) {
    if stated != Some(actual) {
        let declared = stated.and_then(|s| u32::try_from(s).ok());
        parsed.warnings.push(Warning::Length { declared, actual: actual as u64 });
    }
}
