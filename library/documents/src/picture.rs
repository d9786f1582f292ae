//! Pictures: how large they are, which way up, and a small one to show in lists.

mod exif;
mod shrink;

use std::io::Cursor;

use tram_contract::extract::Media;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::{Form, Found, Refusal, Result, Source, bytes};
use shrink::Shrink;

/// Longest side of a thumbnail, pixels.
pub const THUMBNAIL: u32 = 320;
/// Most bytes of a thumbnail.
pub const THUMBNAIL_BYTES: usize = 40 << 10;
/// Largest file of a picture that is made smaller.
const MAX_FILE: u64 = 48 << 20;
/// Pixels of a picture that is unpacked whole; camera phones make 12 to 50 million.
const MAX_PIXELS: u64 = 28_000_000;
/// The same where all coefficients are held (progressive JPEG), or four bytes a pixel.
const MAX_PIXELS_HELD: u64 = 12_000_000;

/// A picture's size as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

pub(crate) fn read(form: Form, source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    if size > MAX_FILE {
        return Err(Refusal::too_much());
    }
    let file = bytes::whole(source, size, MAX_FILE)?;
    let shown = self::size(form, &file).ok_or_else(Refusal::damaged)?;
    found.document.media = Some(Media { width: shown.width, height: shown.height, ..Media::default() });
    match thumbnail(&file) {
        Some(small) => found.derived.push(("thumbnail.jpg".into(), "image/jpeg".into(), small)),
        None if form == Form::Gif => {}
        None if u64::from(shown.width) * u64::from(shown.height) > MAX_PIXELS_HELD => found.warn(
            "Ảnh có quá nhiều điểm ảnh nên trạm không làm ảnh thu nhỏ được; điện thoại có thể mở chậm. Nên thu nhỏ ảnh còn khoảng 2.000 điểm ảnh mỗi chiều.",
            "The picture has too many pixels for a thumbnail; phones may open it slowly. Make it smaller, about 2,000 pixels a side.",
        ),
        None => found.warn(
            "Trạm không mở được trọn ảnh này: ảnh có thể bị cắt hoặc hỏng. Hãy mở thử trên máy.",
            "The picture could not be opened in full: it may be cut or damaged. Try it on your computer.",
        ),
    }
    Ok(())
}

/// Size of a picture as it is shown: turned as its camera was held.
pub fn size(form: Form, file: &[u8]) -> Option<Size> {
    let (width, height) = match form {
        Form::Png => (bytes::u32_be(file, 16)?, bytes::u32_be(file, 20)?),
        Form::Gif => (u32::from(bytes::u16_le(file, 6)?), u32::from(bytes::u16_le(file, 8)?)),
        Form::Webp => image_webp::WebPDecoder::new(Cursor::new(file)).ok()?.dimensions(),
        Form::Jpeg => {
            let mut decoder = jpeg(file);
            decoder.decode_headers().ok()?;
            let info = decoder.info()?;
            let (width, height) = (u32::from(info.width), u32::from(info.height));
            let turned = decoder.exif().is_some_and(|exif| exif::orientation(exif) >= 5);
            if turned { (height, width) } else { (width, height) }
        }
        _ => return None,
    };
    (width > 0 && height > 0).then_some(Size { width, height })
}

fn jpeg(file: &[u8]) -> JpegDecoder<Cursor<&[u8]>> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(1 << 16)
        .set_max_height(1 << 16)
        .set_strict_mode(false);
    JpegDecoder::new_with_options(Cursor::new(file), options)
}

/// A small picture for lists, as JPEG.
pub fn thumbnail(file: &[u8]) -> Option<Vec<u8>> {
    scaled(file, THUMBNAIL, THUMBNAIL_BYTES)
}

/// The picture, no side longer than `side`, as JPEG of at most `most` bytes. None
/// when it cannot be opened within the limits.
pub fn scaled(file: &[u8], side: u32, most: usize) -> Option<Vec<u8>> {
    let small = if file.starts_with(&[0xff, 0xd8]) {
        from_jpeg(file, side)?
    } else if file.starts_with(b"\x89PNG") {
        from_png(file, side)?
    } else if file.starts_with(b"RIFF") {
        from_webp(file, side)?
    } else {
        return None;
    };
    small.encode(most)
}

fn from_jpeg(file: &[u8], side: u32) -> Option<shrink::Small> {
    let mut decoder = jpeg(file);
    decoder.decode_headers().ok()?;
    let info = decoder.info()?;
    let exif = decoder.exif().cloned().unwrap_or_default();
    let orientation = exif::orientation(&exif);
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    let pixels = u64::from(width) * u64::from(height);
    if pixels > if is_progressive(file) { MAX_PIXELS_HELD } else { MAX_PIXELS } {
        // The camera's own small picture does.
        let small = exif::thumbnail(&exif)?;
        return from_jpeg(small, side).map(|small| small.turn(orientation));
    }
    let data = decoder.decode().ok()?;
    let mut shrink = Shrink::new(width, height, side)?;
    for row in data.chunks_exact(usize::try_from(width).ok()? * 3) {
        shrink.row(row.as_chunks::<3>().0.iter().copied());
    }
    Some(shrink.finish()?.turn(orientation))
}

/// Whether the frame is a progressive one, by walking the markers.
fn is_progressive(file: &[u8]) -> bool {
    let mut at = 2;
    while let (Some(0xff), Some(&marker)) = (file.get(at).copied(), file.get(at + 1)) {
        match marker {
            0xc2 | 0xc6 | 0xca => return true,
            0xc0 | 0xc1 | 0xda => return false,
            0xff => at += 1,
            _ => at += 2 + usize::from(bytes::u16_be(file, at + 2).unwrap_or(0)),
        }
    }
    true
}

fn from_png(file: &[u8], side: u32) -> Option<shrink::Small> {
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), png::Limits { bytes: 96 << 20 });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let (width, height) = (reader.info().width, reader.info().height);
    let pixels = u64::from(width) * u64::from(height);
    if pixels > 400_000_000 || (reader.info().interlaced && pixels > MAX_PIXELS_HELD) {
        return None;
    }
    let samples = reader.output_color_type().0.samples();
    let mut shrink = Shrink::new(width, height, side)?;
    if reader.info().interlaced {
        let mut whole = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut whole).ok()?;
        for row in whole.chunks_exact(info.line_size) {
            shrink.row(row.chunks_exact(samples).map(on_white));
        }
    } else {
        while let Some(row) = reader.next_row().ok()? {
            shrink.row(row.data().chunks_exact(samples).map(on_white));
        }
    }
    shrink.finish()
}

fn from_webp(file: &[u8], side: u32) -> Option<shrink::Small> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).ok()?;
    decoder.set_memory_limit(96 << 20);
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS_HELD {
        return None;
    }
    let mut whole = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut whole).ok()?;
    let samples = if decoder.has_alpha() { 4 } else { 3 };
    let mut shrink = Shrink::new(width, height, side)?;
    for row in whole.chunks_exact(usize::try_from(width).ok()? * samples) {
        shrink.row(row.chunks_exact(samples).map(on_white));
    }
    shrink.finish()
}

/// A pixel of any form as red, green, blue; what shows through is white.
fn on_white(pixel: &[u8]) -> [u8; 3] {
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255)
    };
    match *pixel {
        [grey] => [grey; 3],
        [grey, alpha] => [over(grey, alpha); 3],
        [red, green, blue] => [red, green, blue],
        [red, green, blue, alpha] => [over(red, alpha), over(green, alpha), over(blue, alpha)],
        _ => [255; 3],
    }
}

pub(crate) use shrink::Small;

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(width: u16, height: u16) -> Vec<u8> {
        let mut pixels = Vec::new();
        for y in 0..height {
            for x in 0..width {
                pixels.extend([(x % 256) as u8, (y % 256) as u8, 90]);
            }
        }
        let mut file = Vec::new();
        jpeg_encoder::Encoder::new(&mut file, 90).encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
        file
    }

    #[test]
    fn a_photo_becomes_small_and_keeps_its_shape() {
        let file = photo(1600, 900);
        assert_eq!(size(Form::Jpeg, &file), Some(Size { width: 1600, height: 900 }));
        let small = thumbnail(&file).unwrap();
        assert!(small.len() <= THUMBNAIL_BYTES);
        assert_eq!(size(Form::Jpeg, &small), Some(Size { width: 320, height: 180 }));
        // One that is small stays as large as it is.
        let small = thumbnail(&photo(100, 50)).unwrap();
        assert_eq!(size(Form::Jpeg, &small), Some(Size { width: 100, height: 50 }));
    }

    #[test]
    fn a_picture_is_turned_as_the_camera_was_held() {
        let plain = photo(200, 100);
        // Exif with orientation 6 (a quarter to the right), little-endian.
        let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let mut turned = plain[..2].to_vec();
        turned.extend([0xff, 0xe1]);
        turned.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        turned.extend(exif);
        turned.extend(&plain[2..]);
        assert_eq!(size(Form::Jpeg, &turned), Some(Size { width: 100, height: 200 }));
        let small = thumbnail(&turned).unwrap();
        assert_eq!(size(Form::Jpeg, &small), Some(Size { width: 100, height: 200 }));
        // What was at the left edge (no red) is at the top now.
        let mut decoder = jpeg(&small);
        let pixels = decoder.decode().unwrap();
        assert!(pixels[0] < 40 && pixels[pixels.len() - 3] > 150, "{} {}", pixels[0], pixels[pixels.len() - 3]);
    }

    #[test]
    fn cut_pictures_do_no_harm() {
        let file = photo(300, 200);
        for length in [0, 1, 2, 20, 200, file.len() / 2] {
            let _ = (size(Form::Jpeg, &file[..length]), thumbnail(&file[..length]));
        }
        assert_eq!(thumbnail(b"\x89PNG\r\n\x1a\n"), None);
        assert_eq!(thumbnail(b"RIFFxxxxWEBPVP8 "), None);
    }
}
