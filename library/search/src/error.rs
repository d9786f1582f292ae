//! What can go wrong in the search service.

/// An error of the search service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder holds an index of another schema, plugin or analyser. The
    /// caller builds a new one in another folder and switches.
    #[error("the index was built for another identity: {found}")]
    OtherIdentity {
        /// The identity that the folder was built for.
        found: String,
    },
    /// The index cannot be read. It is a reader of the journal: delete the
    /// folder and rebuild.
    #[error("the index is damaged: {0}")]
    Damaged(String),
    /// The schema of the manifest names a field twice, or asks for something
    /// that its kind of field cannot do.
    #[error("search schema: {0}")]
    Schema(String),
    /// The query names a field that the schema does not have, or uses one in a
    /// way that its kind does not allow.
    #[error("search field {field:?}: {problem}")]
    Field {
        /// The field as the query named it.
        field: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The query is nested too deep or has too many parts.
    #[error("the query is too complex: {0}")]
    TooComplex(&'static str),
    /// The page lies beyond the 10,000th hit.
    #[error("only the first 10000 hits can be paged through")]
    TooDeep,
    /// The file system failed.
    #[error("the index files: {0}")]
    Io(#[from] std::io::Error),
    /// The engine failed.
    #[error("the search engine: {0}")]
    Engine(#[from] tantivy::TantivyError),
}

impl Error {
    pub(crate) fn field(name: &str, problem: &'static str) -> Self {
        Error::Field { field: name.to_owned(), problem }
    }
}
