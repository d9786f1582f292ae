//! The only crate that knows which plugins are built into the binary. It holds
//! bytes and decides nothing: the host installs what the list gives it as it would
//! a vendor's file.

/// A plugin that is built in.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// The package: a component with manifest and assets as custom sections.
    pub package: &'static [u8],
    /// The same component compiled for the baseline processor (`.cwasm`). It is
    /// native code, trusted because it comes with the binary.
    pub compiled: &'static [u8],
}

/// The plugins, in the order of their names. Empty when the binary was built
/// without `make bundle`.
pub fn embedded() -> &'static [Embedded] {
    const EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/bundle.rs"));
    EMBEDDED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_components_and_compiled_ones_native_code() {
        for plugin in embedded() {
            assert!(plugin.package.starts_with(b"\0asm\x0d\0\x01\0"));
            assert!(plugin.compiled.starts_with(b"\x7fELF"));
        }
    }
}
