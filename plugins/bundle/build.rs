//! Lists the packed and precompiled plugins that `make bundle` put into the folder
//! `TRAM_BUNDLE` (default: `bundle` in cargo's target folder), so that the crate
//! embeds them. An empty folder makes a station without plugins, which serves.
#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=TRAM_BUNDLE");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let folder = match std::env::var_os("TRAM_BUNDLE") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        // target/release/build/tram-bundle-HASH/out
        _ => out.ancestors().nth(4).unwrap_or(Path::new(".")).join("bundle"),
    };
    println!("cargo::rerun-if-changed={}", folder.display());

    let mut packages = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension() == Some(OsStr::new("tram")) {
                packages.push(path);
            }
        }
    }
    packages.sort();
    if packages.is_empty() {
        println!("cargo::warning=no plugins in {}; run `make bundle` to embed them", folder.display());
    }

    let mut list = String::from("&[\n");
    for package in packages {
        let compiled = package.with_extension("cwasm");
        if !compiled.is_file() {
            let name = package.display();
            return Err(io::Error::other(format!("{name} is not compiled; run `make bundle`")));
        }
        for file in [&package, &compiled] {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        list.push_str(&format!(
            "    Embedded {{ package: include_bytes!({package:?}), compiled: include_bytes!({compiled:?}) }},\n"
        ));
    }
    list.push(']');
    #[allow(clippy::disallowed_methods, reason = "a build script writes into its own OUT_DIR")]
    std::fs::write(out.join("bundle.rs"), list)
}
