//! The life of an item: from a draft through its reviews to what pupils see, and back.
//!
//! Every step is checked here against who takes it and where the item stands; pages
//! only ask.

use tram_sdk::store::Entry;
use tram_sdk::{Error, Result, code, events};

use crate::access::{self, Who};
use crate::entries;
use crate::messages::{self as m, Message};
use crate::model::{Act, Edition, ITEMS, Item, Review, Stage, Work, missing, note};

/// What may be done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its authors hand it in.
    Submit,
    /// Its authors take it back to go on with it.
    CallBack,
    /// A reviewer asks for changes.
    AskChanges,
    /// A reviewer approves.
    Approve,
    /// A reviewer approves and it is published at once.
    ApproveAndPublish,
    /// It is shown to its readers.
    Publish,
    /// It is taken from its readers.
    Withdraw,
    /// It is shown again.
    Restore,
    /// A new edition is begun.
    Begin,
    /// What is worked on is thrown away.
    Drop,
}

impl Step {
    /// All.
    pub const ALL: [Self; 10] = [
        Self::Submit,
        Self::CallBack,
        Self::AskChanges,
        Self::Approve,
        Self::ApproveAndPublish,
        Self::Publish,
        Self::Withdraw,
        Self::Restore,
        Self::Begin,
        Self::Drop,
    ];

    /// The word in addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::CallBack => "call-back",
            Self::AskChanges => "ask-changes",
            Self::Approve => "approve",
            Self::ApproveAndPublish => "approve-publish",
            Self::Publish => "publish",
            Self::Withdraw => "withdraw",
            Self::Restore => "restore",
            Self::Begin => "begin",
            Self::Drop => "drop",
        }
    }

    /// The step of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }
}

/// The steps that somebody may take with an item now.
///
/// # Errors
/// As the directory and the settings.
pub fn steps(who: &Who, item: &Item) -> Result<Vec<Step>> {
    let mut out = Vec::new();
    if let Some(work) = &item.work {
        let edits = who.edits(item);
        match work.stage {
            Stage::Draft | Stage::ChangesAsked if edits => out.extend([Step::Submit, Step::Drop]),
            Stage::Submitted | Stage::GroupApproved | Stage::Approved if edits => out.push(Step::CallBack),
            _ => {}
        }
        match work.stage {
            Stage::Submitted if who.reviews_for_group(item)? => {
                if access::leadership_asked()? {
                    out.push(Step::Approve);
                } else {
                    out.extend([Step::ApproveAndPublish, Step::Approve]);
                }
                out.push(Step::AskChanges);
            }
            Stage::GroupApproved if who.reviews_for_leadership(item) => {
                out.extend([Step::ApproveAndPublish, Step::Approve, Step::AskChanges]);
            }
            Stage::Approved if who.reviews_for_leadership(item) || who.reviews_for_group(item)? => {
                out.push(Step::Publish);
            }
            // What was approved before others took the item back, its authors do not use to
            // bring it back.
            Stage::Approved if edits && (is_open_to(who, item) || work.edition.review.since_withdrawal) => {
                out.push(Step::Publish);
            }
            _ => {}
        }
    } else if who.edits(item) && item.live.is_some() {
        out.push(Step::Begin);
    }
    if who.withdraws(item) {
        match &item.withdrawn {
            Some(_) if is_open_to(who, item) || who.approves || who.leads(item) => out.push(Step::Restore),
            Some(_) => {}
            None => out.push(Step::Withdraw),
        }
    }
    Ok(out)
}

/// Whether nobody else took it back. What the leadership took back, its authors do not
/// show again by themselves.
fn is_open_to(who: &Who, item: &Item) -> bool {
    item.withdrawn.as_ref().is_none_or(|act| act.person == who.person)
}

/// Why somebody may not take a step: told to those who see the item.
fn refused(who: &Who, item: &Item, step: Step) -> Error {
    let own = item.is_author(&who.person);
    let message: &Message = match (step, &item.work) {
        (Step::Approve | Step::ApproveAndPublish | Step::AskChanges, _) if own => &m::REFUSED_OWN,
        (Step::Submit, Some(work)) if !work.stage.is_open() => &m::REFUSED_OPEN_REVIEW,
        (Step::Begin, Some(_)) => &m::REFUSED_OPEN_REVIEW,
        (Step::Publish, Some(work)) if work.stage == Stage::Approved && own => &m::REFUSED_WITHDRAWN,
        (Step::Approve | Step::ApproveAndPublish | Step::AskChanges, Some(work)) => match work.stage {
            Stage::Submitted => &m::REFUSED_NOT_HEAD,
            Stage::GroupApproved => &m::REFUSED_NOT_LEADERSHIP,
            _ => &m::REFUSED_STAGE,
        },
        _ => &m::REFUSED_STAGE,
    };
    let wrong_person = matches!(message.vi, vi if vi == m::REFUSED_OWN.vi || vi == m::REFUSED_NOT_HEAD.vi || vi == m::REFUSED_NOT_LEADERSHIP.vi);
    Error::new(if wrong_person { code::FORBIDDEN } else { CONFLICT }, message.text())
}

/// Where an item stands forbids the step (409).
pub const CONFLICT: &str = "stale";

/// What is missing before an edition can be handed in.
#[must_use]
pub fn gaps(edition: &Edition) -> Vec<&'static Message> {
    let meta = &edition.meta;
    let mut gaps = Vec::new();
    if meta.title.is_empty() {
        gaps.push(&m::GAP_TITLE);
    }
    if meta.subject.is_empty() {
        gaps.push(&m::GAP_SUBJECT);
    }
    if meta.grades.is_empty() {
        gaps.push(&m::GAP_GRADES);
    }
    if edition.files.is_empty() {
        gaps.push(&m::GAP_FILES);
    }
    gaps
}

/// Takes a step.
///
/// # Errors
/// `not-found` for those who may not know of the item; `forbidden` for the wrong person;
/// `stale` where the item stands otherwise by now; `bad-request` when something is
/// missing; as the store.
pub fn take(who: &Who, entry: &Entry<Item>, step: Step, version: u64, comment: &str) -> Result<()> {
    let item = &entry.value;
    if !who.sees_work(item) {
        return Err(missing());
    }
    if version != entry.version {
        return Err(Error::new(CONFLICT, m::STALE.text()));
    }
    if !steps(who, item)?.contains(&step) {
        return Err(refused(who, item, step));
    }
    if step == Step::AskChanges && comment.trim().is_empty() {
        return Err(Error::invalid(m::SAY_WHAT.text()));
    }
    let mut next = item.clone();
    let act = who.act(comment);
    let done = apply(&mut next, step, &act)?;
    if next.live.is_none() && next.work.is_none() {
        // A draft that was thrown away before anything was published: nothing is left.
        ITEMS.delete(&entry.key, Some(version))?;
        entries::remove(&entry.key)?;
        crate::files::give_back(item, None)?;
    } else {
        ITEMS.replace(&entry.key, &next, version)?;
        entries::refresh(&entry.key, &next)?;
        crate::files::give_back(item, Some(&next))?;
    }
    // The records of the catalogue that it was and is the same as.
    let mut records: Vec<&str> =
        [&item.live, &next.live].into_iter().flatten().map(|e| e.meta.record.as_str()).collect();
    records.retain(|record| !record.is_empty());
    records.dedup();
    for (action, edition) in done {
        note(&entry.key, action, edition, &act)?;
        if matches!(action, "published" | "withdrawn" | "restored") {
            events::emit(action, &serde_json::json!({ "item": entry.id(), "edition": edition, "records": records }))?;
        }
    }
    Ok(())
}

/// Changes an item by a step that is allowed; what is to be noted, with the edition.
fn apply(item: &mut Item, step: Step, act: &Act) -> Result<Vec<(&'static str, u32)>> {
    let live_number = item.live.as_ref().map_or(0, |edition| edition.number);
    match step {
        Step::Withdraw => {
            item.withdrawn = Some(act.clone());
            if let Some(work) = &mut item.work {
                work.edition.review.since_withdrawal = false;
            }
            return Ok(vec![("withdrawn", live_number)]);
        }
        Step::Restore => {
            item.withdrawn = None;
            return Ok(vec![("restored", live_number)]);
        }
        Step::Begin => {
            let mut edition = item.live.clone().ok_or_else(missing)?;
            edition.number = live_number.saturating_add(1);
            edition.review = Review::default();
            let number = edition.number;
            item.work = Some(Work { edition, stage: Stage::Draft, since_ms: act.unix_ms });
            return Ok(vec![("begun", number)]);
        }
        Step::Drop => {
            let number = item.work.take().map_or(0, |work| work.edition.number);
            return Ok(vec![("dropped", number)]);
        }
        _ => {}
    }
    let withdrawn = item.withdrawn.is_some();
    let work = item.work.as_mut().ok_or_else(missing)?;
    let number = work.edition.number;
    work.since_ms = act.unix_ms;
    let review = &mut work.edition.review;
    let mut done = Vec::new();
    match step {
        Step::Submit => {
            if let Some(gap) = gaps(&work.edition).first() {
                return Err(Error::invalid(gap.text()));
            }
            work.edition.review = Review { submitted: Some(act.clone()), ..Review::default() };
            work.stage = Stage::Submitted;
            done.push(("submitted", number));
        }
        Step::CallBack => {
            work.stage = Stage::Draft;
            done.push(("called-back", number));
        }
        Step::AskChanges => {
            review.group = None;
            work.stage = Stage::ChangesAsked;
            done.push(("changes-asked", number));
        }
        Step::Approve | Step::ApproveAndPublish if work.stage == Stage::Submitted => {
            review.group = Some(act.clone());
            review.since_withdrawal = withdrawn;
            let more = access::leadership_asked()?;
            work.stage = if more { Stage::GroupApproved } else { Stage::Approved };
            done.push(("group-approved", number));
        }
        Step::Approve | Step::ApproveAndPublish => {
            review.leadership = Some(act.clone());
            review.since_withdrawal = withdrawn;
            work.stage = Stage::Approved;
            done.push(("approved", number));
        }
        _ => {}
    }
    if matches!(step, Step::Publish | Step::ApproveAndPublish)
        && let Some(mut work) = item.work.take_if(|work| work.stage == Stage::Approved)
    {
        work.edition.review.published = Some(act.clone());
        work.edition.review.since_withdrawal = false;
        item.past.extend(item.live.replace(work.edition));
        item.withdrawn = None;
        done.push(("published", number));
    }
    Ok(done)
}
