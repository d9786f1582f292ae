//! The capabilities, one module each: what a plugin may import, linked only where
//! manifest and grant agree.

mod blobs;
mod brokered;
mod clock;
mod denied;
mod directory;
mod events;
mod extract;
mod jobs;
mod log;
mod print;
mod random;
mod search;
mod settings;
mod sign;
mod store;

use wasmtime::component::{HasSelf, Linker};

use crate::Error;
use crate::bindings;
use crate::state::State;

pub(crate) use blobs::{Drafts, FileRow, content_of, file, file_of, register, unregister};
pub(crate) use clock::ZONE;
pub(crate) use denied::deny;

/// Every capability of the contract, by the name of its interface.
pub(crate) const NAMES: &[&str] = &[
    "store",
    "search",
    "blobs",
    "directory",
    "events",
    "jobs",
    "settings",
    "clock",
    "random",
    "log",
    "brokered",
    "extract",
    "print",
    "sign",
];

/// Links the granted capabilities, and no others.
pub(crate) fn link(linker: &mut Linker<State>, granted: impl Fn(&str) -> bool) -> Result<(), Error> {
    macro_rules! link {
        ($($name:literal => $module:ident),*) => {
            $(if granted($name) {
                bindings::$module::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
                    .map_err(Error::engine)?;
            })*
        };
    }
    bindings::types::add_to_linker::<State, HasSelf<State>>(linker, |state| state).map_err(Error::engine)?;
    link! {
        "store" => store, "search" => search, "blobs" => blobs, "directory" => directory, "events" => events,
        "jobs" => jobs, "settings" => settings, "clock" => clock, "random" => random, "log" => log,
        "brokered" => brokered, "extract" => extract, "print" => print, "sign" => sign
    }
    Ok(())
}
