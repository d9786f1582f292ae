//! Requests for tests.

use crate::{Field, Grant, Principal, Request, Upload};

/// Builds a request; the public asks until [`RequestBuilder::by`] says otherwise.
#[derive(Debug, Clone)]
pub struct RequestBuilder(Request);

fn request(method: &str, route: &str, path: &str) -> RequestBuilder {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Field { name: name.into(), value: value.into() }
        })
        .collect();
    RequestBuilder(Request {
        method: method.into(),
        route: route.into(),
        path: path.into(),
        params: Vec::new(),
        query,
        form: Vec::new(),
        uploads: Vec::new(),
        body: Vec::new(),
        headers: Vec::new(),
        principal: public(),
    })
}

/// A GET of a route. A query behind `?` is taken as it is, without decoding.
pub fn get(route: &str, path: &str) -> RequestBuilder {
    request("GET", route, path)
}

/// A POST to a route.
pub fn post(route: &str, path: &str) -> RequestBuilder {
    request("POST", route, path)
}

/// Nobody is signed in; Vietnamese.
pub fn public() -> Principal {
    Principal {
        kind: "public".into(),
        person: None,
        grants: Vec::new(),
        channel: "https".into(),
        language: "vi".into(),
    }
}

/// A person who holds permissions in the relation `all`.
pub fn person(id: &str, permissions: &[&str]) -> Principal {
    Principal {
        kind: "person".into(),
        person: Some(id.into()),
        grants: permissions
            .iter()
            .map(|permission| Grant { permission: (*permission).into(), relation: "all".into() })
            .collect(),
        ..public()
    }
}

impl RequestBuilder {
    /// A part of the path, by the name in the manifest.
    #[must_use]
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.0.params.push(Field { name: name.into(), value: value.into() });
        self
    }

    /// A query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.0.query.push(Field { name: name.into(), value: value.into() });
        self
    }

    /// A form field.
    #[must_use]
    pub fn form(mut self, name: &str, value: &str) -> Self {
        self.0.form.push(Field { name: name.into(), value: value.into() });
        self
    }

    /// A header, in lower case.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0.headers.push(Field { name: name.into(), value: value.into() });
        self
    }

    /// A file in a form field; its bytes go to the blob store.
    #[must_use]
    pub fn upload(mut self, field: &str, name: &str, media_type: &str, bytes: &[u8]) -> Self {
        let blob = super::add_blob(name, media_type, bytes);
        self.0.uploads.push(Upload {
            field: field.into(),
            name: name.into(),
            media_type: media_type.into(),
            size: bytes.len() as u64,
            blob,
        });
        self
    }

    /// The body of an `api` route.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.body = bytes.into();
        self
    }

    /// Who asks.
    #[must_use]
    pub fn by(mut self, principal: Principal) -> Self {
        self.0.principal = principal;
        self
    }

    /// In which language.
    #[must_use]
    pub fn language(mut self, language: &str) -> Self {
        self.0.principal.language = language.into();
        self
    }
}

impl From<RequestBuilder> for Request {
    fn from(builder: RequestBuilder) -> Self {
        builder.0
    }
}
