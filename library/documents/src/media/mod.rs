//! Sound and film: length, size and codecs out of the headers, and whether phones play
//! them. Nothing is decoded.

mod matroska;
mod mp4;
mod sound;

use tram_contract::extract::Media;

use crate::{Form, Found, Refusal, Result, Source};

/// Bits a second above which a class's Wi-Fi labours: forty pupils at once.
const HEAVY: u64 = 6_000_000;

pub(crate) fn read(form: Form, source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let media = match form {
        Form::Mp4(_) => mp4::read(source, size)?,
        Form::Webm(_) => matroska::read(source, size)?,
        Form::Ogg => sound::ogg(source, size)?,
        Form::Mp3 => sound::mp3(source, size, &mut found.document)?,
        Form::Aac => sound::aac(source, size)?,
        Form::Wav => sound::wav(source, size)?,
        Form::Flac => sound::flac(source)?,
        Form::Unplayable(media_type) => {
            if media_type.starts_with("audio/") {
                found.document.kind = "audio".into();
            }
            Media::default()
        }
        _ => return Err(Refusal::damaged()),
    };
    if matches!(form, Form::Mp4(_) | Form::Webm(_) | Form::Ogg) {
        let (kind, sound_alone) = if media.video.is_empty() { ("audio", true) } else { ("video", false) };
        found.document.kind = kind.into();
        let media_type = found.document.media_type.clone();
        let rest = media_type.split_once('/').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        found.document.media_type = if sound_alone { format!("audio/{rest}") } else { format!("video/{rest}") };
    }
    for (vi, en) in verdict(form, &media) {
        found.warn(vi, en);
    }
    if !media.video.is_empty() && media.duration > 5_000 && size.saturating_mul(8_000) / media.duration > HEAVY {
        found.warn(
            "Phim nặng so với độ dài: cả lớp cùng xem qua Wi-Fi có thể giật. Nên xuất lại cỡ 720p (khoảng 2 Mbit/giây) bằng HandBrake hoặc VLC.",
            "The film is heavy for its length: a class watching it over Wi-Fi may stall. Export it at 720p (about 2 Mbit/s) with HandBrake or VLC.",
        );
    }
    found.document.media = Some(media);
    Ok(())
}

/// What its user should know before pupils press play: phones and tablets of the last
/// ten years, iPhones included, are the measure.
pub fn verdict(form: Form, media: &Media) -> Vec<(&'static str, &'static str)> {
    let mut warnings = Vec::new();
    match form {
        Form::Unplayable(media_type) if media_type.starts_with("audio/") => warnings.push((
            "Điện thoại và trình duyệt không phát được kiểu âm thanh này (WMA, AMR). Hãy đổi sang MP3 bằng VLC hoặc Audacity rồi tải lên lại.",
            "Phones and browsers do not play this kind of sound (WMA, AMR). Turn it into MP3 with VLC or Audacity and upload it again.",
        )),
        Form::Unplayable(_) => warnings.push((
            "Điện thoại và trình duyệt không phát được kiểu phim này (AVI, WMV, FLV, MPEG). Hãy đổi sang MP4 (H.264, AAC) bằng HandBrake hoặc VLC rồi tải lên lại; tệp này chỉ tải về được.",
            "Phones and browsers do not play this kind of film (AVI, WMV, FLV, MPEG). Turn it into MP4 (H.264, AAC) with HandBrake or VLC and upload it again; this file can only be downloaded.",
        )),
        Form::Webm(false) => warnings.push((
            "Phim MKV không phát được trên iPhone và nhiều điện thoại. Hãy đổi sang MP4 bằng HandBrake hoặc VLC (chọn “không nén lại” thì rất nhanh).",
            "MKV films do not play on iPhones and many phones. Turn the film into MP4 with HandBrake or VLC (“remux” is quick).",
        )),
        _ => {}
    }
    match media.video.as_str() {
        "" | "avc1" | "avc3" | "vp08" | "vp09" => {}
        "hvc1" | "hev1" | "dvh1" | "dvhe" => warnings.push((
            "Phim quay bằng HEVC (H.265), kiểu của iPhone và máy quay mới: máy tính phòng tin học và nhiều điện thoại Android không phát được. Hãy đổi sang MP4 H.264 bằng HandBrake; trên iPhone chọn Cài đặt › Camera › Định dạng › Tương thích nhất.",
            "The film is in HEVC (H.265), as new iPhones and cameras record: computer rooms and many Android phones do not play it. Turn it into MP4 with H.264 by HandBrake; on an iPhone choose Settings › Camera › Formats › Most Compatible.",
        )),
        "av01" => warnings.push((
            "Phim dùng AV1: chỉ máy mới phát được. Hãy đổi sang MP4 H.264 bằng HandBrake.",
            "The film is in AV1, which only new devices play. Turn it into MP4 with H.264 by HandBrake.",
        )),
        _ => warnings.push((
            "Hình của phim dùng kiểu mã cũ mà trình duyệt không phát được. Hãy đổi sang MP4 (H.264) bằng HandBrake hoặc VLC.",
            "The film's pictures are in an old form that browsers do not play. Turn it into MP4 (H.264) with HandBrake or VLC.",
        )),
    }
    match media.audio.as_str() {
        "" | "mp4a" | "mp3" | "opus" | "vorbis" | "pcm" | "flac" | "aac" => {}
        "ac-3" | "ec-3" | "dts" => warnings.push((
            "Tiếng của phim là Dolby hoặc DTS: trên điện thoại sẽ có hình mà không có tiếng. Hãy đổi tiếng sang AAC bằng HandBrake hoặc VLC.",
            "The film's sound is Dolby or DTS: phones show the film without sound. Turn the sound into AAC with HandBrake or VLC.",
        )),
        _ => warnings.push((
            "Tiếng dùng kiểu mã mà nhiều điện thoại không phát được. Hãy đổi sang AAC hoặc MP3 bằng HandBrake hoặc VLC.",
            "The sound is in a form that many phones do not play. Turn it into AAC or MP3 with HandBrake or VLC.",
        )),
    }
    if matches!(media.audio.as_str(), "vorbis" | "opus") && form == Form::Ogg {
        warnings.push((
            "iPhone đời cũ không phát được âm thanh OGG. Nếu lớp có iPhone, hãy đổi sang MP3.",
            "Older iPhones do not play OGG sound. If there are iPhones in the class, turn it into MP3.",
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_codecs() {
        let media = |video: &str, audio: &str| Media { video: video.into(), audio: audio.into(), ..Media::default() };
        for (form, video, audio, warnings) in [
            (Form::Mp4(false), "avc1", "mp4a", 0),
            (Form::Mp4(false), "avc1", "", 0),
            (Form::Mp4(false), "hvc1", "mp4a", 1),
            (Form::Mp4(false), "avc1", "ac-3", 1),
            (Form::Mp4(false), "mp4v", "samr", 2),
            (Form::Webm(true), "vp09", "opus", 0),
            (Form::Webm(false), "avc1", "ac-3", 2),
            (Form::Unplayable("video/x-ms-wmv"), "", "", 1),
            (Form::Unplayable("audio/x-ms-wma"), "", "", 1),
            (Form::Mp3, "", "mp3", 0),
            (Form::Ogg, "", "opus", 1),
        ] {
            assert_eq!(verdict(form, &media(video, audio)).len(), warnings, "{video} {audio}");
        }
    }
}
