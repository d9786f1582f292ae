//! The one process of the box that is root, behind a narrow, typed protocol.
//!
//! One JSON object a line on `/run/tram/box.sock`; each request gets lines of progress
//! and then one reply. Only the station's user and root may connect. The web process
//! is never root and asks here.

pub(crate) mod blocks;
mod client;
mod protocol;
mod serve;
mod usb;

pub use client::Client;
pub use protocol::{Ask, Reply, Status, UsbDisk};
pub use serve::Helper;

#[cfg(test)]
mod tests;
