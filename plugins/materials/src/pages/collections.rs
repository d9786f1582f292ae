//! Collections: the list, one of them, and changing it.

use tram_contract::Text;
use tram_contract::page::{Action, Card, Cards, Choice, Form, FormField, Tone, Widget};
use tram_sdk::store::{Entry, Scan};
use tram_sdk::{Error, Request, Response, Result, code, store};

use super::{Say, hidden, live_cards, said, say};
use crate::access::Who;
use crate::collected::{COLLECTIONS, Collection, MAX_ITEMS};
use crate::messages as m;
use crate::model::{ITEMS, Item, load};

fn all(who: &Who) -> Result<Vec<Entry<Collection>>> {
    let (mut entries, _) = COLLECTIONS.scan(&Scan::all())?;
    entries.retain(|entry| entry.value.is_seen_by(who));
    entries.sort_by_cached_key(|entry| tram_vietnamese::sort_key(&entry.value.name));
    Ok(entries)
}

/// The list; with an item in the address, where to put it.
///
/// # Errors
/// As the store.
pub fn list(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let entries = all(who)?;
    let mut page = say.page(&m::COLLECTIONS, said(request).into_iter().collect());
    let item = request.query("item").filter(|_| who.makes);
    if let Some(id) = item {
        let entry = load(Some(id))?;
        if !who.sees_live(&entry.value) {
            return Err(crate::model::missing());
        }
        let mut choices: Vec<Choice> = entries
            .iter()
            .filter(|entry| entry.value.is_changed_by(who))
            .map(|entry| Choice { value: entry.id(), label: Text::from(entry.value.name.as_str()) })
            .collect();
        choices.push(Choice { value: String::new(), label: say.t(&m::NEW_COLLECTION) });
        page.widgets.push(Widget::Form(make(&say, id, choices)));
    } else if who.makes {
        page.widgets.push(Widget::Disclosure {
            summary: say.t(&m::NEW_COLLECTION),
            open: entries.is_empty(),
            widgets: vec![Widget::Form(make(&say, "", Vec::new()))],
        });
    }
    let cards: Vec<Card> = entries
        .iter()
        .map(|entry| Card {
            title: Text::from(entry.value.name.as_str()),
            href: format!("collections/{}", entry.id()),
            subtitle: Text::from(entry.value.owner_name.as_str()),
            facts: vec![say.with(&m::ITEM_COUNT, &[&entry.value.items.len().to_string()])],
            ..Card::default()
        })
        .collect();
    if cards.is_empty() {
        page.widgets.push(Widget::Empty { text: say.t(&m::NO_COLLECTIONS), links: vec![say.link(&m::MATERIALS, ".")] });
    } else {
        page.widgets.push(Widget::Cards(Cards { label: say.t(&m::COLLECTIONS), cards, first: 0 }));
    }
    Ok(Response::page(&page))
}

fn make(say: &Say<'_>, item: &str, choices: Vec<Choice>) -> Form {
    let mut fields = vec![hidden("item", item)];
    if !item.is_empty() {
        fields.push(FormField {
            name: "collection".into(),
            label: say.t(&m::COLLECTION),
            kind: "select".into(),
            value: choices.first().map(|choice| choice.value.clone()).unwrap_or_default(),
            choices,
            ..FormField::default()
        });
    }
    fields.extend(fields_of(say, &Collection { open: true, ..Collection::default() }, !item.is_empty()));
    Form {
        action: "collections".into(),
        method: "post".into(),
        fields,
        submit: say.t(if item.is_empty() { &m::MAKE_COLLECTION } else { &m::PUT_IN }),
        tone: Tone::Primary,
        ..Form::default()
    }
}

fn fields_of(say: &Say<'_>, collection: &Collection, optional: bool) -> Vec<FormField> {
    let field = |name: &str, label, kind: &str, value: &str| FormField {
        name: name.into(),
        label: say.t(label),
        kind: kind.into(),
        value: value.into(),
        autocomplete: "off".into(),
        ..FormField::default()
    };
    vec![
        FormField { required: !optional, ..field("name", &m::COLLECTION_NAME, "text", &collection.name) },
        field("description", &m::DESCRIPTION, "textarea", &collection.description),
        field("open", &m::COLLECTION_OPEN, "checkbox", if collection.open { "on" } else { "" }),
    ]
}

/// Makes a collection, or puts an item into one.
///
/// # Errors
/// As the store.
pub fn create(request: &Request, who: &Who) -> Result<Response> {
    let item = match request.filled("item") {
        Some(id) => {
            let entry = load(Some(id))?;
            if !who.sees_live(&entry.value) {
                return Err(crate::model::missing());
            }
            Some(entry.id())
        }
        None => None,
    };
    if let (Some(id), Some(item)) = (request.filled("collection"), &item) {
        let mut entry = own(Some(id), who)?;
        if !entry.value.items.contains(item) {
            if entry.value.items.len() >= MAX_ITEMS {
                return Err(Error::invalid(m::COLLECTION_FULL.text_with(&[&MAX_ITEMS.to_string()])));
            }
            entry.value.items.push(item.clone());
            COLLECTIONS.replace(&entry.key, &entry.value, entry.version)?;
        }
        return Ok(Response::redirect(format!("collections/{id}?said=collection")));
    }
    let Some(name) = request.filled("name") else { return Err(Error::invalid(m::COLLECTION_NEEDS_NAME.text())) };
    let collection = Collection {
        name: name.chars().take(200).collect(),
        description: request.form("description").unwrap_or_default().chars().take(4000).collect(),
        owner: who.person.clone(),
        owner_name: who.name.clone(),
        open: request.form("open").is_some(),
        items: item.into_iter().collect(),
        ..Collection::default()
    };
    let key = COLLECTIONS.insert(&collection)?;
    Ok(Response::redirect(format!("collections/{}?said=collection", store::to_hex(&key))))
}

fn seen(id: Option<&str>, who: &Who) -> Result<Entry<Collection>> {
    id.and_then(store::from_hex)
        .map(|key| COLLECTIONS.get(key))
        .transpose()?
        .flatten()
        .filter(|entry| entry.value.is_seen_by(who))
        .ok_or_else(|| Error::not_found(m::NO_COLLECTION.text()))
}

fn own(id: Option<&str>, who: &Who) -> Result<Entry<Collection>> {
    let entry = seen(id, who)?;
    if !entry.value.is_changed_by(who) {
        return Err(Error::new(code::FORBIDDEN, m::NOT_YOUR_COLLECTION.text()));
    }
    Ok(entry)
}

/// One collection. Items that its reader may not see are left out.
///
/// # Errors
/// `not-found`; as the store.
pub fn page(request: &Request, who: &Who) -> Result<Response> {
    let say = say(request);
    let entry = seen(request.param("collection"), who)?;
    let collection = &entry.value;
    let mut page = say.page(&m::COLLECTION, said(request).into_iter().collect());
    page.title = Text::from(collection.name.as_str());
    page.breadcrumbs.push(say.link(&m::COLLECTIONS, "collections"));
    if !collection.description.is_empty() {
        page.widgets.push(Widget::Paragraph { text: Text::from(collection.description.as_str()), quiet: false });
    }
    let keys: Vec<Vec<u8>> = collection.items.iter().filter_map(|id| store::from_hex(id)).collect();
    let items: Vec<Entry<Item>> = ITEMS.get_many(&keys)?.into_iter().flatten().collect();
    let cards = live_cards(&say, who, &items)?;
    if cards.is_empty() {
        page.widgets
            .push(Widget::Empty { text: say.t(&m::EMPTY_COLLECTION), links: vec![say.link(&m::MATERIALS, ".")] });
    } else {
        page.widgets.push(Widget::Cards(Cards { label: page.title.clone(), cards, first: 1 }));
    }
    if collection.is_changed_by(who) {
        page.widgets.push(tools(&say, who, &entry)?);
    }
    Ok(Response::page(&page))
}

fn tools(say: &Say<'_>, who: &Who, entry: &Entry<Collection>) -> Result<Widget> {
    let action = format!("collections/{}", entry.id());
    let mut fields = fields_of(say, &entry.value, false);
    let keys: Vec<Vec<u8>> = entry.value.items.iter().filter_map(|id| store::from_hex(id)).collect();
    for item in ITEMS.get_many(&keys)?.into_iter().flatten() {
        // What was withdrawn since has a title only for those who see it still.
        let title = match item.value.shown().filter(|_| who.sees_live(&item.value)) {
            Some(edition) => super::title_of(edition, say),
            None if who.sees_work(&item.value) => {
                item.value.newest().map(|edition| super::title_of(edition, say)).unwrap_or_default()
            }
            None => m::NOT_SEEN_NOW.get(say.0).to_owned(),
        };
        fields.push(FormField {
            name: format!("remove-{}", item.id()),
            label: say.with(&m::REMOVE_FILE, &[&title]),
            kind: "checkbox".into(),
            ..FormField::default()
        });
    }
    fields.push(hidden("version", entry.version.to_string()));
    let form = Form {
        action: action.clone(),
        method: "post".into(),
        fields,
        submit: say.t(&m::SAVE),
        tone: Tone::Primary,
        ..Form::default()
    };
    let delete = Action {
        label: say.t(&m::DELETE_COLLECTION),
        href: action,
        post: true,
        tone: Tone::Bad,
        confirm: Some(say.t(&m::CONFIRM_DELETE_COLLECTION)),
        values: vec![("delete".into(), "yes".into()), ("version".into(), entry.version.to_string())],
        ..Action::default()
    };
    let widgets = vec![Widget::Form(form), Widget::Actions { actions: vec![delete] }];
    Ok(Widget::Disclosure { summary: say.t(&m::CHANGE_COLLECTION), open: false, widgets })
}

/// Changes or deletes a collection; its items stay.
///
/// # Errors
/// `not-found`, `forbidden`, `stale`; as the store.
pub fn change(request: &Request, who: &Who) -> Result<Response> {
    let mut entry = own(request.param("collection"), who)?;
    let version = request.form("version").and_then(|text| text.parse().ok()).unwrap_or(0);
    if request.form("delete").is_some() {
        COLLECTIONS.delete(&entry.key, Some(version))?;
        return Ok(Response::redirect("collections"));
    }
    let Some(name) = request.filled("name") else { return Err(Error::invalid(m::COLLECTION_NEEDS_NAME.text())) };
    entry.value.name = name.chars().take(200).collect();
    entry.value.description = request.form("description").unwrap_or_default().chars().take(4000).collect();
    entry.value.open = request.form("open").is_some();
    entry.value.items.retain(|id| request.form(&format!("remove-{id}")).is_none());
    COLLECTIONS.replace(&entry.key, &entry.value, version)?;
    Ok(Response::redirect(format!("collections/{}?said=collection", entry.id())))
}
