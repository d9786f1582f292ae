//! What an administrator sees of the plugins' work: jobs, and events that nobody
//! could handle.

use tram_journal::{Context, Reader, ScanRange};
use tram_people::Principal;

use crate::delivery::{self, Parked};
use crate::host::Host;
use crate::jobs::{self, JobState, JobStatus};
use crate::lifecycle::allowed;
use crate::tables::{self, PARKED};
use crate::{CallError, Error};

/// An event that a plugin could not handle in several tries; later ones went on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    /// Plugin that should have handled it.
    pub plugin: String,
    /// Its place among that plugin's parked events, for [`Host::retry_event`].
    pub place: String,
    /// Entry of the journal that it came with.
    pub sequence: u64,
    /// `plugin/topic`.
    pub topic: String,
    /// Payload, JSON of the emitter's making: ids, never values.
    pub payload: Vec<u8>,
    /// Why the last try failed, for the administrator.
    pub reason: String,
}

/// Which jobs are listed; what is none lets every job through.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Of this plugin.
    pub plugin: Option<String>,
    /// In this state.
    pub state: Option<JobState>,
    /// Started by this person.
    pub by: Option<String>,
}

/// Most parked events and jobs of one list.
const MOST: usize = 500;

fn key(plugin: &str, place: &str) -> Option<Vec<u8>> {
    let (sequence, done) = place.split_once('-')?;
    let (sequence, done): (u64, u32) = (sequence.parse().ok()?, done.parse().ok()?);
    Some(tables::joined(plugin, &[sequence.to_be_bytes().as_slice(), &done.to_be_bytes()].concat()))
}

fn place(plugin: &str, key: &[u8]) -> Option<String> {
    let rest = key.get(plugin.len() + 1..)?;
    let (sequence, done) = rest.split_at_checked(8)?;
    Some(format!("{}-{}", u64::from_be_bytes(sequence.try_into().ok()?), u32::from_be_bytes(done.try_into().ok()?)))
}

impl Host {
    /// Jobs of all plugins that fit, newest first. Who may see which is for the caller
    /// to check, with the filter's `by`.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn jobs(&self, filter: &JobFilter, limit: usize) -> Result<Vec<JobStatus>, Error> {
        let fits = |record: &jobs::Record| {
            filter.plugin.as_ref().is_none_or(|plugin| *plugin == record.plugin)
                && filter.state.is_none_or(|state| state == record.state)
                && filter.by.as_ref().is_none_or(|by| record.starter() == Some(by))
        };
        let found = jobs::list(&self.core.journal.read()?, &fits, limit.min(MOST))?;
        Ok(found.iter().map(jobs::Record::status).collect())
    }

    /// The parked events of a plugin, oldest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn parked_events(&self, plugin: &str) -> Result<Vec<ParkedEvent>, Error> {
        let range = ScanRange::prefix(&tables::joined(plugin, b""), MOST);
        let page = self.core.journal.read()?.scan(tables::OWNER, PARKED, &range)?;
        page.rows
            .iter()
            .filter_map(|row| Some((place(plugin, &row.key)?, row)))
            .map(|(place, row)| {
                let parked: Parked = tables::decode("a parked event", &row.value)?;
                Ok(ParkedEvent {
                    plugin: plugin.to_owned(),
                    place,
                    sequence: parked.sequence,
                    topic: parked.topic,
                    payload: parked.payload,
                    reason: parked.reason,
                })
            })
            .collect()
    }

    /// Hands a parked event to its plugin once more. When it fails again it stays
    /// parked and the error says why.
    ///
    /// # Errors
    /// See [`CallError`]; [`CallError::Refused`] for whoever may not change plugins.
    pub fn retry_event(&self, plugin: &str, place: &str, principal: &Principal) -> Result<(), CallError> {
        if allowed(principal).is_err() {
            return Err(CallError::Refused { permission: "plugins.manage".into() });
        }
        let gone =
            || CallError::Plugin { code: "not-found".into(), message: Error::NoPlugin(plugin.to_owned()).text() };
        let entry = self.core.entry(plugin).ok_or_else(gone)?;
        // Somebody else may have taken care of it: then there is nothing to do.
        let Some(key) = key(plugin, place) else { return Ok(()) };
        let Some(row) = self.core.journal.read()?.get(tables::OWNER, PARKED, &key)? else { return Ok(()) };
        let parked = serde_json::from_slice(&row.value)
            .map_err(|error| CallError::Station { reason: format!("a parked event: {error}") })?;
        delivery::retry(&self.core, &entry, key, parked)
    }

    /// Gives up a parked event.
    ///
    /// # Errors
    /// The principal may not, or the journal cannot be written.
    pub fn drop_event(&self, plugin: &str, place: &str, principal: &Principal) -> Result<(), Error> {
        allowed(principal)?;
        let Some(key) = key(plugin, place) else { return Ok(()) };
        let mut context = Context::new(principal.actor(), tables::OWNER);
        context.time = tram_journal::clock::now();
        context.note = "a parked event was given up".into();
        let dropped = self.core.journal.run(context, |txn| txn.delete(tables::OWNER, PARKED, &key, None));
        dropped.map(|_| ()).map_err(|error| match error {
            tram_journal::RunError::Body(error) | tram_journal::RunError::Begin(error) => Error::Journal(error),
            tram_journal::RunError::Commit(error) => Error::Commit(error),
        })
    }
}
