//! OAI-PMH 2.0: what harvesters (library union catalogues, a province's portal) ask a
//! school for. A plugin implements [`Repository`] over its own rows; this module speaks
//! the protocol: verbs, dates, sets, resumption tokens, deleted records, errors.
//!
//! Tokens hold everything that the next page needs and no secret, so they outlive a
//! restart; each is checked like any other argument.

mod date;
mod dc;
mod lom;
mod reply;
mod request;
mod token;
mod xml;

pub use date::Stamp;
pub use reply::respond;

use tram_contract::Text;

/// A metadata format that a repository gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Dublin Core, which every repository gives.
    OaiDc,
    /// IEEE Learning Object Metadata.
    Lom,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 2] = [Self::OaiDc, Self::Lom];

    /// Its name in requests.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::OaiDc => "oai_dc",
            Self::Lom => "lom",
        }
    }

    const fn schema(self) -> &'static str {
        match self {
            Self::OaiDc => "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
            Self::Lom => "http://ltsc.ieee.org/xsd/lomv1.0/lom.xsd",
        }
    }

    const fn namespace(self) -> &'static str {
        match self {
            Self::OaiDc => "http://www.openarchives.org/OAI/2.0/oai_dc/",
            Self::Lom => "http://ltsc.ieee.org/xsd/LOM",
        }
    }

    fn of(prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.prefix() == prefix)
    }
}

/// What a repository says of itself.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What it is called.
    pub name: String,
    /// Address of the requests, without a query.
    pub base_url: String,
    /// The second part of identifiers, `oai:HERE:…`; a host name.
    pub namespace: String,
    /// Whom to write to.
    pub admin_email: String,
    /// No record is older than this.
    pub earliest: Stamp,
}

/// A part of the repository that can be harvested by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its name in requests: letters, digits, `-._`, levels divided by `:`.
    pub spec: String,
    /// What it is called.
    pub name: String,
}

/// A record: what it is about, or that it is gone.
#[derive(Debug, Clone)]
pub struct Item {
    /// Id within the repository; the last part of the identifier.
    pub id: String,
    /// When it was last published, changed or withdrawn.
    pub stamp: Stamp,
    /// Sets that it is in.
    pub sets: Vec<String>,
    /// None: it was withdrawn.
    pub about: Option<Box<Description>>,
}

/// What there is to know of a learning object, in both formats.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// Title.
    pub title: String,
    /// Authors.
    pub creators: Vec<String>,
    /// Others who had a part in it.
    pub contributors: Vec<String>,
    /// Free key words.
    pub keywords: Vec<String>,
    /// Description.
    pub summary: String,
    /// The school.
    pub publisher: String,
    /// Civil date of publication, `2026-11-24`; empty when not known.
    pub date: String,
    /// Kind of material, in words for people.
    pub kind: String,
    /// The same in the vocabulary of LOM (`lecture`, `exercise`, `slide`, …); empty when
    /// it has no word there.
    pub lom_kind: String,
    /// Media types of its files.
    pub formats: Vec<String>,
    /// Bytes of its files.
    pub size: Option<u64>,
    /// Where it is read.
    pub url: String,
    /// Language, `vi`.
    pub language: String,
    /// What it is taken from, or stands by.
    pub sources: Vec<String>,
    /// Its place in the curriculum: each a path from the widest to the narrowest, as
    /// subject, grade, unit, lesson.
    pub curriculum: Vec<Vec<String>>,
    /// The outcomes (yêu cầu cần đạt): code and text.
    pub outcomes: Vec<(String, String)>,
    /// Grade or age in words, `lớp 8`.
    pub grade: String,
    /// Minutes that a learner needs; 0 when not known.
    pub minutes: u32,
    /// Version in words.
    pub version: String,
    /// Conditions of use: a licence's name and address, or a sentence.
    pub rights: String,
    /// Whether it may be used only within limits (for LOM's yes or no).
    pub restricted: bool,
}

/// Which records a page is to hold, by (stamp, id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Not older than this.
    pub from: Option<Stamp>,
    /// Not newer than this.
    pub until: Option<Stamp>,
    /// Only of this set (and sets below it).
    pub set: Option<String>,
    /// Behind this one.
    pub after: Option<(Stamp, String)>,
    /// At most so many.
    pub limit: usize,
}

/// A page of records.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// By (stamp, id), rising.
    pub items: Vec<Item>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// Records to be harvested.
pub trait Repository {
    /// What goes wrong below.
    type Error;

    /// What it says of itself.
    ///
    /// # Errors
    /// It cannot be read.
    fn identity(&self) -> Result<Identity, Self::Error>;

    /// Its sets; empty when it has none.
    ///
    /// # Errors
    /// They cannot be read.
    fn sets(&self) -> Result<Vec<Set>, Self::Error>;

    /// The record of this id, withdrawn or not; none when there never was one that the
    /// public may know of.
    ///
    /// # Errors
    /// It cannot be read.
    fn item(&self, id: &str) -> Result<Option<Item>, Self::Error>;

    /// A page of records.
    ///
    /// # Errors
    /// They cannot be read.
    fn page(&self, query: &Query) -> Result<Page, Self::Error>;
}

/// Records of one page of a list.
pub const PAGE: usize = 50;

/// The media type of replies.
pub const MEDIA_TYPE: &str = "text/xml; charset=utf-8";

/// An error of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) text: Text,
}

impl Fault {
    pub(crate) fn new(code: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, text: Text::vi_en(vi, en) }
    }

    pub(crate) fn argument(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new("badArgument", vi, en)
    }

    pub(crate) fn token() -> Self {
        Self::new(
            "badResumptionToken",
            "Mã tiếp tục (resumptionToken) không dùng được; hãy bắt đầu lại từ trang đầu.",
            "The resumptionToken cannot be used; begin again with the first page.",
        )
    }
}
