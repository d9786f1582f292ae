//! Who asks: the principal of a call, with what it may do.

use std::sync::Arc;

/// What kind of caller a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nobody signed in.
    Public,
    /// A person with a sign-in session.
    Person,
    /// A step of a background job.
    Job,
    /// The owner of the box at its command line.
    Console,
    /// A program with its own credentials.
    Client,
}

impl Kind {
    /// The word that the contract uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Person => "person",
            Self::Job => "job",
            Self::Console => "console",
            Self::Client => "client",
        }
    }
}

/// How the caller reached the station; part of what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// TLS.
    Https,
    /// Plain HTTP from the network: low-risk permissions only.
    Http,
    /// Plain HTTP from the box itself; counts as HTTPS.
    Loopback,
}

impl Channel {
    /// The word that the contract uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Loopback => "loopback",
        }
    }

    /// Whether nobody on the way can read or change what is sent.
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Https | Self::Loopback)
    }
}

/// For whom a permission holds: a relation that the host computes from the
/// directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// Everybody and everything.
    All,
    /// The group (tổ chuyên môn) that the person leads.
    GroupLed,
    /// The classes that the person teaches or is homeroom teacher of.
    ClassTaught,
    /// The class × subject pairs that the person teaches.
    ClassSubjectTaught,
    /// The person alone.
    Own,
    /// The children whose guardian the person is.
    MyChild,
}

impl Relation {
    /// The word in the contract, the manifest and the role tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::GroupLed => "group-led",
            Self::ClassTaught => "class-taught",
            Self::ClassSubjectTaught => "class-subject-taught",
            Self::Own => "self",
            Self::MyChild => "my-child",
        }
    }

    /// The relation of a word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::All, Self::GroupLed, Self::ClassTaught, Self::ClassSubjectTaught, Self::Own, Self::MyChild]
            .into_iter()
            .find(|relation| relation.word() == word)
    }
}

/// A permission and for whom it holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    /// `catalogue.edit`, `people.manage`.
    pub permission: String,
    /// For whom.
    pub relation: Relation,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Principal {
    /// What kind of caller.
    pub kind: Kind,
    /// Text form of the person's id, when it is a person (or acts for one).
    pub person: Option<String>,
    /// What it may do, already cut down to what its channel and the strength of its
    /// sign-in allow.
    pub grants: Arc<[Grant]>,
    /// Ids of the groups that the person belongs to now.
    pub groups: Arc<[String]>,
    /// Ids of the groups that the person leads now.
    pub led: Arc<[String]>,
    /// How it came.
    pub channel: Channel,
    /// Language of the reply, `vi` or `en`.
    pub language: String,
}

impl Principal {
    /// Nobody in particular.
    pub fn public(channel: Channel, language: impl Into<String>) -> Self {
        Self {
            kind: Kind::Public,
            person: None,
            grants: Arc::from([]),
            groups: Arc::from([]),
            led: Arc::from([]),
            channel,
            language: language.into(),
        }
    }

    /// The owner of the box at the command line: holds every permission.
    pub fn console(language: impl Into<String>) -> Self {
        Self { kind: Kind::Console, ..Self::public(Channel::Loopback, language) }
    }

    /// Whether the principal holds the permission, for anybody at all. The console
    /// holds all.
    pub fn holds(&self, permission: &str) -> bool {
        self.kind == Kind::Console || self.grants.iter().any(|grant| grant.permission == permission)
    }

    /// Whether the principal holds the permission for everybody. The console holds all.
    pub fn holds_all(&self, permission: &str) -> bool {
        self.kind == Kind::Console
            || self.grants.iter().any(|grant| grant.permission == permission && grant.relation == Relation::All)
    }

    /// The opaque actor written into the journal: a person's id, or the kind's word.
    pub fn actor(&self) -> &str {
        self.person.as_deref().unwrap_or(self.kind.word())
    }

    /// The visibility tokens of everything this principal may find.
    pub fn visibility(&self) -> Vec<String> {
        let mut tokens = vec!["public".to_owned()];
        if self.kind == Kind::Console {
            tokens.push("all".to_owned());
        }
        tokens.extend(self.person.iter().map(|person| format!("person:{person}")));
        tokens.extend(self.groups.iter().map(|group| format!("group:{group}")));
        tokens.extend(self.led.iter().map(|group| format!("led:{group}")));
        tokens.extend(self.grants.iter().map(|grant| format!("permission:{}", grant.permission)));
        tokens
    }
}
