//! What authors of plugins for Trạm write against: the contract `tram:plugin` as
//! Rust types, one module for each capability.
//!
//! A plugin is a type that implements the extension points it wants ([`Pages`],
//! [`Api`], [`Indexer`], [`Job`], [`Slots`], [`Subscriber`], [`Queryable`],
//! [`Extractor`]) and
//! names them in [`export!`]. It imports a capability by calling it: what no code
//! reaches is not imported, and what is not asked for in `plugin.toml` is not
//! there. Compiled natively, the capabilities are an in-memory station ([`mock`]),
//! so that a plugin's logic is tested with plain `cargo test`.
//!
//! On `wasm32-unknown-unknown` some of the standard library does nothing useful;
//! use these instead:
//!
//! | not | but |
//! | --- | --- |
//! | `std::time::SystemTime::now` (panics) | [`clock::now`], [`clock::today`] |
//! | `println!`, `dbg!` (silent) | [`log::info`] and its like |
//! | `std::fs`, `std::net`, threads (errors) | [`store`], [`blobs`]; the rest is not for plugins |
//! | `getrandom` (does not compile) | [`random::bytes`]; for dependencies the feature `getrandom` |
//! | `HashMap` filled by strangers (its seed is the same everywhere) | [`random::HashMap`] |
//! | `static` for what must last (each call is a fresh instance) | [`store`], [`settings`] |

#[doc(hidden)]
pub mod bindings;

mod backend;
pub mod blobs;
pub mod brokered;
pub mod clock;
pub mod directory;
mod error;
pub mod events;
pub mod extract;
pub mod jobs;
mod link;
pub mod log;
pub mod message;
#[cfg(not(target_arch = "wasm32"))]
pub mod mock;
#[doc(hidden)]
pub mod points;
pub mod print;
pub mod random;
mod request;
mod response;
pub mod search;
pub mod settings;
pub mod sign;
mod start;
pub mod store;
mod table;

pub use error::{Error, Result, code};
pub use link::encoded;
pub use points::{
    Api, Event, Extracted, Extractor, Indexer, Job, Next, Pages, Progress, Queryable, Slots, Source, Step, Subscriber,
};
pub use request::{Field, Grant, Principal, Request, Upload, value};
pub use response::{Body, Response};
pub use serde;
pub use serde_json;
pub use tram_contract as contract;
pub use tram_contract::Text;

use start::start;

/// What nearly every plugin uses.
pub mod prelude {
    pub use crate::contract::Text;
    pub use crate::contract::page::{self, Page, Widget};
    pub use crate::contract::search::{Document, Query, SearchRequest};
    pub use crate::store::{Entry, Row, Scan, Table, Terms};
    pub use crate::{
        Api, Error, Event, Field, Indexer, Job, Pages, Principal, Progress, Queryable, Request, Response, Result,
        Slots, Step, Subscriber,
    };
    pub use serde::{Deserialize, Serialize};
}
