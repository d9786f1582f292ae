//! What the web needs of the plugin host: a seam, so that routing and walls are
//! tested with a plugin of a few lines instead of a compiled component.

use std::io::Write;
use std::sync::Arc;

use tram_contract::manifest::{Route, Upload as UploadKind};
use tram_contract::page::Card;
use tram_host::{
    Asset, Basis, BlobRef, CallError, Error, Found, Host, JobStatus, PluginStatus, Reply, Request, Upload, Uploads,
};
use tram_people::Principal;

/// A file on its way into a plugin's blobs.
pub(crate) trait Intake: Write + Send {
    /// Seals what was written. Dropping without sealing leaves nothing.
    fn seal(self: Box<Self>) -> Result<Upload, Error>;
}

/// The host as the web sees it. Every call may block.
pub(crate) trait Plugins: Send + Sync {
    fn plugins(&self) -> Vec<PluginStatus>;
    fn find(&self, method: &str, path: &str) -> Found;
    fn call(&self, plugin: &str, route: &Route, request: Request, by: &Principal) -> Result<Reply, CallError>;
    /// See [`Host::uploads`].
    fn uploads(&self) -> &Uploads;
    /// See [`Host::upload_kind`].
    fn upload_kind(&self, plugin: &str, upload: &str) -> Option<(UploadKind, Option<Arc<Route>>)>;
    /// See [`Host::confirm`].
    fn confirm(&self, basis: &Basis) -> bool;
    /// See [`Host::runs_here`].
    fn runs_here(&self, plugin: &str) -> bool;
    fn take(&self, plugin: &str, name: &str, media_type: &str) -> Result<Box<dyn Intake>, Error>;
    fn blob(&self, plugin: &str, id: &str, by: &Principal) -> Option<BlobRef>;
    /// See [`Host::file`].
    fn file(&self, plugin: &str, id: &str) -> Option<BlobRef>;
    fn asset(&self, plugin: &str, path: &str) -> Option<Asset>;
    fn fill(&self, slot: &str, context: &[(String, String)], by: &Principal) -> Vec<(String, Vec<Card>)>;
    fn job(&self, id: &str) -> Result<Option<JobStatus>, Error>;
    fn cancel_job(&self, id: &str) -> bool;
    fn metrics(&self) -> String;
    /// The whole host, for the administrator's pages.
    fn host(&self) -> Option<&Host>;
}

impl Intake for tram_host::UploadWriter {
    fn seal(self: Box<Self>) -> Result<Upload, Error> {
        Self::seal(*self)
    }
}

impl Plugins for Host {
    fn plugins(&self) -> Vec<PluginStatus> {
        Self::plugins(self)
    }

    fn find(&self, method: &str, path: &str) -> Found {
        Self::find(self, method, path)
    }

    fn call(&self, plugin: &str, route: &Route, request: Request, by: &Principal) -> Result<Reply, CallError> {
        Self::call(self, plugin, route, request, by)
    }

    fn uploads(&self) -> &Uploads {
        Self::uploads(self)
    }

    fn upload_kind(&self, plugin: &str, upload: &str) -> Option<(UploadKind, Option<Arc<Route>>)> {
        Self::upload_kind(self, plugin, upload)
    }

    fn confirm(&self, basis: &Basis) -> bool {
        Self::confirm(self, basis)
    }

    fn runs_here(&self, plugin: &str) -> bool {
        Self::runs_here(self, plugin)
    }

    fn take(&self, plugin: &str, name: &str, media_type: &str) -> Result<Box<dyn Intake>, Error> {
        Ok(Box::new(self.upload(plugin, name, media_type)?))
    }

    fn blob(&self, plugin: &str, id: &str, by: &Principal) -> Option<BlobRef> {
        Self::blob(self, plugin, id, by)
    }

    fn file(&self, plugin: &str, id: &str) -> Option<BlobRef> {
        Self::file(self, plugin, id)
    }

    fn asset(&self, plugin: &str, path: &str) -> Option<Asset> {
        Self::asset(self, plugin, path)
    }

    fn fill(&self, slot: &str, context: &[(String, String)], by: &Principal) -> Vec<(String, Vec<Card>)> {
        Self::fill(self, slot, context, by)
    }

    fn job(&self, id: &str) -> Result<Option<JobStatus>, Error> {
        Self::job(self, id)
    }

    fn cancel_job(&self, id: &str) -> bool {
        Self::cancel_job(self, id)
    }

    fn metrics(&self) -> String {
        Self::metrics(self)
    }

    fn host(&self) -> Option<&Host> {
        Some(self)
    }
}
