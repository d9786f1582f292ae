//! What is searched: one row an item, holding what its readers may find and the text
//! inside its files page by page, so that a hit leads to the page and facets count an
//! item once.
//!
//! An item with a published edition is found by that; one without by what is worked on,
//! by its authors, the head of its group and the leadership alone.

use serde::{Deserialize, Serialize};
use tram_contract::search::Document;
use tram_sdk::Result;
use tram_sdk::store::{Entry, Row, Table};

use crate::access;
use crate::model::{Edition, ITEMS, Item, Meta, TEXTS};
use crate::words;

/// Bytes of text of an item that are searched; a thousand pages of a book.
const MAX_TEXT: usize = 1 << 20;

/// A page of a file, as it is searched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Number of the file within the item.
    pub file: u32,
    /// Page, slide, sheet or chapter.
    pub page: u32,
    /// Its text.
    pub text: String,
}

/// A row that is searched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Searched {
    /// Tokens of those who may find it.
    pub visibility: Vec<String>,
    /// What is said about it.
    pub meta: Meta,
    /// `published`, `withdrawn` or the stage of what is worked on.
    pub stage: String,
    /// When it was published or changed, milliseconds since 1970.
    pub since_ms: i64,
    /// The text inside, in the order in which the index has it.
    pub leaves: Vec<Leaf>,
    /// Whether there was more text than is searched.
    pub cut: bool,
}

/// The rows that are searched, by item.
pub const SEARCHED: Table<Searched> = Table::new("searched");

/// Makes an item's row anew.
///
/// # Errors
/// As the store.
pub fn refresh(key: &[u8], item: &Item) -> Result<()> {
    crate::share::follow(key, Some(item))?;
    crate::quota::follow(key, Some(item))?;
    crate::briefs::follow(key, Some(item))?;
    let (edition, visibility, stage, since_ms) = match (item.shown(), item.newest()) {
        (Some(edition), _) => {
            let when = edition.review.published.as_ref().map_or(item.made.unix_ms, |act| act.unix_ms);
            (edition, audience(item, edition), "published", when)
        }
        (None, Some(edition)) => {
            let (stage, since) = match (&item.withdrawn, &item.work) {
                (Some(act), _) => ("withdrawn", act.unix_ms),
                (None, Some(work)) => (work.stage.word(), work.since_ms),
                (None, None) => ("draft", item.made.unix_ms),
            };
            (edition, insiders(item), stage, since)
        }
        (None, None) => return remove(key),
    };
    let (leaves, cut) = leaves(edition)?;
    let row = Searched { visibility, meta: edition.meta.clone(), stage: stage.to_owned(), since_ms, leaves, cut };
    SEARCHED.put(key, &row)
}

/// Makes the row of an item anew, as it stands.
///
/// # Errors
/// As the store.
pub fn refresh_stored(key: &[u8]) -> Result<()> {
    match ITEMS.get(key)? {
        Some(Entry { value, .. }) => refresh(key, &value),
        None => remove(key),
    }
}

/// The item is not found any more.
///
/// # Errors
/// As the store.
pub fn remove(key: &[u8]) -> Result<()> {
    crate::share::follow(key, None)?;
    crate::quota::follow(key, None)?;
    crate::briefs::follow(key, None)?;
    SEARCHED.delete(key, None)
}

/// Those who find what is not published.
fn insiders(item: &Item) -> Vec<String> {
    let mut tokens: Vec<String> = item.persons().iter().map(|person| format!("person:{person}")).collect();
    if !item.group().is_empty() {
        tokens.push(format!("led:{}", item.group()));
    }
    tokens.push(format!("permission:{}", access::APPROVE));
    if item.taken {
        tokens.push(format!("permission:{}", access::MANAGE));
    }
    tokens
}

/// Those who find what is published. Whether guests come in at all is asked before.
fn audience(item: &Item, edition: &Edition) -> Vec<String> {
    match edition.meta.audience.as_str() {
        "staff" => {
            let mut tokens = insiders(item);
            tokens.push(format!("permission:{}", access::CREATE));
            tokens
        }
        "school" => vec![format!("permission:{}", access::READ), format!("permission:{}", access::CREATE)],
        _ => vec!["public".to_owned()],
    }
}

fn leaves(edition: &Edition) -> Result<(Vec<Leaf>, bool)> {
    let (mut out, mut bytes) = (Vec::new(), 0usize);
    for file in &edition.files {
        let Some(pages) = TEXTS.get(file.blob.as_bytes())? else { continue };
        for page in pages.value {
            let text = [page.label.as_str(), page.text.as_str()].join("\n");
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            bytes += text.len();
            if bytes > MAX_TEXT {
                return Ok((out, true));
            }
            out.push(Leaf { file: file.number, page: page.number, text: text.to_owned() });
        }
    }
    Ok((out, false))
}

/// The document of a row.
#[must_use]
pub fn document(row: &Row) -> Option<Document> {
    let searched: Searched = serde_json::from_slice(&row.value).ok()?;
    let meta = &searched.meta;
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut add = |field: &str, text: &str| {
        if !text.trim().is_empty() {
            texts.push((field.to_owned(), text.to_owned()));
        }
    };
    add("title", &meta.title);
    add("description", &meta.description);
    for outcome in &meta.outcomes {
        add("description", outcome);
    }
    add("place", &meta.unit);
    add("place", &meta.lesson);
    add("place", &meta.subject);
    for word in &meta.keywords {
        add("keyword", word);
    }
    for author in &meta.authors {
        add("author", &author.name);
    }
    add("title-order", &meta.title);
    add("subject", &meta.subject);
    add("series", &meta.series);
    add("kind", &meta.kind);
    add("licence", &meta.licence);
    add("group", &meta.group_name);
    add("language", &meta.language);
    add("stage", &searched.stage);
    for grade in &meta.grades {
        add("grade", &format!("{grade:02}"));
    }
    for leaf in &searched.leaves {
        texts.push(("inside".to_owned(), leaf.text.clone()));
    }
    let numbers = vec![("since".to_owned(), searched.since_ms)];
    Some(Document { visibility: searched.visibility, texts, numbers })
}

/// Where a passage of the field `inside` stands.
///
/// # Errors
/// As the store.
pub fn leaf(key: &[u8], place: u32) -> Result<Option<(u32, u32)>> {
    let found = SEARCHED.get(key)?;
    let at = usize::try_from(place).unwrap_or(usize::MAX);
    Ok(found.and_then(|row| row.value.leaves.get(at).map(|leaf| (leaf.file, leaf.page))))
}

/// A value of a facet as it is read.
#[must_use]
pub fn facet(field: &str, value: &str, language: &str) -> String {
    match field {
        "kind" => words::of(&words::KINDS, value, language).to_owned(),
        "licence" => words::of(&words::LICENCES, value, language).to_owned(),
        "language" => words::of(&words::LANGUAGES, value, language).to_owned(),
        "grade" => crate::messages::GRADE.with(language, &[value.trim_start_matches('0')]),
        _ => value.to_owned(),
    }
}
