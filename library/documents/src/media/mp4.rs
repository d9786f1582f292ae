//! MP4, MOV, M4A: a tree of boxes, of which the few that are wanted are read.

use tram_contract::extract::Media;

use crate::{Refusal, Result, Source, bytes};

/// Boxes that are looked at in all.
const MAX_BOXES: usize = 20_000;
const MAX_DEPTH: usize = 8;

#[derive(Default)]
struct Reading {
    media: Media,
    boxes: usize,
    has_moov: bool,
    /// Of the open track.
    handler: [u8; 4],
    turned: bool,
    codec: String,
    size: (u32, u32),
    longest: u64,
    scale: u64,
}

pub(super) fn read(source: &mut dyn Source, size: u64) -> Result<Media> {
    let mut reading = Reading::default();
    walk(source, 0, size, 0, &mut reading)?;
    if !reading.has_moov {
        return Err(Refusal::unreadable(
            "Phim chưa trọn vẹn (thiếu phần mục lục), thường do tải hoặc chép dở. Hãy kiểm tra phim trên máy rồi tải lên lại.",
            "The film is not whole (its index is missing), mostly because copying was broken off. Play it on your computer and upload it again.",
        ));
    }
    reading.media.duration = reading.media.duration.max(reading.longest);
    Ok(reading.media)
}

fn walk(source: &mut dyn Source, mut at: u64, end: u64, depth: usize, reading: &mut Reading) -> Result<()> {
    while end.saturating_sub(at) >= 8 {
        reading.boxes += 1;
        if reading.boxes > MAX_BOXES || depth > MAX_DEPTH {
            return Ok(());
        }
        let head = bytes::part(source, at, 16)?;
        let Some(kind) = bytes::array::<4>(&head, 4) else { return Ok(()) };
        let (skip, length) = match bytes::u32_be(&head, 0) {
            Some(0) => (8, end - at),
            Some(1) => (16, bytes::u64_be(&head, 8).unwrap_or(0)),
            Some(length) => (8, u64::from(length)),
            None => return Ok(()),
        };
        if length < skip {
            return Ok(());
        }
        let body = at + skip;
        let next = at.saturating_add(length).min(end);
        match &kind {
            b"moov" => {
                reading.has_moov = true;
                walk(source, body, next, depth + 1, reading)?;
            }
            b"mdia" | b"minf" | b"stbl" | b"mvex" => walk(source, body, next, depth + 1, reading)?,
            b"trak" => {
                reading.begin_track();
                walk(source, body, next, depth + 1, reading)?;
                reading.end_track();
            }
            b"mvhd" | b"mdhd" | b"tkhd" | b"hdlr" | b"stsd" | b"mehd" => {
                let content = bytes::part(source, body, next.saturating_sub(body).min(256))?;
                reading.leaf(kind, &content);
            }
            _ => {}
        }
        at = next;
    }
    Ok(())
}

impl Reading {
    fn begin_track(&mut self) {
        self.handler = [0; 4];
        self.turned = false;
        self.codec.clear();
        self.size = (0, 0);
    }

    fn end_track(&mut self) {
        match &self.handler {
            b"vide" if self.media.video.is_empty() => {
                self.media.video = std::mem::take(&mut self.codec);
                let (width, height) = self.size;
                (self.media.width, self.media.height) = if self.turned { (height, width) } else { (width, height) };
            }
            b"soun" if self.media.audio.is_empty() => self.media.audio = std::mem::take(&mut self.codec),
            _ => {}
        }
    }

    fn leaf(&mut self, kind: [u8; 4], body: &[u8]) {
        // Version 1 has times of eight bytes.
        let long = body.first() == Some(&1);
        let scaled = |scale: Option<u32>, duration: Option<u64>| -> u64 {
            match (scale, duration) {
                // All ones: not known.
                (Some(scale), Some(duration)) if scale > 0 && duration < u64::from(u32::MAX) => {
                    duration.saturating_mul(1000) / u64::from(scale)
                }
                _ => 0,
            }
        };
        match &kind {
            b"mvhd" | b"mdhd" => {
                let (scale, duration) = if long {
                    (bytes::u32_be(body, 20), bytes::u64_be(body, 24))
                } else {
                    (bytes::u32_be(body, 12), bytes::u32_be(body, 16).map(u64::from))
                };
                let length = scaled(scale, duration);
                if &kind == b"mvhd" {
                    self.media.duration = length;
                    self.scale = u64::from(scale.unwrap_or(0));
                } else {
                    self.longest = self.longest.max(length);
                }
            }
            b"mehd" => {
                let duration = if long { bytes::u64_be(body, 4) } else { bytes::u32_be(body, 4).map(u64::from) };
                self.longest = self.longest.max(scaled(u32::try_from(self.scale).ok(), duration));
            }
            b"tkhd" => {
                let matrix = if long { 52 } else { 40 };
                let whole = |at| bytes::u32_be(body, at).map(|fixed| fixed >> 16).unwrap_or(0);
                self.size = (whole(matrix + 36), whole(matrix + 40));
                // A quarter turn has nothing on the diagonal.
                self.turned =
                    bytes::u32_be(body, matrix) == Some(0) && bytes::u32_be(body, matrix + 4).is_some_and(|b| b != 0);
            }
            b"hdlr" => self.handler = bytes::array(body, 8).unwrap_or_default(),
            b"stsd" => {
                let code = bytes::array::<4>(body, 12).unwrap_or_default();
                self.codec = code
                    .iter()
                    .map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { ' ' })
                    .collect::<String>()
                    .trim()
                    .to_owned();
                if self.codec == "Opus" {
                    self.codec = "opus".into();
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(body.len() + 8).unwrap().to_be_bytes().to_vec();
        out.extend(kind);
        out.extend(body);
        out
    }

    fn film(video: &[u8; 4], audio: &[u8; 4], turned: bool) -> Vec<u8> {
        let mut mvhd = vec![0; 100];
        mvhd[12..16].copy_from_slice(&600u32.to_be_bytes());
        mvhd[16..20].copy_from_slice(&(600u32 * 61).to_be_bytes());
        let track = |handler: &[u8; 4], codec: &[u8; 4]| {
            let mut tkhd = vec![0; 84];
            let one = 0x0001_0000u32.to_be_bytes();
            tkhd[if turned { 44 } else { 40 }..][..4].copy_from_slice(&one);
            tkhd[76..80].copy_from_slice(&(1280u32 << 16).to_be_bytes());
            tkhd[80..84].copy_from_slice(&(720u32 << 16).to_be_bytes());
            let mut hdlr = vec![0; 24];
            hdlr[8..12].copy_from_slice(handler);
            let mut stsd = vec![0; 40];
            stsd[12..16].copy_from_slice(codec);
            let stbl = boxed(b"stbl", &boxed(b"stsd", &stsd));
            let mdia = boxed(b"mdia", &[boxed(b"hdlr", &hdlr), boxed(b"minf", &stbl)].concat());
            boxed(b"trak", &[boxed(b"tkhd", &tkhd), mdia].concat())
        };
        let moov = boxed(b"moov", &[boxed(b"mvhd", &mvhd), track(b"vide", video), track(b"soun", audio)].concat());
        [boxed(b"ftyp", b"isomiso2"), boxed(b"mdat", &[7; 1000]), moov].concat()
    }

    #[test]
    fn length_size_and_codecs_are_read() {
        let file = film(b"hvc1", b"ec-3", false);
        let media = read(&mut Cursor::new(&file), file.len() as u64).unwrap();
        assert_eq!((media.duration, media.width, media.height), (61_000, 1280, 720));
        assert_eq!((media.video.as_str(), media.audio.as_str()), ("hvc1", "ec-3"));
        let file = film(b"avc1", b"mp4a", true);
        let media = read(&mut Cursor::new(&file), file.len() as u64).unwrap();
        assert_eq!((media.width, media.height), (720, 1280), "a phone held upright");
    }

    #[test]
    fn a_film_cut_short_says_so_and_lies_do_no_harm() {
        let file = film(b"avc1", b"mp4a", false);
        assert!(read(&mut Cursor::new(&file[..900]), 900).is_err());
        // A box whose long head goes beyond the box around it.
        let mut head = 1u32.to_be_bytes().to_vec();
        head.extend(b"mvhd");
        let mut cut = boxed(b"moov", &head);
        cut.extend(16u64.to_be_bytes());
        assert!(read(&mut Cursor::new(&cut), cut.len() as u64).is_ok());
        for at in 0..file.len() {
            let mut broken = file.clone();
            broken[at] = 0xff;
            let _ = read(&mut Cursor::new(&broken), broken.len() as u64);
        }
    }
}
