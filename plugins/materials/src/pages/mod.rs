//! The pages, each from a request to a page document.

pub mod collections;
pub mod curriculum;
pub mod edit;
pub mod export;
pub mod form;
pub mod history;
pub mod item;
pub mod mine;
pub mod proof;
pub mod reports;
pub mod results;
pub mod review;
pub mod search;
pub mod settings;
pub mod share;
pub mod viewers;

use tram_contract::Text;
use tram_contract::page::{Badge, Card, Cover, FormField, Page, Tone, Widget};
use tram_sdk::store::Entry;
use tram_sdk::{Request, Response, Result};

pub(crate) use tram_sdk::encoded;
pub(crate) use tram_sdk::message::Say;

use crate::access::Who;
use crate::messages as m;
use crate::model::{Edition, Item, LOOKED};
use crate::{printing, words};

/// Answers a page.
///
/// # Errors
/// As the page that is asked for.
pub fn answer(request: &Request) -> Result<Response> {
    let who = Who::of(&request.principal)?;
    if !who.enters() {
        return Ok(closed(request));
    }
    match request.route.as_str() {
        "search" => search::page(request, &who),
        "item" => item::page(request, &who),
        "history" => history::page(request, &who),
        "comment" => history::comment(request, &who),
        "new" => edit::blank(request, &who),
        "create" => edit::create(request, &who),
        "edit" => edit::page(request, &who),
        "update" => edit::update(request, &who),
        "step" => review::step(request, &who),
        "review" => review::page(request, &who),
        "mine" => mine::page(request, &who),
        "collections" => collections::list(request, &who),
        "collection-new" => collections::create(request, &who),
        "collection" => collections::page(request, &who),
        "collection-change" => collections::change(request, &who),
        "curriculum" => curriculum::page(request, &who),
        "curriculum-import" => curriculum::import_page(request, &who),
        "curriculum-upload" => curriculum::upload(request, &who),
        "results" => results::page(request, &who),
        "reports" => reports::page(request, &who),
        "proof" => proof::page(request, &who),
        "proof-print" => printing::start(request, &who),
        "proof-run" => printing::page(request, &who),
        "settings" => settings::page(request, &who),
        "settings-change" => settings::change(request, &who),
        "share" => share::page(request, &who),
        "share-new" => share::choose(request, &who),
        "share-pack" => share::pack(request, &who),
        "share-upload" => share::upload(request, &who),
        "share-list" => share::list(request, &who),
        "share-take" => share::take(request, &who),
        "share-taken" => share::taken(request, &who),
        "export" => export::page(request, &who),
        "export-start" => export::start(request, &who),
        _ => Err(tram_sdk::Error::not_found(m::NO_PAGE.text())),
    }
}

/// The repository is not open to those who have not signed in.
fn closed(request: &Request) -> Response {
    let say = say(request);
    let widgets = vec![Widget::Empty { text: say.t(&m::GUESTS_OUT), links: vec![say.link(&m::SIGN_IN, "/sign-in")] }];
    Response::page(&Page::new(say.t(&m::MATERIALS), widgets)).status(403)
}

pub(crate) fn say(request: &Request) -> Say<'_> {
    Say(request.language(), &m::MATERIALS)
}

/// A message at the top of a page, named by the parameter `said` of the link that led
/// there.
pub(crate) fn said(request: &Request) -> Option<Widget> {
    let message = match request.query("said")? {
        "created" => &m::SAID_CREATED,
        "saved" => &m::SAID_SAVED,
        "submitted" => &m::SAID_SUBMITTED,
        "called-back" => &m::SAID_CALLED_BACK,
        "changes-asked" => &m::SAID_CHANGES,
        "approved" => &m::SAID_APPROVED,
        "published" => &m::SAID_PUBLISHED,
        "withdrawn" => &m::SAID_WITHDRAWN,
        "restored" => &m::SAID_RESTORED,
        "begun" => &m::SAID_BEGUN,
        "dropped" => &m::SAID_DROPPED,
        "commented" => &m::SAID_COMMENTED,
        "settings" => &m::SAID_SETTINGS,
        "collection" => &m::SAID_COLLECTION,
        _ => return None,
    };
    Some(Widget::Notice { tone: Tone::Good, text: say(request).t(message), links: Vec::new() })
}

pub(crate) fn hidden(name: &str, value: impl Into<String>) -> FormField {
    FormField { name: name.into(), kind: "hidden".into(), value: value.into(), ..FormField::default() }
}

/// A title, or words for one that is missing.
pub(crate) fn title_of(edition: &Edition, say: &Say<'_>) -> String {
    match edition.meta.title.as_str() {
        "" => m::UNTITLED.get(say.0).to_owned(),
        title => title.to_owned(),
    }
}

/// Subject and grades in a line.
pub(crate) fn place_line(edition: &Edition, say: &Say<'_>) -> String {
    let meta = &edition.meta;
    let mut parts = Vec::new();
    if !meta.subject.is_empty() {
        parts.push(meta.subject.clone());
    }
    if !meta.grades.is_empty() {
        parts.push(m::GRADE.with(say.0, &[&words::grades_text(&meta.grades)]));
    }
    parts.join(" · ")
}

/// Names of the authors in a line.
pub(crate) fn authors_line(edition: &Edition) -> String {
    edition.meta.authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The pictures of editions, for the covers of their cards: of the first file that has
/// one. What came of the files is read once for all of them.
///
/// # Errors
/// As the store.
pub(crate) fn covers<'a>(editions: impl Iterator<Item = &'a Edition>) -> Result<Vec<Option<String>>> {
    /// Files of an item that are asked for a picture.
    const ASKED: usize = 3;
    let firsts: Vec<Vec<Vec<u8>>> = editions
        .map(|edition| edition.files.iter().take(ASKED).map(|file| file.blob.as_bytes().to_vec()).collect())
        .collect();
    let keys: Vec<Vec<u8>> = firsts.iter().flatten().cloned().collect();
    let mut found = Vec::new();
    for keys in keys.chunks(tram_sdk::store::MAX_ROWS as usize) {
        found.extend(LOOKED.get_many(keys)?);
    }
    let mut found = found.into_iter();
    Ok(firsts
        .iter()
        .map(|files| {
            let looked: Vec<_> = found.by_ref().take(files.len()).flatten().collect();
            looked.into_iter().map(|entry| entry.value).find_map(|looked| {
                let picture = if looked.thumbnail.is_empty() { looked.picture } else { looked.thumbnail };
                (!picture.is_empty()).then_some(picture)
            })
        })
        .collect())
}

/// Gives cards their covers.
///
/// # Errors
/// As the store.
pub(crate) fn dress<'a>(cards: &mut [Card], editions: impl Iterator<Item = &'a Edition>) -> Result<()> {
    for (card, blob) in cards.iter_mut().zip(covers(editions)?) {
        if let Some(cover) = &mut card.cover {
            cover.blob = blob;
        }
    }
    Ok(())
}

/// The published editions of items as cards, of those that the reader sees.
///
/// # Errors
/// As the store.
pub(crate) fn live_cards(say: &Say<'_>, who: &Who, items: &[Entry<Item>]) -> Result<Vec<Card>> {
    let shown: Vec<(&Entry<Item>, &Edition)> = items
        .iter()
        .filter(|entry| who.sees_live(&entry.value))
        .filter_map(|entry| Some((entry, entry.value.shown()?)))
        .collect();
    let mut cards: Vec<Card> = shown.iter().map(|(entry, edition)| card(say, entry, edition, false)).collect();
    dress(&mut cards, shown.into_iter().map(|(_, edition)| edition))?;
    Ok(cards)
}

/// An edition of an item as a card.
pub(crate) fn card(say: &Say<'_>, entry: &Entry<Item>, edition: &Edition, standing: bool) -> Card {
    let meta = &edition.meta;
    let authors = authors_line(edition);
    let title = title_of(edition, say);
    let mut badges = vec![Badge { text: Text::from(words::of(&words::KINDS, &meta.kind, say.0)), tone: Tone::Neutral }];
    if standing {
        badges.extend(words::standing(&entry.value).into_iter().map(|(name, tone)| Badge { text: say.t(name), tone }));
    }
    let facts = [place_line(edition, say), meta.lesson.clone()].into_iter().filter(|fact| !fact.is_empty());
    Card {
        title: Text::from(title.as_str()),
        href: format!("items/{}", entry.id()),
        subtitle: Text::from(authors.as_str()),
        facts: facts.map(Text::from).collect(),
        badges,
        cover: Some(Cover { blob: None, title, author: authors }),
        ..Card::default()
    }
}
