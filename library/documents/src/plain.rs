//! Plain text, Markdown, subtitles.

use crate::pages::{Pages, decode as modern, guess};
use crate::{Form, Found, Result, Source, bytes};

/// Largest text that is read.
const MAX: u64 = 16 << 20;
/// Characters of a page: plain text has none of its own.
const PAGE: usize = 3_000;

/// Bytes as text: by their mark, as UTF-8, else as Windows-1252 that may be an old
/// Vietnamese encoding.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], number: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| number(*pair));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return wide(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return wide(rest, u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) if error.error_len().is_none() => {
            String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default()).into_owned()
        }
        Err(_) => {
            let text = windows_1252(bytes);
            modern(&text, guess(&text))
        }
    }
}

/// The letters of Windows-1252.
pub(crate) fn windows_1252(bytes: &[u8]) -> String {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    bytes
        .iter()
        .map(|&byte| match byte {
            0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or('?'),
            byte => char::from(byte),
        })
        .collect()
}

pub(crate) fn read(form: Form, source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let text = decode(&bytes::whole(source, size, MAX)?);
    let mut pages = Pages::default();
    match form {
        Form::Subtitles(_) => subtitles(&text, &mut pages),
        _ => {
            if form == Form::Markdown
                && let Some(title) = text.lines().find_map(|line| line.strip_prefix("# "))
            {
                found.document.title = crate::pages::tidy(title);
            }
            let mut length = usize::MAX;
            for line in text.lines() {
                if length > PAGE || line.starts_with('\u{c}') {
                    pages.begin("");
                    length = 0;
                }
                length += line.len();
                pages.paragraph(line);
            }
        }
    }
    pages.finish(found);
    Ok(())
}

/// Words without numbers and times; a page for each minute, named by its time, so that
/// a hit can be played.
fn subtitles(text: &str, pages: &mut Pages) {
    let mut minute = None;
    let mut in_cue = false;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() {
            in_cue = false;
        } else if let Some((start, _)) = line.split_once("-->") {
            in_cue = true;
            let now = minutes(start);
            if minute != Some(now) {
                minute = Some(now);
                pages.begin(&format!("{:02}:{:02}", now / 60, now % 60));
            }
        } else if in_cue {
            pages.paragraph(&crate::html::strip(line));
        }
    }
}

/// Minutes of `01:02:03,004` or `02:03.004`.
fn minutes(time: &str) -> u32 {
    let numbers: Vec<u32> = time.trim().split(':').map(|part| part.trim().parse().unwrap_or(0)).collect();
    match numbers.as_slice() {
        [hours, minutes, _] => hours.saturating_mul(60).saturating_add(*minutes),
        [minutes, _] => *minutes,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn subtitles_are_found_by_the_minute() {
        let srt = "1\r\n00:00:01,000 --> 00:00:03,000\r\n<i>Xin chào</i> các em\r\n\r\n2\r\n00:01:04,000 --> 00:01:05,000\r\nHôm nay học bài 5\r\n";
        let mut found = Found::default();
        read(Form::Subtitles(false), &mut Cursor::new(srt), srt.len() as u64, &mut found).unwrap();
        let pages = &found.document.pages;
        assert_eq!((pages[0].label.as_str(), pages[0].text.as_str()), ("00:00", "Xin chào các em"));
        assert_eq!((pages[1].label.as_str(), pages[1].text.as_str()), ("00:01", "Hôm nay học bài 5"));
    }

    #[test]
    fn old_and_wide_encodings_are_read() {
        assert_eq!(decode(&[0xff, 0xfe, b'a', 0, 0x11, 0x01]), "ađ");
        // TCVN3: "Sở Giáo dục và Đào tạo, trường trung học cơ sở".
        let tcvn3 = tcvn3("Së Gi¸o dôc vµ §µo t¹o, tr\u{ad}êng trung häc c¬ së");
        assert_eq!(decode(&tcvn3), "Sở Giáo dục và Đào tạo, trường trung học cơ sở");
    }

    fn tcvn3(text: &str) -> Vec<u8> {
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    }
}
