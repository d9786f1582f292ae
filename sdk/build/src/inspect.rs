//! What a plugin file is and what it may do, in sentences.

use tram_contract::Text;
use tram_contract::manifest::{Manifest, Problem, RouteKind};
use tram_contract::package::Package;

use crate::Error;
use crate::component::Surface;
use crate::sign::publisher;

/// What [`inspect`] found.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The manifest.
    pub manifest: Manifest,
    /// What the plugin may do and why, a sentence for each right.
    pub sentences: Vec<Text>,
    /// Capabilities that the component imports.
    pub imports: Vec<String>,
    /// Extension points that it exports.
    pub exports: Vec<String>,
    /// What a station would refuse, with the place.
    pub problems: Vec<Problem>,
    /// Paths and sizes of the assets in bytes.
    pub assets: Vec<(String, usize)>,
    /// Ed25519 public key of who signed it, hexadecimal; none when it is unsigned.
    pub publisher: Option<String>,
    /// Size of the component in bytes, without the assets.
    pub size: usize,
}

/// Reads a plugin file without running it.
///
/// # Errors
/// [`Error::Package`] when it is none, [`Error::Component`] when it is damaged,
/// [`Error::Signature`] when it was changed after it was signed.
pub fn inspect(package: &[u8]) -> Result<Inspection, Error> {
    let read = Package::read(package)?;
    let component = read.component();
    let surface = Surface::read(&component)?;
    let mut problems = read.manifest.problems();
    problems.extend(mismatches(&read.manifest, &surface));
    problems.extend(read.manifest.missing_assets(|path| read.assets.iter().any(|asset| asset.path == path)));
    Ok(Inspection {
        sentences: read.manifest.sentences(),
        imports: surface.capabilities().map(str::to_owned).collect(),
        exports: surface.points().map(str::to_owned).collect(),
        problems,
        assets: read.assets.iter().map(|asset| (asset.path.to_owned(), asset.bytes.len())).collect(),
        publisher: publisher(&read)?,
        size: component.len(),
        manifest: read.manifest,
    })
}

/// Where the manifest and the component do not say the same.
pub(crate) fn mismatches(manifest: &Manifest, surface: &Surface) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |place: String, reason: String| problems.push(Problem { place, reason });
    for stranger in surface.strangers() {
        wrong(
            "component".into(),
            format!(
                "imports {stranger}, which is not of the contract; a library it uses wants the outside world \
                 (docs/vendors/getting-started.md says what to use instead)"
            ),
        );
    }
    for capability in surface.capabilities() {
        // The one file of an extractor is no capability, nor are those it makes of it.
        if matches!(capability, "source" | "sink") && !manifest.extractor.is_empty() {
            continue;
        }
        if !manifest.capability.iter().any(|asked| asked.name == capability) {
            wrong(
                "capability".into(),
                format!(
                    "the component imports {capability}; add [[capability]] with name = \"{capability}\" and its purpose"
                ),
            );
        }
    }
    let has = |point: &str| surface.points().any(|exported| exported == point);
    let mut missing = |place: String, point: &str| {
        if !has(point) {
            wrong(place, format!("needs the extension point `{point}`; name it in tram_sdk::export!"));
        }
    };
    for (at, route) in manifest.route.iter().enumerate() {
        let point = match route.kind {
            RouteKind::Page => "pages",
            RouteKind::Api | RouteKind::Service => "api",
        };
        missing(format!("route[{at}]"), point);
    }
    if !manifest.job.is_empty() {
        missing("job".into(), "job");
    }
    if !manifest.slots.is_empty() {
        missing("slots".into(), "slots");
    }
    if !manifest.subscribe.is_empty() {
        missing("subscribe".into(), "subscriber");
    }
    if !manifest.query.is_empty() {
        missing("query".into(), "queryable");
    }
    if !manifest.extractor.is_empty() {
        missing("extractor".into(), "extractor");
    }
    if manifest.search.as_ref().is_some_and(|search| !search.collections.is_empty()) {
        missing("search.collections".into(), "indexer");
    }
    problems
}
