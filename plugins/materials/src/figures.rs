//! Figures of the repository: how often things are looked at and fetched, what they
//! take of the disk, by item, group and teacher; as tables and as a workbook.

use std::collections::{BTreeMap, BTreeSet};

use tram_sdk::{Result, clock, store};

use crate::access::Who;
use crate::messages as m;
use crate::model::{Edition, ITEMS};
use crate::pages::item::{downloads, views};
use crate::words;
use crate::workbook::{Cell, Sheet};

/// Most items that are counted at once.
pub const MAX_ITEMS: usize = 4_000;

/// One line of figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Items.
    pub items: i64,
    /// Views.
    pub views: i64,
    /// Downloads.
    pub downloads: i64,
    /// Bytes.
    pub bytes: u64,
}

impl Line {
    fn add(&mut self, other: &Self) {
        self.items += other.items;
        self.views += other.views;
        self.downloads += other.downloads;
        self.bytes += other.bytes;
    }
}

/// An item as far as the asker sees it.
#[derive(Debug)]
pub struct Seen {
    /// What is said about it.
    pub edition: Edition,
    /// Where it stands, in words.
    pub standing: Vec<&'static m::Message>,
}

/// The figures.
#[derive(Debug, Default)]
pub struct Figures {
    /// By item, the most viewed first: those that the asker sees.
    pub items: Vec<(Seen, Line)>,
    /// By subject group.
    pub groups: BTreeMap<String, Line>,
    /// By author.
    pub teachers: BTreeMap<String, Line>,
    /// All.
    pub sum: Line,
    /// Whether there are more than were counted.
    pub more: bool,
}

/// Counts. All items are counted; those that the asker does not see are not named.
///
/// # Errors
/// As the store.
pub fn count(language: &str, who: &Who) -> Result<Figures> {
    let mut out = Figures::default();
    for (at, entry) in ITEMS.iter([]).enumerate() {
        let entry = entry?;
        if at >= MAX_ITEMS {
            out.more = true;
            break;
        }
        let item = &entry.value;
        let Some(edition) = item.newest() else { continue };
        let blobs: BTreeSet<&str> = BTreeSet::new();
        let (_, bytes) = item.all_files().fold((blobs, 0u64), |(mut seen, sum), file| {
            let sum = if seen.insert(&file.blob) { sum + file.size } else { sum };
            (seen, sum)
        });
        let id = entry.id();
        let line =
            Line { items: 1, views: store::counter(&views(&id))?, downloads: store::counter(&downloads(&id))?, bytes };
        let group = match edition.meta.group_name.as_str() {
            "" => m::NO_GROUP.get(language).to_owned(),
            name => name.to_owned(),
        };
        out.groups.entry(group).or_default().add(&line);
        for author in &edition.meta.authors {
            out.teachers.entry(author.name.clone()).or_default().add(&line);
        }
        out.sum.add(&line);
        let seen = if who.sees_work(item) {
            let standing = words::standing(item).into_iter().map(|(name, _)| name).collect();
            Some(Seen { edition: edition.clone(), standing })
        } else {
            // Only what is published, and nothing of what is being done with it.
            let live = item.shown().filter(|_| who.sees_live(item));
            live.map(|edition| Seen { edition: edition.clone(), standing: vec![&m::STAGE_PUBLISHED] })
        };
        out.items.extend(seen.map(|seen| (seen, line)));
    }
    out.items.sort_by_key(|(_, line)| std::cmp::Reverse((line.views, line.downloads)));
    Ok(out)
}

/// The figures as sheets.
#[must_use]
pub fn sheets(figures: &Figures, language: &str) -> Vec<Sheet> {
    let t = |message: &m::Message| message.get(language).to_owned();
    let counted = vec![t(&m::VIEWS), t(&m::DOWNLOADS), t(&m::BYTES)];
    let numbers =
        |line: &Line| [line.views, line.downloads, i64::try_from(line.bytes).unwrap_or(i64::MAX)].map(Cell::Number);
    let mut columns = vec![
        t(&m::TITLE),
        t(&m::SUBJECT),
        t(&m::GRADES),
        t(&m::KIND),
        t(&m::AUTHORS),
        t(&m::GROUP),
        t(&m::STATE),
        t(&m::PUBLISHED_ON),
    ];
    columns.extend(counted.clone());
    let rows = figures.items.iter().map(|(seen, line)| {
        let meta = &seen.edition.meta;
        let names: Vec<&str> = meta.authors.iter().map(|author| author.name.as_str()).collect();
        let standing: Vec<&str> = seen.standing.iter().map(|name| name.get(language)).collect();
        let published = seen.edition.review.published.as_ref();
        let mut row = vec![
            Cell::from(meta.title.as_str()),
            Cell::from(meta.subject.as_str()),
            Cell::from(words::grades_text(&meta.grades)),
            Cell::from(words::of(&words::KINDS, &meta.kind, language)),
            Cell::from(names.join(", ")),
            Cell::from(meta.group_name.as_str()),
            Cell::from(standing.join(", ")),
            Cell::from(published.map(|act| clock::moment(act.unix_ms)).unwrap_or_default()),
        ];
        row.extend(numbers(line));
        row
    });
    let mut sheets = vec![Sheet { name: t(&m::MATERIALS_SHORT), columns, rows: rows.collect() }];
    for (name, heading, lines) in
        [(&m::BY_GROUP, &m::GROUP, &figures.groups), (&m::BY_TEACHER, &m::AUTHORS, &figures.teachers)]
    {
        let mut columns = vec![t(heading), t(&m::MATERIALS_SHORT)];
        columns.extend(counted.clone());
        let rows = lines.iter().map(|(name, line)| {
            let mut row = vec![Cell::from(name.as_str()), Cell::Number(line.items)];
            row.extend(numbers(line));
            row
        });
        sheets.push(Sheet { name: t(name), columns, rows: rows.collect() });
    }
    sheets
}
