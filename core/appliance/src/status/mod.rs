//! How the box is: memory, load, temperature, network.

pub mod network;
mod system;

pub use system::{System, Temperature};
