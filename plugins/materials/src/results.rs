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
    /// `completed`, `passed`, `failed`, `incomplete`…, as the package says.
    pub status: String,
    /// Score in hundredths, where the package gives one.
    pub score: Option<i64>,
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
    let value: Value = serde_json::from_str(state).map_err(|_| Error::invalid(m::STATE_NO_JSON.text()))?;
    let key = key(item, file, person);
    let now = clock::now().unix_ms;
    let mut run = RUNS.get(&key)?.map(|run| run.value).unwrap_or(Run { first_ms: now, ..Run::default() });
    run.last_ms = now;
    run.state = state.to_owned();
    let (mut status, mut score, mut most) = (None, None, None);
    walk(&value, "", &mut |path, value| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        if path.ends_with("core.lesson_status")
            || path.ends_with("cmi.success_status")
            || path.ends_with("cmi.completion_status")
        {
            // Passed or failed says more than completed.
            if !text.is_empty()
                && text != "unknown"
                && status.as_deref().is_none_or(|known| known == "completed" || known == "incomplete")
            {
                status = Some(text);
            }
        } else if path.ends_with("score.raw") {
            score = text.trim().parse::<f64>().ok();
        } else if path.ends_with("score.max") {
            most = text.trim().parse::<f64>().ok().filter(|most| *most > 0.0);
        }
    });
    if let Some(status) = status {
        run.status = status.chars().take(40).collect();
    }
    if let Some(score) = score {
        let hundred = score * 100.0 / most.unwrap_or(100.0);
        // Hundredths of a hundred; a package may write anything.
        run.score = (hundred.is_finite() && hundred.abs() < 1e9).then(|| (hundred * 100.0).round() as i64);
    }
    RUNS.put(&key, &run)
}

/// Visits the leaves of a document by their path, `cmi.core.score.raw`: packages keep it
/// nested or flat.
fn walk(value: &Value, path: &str, visit: &mut dyn FnMut(&str, &Value)) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| walk(value, &below(name), visit)),
        Value::Array(_) => {}
        leaf => visit(path, leaf),
    }
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

    #[test]
    fn scores_are_read_from_either_shape() {
        mock::reset();
        let item = [1; 16];
        let run = || RUNS.get(key(&item, 1, "hs")).unwrap().unwrap().value;
        keep("hs", &item, 1, r#"{"cmi":{"core":{"lesson_status":"passed","score":{"raw":"8","max":"10"}}}}"#).unwrap();
        assert_eq!((run().status.as_str(), run().score), ("passed", Some(8000)));
        keep(
            "hs",
            &item,
            1,
            r#"{"cmi.completion_status":"completed","cmi.success_status":"failed","cmi.score.raw":45.5}"#,
        )
        .unwrap();
        assert_eq!((run().status.as_str(), run().score), ("failed", Some(4550)));
        keep("hs", &item, 1, r#"{"time":12}"#).unwrap();
        assert_eq!((run().status.as_str(), run().score), ("failed", Some(4550)));
        assert!(keep("hs", &item, 1, "không phải").is_err());
        assert_eq!(score_text(4550, "vi"), "45,5");
        assert_eq!(score_text(8000, "en"), "80");
    }
}
