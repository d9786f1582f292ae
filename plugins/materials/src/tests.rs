//! The whole plugin on a station in memory.
