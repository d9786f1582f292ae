//! How many connections and calls there may be at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Connections at once, when the system lets us have as many files open; each takes
/// about 32 KiB.
pub const CONNECTIONS: usize = 1_500;
/// Files kept for the journal, the index and blobs.
const OTHER_FILES: u64 = 256;
/// Calls that work at once; the blocking pool's share of this server.
const CALLS: usize = 24;
/// Of these, calls of those who are not signed in.
const PUBLIC_CALLS: usize = 16;
/// How long a call waits for its turn.
const WAIT: Duration = Duration::from_secs(5);

/// The counts of a server.
#[derive(Debug)]
pub(crate) struct Limits {
    connections: Arc<Semaphore>,
    /// One address may hold half of all: a whole campus can stand behind one router.
    share: usize,
    addresses: Arc<Mutex<HashMap<IpAddr, usize>>>,
    calls: Arc<Semaphore>,
    public: Arc<Semaphore>,
}

/// A connection's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    address: IpAddr,
    addresses: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _permit: OwnedSemaphorePermit,
}

/// A call's turn; given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _call: OwnedSemaphorePermit,
    _public: Option<OwnedSemaphorePermit>,
}

impl Limits {
    /// The limits of this process: as many connections as files may be open.
    pub(crate) fn of_system() -> Self {
        Self::new(
            usize::try_from(open_files().saturating_sub(OTHER_FILES)).unwrap_or(CONNECTIONS).clamp(64, CONNECTIONS),
        )
    }

    pub(crate) fn new(connections: usize) -> Self {
        Self {
            connections: Arc::new(Semaphore::new(connections)),
            share: (connections / 2).max(1),
            addresses: Arc::default(),
            calls: Arc::new(Semaphore::new(CALLS)),
            public: Arc::new(Semaphore::new(PUBLIC_CALLS)),
        }
    }

    /// Waits for a free place for the next connection.
    pub(crate) async fn vacancy(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.connections).acquire_owned().await.ok()
    }

    /// Takes the place for an address; none when the address holds its share already.
    pub(crate) fn seat(&self, permit: OwnedSemaphorePermit, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let held = addresses.entry(address).or_default();
        if *held >= self.share {
            return None;
        }
        *held += 1;
        Some(Place { address, addresses: Arc::clone(&self.addresses), _permit: permit })
    }

    /// Waits for a call's turn; none when the station stays too busy.
    pub(crate) async fn turn(&self, public: bool) -> Option<Turn> {
        let waiting = async {
            // The public's own queue first: who waits there holds no turn of others.
            let public = match public {
                true => Some(Arc::clone(&self.public).acquire_owned().await.ok()?),
                false => None,
            };
            let call = Arc::clone(&self.calls).acquire_owned().await.ok()?;
            Some(Turn { _call: call, _public: public })
        };
        timeout(WAIT, waiting).await.ok().flatten()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = addresses.get_mut(&self.address) {
            *held -= 1;
            if *held == 0 {
                addresses.remove(&self.address);
            }
        }
    }
}

/// Raises the number of files that this process may open to what the system allows
/// at most, and answers it.
fn open_files() -> u64 {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1024 };
    let wanted = hard.min(16_384).max(soft);
    match setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
        Ok(()) => wanted,
        Err(_) => soft,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[tokio::test]
    async fn one_address_holds_half_at_most() {
        let limits = Limits::new(4);
        let (a, b) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let first = limits.seat(limits.vacancy().await.unwrap(), a).unwrap();
        let _second = limits.seat(limits.vacancy().await.unwrap(), a).unwrap();
        assert!(limits.seat(limits.vacancy().await.unwrap(), a).is_none());
        let _other = limits.seat(limits.vacancy().await.unwrap(), b).unwrap();
        drop(first);
        assert!(limits.seat(limits.vacancy().await.unwrap(), a).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_public_leaves_turns_for_those_who_are_signed_in() {
        let limits = Limits::new(4);
        let mut turns = Vec::new();
        for _ in 0..PUBLIC_CALLS {
            turns.push(limits.turn(true).await.unwrap());
        }
        assert!(limits.turn(true).await.is_none());
        assert!(limits.turn(false).await.is_some());
    }
}
