//! The host's token in forms: proves that a form is a page of the plugin it goes
//! to, rendered for this session.
//!
//! A token is bound to the session (or, for those who are not signed in, to the
//! browser) and to its audience, and masked afresh in every response, so that a
//! compressed page would not give it away letter by letter (BREACH).

use std::cell::OnceCell;

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

/// What the tokens of a page are bound to.
pub(crate) enum Binding {
    /// A secret of the session, or of a browser that has its cookie.
    Known([u8; 32]),
    /// A browser without a cookie: it gets one when a token is wanted; the station's key
    /// makes the secret of it.
    New([u8; 32]),
}

impl Binding {
    /// The secret of a browser with this name.
    pub(crate) fn of_device(key: &[u8; 32], device: &str) -> [u8; 32] {
        *blake3::keyed_hash(key, device.as_bytes()).as_bytes()
    }
}

/// The tokens of one page, made when a form of it asks for one: a page without forms
/// holds nothing of its visitor's, and asks him to keep no cookie.
pub(crate) struct Tokens<'a> {
    binding: Binding,
    audience: &'a str,
    device: OnceCell<String>,
    form: OnceCell<String>,
    shell: OnceCell<String>,
}

impl<'a> Tokens<'a> {
    /// Tokens for a page whose forms go to `audience`.
    pub(crate) const fn new(binding: Binding, audience: &'a str) -> Self {
        Self { binding, audience, device: OnceCell::new(), form: OnceCell::new(), shell: OnceCell::new() }
    }

    /// The token of forms that go to this page's plugin, or to the shell.
    pub(crate) fn form(&self) -> &str {
        self.form.get_or_init(|| self.make(self.audience))
    }

    /// The token of the shell's own forms around the page (sign-out).
    pub(crate) fn shell(&self) -> &str {
        self.shell.get_or_init(|| self.make(SHELL))
    }

    /// Tokens that are always the same, for snapshots.
    #[cfg(test)]
    pub(crate) fn fixed(form: &str, shell: &str) -> Self {
        let tokens = Self::new(Binding::Known([0; 32]), SHELL);
        let _ = (tokens.form.set(form.to_owned()), tokens.shell.set(shell.to_owned()));
        tokens
    }

    /// How many were made, and the name of the browser that got one for them.
    pub(crate) fn made(self) -> (u32, Option<String>) {
        let made = u32::from(self.form.get().is_some()) + u32::from(self.shell.get().is_some());
        (made, self.device.into_inner())
    }

    fn make(&self, audience: &str) -> String {
        let made = match &self.binding {
            Binding::Known(secret) => issue(secret, audience),
            Binding::New(key) => self.name().and_then(|name| issue(&Binding::of_device(key, name), audience)),
        };
        made.unwrap_or_else(|error| {
            // The page is readable; its forms will be refused.
            log::error!("no random bytes: {error}");
            String::new()
        })
    }

    fn name(&self) -> Result<&str, getrandom::Error> {
        if let Some(name) = self.device.get() {
            return Ok(name);
        }
        let name = device()?;
        Ok(self.device.get_or_init(|| name))
    }
}

impl std::fmt::Debug for Tokens<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("audience", &self.audience).finish_non_exhaustive()
    }
}

/// A name for a browser.
///
/// # Errors
/// The system has no random bytes.
pub(crate) fn device() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
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
    fn tokens_are_made_when_asked_for_and_fit_the_browser_that_gets_the_cookie() {
        let key = [9; 32];
        let none = Tokens::new(Binding::New(key), "catalogue");
        assert_eq!(none.made(), (0, None), "no form, no cookie");
        let tokens = Tokens::new(Binding::New(key), "catalogue");
        let (form, shell) = (tokens.form().to_owned(), tokens.shell().to_owned());
        assert_eq!(form, tokens.form());
        let (made, device) = tokens.made();
        let secret = Binding::of_device(&key, &device.unwrap());
        assert!(made == 2 && is_valid(&secret, "catalogue", &form) && is_valid(&secret, SHELL, &shell));
        let known = Tokens::new(Binding::Known([7; 32]), "catalogue");
        assert!(is_valid(&[7; 32], "catalogue", known.form()));
        assert_eq!(known.made(), (1, None));
    }

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
