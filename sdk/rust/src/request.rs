//! What comes in: the request, and who asks.

use serde::de::DeserializeOwned;

use crate::{Error, Result};

pub use crate::bindings::tram::plugin::types::{Field, Grant, Principal, Request, Upload};

fn first<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
}

fn all<'a>(fields: &'a [Field], name: &str) -> impl Iterator<Item = &'a str> {
    fields.iter().filter(move |field| field.name == name).map(|field| field.value.as_str())
}

impl Request {
    /// A part of the path, as the route in the manifest names it: `{record}`.
    pub fn param(&self, name: &str) -> Option<&str> {
        first(&self.params, name)
    }

    /// The first value of a query parameter, as sent.
    pub fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// All values of a query parameter, in order.
    pub fn query_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        all(&self.query, name)
    }

    /// The first value of a form field, as sent.
    pub fn form(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }

    /// All values of a form field, in order.
    pub fn form_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        all(&self.form, name)
    }

    /// A form field without the blanks around it; `None` when it is empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.form(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// An allow-listed header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The file that came in a form field. Its bytes are in the blob store.
    pub fn upload(&self, field: &str) -> Option<&Upload> {
        self.uploads.iter().find(|upload| upload.field == field)
    }

    /// The body of an `api` route, read as JSON.
    ///
    /// # Errors
    /// `bad-request`, with what is wrong and where.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| Error::invalid(error.to_string()))
    }

    /// Language of the reply, `vi` or `en`.
    pub fn language(&self) -> &str {
        &self.principal.language
    }
}

impl Principal {
    /// Whether the caller holds the permission in any relation. Routes with a
    /// permission are refused by the host already; this is for parts of a page.
    pub fn may(&self, permission: &str) -> bool {
        self.grants.iter().any(|grant| grant.permission == permission)
    }

    /// The relations in which the caller holds a permission: `all`, `self`…
    pub fn relations<'a>(&'a self, permission: &'a str) -> impl Iterator<Item = &'a str> {
        self.grants.iter().filter(move |grant| grant.permission == permission).map(|grant| grant.relation.as_str())
    }

    /// Whether nobody is signed in.
    pub fn is_public(&self) -> bool {
        self.kind == "public"
    }
}

/// The value of a name among fields (slots' context, a person's fields).
pub fn value<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    first(fields, name)
}
