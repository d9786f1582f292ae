//! `search`: the search service over the plugin's own documents.

use std::time::Duration;

use tram_contract::search::{FacetCount, SearchRequest};

use crate::bindings::search::{Host, TermCount};
use crate::state::{Failure, State};

/// How long a search waits for the reader's own last save.
const WAIT: Duration = Duration::from_millis(300);
/// Most completions or terms of one answer.
const MAX_TERMS: u32 = 200;

impl State {
    /// The plugin's index, caught up with the reader's own last save where that is
    /// a matter of moments; and whether it still lags.
    fn index(&mut self) -> Result<(std::sync::Arc<tram_search::Index>, bool), Failure> {
        let found = self.current_index()?;
        self.traces.index(&found.0);
        Ok(found)
    }

    fn current_index(&self) -> Result<(std::sync::Arc<tram_search::Index>, bool), Failure> {
        let indexed = self.core.indexes.of(self.owner()).ok_or_else(|| {
            Failure::answer(
                "not-ready",
                "Chỉ mục tìm kiếm đang được dựng. Hãy thử lại sau ít phút.",
                "The search index is being built. Try again in a few minutes.",
            )
        })?;
        let lagging = match self.after {
            Some(sequence) => !indexed.wait_for(sequence, WAIT.min(self.time_left())),
            None => false,
        };
        indexed.current().map(|index| (index, lagging)).ok_or_else(|| {
            Failure::answer(
                "not-ready",
                "Chỉ mục tìm kiếm đang được dựng. Hãy thử lại sau ít phút.",
                "The search index is being built. Try again in a few minutes.",
            )
        })
    }
}

fn failed(error: &tram_search::Error) -> Failure {
    Failure::answer("bad-request", format!("Không tìm được: {error}."), format!("The search failed: {error}."))
}

fn counts(terms: Vec<FacetCount>) -> Vec<TermCount> {
    terms.into_iter().map(|found| TermCount { term: found.value, count: found.count }).collect()
}

impl Host for State {
    fn search(&mut self, request: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.gate("search")?;
        let request: SearchRequest = serde_json::from_slice(&request)
            .map_err(|error| Failure::argument(format!("the search request does not read: {error}")))?;
        let (index, lagging) = self.index()?;
        let mut reply = index.search(&request, &self.principal.visibility()).map_err(|error| failed(&error))?;
        reply.lagging |= lagging;
        let reply = serde_json::to_vec(&reply).map_err(|error| Failure::argument(error.to_string()))?;
        self.count_bytes(reply.len())?;
        Ok(reply)
    }

    fn suggest(&mut self, field: String, prefix: String, limit: u32) -> Result<Vec<String>, Failure> {
        self.gate("search")?;
        let (index, _) = self.index()?;
        // Completions draw on public documents only, whoever asks.
        index
            .suggest(&prefix, &field, &["public".to_owned()], limit.min(MAX_TERMS) as usize)
            .map_err(|error| failed(&error))
    }

    fn terms(&mut self, field: String, start: String, limit: u32) -> Result<Vec<TermCount>, Failure> {
        self.gate("search")?;
        let (index, _) = self.index()?;
        let terms = index
            .terms(&field, &start, limit.min(MAX_TERMS) as usize, &self.principal.visibility())
            .map_err(|error| failed(&error))?;
        Ok(counts(terms))
    }

    fn terms_before(&mut self, field: String, start: String, limit: u32) -> Result<Vec<TermCount>, Failure> {
        self.gate("search")?;
        let (index, _) = self.index()?;
        let terms = index
            .terms_before(&field, &start, limit.min(MAX_TERMS) as usize, &self.principal.visibility())
            .map_err(|error| failed(&error))?;
        Ok(counts(terms))
    }
}
