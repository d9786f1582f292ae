//! Where the calls go: to the host in a component, to the mock natively. Both
//! sides have the same functions with the same signatures.

#[cfg(target_arch = "wasm32")]
pub(crate) use crate::bindings::tram::plugin::{
    blobs, brokered, clock, directory, events, extract, jobs, log, print, random, search, settings, sign, store,
};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::mock::backend::{
    blobs, brokered, clock, directory, events, extract, jobs, log, print, random, search, settings, sign, store,
};
