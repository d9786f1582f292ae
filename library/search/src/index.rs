//! The index on disk: opening, writing, and handing out snapshots to search.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::directory::MmapDirectory;
use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::{DocAddress, IndexReader, IndexWriter, ReloadPolicy, Searcher, Term};
use tram_contract::search::{Document, Schema};

use crate::analyse::{self, Analyser, Form};
use crate::collation::Collation;
use crate::document::{Flight, Prepared};
use crate::error::Error;
use crate::key;
use crate::layout::Layout;
use crate::merge::Merging;

/// Memory that documents are gathered in before a segment is written, in bytes:
/// the least that the engine takes.
const WRITER_BUDGET: usize = 15_000_000;

/// Blocks of stored text kept decompressed for each segment, 16 KB each.
const STORE_BLOCKS: usize = 8;

/// Changes for the index, from one place of the journal.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The journal's sequence that the batch belongs to.
    pub sequence: u64,
    /// Root keys whose documents go. A key that is in `add` must stand here
    /// too, unless it is new: adding does not replace.
    pub remove: Vec<String>,
    /// Root key and document. A root may have several documents.
    pub add: Vec<(String, Document)>,
}

/// The size of an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Documents that can be found.
    pub documents: u64,
    /// Removed documents that a merge has not dropped yet.
    pub removed: u64,
    /// Segments.
    pub segments: usize,
    /// Bytes of all files in the folder.
    pub bytes: u64,
}

/// The engine's writer, and what it has taken since its last commit.
struct Writer {
    engine: IndexWriter<Prepared>,
    /// Hashes of the keys of documents that no snapshot shows yet. Two keys of one hash
    /// cost a removal that finds nothing.
    unseen: HashSet<u64>,
}

/// A search index in a folder of its own. It is a reader of the journal: what it
/// holds can always be built again.
///
/// All methods take `&self`; searches run on a snapshot and never wait for the
/// writer.
pub struct Index {
    folder: PathBuf,
    identity: String,
    engine: tantivy::Index,
    reader: IndexReader,
    writer: Mutex<Option<Writer>>,
    flight: Arc<Flight>,
    sequence: AtomicU64,
    pub(crate) layout: Layout,
    collation: Collation,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("folder", &self.folder).field("sequence", &self.sequence()).finish()
    }
}

/// What a commit says about itself: the identity and the journal's sequence.
fn payload(identity: &str, sequence: u64) -> String {
    format!("{sequence} {identity}")
}

fn read_payload(payload: &str) -> Option<(&str, u64)> {
    let (sequence, identity) = payload.split_once(' ')?;
    Some((identity, sequence.parse().ok()?))
}

/// What the engine says about files that are not as it left them.
fn damaged(error: tantivy::TantivyError) -> Error {
    match error {
        tantivy::TantivyError::IoError(io) => Error::Io(std::io::Error::new(io.kind(), io)),
        tantivy::TantivyError::LockFailure(..) => Error::Engine(error),
        other => Error::Damaged(other.to_string()),
    }
}

impl Index {
    /// Opens the index in `folder`, creating both when there is none.
    ///
    /// `identity` names what the documents depend on: a hash of the schema and
    /// the plugin. This crate adds the version of its own analyser.
    ///
    /// # Errors
    /// [`Error::OtherIdentity`] when the folder was built for another one,
    /// [`Error::Damaged`] when it cannot be read, [`Error::Schema`] when the
    /// schema asks for what cannot be.
    pub fn open(folder: &Path, schema: &Schema, identity: &str) -> Result<Self, Error> {
        let identity = format!("{identity}/{}", analyse::VERSION);
        let layout = Layout::new(schema)?;
        let collation = Collation::new()?;
        std::fs::create_dir_all(folder)?;
        let directory = MmapDirectory::open(folder).map_err(|error| damaged(error.into()))?;
        let exists = tantivy::Index::exists(&directory).map_err(|error| damaged(error.into()))?;
        let engine = if exists {
            tantivy::Index::open(directory).map_err(damaged)?
        } else {
            tantivy::Index::create(directory, layout.schema.clone(), tantivy::IndexSettings::default())?
        };
        for form in [Form::Exact, Form::Folded, Form::Bare] {
            engine.tokenizers().register(form.name(), Analyser(form));
        }
        let meta = engine.load_metas().map_err(damaged)?;
        let stored = meta.payload.as_deref().map(|text| read_payload(text).unwrap_or((text, 0)));
        // Killed between the creation and the first commit, there is nothing in
        // it that could be another's.
        let fresh = stored.is_none() && meta.segments.is_empty();
        if let Some((found, _)) = stored.filter(|(found, _)| *found != identity) {
            return Err(Error::OtherIdentity { found: found.to_owned() });
        }
        if engine.schema() != layout.schema {
            return Err(Error::OtherIdentity { found: "another schema under the same identity".to_owned() });
        }
        let reader = engine
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(STORE_BLOCKS)
            .num_warming_threads(1)
            .try_into()
            .map_err(damaged)?;
        let index = Index {
            folder: folder.to_owned(),
            identity,
            engine,
            reader,
            writer: Mutex::new(None),
            flight: Arc::default(),
            sequence: AtomicU64::new(stored.map_or(0, |(_, sequence)| sequence)),
            layout,
            collation,
        };
        if fresh {
            index.commit(0)?;
        }
        Ok(index)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Writer>> {
        // A panic elsewhere cannot leave the writer half changed: each step is
        // the engine's own.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_writer<T>(&self, work: impl FnOnce(&mut Writer) -> Result<T, Error>) -> Result<T, Error> {
        let mut guard = self.lock();
        let mut writer = match guard.take() {
            Some(writer) => writer,
            None => self.open_writer()?,
        };
        let done = work(&mut writer);
        // After an error the engine may have stopped for good; the next use
        // opens a new writer on the last commit.
        if done.is_ok() {
            *guard = Some(writer);
        }
        done
    }

    fn open_writer(&self) -> Result<Writer, Error> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(WRITER_BUDGET)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let engine: IndexWriter<Prepared> = self.engine.writer_with_options(options)?;
        engine.set_merge_policy(Box::new(Merging::new()));
        Ok(Writer { engine, unseen: HashSet::new() })
    }

    /// Takes the changes of a batch. They can be found after [`Self::commit`];
    /// until then they are in memory, and lost with the process.
    ///
    /// Values of fields that the schema does not have are left out and logged.
    ///
    /// # Errors
    /// [`Error::Engine`]; what was applied since the last commit is then gone
    /// and comes again from the journal, from [`Self::sequence`] on.
    pub fn apply(&self, batch: &Batch) -> Result<(), Error> {
        let mut unknown = BTreeSet::new();
        self.with_writer(|writer| {
            let searcher = self.reader.searcher();
            for key in &batch.remove {
                // Most rows are new. Each removal is looked up in every segment that is
                // written later, so it is worth asking whether there is anything.
                let key = key::term(key);
                let term = Term::from_field_bytes(self.layout.key, &key);
                if writer.unseen.contains(&key::hash(&key)) || searcher.doc_freq(&term)? > 0 {
                    writer.engine.delete_term(term);
                }
            }
            for (place, (key, document)) in (0_u64..).zip(&batch.add) {
                let written = (batch.sequence << 16) | place.min(0xffff);
                let seat = self.flight.board();
                let (document, left_out) = Prepared::new(&self.layout, key, document, written, &self.collation, seat);
                unknown.extend(left_out);
                writer.engine.add_document(document)?;
                writer.unseen.insert(key::hash(&key::term(key)));
            }
            Ok(())
        })?;
        if !unknown.is_empty() {
            log::warn!("search documents have values for fields that the schema lacks: {unknown:?}");
        }
        Ok(())
    }

    /// Makes everything applied durable and findable, and remembers that the
    /// journal was read up to `sequence`.
    ///
    /// # Errors
    /// [`Error::Engine`]; the last commit then still stands.
    pub fn commit(&self, sequence: u64) -> Result<(), Error> {
        self.with_writer(|writer| {
            let mut prepared = writer.engine.prepare_commit()?;
            prepared.set_payload(&payload(&self.identity, sequence));
            prepared.commit()?;
            self.reader.reload()?;
            writer.unseen = HashSet::new();
            Ok(())
        })?;
        self.sequence.store(sequence, Ordering::Release);
        Ok(())
    }

    /// The journal's sequence up to which the index has been committed.
    pub fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// Gives the writer's threads and memory back; the next batch opens it
    /// again, which takes about a millisecond. What was applied and not
    /// committed is dropped. Waits for a merge that is running.
    ///
    /// # Errors
    /// [`Error::Engine`] when a merge failed; the index stands as committed.
    pub fn close_writer(&self) -> Result<(), Error> {
        if let Some(writer) = self.lock().take() {
            writer.engine.wait_merging_threads()?;
            self.reader.reload()?;
        }
        Ok(())
    }

    /// Merges all segments into one and deletes the old files, so that nothing
    /// is left of removed documents: the index's part in an erasure. What was
    /// applied and not committed is dropped.
    ///
    /// # Errors
    /// [`Error::Engine`]; the index then stands as it was.
    pub fn compact(&self) -> Result<(), Error> {
        // A merge that is still running would take segments away from this one.
        self.close_writer()?;
        self.with_writer(|writer| {
            writer.engine.set_merge_policy(Box::new(NoMergePolicy));
            let segments = self.engine.searchable_segment_ids()?;
            let searcher = self.reader.searcher();
            let clean = searcher.segment_readers().iter().all(|segment| !segment.has_deletes());
            if segments.len() > 1 || !clean {
                writer.engine.merge(&segments).wait()?;
            }
            writer.engine.set_merge_policy(Box::new(Merging::new()));
            Ok(())
        })?;
        // Files stay while a snapshot maps them; ours must be the new one.
        self.reader.reload()?;
        self.with_writer(|writer| {
            writer.engine.garbage_collect_files().wait()?;
            Ok(())
        })
    }

    /// How many segments a search looks into.
    pub fn segments(&self) -> usize {
        self.reader.searcher().segment_readers().len()
    }

    /// The keys of all documents that can be found, handed out in pieces of at most
    /// `most`. A key of several documents may come several times.
    ///
    /// # Errors
    /// [`Error::Engine`] when a segment cannot be read, and what `take` answers.
    pub fn keys<E: From<Error>>(&self, most: usize, mut take: impl FnMut(&[String]) -> Result<(), E>) -> Result<(), E> {
        let searcher = self.reader.searcher();
        let mut keys = key::Keys::new(&searcher, &self.layout);
        let mut piece = Vec::new();
        for (ordinal, segment) in (0..).zip(searcher.segment_readers()) {
            for doc in segment.doc_ids_alive() {
                piece.push(keys.of(DocAddress::new(ordinal, doc))?);
                if piece.len() >= most {
                    take(&piece)?;
                    piece.clear();
                }
            }
        }
        if piece.is_empty() { Ok(()) } else { take(&piece) }
    }

    /// How large the index is. Reads the folder.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder cannot be listed.
    pub fn stats(&self) -> Result<Stats, Error> {
        let searcher = self.reader.searcher();
        let mut bytes = 0;
        for entry in std::fs::read_dir(&self.folder)? {
            // A merge may delete a file between listing and asking.
            bytes += entry?.metadata().map(|meta| meta.len()).unwrap_or(0);
        }
        Ok(Stats {
            documents: searcher.num_docs(),
            removed: searcher.segment_readers().iter().map(|segment| u64::from(segment.num_deleted_docs())).sum(),
            segments: searcher.segment_readers().len(),
            bytes,
        })
    }

    /// A snapshot to search.
    pub(crate) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }
}
