//! `brokered`: another plugin's answer to a named query, by grant.

use crate::bindings::brokered::Host;
use crate::state::{Failure, State};

impl Host for State {
    fn query(&mut self, plugin: String, name: String, arguments: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.gate("brokered")?;
        let wanted = format!("{plugin}/{name}");
        if !self.plugin.grants.asks(&wanted) {
            return Err(Failure::not_granted(&wanted));
        }
        if plugin == self.owner() {
            return Err(Failure::argument("a plugin has no need to ask itself"));
        }
        let answer =
            crate::call::query(&self.core, &plugin, &name, arguments, &self.principal, self.depth + 1, self.deadline)
                .map_err(|error| match error {
                crate::CallError::Plugin { code, message } => {
                    Failure::answer(&code, message.get("vi").to_owned(), message.get("en").to_owned())
                }
                other => {
                    Failure::answer("unavailable", other.text().get("vi").to_owned(), other.text().get("en").to_owned())
                }
            })?;
        self.count_bytes(answer.len())?;
        Ok(answer)
    }
}
