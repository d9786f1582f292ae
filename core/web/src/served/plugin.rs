//! A plugin without a component: enough routes to try every wall.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::Mutex;

use tram_contract::manifest::{Manifest, Route, Upload as UploadKind};
use tram_contract::page::{Card, Form, FormField, Page, Viewer, Widget};
use tram_host::{
    Asset, Basis, BlobRef, CallError, Error, Found, Grants, Host, JobStatus, PluginState, PluginStatus, Reply,
    ReplyBody, Request, Upload, Uploads,
};
use tram_journal::Journal;
use tram_people::Principal;

use crate::plugins::{Intake, Plugins};

/// The plugin `demo`.
pub(super) struct Fake {
    manifest: Arc<Manifest>,
    sealed: Arc<Mutex<Vec<(String, u64)>>>,
    files: HashMap<String, BlobRef>,
    uploads: Uploads,
}

const MANIFEST: &str = r#"
id = "demo"
version = "0.1.0"
api = "0.1"
name = "Thử"
description = "Thử"
menu = [{ label = "Thử", path = "" }]
permission = [{ id = "demo.edit", name = "Sửa" }]
upload = [
  { id = "lesson", permission = "station.manage", max-size = 3000000, check = "check" },
  { id = "other", permission = "demo.edit" },
]
route = [
  { id = "home", method = "GET", path = "/", kind = "page", public = true },
  { id = "save", method = "POST", path = "/save", kind = "page", public = true, max-body = 3000000 },
  { id = "edit", method = "GET", path = "/edit", kind = "page", permission = "demo.edit" },
  { id = "view", method = "GET", path = "/view", kind = "page", public = true },
  { id = "bytes", method = "GET", path = "/bytes", kind = "api", public = true },
  { id = "trap", method = "GET", path = "/trap", kind = "page", public = true },
  { id = "away", method = "GET", path = "/away", kind = "page", public = true },
  { id = "check", method = "GET", path = "/check", kind = "api", permission = "station.manage" },
  { id = "service", method = "POST", path = "/v1/echo", kind = "service", public = true },
]
"#;

impl Fake {
    /// The plugin with files by their ids; those that begin with `secret` are for readers
    /// who have signed in.
    pub(super) fn with(journal: &Journal, files: HashMap<String, BlobRef>) -> Self {
        let uploads = Uploads::open(journal).unwrap();
        Self { manifest: Arc::new(toml::from_str(MANIFEST).unwrap()), sealed: Arc::default(), files, uploads }
    }
}

struct Sink {
    name: String,
    size: u64,
    sealed: Arc<Mutex<Vec<(String, u64)>>>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Intake for Sink {
    fn seal(self: Box<Self>) -> Result<Upload, Error> {
        self.sealed.lock().unwrap().push((self.name.clone(), self.size));
        Ok(Upload { name: self.name, size: self.size, blob: "b".into(), ..Upload::default() })
    }
}

fn reply(status: u16, body: ReplyBody) -> Reply {
    Reply { status, headers: Vec::new(), body, committed: None, basis: None }
}

impl Plugins for Fake {
    fn plugins(&self) -> Vec<PluginStatus> {
        vec![PluginStatus {
            id: "demo".into(),
            manifest: Arc::clone(&self.manifest),
            state: PluginState::Running,
            embedded: true,
            grants: Grants::default(),
            rights: Vec::new(),
            sentences: Vec::new(),
            ceilings: Default::default(),
            limits: (64 << 20, std::time::Duration::from_secs(2)),
            publisher: None,
            decided: ("system".into(), 0),
            usage: Default::default(),
            hash: String::new(),
            calls: 0,
            failures: 0,
        }]
    }

    fn find(&self, method: &str, path: &str) -> Found {
        let (prefix, service) = if path.starts_with("/api/demo") { ("/api/demo", true) } else { ("/demo", false) };
        let Some(below) = path.strip_prefix(prefix) else { return Found::None };
        let below = if below.is_empty() { "/" } else { below };
        let fits = |route: &&Route| route.path == below && (route.id == "service") == service;
        let routes: Vec<&Route> = self.manifest.route.iter().filter(fits).collect();
        let method = if method == "HEAD" { "GET" } else { method };
        match routes.iter().find(|route| route.method == method) {
            Some(route) => Found::Route {
                plugin: "demo".into(),
                route: Arc::new((*route).clone()),
                params: Vec::new(),
                below: below.into(),
            },
            None if routes.is_empty() => Found::None,
            None => Found::Method { allow: routes.iter().map(|route| route.method.clone()).collect() },
        }
    }

    fn call(&self, _plugin: &str, route: &Route, request: Request, _by: &Principal) -> Result<Reply, CallError> {
        let form = Form {
            action: "save".into(),
            fields: vec![FormField { name: "title".into(), kind: "text".into(), ..FormField::default() }],
            submit: "Lưu".into(),
            ..Form::default()
        };
        Ok(match route.id.as_str() {
            "trap" => return Err(CallError::Trapped { reason: "unreachable".into() }),
            "away" => Reply {
                headers: vec![("location".into(), "https://evil.example/".into())],
                ..reply(303, ReplyBody::Empty)
            },
            "check" if request.query.iter().any(|(name, value)| name == "name" && value.ends_with(".exe")) => {
                reply(422, ReplyBody::Bytes("{\"detail\": \"Không nhận chương trình.\"}".into()))
            }
            "check" => reply(204, ReplyBody::Empty),
            "bytes" => Reply {
                headers: vec![("content-type".into(), "text/html".into())],
                ..reply(200, ReplyBody::Bytes(b"<script>alert(1)</script>".to_vec()))
            },
            "save" => {
                let fields: Vec<String> = request.form.iter().map(|(name, value)| format!("{name}={value}")).collect();
                let files: Vec<String> =
                    request.uploads.iter().map(|file| format!("{}:{}:{}", file.field, file.name, file.size)).collect();
                let text = format!("[{}] [{}]", fields.join(","), files.join(","));
                reply(200, ReplyBody::Page(Page::new("Đã lưu", vec![Widget::Code { text }])))
            }
            "view" => {
                let asked = |name: &str| {
                    let found = request.query.iter().find(|(known, _)| known == name);
                    found.map(|(_, value)| value.clone()).unwrap_or_default()
                };
                let viewer = Viewer {
                    kind: asked("kind"),
                    title: "Bài".into(),
                    blob: asked("file"),
                    format: asked("format"),
                    entry: asked("entry"),
                    state: asked("state"),
                    progress: Some("save".into()),
                    ..Viewer::default()
                };
                reply(200, ReplyBody::Page(Page::new("Xem", vec![Widget::Viewer(viewer)])))
            }
            "service" => reply(200, ReplyBody::Bytes(request.body)),
            _ => reply(200, ReplyBody::Page(Page::new("Trang thử", vec![Widget::Form(form)]))),
        })
    }

    fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    fn upload_kind(&self, plugin: &str, upload: &str) -> Option<(UploadKind, Option<Arc<Route>>)> {
        let kind = self.manifest.upload.iter().find(|kind| plugin == "demo" && kind.id == upload)?.clone();
        let check = self.manifest.route.iter().find(|route| Some(&route.id) == kind.check.as_ref());
        Some((kind, check.cloned().map(Arc::new)))
    }

    fn confirm(&self, _basis: &Basis) -> bool {
        false
    }

    fn runs_here(&self, _plugin: &str) -> bool {
        true
    }

    fn take(&self, _plugin: &str, name: &str, _media_type: &str) -> Result<Box<dyn Intake>, Error> {
        if name == "no-room" {
            return Err(io::Error::other("the disk is full").into());
        }
        Ok(Box::new(Sink { name: name.into(), size: 0, sealed: Arc::clone(&self.sealed) }))
    }

    fn blob(&self, _plugin: &str, id: &str, by: &Principal) -> Option<BlobRef> {
        self.files.get(id).filter(|_| by.person.is_some() || !id.starts_with("secret")).cloned()
    }

    fn file(&self, plugin: &str, id: &str) -> Option<BlobRef> {
        self.files.get(id).filter(|_| plugin == "demo").cloned()
    }

    fn asset(&self, _plugin: &str, path: &str) -> Option<Asset> {
        let (bytes, media_type, hash) = match path {
            "a.txt" => (b"asset".to_vec(), "text/plain", "h1"),
            "large.json" => (b"[1, 2, 3], ".repeat(1_000), "application/json", "h2"),
            _ => return None,
        };
        Some(Asset { bytes: bytes.into(), media_type: media_type.into(), hash: hash.into() })
    }

    fn fill(&self, slot: &str, context: &[(String, String)], _by: &Principal) -> Vec<(String, Vec<Card>)> {
        let query = context.first().map(|(_, value)| value.as_str()).unwrap_or_default();
        let hit = slot == "home-card" || query == "rừng";
        let card = Card { title: format!("Thẻ {slot}").into(), href: "records/1".into(), ..Card::default() };
        vec![("demo".into(), if hit { vec![card] } else { Vec::new() })]
    }

    fn job(&self, _id: &str) -> Result<Option<JobStatus>, Error> {
        Ok(None)
    }

    fn cancel_job(&self, _id: &str) -> bool {
        false
    }

    fn metrics(&self) -> String {
        "tram_calls 1\n".into()
    }

    fn host(&self) -> Option<&Host> {
        None
    }
}
