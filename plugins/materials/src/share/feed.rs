//! `/materials/oai`: harvesting by OAI-PMH. Only what everybody may see and other schools
//! may have; what was once there and is not any more, is there as deleted.

use tram_exchange::oai::{self, Description, Identity, Page, Query, Repository, Set, Stamp};
use tram_sdk::store::Scan;
use tram_sdk::{Error, Request, Response, Result, clock, sign, store};

use super::{CHANGES, SHARED, Shared, change_key, offered};
use crate::messages as m;
use crate::model::{Edition, ITEMS, Meta};
use crate::words;

/// Answers a request, by GET or POST.
///
/// # Errors
/// As the store.
pub fn answer(request: &Request) -> Result<Response> {
    let fields = request.query.iter().chain(&request.form);
    let arguments: Vec<(&str, &str)> = fields.map(|field| (field.name.as_str(), field.value.as_str())).collect();
    let host = request.header("host").unwrap_or("tram.local");
    let scheme = if request.principal.channel == "https" { "https" } else { "http" };
    let feed = Feed { root: format!("{scheme}://{host}/materials"), language: request.language() };
    let now = Stamp::of_ms(clock::now().unix_ms);
    Ok(Response::bytes(oai::MEDIA_TYPE, oai::respond(&feed, &arguments, now, feed.language)?.into_bytes()))
}

struct Feed<'a> {
    root: String,
    language: &'a str,
}

/// A word for the name of a set.
fn slug(text: &str) -> String {
    let folded = tram_vietnamese::fold(text);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Sets that an item is in: its subject, its grades.
#[must_use]
pub fn sets_of(meta: &Meta) -> Vec<String> {
    let subject = words::SUBJECTS.contains(&meta.subject.as_str()).then(|| format!("mon:{}", slug(&meta.subject)));
    let grades = meta.grades.iter().filter(|grade| (1..=12).contains(*grade)).map(|grade| format!("lop:{grade}"));
    subject.into_iter().chain(grades).collect()
}

impl Feed<'_> {
    fn record(&self, key: &[u8], shared: &Shared) -> Result<oai::Item> {
        let about = match ITEMS.get(key)? {
            Some(entry) if shared.open && !shared.gone => {
                offered(&entry.value).map(|edition| Box::new(self.describe(&entry.id(), edition)))
            }
            _ => None,
        };
        Ok(oai::Item { id: store::to_hex(key), stamp: Stamp(shared.stamp), sets: shared.sets.clone(), about })
    }

    fn describe(&self, id: &str, edition: &Edition) -> Description {
        let meta = &edition.meta;
        let grade = words::grades_text(&meta.grades);
        let grade = if grade.is_empty() { grade } else { m::GRADE.with("vi", &[&grade]) };
        let mut place: Vec<String> = vec![meta.subject.clone(), grade.clone(), meta.unit.clone(), meta.lesson.clone()];
        place.retain(|part| !part.is_empty());
        let mut formats: Vec<String> = edition.files.iter().map(|file| file.media_type.clone()).collect();
        formats.sort_unstable();
        formats.dedup();
        let published = edition.review.published.as_ref().map(|act| Stamp::of_ms(act.unix_ms).day());
        Description {
            title: meta.title.clone(),
            creators: meta.authors.iter().map(|author| author.name.clone()).collect(),
            keywords: meta.keywords.clone(),
            summary: meta.description.clone(),
            publisher: sign::this_station().map(|station| station.name).unwrap_or_default(),
            date: published.unwrap_or_default(),
            kind: words::of(&words::KINDS, &meta.kind, "vi").to_owned(),
            lom_kind: lom_kind(&meta.kind).to_owned(),
            formats,
            size: Some(edition.files.iter().map(|file| file.size).sum()),
            url: format!("{}/items/{id}", self.root),
            language: meta.language.clone(),
            curriculum: vec![place],
            outcomes: meta.outcomes.iter().map(|text| (String::new(), text.clone())).collect(),
            grade,
            version: edition.number.to_string(),
            rights: words::of(&words::LICENCES, &meta.licence, "vi").to_owned(),
            restricted: !matches!(meta.licence.as_str(), "CC0-1.0" | "public-domain"),
            ..Description::default()
        }
    }
}

/// The word of LOM's own vocabulary for a kind; none where it has none.
fn lom_kind(kind: &str) -> &'static str {
    match kind {
        "slides" => "slide",
        "worksheet" => "exercise",
        "test" => "exam",
        "questions" => "questionnaire",
        "reading" | "book" => "narrative text",
        "picture" => "figure",
        "experiment" => "experiment",
        "interactive" => "simulation",
        "video" | "audio" => "lecture",
        _ => "",
    }
}

impl Repository for Feed<'_> {
    type Error = Error;

    fn identity(&self) -> Result<Identity> {
        let station = sign::this_station()?;
        let short: String = station.id.chars().take(8).collect();
        let (first, _) = CHANGES.scan(&Scan::all().limit(1))?;
        let earliest = first.first().map_or_else(|| clock::now().unix_ms.div_euclid(1_000), |entry| entry.value.stamp);
        Ok(Identity {
            name: m::OAI_NAME.with(self.language, &[&station.name]),
            base_url: format!("{}/oai", self.root),
            namespace: format!("tram-{short}.local"),
            admin_email: format!("quantri@tram-{short}.local"),
            earliest: Stamp(earliest),
        })
    }

    fn sets(&self) -> Result<Vec<Set>> {
        let subjects =
            words::SUBJECTS.iter().map(|name| Set { spec: format!("mon:{}", slug(name)), name: (*name).into() });
        let grades = (1..=12)
            .map(|grade: u8| Set { spec: format!("lop:{grade}"), name: m::GRADE.with("vi", &[&grade.to_string()]) });
        Ok(subjects.chain(grades).collect())
    }

    fn item(&self, id: &str) -> Result<Option<oai::Item>> {
        let Some(key) = store::from_hex(id).filter(|key| key.len() == 16) else { return Ok(None) };
        let shared = SHARED.get(&key)?.map(|entry| entry.value).filter(|shared| shared.was_open);
        shared.map(|shared| self.record(&key, &shared)).transpose()
    }

    fn page(&self, query: &Query) -> Result<Page> {
        let start = change_key(query.from.map_or(0, |from| from.0), b"");
        let mut scan = Scan::all().from(&start).limit(200);
        if let Some((stamp, id)) = &query.after {
            scan = scan.after(&change_key(stamp.0, &store::from_hex(id).unwrap_or_default()));
        }
        if let Some(until) = query.until {
            scan = scan.until(change_key(until.0.saturating_add(1), b""));
        }
        let mut page = Page::default();
        loop {
            let (rows, more) = CHANGES.scan(&scan)?;
            for row in &rows {
                let within = |set: &String| {
                    let below = format!("{set}:");
                    row.value.sets.iter().any(|own| own == set || own.starts_with(&below))
                };
                if !row.value.was_open || !query.set.as_ref().is_none_or(within) {
                    continue;
                }
                if page.items.len() >= query.limit {
                    page.more = true;
                    return Ok(page);
                }
                page.items.push(self.record(row.key.get(8..).unwrap_or_default(), &row.value)?);
            }
            match rows.last() {
                Some(last) if more => scan = scan.after(&last.key),
                _ => return Ok(page),
            }
        }
    }
}
