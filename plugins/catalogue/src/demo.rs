//! The job `import-demo`: the demonstration library, from a table of real titles.

use serde::{Deserialize, Serialize};
use tram_marc::{Field, Record, Tag};
use tram_sdk::{Error, Principal, Progress, Result, Step, clock};

use crate::compact::{self, Compact};
use crate::keys;
use crate::messages as m;
use crate::plain::{self, Part, Plain};
use crate::shelf::{self, Copy};

/// The titles. Facts about books, gathered for the demonstration.
const BOOKS: &str = include_str!("../demo/books.tsv");
/// Titles that a step adds.
const A_STEP: usize = 150;

/// Accession numbers begin behind those of the lists that people try out an import
/// with.
const FIRST_NUMBER: u64 = 10_000;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    line: usize,
    titles: u64,
    copies: u64,
    /// The next accession number of each prefix.
    numbers: std::collections::BTreeMap<String, u64>,
}

/// One step of filling the demonstration library.
///
/// # Errors
/// As the store.
pub fn run(state: &[u8], first: bool, _by: &Principal) -> Result<Step> {
    let mut state: State = if first { State::default() } else { serde_json::from_slice(state)? };
    let mut lines = BOOKS.lines();
    let heads: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let total = BOOKS.lines().count().saturating_sub(1);
    let batch: Vec<&str> = lines.skip(state.line).take(A_STEP).collect();
    for line in &batch {
        state.line += 1;
        let cells: Vec<&str> = line.split('\t').collect();
        let row = |name: &str| {
            heads.iter().position(|h| *h == name).and_then(|at| cells.get(at)).map(|c| c.trim()).unwrap_or_default()
        };
        add(&mut state, &row)?;
    }
    let progress =
        Progress::new(state.line as u64, total as u64, m::PROGRESS_DEMO.text_with(&[&state.line.to_string()]));
    if batch.len() < A_STEP || state.line >= total {
        return Step::done(progress, &serde_json::json!({ "titles": state.titles, "copies": state.copies }));
    }
    Step::again(progress, &state)
}

fn add<'a>(state: &mut State, row: &impl Fn(&str) -> &'a str) -> Result<()> {
    if row("title").is_empty() {
        return Ok(());
    }
    let record = record(row)?;
    let bytes = compact::encode(&record);
    // Run twice, it adds what is missing and nothing else.
    if Compact::new(&bytes).and_then(keys::control).map(|n| shelf::is_controlled(&n)).transpose()? == Some(true) {
        return Ok(());
    }
    let key = shelf::insert(&bytes)?;
    state.titles += 1;
    let copies = row("copies").parse::<u64>().unwrap_or(1).clamp(1, 40);
    let prefix = prefix(row("kind"));
    let number = state.numbers.entry(prefix.to_owned()).or_insert(FIRST_NUMBER);
    let call = [row("local_class"), row("ddc")].into_iter().find(|c| !c.is_empty()).unwrap_or_default();
    for _ in 0..copies {
        *number += 1;
        let copy = Copy {
            accession: format!("{prefix}.{:05}", *number),
            shelf: row("shelf").to_owned(),
            call: call.to_owned(),
            state: "available".into(),
            ..Copy::default()
        };
        shelf::add_copy(&key, &copy)?;
        state.copies += 1;
    }
    Ok(())
}

/// The prefix of accession numbers, as schools use them: GK textbooks, NV teachers'
/// books, TN for children, TK the rest.
fn prefix(kind: &str) -> &'static str {
    match tram_vietnamese::fold(kind).as_str() {
        "sach giao khoa" => "GK",
        "sach giao vien" => "NV",
        "truyen tranh" | "sach thieu nhi" => "TN",
        "bao" | "tap chi" => "BC",
        "ban do" => "BD",
        _ => "TK",
    }
}

fn record<'a>(row: &impl Fn(&str) -> &'a str) -> Result<Record> {
    let lines = |text: &str| text.split(';').map(str::trim).filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
    let contributors = row("other_contributors")
        .split(';')
        .map(str::trim)
        .filter(|c| !c.is_empty())
        .map(|c| c.split('|').map(str::trim).collect::<Vec<_>>().join(" | "))
        .collect::<Vec<_>>()
        .join("\n");
    let kind = row("kind");
    let genres: Vec<&str> = [row("genre"), if tram_vietnamese::fold(kind) == "sach" { "" } else { kind }]
        .into_iter()
        .filter(|g| !g.is_empty())
        .collect();
    let size = match row("height_cm") {
        "" => String::new(),
        height => format!("{height} cm"),
    };
    let pages = match row("pages") {
        "" => String::new(),
        pages => format!("{pages} tr."),
    };
    let volume = match row("volume") {
        number if number.starts_with(|c: char| c.is_ascii_digit()) => format!("Tập {number}"),
        other => other.to_owned(),
    };
    let publisher = row("publisher").strip_prefix("NXB ").unwrap_or_else(|| row("publisher"));
    let parts: Vec<(Part, String)> = vec![
        (Part::Title, row("title").into()),
        (Part::Subtitle, row("subtitle").into()),
        (Part::Volume, volume),
        (Part::Responsibility, row("responsibility").into()),
        (Part::Author, row("author").into()),
        (Part::AuthorDates, row("author_dates").into()),
        (Part::Contributors, contributors),
        (Part::Original, row("original_title").into()),
        (Part::Place, row("place").into()),
        (Part::Publisher, publisher.into()),
        (Part::Year, row("year").into()),
        (Part::Edition, row("edition").into()),
        (Part::Pages, pages),
        (Part::Size, size),
        (Part::Series, row("series").into()),
        (Part::Language, row("language").into()),
        (Part::TranslatedFrom, row("translated_from").into()),
        (Part::Dewey, row("ddc").into()),
        (Part::LocalClass, row("local_class").into()),
        (Part::Subjects, lines(row("subjects"))),
        (Part::Genres, genres.join("\n")),
        (Part::Summary, row("summary").into()),
        (Part::Audience, row("audience").into()),
        (Part::Isbn, lines(row("isbn"))),
    ];
    let plain: Plain = parts.into_iter().filter(|(_, text)| !text.is_empty()).collect();
    let mut record = Record::default();
    let told_apart =
        ["title", "subtitle", "author", "series", "volume", "publisher", "year", "edition", "language", "kind"];
    let number = format!("demo-{:016x}", keys::fnv1a(told_apart.map(row).join("|").as_bytes()));
    let tag = Tag::parse("001").ok_or_else(|| Error::new(tram_sdk::code::BAD_VALUE, "001"))?;
    record.fields.push(Field::control(tag, number));
    plain::write(&mut record, &plain, &clock::today());
    match tram_vietnamese::fold(kind).as_str() {
        "ban do" => record.leader.set(6, 'e'),
        "bao" | "tap chi" => record.leader.set(7, 's'),
        _ => {}
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use tram_sdk::{mock, store};

    #[test]
    fn the_demonstration_library_is_whole_and_comes_once() {
        mock::reset();
        mock::install(include_str!("../plugin.toml")).unwrap();
        let by = mock::person("librarian", &["catalogue.import"]);
        mock::run_job::<crate::Catalogue>("import-demo", b"{}", &by).unwrap();
        let titles = store::count(shelf::RECORDS).unwrap();
        let lines = BOOKS.lines().skip(1).filter(|l| !l.trim().is_empty()).count() as u64;
        assert!(titles >= 500 || lines < 500, "{titles}");
        // What is told apart by nothing but its line would be lost.
        assert_eq!(titles, lines);
        let copies = shelf::COPIES.count().unwrap();
        assert!(copies > titles);
        mock::run_job::<crate::Catalogue>("import-demo", b"{}", &by).unwrap();
        assert_eq!((store::count(shelf::RECORDS).unwrap(), shelf::COPIES.count().unwrap()), (titles, copies));
    }
}
