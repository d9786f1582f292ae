//! Indexes N documents and measures building, searching and small commits.
//!
//! ```text
//! cargo run --release -p tram-search --example bench -- N FOLDER [FILE.mrc...]
//! ```
//!
//! The documents come from MARC files; where these have fewer than N records,
//! more are made by joining halves of their titles with other records' authors
//! and subjects, so that the vocabulary stays that of real titles while no two
//! documents are alike. Without files the titles are made of a few hundred
//! words. An index that is already in FOLDER is searched as it is. Queries are drawn from the documents as
//! readers ask: words of titles, surnames, subjects, title with author.

#![allow(clippy::print_stdout, reason = "a measurement is read on the terminal")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails may stop")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

use tram_contract::search::{Document, Field, FieldKind, Match, Query, Schema, SearchRequest, Sort};
use tram_search::{Batch, Index, PUBLIC};

const VISIBLE: &str = "public";

/// What is taken of a record.
#[derive(Clone, Default)]
struct Record {
    title: String,
    author: String,
    subjects: Vec<String>,
    notes: String,
    year: Option<i64>,
}

/// A small generator, so that every run asks the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }
}

fn field(name: &str, kind: FieldKind, boost: f32) -> Field {
    Field { name: name.into(), kind, boost, default: true, facet: false, sort: false, suggest: false, stored: false }
}

fn schema() -> Schema {
    Schema {
        collections: vec!["records".into()],
        fields: vec![
            Field { sort: true, suggest: true, ..field("title", FieldKind::Text, 4.0) },
            Field { sort: true, suggest: true, ..field("author", FieldKind::Text, 2.0) },
            field("subject", FieldKind::Text, 1.5),
            field("notes", FieldKind::Text, 1.0),
            Field { facet: true, ..field("topic", FieldKind::Keyword, 1.0) },
            Field { facet: true, ..field("writer", FieldKind::Keyword, 1.0) },
            Field { facet: true, sort: true, ..field("year", FieldKind::Number, 1.0) },
        ],
    }
}

/// Enough of ISO 2709 to take words out of well-formed records.
fn read_marc(path: &Path, out: &mut Vec<Record>) {
    let bytes = std::fs::read(path).unwrap();
    for raw in bytes.split(|&byte| byte == 0x1d) {
        out.extend(parse(raw).filter(|record| !record.title.is_empty()));
    }
}

fn parse(raw: &[u8]) -> Option<Record> {
    let number = |range: std::ops::Range<usize>| std::str::from_utf8(raw.get(range)?).ok()?.parse::<usize>().ok();
    let base = number(12..17)?;
    let mut record = Record::default();
    let directory = raw.get(24..base.checked_sub(1)?)?;
    for (place, entry) in directory.chunks_exact(12).enumerate() {
        let at = 24 + place * 12;
        let (length, start) = (number(at + 3..at + 7)?, number(at + 7..at + 12)?);
        let data = raw.get(base + start..base + start + length)?;
        let subfields = |codes: &str| {
            data.split(|&byte| byte == 0x1f)
                .skip(1)
                .filter(|part| part.first().is_some_and(|&code| codes.contains(char::from(code))))
                .map(|part| String::from_utf8_lossy(&part[1..]).trim_end_matches('\u{1e}').to_owned())
                .collect::<Vec<_>>()
        };
        match &entry[..3] {
            b"008" => record.year = std::str::from_utf8(data.get(7..11)?).ok()?.parse().ok(),
            b"245" => record.title = subfields("abnp").join(" "),
            b"100" => record.author = subfields("a").join(" "),
            b"600" | b"650" | b"651" | b"653" => record.subjects.extend(subfields("a")),
            b"500" | b"520" => record.notes = subfields("a").join(" "),
            _ => {}
        }
    }
    Some(record)
}

fn made_up() -> Vec<Record> {
    let words: Vec<&str> = "đất rừng phương nam lịch sử việt toán học văn thơ truyện cổ tích nhật ký trong tù \
        mùa xuân hoa sen con đường làng quê mẹ cha thầy cô trường lớp sách vở sông núi biển trời mây gió trăng \
        sao đêm ngày sáng chiều chim cá mèo chó trâu bò lúa ngô khoai sắn bánh kẹo tết lễ hội đình chùa tháp cầu"
        .split_whitespace()
        .collect();
    let mut dice = Dice(7);
    (0..20_000)
        .map(|_| {
            let mut some = |least: usize, most: usize| {
                let count = least + dice.roll(most - least);
                (0..count).map(|_| words[dice.roll(words.len())]).collect::<Vec<_>>().join(" ")
            };
            Record {
                title: some(2, 8),
                author: some(2, 4),
                subjects: vec![some(1, 3)],
                notes: some(5, 20),
                year: Some(1950 + i64::try_from(some(1, 60).len() % 70).unwrap()),
            }
        })
        .collect()
}

/// The n-th document: a record as it is, or parts of several.
fn make(records: &[Record], n: usize) -> Record {
    if n < records.len() {
        return records[n].clone();
    }
    let mut dice = Dice(n as u64);
    let mut pick = || &records[dice.roll(records.len())];
    let half = |text: &str, second: bool| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (head, tail) = words.split_at(words.len().div_ceil(2));
        (if second { tail } else { head }).join(" ")
    };
    let (one, other) = (pick(), pick());
    let writer = pick();
    Record {
        title: format!("{} {}", half(&one.title, false), half(&other.title, true)),
        author: writer.author.clone(),
        subjects: pick().subjects.clone(),
        notes: one.notes.clone(),
        year: writer.year,
    }
}

fn document(record: &Record) -> Document {
    let mut texts = vec![("title".to_owned(), record.title.clone())];
    if !record.author.is_empty() {
        texts.push(("author".into(), record.author.clone()));
        texts.push(("writer".into(), record.author.clone()));
    }
    for subject in &record.subjects {
        texts.push(("subject".into(), subject.clone()));
        texts.push(("topic".into(), subject.clone()));
    }
    if !record.notes.is_empty() {
        texts.push(("notes".into(), record.notes.clone()));
    }
    let numbers = record.year.map(|year| ("year".to_owned(), year)).into_iter().collect();
    Document { visibility: vec![PUBLIC.to_owned()], texts, numbers }
}

/// A query as a reader types it, drawn from a document.
fn typed(records: &[Record], count: usize, dice: &mut Dice) -> String {
    let record = make(records, dice.roll(count));
    let words: Vec<&str> = record.title.split_whitespace().collect();
    let word = |dice: &mut Dice| words[dice.roll(words.len())].to_owned();
    let surname = record.author.split([',', ' ']).next().unwrap_or("").to_owned();
    match dice.roll(100) {
        0..40 if dice.roll(2) == 0 => word(dice),
        0..40 => format!("{} {}", word(dice), word(dice)),
        40..65 if !surname.is_empty() => surname,
        65..85 if !record.subjects.is_empty() => record.subjects[0].clone(),
        _ => format!("{} {surname}", word(dice)),
    }
}

/// Processor time of this thread: what the work costs on a machine that has
/// others to serve.
fn processor() -> Duration {
    Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap())
}

fn percentiles(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("{name:<44} p50 {:>8.3} ms  p90 {:>8.3}  p99 {:>8.3}  max {:>8.3}", at(0.5), at(0.9), at(0.99), at(1.0));
}

/// Anonymous and mapped memory of this process, in MB.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    format!("RssAnon {} MB, RssFile {} MB, VmHWM {} MB", value("RssAnon"), value("RssFile"), value("VmHWM"))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let folder = arguments.next().unwrap_or_else(|| "bench-index".into());
    let folder = Path::new(&folder);
    let mut records = Vec::new();
    for file in arguments {
        read_marc(Path::new(&file), &mut records);
    }
    if records.is_empty() {
        records = made_up();
    }
    println!("{} records read, {count} documents; {}", records.len(), memory());
    // An index that is there already is searched as it is.
    let index = Index::open(folder, &schema(), "bench").unwrap();
    if index.stats().unwrap().documents == 0 {
        build(&index, &records, count);
    }
    search(&index, &records, count);
    let started = Instant::now();
    index.compact().unwrap();
    index.close_writer().unwrap();
    let stats = index.stats().unwrap();
    println!(
        "merged into {} in {:.2} s: {:.1} MB",
        stats.segments,
        started.elapsed().as_secs_f64(),
        stats.bytes as f64 / 1e6
    );
    search(&index, &records, count);
    small_commits(&index);
}

fn build(index: &Index, records: &[Record], count: usize) {
    let started = Instant::now();
    let mut sequence = 0;
    for first in (0..count).step_by(500) {
        sequence += 1;
        let add = (first..count.min(first + 500)).map(|n| (format!("{n:032x}"), document(&make(records, n)))).collect();
        index.apply(&Batch { sequence, remove: Vec::new(), add }).unwrap();
    }
    index.commit(sequence).unwrap();
    let took = started.elapsed().as_secs_f64();
    println!("findable after {took:.2} s, {:.0} documents/s", count as f64 / took);
    index.close_writer().unwrap();
    let stats = index.stats().unwrap();
    println!(
        "merges done after {:.2} s; {:.1} MB, {} segments; {}",
        started.elapsed().as_secs_f64(),
        stats.bytes as f64 / 1e6,
        stats.segments,
        memory()
    );
}

fn search(index: &Index, records: &[Record], count: usize) {
    let mut dice = Dice(42);
    let texts: Vec<String> = (0..1_000).map(|_| typed(records, count, &mut dice)).collect();
    let readers = [VISIBLE.to_owned()];
    let facets = BTreeMap::from([("topic".into(), 10), ("writer".into(), 10), ("year".into(), 20)]);
    let query = |text: &String| Query::Text { text: text.clone(), fields: vec![], r#match: Match::All };
    let run = |name: &str, request: &dyn Fn(&String) -> SearchRequest| {
        let mut times = Vec::new();
        let mut spent = Vec::new();
        let mut slowest = (Duration::ZERO, String::new());
        let mut nothing = 0;
        for text in &texts {
            let request = request(text);
            let (started, before) = (Instant::now(), processor());
            let reply = index.search(&request, &readers).unwrap();
            let took = started.elapsed();
            spent.push(processor() - before);
            nothing += usize::from(reply.total == 0);
            if took > slowest.0 {
                slowest = (took, format!("{text:?}, {} hits", reply.total));
            }
            times.push(took);
        }
        percentiles(&format!("{name} ({nothing} without hits)"), times);
        percentiles("    of it processor time", spent);
        println!("    slowest: {}", slowest.1);
    };
    let plain = |text: &String| SearchRequest::new(query(text), 10);
    run("warm-up", &plain);
    run("top ten", &plain);
    run("top ten and facets", &|text| SearchRequest { facets: facets.clone(), ..plain(text) });
    run("by title and facets", &|text| SearchRequest {
        facets: facets.clone(),
        sort: Sort::Field { name: "title".into(), descending: false },
        ..plain(text)
    });
    run("everything asked", &|text| SearchRequest {
        facets: facets.clone(),
        relax: true,
        spelling: true,
        snippets: true,
        ..plain(text)
    });
    run("misspelt", &|text| {
        let mut letters: Vec<char> = text.chars().collect();
        if letters.len() > 3 {
            letters.swap(1, 2);
        }
        let text: String = letters.into_iter().collect();
        SearchRequest { spelling: true, relax: true, ..plain(&text) }
    });
    let mut times = Vec::new();
    for text in &texts {
        let beginning: String = text.chars().take(4).collect();
        let started = Instant::now();
        index.suggest(&beginning, "title", &readers, 8).unwrap();
        times.push(started.elapsed());
    }
    percentiles("suggestions for four letters", times);
    println!("{}", memory());
}

fn small_commits(index: &Index) {
    let mut times = Vec::new();
    for n in 0..60 {
        let sequence = index.sequence() + 1;
        let record = Record { title: format!("Sách mới {n}"), ..Record::default() };
        let started = Instant::now();
        let add = vec![(format!("new{n}"), document(&record))];
        index.apply(&Batch { sequence, remove: vec![format!("new{n}")], add }).unwrap();
        index.commit(sequence).unwrap();
        times.push(started.elapsed());
    }
    percentiles("one document until it is found", times);
    println!("with the writer open: {}", memory());
    index.close_writer().unwrap();
    println!("with the writer closed: {}", memory());
}
