//! `tram-pack FOLDER FILE [--profile NAME] [--target-dir FOLDER] [--unchecked]`:
//! builds the plugin in FOLDER and packs it into FILE. For our own build, where
//! `tram` itself is not there yet; vendors use `tram plugin build`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tram_plugin_build::{BuildOptions, Error, PackOptions, build, pack_directory};

const USAGE: &str = "usage: tram-pack FOLDER FILE [--profile NAME] [--target-dir FOLDER] [--unchecked]";

fn main() -> ExitCode {
    let mut errors = std::io::stderr().lock();
    let Some((folder, file, options, packing)) = arguments(std::env::args().skip(1)) else {
        let _ = writeln!(errors, "{USAGE}");
        return ExitCode::from(2);
    };
    match run(&folder, &file, &options, &packing) {
        Ok(size) => {
            let _ = writeln!(errors, "{}: {} KiB", file.display(), size.div_ceil(1024));
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(errors, "{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Option<(PathBuf, PathBuf, BuildOptions, PackOptions)> {
    let mut places = Vec::new();
    let mut options = BuildOptions::default();
    let mut packing = PackOptions::default();
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--profile" => options.profile = given.next()?,
            "--target-dir" => options.target_dir = Some(given.next()?.into()),
            "--unchecked" => packing.unchecked = true,
            other if other.starts_with('-') => return None,
            place => places.push(PathBuf::from(place)),
        }
    }
    let file = places.pop()?;
    let folder = places.pop()?;
    places.is_empty().then_some((folder, file, options, packing))
}

fn run(folder: &Path, file: &Path, options: &BuildOptions, packing: &PackOptions) -> Result<usize, Error> {
    let module = build(folder, options)?;
    let package = pack_directory(folder, &module, packing)?;
    std::fs::write(file, &package).map_err(|source| Error::File { path: file.into(), source })?;
    Ok(package.len())
}
