//! All that a template can see: itself, its data and pictures, the official form, the
//! fonts. There is nothing behind it: a path that is not listed does not exist.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use tram_contract::Text;
use typst::diag::{FileError, FileResult, PackageError};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::PrintError;
use crate::fonts::FONTS;
use crate::job::{Job, Moment};
use crate::letters::{legible, warning};

/// The official form of documents.
const FORM: &str = include_str!("../forms/form.typ");

/// One job's world.
pub(crate) struct Sealed {
    library: LazyHash<Library>,
    main: FileId,
    sources: HashMap<FileId, Source>,
    files: HashMap<FileId, Bytes>,
    today: Option<Datetime>,
}

fn id(path: &str) -> Result<FileId, PrintError> {
    let path = VirtualPath::new(path).map_err(|error| PrintError::Data { reason: format!("{path}: {error}") })?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// The JSON anew, with letters that can be shown: an escape hides none.
fn data(bytes: &[u8], missing: &mut BTreeSet<char>) -> Result<Bytes, PrintError> {
    if bytes.is_empty() {
        return Ok(Bytes::from_string("{}"));
    }
    let unreadable = |error: serde_json::Error| PrintError::Data { reason: error.to_string() };
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    let text = serde_json::to_string(&value).map_err(unreadable)?;
    Ok(Bytes::from_string(legible(&text, missing)))
}

impl Sealed {
    /// The world of a job, and what should be said about its letters.
    pub(crate) fn new(job: &Job) -> Result<(Self, Option<Text>), PrintError> {
        let mut missing = BTreeSet::new();
        let main = id("/main.typ")?;
        let mut sources = HashMap::new();
        let form = id("/tram/form.typ")?;
        sources.insert(form, Source::new(form, FORM.to_owned()));
        sources.insert(main, Source::new(main, legible(&job.template, &mut missing)));
        let mut files = HashMap::new();
        files.insert(id("/data.json")?, data(&job.data, &mut missing)?);
        files.insert(id("/station.json")?, data(&job.station, &mut missing)?);
        for (name, bytes) in &job.pictures {
            files.insert(id(&format!("/pictures/{name}"))?, Bytes::new(bytes.clone()));
        }
        let Moment { year, month, day, .. } = job.moment;
        let world = Self {
            library: LazyHash::new(Library::default()),
            main,
            sources,
            files,
            today: Datetime::from_ymd(year, month, day),
        };
        Ok((world, warning(&missing)))
    }
}

fn nothing(id: FileId) -> FileError {
    match id.root() {
        VirtualRoot::Package(_) => FileError::Package(PackageError::Other(Some("packages are not used here".into()))),
        VirtualRoot::Project => FileError::NotFound(PathBuf::from(id.vpath().get_with_slash())),
    }
}

impl World for Sealed {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.sources.get(&id).cloned().ok_or_else(|| nothing(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let source = || self.sources.get(&id).map(|source| Bytes::from_string(source.text().to_owned()));
        self.files.get(&id).cloned().or_else(source).ok_or_else(|| nothing(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}
