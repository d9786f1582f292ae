//! Files that were made for somebody to fetch: packages and what was taken out. They are
//! copies of what the repository has, and go back to the disk when nobody wants them any
//! more.

use tram_sdk::store::Table;
use tram_sdk::{Result, clock};

use crate::files;

/// Days that a file waits to be fetched.
pub const DAYS: i64 = 14;

/// When each was made, milliseconds since 1970, by blob.
pub const SHELF: Table<i64> = Table::new("shelf");

/// Puts a file there.
///
/// # Errors
/// As the store.
pub fn put(blob: &str) -> Result<()> {
    SHELF.put(blob.as_bytes(), &clock::now().unix_ms)
}

/// Takes one down and throws it away.
///
/// # Errors
/// As the store and the blobs.
pub fn throw(blob: &str) -> Result<()> {
    SHELF.delete(blob.as_bytes(), None)?;
    files::delete(blob)
}

/// Throws away what is older than its life. Asked wherever something is made or sent.
///
/// # Errors
/// As the store and the blobs.
pub fn clear() -> Result<()> {
    let oldest = clock::now().unix_ms - DAYS * 86_400_000;
    for entry in SHELF.iter(b"").collect::<Result<Vec<_>>>()? {
        if entry.value < oldest {
            throw(&String::from_utf8_lossy(&entry.key))?;
        }
    }
    Ok(())
}
