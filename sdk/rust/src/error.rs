//! The one error type of the contract, and the codes that the host knows.

use tram_contract::Text;

pub use crate::bindings::tram::plugin::types::Error;

/// `Result` with the contract's error.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Codes that the host answers with or gives an HTTP status to. A plugin may use
/// others: they come out as status 500.
pub mod code {
    /// Writing in a GET or HEAD call (500 when it gets out: a mistake of the plugin).
    pub const READ_ONLY: &str = "read-only";
    /// A capability, field or query that was not granted (403).
    pub const NOT_GRANTED: &str = "not-granted";
    /// The value was changed since it was read (409).
    pub const STALE: &str = "stale";
    /// Another row has this term in a unique index (409).
    pub const UNIQUE: &str = "unique";
    /// There is no such thing (404).
    pub const NOT_FOUND: &str = "not-found";
    /// What was sent cannot be taken (400).
    pub const INVALID: &str = "invalid";
    /// A collection, index, job or setting that the manifest does not declare (500).
    pub const UNDECLARED: &str = "undeclared";
    /// A stored or received value has another shape than the code expects (500).
    pub const BAD_VALUE: &str = "bad-value";
    /// More was asked for than the contract allows (500).
    pub const TOO_MUCH: &str = "too-much";
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
        Self::new(code::INVALID, message)
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
