//! What a box does that a plain server does not: it is flashed, found on the LAN,
//! updated into its other slot, and rolled back by itself.
//!
//! * `update`: the signed file, and writing it; `slots`: which version starts next.
//! * `helper`: the one process that is root, and what may be asked of it.
//! * `health`: whether a new version is good; `boot`: what is done before the network.
//! * `care`: what a station does for itself while it serves: `mdns`, `clock`, `space`,
//!   `status`, `backup`.
//! * `console`: the screen of the box; `network`: its address; `install`: its disk.
//!
//! Nothing here serves pages; `tram` hands the web what it needs of it.

pub mod backup;
pub mod boot;
pub mod care;
pub mod clock;
pub mod console;
pub mod error;
#[cfg(test)]
mod fake;
pub mod files;
pub mod health;
pub mod helper;
pub mod install;
pub mod mdns;
pub mod network;
pub mod notify;
pub mod place;
pub mod program;
pub mod slots;
pub mod space;
pub mod state;
pub mod status;
pub mod update;
pub mod updates;
pub mod version;

pub use error::Error;
pub use place::Place;
pub use version::Version;
