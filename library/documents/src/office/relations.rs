//! Relations of a part: which other parts it names by `rId7`.

use std::collections::BTreeMap;

use super::part;
use crate::names;
use crate::xml::Step;
use crate::zip::Archive;

/// A relation within the file.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Last word of its type: `slide`, `image`, `notesSlide`.
    pub(super) kind: String,
    /// Path of the part.
    pub(super) path: String,
}

/// The relations of a part, by id. Those that lead out of the file are left out:
/// nothing outside is ever fetched.
pub(super) fn of(archive: &mut Archive<'_>, path: &str) -> BTreeMap<String, Relation> {
    let folder = names::folder(path).to_owned();
    let file = path.rsplit('/').next().unwrap_or(path);
    let place = format!("{folder}_rels/{file}.rels");
    let mut relations = BTreeMap::new();
    if !archive.has(&place) {
        return relations;
    }
    let Ok(mut walk) = part(archive, &place) else { return relations };
    let _ = walk.each(|step| {
        if let Step::Start(element) = step
            && element.name == "Relationship"
            && element.get("TargetMode") != Some("External")
            && let (Some(id), Some(kind), Some(target)) =
                (element.get("Id"), element.get("Type"), element.get("Target"))
        {
            let path = match target.strip_prefix('/') {
                Some(absolute) => names::linked("", absolute),
                None => names::linked(&folder, target),
            };
            if let Some(path) = path {
                let kind = kind.rsplit('/').next().unwrap_or(kind).to_owned();
                relations.insert(id.to_owned(), Relation { kind, path });
            }
        }
        Ok(())
    });
    relations
}
