//! A new plugin from the template in `sdk/templates/rust`.

use std::fs;
use std::path::Path;

use crate::Error;

/// Path in the new folder, and what stands there.
const FILES: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("../../templates/rust/Cargo.toml.template")),
    ("plugin.toml", include_str!("../../templates/rust/plugin.toml.template")),
    ("src/lib.rs", include_str!("../../templates/rust/src/lib.rs.template")),
    ("README.md", include_str!("../../templates/rust/README.md.template")),
    (".gitignore", include_str!("../../templates/rust/gitignore.template")),
];

/// Writes a new plugin into a folder that is not there or empty. `sdk` is where
/// `tram-sdk` comes from, as Cargo.toml says it: `{ path = "…" }`,
/// `{ git = "…" }` or `"0.1"`.
///
/// # Errors
/// [`Error::Id`], [`Error::NotEmpty`], [`Error::File`].
pub fn write(folder: &Path, id: &str, sdk: &str) -> Result<(), Error> {
    if !is_vendor_id(id) {
        return Err(Error::Id(id.into()));
    }
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(Error::NotEmpty(folder.into()));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::file(folder)(error)),
    }
    let file = id.replace('.', "-");
    let vendor = id.split('.').next().unwrap_or_default();
    let values = [("{{id}}", id), ("{{sdk}}", sdk), ("{{vendor}}", vendor), ("{{crate}}", &file), ("{{file}}", &file)];
    for (path, template) in FILES {
        let to = folder.join(path);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(Error::file(parent))?;
        }
        let text = values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value));
        #[allow(clippy::disallowed_methods, reason = "the author's own new folder, not the station's data")]
        fs::write(&to, text).map_err(Error::file(&to))?;
    }
    Ok(())
}

/// A vendor's id has a dot, so that it never meets one of ours, and its parts make
/// a crate's name.
fn is_vendor_id(id: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    id.len() <= 64 && id.contains('.') && id.split('.').all(part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
    use super::*;

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "x").unwrap();
        assert!(matches!(write(folder.path(), "a.b", "\"0.1\""), Err(Error::NotEmpty(_))));
        assert!(!folder.path().join("Cargo.toml").exists());
    }

    #[test]
    fn ids_that_are_none_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for id in ["catalogue", "A.b", "a..b", ".a", "a.", "a.1b", "a b.c", "../x.y", "a.-b"] {
            let to = folder.path().join("new");
            assert!(matches!(write(&to, id, "\"0.1\""), Err(Error::Id(_))), "{id}");
        }
    }

    #[test]
    fn no_mark_of_the_template_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("new");
        write(&to, "canteen.example", "{ path = \"../sdk\" }").unwrap();
        for (path, _) in FILES {
            assert!(!fs::read_to_string(to.join(path)).unwrap().contains("{{"), "{path}");
        }
        let manifest = fs::read_to_string(to.join("plugin.toml")).unwrap();
        assert_eq!(tram_contract::manifest::Manifest::parse(&manifest).unwrap().problems(), []);
    }
}
