//! `print`: having a document set between two steps of a job.

use crate::bindings::print::{Host, Printed};
use crate::errands;
use crate::print::{MAX_DATA, Request};
use crate::state::{Failure, State};

/// Longest name of a file, characters.
const MAX_NAME: usize = 120;

impl Host for State {
    fn begin(&mut self, template: String, data: Vec<u8>, name: String) -> Result<(), Failure> {
        self.gate("print")?;
        let job = self.job.clone().ok_or_else(only_in_jobs)?;
        if !self.plugin.manifest.template.iter().any(|declared| declared.id == template) {
            return Err(Failure::answer(
                "not-found",
                format!("Không có mẫu in “{template}”."),
                format!("There is no template “{template}” in the manifest."),
            ));
        }
        if data.len() > MAX_DATA {
            return Err(Failure::argument("the data of a document are at most 1 MiB"));
        }
        let data: serde_json::Value =
            serde_json::from_slice(&data).map_err(|error| Failure::argument(format!("data: {error}")))?;
        let name: String = name.chars().filter(|c| !c.is_control() && !"/\\\"".contains(*c)).take(MAX_NAME).collect();
        if name.trim().is_empty() {
            return Err(Failure::argument("a document has a file's name"));
        }
        let plugin = self.owner().to_owned();
        let request = Request { plugin, template, data: data.to_string(), name, outcome: None };
        Ok(errands::enter(self.writer()?, &job, &request)?)
    }

    fn outcome(&mut self) -> Result<Option<Printed>, Failure> {
        self.gate("print")?;
        let job = self.job.clone().ok_or_else(only_in_jobs)?;
        let Some(outcome) = errands::read::<Request>(self.reader()?, &job)?.and_then(|request| request.outcome) else {
            return Ok(None);
        };
        let done = outcome.map_err(|error| Failure::answer(&error.code, error.vi, error.en))?;
        Ok(Some(Printed { blob: done.blob, size: done.size, pages: done.pages, warnings: done.warnings }))
    }
}

fn only_in_jobs() -> Failure {
    Failure::argument("print works between the steps of a job, and nowhere else")
}
