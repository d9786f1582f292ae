//! Gathers the SDK's sources (the crate, the contract's documents, the WIT) into a list
//! that goes into the program, so that `tram plugin new` needs nothing but itself,
//! cargo and the registry.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folders below `sdk/` that a vendor needs.
const FOLDERS: [&str; 3] = ["rust", "contract", "wit"];

fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.insert(path);
        }
    }
    Ok(())
}

/// The workspace of the SDK alone: the parts of ours that its crates inherit.
fn workspace(root: &str, members: &[String]) -> String {
    let mut out = String::from(
        "# Written by `tram plugin new`.\n[workspace]\nresolver = \"3\"\nmembers = [\"rust\", \"contract\"]\n",
    );
    let mut section = "";
    for line in root.lines() {
        if line.starts_with('[') {
            section = line;
            let kept = section == "[workspace.package]"
                || section == "[workspace.dependencies]"
                || section.starts_with("[workspace.lints.");
            if kept {
                let _ = write!(out, "\n{line}\n");
            }
            continue;
        }
        let inherited = |line: &str| {
            let name = line.split(['=', ' ']).next().unwrap_or_default();
            members.iter().any(|manifest| {
                manifest.lines().any(|used| {
                    used.strip_prefix(name)
                        .is_some_and(|rest| rest.starts_with(".workspace") || rest.starts_with(" = { workspace"))
                })
            })
        };
        let kept = match section {
            "[workspace.package]" => !line.is_empty(),
            "[workspace.dependencies]" => inherited(line),
            other => other.starts_with("[workspace.lints.") && !line.is_empty() && !line.starts_with('#'),
        };
        if kept {
            let _ = writeln!(out, "{}", line.replace("path = \"sdk/", "path = \""));
        }
    }
    out
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sdk = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..").canonicalize()?;
    let root = sdk.join("../Cargo.toml").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut found = BTreeSet::new();
    for folder in FOLDERS {
        files(&sdk.join(folder), &mut found)?;
    }
    let members =
        [fs::read_to_string(sdk.join("rust/Cargo.toml"))?, fs::read_to_string(sdk.join("contract/Cargo.toml"))?];
    let mut code = String::from(
        "/// Path below the SDK's folder, and what stands there.\npub(crate) const FILES: &[(&str, &str)] = &[\n",
    );
    let own = workspace(&fs::read_to_string(&root)?, &members);
    writeln!(code, "    (\"Cargo.toml\", {own:?}),")?;
    for path in found {
        let name = path.strip_prefix(&sdk)?.to_string_lossy().into_owned();
        writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    code.push_str("];\n");
    #[allow(clippy::disallowed_methods, reason = "a build script writes into its own folder")]
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("sdk.rs"), code)?;
    Ok(())
}
