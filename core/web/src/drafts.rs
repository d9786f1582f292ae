//! Files between a preview and its confirmation: in memory, for their sender, a
//! quarter of an hour.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a file waits for its confirmation.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// Files that wait at once, of everybody together.
const MOST: usize = 6;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    /// A list of people.
    People,
    /// A plugin's package.
    Package,
}

/// Files by their sender and purpose, with the time since which they wait.
type Waiting = HashMap<(String, Purpose), (Instant, Arc<Vec<u8>>)>;

/// Files that wait.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    waiting: Mutex<Waiting>,
}

impl Drafts {
    /// Keeps a file for a person in place of the one before. The oldest gives way.
    pub(crate) fn keep(&self, person: &str, purpose: Purpose, bytes: Vec<u8>) -> Arc<Vec<u8>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (since, _)| since.elapsed() < LIFE);
        if waiting.len() >= MOST
            && let Some(oldest) = waiting.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| key.clone())
        {
            waiting.remove(&oldest);
        }
        let bytes = Arc::new(bytes);
        waiting.insert((person.to_owned(), purpose), (Instant::now(), Arc::clone(&bytes)));
        bytes
    }

    /// The file that waits for a person.
    pub(crate) fn get(&self, person: &str, purpose: Purpose) -> Option<Arc<Vec<u8>>> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, bytes) = waiting.get(&(person.to_owned(), purpose))?;
        (since.elapsed() < LIFE).then(|| Arc::clone(bytes))
    }

    /// Lets a file go.
    pub(crate) fn drop(&self, person: &str, purpose: Purpose) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&(person.to_owned(), purpose));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_gives_way() {
        let drafts = Drafts::default();
        for at in 0..=MOST {
            drafts.keep(&at.to_string(), Purpose::People, vec![1]);
        }
        assert!(drafts.get("0", Purpose::People).is_none());
        assert!(drafts.get("1", Purpose::People).is_some() && drafts.get("1", Purpose::Package).is_none());
        drafts.drop("1", Purpose::People);
        assert!(drafts.get("1", Purpose::People).is_none());
    }
}
