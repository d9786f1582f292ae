//! From a path to a plugin's route.

use std::collections::BTreeMap;
use std::sync::Arc;

use tram_contract::manifest::{Manifest, Route, RouteKind};

use crate::Error;

/// What a path leads to.
#[derive(Debug, Clone)]
pub enum Found {
    /// A route.
    Route {
        /// Id of the plugin.
        plugin: String,
        /// The route.
        route: Arc<Route>,
        /// Parameters of its path, decoded by the caller.
        params: Vec<(String, String)>,
        /// The path below the plugin's own.
        below: String,
    },
    /// There are routes on this path, for other methods.
    Method {
        /// Those methods.
        allow: Vec<String>,
    },
    /// Nothing.
    None,
}

/// A route with the values of its path.
type Matched = (Arc<Route>, Vec<(String, String)>);

/// The routes of one plugin.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes {
    /// Below the plugin's own path.
    own: Table,
    /// Below `/api/ID`.
    service: Table,
}

#[derive(Debug, Clone, Default)]
struct Table {
    paths: matchit::Router<usize>,
    /// For each path the methods that it has.
    methods: Vec<BTreeMap<String, Arc<Route>>>,
}

impl Table {
    fn insert(&mut self, at: BTreeMap<String, BTreeMap<String, Arc<Route>>>) -> Result<(), Error> {
        for (path, methods) in at {
            self.paths
                .insert(path.clone(), self.methods.len())
                .map_err(|error| Error::malformed("a route", format!("{path}: {error}")))?;
            self.methods.push(methods);
        }
        Ok(())
    }

    fn find(&self, method: &str, below: &str) -> Option<Result<Matched, Vec<String>>> {
        let matched = self.paths.at(below).ok()?;
        let methods = self.methods.get(*matched.value)?;
        let wanted = if method == "HEAD" && !methods.contains_key("HEAD") { "GET" } else { method };
        Some(match methods.get(wanted) {
            Some(route) => {
                let params = matched.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                Ok((Arc::clone(route), params))
            }
            None => {
                let mut allow: Vec<String> = methods.keys().cloned().collect();
                if methods.contains_key("GET") && !methods.contains_key("HEAD") {
                    allow.push("HEAD".to_owned());
                }
                Err(allow)
            }
        })
    }
}

impl Routes {
    /// Builds the tables of a manifest.
    ///
    /// # Errors
    /// A path does not parse, or two contradict each other.
    pub(crate) fn of(manifest: &Manifest) -> Result<Self, Error> {
        let mut own: BTreeMap<String, BTreeMap<String, Arc<Route>>> = BTreeMap::new();
        let mut service = own.clone();
        for route in &manifest.route {
            let at = if route.kind == RouteKind::Service { &mut service } else { &mut own };
            at.entry(route.path.clone()).or_default().insert(route.method.clone(), Arc::new(route.clone()));
        }
        let mut routes = Self::default();
        routes.own.insert(own)?;
        routes.service.insert(service)?;
        Ok(routes)
    }

    /// The route of `below`, a path that begins with `/`.
    pub(crate) fn find(&self, plugin: &str, service: bool, method: &str, below: &str) -> Found {
        let below = if below.is_empty() { "/" } else { below };
        let table = if service { &self.service } else { &self.own };
        match table.find(method, below) {
            Some(Ok((route, params))) => {
                Found::Route { plugin: plugin.to_owned(), route, params, below: below.to_owned() }
            }
            Some(Err(allow)) => Found::Method { allow },
            None => Found::None,
        }
    }
}

/// Splits a path of the station into the plugin's id, whether it is below `/api`,
/// and the rest.
pub(crate) fn split(path: &str) -> Option<(&str, bool, &str)> {
    let path = path.strip_prefix('/')?;
    let (first, _) = path.split_once('/').unwrap_or((path, ""));
    let (rest, service, vendor) = match first {
        "api" => (path.strip_prefix("api/")?, true, false),
        "x" => (path.strip_prefix("x/")?, false, true),
        _ => (path, false, false),
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (id, below) = rest.split_at(end);
    // Vendors' pages live below /x only, bundled ones never there.
    if id.is_empty() || (!service && vendor != id.contains('.')) {
        return None;
    }
    Some((id, service, below))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    #[test]
    fn paths_split_by_kind() {
        assert_eq!(split("/catalogue"), Some(("catalogue", false, "")));
        assert_eq!(split("/catalogue/records/7"), Some(("catalogue", false, "/records/7")));
        assert_eq!(split("/x/a.b/q"), Some(("a.b", false, "/q")));
        assert_eq!(split("/api/catalogue/v1/search"), Some(("catalogue", true, "/v1/search")));
        assert_eq!(split("/api/a.b/v1"), Some(("a.b", true, "/v1")));
        assert_eq!(split("/a.b/q"), None);
        assert_eq!(split("/x/catalogue/q"), None);
        assert_eq!(split("/"), None);
    }

    #[test]
    fn head_is_answered_by_get_and_other_methods_are_named() {
        let manifest = Manifest::parse(
            r#"
            id = "a.b"
            version = "1.0.0"
            api = "0.1"
            name = "A"
            description = "B"
            [[route]]
            id = "record"
            method = "GET"
            path = "/records/{record}"
            kind = "page"
            public = true
            [[route]]
            id = "home"
            method = "GET"
            path = "/"
            kind = "page"
            public = true
            "#,
        )
        .unwrap();
        let routes = Routes::of(&manifest).unwrap();
        let Found::Route { route, params, .. } = routes.find("a.b", false, "HEAD", "/records/7") else { panic!() };
        assert_eq!((route.id.as_str(), params), ("record", vec![("record".to_owned(), "7".to_owned())]));
        let Found::Method { allow } = routes.find("a.b", false, "POST", "/records/7") else { panic!() };
        assert_eq!(allow, ["GET", "HEAD"]);
        assert!(matches!(routes.find("a.b", false, "GET", ""), Found::Route { .. }));
        assert!(matches!(routes.find("a.b", true, "GET", "/"), Found::None));
    }
}
