//! WebM and Matroska: length and tracks stand before the first cluster.

use tram_contract::extract::Media;

use crate::{Refusal, Result, Source, bytes};

/// Elements that are looked at in all.
const MAX_ELEMENTS: usize = 5_000;

struct Reading {
    media: Media,
    scale: f64,
    length: f64,
    elements: usize,
    done: bool,
    /// Of the open track.
    kind: u64,
    codec: String,
    size: (u32, u32),
}

pub(super) fn read(source: &mut dyn Source, size: u64) -> Result<Media> {
    let mut reading = Reading {
        media: Media::default(),
        scale: 1_000_000.0,
        length: 0.0,
        elements: 0,
        done: false,
        kind: 0,
        codec: String::new(),
        size: (0, 0),
    };
    walk(source, 0, size, 0, &mut reading)?;
    if reading.media.video.is_empty() && reading.media.audio.is_empty() {
        return Err(Refusal::damaged());
    }
    let milliseconds = reading.length * reading.scale / 1e6;
    if milliseconds.is_finite() && (0.0..1e12).contains(&milliseconds) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds just asked")]
        {
            reading.media.duration = milliseconds as u64;
        }
    }
    Ok(reading.media)
}

/// A number of EBML: its length stands in its first byte. `keep`: with the mark.
fn number(bytes: &[u8], at: usize, keep: bool) -> Option<(u64, usize)> {
    let first = *bytes.get(at)?;
    let length = usize::try_from(first.leading_zeros()).ok()? + 1;
    if length > 8 {
        return None;
    }
    let mut value = u64::from(if keep { first } else { first & (0xffu16 >> length) as u8 });
    for byte in bytes.get(at + 1..at + length)? {
        value = value << 8 | u64::from(*byte);
    }
    // All ones: the end is not known.
    let unknown = !keep && value == (1u64 << (7 * length)) - 1;
    Some((if unknown { u64::MAX } else { value }, length))
}

fn walk(source: &mut dyn Source, mut at: u64, end: u64, depth: usize, reading: &mut Reading) -> Result<()> {
    while at < end && !reading.done {
        reading.elements += 1;
        if reading.elements > MAX_ELEMENTS || depth > 6 {
            return Ok(());
        }
        let head = bytes::part(source, at, 12)?;
        let Some((id, id_length)) = number(&head, 0, true) else { return Ok(()) };
        let Some((length, length_length)) = number(&head, id_length, false) else { return Ok(()) };
        let body = at + (id_length + length_length) as u64;
        let next = body.saturating_add(length).min(end);
        match id {
            // Segment, Info, Tracks, Video.
            0x1853_8067 | 0x1549_a966 | 0x1654_ae6b | 0xe0 => walk(source, body, next, depth + 1, reading)?,
            0xae => {
                (reading.kind, reading.size) = (0, (0, 0));
                reading.codec.clear();
                walk(source, body, next, depth + 1, reading)?;
                reading.end_track();
            }
            // The first cluster: what comes now are pictures.
            0x1f43_b675 => {
                reading.done = true;
                return Ok(());
            }
            0x002a_d7b1 | 0x4489 | 0x83 | 0x86 | 0xb0 | 0xba => {
                let content = bytes::part(source, body, next.saturating_sub(body).min(64))?;
                reading.leaf(id, &content);
            }
            _ => {}
        }
        at = next.max(body);
    }
    Ok(())
}

impl Reading {
    fn leaf(&mut self, id: u64, content: &[u8]) {
        let whole = content.iter().take(8).fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        match id {
            0x002a_d7b1 if whole > 0 => self.scale = whole as f64,
            0x4489 => {
                self.length = match content.len() {
                    4 => bytes::u32_be(content, 0).map(|bits| f64::from(f32::from_bits(bits))).unwrap_or(0.0),
                    _ => bytes::u64_be(content, 0).map(f64::from_bits).unwrap_or(0.0),
                };
            }
            0x83 => self.kind = whole,
            0x86 => self.codec = String::from_utf8_lossy(content).trim_end_matches('\0').to_owned(),
            0xb0 => self.size.0 = u32::try_from(whole).unwrap_or(0),
            0xba => self.size.1 = u32::try_from(whole).unwrap_or(0),
            _ => {}
        }
    }

    fn end_track(&mut self) {
        let short = match self.codec.as_str() {
            "V_VP8" => "vp08",
            "V_VP9" => "vp09",
            "V_AV1" => "av01",
            "V_MPEG4/ISO/AVC" => "avc1",
            "V_MPEGH/ISO/HEVC" => "hvc1",
            "A_OPUS" => "opus",
            "A_VORBIS" => "vorbis",
            "A_AC3" => "ac-3",
            "A_EAC3" => "ec-3",
            "A_MPEG/L3" => "mp3",
            "A_FLAC" => "flac",
            codec if codec.starts_with("A_AAC") => "mp4a",
            codec if codec.starts_with("A_DTS") => "dts",
            codec if codec.starts_with("A_PCM") => "pcm",
            codec => codec,
        };
        match self.kind {
            1 if self.media.video.is_empty() => {
                self.media.video = short.to_owned();
                (self.media.width, self.media.height) = self.size;
            }
            2 if self.media.audio.is_empty() => self.media.audio = short.to_owned(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
        let mut out = id.to_vec();
        out.push(0x08);
        out.extend(&u32::try_from(body.len()).unwrap().to_be_bytes());
        out.extend(body);
        out
    }

    #[test]
    fn length_and_tracks_are_read() {
        let info = element(
            &[0x15, 0x49, 0xa9, 0x66],
            &[element(&[0x2a, 0xd7, 0xb1], &[0x0f, 0x42, 0x40]), element(&[0x44, 0x89], &12_500f64.to_be_bytes())]
                .concat(),
        );
        let video = element(
            &[0xae],
            &[
                element(&[0x83], &[1]),
                element(&[0x86], b"V_VP9"),
                element(&[0xe0], &[element(&[0xb0], &[5, 0]), element(&[0xba], &[2, 0xd0])].concat()),
            ]
            .concat(),
        );
        let audio = element(&[0xae], &[element(&[0x83], &[2]), element(&[0x86], b"A_OPUS")].concat());
        let tracks = element(&[0x16, 0x54, 0xae, 0x6b], &[video, audio].concat());
        let cluster = element(&[0x1f, 0x43, 0xb6, 0x75], &[0; 500]);
        let segment =
            [&[0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff][..], &info, &tracks, &cluster]
                .concat();
        let file = [element(&[0x1a, 0x45, 0xdf, 0xa3], b"webm"), segment].concat();
        let media = read(&mut Cursor::new(&file), file.len() as u64).unwrap();
        assert_eq!((media.duration, media.width, media.height), (12_500, 1280, 720));
        assert_eq!((media.video.as_str(), media.audio.as_str()), ("vp09", "opus"));
        // A track that ends within the head of its last element.
        let cut = [element(&[0x16, 0x54, 0xae, 0x6b], &[0xb0]), vec![0x88, 1, 2, 3, 4, 5, 6, 7, 8]].concat();
        assert!(read(&mut Cursor::new(&cut), cut.len() as u64).is_err());
        for at in 0..file.len() {
            let mut broken = file.clone();
            broken[at] = 0xff;
            let _ = read(&mut Cursor::new(&broken), broken.len() as u64);
        }
    }
}
