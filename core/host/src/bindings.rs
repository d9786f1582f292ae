//! The contract's WIT as Rust: one world with every capability for imports, one
//! small world for each extension point, probed at load.

#![allow(missing_docs, unreachable_pub, reason = "generated from sdk/wit, where everything is documented")]

mod capabilities {
    wasmtime::component::bindgen!({
        path: "../../sdk/wit",
        world: "plugin",
        imports: { default: trappable },
        trappable_error_type: { "tram:plugin/types.error" => crate::state::Failure },
    });
}

pub use capabilities::tram::plugin::{
    blobs, brokered, clock, directory, events, extract, jobs, log, print, random, search, settings, sign, store, types,
};

macro_rules! extension_point {
    ($module:ident, $world:literal $(, $interface:literal => $path:path)*) => {
        pub(crate) mod $module {
            wasmtime::component::bindgen!({
                path: "../../sdk/wit",
                world: $world,
                with: { "tram:plugin/types": crate::bindings::types $(, $interface: $path)* },
            });
        }
    };
}

extension_point!(pages, "with-pages");
extension_point!(api, "with-api");
extension_point!(indexer, "with-indexer", "tram:plugin/store" => crate::bindings::store);
extension_point!(job, "with-job");
extension_point!(subscriber, "with-subscriber");
extension_point!(slots, "with-slots");
extension_point!(queryable, "with-queryable");

/// An extractor: its imports are the one file, and its store's data is no [`crate::state::State`].
pub(crate) mod extractor {
    wasmtime::component::bindgen!({
        path: "../../sdk/wit",
        world: "with-extractor",
        imports: { default: trappable },
        with: { "tram:plugin/types": crate::bindings::types },
    });
}
