//! Packages for other stations: this station's signature under them, and whose
//! signature is under theirs. The bytes of a package are `tram-exchange`'s; what is
//! signed always names this plugin.

use crate::{Result, backend};

pub use crate::bindings::tram::plugin::sign::{Seal, Signer, Station};

/// What a package says of the station that made it.
///
/// # Errors
/// `not-granted`.
pub fn this_station() -> Result<Station> {
    backend::sign::this_station()
}

/// Asks for the signature of a package whose head has this hash. The job's next step
/// has it, by [`outcome`].
///
/// # Errors
/// `bad-request` outside of a job, `not-granted`.
pub fn begin(digest: &[u8; 32]) -> Result<()> {
    backend::sign::begin(digest)
}

/// In the step after [`begin`]: the signature; none when nothing was begun.
///
/// # Errors
/// `bad-request` outside of a job, `not-granted`.
pub fn outcome() -> Result<Option<Seal>> {
    backend::sign::outcome()
}

/// Whose signature this is, by the station's own list of partner schools.
///
/// # Errors
/// `bad-signature` when it does not fit, `unknown-key` when nobody here trusts the key,
/// each with a sentence for people; `not-granted`.
pub fn verify(digest: &[u8; 32], key: &[u8; 32], signature: &[u8; 64]) -> Result<Signer> {
    backend::sign::verify(digest, key, signature)
}
