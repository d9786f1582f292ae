//! One function of the contract after the other; the path says which capability.

use std::io::{Read, Seek, SeekFrom, Write};

use serde_json::{Value, json};
use tram_sdk::prelude::*;
use tram_sdk::store::{Find, from_hex, to_hex};
use tram_sdk::{blobs, brokered, clock, directory, events, jobs, log, random, search, settings, sign, store};

use crate::{HEARD, NOTES, Note, STEPS};

/// What a GET sees.
pub(crate) fn read(what: &str, request: &Request) -> Result<Value> {
    Ok(match what {
        "store" => {
            let (notes, more) = NOTES.scan(&Scan::all())?;
            let first = notes.first().map(|note| note.key.clone()).unwrap_or_default();
            let history = NOTES.history(&first, 10)?;
            json!({
                "count": NOTES.count()?,
                "more": more,
                "codes": notes.iter().map(|note| note.value.code.clone()).collect::<Vec<_>>(),
                "versions": notes.iter().map(|note| note.version).collect::<Vec<_>>(),
                "history": history.iter().map(|(change, note)| json!({
                    "version": change.version,
                    "deleted": change.deleted,
                    "actor": change.actor,
                    "text": note.as_ref().map(|note| note.text.clone()),
                })).collect::<Vec<_>>(),
                "counter": store::counter("notes")?,
            })
        }
        "write-in-get" => match NOTES.put(b"never", &note("x", "x", "x")) {
            Ok(()) => json!({ "written": true }),
            Err(error) => json!({ "code": error.code }),
        },
        "count-in-get" => {
            store::add("looked-at", 1)?;
            json!({ "before": store::counter("looked-at")? })
        }
        "search" => {
            let mut asked = SearchRequest::new(
                Query::Text {
                    text: request.query("q").unwrap_or_default().into(),
                    fields: vec![],
                    r#match: Default::default(),
                },
                10,
            );
            asked.facets.insert("author".into(), 10);
            asked.snippets = true;
            let reply = search::search(&asked)?;
            json!({
                "total": reply.total,
                "keys": reply.hits.iter().map(|hit| hit.key.clone()).collect::<Vec<_>>(),
                "authors": reply.facets.get("author").into_iter().flatten()
                    .map(|count| json!([count.value, count.count])).collect::<Vec<_>>(),
                "lagging": reply.lagging,
                "suggestions": search::suggest("text", request.query("q").unwrap_or_default(), 5)?,
                "terms": search::terms("text", "", 5)?.into_iter().map(|term| term.term).collect::<Vec<_>>(),
            })
        }
        "blobs" => {
            let id = request.query("id").unwrap_or_default();
            json!({ "size": blobs::stat(id)?.map(|info| info.size) })
        }
        "directory" => {
            let fields: Vec<&str> = request.query_all("field").collect();
            let groups = directory::groups("class")?;
            let members = match groups.first() {
                Some(group) => directory::members(&group.id, &fields)?,
                None => Vec::new(),
            };
            let me = match &request.principal.person {
                Some(person) => directory::person(person, &fields)?,
                None => None,
            };
            let shown = |profile: &directory::Profile| {
                profile.fields.iter().map(|field| json!([field.name, field.value])).collect::<Vec<_>>()
            };
            json!({
                "groups": groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>(),
                "members": members.iter().map(shown).collect::<Vec<_>>(),
                "me": me.as_ref().map(shown),
            })
        }
        // One question to the directory; the answer or the error's code.
        "directory-person" | "directory-members" => {
            let fields: Vec<&str> = request.query_all("field").collect();
            let id = request.query("id").unwrap_or_default();
            let found = if what == "directory-person" {
                directory::person(id, &fields).map(|found| found.into_iter().collect())
            } else {
                directory::members(id, &fields)
            };
            match found {
                Ok(profiles) => json!({ "values": profiles.iter()
                    .map(|profile| profile.fields.iter().map(|field| field.value.clone()).collect::<Vec<_>>())
                    .collect::<Vec<_>>() }),
                Err(error) => json!({ "code": error.code }),
            }
        }
        "find" => {
            let term = request.query("term").unwrap_or_default().as_bytes();
            let mut after: Option<Vec<u8>> = None;
            let mut pages = Vec::new();
            loop {
                let find = if request.query("prefix").is_some() { Find::Prefix(term) } else { Find::Exact(term) };
                let (notes, more) = NOTES.find("author", find, after.as_deref(), 2)?;
                pages.push(notes.iter().map(|note| note.value.code.clone()).collect::<Vec<_>>());
                after = notes.last().map(|note| note.key.clone());
                if !more {
                    break;
                }
            }
            json!(pages)
        }
        "events" => {
            let (heard, _) = HEARD.scan(&Scan::all())?;
            json!(heard.into_iter().map(|heard| heard.value).collect::<Vec<_>>())
        }
        "jobs" => {
            let status = jobs::status(request.query("id").unwrap_or_default())?;
            json!({
                "status": status.as_ref().map(|status| json!({
                    "state": status.state, "done": status.done, "total": status.total,
                    "outcome": serde_json::from_slice::<Value>(&status.outcome).ok(),
                    "message": status.text().get("en"),
                })),
                "recent": jobs::recent("count", 10)?.len(),
                "steps": store::counter("steps")?,
                "half": STEPS.get(b"half")?.is_some(),
            })
        }
        "settings" => json!({ "colour": settings::get("colour")? }),
        "clock" => {
            let (first, second) = (clock::now(), clock::now());
            json!({
                "fixed": first == second,
                "unix_ms": first.unix_ms,
                "quality": first.quality,
                "today": clock::today(),
            })
        }
        "random" => json!({ "first": to_hex(&random::bytes(16)), "second": to_hex(&random::bytes(16)) }),
        // Whose seal it is, or why it is nobody's; `begin` is for jobs alone.
        "sign" => {
            let bytes = |name| from_hex(request.query(name).unwrap_or_default()).unwrap_or_default();
            let three = (bytes("digest").try_into(), bytes("key").try_into(), bytes("signature").try_into());
            let (Ok(digest), Ok(key), Ok(signature)) = three else { return Err(Error::not_found("no seal")) };
            match sign::verify(&digest, &key, &signature) {
                Ok(signer) => json!({ "station": signer.station, "name": signer.name, "own": signer.is_this }),
                Err(error) => json!({ "code": error.code, "begin": sign::begin(&digest).is_ok() }),
            }
        }
        "brokered" => json!({ "greetings": brokered::query::<u64>("greeter.test", "count", &())? }),
        "brokered-ungranted" => brokered::query::<Value>("catalogue", "everything", &())?,
        "principal" => json!({
            "kind": request.principal.kind,
            "person": request.principal.person,
            "channel": request.principal.channel,
            "language": request.principal.language,
        }),
        other => return Err(Error::not_found(other)),
    })
}

/// What a POST does.
pub(crate) fn write(what: &str, request: &Request) -> Result<Value> {
    Ok(match what {
        "store" => store_everything()?,
        "note" => {
            let [author, text, code] = ["author", "text", "code"].map(|name| request.form(name).unwrap_or_default());
            let id = NOTES.insert(&note(author, text, code))?;
            store::add("notes", 1)?;
            json!({ "id": to_hex(&id) })
        }
        "replace" => {
            let key = from_hex(request.form("id").unwrap_or_default()).unwrap_or_default();
            let version = request.form("version").and_then(|version| version.parse().ok()).unwrap_or_default();
            NOTES.replace(&key, &note("x", request.form("text").unwrap_or_default(), "replaced"), version)?;
            json!({})
        }
        "delete" => {
            let key = from_hex(request.form("id").unwrap_or_default()).unwrap_or_default();
            NOTES.delete(&key, None)?;
            json!({})
        }
        // Writes, then fails: nothing of it may stay.
        "half" => {
            NOTES.insert(&note("half", "half", "half"))?;
            events::emit("written", &"half")?;
            blobs::write("half.txt", "text/plain", b"half")?;
            return Err(Error::invalid(Text::vi_en("Cố ý hỏng.", "Failed on purpose.")));
        }
        "number" => {
            let code = store::at_commit("accession")?;
            let id = NOTES.insert(&note("numbered", "at commit", &code))?;
            json!({ "id": to_hex(&id), "reserved": store::next("block", 10)? })
        }
        "undeclared" => match store::put("nowhere", b"k", b"v", &[], None) {
            Ok(()) => json!({ "written": true }),
            Err(error) => json!({ "code": error.code }),
        },
        "blobs" => blobs_everything()?,
        "events" => {
            events::emit("written", &request.form("payload").unwrap_or("x"))?;
            json!({})
        }
        "topic" => match events::emit("undeclared", &()) {
            Ok(()) => json!({ "emitted": true }),
            Err(error) => json!({ "code": error.code }),
        },
        "jobs" => {
            let job = request.form("job").unwrap_or("count");
            let to: u64 = request.form("to").and_then(|to| to.parse().ok()).unwrap_or(3);
            json!({ "id": jobs::start(job, &json!({ "to": to }))? })
        }
        "settings" => {
            settings::set("colour", request.form("colour").unwrap_or("đỏ"))?;
            json!({ "colour": settings::get("colour")? })
        }
        "log" => {
            log::debug("a debug line");
            log::info("an info line");
            log::warn("a warning");
            log::error("an error");
            json!({})
        }
        other => return Err(Error::not_found(other)),
    })
}

fn note(author: &str, text: &str, code: &str) -> Note {
    Note { author: author.into(), text: text.into(), code: code.into() }
}

/// Reads inside a transaction see its own writes, by every way of reading.
fn store_everything() -> Result<Value> {
    let first = NOTES.insert(&note("an", "bốn mùa", "A"))?;
    let second = NOTES.insert(&note("an", "bài ca", "B"))?;
    let third = NOTES.insert(&note("bình", "secret", "C"))?;
    NOTES.change(&first, |note| note.text = "bốn mùa xuân".into())?;
    NOTES.delete(&second, None)?;
    let taken = NOTES.insert_at(&third, &note("x", "x", "x")).err().map(|error| error.code);
    let (by_author, _) = NOTES.find("author", Find::Exact(b"an"), None, 10)?;
    let (by_prefix, _) = NOTES.find("author", Find::Prefix(b""), None, 10)?;
    let (backwards, _) = NOTES.scan(&Scan::all().reverse().limit(1))?;
    let several = NOTES.get_many(&[third.clone(), second, first.clone()])?;
    store::add("notes", 2)?;
    Ok(json!({
        "text": NOTES.get(&first)?.map(|entry| entry.value.text),
        "count": NOTES.count()?,
        "taken": taken,
        "by_author": by_author.len(),
        "by_prefix": by_prefix.len(),
        "one": NOTES.find_one("code", "C")?.map(|entry| entry.value.author),
        "last_is_third": backwards.first().map(|entry| &entry.key) == Some(&third),
        "several": several.iter().map(Option::is_some).collect::<Vec<_>>(),
        "next": store::next("block", 10)?,
        "id_bytes": first.len(),
    }))
}

fn blobs_everything() -> Result<Value> {
    let mut writer = blobs::create("thơ.txt", "text/plain; charset=utf-8")?;
    for line in 0..50_000 {
        writeln!(writer, "dòng thứ {line}")?;
    }
    let id = writer.finish()?;
    let mut reader = blobs::Reader::open(&id)?;
    let mut text = String::new();
    reader.read_to_string(&mut text)?;
    reader.seek(SeekFrom::End(-6))?;
    let mut tail = String::new();
    reader.read_to_string(&mut tail)?;
    // The host moves the bytes: two stretches of the file, as one that was appended.
    let mut stretches = blobs::create("đoạn.txt", "text/plain")?;
    stretches.append(b"<")?;
    stretches.append_blob(&id, 6, 4)?;
    stretches.append_blob(&id, 0, 5)?;
    stretches.append(b">")?;
    let beyond = stretches.append_blob(&id, 1, text.len() as u64).err().map(|error| error.code);
    let stretches = stretches.finish()?;
    let same = blobs::write("đoạn 2.txt", "text/plain", &blobs::read(&stretches, 0, 100)?)?;
    let second = blobs::write("bỏ.txt", "text/plain", b"x")?;
    blobs::delete(&second)?;
    let info = blobs::stat(&id)?;
    Ok(json!({
        "id": id,
        "lines": text.lines().count(),
        "tail": tail,
        "size": info.as_ref().map(|info| info.size),
        "name": info.as_ref().map(|info| info.name.clone()),
        "whole": info.is_some_and(|info| info.size == text.len() as u64),
        "deleted": blobs::stat(&second)?.is_none(),
        "stretches": String::from_utf8_lossy(&blobs::read(&stretches, 0, 100)?),
        "digests": blobs::digest(&stretches)? == blobs::digest(&same)? && blobs::digest(&same)? != blobs::digest(&id)?,
        "beyond": beyond,
    }))
}
