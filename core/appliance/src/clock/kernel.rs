//! What the kernel knows of its clock.

/// Whether a time server keeps the system's clock: `STA_UNSYNC` is not set (adjtimex(2)).
/// Whoever follows a time server, systemd-timesyncd or another, clears it.
pub(super) fn is_synchronised() -> bool {
    // SAFETY: all-zero is a valid `timex`; with `modes` 0 the call reads only, into a
    // struct that we own.
    let (state, status) = unsafe {
        let mut timex: libc::timex = std::mem::zeroed();
        (libc::adjtimex(&raw mut timex), timex.status)
    };
    state >= 0 && status & libc::STA_UNSYNC == 0
}
