//! The job `import-demo`: materials of the demonstration school, written for it
//! (`demo/*.toml`, CC BY-SA 4.0), as files that a teacher would bring.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tram_sdk::{Principal, Progress, Result, Step, blobs, clock, directory, value};

use crate::authors;
use crate::curriculum::{self, Lesson, Plan};
use crate::entries;
use crate::looking;
use crate::made;
use crate::messages as m;
use crate::model::{Act, Author, Edition, FileRef, ITEMS, Item, Meta, Review, Stage, Work, note};

/// The texts, a file for each group of subjects.
const TEXTS: [&str; 4] = [
    include_str!("../demo/toan-tin.toml"),
    include_str!("../demo/ngu-van-ngoai-ngu.toml"),
    include_str!("../demo/khoa-hoc-tu-nhien.toml"),
    include_str!("../demo/khoa-hoc-xa-hoi.toml"),
];

/// Items that a step makes.
const A_STEP: usize = 6;
const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Default, Deserialize)]
struct Texts {
    /// Who approves for the leadership.
    #[serde(default)]
    leadership: String,
    #[serde(default)]
    item: Vec<Written>,
}

/// An item as it is written down.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    title: String,
    kind: String,
    subject: String,
    grades: Vec<u8>,
    series: String,
    unit: String,
    lesson: String,
    periods: String,
    outcomes: Vec<String>,
    description: String,
    keywords: Vec<String>,
    /// Name of the teacher; of co-authors.
    by: String,
    with: Vec<String>,
    /// `published` (as left out), `withdrawn`, or the word of a stage.
    stage: String,
    /// What a reviewer said.
    comment: String,
    audience: String,
    shareable: bool,
    /// Days before today that it was handed in.
    days: i64,
    file: Vec<made::File>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    at: usize,
    made: u64,
}

/// A person of the school: id, name, group and its name, whether they lead it.
struct Colleague {
    person: String,
    name: String,
    group: String,
    group_name: String,
    leads: bool,
}

fn colleagues() -> Result<Vec<Colleague>> {
    let mut out = Vec::new();
    for (group, group_name) in authors::groups()? {
        for member in directory::members(&group, &["name", "groups-led"])? {
            let led = value(&member.fields, "groups-led").unwrap_or_default();
            out.push(Colleague {
                name: member.field("name").unwrap_or_default().to_owned(),
                leads: led.split(',').any(|id| id == group),
                person: member.id,
                group: group.clone(),
                group_name: group_name.clone(),
            });
        }
    }
    Ok(out)
}

fn bad(error: impl std::fmt::Display) -> tram_sdk::Error {
    tram_sdk::Error::new(tram_sdk::code::BAD_VALUE, error.to_string())
}

fn texts() -> Result<(String, Vec<Written>)> {
    let mut leadership = String::new();
    let mut items = Vec::new();
    for text in TEXTS {
        let read: Texts = toml::from_str(text).map_err(bad)?;
        if !read.leadership.is_empty() {
            leadership = read.leadership;
        }
        items.extend(read.item);
    }
    Ok((leadership, items))
}

/// One step.
///
/// # Errors
/// As the store, the blobs and the directory.
pub fn run(state: &[u8], first: bool, _by: &Principal) -> Result<Step> {
    let mut state: State = if first { State::default() } else { serde_json::from_slice(state)? };
    let (leadership, items) = texts()?;
    let colleagues = colleagues()?;
    if state.at == 0 {
        curriculum::keep(&plans(&items))?;
    }
    let mut there = BTreeSet::new();
    for entry in ITEMS.iter([]) {
        there.extend(entry?.value.newest().map(|edition| edition.meta.title.clone()));
    }
    for written in items.iter().skip(state.at).take(A_STEP) {
        state.at += 1;
        // Run twice, it adds what is missing and nothing else.
        if !there.contains(&written.title) {
            add(written, &leadership, &colleagues)?;
            state.made += 1;
        }
    }
    let progress =
        Progress::new(state.at as u64, items.len() as u64, m::PROGRESS_DEMO.text_with(&[&state.made.to_string()]));
    if state.at < items.len() {
        return Step::again(progress, &state);
    }
    Step::done(progress, &serde_json::json!({ "materials": state.made }))
}

/// The plans that the items' lessons belong to.
fn plans(items: &[Written]) -> Vec<Plan> {
    let mut out: Vec<Plan> = Vec::new();
    for written in items.iter().filter(|written| !written.lesson.is_empty()) {
        for grade in &written.grades {
            let plan = Plan {
                subject: written.subject.clone(),
                grade: *grade,
                series: written.series.clone(),
                ..Plan::default()
            };
            let place = out.iter().position(|known| known.key() == plan.key()).unwrap_or_else(|| {
                out.push(plan);
                out.len() - 1
            });
            let Some(plan) = out.get_mut(place) else { continue };
            let lesson = Lesson {
                unit: written.unit.clone(),
                lesson: written.lesson.clone(),
                periods: written.periods.clone(),
                outcomes: written.outcomes.clone(),
            };
            match plan.lessons.iter_mut().find(|known| known.lesson == lesson.lesson) {
                Some(known) if known.outcomes.is_empty() => *known = lesson,
                Some(_) => {}
                None => plan.lessons.push(lesson),
            }
        }
    }
    out
}

fn act(who: Option<&Colleague>, name: &str, unix_ms: i64, comment: &str) -> Act {
    Act {
        person: who.map(|who| who.person.clone()).unwrap_or_default(),
        name: who.map_or_else(|| name.to_owned(), |who| who.name.clone()),
        unix_ms,
        comment: comment.to_owned(),
    }
}

/// Makes an item.
fn add(written: &Written, leadership: &str, colleagues: &[Colleague]) -> Result<()> {
    let find = |name: &str| colleagues.iter().find(|known| known.name == name);
    let maker = find(&written.by);
    let head = colleagues.iter().find(|known| known.leads && maker.is_some_and(|maker| maker.group == known.group));
    let submitted = clock::now().unix_ms - written.days.max(1) * DAY_MS;
    let names = std::iter::once(&written.by).chain(&written.with);
    let meta = Meta {
        title: written.title.clone(),
        description: written.description.trim().to_owned(),
        subject: written.subject.clone(),
        grades: written.grades.clone(),
        series: written.series.clone(),
        unit: written.unit.clone(),
        lesson: written.lesson.clone(),
        outcomes: written.outcomes.clone(),
        kind: written.kind.clone(),
        language: "vi".into(),
        licence: "CC-BY-SA-4.0".into(),
        authors: names
            .map(|name| Author {
                person: find(name).map(|known| known.person.clone()).unwrap_or_default(),
                name: name.clone(),
            })
            .collect(),
        year: clock::today().chars().take(4).collect(),
        keywords: written.keywords.clone(),
        group: maker.map(|maker| maker.group.clone()).unwrap_or_default(),
        group_name: maker.map(|maker| maker.group_name.clone()).unwrap_or_default(),
        audience: if written.audience.is_empty() { "all".into() } else { written.audience.clone() },
        shareable: written.shareable,
        ..Meta::default()
    };
    let mut item = Item { made: act(maker, &written.by, submitted - 2 * DAY_MS, ""), ..Item::default() };
    let mut files = Vec::new();
    for file in &written.file {
        let (media_type, bytes) = made::bytes(file);
        item.next_file += 1;
        files.push(FileRef {
            number: item.next_file,
            blob: blobs::write(&file.name, media_type, &bytes)?,
            name: file.name.clone(),
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
            role: if file.role.is_empty() { "main".into() } else { file.role.clone() },
        });
    }
    let mut edition = Edition { number: 1, meta, files, review: Review::default() };
    let head_name = if written.by == head.map_or("", |head| head.name.as_str()) {
        leadership
    } else {
        head.map_or("", |head| &head.name)
    };
    let group_act = act(find(head_name), head_name, submitted + DAY_MS, &written.comment);
    let lead_act = act(find(leadership), leadership, submitted + 2 * DAY_MS, "");
    let submit_act = act(maker, &written.by, submitted, "");
    let mut steps = vec![("created", item.made.clone())];
    let stage = Stage::ALL.into_iter().find(|stage| stage.word() == written.stage);
    let review = &mut edition.review;
    if stage != Some(Stage::Draft) {
        review.submitted = Some(submit_act.clone());
        steps.push(("submitted", submit_act));
    }
    match stage {
        Some(Stage::ChangesAsked) => steps.push(("changes-asked", group_act.clone())),
        Some(Stage::Draft | Stage::Submitted) => {}
        _ => {
            review.group = Some(group_act.clone());
            steps.push(("group-approved", group_act.clone()));
        }
    }
    if matches!(stage, None | Some(Stage::Approved)) {
        review.leadership = Some(lead_act.clone());
        steps.push(("approved", lead_act.clone()));
    }
    let since_ms = steps.last().map_or(submitted, |(_, act)| act.unix_ms);
    match stage {
        Some(stage) => item.work = Some(Work { edition, stage, since_ms }),
        None => {
            review.published = Some(lead_act.clone());
            steps.push(("published", lead_act.clone()));
            item.live = Some(edition);
            if written.stage == "withdrawn" {
                let taken = Act { comment: written.comment.clone(), unix_ms: lead_act.unix_ms + DAY_MS, ..lead_act };
                steps.push(("withdrawn", taken.clone()));
                item.withdrawn = Some(taken);
            }
        }
    }
    let key = ITEMS.insert(&item)?;
    for (action, act) in &steps {
        note(&key, action, 1, act)?;
    }
    entries::refresh(&key, &item)?;
    looking::start(&key, &item)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_texts_read_and_are_enough() {
        let (leadership, items) = texts().unwrap();
        assert!(!leadership.is_empty());
        let published = items.iter().filter(|item| item.stage.is_empty()).count();
        assert!(published >= 30, "{published}");
        for stage in Stage::ALL {
            assert!(items.iter().any(|item| item.stage == stage.word()), "{stage:?}");
        }
        let mut titles: Vec<&str> = items.iter().map(|item| item.title.as_str()).collect();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), items.len(), "a title stands twice");
        for item in &items {
            let known = |choices: &[(&str, &m::Message)], value: &str| choices.iter().any(|(code, _)| *code == value);
            assert!(known(&crate::words::KINDS, &item.kind), "{}: {}", item.title, item.kind);
            assert!(crate::words::SUBJECTS.contains(&item.subject.as_str()), "{}: {}", item.title, item.subject);
            assert!(!item.grades.is_empty() && !item.file.is_empty() && !item.by.is_empty(), "{}", item.title);
            for file in &item.file {
                let (_, bytes) = made::bytes(file);
                assert!(bytes.len() > 200, "{}: {} is empty", item.title, file.name);
            }
        }
        let kinds: std::collections::BTreeSet<&str> = items.iter().map(|item| item.kind.as_str()).collect();
        assert!(kinds.len() >= 8, "{kinds:?}");
    }
}
