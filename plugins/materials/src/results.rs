//! What readers came to with a file: where they stopped in a film, what a package kept,
//! their score. One row a reader and file.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tram_sdk::store::{self, Table};
use tram_sdk::{Error, Result, clock};

use crate::messages as m;

/// Largest state that is kept, bytes: what SCORM 2004 allows for suspend data, twice.
pub const MAX_STATE: usize = 128 << 10;

/// What somebody came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// What the player wants back.
    pub state: String,
    /// First and last time, milliseconds since 1970.
    pub first_ms: i64,
    /// Last time.
    pub last_ms: i64,
    /// `completed`, `passed`, `failed` or `incomplete`; empty where the player does not say.
    pub status: String,
    /// Score in hundredths of a hundred, where the package gives one.
    pub score: Option<i64>,
}

/// What the station's players say besides what they want back: the same of all of them
/// (docs/formats/learning-package.md, "Messages of frames").
#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(default)]
    result: Option<Outcome>,
}

/// What a run has come to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outcome {
    completed: bool,
    /// None where there is nothing to pass.
    passed: Option<bool>,
    /// 0 to 1.
    score: Option<f64>,
}

/// The runs: item, file, then the person's id.
pub const RUNS: Table<Run> = Table::new("runs");

/// Where the runs of a file lie.
#[must_use]
pub fn prefix(item: &[u8], file: u32) -> Vec<u8> {
    [item, &file.to_be_bytes()].concat()
}

fn key(item: &[u8], file: u32, person: &str) -> Vec<u8> {
    [prefix(item, file).as_slice(), person.as_bytes()].concat()
}

/// What the player wants back; empty when nothing was kept.
///
/// # Errors
/// As the store.
pub fn state(person: &str, item: &str, file: u32) -> Result<String> {
    let Some(item) = store::from_hex(item) else { return Ok(String::new()) };
    Ok(RUNS.get(key(&item, file, person))?.map(|run| run.value.state).unwrap_or_default())
}

/// Keeps what a reader came to.
///
/// # Errors
/// `bad-request` when the state is no JSON or too long; as the store.
pub fn keep(person: &str, item: &[u8], file: u32, state: &str) -> Result<()> {
    if state.len() > MAX_STATE {
        return Err(Error::new(tram_sdk::code::TOO_BIG, m::STATE_TOO_LONG.text()));
    }
    let told: Told = match serde_json::from_str::<Value>(state) {
        // A package's own page may keep anything; what is no result of ours is none.
        Ok(value) => serde_json::from_value(value).unwrap_or_default(),
        Err(_) => return Err(Error::invalid(m::STATE_NO_JSON.text())),
    };
    let key = key(item, file, person);
    let now = clock::now().unix_ms;
    let mut run = RUNS.get(&key)?.map(|run| run.value).unwrap_or(Run { first_ms: now, ..Run::default() });
    run.last_ms = now;
    run.state = state.to_owned();
    if let Some(result) = told.result {
        match (result.passed, result.completed) {
            (Some(true), _) => run.status = "passed".to_owned(),
            (Some(false), _) => run.status = "failed".to_owned(),
            // What was passed or failed is completed too, and says more.
            (None, true) if matches!(run.status.as_str(), "passed" | "failed") => {}
            (None, true) => run.status = "completed".to_owned(),
            // Who leafs back in a book that was read to its end, has read it all the same.
            (None, false) if matches!(run.status.as_str(), "passed" | "failed" | "completed") => {}
            (None, false) => run.status = "incomplete".to_owned(),
        }
        if let Some(score) = result.score {
            // Hundredths of a hundred; a package may say any number.
            run.score = Some((score.clamp(0.0, 1.0) * 10_000.0).round() as i64);
        }
    }
    RUNS.put(&key, &run)
}

/// A score as it is shown.
#[must_use]
pub fn score_text(score: i64, language: &str) -> String {
    let text = format!("{}.{:02}", score / 100, score.rem_euclid(100));
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if language == "en" { text.to_owned() } else { text.replace('.', ",") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use tram_sdk::mock;

    /// States as `core/web/assets/players` and `viewer.js` send them.
    #[test]
    fn results_are_read_as_each_player_sends_them() {
        mock::reset();
        let item = [1; 16];
        let kept = |file: u32, state: &str| {
            keep("hs", &item, file, state).unwrap();
            let run = RUNS.get(key(&item, file, "hs")).unwrap().unwrap().value;
            assert_eq!(run.state, state, "the player gets back what it sent");
            (run.status, run.score)
        };
        let is = |status: &str, score: Option<i64>| (status.to_owned(), score);
        // scorm.js: one part of two done, then both.
        let scorm = |result: &str| {
            format!(
                r#"{{"format":"scorm","part":"b","parts":{{"a":{{"cmi.core.lesson_status":"passed","cmi.core.score.raw":"20","cmi.core.score.max":"40"}},"b":{{"cmi.core.lesson_status":"incomplete"}}}},"result":{result}}}"#
            )
        };
        assert_eq!(kept(1, &scorm(r#"{"completed":false,"passed":true,"score":0.5}"#)), is("passed", Some(5000)));
        assert_eq!(kept(1, &scorm(r#"{"completed":true,"passed":false,"score":0.3333}"#)), is("failed", Some(3333)));
        // h5p.js: before anything was answered, and after.
        assert_eq!(kept(2, r#"{"format":"h5p","result":{"completed":false,"score":null}}"#), is("incomplete", None));
        assert_eq!(
            kept(
                2,
                r#"{"format":"h5p","result":{"completed":true,"passed":null,"score":0.8,"raw":4,"max":5},"data":"{\"answers\":[1]}"}"#
            ),
            is("completed", Some(8000))
        );
        // viewer.js of a film, book.js: who begins anew has seen it all the same.
        let film = |done: bool| {
            format!(
                r#"{{"format":"video","place":0,"heard":61,"length":61,"result":{{"completed":{done},"passed":null,"score":null}}}}"#
            )
        };
        assert_eq!(kept(3, &film(true)), is("completed", None));
        assert_eq!(kept(3, &film(false)), is("completed", None));
        let book =
            r#"{"format":"epub","chapter":1,"chapters":9,"result":{"completed":false,"passed":null,"score":null}}"#;
        assert_eq!(kept(4, book), is("incomplete", None));
        // A package of web pages keeps what it likes.
        for own in [r#"{"level":3}"#, r#"{"result":"won"}"#, "[1]", r#"{"cmi":{"core":{"score":{"raw":"8"}}}}"#] {
            assert_eq!(kept(5, own), is("", None), "{own}");
        }
        assert_eq!(kept(5, r#"{"result":{"completed":true,"score":17}}"#), is("completed", Some(10_000)));
        assert!(keep("hs", &item, 1, "không phải").is_err());
        assert_eq!(score_text(4550, "vi"), "45,5");
        assert_eq!(score_text(8000, "en"), "80");
    }
}
