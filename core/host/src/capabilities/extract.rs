//! `extract`: having a file looked into between two steps of a job.

use crate::bindings::extract::{Derived, Findings, Host};
use crate::capabilities::file;
use crate::errands;
use crate::extract::{self, Request};
use crate::state::{Failure, State};

impl Host for State {
    fn begin(&mut self, blob: String) -> Result<(), Failure> {
        self.gate("extract")?;
        let job = self.job.clone().ok_or_else(only_in_jobs)?;
        let row = file(self.reader()?, self.owner(), &blob)?
            .ok_or_else(|| Failure::answer("not-found", "Không có tệp này.", "There is no such file."))?;
        if extract::extractor(&self.core, &row.name, &row.media_type).is_none() {
            return Err(Failure::answer(
                "no-extractor",
                "Trạm chưa đọc được nội dung loại tệp này; tệp vẫn được giữ.",
                "The station cannot look into files of this kind; the file is kept all the same.",
            ));
        }
        let request = Request { plugin: self.owner().to_owned(), file: row, outcome: None };
        Ok(errands::enter(self.writer()?, &job, &request)?)
    }

    fn outcome(&mut self) -> Result<Option<Findings>, Failure> {
        self.gate("extract")?;
        let job = self.job.clone().ok_or_else(only_in_jobs)?;
        let Some(found) = errands::read::<Request>(self.reader()?, &job)?.and_then(|request| request.outcome) else {
            return Ok(None);
        };
        let found = found.map_err(|error| Failure::answer(&error.code, error.vi, error.en))?;
        let length = usize::try_from(found.size).unwrap_or(usize::MAX);
        self.count_bytes(length)?;
        let document = self.core.journal.blobs().range(&found.document.parse()?, 0, length)?;
        let derived =
            found.derived.into_iter().map(|(name, media_type, blob)| Derived { name, media_type, blob }).collect();
        Ok(Some(Findings { document, derived }))
    }
}

fn only_in_jobs() -> Failure {
    Failure::argument("extract works between the steps of a job, and nowhere else")
}
