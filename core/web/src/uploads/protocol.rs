//! Headers of tus 1.0.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderName;
use tram_host::UploadNote;

/// The version that is spoken.
pub(super) const VERSION: &str = "1.0.0";
/// Extensions of it.
pub(super) const EXTENSIONS: &str = "creation,creation-with-upload,termination,expiration,checksum";
/// Checksums that are understood.
pub(super) const ALGORITHMS: &str = "sha256,sha1";

pub(super) const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(super) const EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
pub(super) const MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(super) const ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
pub(super) const LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(super) const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
pub(super) const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
/// Media type of a piece.
pub(super) const PIECE: &str = "application/offset+octet-stream";

/// `Upload-Metadata`: names, each with a value in base64 or none; none when it is
/// malformed.
pub(super) fn metadata(header: &str) -> Option<Vec<(String, String)>> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in header.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        if pairs.iter().any(|(known, _)| known == name) {
            return None;
        }
        pairs.push((name.to_owned(), value));
    }
    Some(pairs)
}

/// `Upload-Metadata` of an upload that is there.
pub(super) fn metadata_of(note: &UploadNote) -> String {
    let pairs =
        [("plugin", &note.plugin), ("upload", &note.upload), ("filename", &note.name), ("filetype", &note.media_type)];
    let pairs = pairs.map(|(name, value)| format!("{name} {}", STANDARD.encode(value)));
    pairs.join(",")
}

/// A number in a header: digits only, as the protocol has it.
pub(super) fn number(header: Option<&str>) -> Option<u64> {
    header.filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// A moment as in `Expires` (RFC 9110 section 5.6.7). `unix_ms`: since 1970.
pub(super) fn http_date(unix_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(unix_ms)
        .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}

/// A checksum that a piece must have.
pub(super) struct Checksum {
    context: digest::Context,
    expected: Vec<u8>,
}

impl Checksum {
    /// `Upload-Checksum`: `sha256 BASE64`; none when it is malformed or of another kind.
    pub(super) fn read(header: &str) -> Option<Self> {
        let (name, value) = header.trim().split_once(' ')?;
        let algorithm = match name {
            "sha256" | "sha-256" => &digest::SHA256,
            "sha1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            _ => return None,
        };
        let expected = STANDARD.decode(value.trim()).ok()?;
        Some(Self { context: digest::Context::new(algorithm), expected })
    }

    /// Adds bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// Whether the bytes were the right ones.
    pub(super) fn ends_right(self) -> bool {
        self.context.finish().as_ref() == self.expected
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn metadata_is_read_with_its_marks() {
        let header = format!("filename {}, filetype dmlkZW8vbXA0,empty", STANDARD.encode("Bài giảng.mp4"));
        let pairs = metadata(&header).unwrap();
        let expected = [("filename", "Bài giảng.mp4"), ("filetype", "video/mp4"), ("empty", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for wrong in ["a %%", "a YQ==,a YQ==", "a /w=="] {
            assert!(metadata(wrong).is_none(), "{wrong}");
        }
        assert_eq!(metadata(""), Some(Vec::new()));
    }

    #[test]
    fn numbers_are_digits() {
        assert_eq!(number(Some("70")), Some(70));
        for wrong in ["", "-1", "+1", "1.5", " 1", "18446744073709551616"] {
            assert_eq!(number(Some(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn checksums_of_both_kinds() {
        for (header, right) in [
            ("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", true),
            ("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", true),
            ("sha-256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", true),
            ("sha1 AAAA", false),
        ] {
            let mut checksum = Checksum::read(header).unwrap();
            checksum.update(b"hello ");
            checksum.update(b"world");
            assert_eq!(checksum.ends_right(), right, "{header}");
        }
        for wrong in ["md5 XrY7u+Ae7tCTyyK7j1rNww==", "sha1", "sha1 %%"] {
            assert!(Checksum::read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
