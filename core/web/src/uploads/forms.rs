//! Finished uploads in a form: a field holds `tram-upload:ID` where a file would be.

use std::sync::Arc;

use hyper::StatusCode;
use tram_host::{Upload, UploadError};

use super::on_disk;
use crate::forms::{Filled, Refused};
use crate::site::Site;
use crate::visit::Visit;

/// What such a value begins with.
const VALUE: &str = "tram-upload:";

/// Puts the uploads that a form names among its files, behind those that it carries.
///
/// # Errors
/// One is not there, not finished, or somebody else's.
pub(crate) async fn attach(site: &Arc<Site>, visit: &Visit, plugin: &str, filled: Filled) -> Result<Filled, Refused> {
    let (named, fields): (Vec<_>, Vec<_>) = filled.fields.into_iter().partition(|(_, value)| value.starts_with(VALUE));
    let mut filled = Filled { fields, uploads: filled.uploads };
    if named.is_empty() {
        return Ok(filled);
    }
    let (site, plugin) = (Arc::clone(site), plugin.to_owned());
    let person = visit.principal.person.clone().unwrap_or_default();
    let found = on_disk(move || {
        let ready = |(field, value): (String, String)| -> Result<Upload, UploadError> {
            let id = value.strip_prefix(VALUE).unwrap_or_default();
            Ok(Upload { field, ..site.plugins.uploads().ready(id, &person, &plugin)? })
        };
        Ok(named.into_iter().map(ready).collect::<Result<Vec<_>, _>>()?)
    });
    let found = found.await.map_err(|super::Refused(status, text)| {
        // Not the page is missing, but something that the form says is there.
        Refused(if status == StatusCode::NOT_FOUND { StatusCode::CONFLICT } else { status }, text)
    })?;
    filled.uploads.extend(found);
    Ok(filled)
}
