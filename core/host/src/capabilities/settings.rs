//! `settings`: small named values of the plugin, kept by the host, so that the
//! administrator's page can show them and removing the plugin removes them.

use crate::bindings::settings::Host;
use crate::state::{Failure, State};
use crate::tables::{self, SETTINGS};

/// Longest name and value, bytes.
const MAX_NAME: usize = 128;
const MAX_VALUE: usize = 64 << 10;

impl Host for State {
    fn get(&mut self, name: String) -> Result<Option<String>, Failure> {
        self.gate("settings")?;
        self.traces.host_rows();
        let key = tables::joined(self.owner(), name.as_bytes());
        let row = self.reader()?.get(tables::OWNER, SETTINGS, &key)?;
        self.count_bytes(row.as_ref().map_or(0, |row| row.value.len()))?;
        Ok(row.map(|row| String::from_utf8_lossy(&row.value).into_owned()))
    }

    fn set(&mut self, name: String, value: String) -> Result<(), Failure> {
        self.gate("settings")?;
        if name.is_empty() || name.len() > MAX_NAME || value.len() > MAX_VALUE {
            return Err(Failure::argument("a setting has a name of 1 to 128 bytes and a value of at most 64 KiB"));
        }
        let key = tables::joined(self.owner(), name.as_bytes());
        Ok(self.writer()?.put(tables::OWNER, SETTINGS, &key, value.as_bytes(), 1, &[], None)?)
    }
}
