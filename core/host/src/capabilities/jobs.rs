//! `jobs`: starting a job is a row of the same transaction; the worker finds it
//! after the commit.

use crate::bindings::jobs::{Host, JobStatus};
use crate::jobs::{self, Record};
use crate::state::{Failure, State};

/// Most jobs of one answer.
const MAX_RECENT: u32 = 100;

fn wire(record: Record) -> JobStatus {
    JobStatus {
        id: record.id,
        job: record.job,
        state: record.state.word().to_owned(),
        done: record.done,
        total: record.total,
        message: record.message,
        outcome: record.outcome,
    }
}

impl Host for State {
    fn start(&mut self, job: String, arguments: Vec<u8>) -> Result<String, Failure> {
        self.gate("jobs")?;
        let plugin = std::sync::Arc::clone(&self.plugin);
        let Some(declared) = plugin.manifest.job.iter().find(|declared| declared.name == job) else {
            return Err(Failure::argument(format!("the manifest declares no job {job}")));
        };
        if let Some(permission) = &declared.permission
            && !self.principal.holds(permission)
        {
            return Err(Failure::answer(
                "forbidden",
                "Bạn không có quyền chạy việc này.",
                format!("The permission {permission} is needed to run this."),
            ));
        }
        let principal = self.principal.clone();
        let time = self.fixed.time;
        let id = jobs::enqueue(self.writer()?, &plugin.manifest.id, &job, &arguments, &principal, time)?;
        self.effects.jobs = true;
        Ok(id)
    }

    fn status(&mut self, id: String) -> Result<Option<JobStatus>, Failure> {
        self.gate("jobs")?;
        self.traces.host_rows();
        let record = jobs::read(self.reader()?, &id)?;
        // Another plugin's job is no job of this one.
        Ok(record.filter(|record| record.plugin == self.owner()).map(wire))
    }

    fn recent(&mut self, job: String, limit: u32) -> Result<Vec<JobStatus>, Failure> {
        self.gate("jobs")?;
        self.traces.host_rows();
        let records = jobs::recent(self.reader()?, self.owner(), &job, limit.min(MAX_RECENT) as usize)?;
        Ok(records.into_iter().map(wire).collect())
    }
}
