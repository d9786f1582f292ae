//! Persons, groups and dated memberships; accounts, roles, relations, sign-in.

mod principal;

pub use principal::{Channel, Grant, Kind, Principal, Relation};
