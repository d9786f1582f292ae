//! The files of an edition: what was sent, what is kept, in which order and for what.

use std::collections::BTreeSet;

use tram_contract::Text;
use tram_contract::extract::PROGRAMS;
use tram_sdk::{Request, Result, Upload, blobs};

use crate::messages as m;
use crate::model::{FileRef, Item, LOOKED, Looked, TEXTS};

/// Most files of an item.
pub const MAX_FILES: usize = 200;

/// The ending of a name, lower-case.
#[must_use]
pub fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default()
}

/// The name without the folders before it.
#[must_use]
pub fn bare(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// Why a file of this name is not taken; none when it is. A repository for pupils has no
/// use for programs, and one of them opened by mistake on a school's computer is a bad day.
#[must_use]
pub fn refusal(name: &str) -> Option<Text> {
    let ending = ending(name);
    PROGRAMS.contains(&ending.as_str()).then(|| m::REFUSED_PROGRAM.text_with(&[bare(name)]))
}

/// Whether a folder holds this only because the computer put it there.
#[must_use]
pub fn is_litter(name: &str) -> bool {
    let bare = bare(name);
    bare.starts_with('.') || bare.starts_with("~$") || matches!(bare, "Thumbs.db" | "desktop.ini" | "__MACOSX")
}

/// What a file is for, by its name among the others.
fn role(name: &str, others: &[&str]) -> &'static str {
    let stem = |name: &str| tram_vietnamese::fold(bare(name).rsplit_once('.').map_or(name, |(stem, _)| stem));
    match ending(name).as_str() {
        "vtt" | "srt" => "subtitles",
        "pdf"
            if others
                .iter()
                .any(|other| matches!(ending(other).as_str(), "ppt" | "pptx" | "odp") && stem(other) == stem(name)) =>
        {
            "pdf"
        }
        _ => "main",
    }
}

/// Takes what was sent into an item's files.
///
/// # Errors
/// What is wrong with what was sent, for people.
pub fn add(item: &mut Item, files: &mut Vec<FileRef>, uploads: &[Upload]) -> Result<(), Text> {
    let sent: Vec<&Upload> = uploads
        .iter()
        .filter(|upload| upload.field == "files" && !upload.name.is_empty() && !is_litter(&upload.name))
        .collect();
    if files.len() + sent.len() > MAX_FILES {
        return Err(m::TOO_MANY_FILES.text_with(&[&MAX_FILES.to_string()]));
    }
    if let Some(reason) = sent.iter().find_map(|upload| refusal(&upload.name)) {
        return Err(reason);
    }
    let mut sent: Vec<&Upload> = sent;
    // A folder comes in the computer's order; people count 2 before 10.
    sent.sort_by_cached_key(|upload| tram_vietnamese::sort_key(&natural(&upload.name)));
    let mut names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    names.extend(sent.iter().map(|upload| upload.name.clone()));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for upload in sent {
        item.next_file = item.next_file.saturating_add(1);
        files.push(FileRef {
            number: item.next_file,
            blob: upload.blob.clone(),
            name: tram_vietnamese::nfc(&upload.name).into_owned(),
            media_type: upload.media_type.clone(),
            size: upload.size,
            role: role(&upload.name, &names).to_owned(),
        });
    }
    Ok(())
}

/// A name whose numbers sort as numbers.
fn natural(name: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in name.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            out.push_str(&format!("{:0>12}", digits.trim_start_matches('0')));
            digits.clear();
        }
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

/// The files as the form wants them: without the ticked ones, in the order and for the
/// purposes that it says.
#[must_use]
pub fn arranged(files: &[FileRef], request: &Request) -> Vec<FileRef> {
    let mut kept: Vec<(i64, FileRef)> = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let number = file.number;
        if request.form(&format!("remove-{number}")).is_some() {
            continue;
        }
        let mut file = file.clone();
        if let Some(role) = request.form(&format!("role-{number}"))
            && crate::words::ROLES.iter().any(|(known, _)| *known == role)
        {
            file.role = role.to_owned();
        }
        let place = request.filled(&format!("order-{number}")).and_then(|text| text.parse().ok());
        kept.push((place.unwrap_or(i64::try_from(at).unwrap_or(i64::MAX).saturating_add(1)), file));
    }
    kept.sort_by_key(|(place, _)| *place);
    kept.into_iter().map(|(_, file)| file).collect()
}

/// What was found in each of these files.
///
/// # Errors
/// As the store.
pub fn looked(files: &[FileRef]) -> Result<Vec<Option<Looked>>> {
    let keys: Vec<Vec<u8>> = files.iter().map(|file| file.blob.as_bytes().to_vec()).collect();
    Ok(LOOKED.get_many(&keys)?.into_iter().map(|found| found.map(|entry| entry.value)).collect())
}

/// The files that may be handed on, and those that were found to be dangerous: asked each
/// time, because a file may have been published before it was looked into.
///
/// # Errors
/// As the store.
pub fn told_apart(files: &[FileRef]) -> Result<(Vec<&FileRef>, Vec<&FileRef>)> {
    let hostile = |looked: &Option<Looked>| looked.as_ref().is_some_and(Looked::is_hostile);
    let (mut fine, mut kept_back) = (Vec::new(), Vec::new());
    for (file, looked) in files.iter().zip(looked(files)?) {
        if hostile(&looked) { &mut kept_back } else { &mut fine }.push(file);
    }
    Ok((fine, kept_back))
}

/// Gives the files of an item back to the disk that it held before and does not hold now,
/// with what was found in them and made of them.
///
/// # Errors
/// As the store and the blobs.
pub fn give_back(before: &Item, now: Option<&Item>) -> Result<()> {
    let held: BTreeSet<&str> = now.into_iter().flat_map(Item::all_files).map(|file| file.blob.as_str()).collect();
    let gone: BTreeSet<&str> =
        before.all_files().map(|file| file.blob.as_str()).filter(|blob| !held.contains(blob)).collect();
    gone.into_iter().try_for_each(forget)
}

/// Deletes a file that nothing holds any more.
///
/// # Errors
/// As the store and the blobs.
pub fn forget(blob: &str) -> Result<()> {
    if let Some(looked) = LOOKED.get(blob.as_bytes())? {
        looked.value.derived().try_for_each(delete)?;
        LOOKED.delete(blob.as_bytes(), None)?;
        TEXTS.delete(blob.as_bytes(), None)?;
    }
    delete(blob)
}

/// Deletes a blob; one that is gone already is no error.
///
/// # Errors
/// As the blobs.
pub fn delete(blob: &str) -> Result<()> {
    if blobs::stat(blob)?.is_some() { blobs::delete(blob) } else { Ok(()) }
}

/// Bytes as people write them.
#[must_use]
pub fn size(bytes: u64, language: &str) -> String {
    let point = if language == "en" { "." } else { "," };
    let scaled = |unit: u64, name: &str| {
        let tenths = bytes.saturating_mul(10) / unit;
        match tenths {
            0..100 => format!("{}{point}{} {name}", tenths / 10, tenths % 10),
            _ => format!("{} {name}", tenths / 10),
        }
    };
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => scaled(1_000, "kB"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "MB"),
        _ => scaled(1_000_000_000, "GB"),
    }
}

/// A length of time as players show it.
#[must_use]
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// The media type under which a file is handed out.
#[must_use]
pub fn media_type(file: &FileRef) -> String {
    match ending(&file.name).as_str() {
        "vtt" => "text/vtt; charset=utf-8".to_owned(),
        "txt" | "md" | "srt" => "text/plain; charset=utf-8".to_owned(),
        _ if file.media_type.is_empty() => "application/octet-stream".to_owned(),
        _ => file.media_type.clone(),
    }
}

/// The name of a file as the blob store knows it, where it knows one.
///
/// # Errors
/// As the blobs.
pub fn is_there(file: &FileRef) -> Result<bool> {
    Ok(blobs::stat(&file.blob)?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_lengths_are_readable() {
        assert_eq!(size(999, "vi"), "999 B");
        assert_eq!(size(1_500, "vi"), "1,5 kB");
        assert_eq!(size(15_000_000, "en"), "15 MB");
        assert_eq!(size(2_340_000_000, "en"), "2.3 GB");
        assert_eq!(duration(61_000), "1:01");
        assert_eq!(duration(3_661_000), "1:01:01");
    }

    #[test]
    fn roles_are_guessed_and_litter_left_out() {
        assert_eq!(role("Bài 5/Bài giảng.pdf", &["Bài 5/bai giang.pptx"]), "pdf");
        assert_eq!(role("Phiếu.pdf", &["Bài giảng.pptx"]), "main");
        assert_eq!(role("phim.vi.vtt", &[]), "subtitles");
        assert!(is_litter("Bài 5/.DS_Store") && is_litter("~$Giáo án.docx") && !is_litter("Giáo án.docx"));
        assert!(refusal("Bài 5/chạy.EXE").is_some() && refusal("chạy.exe.pdf").is_none());
    }

    #[test]
    fn numbers_sort_as_numbers() {
        let mut names = ["Bài 10.docx", "Bài 2.docx", "Bài 1.docx"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["Bài 1.docx", "Bài 2.docx", "Bài 10.docx"]);
    }
}
