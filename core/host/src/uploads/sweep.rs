//! What nobody took goes: uploads whose time is over, and blobs that nobody holds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tram_journal::clock;

use crate::inner::Core;

/// How often uploads are looked through.
const UPLOADS: Duration = Duration::from_secs(60);
/// How often the blob store is.
const BLOBS: Duration = Duration::from_secs(6 * 3600);
/// When it is for the first time: not while the station starts.
const FIRST: Duration = Duration::from_secs(15 * 60);

/// The background thread.
pub(crate) fn work(core: &Arc<Core>) {
    let mut seen = 0;
    let mut next = Instant::now() + FIRST;
    while !core.is_stopping() {
        let swept = core.uploads.sweep();
        if swept > 0 {
            log::info!("{swept} uploads that nobody took were removed");
        }
        if Instant::now() >= next {
            next = Instant::now() + BLOBS;
            match core.journal.collect_blobs(clock::now()) {
                Ok(done) if done.binned + done.purged > 0 => {
                    log::info!("{} files that nobody holds went to the bin, {} left it", done.binned, done.purged);
                }
                Ok(_) => {}
                Err(error) => log::warn!("the files that nobody holds were not collected: {error}"),
            }
        }
        seen = core.sweeping.wait(seen, UPLOADS);
    }
}
