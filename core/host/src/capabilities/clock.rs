//! `clock`: the time of the call, the same however often the call is run.

use jiff::tz::TimeZone;
use tram_journal::TimeQuality;

use crate::bindings::clock::{Host, Instant};
use crate::state::State;

/// Where schools are: dates of law are civil dates there.
pub(crate) const ZONE: &str = "Asia/Ho_Chi_Minh";

impl Host for State {
    fn now(&mut self) -> wasmtime::Result<Instant> {
        self.count().map_err(end)?;
        let quality = match self.fixed.time.quality {
            TimeQuality::Ntp => "ntp",
            TimeQuality::Browser => "browser",
            TimeQuality::Unset => "unset",
        };
        Ok(Instant { unix_ms: self.fixed.time.unix_ms, quality: quality.to_owned() })
    }

    fn today(&mut self) -> wasmtime::Result<String> {
        self.count().map_err(end)?;
        let time = jiff::Timestamp::from_millisecond(self.fixed.time.unix_ms)?;
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        Ok(zone.to_datetime(time).date().to_string())
    }
}

/// A failure of a function whose answer has no error case ends the call.
pub(super) fn end(failure: crate::state::Failure) -> wasmtime::Error {
    match failure {
        crate::state::Failure::End(error) => wasmtime::Error::new(error),
        crate::state::Failure::Answer(error) => wasmtime::Error::msg(error.message),
    }
}
