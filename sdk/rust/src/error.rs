//! The one error type of the contract, and the codes that the host knows.

use tram_contract::Text;

pub use crate::bindings::tram::plugin::types::Error;

/// `Result` with the contract's error.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Codes that the host answers with, and those that it gives an HTTP status to when
/// a plugin answers with them. A plugin may use others: they come out as status 500.
pub mod code {
    /// What was sent cannot be taken, or a call asks for what the manifest does not
    /// declare (400).
    pub const BAD_REQUEST: &str = "bad-request";
    /// A capability, field or query that was not granted (403).
    pub const NOT_GRANTED: &str = "not-granted";
    /// The person may not do this (403).
    pub const FORBIDDEN: &str = "forbidden";
    /// There is no such thing (404).
    pub const NOT_FOUND: &str = "not-found";
    /// Writing in a GET or HEAD call (405).
    pub const READ_ONLY: &str = "read-only";
    /// The value was changed since it was read (409).
    pub const STALE: &str = "stale";
    /// Another row has this term in a unique index (409).
    pub const UNIQUE: &str = "unique";
    /// What was sent is too large (413).
    pub const TOO_BIG: &str = "too-big";
    /// The other plugin cannot be asked now.
    pub const UNAVAILABLE: &str = "unavailable";
    /// The search index is being built.
    pub const NOT_READY: &str = "not-ready";
    /// A stored or received value has another shape than the code expects (500).
    pub const BAD_VALUE: &str = "bad-value";
}

impl Error {
    /// An error with a code for programs and a text for people.
    pub fn new(code: impl Into<String>, message: impl Into<Text>) -> Self {
        Self { code: code.into(), message: message.into().encode() }
    }

    /// There is no such thing; `message` says what was looked for.
    pub fn not_found(message: impl Into<Text>) -> Self {
        Self::new(code::NOT_FOUND, message)
    }

    /// What was sent cannot be taken; `message` says what to change.
    pub fn invalid(message: impl Into<Text>) -> Self {
        Self::new(code::BAD_REQUEST, message)
    }

    /// The message for people, in the languages it was written in.
    pub fn text(&self) -> Text {
        Text::decode(&self.message)
    }

    /// Whether the value was changed since it was read: show both, save nothing.
    pub fn is_stale(&self) -> bool {
        self.code == code::STALE
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::new(code::BAD_VALUE, error.to_string())
    }
}

/// For [`std::io::Write`] on a blob: the contract's error travels inside.
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        std::io::Error::other(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let message = error.to_string();
        match error.downcast::<Error>() {
            Ok(inner) => inner,
            Err(_) => Self::new(code::BAD_VALUE, message),
        }
    }
}
