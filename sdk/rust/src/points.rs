//! The extension points: what a plugin may be asked. Implement those you need for
//! one type and name them in [`export!`](crate::export).

use serde::Serialize;
use tram_contract::Text;
use tram_contract::page::Card;
use tram_contract::search::Document;

use crate::bindings::with_indexer::exports::tram::plugin::indexer as wire;
use crate::request::{Field, Principal, Request};
use crate::response::Response;
use crate::store::Row;
use crate::{Error, Result};

pub use crate::bindings::with_job::exports::tram::plugin::job::{Next, Progress, Step};
pub use crate::bindings::with_subscriber::exports::tram::plugin::subscriber::Event;

/// Pages for people (`kind = "page"` in the manifest).
pub trait Pages {
    /// Answers a route. The call is one transaction: an error undoes what it wrote.
    ///
    /// # Errors
    /// Shown to the person as a page with the error's text.
    fn page(request: Request) -> Result<Response>;
}

/// Routes for programs (`kind = "api"` or `"service"`).
pub trait Api {
    /// Answers a route. The call is one transaction: an error undoes what it wrote.
    ///
    /// # Errors
    /// Sent as `application/problem+json`.
    fn answer(request: Request) -> Result<Response>;
}

/// Search documents of stored values.
pub trait Indexer {
    /// The document of a row, or `None` when it is not to be found. Pure: the same
    /// row gives the same document, whenever it is asked; it reads nothing else.
    fn index(collection: &str, row: &Row) -> Option<Document>;
}

/// Work in steps, each its own transaction (at most 4 MB or 10,000 changes).
pub trait Job {
    /// One step. `state` is the arguments when `first`, else what the step before
    /// handed on. A station that was switched off resumes after the last step.
    ///
    /// # Errors
    /// End the job; it is shown as failed with the error's text.
    fn run(job: &str, state: &[u8], first: bool, by: &Principal) -> Result<Step>;
}

/// Places in the shell that the plugin fills.
pub trait Slots {
    /// Cards for `home-card`, `waiting`, `search` or `person-tab`.
    ///
    /// # Errors
    /// Leave the slot empty; the error is logged.
    fn fill(slot: &str, context: &[Field], by: &Principal) -> Result<Vec<Card>>;
}

/// Listens to events of this or other plugins, as the manifest subscribes.
pub trait Subscriber {
    /// Takes one event, in its own transaction, in order. It may come again.
    ///
    /// # Errors
    /// The event comes again; after five failures it is parked, visibly.
    fn on_event(event: Event) -> Result<()>;
}

/// Answers other plugins' questions, brokered by the host.
pub trait Queryable {
    /// Answers a query of the manifest.
    ///
    /// # Errors
    /// Go to the plugin that asked.
    fn query(name: &str, arguments: &[u8], by: &Principal) -> Result<Vec<u8>>;
}

/// A file that is read piece by piece.
pub trait Source: std::io::Read + std::io::Seek {}

impl<T: std::io::Read + std::io::Seek> Source for T {}

/// What an [`Extractor`] found: the document, and files made from the one given
/// (name, media type, bytes; at most 4 MiB together). Larger ones go to a
/// [`Sink`](crate::extract::Sink).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extracted {
    /// Text, kind, length, contents.
    pub document: tram_contract::extract::Extract,
    /// Thumbnails and the like.
    pub derived: Vec<(String, String, Vec<u8>)>,
}

/// Looks into files from strangers. It may take a minute and 192 MiB; it has no
/// capability, and what it does wrong ends with it.
pub trait Extractor {
    /// What is in the file. Pure: the same file gives the same answer.
    ///
    /// # Errors
    /// Shown to the file's owner: codes `unreadable`, `encrypted`, `hostile`.
    fn extract(name: &str, media_type: &str, source: &mut dyn Source) -> Result<Extracted>;
}

impl Progress {
    /// How far a job is. `total` 0: not known yet.
    pub fn new(done: u64, total: u64, message: impl Into<Text>) -> Self {
        Self { done, total, message: message.into().encode() }
    }
}

impl Step {
    /// Another step follows and gets `state` as JSON.
    ///
    /// # Errors
    /// `bad-value` when `state` cannot be written as JSON.
    pub fn again(progress: Progress, state: &impl Serialize) -> Result<Self> {
        Ok(Self { progress, next: Next::Continue(serde_json::to_vec(state)?) })
    }

    /// The job is done; `outcome` is kept as JSON for [`jobs::status`](crate::jobs::status).
    ///
    /// # Errors
    /// `bad-value` when `outcome` cannot be written as JSON.
    pub fn done(progress: Progress, outcome: &impl Serialize) -> Result<Self> {
        Ok(Self { progress, next: Next::Done(serde_json::to_vec(outcome)?) })
    }
}

/// What the macro [`export!`](crate::export) puts between the contract and the
/// traits. Not for authors.
#[doc(hidden)]
pub mod glue {
    use super::*;

    pub fn pages<P: Pages>(request: Request) -> Result<Response> {
        crate::start();
        P::page(request)
    }

    pub fn api<P: Api>(request: Request) -> Result<Response> {
        crate::start();
        P::answer(request)
    }

    pub fn indexer<P: Indexer>(collection: &str, rows: Vec<Row>) -> Vec<wire::Document> {
        crate::start();
        rows.into_iter()
            .filter_map(|row| {
                let document = P::index(collection, &row)?;
                Some(wire::Document {
                    key: row.key,
                    visibility: document.visibility,
                    texts: document.texts.into_iter().map(|(field, value)| wire::Text { field, value }).collect(),
                    numbers: document.numbers.into_iter().map(|(field, value)| wire::Number { field, value }).collect(),
                })
            })
            .collect()
    }

    pub fn job<P: Job>(job: &str, state: &[u8], first: bool, by: &Principal) -> Result<Step> {
        crate::start();
        P::run(job, state, first, by)
    }

    pub fn subscriber<P: Subscriber>(event: Event) -> Result<()> {
        crate::start();
        P::on_event(event)
    }

    pub fn slots<P: Slots>(slot: &str, context: &[Field], by: &Principal) -> Result<Vec<u8>> {
        crate::start();
        serde_json::to_vec(&P::fill(slot, context, by)?).map_err(Error::from)
    }

    #[cfg(target_arch = "wasm32")]
    pub fn extractor<P: Extractor>(
        name: &str,
        media_type: &str,
    ) -> Result<crate::bindings::with_extractor::exports::tram::plugin::extractor::Answer> {
        use crate::bindings::with_extractor::exports::tram::plugin::extractor as wire;
        // Not `start`: it would import the log, and an extractor has nothing.
        let mut source = std::io::BufReader::with_capacity(64 << 10, crate::extract::SourceFile::default());
        let found = P::extract(name, media_type, &mut source)?;
        let derived = found
            .derived
            .into_iter()
            .map(|(name, media_type, bytes)| wire::Derived { name, media_type, bytes })
            .collect();
        Ok(wire::Answer { document: serde_json::to_vec(&found.document)?, derived })
    }

    pub fn queryable<P: Queryable>(name: &str, arguments: &[u8], by: &Principal) -> Result<Vec<u8>> {
        crate::start();
        P::query(name, arguments, by)
    }
}

/// Makes the component: exports the named extension points of a type.
///
/// ```
/// use tram_sdk::prelude::*;
///
/// struct Greeter;
///
/// impl Pages for Greeter {
///     fn page(_request: Request) -> Result<Response> {
///         let text = Text::vi_en("Xin chào!", "Hello!");
///         Ok(Response::page(&Page::new(text, vec![])))
///     }
/// }
///
/// tram_sdk::export!(Greeter: pages);
/// ```
///
/// The points are `pages`, `api`, `indexer`, `job`, `subscriber`, `slots`,
/// `queryable` and `extractor`. What is not named is not in the component.
#[macro_export]
macro_rules! export {
    ($plugin:ty : $($point:ident),+ $(,)?) => {
        $( $crate::__export_point!($point $plugin); )+
    };
}

/// One extension point of [`export!`]. Compiled natively it only checks that the
/// trait is there, so that `cargo test` and `cargo check` see the mistake too.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_point {
    (pages $plugin:ty) => {
        $crate::__export_guest!(with_pages pages Pages $plugin {
            fn handle(request: $crate::Request) -> $crate::Result<$crate::Response> {
                $crate::points::glue::pages::<$plugin>(request)
            }
        });
    };
    (api $plugin:ty) => {
        $crate::__export_guest!(with_api api Api $plugin {
            fn handle(request: $crate::Request) -> $crate::Result<$crate::Response> {
                $crate::points::glue::api::<$plugin>(request)
            }
        });
    };
    (indexer $plugin:ty) => {
        $crate::__export_guest!(with_indexer indexer Indexer $plugin {
            fn index(
                collection: ::std::string::String,
                rows: ::std::vec::Vec<$crate::store::Row>,
            ) -> ::std::vec::Vec<$crate::bindings::with_indexer::exports::tram::plugin::indexer::Document> {
                $crate::points::glue::indexer::<$plugin>(&collection, rows)
            }
        });
    };
    (job $plugin:ty) => {
        $crate::__export_guest!(with_job job Job $plugin {
            fn run(
                job: ::std::string::String,
                state: ::std::vec::Vec<u8>,
                first: bool,
                by: $crate::Principal,
            ) -> $crate::Result<$crate::Step> {
                $crate::points::glue::job::<$plugin>(&job, &state, first, &by)
            }
        });
    };
    (subscriber $plugin:ty) => {
        $crate::__export_guest!(with_subscriber subscriber Subscriber $plugin {
            fn on_event(event: $crate::Event) -> $crate::Result<()> {
                $crate::points::glue::subscriber::<$plugin>(event)
            }
        });
    };
    (slots $plugin:ty) => {
        $crate::__export_guest!(with_slots slots Slots $plugin {
            fn fill(
                slot: ::std::string::String,
                context: ::std::vec::Vec<$crate::Field>,
                by: $crate::Principal,
            ) -> $crate::Result<::std::vec::Vec<u8>> {
                $crate::points::glue::slots::<$plugin>(&slot, &context, &by)
            }
        });
    };
    (extractor $plugin:ty) => {
        $crate::__export_guest!(with_extractor extractor Extractor $plugin {
            fn extract(
                name: ::std::string::String,
                media_type: ::std::string::String,
            ) -> $crate::Result<$crate::bindings::with_extractor::exports::tram::plugin::extractor::Answer> {
                $crate::points::glue::extractor::<$plugin>(&name, &media_type)
            }
        });
    };
    (queryable $plugin:ty) => {
        $crate::__export_guest!(with_queryable queryable Queryable $plugin {
            fn query(
                name: ::std::string::String,
                arguments: ::std::vec::Vec<u8>,
                by: $crate::Principal,
            ) -> $crate::Result<::std::vec::Vec<u8>> {
                $crate::points::glue::queryable::<$plugin>(&name, &arguments, &by)
            }
        });
    };
}

/// The part that is alike for all points of [`export!`].
#[doc(hidden)]
#[macro_export]
macro_rules! __export_guest {
    ($world:ident $point:ident $trait:ident $plugin:ty { $($method:tt)* }) => {
        const _: fn() = || {
            fn is_implemented<P: $crate::$trait>() {}
            is_implemented::<$plugin>();
        };
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;
            impl $crate::bindings::$world::exports::tram::plugin::$point::Guest for Exported {
                $($method)*
            }
            $crate::bindings::$world::export!(Exported with_types_in $crate::bindings::$world);
        };
    };
}
