//! Building a plugin's crate for WebAssembly.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Error;

/// The target that plugins are built for: it has no system, so nothing can be
/// imported by accident.
const TARGET: &str = "wasm32-unknown-unknown";

/// How to build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Cargo profile; `release` by default.
    pub profile: String,
    /// Cargo's target folder; its own choice by default.
    pub target_dir: Option<PathBuf>,
    /// Arguments for cargo besides (`--features`, `--offline`).
    pub arguments: Vec<OsString>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self { profile: "release".into(), target_dir: None, arguments: Vec::new() }
    }
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Builds the crate in a folder and answers the path of its module. Cargo speaks to
/// the terminal by itself.
///
/// # Errors
/// [`Error::NoCargo`], [`Error::NoTarget`], [`Error::Cargo`], [`Error::NoModule`].
pub fn build_with(folder: &Path, options: &BuildOptions) -> Result<PathBuf, Error> {
    let manifest = folder.join("Cargo.toml");
    let manifest = manifest.canonicalize().map_err(Error::file(manifest))?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(folder)
        .args(["build", "--lib", "--message-format=json-render-diagnostics", "--target", TARGET])
        .args(["--profile", &options.profile])
        .arg("--manifest-path")
        .arg(&manifest)
        .args(&options.arguments)
        // Libraries that want random bytes find the SDK's source (its feature
        // `getrandom`). Set for this target only, so that build scripts and
        // macros of the plugin are compiled as ever.
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    if let Some(target_dir) = &options.target_dir {
        cargo.arg("--target-dir").arg(target_dir);
    }
    let output = cargo.stdout(Stdio::piped()).spawn().and_then(|child| child.wait_with_output());
    let output = output.map_err(Error::NoCargo)?;
    if !output.status.success() {
        return Err(if has_target() { Error::Cargo } else { Error::NoTarget });
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact" && message.manifest_path == manifest)
        .flat_map(|message| message.filenames)
        .rfind(|file| file.extension().is_some_and(|ending| ending == "wasm"))
        .ok_or_else(|| Error::NoModule(folder.to_owned()))
}

fn flags() -> String {
    let own = std::env::var("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS").unwrap_or_default();
    format!("{own} --cfg getrandom_backend=\"custom\"").trim_start().to_owned()
}

/// Whether the compiler has the standard library for the target.
fn has_target() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let answer = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    answer.is_ok_and(|answer| {
        answer.status.success() && Path::new(String::from_utf8_lossy(&answer.stdout).trim()).is_dir()
    })
}
