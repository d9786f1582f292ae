//! The assets folder of a plugin.

use std::fs;
use std::path::Path;

use crate::Error;

/// All assets of a plugin together: 16 MiB. Larger files belong into the blob store.
const MAX_TOTAL: usize = 16 << 20;

/// A file below the plugin's `assets` folder.
pub(crate) struct AssetFile {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// Reads the folder, in the order of the paths; none: no assets. Names that begin
/// with a dot are left out.
pub(crate) fn read(folder: &Path) -> Result<Vec<AssetFile>, Error> {
    let mut files = Vec::new();
    if folder.is_dir() {
        walk(folder, "", &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    if files.iter().map(|file| file.bytes.len()).sum::<usize>() > MAX_TOTAL {
        return Err(Error::Asset("more than 16 MiB in all; larger files belong into the blob store".into()));
    }
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<AssetFile>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| Error::Asset(format!("{}: the name is not in UTF-8", name.to_string_lossy())))?;
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        // Follows no links: a package holds what lies in the folder and nothing else.
        let kind = entry.file_type().map_err(Error::file(entry.path()))?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).map_err(Error::file(entry.path()))?;
            files.push(AssetFile { path, bytes });
        } else {
            return Err(Error::Asset(format!("{path}: neither a file nor a folder")));
        }
    }
    Ok(())
}

/// Media type by the name's ending. Those that a browser would run are not among
/// them: pages carry no script, and an unknown ending is only ever downloaded.
pub(crate) fn media_type(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "json" => "application/json",
        "xml" => "application/xml",
        "pdf" => "application/pdf",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "tsv" => "text/tab-separated-values; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "mrc" => "application/marc",
        _ => "application/octet-stream",
    }
}
