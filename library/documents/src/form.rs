//! What a file is, by its content first.

use crate::{Refusal, Result, Source, bytes, names, zip::Archive};

/// A form of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the forms' own")]
pub enum Form {
    Pdf,
    Docx,
    Pptx,
    Xlsx,
    Odt,
    Odp,
    Ods,
    Doc,
    Ppt,
    Xls,
    Epub,
    Html,
    Text,
    Markdown,
    /// `vtt` or not (then `srt`).
    Subtitles(bool),
    Jpeg,
    Png,
    Gif,
    Webp,
    Svg,
    /// Sound alone or not.
    Mp4(bool),
    /// Matroska under a WebM's roof or not.
    Webm(bool),
    Ogg,
    Mp3,
    Aac,
    Wav,
    Flac,
    /// Video or sound that browsers do not play at all: media type.
    Unplayable(&'static str),
    /// An archive: H5P, SCORM, a folder of pages or just files.
    Zip,
    /// A question in QTI, by itself.
    QtiItem,
    Other,
}

impl Form {
    /// The word of the contract for its kind.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Pdf | Self::Docx | Self::Odt | Self::Doc | Self::Html | Self::Text | Self::Markdown => "document",
            Self::Pptx | Self::Odp | Self::Ppt => "slides",
            Self::Xlsx | Self::Ods | Self::Xls => "sheet",
            Self::Epub => "book",
            Self::Subtitles(_) => "subtitles",
            Self::Jpeg | Self::Png | Self::Gif | Self::Webp | Self::Svg => "picture",
            Self::Mp4(true) | Self::Ogg | Self::Mp3 | Self::Aac | Self::Wav | Self::Flac => "audio",
            Self::Mp4(false) | Self::Webm(_) | Self::Unplayable(_) => "video",
            Self::Zip => "archive",
            Self::QtiItem => "package",
            Self::Other => "other",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Odp => "application/vnd.oasis.opendocument.presentation",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Doc => "application/msword",
            Self::Ppt => "application/vnd.ms-powerpoint",
            Self::Xls => "application/vnd.ms-excel",
            Self::Epub => "application/epub+zip",
            Self::Html => "text/html",
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Subtitles(true) => "text/vtt",
            Self::Subtitles(false) => "application/x-subrip",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Svg => "image/svg+xml",
            Self::Mp4(true) => "audio/mp4",
            Self::Mp4(false) => "video/mp4",
            Self::Webm(true) => "video/webm",
            Self::Webm(false) => "video/x-matroska",
            Self::Ogg => "audio/ogg",
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Unplayable(media_type) => media_type,
            Self::Zip => "application/zip",
            Self::QtiItem => "application/xml",
            Self::Other => "application/octet-stream",
        }
    }
}

/// Tells the form of a file.
///
/// # Errors
/// It is called one thing and is plainly another, or an archive is not to be opened.
pub(crate) fn tell(name: &str, head: &[u8], source: &mut dyn Source, size: u64) -> Result<Form> {
    let ending = names::ending(name);
    let starts = |magic: &[u8]| head.starts_with(magic);
    if size == 0 {
        return Err(Refusal::unreadable(
            "Tệp rỗng (0 byte). Hãy kiểm tra trên máy rồi tải lên lại.",
            "The file is empty (0 bytes). Look at it on your computer and upload it again.",
        ));
    }
    if starts(b"%PDF-") {
        return Ok(Form::Pdf);
    }
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        return archive(&ending, source, size);
    }
    if starts(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return crate::old::tell(&ending, source, size);
    }
    if let Some(form) = media(head, &ending) {
        return Ok(form);
    }
    // Some programs write a line before the mark; an archive may hold it anywhere.
    if ending == "pdf" && head.get(..head.len().min(1024)).is_some_and(|start| bytes::contains(start, b"%PDF-")) {
        return Ok(Form::Pdf);
    }
    if let Some(text) = words(head) {
        let small = text.trim_start_matches('\u{feff}').trim_start().to_lowercase();
        let tag = |tag: &str| small.starts_with('<') && small.contains(tag);
        if tag("<svg") && !tag("<html") {
            return Ok(Form::Svg);
        }
        if tag("<questestinterop") || tag("<assessmentitem") || tag("<assessmenttest") {
            return Ok(Form::QtiItem);
        }
        if ending == "vtt" || small.starts_with("webvtt") {
            return Ok(Form::Subtitles(true));
        }
        return Ok(match ending.as_str() {
            "srt" => Form::Subtitles(false),
            "md" | "markdown" => Form::Markdown,
            "html" | "htm" | "xhtml" => Form::Html,
            "txt" | "text" | "csv" | "tsv" | "log" | "tex" => Form::Text,
            _ if small.starts_with("<!doctype html") || small.starts_with("<html") => Form::Html,
            "" => Form::Text,
            _ => expected(&ending)?,
        });
    }
    expected(&ending)
}

/// A file whose content says nothing that is known: fine, unless its name promises
/// something that would have been recognised.
fn expected(ending: &str) -> Result<Form> {
    const KNOWN: &[&str] = &[
        "pdf", "docx", "pptx", "xlsx", "docm", "pptm", "xlsm", "odt", "odp", "ods", "doc", "ppt", "xls", "epub", "h5p",
        "zip", "imscc", "jpg", "jpeg", "png", "gif", "webp", "mp4", "m4v", "mov", "m4a", "webm", "mkv",
    ];
    if KNOWN.contains(&ending) {
        return Err(Refusal::unreadable(
            format!(
                "Tên tệp là .{ending} nhưng nội dung không phải vậy: tệp hỏng hoặc bị đổi đuôi. Hãy mở thử trên máy, lưu lại rồi tải lên lần nữa."
            ),
            format!(
                "The file is named .{ending} but is none inside: it is damaged or was renamed. Open it on your computer, save it anew and upload it again."
            ),
        ));
    }
    Ok(Form::Other)
}

/// An archive's form, by what is in it.
fn archive(ending: &str, source: &mut dyn Source, size: u64) -> Result<Form> {
    source.rewind()?;
    let mut archive = Archive::open(source, size)?;
    if archive.has("[Content_Types].xml") {
        if archive.has("word/document.xml") {
            return Ok(Form::Docx);
        }
        if archive.has("ppt/presentation.xml") {
            return Ok(Form::Pptx);
        }
        if archive.has("xl/workbook.xml") || archive.has("xl/workbook.bin") {
            return Ok(Form::Xlsx);
        }
    }
    if archive.has("META-INF/container.xml") && (ending == "epub" || archive.has("mimetype")) {
        return Ok(Form::Epub);
    }
    if archive.has("mimetype") {
        let kind = archive.read("mimetype", 200)?;
        let kind = String::from_utf8_lossy(&kind);
        match kind.trim().trim_start_matches("application/vnd.oasis.opendocument.") {
            "text" | "text-template" => return Ok(Form::Odt),
            "presentation" | "presentation-template" => return Ok(Form::Odp),
            "spreadsheet" | "spreadsheet-template" => return Ok(Form::Ods),
            _ => {}
        }
    }
    if archive.has("AndroidManifest.xml") || archive.entries().iter().any(|entry| entry.path.ends_with(".dex")) {
        crate::policy::check_file("x.apk", b"")?;
    }
    if matches!(ending, "docx" | "pptx" | "xlsx" | "odt" | "odp" | "ods" | "epub" | "docm" | "pptm" | "xlsm") {
        return Err(Refusal::unreadable(
            format!("Tệp .{ending} này thiếu phần chính bên trong. Hãy mở trên máy, lưu lại rồi tải lên lần nữa."),
            format!("This .{ending} lacks its main part. Open it on your computer, save it anew and upload it again."),
        ));
    }
    Ok(Form::Zip)
}

fn media(head: &[u8], ending: &str) -> Option<Form> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let at = |place: usize, magic: &[u8]| head.get(place..place + magic.len()) == Some(magic);
    if starts(&[0xff, 0xd8, 0xff]) {
        return Some(Form::Jpeg);
    }
    if starts(b"\x89PNG\r\n\x1a\n") {
        return Some(Form::Png);
    }
    if starts(b"GIF87a") || starts(b"GIF89a") {
        return Some(Form::Gif);
    }
    if starts(b"RIFF") {
        return match head.get(8..12)? {
            b"WEBP" => Some(Form::Webp),
            b"WAVE" => Some(Form::Wav),
            b"AVI " => Some(Form::Unplayable("video/x-msvideo")),
            _ => None,
        };
    }
    if at(4, b"ftyp") {
        let brand = head.get(8..12)?;
        if matches!(brand, b"heic" | b"heix" | b"mif1" | b"avif" | b"msf1") {
            return Some(Form::Other);
        }
        return Some(Form::Mp4(matches!(brand, b"M4A " | b"M4B ") || ending == "m4a"));
    }
    if at(4, b"moov") || at(4, b"mdat") || (at(4, b"wide") && ending == "mov") {
        return Some(Form::Mp4(ending == "m4a"));
    }
    if starts(&[0x1a, 0x45, 0xdf, 0xa3]) {
        return Some(Form::Webm(bytes::contains(head.get(..64.min(head.len()))?, b"webm")));
    }
    if starts(b"OggS") {
        return Some(Form::Ogg);
    }
    if starts(b"fLaC") {
        return Some(Form::Flac);
    }
    if starts(b"FLV\x01") {
        return Some(Form::Unplayable("video/x-flv"));
    }
    if starts(&[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) {
        return Some(Form::Unplayable(if ending == "wma" { "audio/x-ms-wma" } else { "video/x-ms-wmv" }));
    }
    if starts(&[0, 0, 1, 0xba]) || starts(&[0, 0, 1, 0xb3]) || (at(0, b"G") && at(188, b"G") && at(376, b"G")) {
        return Some(Form::Unplayable("video/mpeg"));
    }
    if starts(b"#!AMR") {
        return Some(Form::Unplayable("audio/amr"));
    }
    if starts(b"ID3") {
        return Some(Form::Mp3);
    }
    match head.first_chunk::<2>() {
        Some([0xff, second]) if second & 0xf6 == 0xf0 => Some(Form::Aac),
        Some([0xff, second]) if second & 0xe6 == 0xe2 => Some(Form::Mp3),
        _ => None,
    }
}

/// The beginning as text, where it is text: UTF-8, UTF-16 with its mark, or an 8-bit
/// encoding without control characters.
fn words(head: &[u8]) -> Option<String> {
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Some(crate::plain::decode(head));
    }
    let odd = head.iter().any(|&byte| byte < 9 || (14..32).contains(&byte) && byte != 0x1b && byte != 0x1a);
    (!odd).then(|| String::from_utf8_lossy(head).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zip::tests::{archive, file};

    fn told(name: &str, content: &[u8]) -> Result<Form> {
        let head = content.get(..content.len().min(4096)).unwrap();
        tell(name, head, &mut std::io::Cursor::new(content), content.len() as u64)
    }

    #[test]
    fn content_decides_and_a_false_name_is_refused() {
        let lessons = archive(&[file("bài 1.pdf", "%PDF-1.4"), file("bài 2.pdf", "%PDF-1.4")]);
        let mut film = b"\0\0\0\x18ftypisom".to_vec();
        film.resize(40, 0);
        for (name, content, form) in [
            ("a.pdf", b"%PDF-1.4".as_slice(), Form::Pdf),
            ("a.pdf", b"a line\n%PDF-1.4\n", Form::Pdf),
            ("a.txt", b"PDF begins with %PDF-1.4", Form::Text),
            ("a.zip", &lessons, Form::Zip),
            ("a.jpg", &film, Form::Mp4(false)),
            ("a.txt", b"<html><body>x", Form::Text),
            ("a", b"<!DOCTYPE html><p>x", Form::Html),
            ("a.svg", b"<?xml version='1.0'?><svg/>", Form::Svg),
            ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nx", Form::Subtitles(false)),
            ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0", Form::Other),
        ] {
            assert_eq!(told(name, content), Ok(form), "{name}");
        }
        for (name, content) in
            [("a.docx", lessons.as_slice()), ("a.mp4", b"words"), ("a.jpg", b"\0\x01\x02"), ("a.txt", b"")]
        {
            assert_eq!(told(name, content).unwrap_err().code, crate::Code::Unreadable, "{name}");
        }
    }
}
