//! MP3, AAC, WAV, OGG, FLAC.

use tram_contract::extract::{Extract, Media};

use crate::pages::tidy;
use crate::{Refusal, Result, Source, bytes, plain};

fn sound(codec: &str, duration: u64) -> Media {
    Media { audio: codec.into(), duration, ..Media::default() }
}

/// Units of a rate as milliseconds.
fn milliseconds(units: u64, rate: u64) -> u64 {
    if rate == 0 { 0 } else { u64::try_from(u128::from(units) * 1000 / u128::from(rate)).unwrap_or(0) }
}

pub(super) fn wav(source: &mut dyn Source, size: u64) -> Result<Media> {
    let mut at = 12u64;
    let (mut rate, mut codec) = (0u64, "pcm");
    for _ in 0..100 {
        let head = bytes::part(source, at, 8)?;
        let (Some(kind), Some(length)) = (bytes::array::<4>(&head, 0), bytes::u32_le(&head, 4)) else { break };
        match &kind {
            b"fmt " => {
                let format = bytes::part(source, at + 8, 16)?;
                codec = match bytes::u16_le(&format, 0) {
                    Some(1 | 3 | 0xfffe) => "pcm",
                    Some(0x55) => "mp3",
                    _ => "adpcm",
                };
                rate = u64::from(bytes::u32_le(&format, 8).unwrap_or(0));
            }
            b"data" => return Ok(sound(codec, milliseconds(u64::from(length).min(size.saturating_sub(at)), rate))),
            _ => {}
        }
        at = at.saturating_add(8 + u64::from(length) + u64::from(length % 2));
    }
    Err(Refusal::damaged())
}

pub(super) fn flac(source: &mut dyn Source) -> Result<Media> {
    let head = bytes::part(source, 0, 42)?;
    let packed = bytes::u64_be(&head, 18).ok_or_else(Refusal::damaged)?;
    Ok(sound("flac", milliseconds(packed & 0xf_ffff_ffff, packed >> 44)))
}

pub(super) fn ogg(source: &mut dyn Source, size: u64) -> Result<Media> {
    let head = bytes::part(source, 0, 4096)?;
    let place = |word: &[u8]| head.windows(word.len()).position(|window| window == word);
    let mut media = Media::default();
    // Each beginning page names its codec.
    if place(b"\x80theora").is_some() {
        media.video = "theora".into();
    }
    let mut rate = 48_000;
    if place(b"OpusHead").is_some() {
        media.audio = "opus".into();
    } else if let Some(at) = place(b"\x01vorbis") {
        media.audio = "vorbis".into();
        rate = u64::from(bytes::u32_le(&head, at + 12).unwrap_or(0));
    } else if place(b"\x7fFLAC").is_some() {
        media.audio = "flac".into();
        rate = 0;
    } else if media.video.is_empty() {
        media.audio = "speex".into();
        rate = 0;
    }
    let from = size.saturating_sub(64 << 10);
    let tail = bytes::part(source, from, size - from)?;
    let last = tail.windows(4).rposition(|window| window == b"OggS");
    if media.video.is_empty()
        && let Some(end) = last.and_then(|at| bytes::u64_le(&tail, at + 6))
        && end != u64::MAX
    {
        media.duration = milliseconds(end, rate);
    }
    Ok(media)
}

/// Lengths of frames: kbit/s of MPEG 1 and 2, layer III.
const RATES: [[u64; 16]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
];

pub(super) fn mp3(source: &mut dyn Source, size: u64, document: &mut Extract) -> Result<Media> {
    let head = bytes::part(source, 0, 10)?;
    let mut start = 0u64;
    if head.starts_with(b"ID3") {
        let length =
            head.get(6..10).unwrap_or_default().iter().fold(0u64, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
        start = 10 + length;
        let tags = bytes::part(source, 10, length.min(256 << 10))?;
        id3(&tags, head.get(3).copied().unwrap_or(3), document);
    }
    let frames = bytes::part(source, start, 8192)?;
    let frame = (0..frames.len()).find(|&at| {
        matches!(frames.get(at..at + 3), Some([0xff, second, third]) if second & 0xe6 == 0xe2 && third >> 4 != 15 && third >> 4 != 0 && third & 0x0c != 0x0c)
    });
    let Some(at) = frame else { return Err(Refusal::damaged()) };
    let second = frames.get(at + 1).copied().unwrap_or(0);
    let third = frames.get(at + 2).copied().unwrap_or(0);
    let first_version = second & 0x18 == 0x18;
    let table = RATES.get(usize::from(!first_version));
    let rate = table.and_then(|rates| rates.get(usize::from(third >> 4))).copied().unwrap_or(0) * 1000;
    let base = match third >> 2 & 3 {
        0 => 44_100,
        1 => 48_000,
        _ => 32_000,
    };
    let samples = match second >> 3 & 3 {
        3 => base,
        2 => base / 2,
        _ => base / 4,
    };
    let a_frame = if first_version { 1152 } else { 576 };
    // Where the rate varies, the first frame says how many there are.
    let window = frames.get(at..(at + 200).min(frames.len())).unwrap_or_default();
    let table = window.windows(4).position(|word| word == b"Xing" || word == b"Info");
    let count = table
        .filter(|at| bytes::u32_be(window, at + 4).is_some_and(|flags| flags & 1 != 0))
        .and_then(|at| bytes::u32_be(window, at + 8));
    let duration = match count {
        Some(count) => milliseconds(u64::from(count) * a_frame, samples),
        None => milliseconds(size.saturating_sub(start) * 8, rate),
    };
    Ok(sound("mp3", duration))
}

/// Title and singer of a tag of version 3 or 4.
fn id3(tags: &[u8], version: u8, document: &mut Extract) {
    let mut rest = tags;
    while let (Some(name), Some(length)) = (rest.get(..4), bytes::u32_be(rest, 4)) {
        let length = if version >= 4 {
            (length & 0x7f) | (length & 0x7f00) >> 1 | (length & 0x7f_0000) >> 2 | (length & 0x7f00_0000) >> 3
        } else {
            length
        };
        let Some(value) = usize::try_from(length).ok().and_then(|length| rest.get(10..length.checked_add(10)?)) else {
            return;
        };
        let text = || {
            let (form, text) = value.split_first()?;
            let text = match form {
                0 => plain::windows_1252(text),
                _ => plain::decode(text),
            };
            Some(tidy(text.trim_end_matches('\0'))).filter(|text| !text.is_empty() && text.len() < 500)
        };
        match name {
            b"TIT2" => document.title = text().unwrap_or_default(),
            b"TPE1" if document.authors.len() < crate::MAX_AUTHORS => document.authors.extend(text()),
            _ => {}
        }
        rest = rest.get(10 + value.len()..).unwrap_or_default();
    }
}

pub(super) fn aac(source: &mut dyn Source, size: u64) -> Result<Media> {
    const SAMPLES: [u64; 13] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];
    let part = bytes::part(source, 0, 1 << 20)?;
    let (mut at, mut frames, mut rate) = (0usize, 0u64, 0u64);
    while let Some(head) = bytes::array::<6>(&part, at) {
        let [sync, second, third, fourth, fifth, sixth] = head;
        if sync != 0xff || second & 0xf6 != 0xf0 {
            break;
        }
        rate = SAMPLES.get(usize::from(third >> 2 & 15)).copied().unwrap_or(0);
        let length = usize::from(fourth & 3) << 11 | usize::from(fifth) << 3 | usize::from(sixth >> 5);
        if length < 7 {
            break;
        }
        frames += 1;
        at += length;
    }
    if frames < 3 {
        return Err(Refusal::damaged());
    }
    // The first part stands for the whole.
    let all = u64::try_from(u128::from(frames) * u128::from(size) / (at as u128).max(1)).unwrap_or(0);
    Ok(sound("aac", milliseconds(all * 1024, rate)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn lengths_are_read() {
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data".to_vec();
        file.extend(32_000u32.to_le_bytes());
        file.resize(file.len() + 32_000, 0);
        let size = file.len() as u64;
        assert_eq!(wav(&mut Cursor::new(file), size).unwrap(), sound("pcm", 2_000));

        // 128 kbit/s, 44.1 kHz, behind a tag with a title.
        let mut tag = b"TIT2\0\0\0\x09\0\0\x03B\xc3\xa0i h\xc3\xa1".to_vec();
        tag[7] = 10;
        tag.push(b't');
        let mut file = b"ID3\x03\0\0\0\0\0".to_vec();
        file.push(u8::try_from(tag.len()).unwrap());
        file.extend(&tag);
        file.extend([0xff, 0xfb, 0x90, 0x00]);
        file.resize(20 + tag.len() - 10 + 16_000, 0);
        let size = file.len() as u64;
        let mut document = Extract::default();
        let media = mp3(&mut Cursor::new(file), size, &mut document).unwrap();
        assert_eq!((media.audio.as_str(), media.duration / 100), ("mp3", 10));
        assert_eq!(document.title, "Bài hát");
    }
}
