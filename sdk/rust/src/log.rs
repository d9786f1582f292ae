//! Lines for the administrator and the author. Never personal data. At most 1 KiB
//! a line; the host cuts and counts.

use crate::backend;

/// Something failed and somebody should look.
pub fn error(message: &str) {
    backend::log::write("error", message);
}

/// Something is odd.
pub fn warn(message: &str) {
    backend::log::write("warn", message);
}

/// Something happened.
pub fn info(message: &str) {
    backend::log::write("info", message);
}

/// For the author.
pub fn debug(message: &str) {
    backend::log::write("debug", message);
}
