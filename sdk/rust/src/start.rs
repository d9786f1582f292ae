//! What happens once in each instance before the plugin's own code.

/// Sends the text of a panic to the log, where the administrator and the author
/// see it; the trap that follows says only "unreachable".
#[cfg(all(target_arch = "wasm32", feature = "panic-log"))]
pub(crate) fn start() {
    use std::sync::Once;
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        std::panic::set_hook(Box::new(|panic| crate::log::error(&panic.to_string())));
    });
}

/// Natively the test harness shows panics itself.
#[cfg(not(all(target_arch = "wasm32", feature = "panic-log")))]
pub(crate) fn start() {}

/// The random source of dependencies that use `getrandom`, all versions alive.
#[cfg(all(target_arch = "wasm32", feature = "getrandom"))]
mod random_source {
    /// getrandom 0.2 with its feature `custom` looks for this name.
    ///
    /// # Safety
    /// `dest` points to `len` bytes that may be written.
    // SAFETY: the name is the one documented by getrandom, and no other item has it.
    #[unsafe(no_mangle)]
    unsafe fn __getrandom_custom(dest: *mut u8, len: usize) -> u32 {
        // SAFETY: the caller promises `len` writable bytes.
        unsafe { fill(dest, len) };
        0
    }

    /// getrandom 0.3 and 0.4 look for this name when compiled with
    /// `--cfg getrandom_backend="custom"`, which `tram plugin build` sets.
    ///
    /// # Safety
    /// `dest` points to `len` bytes that may be written.
    // SAFETY: the name is the one documented by getrandom, and no other item has it.
    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_v03_custom(dest: *mut u8, len: usize) -> Result<(), getrandom::Error> {
        // SAFETY: the caller promises `len` writable bytes.
        unsafe { fill(dest, len) };
        Ok(())
    }

    /// # Safety
    /// `dest` points to `len` bytes that may be written.
    unsafe fn fill(dest: *mut u8, len: usize) {
        let bytes = crate::random::bytes(len);
        // SAFETY: `bytes` has exactly `len` bytes, and the two do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), dest, len) };
    }
}
