//! The vendor's first step as a vendor takes it: a new plugin outside the
//! workspace, built, packed, inspected; its own tests pass as they were written.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tram_contract::package::Package;
use tram_plugin_build::{
    BuildOptions, Error, PackOptions, build_with, check, inspect, new_plugin, pack, pack_directory,
};

/// Beside cargo's own temporary folder, so that a second run is quick.
fn options() -> BuildOptions {
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-step");
    BuildOptions { target_dir: Some(target_dir), ..BuildOptions::default() }
}

fn made() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("notes");
    new_plugin(&plugin, "notes", None).unwrap();
    // The versions that the workspace is locked to: no look at the registry, and a
    // new release of somebody's crate does not break this test.
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"), plugin.join("Cargo.lock")).unwrap();
    (folder, plugin)
}

#[test]
fn new_build_pack_inspect() {
    let (_folder, plugin) = made();
    std::fs::create_dir_all(plugin.join("assets/help")).unwrap();
    std::fs::write(plugin.join("assets/help/vi.txt"), "Trợ giúp").unwrap();
    let module = build_with(&plugin, &options()).unwrap();
    let package = pack_directory(&plugin, &module, &PackOptions::default()).unwrap();
    assert_eq!(pack_directory(&plugin, &module, &PackOptions::default()).unwrap(), package, "same in, same out");

    let inspection = inspect(&package).unwrap();
    assert_eq!(inspection.manifest.id, "notes.example");
    assert_eq!(inspection.exports, ["pages"]);
    let mut imports = inspection.imports.clone();
    imports.sort();
    assert_eq!(imports, ["clock", "log", "store"], "imports are what the code reaches, and no more");
    assert_eq!(inspection.problems, []);
    assert_eq!(inspection.sentences.len(), 4, "three rights, and what no plugin can do");
    assert_eq!(inspection.publisher, None);
    assert_eq!(inspection.assets, [("help/vi.txt".to_owned(), "Trợ giúp".len())]);

    let said = check(&package).unwrap();
    assert!(said.contains("notes.example") && said.contains("help/vi.txt"), "{said}");

    // A manifest that asks for less is refused, and says what is missing.
    let manifest = std::fs::read_to_string(plugin.join("plugin.toml")).unwrap();
    let less = manifest.replace("name = \"clock\"", "name = \"settings\"");
    let wasm = std::fs::read(&module).unwrap();
    let Err(Error::Problems(problems)) = pack(&wasm, &less, &[], &PackOptions::default()) else {
        unreachable!("the component imports clock")
    };
    assert_eq!(problems.len(), 1);
    assert!(problems[0].reason.contains("imports clock"), "{problems:?}");
    // A package is not packed twice, and without its assets it is the same component.
    assert!(matches!(pack(&package, &manifest, &[], &PackOptions::default()), Err(Error::Package(_))));
    let component = Package::read(&package).unwrap().component();
    assert!(component.len() < package.len());
    assert_eq!(inspect(&component).unwrap().exports, ["pages"]);
}

#[test]
fn the_tests_of_a_new_plugin_pass() {
    let (_folder, plugin) = made();
    let output = Command::new(env!("CARGO"))
        .current_dir(&plugin)
        .args(["test", "--quiet", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-step"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    assert!(String::from_utf8_lossy(&said).contains("3 passed"), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn libraries_that_draw_random_bytes_draw_them_from_the_station() {
    let (_folder, plugin) = made();
    let file = plugin.join("Cargo.toml");
    let cargo = std::fs::read_to_string(&file).unwrap();
    // Every version of getrandom that is alive, each found by another way.
    let libraries = "[dependencies]\n\
        getrandom2 = { package = \"getrandom\", version = \"0.2\", features = [\"custom\"] }\n\
        getrandom3 = { package = \"getrandom\", version = \"0.3\" }\n\
        getrandom4 = { package = \"getrandom\", version = \"0.4\" }\n";
    let cargo =
        cargo.replace("[dependencies]\n", libraries).replace("rust\" }", "rust\", features = [\"getrandom\"] }");
    std::fs::write(&file, cargo).unwrap();
    let code = "use tram_sdk::prelude::*;
        pub struct Plugin;
        impl Pages for Plugin {
            fn page(_: Request) -> Result<Response> {
                let mut bytes = [[0_u8; 16]; 3];
                getrandom2::getrandom(&mut bytes[0]).unwrap();
                getrandom3::fill(&mut bytes[1]).unwrap();
                getrandom4::fill(&mut bytes[2]).unwrap();
                Ok(Response::bytes(\"text/plain\", bytes.concat()))
            }
        }
        tram_sdk::export!(Plugin: pages);";
    std::fs::write(plugin.join("src/lib.rs"), code).unwrap();
    let module = build_with(&plugin, &options()).unwrap();
    let manifest = std::fs::read_to_string(plugin.join("plugin.toml")).unwrap();
    let manifest = manifest.replace("name = \"clock\"", "name = \"random\"");
    let package = pack(&std::fs::read(&module).unwrap(), &manifest, &[], &PackOptions::default()).unwrap();
    assert_eq!(inspect(&package).unwrap().imports, ["random", "log"]);
}

#[test]
fn a_crate_that_does_not_compile_is_said_so() {
    let (_folder, plugin) = made();
    std::fs::write(plugin.join("src/lib.rs"), "fn broken( {").unwrap();
    assert!(matches!(build_with(&plugin, &options()), Err(Error::Cargo)));
}
