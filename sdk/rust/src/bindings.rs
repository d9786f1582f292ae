//! What wit-bindgen makes of `sdk/wit/tram.wit`: one world of imports, and one
//! world for each extension point, so that a component exports only those that
//! its author names. `pub_export_macro` is what makes the choice possible: a
//! world's exports are described in the component only where its macro is called.
//! Imports that no code reaches are dropped when the component is made.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::undocumented_unsafe_blocks,
    unsafe_op_in_unsafe_fn,
    reason = "generated from the WIT, which carries the documentation"
)]

wit_bindgen::generate!({
    world: "plugin",
    path: "../wit",
    generate_all,
    generate_unused_types: true,
    additional_derives: [PartialEq],
});

pub mod with_pages {
    wit_bindgen::generate!({
        world: "with-pages",
        path: "../wit",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        with: { "tram:plugin/types@0.1.0": crate::bindings::tram::plugin::types },
    });
}

pub mod with_api {
    wit_bindgen::generate!({
        world: "with-api",
        path: "../wit",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        with: { "tram:plugin/types@0.1.0": crate::bindings::tram::plugin::types },
    });
}

pub mod with_indexer {
    wit_bindgen::generate!({
        world: "with-indexer",
        path: "../wit",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        with: { "tram:plugin/types@0.1.0": crate::bindings::tram::plugin::types, "tram:plugin/store@0.1.0": crate::bindings::tram::plugin::store },
    });
}

pub mod with_job {
    wit_bindgen::generate!({
        world: "with-job",
        path: "../wit",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        with: { "tram:plugin/types@0.1.0": crate::bindings::tram::plugin::types },
    });
}

pub mod with_subscriber {
    wit_bindgen::generate!({
        world: "with-subscriber",
        path: "../wit",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        with: { "tram:plugin/types@0.1.0": crate::bindings::tram::plugin::types },
    });
}

pub mod with_slots {
    wit_bindgen::generate!({
        world: "with-slots",
        path: "../wit",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        with: { "tram:plugin/types@0.1.0": crate::bindings::tram::plugin::types },
    });
}

pub mod with_queryable {
    wit_bindgen::generate!({
        world: "with-queryable",
        path: "../wit",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        with: { "tram:plugin/types@0.1.0": crate::bindings::tram::plugin::types },
    });
}

pub mod with_extractor {
    wit_bindgen::generate!({
        world: "with-extractor",
        path: "../wit",
        pub_export_macro: true,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        with: { "tram:plugin/types@0.1.0": crate::bindings::tram::plugin::types },
    });
}
