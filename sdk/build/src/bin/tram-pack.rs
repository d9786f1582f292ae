//! Packs the plugin in a folder into one file; without a MODULE it is built first.
//! For our own build, where `tram` itself is not there yet; vendors use
//! `tram plugin build`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tram_plugin_build::{BuildOptions, Error, PackOptions, build_with, pack_directory};

const USAGE: &str = "usage: tram-pack FOLDER [MODULE] FILE [--profile NAME] [--target-dir FOLDER] [--unchecked]";

struct Task {
    folder: PathBuf,
    module: Option<PathBuf>,
    file: PathBuf,
    building: BuildOptions,
    packing: PackOptions,
}

fn main() -> ExitCode {
    let mut errors = std::io::stderr().lock();
    let Some(task) = arguments(std::env::args().skip(1)) else {
        let _ = writeln!(errors, "{USAGE}");
        return ExitCode::from(2);
    };
    match run(&task) {
        Ok(size) => {
            let _ = writeln!(errors, "{}: {} KiB", task.file.display(), size.div_ceil(1024));
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(errors, "{}: {error}", task.folder.display());
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Option<Task> {
    let mut places = Vec::new();
    let mut building = BuildOptions::default();
    let mut packing = PackOptions::default();
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--profile" => building.profile = given.next()?,
            "--target-dir" => building.target_dir = Some(given.next()?.into()),
            "--unchecked" => packing.unchecked = true,
            other if other.starts_with('-') => return None,
            place => places.push(PathBuf::from(place)),
        }
    }
    let mut places = places.into_iter();
    let (folder, second, third, none) = (places.next()?, places.next()?, places.next(), places.next());
    let (module, file) = match third {
        Some(file) => (Some(second), file),
        None => (None, second),
    };
    none.is_none().then_some(Task { folder, module, file, building, packing })
}

fn run(task: &Task) -> Result<usize, Error> {
    let module = match &task.module {
        Some(module) => module.clone(),
        None => build_with(&task.folder, &task.building)?,
    };
    let package = pack_directory(&task.folder, &module, &task.packing)?;
    write(&task.file, &package)?;
    Ok(package.len())
}

#[allow(clippy::disallowed_methods, reason = "a build product on the author's machine, made again when it is lost")]
fn write(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(file, bytes).map_err(|source| Error::File { path: file.into(), source })
}
