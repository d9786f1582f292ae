//! What can go wrong, in words for the plugin's author.

use std::path::PathBuf;

use tram_contract::manifest::Problem;
use tram_contract::package::PackageError;

/// Why a plugin was not made, built, packed or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The folder for a new plugin is there and not empty.
    #[error("{0} is not empty; choose a folder that is not there yet")]
    NotEmpty(PathBuf),
    /// The id of a new plugin cannot be one.
    #[error("{0:?} is no plugin id: lower-case letters, digits, hyphens and at least one dot, as in canteen.example")]
    Id(String),
    /// The SDK is not where it should be.
    #[error("{0} is not the SDK; set TRAM_SDK to the folder sdk/rust of the station's sources")]
    NoSdk(PathBuf),
    /// `cargo` cannot be started.
    #[error("cargo cannot be started ({0}); install Rust from https://rustup.rs")]
    NoCargo(std::io::Error),
    /// The target for plugins is not installed.
    #[error("the target for plugins is missing; run: rustup target add wasm32-unknown-unknown")]
    NoTarget,
    /// `cargo build` failed; it has said why.
    #[error("the plugin does not compile; see the messages above")]
    Cargo,
    /// The crate makes no WebAssembly module.
    #[error("the crate in {0} makes no module; Cargo.toml needs: [lib] crate-type = [\"cdylib\"]")]
    NoModule(PathBuf),
    /// The module is no component of the contract.
    #[error("the module cannot become a component: {0}")]
    Component(String),
    /// `plugin.toml` is not TOML, or not a manifest.
    #[error("plugin.toml: {0}")]
    Manifest(String),
    /// The manifest or what it says about the component is wrong.
    #[error("the plugin is not packed:{}", list(.0))]
    Problems(Vec<Problem>),
    /// An asset that cannot be packed.
    #[error("assets: {0}")]
    Asset(String),
    /// The publisher's key cannot be made, read or used.
    #[error("key: {0}")]
    Key(String),
    /// The signature does not fit the file.
    #[error("the signature does not fit the file: it was changed after it was signed")]
    Signature,
    /// The file is no plugin.
    #[error(transparent)]
    Package(#[from] PackageError),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {}: {}", problem.place, problem.reason)).collect()
}

impl Error {
    /// Puts the path to an error of the file system.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
