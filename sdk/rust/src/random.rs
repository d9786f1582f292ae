//! Random bytes, the same again when the host has to repeat a call.

use std::hash::{BuildHasher, DefaultHasher, Hasher};

use crate::backend;

/// So many random bytes, fit for secrets.
pub fn bytes(count: usize) -> Vec<u8> {
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        let piece = (count - all.len()).min(65_536) as u32;
        all.extend(backend::random::bytes(piece));
    }
    all
}

/// A hash map whose order and collisions nobody can foresee. In a component the
/// standard library's own seed is the same for everyone, so a stranger could fill
/// a map with keys that all collide.
pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// A hash set like [`HashMap`].
pub type HashSet<T> = std::collections::HashSet<T, RandomState>;

/// Seeds a [`HashMap`] from the host's random source.
#[derive(Debug, Clone)]
pub struct RandomState([u8; 16]);

impl Default for RandomState {
    fn default() -> Self {
        Self(bytes(16).try_into().unwrap_or_default())
    }
}

impl BuildHasher for RandomState {
    type Hasher = DefaultHasher;

    /// The seed is hashed first: the hasher's state is secret from then on.
    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.0);
        hasher
    }
}
