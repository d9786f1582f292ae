//! What a box does that a plain server does not: it is flashed, found on the LAN,
//! updated into its other slot, and rolled back by itself.
//!
//! Nothing here serves pages; `tram` hands the web what it needs of it.

pub mod backup;
pub mod care;
pub mod clock;
pub mod files;
pub mod mdns;
pub mod space;
pub mod status;
