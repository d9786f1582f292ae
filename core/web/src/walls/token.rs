//! The host's token in forms: proves that a form is a page of the plugin it goes
//! to, rendered for this session.
//!
//! A token is bound to the session (or, for those who are not signed in, to the
//! browser) and to its audience, and masked afresh in every response, so that a
//! compressed page would not give it away letter by letter (BREACH).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

const LENGTH: usize = 16;

/// Audience of the shell's own forms.
pub(crate) const SHELL: &str = "";

/// A token for `audience` (a plugin's id, or [`SHELL`]).
///
/// # Errors
/// The system has no random bytes.
pub(crate) fn issue(secret: &[u8; 32], audience: &str) -> Result<String, getrandom::Error> {
    let mut mask = [0; LENGTH];
    getrandom::fill(&mut mask)?;
    let plain = plain(secret, audience);
    let mut out = Vec::with_capacity(2 * LENGTH);
    out.extend(mask);
    out.extend(mask.iter().zip(plain).map(|(mask, byte)| mask ^ byte));
    Ok(URL_SAFE_NO_PAD.encode(out))
}

/// Whether a token is one of this secret for this audience.
pub(crate) fn is_valid(secret: &[u8; 32], audience: &str, token: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return false };
    let Some((mask, masked)) = bytes.split_first_chunk::<LENGTH>() else { return false };
    let given: Vec<u8> = mask.iter().zip(masked).map(|(mask, byte)| mask ^ byte).collect();
    masked.len() == LENGTH && bool::from(given.as_slice().ct_eq(&plain(secret, audience)))
}

fn plain(secret: &[u8; 32], audience: &str) -> [u8; LENGTH] {
    let hash = blake3::keyed_hash(secret, audience.as_bytes());
    let mut plain = [0; LENGTH];
    plain.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_token_is_good_for_its_session_and_audience_only() {
        let (secret, other) = ([7; 32], [8; 32]);
        let token = issue(&secret, "catalogue").unwrap();
        assert!(is_valid(&secret, "catalogue", &token));
        assert_ne!(token, issue(&secret, "catalogue").unwrap(), "masked afresh");
        assert!(!is_valid(&secret, SHELL, &token) && !is_valid(&other, "catalogue", &token));
        for wrong in ["", "AAAA", &token[1..], &format!("{token}AAAA"), "%%%"] {
            assert!(!is_valid(&secret, "catalogue", wrong), "{wrong}");
        }
    }
}
