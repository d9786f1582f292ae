//! Lists the vendored players that `scripts/players.sh` put into the folder
//! `TRAM_PLAYERS` (default: `players` in cargo's target folder), so that the crate
//! embeds them. Without them everything builds, and the viewers that need them say so.
#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=TRAM_PLAYERS");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let folder = match std::env::var_os("TRAM_PLAYERS") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        // target/release/build/tram-web-HASH/out
        _ => out.ancestors().nth(4).unwrap_or(Path::new(".")).join("players"),
    };
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    files.sort();
    if files.is_empty() {
        println!("cargo::warning=no players in {}; run `make players` to embed them", folder.display());
    }
    let mut list = String::from("&[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.strip_prefix(&folder).map_err(io::Error::other)?.with_extension("");
        list.push_str(&format!("    ({name:?}, include_bytes!({file:?})),\n"));
    }
    list.push(']');
    #[allow(clippy::disallowed_methods, reason = "a build script writes into its own OUT_DIR")]
    std::fs::write(out.join("players.rs"), list)
}

/// Files packed by gzip, of the folder and those in it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "gz") {
            files.push(path);
        }
    }
    Ok(())
}
