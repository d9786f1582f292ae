//! Uses every capability and exports every extension point. What it saw it answers
//! as JSON, so that the host's tests compare it.

mod capabilities;
mod widgets;

use serde_json::{Value, json};
use tram_sdk::prelude::*;
use tram_sdk::{blobs, extract, log, print, sign, store};

#[derive(Serialize, Deserialize)]
struct Note {
    author: String,
    text: String,
    code: String,
}

const NOTES: Table<Note> = Table::new("notes").with_terms(|note, terms| {
    terms.add("author", &note.author);
    terms.add("code", &note.code);
});
const HEARD: Table<Value> = Table::new("heard");
const STEPS: Table<u64> = Table::new("steps");

struct Exerciser;

impl Pages for Exerciser {
    fn page(request: Request) -> Result<Response> {
        Ok(match request.route.as_str() {
            "widgets" => Response::page(&widgets::page()),
            // Sends back what came, uploads included.
            _ => Response::page(&widgets::echo(&request)),
        })
    }
}

impl Api for Exerciser {
    fn answer(request: Request) -> Result<Response> {
        if request.route == "blob" {
            return Ok(Response::blob(request.param("blob").unwrap_or_default()));
        }
        let what = request.param("capability").unwrap_or_default();
        let seen = if request.method == "GET" {
            capabilities::read(what, &request)?
        } else {
            capabilities::write(what, &request)?
        };
        Ok(Response::json(&seen))
    }
}

impl Indexer for Exerciser {
    fn index(_collection: &str, row: &Row) -> Option<Document> {
        let note: Note = serde_json::from_slice(&row.value).ok()?;
        // A secret note is found by its author's own token only.
        let visibility =
            if note.text.starts_with("secret") { format!("person:{}", note.author) } else { "public".into() };
        Some(Document {
            visibility: vec![visibility],
            numbers: vec![("length".into(), note.text.chars().count() as i64)],
            texts: vec![("text".into(), note.text), ("author".into(), note.author)],
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Counting {
    #[serde(default)]
    at: u64,
    to: u64,
}

impl Job for Exerciser {
    fn run(job: &str, state: &[u8], first: bool, _by: &Principal) -> Result<Step> {
        if job == "look" {
            return look(state, first);
        }
        if job == "print" {
            return printed(state, first);
        }
        if job == "seal" {
            return seal(state, first);
        }
        let mut counting: Counting = serde_json::from_slice(state)?;
        if job == "fail" && !first {
            STEPS.put(b"half", &1)?;
            return Err(Error::new("failed-on-purpose", Text::vi_en("Cố ý hỏng.", "Failed on purpose.")));
        }
        let progress =
            |at| Progress::new(at, counting.to, Text::vi_en(format!("Đã đếm {at}"), format!("Counted {at}")));
        if counting.at == counting.to {
            return Step::done(progress(counting.at), &json!({ "counted": counting.to }));
        }
        counting.at += 1;
        STEPS.put(counting.at.to_be_bytes(), &counting.at)?;
        store::add("steps", 1)?;
        Step::again(progress(counting.at), &counting)
    }
}

/// Has a file looked into: a step asks, the next one has what came of it.
fn look(state: &[u8], first: bool) -> Result<Step> {
    let blob: String = serde_json::from_slice(state)?;
    let progress = |at| Progress::new(at, 2, Text::vi_en("Đang đọc", "Reading"));
    if first {
        extract::begin(&blob)?;
        return Step::again(progress(1), &blob);
    }
    let Some(found) = extract::outcome()? else { return Err(Error::new("nothing", "nothing was begun")) };
    let derived: Vec<_> = found
        .derived
        .iter()
        .map(|file| {
            let length = blobs::stat(&file.blob)?.map(|info| info.size);
            Ok(json!([file.name, length]))
        })
        .collect::<Result<_>>()?;
    let pages: Vec<_> = found.extract.pages.iter().map(|page| page.text.clone()).collect();
    Step::done(progress(2), &json!({ "pages": pages, "derived": derived }))
}

/// Has a hash signed: a step asks, the next one has the seal.
fn seal(state: &[u8], first: bool) -> Result<Step> {
    let blob: String = serde_json::from_slice(state)?;
    let progress = |at| Progress::new(at, 2, Text::vi_en("Đang ký", "Signing"));
    let digest = blobs::digest(&blob)?;
    if first {
        sign::begin(&digest)?;
        // The host acts between steps, not within one.
        let early = sign::outcome()?.is_some();
        return if early { Err(Error::new("early", "signed within the step")) } else { Step::again(progress(1), &blob) };
    }
    let Some(seal) = sign::outcome()? else { return Err(Error::new("nothing", "nothing was begun")) };
    let own = sign::this_station()?;
    Step::done(progress(2), &json!({
        "digest": store::to_hex(&digest), "key": store::to_hex(&seal.key), "signature": store::to_hex(&seal.signature),
        "station": own.id, "name": own.name, "epoch": own.epoch,
    }))
}

/// Has a document set: the template, its data, the file's name.
fn printed(state: &[u8], first: bool) -> Result<Step> {
    let asked: (String, Value, String) = serde_json::from_slice(state)?;
    let progress = |at| Progress::new(at, 2, Text::vi_en("Đang in", "Printing"));
    if first {
        // A number stands for so many letters: a job's arguments are no larger than the data.
        let letters = asked.1.as_u64().and_then(|count| usize::try_from(count).ok());
        let data = letters.map_or_else(|| asked.1.clone(), |count| json!({ "title": "x".repeat(count), "names": [] }));
        print::begin(&asked.0, &data, &asked.2)?;
        return Step::again(progress(1), &asked);
    }
    let Some(printed) = print::outcome()? else { return Err(Error::new("nothing", "nothing was begun")) };
    let warnings: Vec<_> = printed.warnings.iter().map(|text| text.get("vi").to_owned()).collect();
    let outcome = json!({ "blob": printed.blob, "pages": printed.pages, "size": printed.size, "warnings": warnings });
    Step::done(progress(2), &outcome)
}

impl Slots for Exerciser {
    fn fill(slot: &str, context: &[Field], by: &Principal) -> Result<Vec<page::Card>> {
        let about = tram_sdk::value(context, "q").or(tram_sdk::value(context, "person")).unwrap_or("-");
        Ok(vec![page::Card {
            title: Text::vi_en(format!("Ô {slot}: {about}"), format!("Slot {slot}: {about}")),
            href: "widgets".into(),
            subtitle: by.kind.as_str().into(),
            count: Some(NOTES.count()?),
            ..Default::default()
        }])
    }
}

impl Subscriber for Exerciser {
    fn on_event(event: Event) -> Result<()> {
        let payload: Value = serde_json::from_slice(&event.payload)?;
        // A setting is what an administrator changes before trying again.
        if payload == json!("fail") && tram_sdk::settings::get("colour")?.as_deref() != Some("mended") {
            return Err(Error::new("failed-on-purpose", "an event that is never taken"));
        }
        log::debug("heard an event");
        HEARD.put(
            event.sequence.to_be_bytes(),
            &json!({ "plugin": event.plugin, "topic": event.topic, "payload": payload }),
        )
    }
}

impl Queryable for Exerciser {
    fn query(name: &str, arguments: &[u8], _by: &Principal) -> Result<Vec<u8>> {
        match name {
            "sum" => {
                let numbers: Vec<i64> = serde_json::from_slice(arguments)?;
                Ok(serde_json::to_vec(&numbers.iter().sum::<i64>())?)
            }
            other => Err(Error::not_found(other)),
        }
    }
}

tram_sdk::export!(Exerciser: pages, api, indexer, job, slots, subscriber, queryable);
