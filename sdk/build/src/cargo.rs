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
struct Metadata {
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

/// A package among the dependencies, with the features that are on.
#[derive(Deserialize)]
struct Node {
    id: String,
    features: Vec<String>,
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
    let mut cargo = cargo(folder);
    cargo
        .args(["build", "--lib", "--message-format=json-render-diagnostics", "--target", TARGET])
        .args(["--profile", &options.profile])
        .arg("--manifest-path")
        .arg(&manifest)
        .args(&options.arguments)
        .stderr(Stdio::inherit());
    if wants_random_source(&manifest, options) {
        // For this target only, so that build scripts and macros are compiled as ever.
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags());
    }
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

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).stdin(Stdio::null());
    cargo
}

/// Whether the plugin turned on the SDK's feature `getrandom`. Only then is
/// getrandom told to look for the SDK's source: version 0.4 does not compile with
/// that and its own feature for browsers at once, which readers of zip files turn on.
fn wants_random_source(manifest: &Path, options: &BuildOptions) -> bool {
    let features = options.arguments.windows(2).filter(|pair| pair.first().is_some_and(|name| name == "--features"));
    let metadata = cargo(manifest.parent().unwrap_or(manifest))
        .args(["metadata", "--format-version", "1", "--filter-platform", TARGET, "--manifest-path"])
        .arg(manifest)
        .args(features.flatten())
        .stderr(Stdio::null())
        .output();
    // What is wrong with the manifest cargo says when it builds.
    let Ok(metadata) = metadata else { return false };
    serde_json::from_slice::<Metadata>(&metadata.stdout).is_ok_and(|metadata| {
        metadata
            .resolve
            .nodes
            .iter()
            .any(|node| node.id.contains("tram-sdk") && node.features.iter().any(|feature| feature == "getrandom"))
    })
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
