//! What `tram plugin new|build|pack|check` do, each in one call.

use std::path::{Path, PathBuf};

use crate::inspect::{Inspection, inspect};
use crate::{BuildOptions, Error, PackOptions, build_with, pack_directory, sign, template, write_sdk};

/// Makes a new plugin in `folder`. `name` is its id, or a word of which the id
/// `WORD.example` is made, to be changed before the plugin is given to anybody.
///
/// The SDK is written into `sdk` when one is given (several plugins may share it), else
/// into the plugin's own folder `sdk`. The variable `TRAM_SDK` names a folder
/// `sdk/rust` to be used as it is.
///
/// # Errors
/// [`Error::Id`], [`Error::NotEmpty`], [`Error::NoSdk`], [`Error::File`].
pub fn new_plugin(folder: &Path, name: &str, sdk: Option<&Path>) -> Result<(), Error> {
    let word = Path::new(name).file_name().and_then(|word| word.to_str()).unwrap_or(name);
    let id = if word.contains('.') { word.to_owned() } else { format!("{word}.example") };
    let from = |path: &Path| format!("{{ path = {:?} }}", path.display().to_string());
    let named = std::env::var_os("TRAM_SDK").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    match (sdk, named) {
        (Some(sdk), _) => {
            write_sdk(sdk)?;
            let there = sdk.canonicalize().map_err(Error::file(sdk))?;
            template::write(folder, &id, &from(&there.join("rust")))
        }
        (None, Some(named)) if named.join("Cargo.toml").is_file() => {
            let there = named.canonicalize().map_err(Error::file(named))?;
            template::write(folder, &id, &from(&there))
        }
        (None, Some(named)) => Err(Error::NoSdk(named)),
        (None, None) => {
            template::write(folder, &id, &from(Path::new("sdk/rust")))?;
            write_sdk(&folder.join("sdk"))
        }
    }
}

/// Builds the plugin in `folder`; answers the path of its module.
///
/// # Errors
/// As [`build_with`].
pub fn build(folder: &Path) -> Result<PathBuf, Error> {
    build_with(folder, &BuildOptions::default())
}

/// Builds and packs the plugin in `folder`, signed when a publisher's key is given;
/// answers the path of the plugin file, `ID.tram` beside `plugin.toml`, with hyphens
/// for the dots of the id.
///
/// # Errors
/// As [`build_with`], [`pack_directory`] and [`sign`].
pub fn pack_dir(folder: &Path, key: Option<&Path>) -> Result<PathBuf, Error> {
    let module = build(folder)?;
    let mut package = pack_directory(folder, &module, &PackOptions::default())?;
    if let Some(key) = key {
        package = sign(&package, key)?;
    }
    let id = inspect(&package)?.manifest.id;
    let file = folder.join(format!("{}.tram", id.replace('.', "-")));
    #[allow(
        clippy::disallowed_methods,
        reason = "a build product on the author's machine, made again when it is lost"
    )]
    std::fs::write(&file, package).map_err(Error::file(&file))?;
    Ok(file)
}

/// What a plugin file is and may do, as text, in Vietnamese when the terminal
/// speaks it (`LC_ALL`, `LC_MESSAGES`, `LANG`), else in English.
///
/// # Errors
/// [`Error::Package`] when it is none, [`Error::Problems`] when a station would
/// refuse it.
pub fn check(package: &[u8]) -> Result<String, Error> {
    let inspection = inspect(package)?;
    if !inspection.problems.is_empty() {
        return Err(Error::Problems(inspection.problems));
    }
    let language = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .map_or("en", |locale| if locale.starts_with("vi") { "vi" } else { "en" });
    Ok(describe(&inspection, language))
}

fn describe(inspection: &Inspection, language: &str) -> String {
    let manifest = &inspection.manifest;
    let (head, version, may, assets, signed, unsigned) = match language {
        "vi" => (
            "Phần mở rộng",
            "phiên bản",
            "Nó xin được làm:",
            "Tệp kèm theo:",
            "Nhà cung cấp ký bằng khoá",
            "Không có chữ ký",
        ),
        _ => ("Plugin", "version", "It asks to:", "Assets:", "Signed by the publisher with the key", "Not signed"),
    };
    let mut text = format!(
        "{head} {} ({}), {version} {}, {} KiB\n{}\n\n{may}\n",
        manifest.name.get(language),
        manifest.id,
        manifest.version,
        inspection.size.div_ceil(1024),
        manifest.description.get(language),
    );
    for sentence in &inspection.sentences {
        text.push_str(&format!("  - {}\n", sentence.get(language)));
    }
    match &inspection.publisher {
        Some(key) => text.push_str(&format!("\n{signed} {key}\n")),
        None => text.push_str(&format!("\n{unsigned}\n")),
    }
    if !inspection.assets.is_empty() {
        text.push_str(&format!("\n{assets}\n"));
        for (path, size) in &inspection.assets {
            text.push_str(&format!("  - {path} ({} KiB)\n", size.div_ceil(1024)));
        }
    }
    text.truncate(text.trim_end().len());
    text
}
