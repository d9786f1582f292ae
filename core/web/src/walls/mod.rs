//! The walls between pages of different authors, and between this station and the
//! rest of the network.

pub(crate) mod cookies;
pub(crate) mod headers;
pub(crate) mod names;
pub(crate) mod origin;
pub(crate) mod token;
