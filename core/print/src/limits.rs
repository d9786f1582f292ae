//! What a child process may take.

/// Memory of the child process, bytes: what it may allocate, code apart.
pub const CHILD_MEMORY: u64 = 256 << 20;
/// Its processor time.
pub const CHILD_SECONDS: u64 = 30;
