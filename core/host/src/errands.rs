//! Errands: what a job asks for between two of its steps. Each kind has rows of its own
//! and a thread that sees to them, and all have one life: entered in a step's transaction,
//! given an outcome, had by the next step, or let go where nobody will have it any more.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tram_journal::{BlobId, Context, Id, Reader, RunError, ScanRange, Txn};

use crate::inner::Core;
use crate::{Error, jobs, tables};

/// A kind of errand; a value is the request of one job.
pub(crate) trait Errand: Serialize + DeserializeOwned {
    /// Collection of its rows.
    const ROWS: &'static str;
    /// Rows that are looked at in one go.
    const PAGE: usize;
    /// What it is called in the log.
    const NAME: &'static str;

    /// Plugin that asked.
    fn plugin(&self) -> &str;
    /// Whether it is still to be seen to.
    fn is_open(&self) -> bool;
    /// Sees to it and keeps what came of it (see [`keep`]).
    fn see_to(&self, core: &Arc<Core>, job: &str) -> Result<(), Error>;
    /// Gives back what only the outcome held, once the next step has had it.
    fn had(&self, txn: &mut Txn) -> Result<(), tram_journal::Error>;
    /// Gives back all that the outcome brought, where nobody will have it.
    fn let_go(&self, txn: &mut Txn) -> Result<(), tram_journal::Error>;
}

fn key(job: &str) -> Result<[u8; 16], tram_journal::Error> {
    Ok(job.parse::<Id>()?.to_bytes())
}

fn remove<E: Errand>(txn: &mut Txn, job: &str) -> Result<(), tram_journal::Error> {
    txn.delete(tables::OWNER, E::ROWS, &key(job)?, None)
}

/// Enters a request of a job's in its transaction.
pub(crate) fn enter<E: Errand>(txn: &mut Txn, job: &str, request: &E) -> Result<(), tram_journal::Error> {
    txn.put(tables::OWNER, E::ROWS, &key(job)?, &tables::encode(request), 1, &[], None)
}

/// The request of a job.
pub(crate) fn read<E: Errand>(reader: &dyn Reader, job: &str) -> Result<Option<E>, tram_journal::Error> {
    let row = reader.get(tables::OWNER, E::ROWS, &key(job)?)?;
    Ok(row.and_then(|row| serde_json::from_slice(&row.value).ok()))
}

/// Whether the job waits for it.
pub(crate) fn is_open<E: Errand>(reader: &dyn Reader, job: &str) -> Result<bool, tram_journal::Error> {
    Ok(read::<E>(reader, job)?.is_some_and(|request| request.is_open()))
}

/// Forgets what a step has had, in the step's own transaction; a request that the step
/// entered anew stays.
pub(crate) fn taken<E: Errand>(txn: &mut Txn, job: &str) -> Result<(), tram_journal::Error> {
    let Some(request) = read::<E>(txn, job)?.filter(|request| !request.is_open()) else { return Ok(()) };
    request.had(txn)?;
    remove::<E>(txn, job)
}

/// The thread of a kind.
pub(crate) fn work<E: Errand>(core: &Arc<Core>) {
    crate::vendors::give_way();
    let mut seen = 0;
    while !core.is_stopping() {
        let mut moved = false;
        match waiting::<E>(core) {
            Ok(requests) => {
                for (job, request) in requests {
                    if core.is_stopping() {
                        return;
                    }
                    match request.see_to(core, &job) {
                        Ok(()) => moved = true,
                        Err(error) => log::error!("{}: {} could not be kept: {error}", request.plugin(), E::NAME),
                    }
                }
            }
            Err(error) => log::error!("{}: what waits cannot be listed: {error}", E::NAME),
        }
        if !moved {
            seen = core.progress.wait(seen, Duration::from_secs(1));
        }
    }
}

/// The next ones. On the way, what nobody will have any more is let go: the outcome of a
/// job that failed over it, or that was stopped.
fn waiting<E: Errand>(core: &Core) -> Result<Vec<(String, E)>, Error> {
    let snapshot = core.journal.read()?;
    let mut range = ScanRange::all(E::PAGE);
    loop {
        let page = snapshot.scan(tables::OWNER, E::ROWS, &range)?;
        let mut open = Vec::new();
        for row in &page.rows {
            let Ok(key) = row.key.as_slice().try_into() else { continue };
            let job = Id::from_bytes(key).to_string();
            let Ok(request) = serde_json::from_slice::<E>(&row.value) else { continue };
            if request.is_open() {
                open.push((job, request));
            } else if jobs::read(&snapshot, &job)?.is_none_or(|record| record.state.is_over()) {
                forget(core, &job, &request)?;
            }
        }
        match page.rows.last() {
            Some(last) if open.is_empty() && page.rows.len() == E::PAGE => {
                range = ScanRange::after(&last.key, E::PAGE);
            }
            _ => return Ok(open),
        }
    }
}

fn forget<E: Errand>(core: &Core, job: &str, request: &E) -> Result<(), Error> {
    let mut context = Context::new("system", request.plugin());
    context.time = tram_journal::clock::now();
    let written = core.journal.run(context, |txn| {
        let Some(request) = read::<E>(txn, job)? else { return Ok(()) };
        request.let_go(txn)?;
        remove::<E>(txn, job)
    });
    settled(written.map(|(value, _)| value))
}

/// Whether nobody waits for what a job asked for any more.
pub(crate) fn is_over(core: &Core, job: &str) -> Result<bool, Error> {
    Ok(jobs::read(&core.journal.read()?, job)?.is_none_or(|record| record.state.is_over()))
}

/// Keeps what came of a request, by putting it in, in the plugin's name: what was made is
/// its own, and counted as such.
pub(crate) fn keep<E: Errand>(
    core: &Core,
    job: &str,
    plugin: &str,
    put_in: impl Fn(&mut Txn, &mut E) -> Result<(), tram_journal::Error>,
) -> Result<(), RunError<tram_journal::Error>> {
    let mut context = Context::new("system", plugin);
    context.time = tram_journal::clock::now();
    let written = core.journal.run(context, |txn| {
        // Stopped meanwhile, or asked for something else: nobody waits for this.
        let open = jobs::read(txn, job)?.is_some_and(|record| !record.state.is_over());
        let Some(mut now) = read::<E>(txn, job)?.filter(Errand::is_open) else { return Ok(()) };
        if !open {
            return remove::<E>(txn, job);
        }
        put_in(txn, &mut now)?;
        enter(txn, job, &now)
    });
    written.map(|_| ())
}

/// What a transaction came to.
pub(crate) fn settled<T>(written: Result<T, RunError<tram_journal::Error>>) -> Result<T, Error> {
    written.map_err(|error| match error {
        RunError::Body(error) | RunError::Begin(error) => Error::Journal(error),
        RunError::Commit(error) => Error::Commit(error),
    })
}

/// Bytes as a blob that nothing holds yet.
pub(crate) fn blob(core: &Core, bytes: &[u8]) -> Result<BlobId, Error> {
    let mut writer = core.journal.blobs().writer()?;
    std::io::Write::write_all(&mut writer, bytes)?;
    Ok(writer.finish()?.id)
}
