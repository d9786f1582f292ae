//! Names under which the untrusted listener gives a file away: whoever was allowed to see
//! the page that shows it holds one, nobody can make one, and it ends by itself.
//!
//! A name is the same for everybody within [`WINDOW`], so that a browser keeps what it has
//! fetched when the page is opened again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

/// How long the same file has the same name.
const WINDOW: i64 = 6 * 3_600_000;
/// Windows for which a name is good: this one and two more, so 12 to 18 hours.
const GOOD: i64 = 2;
/// Bytes of the proof in front.
const PROOF: usize = 16;

/// How a file is shown by the untrusted listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A package of pages: its own page is opened.
    Html,
    /// SCORM: its parts, each with a run-time.
    Scorm,
    /// H5P.
    H5p,
    /// A book of the EPUB kind.
    Book,
    /// PDF.
    Pdf,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Html, Self::Scorm, Self::H5p, Self::Book, Self::Pdf];

    /// The byte in the name.
    const fn code(self) -> u8 {
        match self {
            Self::Html => 1,
            Self::Scorm => 2,
            Self::H5p => 3,
            Self::Book => 4,
            Self::Pdf => 5,
        }
    }

    /// Of a viewer; none for what is shown without this listener, and for packages that
    /// are not played.
    pub(crate) fn of(kind: &str, format: &str) -> Option<Self> {
        match (kind, format) {
            ("package", "html") => Some(Self::Html),
            ("package", "scorm-1.2" | "scorm-2004") => Some(Self::Scorm),
            ("package", "h5p") => Some(Self::H5p),
            ("package", "epub") | ("epub", _) => Some(Self::Book),
            ("pdf", _) => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// Plugin whose file it is.
    pub(crate) plugin: String,
    /// The file's id among the plugin's blobs.
    pub(crate) file: String,
    /// How it is shown.
    pub(crate) kind: Kind,
}

/// The name of a file at a time.
pub(crate) fn name(key: &[u8; 32], ticket: &Ticket, now_ms: i64) -> String {
    let mut claim = Vec::with_capacity(5 + ticket.plugin.len() + 1 + ticket.file.len());
    let window = u32::try_from(now_ms.div_euclid(WINDOW)).unwrap_or_default();
    claim.extend(window.to_be_bytes());
    claim.push(ticket.kind.code());
    claim.extend(ticket.plugin.as_bytes());
    claim.push(0);
    claim.extend(ticket.file.as_bytes());
    let mut bytes = proof(key, &claim).to_vec();
    bytes.extend(claim);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a name stands for, if it is one of ours and still good.
pub(crate) fn read(key: &[u8; 32], name: &str, now_ms: i64) -> Option<Ticket> {
    let bytes = URL_SAFE_NO_PAD.decode(name).ok()?;
    let (given, claim) = bytes.split_first_chunk::<PROOF>()?;
    if !bool::from(given.ct_eq(&proof(key, claim))) {
        return None;
    }
    let (window, rest) = claim.split_first_chunk::<4>()?;
    let age = now_ms.div_euclid(WINDOW) - i64::from(u32::from_be_bytes(*window));
    if !(0..=GOOD).contains(&age) {
        return None;
    }
    let (code, rest) = rest.split_first()?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.code() == *code)?;
    let (plugin, file) = std::str::from_utf8(rest).ok()?.split_once('\0')?;
    Some(Ticket { plugin: plugin.to_owned(), file: file.to_owned(), kind })
}

fn proof(key: &[u8; 32], claim: &[u8]) -> [u8; PROOF] {
    let hash = blake3::keyed_hash(key, claim);
    let mut proof = [0; PROOF];
    proof.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
    proof
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn ticket() -> Ticket {
        Ticket { plugin: "gallery.test".into(), file: "01J0000000000000000000000A".into(), kind: Kind::Scorm }
    }

    #[test]
    fn a_name_is_read_back_until_it_ends() {
        let (key, now) = ([7; 32], 1_790_000_000_000 / WINDOW * WINDOW);
        let made = name(&key, &ticket(), now);
        assert!(made.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{made}");
        assert_eq!(made, name(&key, &ticket(), now + 5 * HOUR), "the browser keeps what it has");
        for good in [0, 6, 12, 17] {
            assert_eq!(read(&key, &made, now + good * HOUR), Some(ticket()), "{good} h");
        }
        assert_eq!(read(&key, &made, now + 18 * HOUR), None);
        assert_eq!(read(&key, &made, now - 1), None, "the clock went back");
    }

    #[test]
    fn nobody_else_can_make_one_or_change_one() {
        let (key, now) = ([7; 32], 1_790_000_000_000);
        let made = name(&key, &ticket(), now);
        assert_eq!(read(&[8; 32], &made, now), None);
        let bytes = URL_SAFE_NO_PAD.decode(&made).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(read(&key, &URL_SAFE_NO_PAD.encode(changed), now), None, "byte {at}");
        }
        for wrong in ["", "AAAA", &made[1..], &made[..made.len() - 4], "%%%"] {
            assert_eq!(read(&key, wrong, now), None, "{wrong}");
        }
        let other = Ticket { kind: Kind::Html, ..ticket() };
        assert_ne!(made, name(&key, &other, now));
    }

    #[test]
    fn what_is_not_played_has_no_kind() {
        assert_eq!(Kind::of("package", "scorm-2004"), Some(Kind::Scorm));
        assert_eq!(Kind::of("pdf", ""), Some(Kind::Pdf));
        for (kind, format) in [("package", "qti-2"), ("package", ""), ("video", ""), ("picture", "")] {
            assert_eq!(Kind::of(kind, format), None, "{kind} {format}");
        }
    }
}
