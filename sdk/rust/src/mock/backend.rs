//! The capabilities, with the signatures of the generated bindings.

use super::world::{Stored, World, row, undeclared, with};
use super::{Emitted, denied};
use crate::{Error, Result, Text, code};

pub(crate) mod store {
    use super::*;
    use crate::store::{Change, MAX_ROWS, Page, Row, Term};

    fn reading<T>(collection: &str, act: impl FnOnce(&World) -> T) -> Result<T> {
        with(|world| {
            world.check("store")?;
            world.check_collection(collection)?;
            Ok(act(world))
        })
    }

    pub(crate) fn get(collection: &str, key: &[u8]) -> Result<Option<Row>> {
        reading(collection, |world| {
            world.collections.get(collection)?.get_key_value(key).map(|(key, stored)| row(key, stored))
        })
    }

    pub(crate) fn get_many(collection: &str, keys: &[Vec<u8>]) -> Result<Vec<Option<Row>>> {
        keys.iter().map(|key| get(collection, key)).collect()
    }

    fn page(mut rows: Vec<Row>, limit: u32) -> Page {
        let limit = limit.min(MAX_ROWS) as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        Page { rows, more }
    }

    pub(crate) fn scan(collection: &str, start: &[u8], end: Option<&[u8]>, reverse: bool, limit: u32) -> Result<Page> {
        reading(collection, |world| {
            let mut rows = world.rows(collection);
            rows.retain(|row| row.key.as_slice() >= start && end.is_none_or(|end| row.key.as_slice() < end));
            if reverse {
                rows.reverse();
            }
            page(rows, limit)
        })
    }

    pub(crate) fn find(
        collection: &str,
        index: &str,
        term: &[u8],
        prefix: bool,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Page> {
        with(|world| {
            world.check("store")?;
            world.check_collection(collection)?;
            world.check_index(collection, index)?;
            let mut hits: Vec<(Vec<u8>, Row)> = Vec::new();
            for (key, stored) in world.collections.get(collection).into_iter().flatten() {
                for held in stored.terms.iter().filter(|held| held.index == index) {
                    if held.value == term || (prefix && held.value.starts_with(term)) {
                        hits.push((held.value.clone(), row(key, stored)));
                    }
                }
            }
            hits.sort_by(|a, b| (&a.0, &a.1.key).cmp(&(&b.0, &b.1.key)));
            let skip = match after {
                Some(after) => hits.iter().position(|(_, row)| row.key == after).map_or(0, |at| at + 1),
                None => 0,
            };
            Ok(page(hits.into_iter().skip(skip).map(|(_, row)| row).collect(), limit))
        })
    }

    pub(crate) fn count(collection: &str) -> Result<u64> {
        reading(collection, |world| world.collections.get(collection).map_or(0, |rows| rows.len() as u64))
    }

    fn check_version(world: &World, collection: &str, key: &[u8], expected: Option<u64>) -> Result<()> {
        let found = world.collections.get(collection).and_then(|rows| rows.get(key)).map_or(0, |row| row.version);
        match expected {
            Some(expected) if expected != found => Err(Error::new(
                code::STALE,
                Text::vi_en("Mục này vừa được người khác sửa.", "Somebody else has just changed this entry."),
            )),
            _ => Ok(()),
        }
    }

    pub(crate) fn put(collection: &str, key: &[u8], value: &[u8], terms: &[Term], expected: Option<u64>) -> Result<()> {
        with(|world| {
            world.check_write("store")?;
            world.check_collection(collection)?;
            check_version(world, collection, key, expected)?;
            for term in terms {
                let unique = world.check_index(collection, &term.index)?;
                let others = world.collections.get(collection).into_iter().flatten();
                if unique && others.into_iter().any(|(other, row)| other != key && row.terms.contains(term)) {
                    return Err(Error::new(code::UNIQUE, term.index.clone()));
                }
            }
            let rows = world.collections.entry(collection.into()).or_default();
            // What a call wrote itself has the largest version until it commits.
            rows.insert(key.into(), Stored { value: value.into(), version: u64::MAX, terms: terms.into() });
            world.touch(collection, key);
            world.settle();
            Ok(())
        })
    }

    pub(crate) fn delete(collection: &str, key: &[u8], expected: Option<u64>) -> Result<()> {
        with(|world| {
            world.check_write("store")?;
            world.check_collection(collection)?;
            check_version(world, collection, key, expected)?;
            if world.collections.get_mut(collection).and_then(|rows| rows.remove(key)).is_some() {
                world.touch(collection, key);
            }
            world.settle();
            Ok(())
        })
    }

    pub(crate) fn history(collection: &str, key: &[u8], limit: u32) -> Result<Vec<Change>> {
        reading(collection, |world| world.history(collection, key, limit))
    }

    pub(crate) fn new_id() -> Result<Vec<u8>> {
        with(|world| {
            world.check_write("store")?;
            world.minted += 1;
            Ok(u128::from(world.minted).to_be_bytes().to_vec())
        })
    }

    pub(crate) fn add(counter: &str, delta: i64) -> Result<()> {
        with(|world| {
            // Also in a GET call: counting changes nothing that is read.
            world.check("store")?;
            *world.counters.entry(counter.into()).or_default() += delta;
            Ok(())
        })
    }

    pub(crate) fn counter(counter: &str) -> Result<i64> {
        with(|world| {
            world.check("store")?;
            Ok(world.counters.get(counter).copied().unwrap_or_default())
        })
    }

    pub(crate) fn next(sequence: &str, count: u32) -> Result<u64> {
        with(|world| {
            world.check_write("store")?;
            let last = world.sequences.entry(sequence.into()).or_default();
            let first = *last + 1;
            *last += u64::from(count);
            Ok(first)
        })
    }

    pub(crate) fn at_commit(sequence: &str) -> Result<String> {
        with(|world| {
            world.check_write("store")?;
            world.minted += 1;
            let token = format!("@commit:{:08}", world.minted);
            world.tokens.push((token.clone(), sequence.into()));
            Ok(token)
        })
    }
}

pub(crate) mod search {
    use super::*;
    use crate::search::TermCount;
    use tram_contract::search::SearchReply;

    pub(crate) fn search(request: &[u8]) -> Result<Vec<u8>> {
        let request = serde_json::from_slice(request)?;
        let answer = with(|world| world.check("search").map(|()| world.search.clone()))?;
        let reply = answer.map_or_else(SearchReply::default, |answer| answer(&request));
        Ok(serde_json::to_vec(&reply)?)
    }

    pub(crate) fn suggest(_field: &str, _prefix: &str, _limit: u32) -> Result<Vec<String>> {
        with(|world| world.check("search"))?;
        Ok(Vec::new())
    }

    pub(crate) fn terms(_field: &str, _start: &str, _limit: u32) -> Result<Vec<TermCount>> {
        with(|world| world.check("search"))?;
        Ok(Vec::new())
    }

    pub(crate) fn terms_before(_field: &str, _start: &str, _limit: u32) -> Result<Vec<TermCount>> {
        with(|world| world.check("search"))?;
        Ok(Vec::new())
    }
}

pub(crate) mod blobs {
    use super::super::world::Blob;
    use super::*;
    use crate::blobs::{Info, MAX_PIECE};

    fn missing() -> Error {
        Error::not_found("there is no such blob")
    }

    pub(crate) fn stat(id: &str) -> Result<Option<Info>> {
        with(|world| {
            world.check("blobs")?;
            Ok(world.blobs.get(id).filter(|blob| blob.sealed).map(|blob| Info {
                size: blob.bytes.len() as u64,
                media_type: blob.media_type.clone(),
                name: blob.name.clone(),
            }))
        })
    }

    pub(crate) fn read(id: &str, offset: u64, length: u32) -> Result<Vec<u8>> {
        with(|world| {
            world.check("blobs")?;
            if length > MAX_PIECE {
                return Err(Error::new(code::BAD_REQUEST, "at most 1 MiB a call"));
            }
            let blob = world.blobs.get(id).filter(|blob| blob.sealed).ok_or_else(missing)?;
            let skip = usize::try_from(offset).unwrap_or(usize::MAX);
            Ok(blob.bytes.iter().skip(skip).take(length as usize).copied().collect())
        })
    }

    pub(crate) fn create(name: &str, media_type: &str) -> Result<String> {
        with(|world| {
            world.check_write("blobs")?;
            world.minted += 1;
            let id = format!("unfinished-{}", world.minted);
            let blob = Blob { name: name.into(), media_type: media_type.into(), ..Blob::default() };
            world.blobs.insert(id.clone(), blob);
            Ok(id)
        })
    }

    pub(crate) fn append(id: &str, bytes: &[u8]) -> Result<()> {
        with(|world| {
            world.check_write("blobs")?;
            if bytes.len() > MAX_PIECE as usize {
                return Err(Error::new(code::BAD_REQUEST, "at most 1 MiB a call"));
            }
            let blob = world.blobs.get_mut(id).filter(|blob| !blob.sealed).ok_or_else(missing)?;
            blob.bytes.extend(bytes);
            Ok(())
        })
    }

    pub(crate) fn append_blob(id: &str, blob: &str, offset: u64, length: u64) -> Result<()> {
        if length > crate::blobs::MAX_STRETCH {
            return Err(Error::new(code::BAD_REQUEST, "at most 256 MiB a call"));
        }
        let bytes = with(|world| {
            world.check("blobs")?;
            let from = world.blobs.get(blob).filter(|blob| blob.sealed).ok_or_else(missing)?;
            let range = usize::try_from(offset).ok().zip(usize::try_from(offset.saturating_add(length)).ok());
            let bytes = range.and_then(|(start, end)| from.bytes.get(start..end));
            bytes.map(<[u8]>::to_vec).ok_or_else(|| Error::new(code::BAD_REQUEST, "beyond the file's end"))
        })?;
        bytes.chunks(MAX_PIECE as usize).try_for_each(|piece| append(id, piece))
    }

    pub(crate) fn digest(id: &str) -> Result<Vec<u8>> {
        with(|world| {
            world.check("blobs")?;
            let blob = world.blobs.get(id).filter(|blob| blob.sealed).ok_or_else(missing)?;
            Ok(blake3::hash(&blob.bytes).as_bytes().to_vec())
        })
    }

    pub(crate) fn finish(id: &str) -> Result<String> {
        with(|world| {
            world.check_write("blobs")?;
            let blob = world.blobs.remove(id).filter(|blob| !blob.sealed).ok_or_else(missing)?;
            Ok(world.add_blob(&blob.name, &blob.media_type, &blob.bytes))
        })
    }

    pub(crate) fn delete(id: &str) -> Result<()> {
        with(|world| {
            world.check_write("blobs")?;
            world.blobs.remove(id).map(|_| ()).ok_or_else(missing)
        })
    }
}

pub(crate) mod directory {
    use super::*;
    use crate::Field;
    use crate::directory::{Group, Profile};

    fn check(world: &World, fields: &[String]) -> Result<()> {
        world.check("directory")?;
        let Some(manifest) = &world.manifest else { return Ok(()) };
        let granted =
            |field: &String| manifest.capability.iter().any(|c| c.name == "directory" && c.fields.contains(field));
        match fields.iter().find(|field| !granted(field)) {
            Some(field) => Err(denied(&format!("directory field {field}"))),
            None => Ok(()),
        }
    }

    fn profile(world: &World, id: &str, fields: &[String]) -> Option<Profile> {
        let held = world.persons.get(id)?;
        let fields = fields
            .iter()
            .filter_map(|name| Some(Field { name: name.clone(), value: held.get(name)?.clone() }))
            .collect();
        Some(Profile { id: id.into(), fields })
    }

    pub(crate) fn person(id: &str, fields: &[String]) -> Result<Option<Profile>> {
        with(|world| {
            check(world, fields)?;
            Ok(profile(world, id, fields))
        })
    }

    pub(crate) fn members(group: &str, fields: &[String]) -> Result<Vec<Profile>> {
        with(|world| {
            check(world, fields)?;
            let members = world.groups.iter().filter(|(id, ..)| id == group).flat_map(|(.., members)| members);
            Ok(members.filter_map(|id| profile(world, id, fields)).collect())
        })
    }

    pub(crate) fn groups(kind: &str) -> Result<Vec<Group>> {
        with(|world| {
            world.check("directory")?;
            let groups = world.groups.iter().filter(|(_, of, ..)| of == kind);
            Ok(groups
                .map(|(id, kind, name, _)| Group { id: id.clone(), kind: kind.clone(), name: name.clone() })
                .collect())
        })
    }
}

pub(crate) mod events {
    use super::*;

    pub(crate) fn emit(topic: &str, payload: &[u8]) -> Result<()> {
        with(|world| {
            world.check_write("events")?;
            if world.manifest.as_ref().is_some_and(|manifest| !manifest.topics.iter().any(|t| t == topic)) {
                return Err(undeclared("topic", topic));
            }
            world.events.push(Emitted { topic: topic.into(), payload: payload.into() });
            Ok(())
        })
    }
}

pub(crate) mod jobs {
    use super::*;
    use crate::jobs::JobStatus;

    pub(crate) fn start(job: &str, arguments: &[u8]) -> Result<String> {
        with(|world| {
            world.check_write("jobs")?;
            if world.manifest.as_ref().is_some_and(|manifest| !manifest.job.iter().any(|j| j.name == job)) {
                return Err(undeclared("job", job));
            }
            world.minted += 1;
            let id = format!("job-{}", world.minted);
            let status = JobStatus {
                id: id.clone(),
                job: job.into(),
                state: "waiting".into(),
                done: 0,
                total: 0,
                message: String::new(),
                outcome: Vec::new(),
            };
            world.jobs.push((status, arguments.into()));
            Ok(id)
        })
    }

    pub(crate) fn status(id: &str) -> Result<Option<JobStatus>> {
        with(|world| {
            world.check("jobs")?;
            Ok(world.jobs.iter().find(|(status, _)| status.id == id).map(|(status, _)| status.clone()))
        })
    }

    pub(crate) fn recent(job: &str, limit: u32) -> Result<Vec<JobStatus>> {
        with(|world| {
            world.check("jobs")?;
            let runs = world.jobs.iter().rev().filter(|(status, _)| status.job == job);
            Ok(runs.take(limit as usize).map(|(status, _)| status.clone()).collect())
        })
    }
}

pub(crate) mod settings {
    use super::*;

    pub(crate) fn get(name: &str) -> Result<Option<String>> {
        with(|world| {
            world.check("settings")?;
            Ok(world.settings.get(name).cloned())
        })
    }

    pub(crate) fn set(name: &str, value: &str) -> Result<()> {
        with(|world| {
            world.check_write("settings")?;
            world.settings.insert(name.into(), value.into());
            Ok(())
        })
    }
}

pub(crate) mod clock {
    use super::*;
    use crate::clock::Instant;

    pub(crate) fn now() -> Instant {
        Instant { unix_ms: with(|world| world.unix_ms), quality: "ntp".into() }
    }

    /// The civil date in Việt Nam.
    pub(crate) fn today() -> String {
        let (year, month, day) = crate::clock::civil(now().unix_ms);
        format!("{year:04}-{month:02}-{day:02}")
    }
}

pub(crate) mod random {
    use super::*;

    /// The same bytes in every run, so that a failing test fails again (SplitMix64).
    pub(crate) fn bytes(count: u32) -> Vec<u8> {
        with(|world| {
            (0..count)
                .map(|_| {
                    world.drawn += 1;
                    let mut mixed = world.drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                    (mixed >> 56) as u8
                })
                .collect()
        })
    }
}

pub(crate) mod log {
    use super::*;

    pub(crate) fn write(level: &str, message: &str) {
        with(|world| world.log.push((level.into(), message.into())));
    }
}

pub(crate) mod extract {
    use super::*;
    use crate::bindings::tram::plugin::extract::{Derived, Findings};

    pub(crate) fn begin(blob: &str) -> Result<()> {
        with(|world| {
            world.check("extract")?;
            if world.extract.is_none() {
                return Err(Error::new("no-extractor", "no extractor knows this file"));
            }
            world.begun = Some(blob.to_owned());
            Ok(())
        })
    }

    pub(crate) fn outcome() -> Result<Option<Findings>> {
        let (begun, extract) = with(|world| {
            world.check("extract")?;
            Ok::<_, Error>((world.begun.take(), world.extract.clone()))
        })?;
        let (Some(blob), Some(extract)) = (begun, extract) else { return Ok(None) };
        let name = super::blobs::stat(&blob)?.map(|info| info.name).unwrap_or_default();
        let document = serde_json::to_vec(&extract(&name)?)?;
        let made = with(|world| world.derive.clone()).map(|derive| derive(&name)).unwrap_or_default();
        let derived = made.into_iter().map(|(name, media_type, bytes)| {
            let blob = with(|world| world.add_blob(&name, &media_type, &bytes));
            Derived { name, media_type, blob }
        });
        Ok(Some(Findings { document, derived: derived.collect() }))
    }
}

pub(crate) mod sign {
    use super::super::OWN_KEY;
    use super::*;
    use crate::bindings::tram::plugin::sign::{Seal, Signer, Station};

    /// A seal that everybody can make: it tells changed bytes from unchanged ones.
    fn signature(digest: &[u8]) -> Vec<u8> {
        [digest, digest].concat()
    }

    pub(crate) fn this_station() -> Result<Station> {
        with(|world| {
            world.check("sign")?;
            Ok(Station { id: "0".repeat(32), name: "Trường thử".into(), epoch: 1 })
        })
    }

    pub(crate) fn begin(digest: &[u8]) -> Result<()> {
        with(|world| {
            world.check_write("sign")?;
            world.to_sign = Some(digest.to_vec());
            Ok(())
        })
    }

    pub(crate) fn outcome() -> Result<Option<Seal>> {
        let digest = with(|world| world.check("sign").map(|()| world.to_sign.take()))?;
        Ok(digest.map(|digest| Seal { key: OWN_KEY.to_vec(), signature: signature(&digest) }))
    }

    pub(crate) fn verify(digest: &[u8], key: &[u8], seal: &[u8]) -> Result<Signer> {
        if seal != signature(digest) {
            with(|world| world.check("sign"))?;
            return Err(Error::new("bad-signature", "the signature does not fit"));
        }
        if key == OWN_KEY {
            let own = this_station()?;
            return Ok(Signer { station: own.id, name: own.name, is_this: true });
        }
        let partner = with(|world| world.check("sign").map(|()| world.partners.get(key).cloned()))?;
        let (station, name) = partner.ok_or_else(|| Error::new("unknown-key", "no partner's key"))?;
        Ok(Signer { station, name, is_this: false })
    }
}

pub(crate) mod print {
    use super::super::world::Asked;
    use super::*;
    use crate::bindings::tram::plugin::print::Printed;

    pub(crate) fn begin(template: &str, data: &[u8], name: &str) -> Result<()> {
        with(|world| {
            world.check("print")?;
            let is_declared = world
                .manifest
                .as_ref()
                .is_none_or(|manifest| manifest.template.iter().any(|declared| declared.id == template));
            if !is_declared {
                return Err(Error::not_found("the manifest has no such template"));
            }
            let data = serde_json::from_slice(data)?;
            world.printing = Some(Asked { template: template.into(), data, name: name.into() });
            Ok(())
        })
    }

    pub(crate) fn outcome() -> Result<Option<Printed>> {
        with(|world| {
            world.check("print")?;
            let Some(asked) = world.printing.take() else { return Ok(None) };
            let bytes = asked.data.to_string().into_bytes();
            let blob = world.add_blob(&asked.name, "application/pdf", &bytes);
            world.printed.push(asked);
            Ok(Some(Printed { blob, size: bytes.len() as u64, pages: 1, warnings: Vec::new() }))
        })
    }
}

pub(crate) mod brokered {
    use super::*;

    pub(crate) fn query(plugin: &str, name: &str, arguments: &[u8]) -> Result<Vec<u8>> {
        let query = format!("{plugin}/{name}");
        let answer = with(|world| {
            world.check("brokered")?;
            let Some(manifest) = &world.manifest else { return Ok(world.queries.get(&query).cloned()) };
            let granted = manifest.capability.iter().any(|c| c.name == "brokered" && c.queries.contains(&query));
            if granted { Ok(world.queries.get(&query).cloned()) } else { Err(denied(&query)) }
        })?;
        answer.ok_or_else(|| Error::not_found(query))?(arguments)
    }
}
