//! The flat form of a package: every file unpacked once, checked while it passes, in
//! pieces. What is a drawing is cleaned on the way.

use std::io::Read;

use tram_contract::flat::{File, Index, MEDIA_TYPE};

use crate::zip::Archive;
use crate::{Found, Refusal, Result, Sink, names, policy, svg};

/// Bytes that pass at once.
const PIECE: usize = 256 << 10;
/// Bytes of all paths together: they stand in the answer and in the index.
const MAX_PATHS: usize = 2 << 20;

/// Its files: path and unpacked size.
///
/// # Errors
/// Their names alone are too much.
pub(crate) fn list(archive: &Archive<'_>) -> Result<Vec<(String, u64)>> {
    let length: usize = archive.entries().iter().map(|entry| entry.path.len()).sum();
    if length > MAX_PATHS {
        return Err(Refusal::too_much());
    }
    Ok(archive.entries().iter().map(|entry| (entry.path.clone(), entry.size)).collect())
}

/// Writes the flat form.
///
/// # Errors
/// A file of it is damaged or hostile, or there is no room.
pub(crate) fn write(archive: &mut Archive<'_>, sink: &mut dyn Sink, found: &mut Found) -> Result<()> {
    sink.begin("package.flat", MEDIA_TYPE)?;
    let paths: Vec<(String, u64)> = list(archive)?;
    let mut index = Index::default();
    let mut offset = 0u64;
    let mut defused = false;
    for (path, size) in paths {
        let media_type = names::media_type(&path);
        let length = if media_type == "image/svg+xml" {
            let drawing = if size <= svg::MAX { Some(archive.read(&path, svg::MAX)?) } else { None };
            if let Some(drawing) = &drawing {
                policy::check_part(&path, drawing.get(..drawing.len().min(4096)).unwrap_or_default())?;
            }
            // A drawing that cannot be read draws nothing; it is not handed on.
            let cleaned = drawing
                .as_deref()
                .and_then(|drawing| svg::clean(drawing).ok())
                .unwrap_or(svg::Cleaned { svg: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>".into(), defused: true });
            defused |= cleaned.defused;
            for piece in cleaned.svg.as_bytes().chunks(PIECE) {
                sink.write(piece)?;
            }
            cleaned.svg.len() as u64
        } else {
            pass(archive, &path, Some(&mut *sink))?
        };
        index.files.push(File { path, media_type: media_type.into(), offset, size: length });
        offset += length;
    }
    let end = index.finish(offset).map_err(|_| Refusal::too_much())?;
    for piece in end.chunks(PIECE) {
        sink.write(piece)?;
    }
    sink.end()?;
    if defused {
        found.warn(
            "Trong gói có hình SVG chứa mã lệnh hoặc liên kết ra ngoài: trạm đã bỏ phần đó, chỉ hiển thị hình.",
            "A drawing (SVG) in the package held scripts or links to elsewhere: those were left out, only the drawing is shown.",
        );
    }
    Ok(())
}

/// Checks every file as [`write`] does, without keeping anything.
pub(crate) fn check(archive: &mut Archive<'_>) -> Result<()> {
    for (path, _) in list(archive)? {
        pass(archive, &path, None)?;
    }
    Ok(())
}

/// Unpacks a file past the checks.
fn pass(archive: &mut Archive<'_>, path: &str, mut sink: Option<&mut dyn Sink>) -> Result<u64> {
    let mut stream = archive.stream(path)?;
    let mut buffer = vec![0; PIECE];
    let mut length = 0u64;
    loop {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match stream.read(rest)? {
                0 => break,
                count => filled += count,
            }
        }
        let piece = buffer.get(..filled).unwrap_or_default();
        if length == 0 {
            policy::check_part(path, piece.get(..piece.len().min(4096)).unwrap_or_default())?;
        }
        if piece.is_empty() {
            return Ok(length);
        }
        length += piece.len() as u64;
        if let Some(sink) = &mut sink {
            sink.write(piece)?;
        }
    }
}
