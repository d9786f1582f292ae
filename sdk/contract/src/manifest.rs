//! The manifest `plugin.toml`: what a plugin is, what it may do and why, readable
//! without running it. It travels as a custom section of the component.

use serde::{Deserialize, Serialize};

use crate::Text;
use crate::search::Schema;

/// Version of the contract that this crate describes.
pub const API: &str = "0.1";

/// `plugin.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// `canteen.example` for a vendor (contains a dot); one word for a bundled one.
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// Contract version, `0.1`.
    pub api: String,
    /// Name for people.
    pub name: Text,
    /// One or two sentences for the administrator.
    pub description: Text,
    /// Who made it.
    #[serde(default)]
    pub vendor: String,
    /// Languages its pages speak.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Entries of the menu.
    #[serde(default)]
    pub menu: Vec<MenuEntry>,
    /// Capabilities (WIT interface names) with the reason.
    #[serde(default)]
    pub capability: Vec<Capability>,
    /// Permissions that it defines.
    #[serde(default)]
    pub permission: Vec<Permission>,
    /// Roles that it brings (a librarian).
    #[serde(default)]
    pub role: Vec<Role>,
    /// Routes.
    #[serde(default)]
    pub route: Vec<Route>,
    /// Collections.
    #[serde(default)]
    pub collection: Vec<Collection>,
    /// Search schema.
    #[serde(default)]
    pub search: Option<Schema>,
    /// Jobs.
    #[serde(default)]
    pub job: Vec<Job>,
    /// Slots that it fills.
    #[serde(default)]
    pub slots: Vec<String>,
    /// Topics that it emits.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Topics of others that it listens to, `plugin/topic`; each is a grant.
    #[serde(default)]
    pub subscribe: Vec<Subscription>,
    /// Queries that it answers for others.
    #[serde(default)]
    pub query: Vec<QueryEntry>,
    /// Kinds of files that it looks into. An extractor has no capability and no
    /// route: it sees a file and answers what is in it.
    #[serde(default)]
    pub extractor: Vec<Extractor>,
    /// Id of a GET `api` route that is asked before a file is sent by its own address
    /// (`BASE/blob/ID`) or put into a frame, with the query `blob`, in the reader's name:
    /// any error is answered as if there were no such file. Without it whoever may read
    /// one of the plugin's pages may have every file whose id he knows.
    #[serde(default)]
    pub blob_check: Option<String>,
    /// Kinds of uploads that it takes resumably.
    #[serde(default)]
    pub upload: Vec<Upload>,
    /// Documents that it prints; a school may change each without code.
    #[serde(default)]
    pub template: Vec<Template>,
    /// Limits that it asks for; the host's ceilings hold.
    #[serde(default)]
    pub limits: Limits,
}

/// A document that the plugin prints through the capability `print`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Template {
    /// Named by `print::begin`.
    pub id: String,
    /// What it is, for people: `Minh chứng hằng tháng`.
    pub name: Text,
    /// The Typst source among the package's assets.
    pub file: String,
    /// JSON among the assets with made-up data, for a test print.
    pub sample: String,
    /// Pictures among the assets; in the template `/pictures/` and the last part of
    /// the path.
    #[serde(default)]
    pub pictures: Vec<String>,
}

/// A kind of resumable uploads. What was sent is the sender's until a form of the
/// plugin's takes it, and is swept when nobody does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Upload {
    /// Named by the field of a form.
    pub id: String,
    /// Permission that the sender holds.
    pub permission: String,
    /// Largest file in bytes; the host's ceiling holds.
    #[serde(default)]
    pub max_size: Option<u64>,
    /// Id of a GET `api` route that is asked before the first byte is taken, with the
    /// query `name`, `size` and `media-type`, in the sender's name: any error is the
    /// refusal (a quota that would be passed, a kind of file that is not wanted).
    #[serde(default)]
    pub check: Option<String>,
}

/// Files that an extractor knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Extractor {
    /// Media types: `application/pdf`, or `video/` for all that begin so.
    #[serde(default)]
    pub media_types: Vec<String>,
    /// Endings of names, lower-case, without the dot.
    #[serde(default)]
    pub endings: Vec<String>,
}

impl Extractor {
    /// Whether a file of this name and media type is one of these.
    pub fn knows(&self, name: &str, media_type: &str) -> bool {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        self.endings.iter().any(|known| Some(known) == ending.as_ref())
            || self
                .media_types
                .iter()
                .any(|known| known == media_type || (known.ends_with('/') && media_type.starts_with(known.as_str())))
    }
}

/// An entry of the menu.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MenuEntry {
    /// Words.
    pub label: Text,
    /// Path below the plugin's own.
    pub path: String,
    /// Shown only to those who hold it; none: to everybody.
    #[serde(default)]
    pub permission: Option<String>,
}

/// A capability with its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Capability {
    /// Interface of the WIT package: `store`, `search`, `directory`…
    pub name: String,
    /// Why, in the administrator's language.
    pub purpose: Text,
    /// `directory` only: fields of persons it reads.
    #[serde(default)]
    pub fields: Vec<String>,
    /// `brokered` only: `plugin/query` it asks.
    #[serde(default)]
    pub queries: Vec<String>,
    /// `directory` only: a permission of this manifest whose holders see others of
    /// the school by name, code and class, as far as the relation of their grant
    /// reaches (a librarian who lends to everybody). Without it only the station's own
    /// `people.read` and `me.read` decide.
    #[serde(default)]
    pub permission: Option<String>,
}

/// A permission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Permission {
    /// `catalogue.edit`: begins with the plugin's id.
    pub id: String,
    /// What it lets one do.
    pub name: Text,
    /// Whether it is of low risk, and so usable over plain HTTP.
    #[serde(default)]
    pub low_risk: bool,
    /// Roles (of the core: `administrator`, `leadership`, `teacher`, `pupil`,
    /// `guardian`, `office`) that hold it from the start.
    #[serde(default)]
    pub default_roles: Vec<String>,
    /// Relation it is granted with there; `all` when left out.
    #[serde(default)]
    pub default_relation: Option<String>,
}

/// A role that a plugin brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Role {
    /// `librarian`.
    pub id: String,
    /// Name for people.
    pub name: Text,
    /// Permissions granted with the relation `all`.
    pub grants: Vec<String>,
}

/// What answers a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteKind {
    /// The export `pages`: a page document, rendered by the host.
    Page,
    /// The export `api`, below the plugin's own path (`/catalogue/sru`).
    Api,
    /// The export `api`, below `/api/ID` (`/api/catalogue/v1/search`).
    Service,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Route {
    /// Handed to the plugin in the request.
    pub id: String,
    /// `GET`, `POST`…; GET answers HEAD too.
    pub method: String,
    /// `/records/{record}`: below the plugin's path.
    pub path: String,
    /// What answers.
    pub kind: RouteKind,
    /// Permission that the host asks for before the plugin runs.
    #[serde(default)]
    pub permission: Option<String>,
    /// Whether those who are not signed in may come.
    #[serde(default)]
    pub public: bool,
    /// Largest form or body in bytes, files included; 1 MiB when left out.
    #[serde(default)]
    pub max_body: Option<u64>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Collection {
    /// Name within the plugin.
    pub name: String,
    /// `full`, `latest` or `scratch`.
    pub history: String,
    /// `latest`: days after which superseded values are shed.
    #[serde(default)]
    pub days: Option<u32>,
    /// Whether it holds no personal data (a dictionary may be trained on it).
    #[serde(default)]
    pub public: bool,
    /// Number of the value's shape.
    #[serde(default = "one")]
    pub schema: u32,
    /// Declared indexes.
    #[serde(default)]
    pub index: Vec<Index>,
}

fn one() -> u32 {
    1
}

/// A declared index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Index {
    /// Name.
    pub name: String,
    /// Whether two rows may not share a term.
    #[serde(default)]
    pub unique: bool,
    /// Whether the term is personal (kept as a keyed hash).
    #[serde(default)]
    pub personal: bool,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Job {
    /// Name, as in `tram job PLUGIN NAME`.
    pub name: String,
    /// What it does.
    pub label: Text,
    /// Permission needed to start it from a page; the console may always.
    #[serde(default)]
    pub permission: Option<String>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Subscription {
    /// `plugin/topic`.
    pub topic: String,
    /// Why.
    pub purpose: Text,
}

/// A query that a plugin answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct QueryEntry {
    /// Name.
    pub name: String,
    /// Permission that the caller's principal must hold.
    #[serde(default)]
    pub permission: Option<String>,
}

/// Limits asked for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Limits {
    /// Linear memory in MiB.
    #[serde(default)]
    pub memory: Option<u32>,
    /// Wall time of a call in milliseconds.
    #[serde(default)]
    pub time: Option<u32>,
    /// Stored bytes in MiB.
    #[serde(default)]
    pub storage: Option<u32>,
}

/// What is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `route[2].permission`.
    pub place: String,
    /// What is wrong and what to write instead.
    pub reason: String,
}

impl Manifest {
    /// Reads `plugin.toml`. Whether it makes sense is for [`Manifest::problems`].
    ///
    /// # Errors
    /// What is wrong and in which line, as a text for the author.
    pub fn parse(source: &str) -> Result<Self, String> {
        toml::from_str(source).map_err(|error| error.to_string().trim_end().to_owned())
    }

    /// Checks what TOML cannot: names, references and reserved words. Empty: fine.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |place: String, reason: &str| problems.push(Problem { place, reason: reason.into() });
        if !is_id(&self.id) {
            wrong("id".into(), "lower-case letters, digits and dots, as in canteen.example");
        }
        if self.api != API {
            wrong("api".into(), "this station speaks api 0.1");
        }
        let known = |id: &str| self.permission.iter().any(|p| p.id == id);
        for (at, permission) in self.permission.iter().enumerate() {
            if !permission.id.starts_with(&format!("{}.", self.id)) {
                wrong(format!("permission[{at}].id"), "begins with the plugin's id and a dot");
            }
        }
        for (at, asked) in self.capability.iter().enumerate() {
            if self.capability.iter().take(at).any(|other| other.name == asked.name) {
                wrong(format!("capability[{at}].name"), "stands twice; one entry holds all its fields");
            }
            match &asked.permission {
                Some(_) if asked.name != "directory" => {
                    wrong(format!("capability[{at}].permission"), "belongs to the capability directory alone");
                }
                Some(permission) if !known(permission) => {
                    wrong(format!("capability[{at}].permission"), "is not among the permissions of this manifest");
                }
                _ => {}
            }
        }
        for (at, route) in self.route.iter().enumerate() {
            match &route.permission {
                Some(permission) if !known(permission) => {
                    wrong(format!("route[{at}].permission"), "is not among the permissions of this manifest");
                }
                None if !route.public => {
                    wrong(format!("route[{at}]"), "names a permission, or says public = true");
                }
                _ => {}
            }
            if !route.path.starts_with('/') {
                wrong(format!("route[{at}].path"), "begins with /");
            }
        }
        for (at, collection) in self.collection.iter().enumerate() {
            if !matches!(collection.history.as_str(), "full" | "latest" | "scratch") {
                wrong(format!("collection[{at}].history"), "is full, latest or scratch");
            }
        }
        let does_more = !(self.capability.is_empty() && self.route.is_empty() && self.job.is_empty());
        if does_more && !self.extractor.is_empty() {
            wrong("extractor".into(), "an extractor has no capability, no route and no job: it only sees its file");
        }
        for (at, upload) in self.upload.iter().enumerate() {
            if self.upload.iter().take(at).any(|other| other.id == upload.id) {
                wrong(format!("upload[{at}].id"), "stands twice");
            }
            if !known(&upload.permission) {
                wrong(format!("upload[{at}].permission"), "is not among the permissions of this manifest");
            }
            if upload.check.as_deref().is_some_and(|id| self.check(id).is_none()) {
                wrong(format!("upload[{at}].check"), "is the id of a GET route of the kind api");
            }
        }
        if self.blob_check.as_deref().is_some_and(|id| self.check(id).is_none()) {
            wrong("blob-check".into(), "is the id of a GET route of the kind api");
        }
        let prints = self.capability.iter().any(|asked| asked.name == "print");
        if !self.template.is_empty() && !prints {
            wrong("template".into(), "needs the capability “print”");
        }
        for (at, template) in self.template.iter().enumerate() {
            if self.template.iter().take(at).any(|other| other.id == template.id) {
                wrong(format!("template[{at}].id"), "stands twice");
            }
            if !is_id(&template.id) || template.id.contains('.') {
                wrong(format!("template[{at}].id"), "lower-case letters, digits and hyphens, as in monthly-proof");
            }
            if template.name.is_empty() {
                wrong(format!("template[{at}].name"), "says what the document is, in Vietnamese and English");
            }
        }
        if let Some(search) = &self.search {
            for (at, name) in search.collections.iter().enumerate() {
                if !self.collection.iter().any(|c| &c.name == name) {
                    wrong(format!("search.collections[{at}]"), "is not among the collections");
                }
            }
        }
        problems
    }

    /// The route of this id that a check may name: GET, and of the kind `api`.
    pub fn check(&self, id: &str) -> Option<&Route> {
        self.route.iter().find(|route| route.id == id && route.kind == RouteKind::Api && route.method == "GET")
    }

    /// What the manifest names among the package's assets and is not there.
    pub fn missing_assets(&self, is_there: impl Fn(&str) -> bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, template) in self.template.iter().enumerate() {
            let named = [("file", &template.file), ("sample", &template.sample)];
            let pictures = template.pictures.iter().map(|path| ("pictures", path));
            for (field, path) in named.into_iter().chain(pictures) {
                if !is_there(path) {
                    let reason = format!("{path} is not in the folder assets");
                    problems.push(Problem { place: format!("template[{at}].{field}"), reason });
                }
            }
        }
        problems
    }

    /// Whether the id is a bundled plugin's: one word. Vendors' ids contain a dot.
    pub fn is_bundled_id(&self) -> bool {
        !self.id.contains('.')
    }

    /// Path of its pages: `/catalogue` or `/x/canteen.example`.
    pub fn base(&self) -> String {
        if self.is_bundled_id() { format!("/{}", self.id) } else { format!("/x/{}", self.id) }
    }
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
        && !id.starts_with('.')
        && !id.ends_with('.')
        && !id.contains("..")
}
