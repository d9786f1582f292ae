//! Reviewing: the panel on an item's page, the steps taken from it, and the list of what
//! waits.

use tram_contract::Text;
use tram_contract::page::{Action, Cards, Form, FormField, Page, Tone, Widget};
use tram_sdk::store::Entry;
use tram_sdk::{Error, Request, Response, Result, clock};

use super::{Say, card, dress, hidden, said, say};
use crate::access::{self, Who};
use crate::briefs;
use crate::files;
use crate::messages::{self as m, Message};
use crate::model::{ITEMS, Item, Stage, load, missing};
use crate::words;
use crate::workflow::{self, Step};

/// Items of the list of what waits; the oldest come first.
const LISTED: usize = 500;

/// Where the item stands and what the reader may do about it.
///
/// # Errors
/// As the directory and the settings.
pub(crate) fn panel(say: &Say<'_>, who: &Who, entry: &Entry<Item>, reads_live: bool) -> Result<Vec<Widget>> {
    let item = &entry.value;
    let mut out = Vec::new();
    if let Some(act) = &item.withdrawn {
        let text = say.with(&m::WITHDRAWN_BY, &[&act.name, &clock::moment(act.unix_ms), &act.comment]);
        out.push(Widget::Notice { tone: Tone::Warning, text, links: Vec::new() });
    }
    let steps = workflow::steps(who, item)?;
    if reads_live {
        if item.work.is_some() {
            let links = vec![say.link(&m::TAB_WORK, format!("items/{}?edition=work", entry.id()))];
            out.push(Widget::Notice { tone: Tone::Neutral, text: say.t(&m::NEWER_EDITION), links });
        }
    } else if let Some(work) = &item.work {
        let (_, tone) = words::stage(work.stage);
        let waits: &Message = match work.stage {
            Stage::Draft => &m::WAITS_AUTHOR,
            Stage::Submitted => &m::WAITS_GROUP,
            Stage::ChangesAsked => &m::WAITS_CHANGES,
            Stage::GroupApproved => &m::WAITS_LEADERSHIP,
            Stage::Approved => &m::WAITS_PUBLISHING,
        };
        out.push(Widget::Notice { tone, text: say.t(waits), links: Vec::new() });
        for gap in workflow::gaps(&work.edition).into_iter().filter(|_| work.stage.is_open() && who.edits(item)) {
            out.push(Widget::Paragraph { text: say.t(gap), quiet: true });
        }
        let reviews = [&work.edition.review.submitted, &work.edition.review.group, &work.edition.review.leadership];
        for (act, did) in reviews.into_iter().zip([&m::DID_SUBMITTED, &m::DID_GROUP, &m::DID_APPROVED]) {
            if let Some(act) = act.as_ref().filter(|_| !work.stage.is_open()) {
                let mut line = format!("{}: {}, {}", did.get(say.0), act.name, clock::moment(act.unix_ms));
                if !act.comment.is_empty() {
                    line.push_str(&format!(" – “{}”", act.comment));
                }
                out.push(Widget::Paragraph { text: Text::from(line), quiet: true });
            }
        }
        if work.stage == Stage::ChangesAsked
            && let Some(asked) = last_asked(entry)?
        {
            out.push(Widget::Notice { tone: Tone::Warning, text: Text::from(asked), links: Vec::new() });
        }
    }
    for step in steps {
        let about_live = matches!(step, Step::Withdraw | Step::Restore | Step::Begin);
        if about_live == (reads_live || item.work.is_none()) {
            out.push(button(say, entry, step));
        }
    }
    Ok(out)
}

/// What the last reviewer asked for.
fn last_asked(entry: &Entry<Item>) -> Result<Option<String>> {
    let scan = tram_sdk::store::Scan::prefix(&entry.key).reverse().limit(20);
    let (steps, _) = crate::model::STEPS.scan(&scan)?;
    Ok(steps
        .into_iter()
        .find(|step| step.value.action == "changes-asked")
        .map(|step| format!("{}: {}", step.value.act.name, step.value.act.comment)))
}

fn button(say: &Say<'_>, entry: &Entry<Item>, step: Step) -> Widget {
    let (label, tone): (&Message, Tone) = match step {
        Step::Submit => (&m::SUBMIT, Tone::Primary),
        Step::CallBack => (&m::CALL_BACK, Tone::Neutral),
        Step::AskChanges => (&m::ASK_CHANGES, Tone::Warning),
        Step::Approve => (&m::APPROVE, Tone::Primary),
        Step::ApproveAndPublish => (&m::APPROVE_PUBLISH, Tone::Primary),
        Step::Publish => (&m::PUBLISH, Tone::Primary),
        Step::Withdraw => (&m::WITHDRAW, Tone::Bad),
        Step::Restore => (&m::RESTORE, Tone::Primary),
        Step::Begin => (&m::BEGIN, Tone::Primary),
        Step::Drop => (&m::DROP, Tone::Bad),
    };
    let action = format!("items/{}/step", entry.id());
    let values = vec![("step".to_owned(), step.word().to_owned()), ("version".to_owned(), entry.version.to_string())];
    let confirm = match step {
        Step::Drop => Some(say.t(&m::CONFIRM_DROP)),
        _ => None,
    };
    let asks = matches!(step, Step::Approve | Step::ApproveAndPublish | Step::AskChanges | Step::Withdraw);
    if !asks {
        return Widget::Actions {
            actions: vec![Action {
                label: say.t(label),
                href: action,
                post: true,
                tone,
                confirm,
                values,
                ..Action::default()
            }],
        };
    }
    let required = matches!(step, Step::AskChanges | Step::Withdraw);
    let mut fields: Vec<FormField> = values.into_iter().map(|(name, value)| hidden(&name, value)).collect();
    fields.push(FormField {
        name: "comment".into(),
        label: say.t(if required { &m::WHAT_TO_CHANGE } else { &m::WORD_FOR_AUTHORS }),
        kind: "textarea".into(),
        required,
        ..FormField::default()
    });
    let form = Form { action, method: "post".into(), fields, submit: say.t(label), tone, ..Form::default() };
    Widget::Disclosure { summary: say.t(label), open: false, widgets: vec![Widget::Form(form)] }
}

/// Takes a step.
///
/// # Errors
/// `not-found` also for those who may not know of the item; `forbidden`; as the store.
pub fn step(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let entry = load(request.param("item"))?;
    // Before anything else: whoever may not know of it learns nothing of its files either.
    if !who.sees_work(&entry.value) {
        return Err(missing());
    }
    let step = request.form("step").and_then(Step::named).ok_or_else(|| Error::invalid(m::NO_STEP.text()))?;
    let version = request.form("version").and_then(|text| text.parse().ok()).unwrap_or(0);
    let comment = request.form("comment").unwrap_or_default();
    let held = match dangerous(&entry, step)? {
        Some(name) => Err(Error::invalid(m::GAP_HOSTILE.text_with(&[&name]))),
        None => workflow::take(who, &entry, step, version, comment),
    };
    match held {
        Ok(()) => {}
        // Nothing is lost: the page says how it stands now, with what was typed.
        Err(error) if matches!(error.code.as_str(), "stale" | "bad-request") => {
            return Ok(refused(&say, &entry, &error, comment));
        }
        Err(error) => return Err(error),
    }
    let after = ITEMS.get(&entry.key)?;
    let said = match step {
        Step::Submit => "submitted",
        Step::CallBack => "called-back",
        Step::AskChanges => "changes-asked",
        Step::Approve => "approved",
        Step::ApproveAndPublish | Step::Publish => "published",
        Step::Withdraw => "withdrawn",
        Step::Restore => "restored",
        Step::Begin => "begun",
        Step::Drop => "dropped",
    };
    let id = entry.id();
    Ok(Response::redirect(match (step, after) {
        (_, None) => format!("mine?said={said}"),
        (Step::Begin, _) => format!("items/{id}/edit?said={said}"),
        (_, Some(after)) if after.value.work.is_some() && step != Step::Withdraw => {
            format!("items/{id}?edition=work&said={said}")
        }
        _ => format!("items/{id}?said={said}"),
    }))
}

/// A file among those handed in that was found to be dangerous.
fn dangerous(entry: &Entry<Item>, step: Step) -> Result<Option<String>> {
    if !matches!(step, Step::Submit | Step::Approve | Step::ApproveAndPublish | Step::Publish) {
        return Ok(None);
    }
    let Some(work) = &entry.value.work else { return Ok(None) };
    let (_, hostile) = files::told_apart(&work.edition.files)?;
    Ok(hostile.first().map(|file| files::bare(&file.name).to_owned()))
}

fn refused(say: &Say<'_>, entry: &Entry<Item>, error: &Error, comment: &str) -> Response {
    let links = vec![say.link(&m::SEE_NOW, format!("items/{}?edition=work", entry.id()))];
    let text = error.text();
    let mut widgets = vec![Widget::Notice { tone: Tone::Warning, text: Text::from(text.get(say.0)), links }];
    if !comment.trim().is_empty() {
        widgets.push(Widget::Paragraph { text: say.t(&m::YOU_WROTE), quiet: true });
        widgets.push(Widget::Paragraph { text: Text::from(comment), quiet: false });
    }
    let status = if error.code == "stale" { 409 } else { 422 };
    Response::page(&say.page(&m::NOT_DONE, widgets)).status(status)
}

/// The list of what waits.
///
/// # Errors
/// As the store and the directory.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let keys: Vec<Vec<u8>> = briefs::waiting(who)?.into_iter().map(|entry| entry.key).take(LISTED).collect();
    let waiting: Vec<Entry<Item>> = ITEMS.get_many(&keys)?.into_iter().flatten().collect();
    let mut page: Page = say.page(&m::WAITING, said(request).into_iter().collect());
    let groups: [(&Message, &[Stage]); 3] = [
        (&m::TO_REVIEW, &[Stage::Submitted, Stage::GroupApproved]),
        (&m::TO_CHANGE, &[Stage::Draft, Stage::ChangesAsked]),
        (&m::TO_PUBLISH, &[Stage::Approved]),
    ];
    for (heading, stages) in groups {
        let listed: Vec<_> = waiting
            .iter()
            .filter_map(|entry| {
                let work = entry.value.work.as_ref().filter(|work| stages.contains(&work.stage))?;
                Some((entry, work))
            })
            .collect();
        let mut cards: Vec<_> = listed
            .iter()
            .map(|(entry, work)| {
                let mut found = card(&say, entry, &work.edition, true);
                found.href = format!("items/{}?edition=work", entry.id());
                if let Some(act) = &work.edition.review.submitted {
                    found.facts.push(say.with(&m::HANDED_IN, &[&act.name, &clock::moment(act.unix_ms)]));
                }
                found
            })
            .collect();
        dress(&mut cards, listed.iter().map(|(_, work)| &work.edition))?;
        if !cards.is_empty() {
            page.widgets.push(Widget::Heading { level: 2, text: say.t(heading) });
            page.widgets.push(Widget::Cards(Cards { label: say.t(heading), cards, first: 0 }));
        }
    }
    if waiting.is_empty() {
        page.widgets.push(Widget::Empty { text: say.t(&m::NOTHING_WAITS), links: vec![say.link(&m::MATERIALS, ".")] });
    }
    if !access::leadership_asked()? {
        page.widgets.push(Widget::Paragraph { text: say.t(&m::GROUP_IS_ENOUGH), quiet: true });
    }
    Ok(Response::page(&page))
}
