//! Who asks, and what of an item they may see and do.

use tram_sdk::{Principal, Result, directory, settings, value};

use crate::messages as m;
use crate::model::{Act, Edition, FileRef, Item};

/// Reading what is published, signed in.
pub const READ: &str = "materials.read";
/// Making items.
pub const CREATE: &str = "materials.create";
/// Approving for the subject group.
pub const REVIEW: &str = "materials.review";
/// Approving for the leadership.
pub const APPROVE: &str = "materials.approve";
/// Settings, curriculum, reports.
pub const MANAGE: &str = "materials.manage";

/// Setting: `no` when those who have not signed in see nothing.
pub const GUESTS: &str = "guests";
/// Setting: `no` when the subject group's approval is enough.
pub const LEADERSHIP: &str = "leadership";

/// Whether people who have not signed in see what is published.
///
/// # Errors
/// As the settings.
pub fn guests_may() -> Result<bool> {
    Ok(settings::get(GUESTS)?.as_deref() != Some("no"))
}

/// Whether the leadership approves too.
///
/// # Errors
/// As the settings.
pub fn leadership_asked() -> Result<bool> {
    Ok(settings::get(LEADERSHIP)?.as_deref() != Some("no"))
}

/// Who asks.
#[derive(Debug, Clone, Default)]
pub struct Who {
    /// Id; empty when nobody has signed in.
    pub person: String,
    /// Name; empty for those who make nothing.
    pub name: String,
    /// The owner of the box.
    pub console: bool,
    /// May read what is for the school.
    pub reads: bool,
    /// Of the staff: makes items.
    pub makes: bool,
    /// Of the leadership.
    pub approves: bool,
    /// Keeps the repository.
    pub manages: bool,
    /// Subject groups that they belong to.
    pub groups: Vec<String>,
    /// Subject groups that they lead and review for.
    pub led: Vec<String>,
    /// Whether guests may see what is published.
    pub guests: bool,
}

fn ids(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

impl Who {
    /// Who asks. The directory is asked only for those who make or review.
    ///
    /// # Errors
    /// As the directory and the settings.
    pub fn of(by: &Principal) -> Result<Self> {
        let console = by.kind == "console";
        let mut who = Self {
            person: by.person.clone().unwrap_or_default(),
            console,
            reads: console || by.may(READ),
            makes: console || by.may(CREATE),
            approves: console || by.relations(APPROVE).any(|relation| relation == "all"),
            manages: console || by.may(MANAGE),
            guests: guests_may()?,
            ..Self::default()
        };
        let staff = who.makes || by.may(REVIEW) || who.approves || who.manages;
        if staff && !who.person.is_empty() {
            let profile = directory::person(&who.person, &["name", "subject-groups", "groups-led"])?;
            let field = |name: &str| profile.as_ref().and_then(|profile| profile.field(name));
            who.name = field("name").unwrap_or_default().to_owned();
            who.groups = ids(field("subject-groups"));
            if by.may(REVIEW) {
                who.led = ids(field("groups-led"));
            }
        }
        Ok(who)
    }

    /// Whether they may come at all.
    #[must_use]
    pub fn enters(&self) -> bool {
        self.reads || self.makes || self.guests
    }

    /// That they did something now.
    #[must_use]
    pub fn act(&self, comment: &str) -> Act {
        Act {
            person: self.person.clone(),
            name: if self.name.is_empty() { m::STATION.vi.to_owned() } else { self.name.clone() },
            unix_ms: tram_sdk::clock::now().unix_ms,
            comment: comment.trim().chars().take(4000).collect(),
        }
    }

    /// Whether they see what is published.
    #[must_use]
    pub fn sees_live(&self, item: &Item) -> bool {
        let Some(edition) = item.shown() else { return false };
        self.is_audience(&edition.meta.audience) || self.sees_work(item)
    }

    /// Whether they are among those for whom something is published.
    #[must_use]
    pub fn is_audience(&self, audience: &str) -> bool {
        match audience {
            "staff" => self.makes || self.approves,
            "school" => self.reads || self.makes,
            _ => self.enters(),
        }
    }

    /// Whether they see what is not published: its authors, the head of its group, the
    /// leadership; of what came from another school also those who keep the repository.
    #[must_use]
    pub fn sees_work(&self, item: &Item) -> bool {
        self.is_insider(item.is_author(&self.person), item.group(), item.taken)
    }

    /// The same of an item that is known by these three.
    #[must_use]
    pub fn is_insider(&self, is_author: bool, group: &str, taken: bool) -> bool {
        self.console || self.approves || is_author || self.leads_group(group) || (taken && self.manages)
    }

    /// Whether they lead the group that reviews the item.
    #[must_use]
    pub fn leads(&self, item: &Item) -> bool {
        self.leads_group(item.group())
    }

    /// Whether they lead a subject group.
    #[must_use]
    pub fn leads_group(&self, group: &str) -> bool {
        !group.is_empty() && self.led.iter().any(|led| led == group)
    }

    /// The edition of an item that has a file that is wanted, as far as they see it, and
    /// whether it is the published one.
    #[must_use]
    pub fn edition_with<'a>(&self, item: &'a Item, wanted: impl Fn(&FileRef) -> bool) -> Option<(&'a Edition, bool)> {
        let has = |edition: &&Edition| edition.files.iter().any(&wanted);
        if self.sees_live(item)
            && let Some(edition) = item.shown().filter(has)
        {
            return Some((edition, true));
        }
        if !self.sees_work(item) {
            return None;
        }
        let work = item.work.as_ref().map(|work| &work.edition).filter(has);
        work.or(item.live.as_ref().filter(has)).map(|edition| (edition, false))
    }

    /// Whether they see any of it.
    #[must_use]
    pub fn sees(&self, item: &Item) -> bool {
        self.sees_live(item) || self.sees_work(item)
    }

    /// Whether they may change it: its authors, and for what came from another school
    /// those who answer for it here.
    #[must_use]
    pub fn edits(&self, item: &Item) -> bool {
        self.makes && (self.console || self.goes_on(item.is_author(&self.person), item.group(), item.taken))
    }

    /// Whether it is theirs to go on with. The authors of what came from another school
    /// are not here: the leadership, the head of its group and those who keep the
    /// repository stand in for them.
    #[must_use]
    pub fn goes_on(&self, is_author: bool, group: &str, taken: bool) -> bool {
        is_author || (taken && (self.approves || self.manages || self.leads_group(group)))
    }

    /// Whether they may read it for the subject group: its head, never one of its
    /// authors; the leadership where no head can.
    ///
    /// # Errors
    /// As the directory.
    pub fn reviews_for_group(&self, item: &Item) -> Result<bool> {
        if item.is_author(&self.person) {
            return Ok(false);
        }
        Ok(self.leads(item) || (self.approves && !has_head(item)?))
    }

    /// Whether they may read it for the leadership: never one of its authors.
    #[must_use]
    pub fn reviews_for_leadership(&self, item: &Item) -> bool {
        self.approves && !item.is_author(&self.person)
    }

    /// Whether they may take it back or show it again.
    #[must_use]
    pub fn withdraws(&self, item: &Item) -> bool {
        item.live.is_some() && (self.approves || self.leads(item) || self.edits(item))
    }
}

/// Whether the item's group has a head who is not among its authors.
///
/// # Errors
/// As the directory.
pub fn has_head(item: &Item) -> Result<bool> {
    Ok(heads(item.group())?.iter().any(|head| !item.is_author(head)))
}

/// Who leads a subject group.
///
/// # Errors
/// As the directory.
pub fn heads(group: &str) -> Result<Vec<String>> {
    if group.is_empty() {
        return Ok(Vec::new());
    }
    let members = directory::members(group, &["groups-led"])?;
    let leads = |member: &directory::Profile| ids(value(&member.fields, "groups-led")).iter().any(|led| led == group);
    Ok(members.into_iter().filter(leads).map(|member| member.id).collect())
}
