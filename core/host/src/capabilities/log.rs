//! `log`: lines for the administrator, written once, after the call.

use log::Level;

use crate::bindings::log::Host;
use crate::capabilities::clock::end;
use crate::state::State;

/// Longest line, bytes.
const MAX_LINE: usize = 1024;

impl Host for State {
    fn write(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        self.count().map_err(end)?;
        let Some(left) = self.budget.log_lines.checked_sub(1) else { return Ok(()) };
        self.budget.log_lines = left;
        let level = match level.as_str() {
            "error" => Level::Error,
            "warn" => Level::Warn,
            "debug" => Level::Debug,
            _ => Level::Info,
        };
        let mut line: String = if left == 0 {
            "further lines of this call were dropped".to_owned()
        } else {
            // One line is one line, whatever the plugin writes into it.
            message.chars().take(MAX_LINE).map(|c| if c.is_control() { ' ' } else { c }).collect()
        };
        while line.len() > MAX_LINE {
            line.pop();
        }
        self.effects.log.push((level, line));
        Ok(())
    }
}
