//! A station in memory, for unit tests of a plugin with plain `cargo test`.
//!
//! Each thread has a station of its own, so tests do not see each other's data.
//! [`call`] runs a request as the host does: in one transaction that is undone
//! when the plugin answers an error, read-only for GET. Outside of it every single
//! write is its own transaction.
//!
//! ```
//! use tram_sdk::mock;
//! use tram_sdk::prelude::*;
//!
//! const NOTES: Table<String> = Table::new("notes");
//!
//! struct Pinboard;
//! impl Pages for Pinboard {
//!     fn page(request: Request) -> Result<Response> {
//!         if let Some(text) = request.filled("text") {
//!             NOTES.insert(&text.to_owned())?;
//!         }
//!         Ok(Response::redirect("."))
//!     }
//! }
//!
//! mock::reset();
//! let reply = mock::call(Pinboard::page, mock::post("add", "/").form("text", "Họp lớp")).unwrap();
//! assert_eq!(reply.status, 303);
//! assert_eq!(NOTES.count().unwrap(), 1);
//! ```
//!
//! What the station does and the mock does not: limits of time, memory and reply;
//! conflicts with other requests; full-text search (see [`on_search`]).

pub(crate) mod backend;
mod request;
mod world;

use std::rc::Rc;

use tram_contract::manifest::Manifest;
use tram_contract::search::{SearchReply, SearchRequest};

use crate::jobs::JobStatus;
use crate::{Error, Indexer, Job, Next, Principal, Request, Response, Result};

pub use request::{RequestBuilder, get, person, post, public};
pub use world::Asked;
use world::{World, with};

/// An event that was emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// Topic.
    pub topic: String,
    /// Payload as JSON.
    pub payload: Vec<u8>,
}

/// Empties this thread's station.
pub fn reset() {
    with(|world| *world = World::default());
}

/// Holds the plugin to its `plugin.toml` from now on, as the host does: what is
/// not declared is refused. Without it everything is allowed and no index unique.
///
/// # Errors
/// What is wrong with the manifest and where.
pub fn install(manifest: &str) -> Result<(), String> {
    let manifest = Manifest::parse(manifest)?;
    if let Some(problem) = manifest.problems().first() {
        return Err(format!("{}: {}", problem.place, problem.reason));
    }
    with(|world| world.manifest = Some(Rc::new(manifest)));
    Ok(())
}

/// Runs a handler as the host does, in one transaction: read-only for GET and
/// HEAD, undone when it answers an error.
///
/// # Errors
/// What the handler answers.
pub fn call(handler: impl FnOnce(Request) -> Result<Response>, request: impl Into<Request>) -> Result<Response> {
    let request = request.into();
    let read_only = matches!(request.method.as_str(), "GET" | "HEAD");
    transaction(read_only, || handler(request))
}

/// Runs code in one transaction, undone when it answers an error.
///
/// # Errors
/// What the code answers.
pub fn transaction<T>(read_only: bool, code: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = with(|world| world.begin(read_only));
    let outcome = code();
    with(|world| match &outcome {
        Ok(_) => world.commit(),
        Err(_) => world.roll_back(before),
    });
    outcome
}

/// Runs a job step by step until it is done; answers how it ended.
///
/// # Errors
/// What the step that failed answered. The steps before it stay.
pub fn run_job<P: Job>(job: &str, arguments: &[u8], by: &Principal) -> Result<JobStatus> {
    let mut state = arguments.to_vec();
    let mut first = true;
    loop {
        let step = transaction(false, || P::run(job, &state, first, by))?;
        first = false;
        match step.next {
            Next::Continue(next) => state = next,
            Next::Done(outcome) => {
                return Ok(JobStatus {
                    id: "mock".into(),
                    job: job.into(),
                    state: "done".into(),
                    done: step.progress.done,
                    total: step.progress.total,
                    message: step.progress.message,
                    outcome,
                });
            }
        }
    }
}

/// Runs the jobs that were started and not run yet, oldest first, and keeps how
/// each ended for [`jobs::status`](crate::jobs::status).
///
/// # Errors
/// What a step that failed answered; its job is kept as failed.
pub fn run_started_jobs<P: Job>(by: &Principal) -> Result<()> {
    while let Some((id, job, arguments)) = with(World::take_job) {
        let outcome = run_job::<P>(&job, &arguments, by);
        with(|world| world.end_job(&id, &outcome));
        outcome?;
    }
    Ok(())
}

/// What the search service answers. Without it a search finds nothing.
pub fn on_search(answer: impl Fn(&SearchRequest) -> SearchReply + 'static) {
    with(|world| world.search = Some(Rc::new(answer)));
}

/// The documents that the plugin's indexer makes of all rows of a collection, with
/// their keys: for tests of what can be found.
pub fn documents<P: Indexer>(collection: &str) -> Vec<(Vec<u8>, tram_contract::search::Document)> {
    with(|world| world.rows(collection))
        .into_iter()
        .filter_map(|row| Some((row.key.clone(), P::index(collection, &row)?)))
        .collect()
}

/// Adds a person to the directory.
pub fn add_person(id: &str, fields: &[(&str, &str)]) {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    with(|world| world.persons.insert(id.into(), fields));
}

/// Adds a group with its members to the directory.
pub fn add_group(id: &str, kind: &str, name: &str, members: &[&str]) {
    let members = members.iter().map(|member| (*member).to_owned()).collect();
    with(|world| world.groups.push((id.into(), kind.into(), name.into(), members)));
}

/// Puts a file into the blob store, as an upload does, and answers its id.
pub fn add_blob(name: &str, media_type: &str, bytes: &[u8]) -> String {
    with(|world| world.add_blob(name, media_type, bytes))
}

/// Sets the clock: milliseconds since 1970 in UTC.
pub fn set_time(unix_ms: i64) {
    with(|world| world.unix_ms = unix_ms);
}

/// What was emitted so far by calls that committed.
pub fn events() -> Vec<Emitted> {
    with(|world| world.events.clone())
}

/// What was logged so far: level and line.
pub fn logged() -> Vec<(String, String)> {
    with(|world| world.log.clone())
}

/// What an extractor finds in a file, given its name. Without it there is no
/// extractor.
pub fn on_extract(answer: impl Fn(&str) -> Result<tram_contract::extract::Extract> + 'static) {
    with(|world| world.extract = Some(Rc::new(answer)));
}

/// Files that an extractor makes of a file, given its name: name, media type, bytes.
/// Without it there are none.
pub fn on_derive(answer: impl Fn(&str) -> Vec<(String, String, Vec<u8>)> + 'static) {
    with(|world| world.derive = Some(Rc::new(answer)));
}

/// The key of the station in memory. Its seals prove nothing: they are the hash twice.
pub const OWN_KEY: [u8; 32] = [1; 32];

/// Lets the station know a partner's key.
pub fn trust(key: &[u8; 32], station: &str, name: &str) {
    with(|world| world.partners.insert(key.to_vec(), (station.into(), name.into())));
}

/// The documents that were asked for so far, oldest first. Each is among the blobs,
/// as a file that holds its data and no pages.
pub fn printed() -> Vec<Asked> {
    with(|world| world.printed.clone())
}

/// What another plugin answers to a query: its name is `plugin/query`.
pub fn on_query(query: &str, answer: impl Fn(&[u8]) -> Result<Vec<u8>> + 'static) {
    with(|world| world.queries.insert(query.into(), Rc::new(answer)));
}

fn denied(what: &str) -> Error {
    Error::new(crate::code::NOT_GRANTED, format!("{what}: the manifest does not ask for it"))
}
