//! The templates of documents: the plugins' originals, and what a school made of them.

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_contract::manifest::Template;
use tram_journal::{Context, Reader};
use tram_people::Principal;
use tram_print::Printed;

use crate::host::Host;
use crate::inner::Core;
use crate::lifecycle::allowed;
use crate::package::refused;
use crate::plugin::Entry;
use crate::tables::{self, TEMPLATES};
use crate::{Error, print};

/// A school's own form of a template, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Own {
    source: String,
    /// BLAKE3 of the original that it stands for.
    original: String,
    by: String,
    unix_ms: i64,
}

/// A template as the administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateStatus {
    /// Plugin that prints it.
    pub plugin: String,
    /// The plugin's name.
    pub plugin_name: Text,
    /// Id in the plugin's manifest.
    pub id: String,
    /// What it is.
    pub name: Text,
    /// The school's own form; none: the original is used.
    pub own: Option<OwnTemplate>,
}

/// What is known of a school's own form of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTemplate {
    /// Who put it there (an opaque actor).
    pub by: String,
    /// When, milliseconds since 1970.
    pub unix_ms: i64,
    /// Whether the original changed since.
    pub is_behind: bool,
}

/// The plugin's template of this id.
pub(crate) fn declared<'a>(entry: &'a Entry, id: &str) -> Result<&'a Template, Error> {
    let missing = || refused(format!("Không có mẫu in “{id}”."), format!("There is no template “{id}”."));
    entry.manifest.template.iter().find(|template| template.id == id).ok_or_else(missing)
}

/// An asset that the manifest names. That it is there was checked at installing.
fn asset<'a>(entry: &'a Entry, path: &str) -> Result<&'a [u8], Error> {
    let missing = || Error::malformed("a plugin's package", format!("{path} is not in it"));
    entry.assets.get(path).map(|asset| &*asset.bytes).ok_or_else(missing)
}

fn text(bytes: &[u8]) -> Result<String, Error> {
    let text = String::from_utf8(bytes.to_vec()).map_err(|_| {
        refused(
            "Mẫu in phải là tệp chữ (UTF-8). Hãy mở bằng trình soạn thảo văn bản thuần như Notepad, chọn mã UTF-8 khi lưu, rồi tải lên lại.",
            "A template is plain text in UTF-8. Open it with a plain text editor, save it as UTF-8, and upload it again.",
        )
    })?;
    // Notepad puts a mark before the text.
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

fn own(core: &Core, plugin: &str, id: &str) -> Result<Option<Own>, Error> {
    let key = tables::joined(plugin, id.as_bytes());
    let row = core.journal.read()?.get(tables::OWNER, TEMPLATES, &key)?;
    row.map(|row| tables::decode("a template", &row.value)).transpose()
}

/// The source that is printed from: the school's, else the original.
pub(crate) fn source(core: &Core, entry: &Entry, template: &Template) -> Result<String, Error> {
    match own(core, entry.id(), &template.id)? {
        Some(own) => Ok(own.source),
        None => text(asset(entry, &template.file)?),
    }
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl Host {
    /// Every template of the installed plugins.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn templates(&self) -> Result<Vec<TemplateStatus>, Error> {
        let registry = self.core.registry.load();
        let mut all = Vec::new();
        for entry in registry.values() {
            for template in &entry.manifest.template {
                let original = entry.assets.get(&template.file).map(|asset| hash(&asset.bytes));
                let own = own(&self.core, entry.id(), &template.id)?.map(|own| OwnTemplate {
                    is_behind: original.is_some_and(|original| original != own.original),
                    by: own.by,
                    unix_ms: own.unix_ms,
                });
                all.push(TemplateStatus {
                    plugin: entry.id().to_owned(),
                    plugin_name: entry.manifest.name.clone(),
                    id: template.id.clone(),
                    name: template.name.clone(),
                    own,
                });
            }
        }
        Ok(all)
    }

    fn with_template<T>(
        &self,
        plugin: &str,
        id: &str,
        principal: &Principal,
        act: impl FnOnce(&Core, &Entry, &Template) -> Result<T, Error>,
    ) -> Result<T, Error> {
        allowed(principal)?;
        let entry = self.core.entry(plugin).ok_or_else(|| Error::NoPlugin(plugin.to_owned()))?;
        act(&self.core, &entry, declared(&entry, id)?)
    }

    /// A template's source: the original, or what is printed from now.
    ///
    /// # Errors
    /// The principal may not, or there is no such template.
    pub fn template(&self, plugin: &str, id: &str, original: bool, principal: &Principal) -> Result<String, Error> {
        self.with_template(plugin, id, principal, |core, entry, template| {
            if original { text(asset(entry, &template.file)?) } else { source(core, entry, template) }
        })
    }

    /// Sets the template's made-up data, so that its look can be seen.
    ///
    /// # Errors
    /// The principal may not, there is no such template, or it does not print.
    pub fn test_print(&self, plugin: &str, id: &str, principal: &Principal) -> Result<Printed, Error> {
        self.with_template(plugin, id, principal, |core, entry, template| {
            let data = asset(entry, &template.sample)?.to_vec();
            print::set(core, entry, template, source(core, entry, template)?, data)
        })
    }

    /// Takes a school's own form of a template, once its test print came out.
    ///
    /// # Errors
    /// The principal may not, there is no such template, or it does not print: then
    /// the one before stays.
    pub fn set_template(&self, plugin: &str, id: &str, bytes: &[u8], principal: &Principal) -> Result<Printed, Error> {
        self.with_template(plugin, id, principal, |core, entry, template| {
            let source = text(bytes)?;
            let data = asset(entry, &template.sample)?.to_vec();
            let printed = print::set(core, entry, template, source.clone(), data)?;
            let original = hash(asset(entry, &template.file)?);
            let by = principal.actor().to_owned();
            let own = Own { source, original, by, unix_ms: tram_journal::clock::now().unix_ms };
            change(core, principal, "a template was changed", plugin, id, Some(&own))?;
            Ok(printed)
        })
    }

    /// Goes back to the original.
    ///
    /// # Errors
    /// The principal may not, or there is no such template.
    pub fn reset_template(&self, plugin: &str, id: &str, principal: &Principal) -> Result<(), Error> {
        self.with_template(plugin, id, principal, |core, _, _| {
            change(core, principal, "a template was given up for the original", plugin, id, None)
        })
    }
}

fn change(
    core: &Core,
    principal: &Principal,
    note: &str,
    plugin: &str,
    id: &str,
    own: Option<&Own>,
) -> Result<(), Error> {
    let key = tables::joined(plugin, id.as_bytes());
    let mut context = Context::new(principal.actor(), tables::OWNER);
    context.time = tram_journal::clock::now();
    note.clone_into(&mut context.note);
    let written = core.journal.run(context, |txn| match own {
        Some(own) => txn.put(tables::OWNER, TEMPLATES, &key, &tables::encode(own), 1, &[], None),
        None => txn.delete(tables::OWNER, TEMPLATES, &key, None),
    });
    crate::errands::settled(written.map(|(value, _)| value))
}
