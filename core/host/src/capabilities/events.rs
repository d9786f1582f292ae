//! `events`: published with the commit, delivered after it.

use crate::bindings::events::Host;
use crate::state::{Failure, State};

/// Longest payload, bytes: ids and versions, not values.
const MAX_PAYLOAD: usize = 1024;

impl Host for State {
    fn emit(&mut self, topic: String, payload: Vec<u8>) -> Result<(), Failure> {
        self.gate("events")?;
        if !self.plugin.manifest.topics.contains(&topic) {
            return Err(Failure::argument(format!("the manifest declares no topic {topic}")));
        }
        if payload.len() > MAX_PAYLOAD {
            return Err(Failure::argument("an event carries at most 1,024 bytes: ids, not values"));
        }
        Ok(self.writer()?.emit(&topic, &payload)?)
    }
}
