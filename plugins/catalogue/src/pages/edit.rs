//! The form that catalogues a title in plain words.

use tram_contract::Text;
use tram_contract::page::{Choice, Form, FormField, Link, Page, Tone, Widget};
use tram_marc::{IsbnError, Record};
use tram_sdk::{Request, Response, Result, clock};

use super::{Say, say};
use crate::compact::{self, Compact};
use crate::messages::{self as m, Message};
use crate::plain::{self, Part, Plain};
use crate::shelf::{self, Copy, Recognised};
use crate::stored::Stored;
use crate::{bib, excel, words};

/// The empty form.
#[must_use]
pub fn blank(request: &Request) -> Response {
    let say = say(request);
    let plain = Plain::from([(Part::Language, "vie".to_owned())]);
    let form = form(&say, &plain, &Errors::default(), None, request);
    Response::page(&say.page(&m::NEW_TITLE, vec![Widget::Paragraph { text: say.t(&m::NEW_INTRO), quiet: true }, form]))
}

/// Takes a new title, and copies of it.
///
/// # Errors
/// As the store.
pub fn create(request: &Request) -> Result<Response> {
    let say = say(request);
    let plain = sent(request);
    let mut errors = check(&say, &plain);
    let copies = new_copies(&say, request, &mut errors)?;
    let mut record = Record::default();
    plain::write(&mut record, &plain, &clock::today());
    let bytes = compact::encode(&record);
    let mut same = None;
    if errors.is_empty() && request.form("anyway").is_none() {
        same = Compact::new(&bytes).map(shelf::find_same).transpose()?.flatten();
    }
    if !errors.is_empty() || same.is_some() {
        let mut widgets = Vec::new();
        if let Some((row, recognised)) = &same {
            errors.doubled = true;
            let title = Stored::parse(&row.value).and_then(Stored::record).map(|r| bib::title_or(r, "…").into_owned());
            let message = match recognised {
                Recognised::Isbn => &m::DOUBLE_ISBN,
                Recognised::Control | Recognised::Title => &m::DOUBLE_TITLE,
            };
            widgets.push(Widget::Notice {
                tone: Tone::Warning,
                text: say.t(message),
                links: vec![Link::new(
                    Text::from(title.unwrap_or_default()),
                    format!("records/{}", tram_sdk::store::to_hex(&row.key)),
                )],
            });
        }
        widgets.push(form(&say, &plain, &errors, None, request));
        return Ok(Response::page(&say.page(&m::NEW_TITLE, widgets)).status(422));
    }
    let key = tram_sdk::store::new_id()?;
    let id = tram_sdk::store::to_hex(&key);
    // The record's own number, unique among all stations.
    if let Some(tag) = tram_marc::Tag::parse("001") {
        record.fields.insert(0, tram_marc::Field::control(tag, format!("tram-{id}")));
    }
    shelf::put(&key, Stored::published(&compact::encode(&record)), Some(0))?;
    for copy in &copies {
        shelf::add_copy(&key, copy)?;
    }
    Ok(Response::redirect(format!("records/{id}?said=created")))
}

/// The form with a record in it.
///
/// # Errors
/// `not-found`; as the store.
pub fn page(request: &Request) -> Result<Response> {
    let say = say(request);
    let loaded = shelf::load_linked(request.param("record"))?;
    let record = loaded.record().ok_or_else(|| tram_sdk::Error::not_found(m::NO_RECORD.text()))?;
    let plain = plain::read(&record.record());
    let form = form(&say, &plain, &Errors::default(), Some(loaded.version), request);
    let mut page = say.page(&m::EDIT_TITLE, vec![form]);
    page.breadcrumbs
        .push(Link::new(Text::from(bib::title_or(record, "…").into_owned()), format!("records/{}", loaded.id())));
    Ok(Response::page(&page))
}

/// Takes a changed title.
///
/// # Errors
/// `not-found`; as the store.
pub fn update(request: &Request) -> Result<Response> {
    let say = say(request);
    let loaded = shelf::load_linked(request.param("record"))?;
    let before = loaded.record().ok_or_else(|| tram_sdk::Error::not_found(m::NO_RECORD.text()))?.record();
    let plain = sent(request);
    let errors = check(&say, &plain);
    let version = request.form("version").and_then(|v| v.parse::<u64>().ok()).unwrap_or(0);
    if version != loaded.version {
        return Ok(stale(request, &say, &plain, &plain::read(&before), loaded.version));
    }
    if !errors.is_empty() {
        let form = form(&say, &plain, &errors, Some(version), request);
        return Ok(Response::page(&say.page(&m::EDIT_TITLE, vec![form])).status(422));
    }
    let mut record = before.clone();
    plain::write(&mut record, &plain, &clock::today());
    if record != before {
        shelf::put(&loaded.key, Stored::published(&compact::encode(&record)), Some(version))?;
    }
    Ok(Response::redirect(format!("records/{}?said=saved", loaded.id())))
}

/// Somebody else saved in between: nothing is overwritten, both versions are shown.
fn stale(request: &Request, say: &Say<'_>, mine: &Plain, theirs: &Plain, version: u64) -> Response {
    let mut rows = Vec::new();
    let cell = |text: &str| tram_contract::page::Cell { text: Text::from(text), ..Default::default() };
    for &part in Part::ALL {
        let (mine, theirs) = (mine.get(&part).map_or("", String::as_str), theirs.get(&part).map_or("", String::as_str));
        if mine != theirs {
            rows.push(vec![
                tram_contract::page::Cell { text: say.t(label(part)), ..Default::default() },
                cell(theirs),
                cell(mine),
            ]);
        }
    }
    let column = |message: &Message| tram_contract::page::Column { label: say.t(message), ..Default::default() };
    let table = tram_contract::page::Table {
        caption: say.t(&m::STALE_TABLE),
        columns: vec![column(&m::STALE_PART), column(&m::STALE_THEIRS), column(&m::STALE_MINE)],
        rows,
    };
    let widgets = vec![
        Widget::Notice { tone: Tone::Warning, text: say.t(&m::STALE), links: Vec::new() },
        Widget::Table(table),
        form(say, mine, &Errors::default(), Some(version), request),
    ];
    let page: Page = say.page(&m::EDIT_TITLE, widgets);
    Response::page(&page).status(409)
}

/// What is wrong with the form, by field.
#[derive(Default)]
struct Errors {
    by_field: Vec<(&'static str, Text)>,
    /// The title is there already: the box "add all the same" is shown.
    doubled: bool,
}

impl Errors {
    fn is_empty(&self) -> bool {
        self.by_field.is_empty()
    }

    fn of(&self, name: &str) -> Option<Text> {
        self.by_field.iter().find(|(field, _)| *field == name).map(|(_, text)| text.clone())
    }
}

fn sent(request: &Request) -> Plain {
    Part::ALL
        .iter()
        .copied()
        .filter_map(|part| {
            let value = request.form(part.name())?;
            let lines: Vec<&str> = value.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
            Some((part, lines.join("\n")))
        })
        .collect()
}

fn check(say: &Say<'_>, plain: &Plain) -> Errors {
    let mut errors = Errors::default();
    let text = |part: Part| plain.get(&part).map_or("", String::as_str);
    let mut wrong = |part: Part, text: Text| errors.by_field.push((part.name(), text));
    if !text(Part::Title).chars().any(char::is_alphanumeric) {
        wrong(Part::Title, say.t(&m::ERROR_TITLE));
    }
    for line in text(Part::Isbn).lines() {
        match tram_marc::Isbn::parse(line) {
            Ok(_) => {}
            Err(IsbnError::Check { expected }) => {
                wrong(Part::Isbn, say.with(&m::ERROR_ISBN_CHECK, &[line, &expected.to_string()]));
            }
            Err(IsbnError::Prefix) => wrong(Part::Isbn, say.with(&m::ERROR_ISBN_PREFIX, &[line])),
            Err(IsbnError::Length(length)) => {
                wrong(Part::Isbn, say.with(&m::ERROR_ISBN_LENGTH, &[line, &length.to_string()]));
            }
        }
    }
    let year = text(Part::Year);
    if !year.is_empty() && bib::year_in(year).is_none() {
        wrong(Part::Year, say.with(&m::ERROR_YEAR, &[year]));
    }
    for part in [Part::Language, Part::TranslatedFrom] {
        let code = text(part);
        if !code.is_empty() && (code.len() != 3 || !code.bytes().all(|b| b.is_ascii_lowercase())) {
            wrong(part, say.with(&m::ERROR_LANGUAGE, &[code]));
        }
    }
    for &part in Part::ALL {
        if text(part).len() > 8_000 {
            wrong(part, say.t(&m::ERROR_LONG));
        }
    }
    errors
}

/// The copies that the form for a new title asks for.
fn new_copies(say: &Say<'_>, request: &Request, errors: &mut Errors) -> Result<Vec<Copy>> {
    let numbers = match excel::accessions(request.form("accession").unwrap_or_default()) {
        Ok(numbers) => numbers,
        Err(error) => {
            errors.by_field.push(("accession", Text::from(excel::RowProblem::Accession(error).text(say.0))));
            return Ok(Vec::new());
        }
    };
    let (copies, problem) = super::copies::numbered(say, request, &numbers)?;
    if let Some(problem) = problem {
        errors.by_field.push(("accession", problem));
    }
    Ok(copies)
}

/// The label of a part.
fn label(part: Part) -> &'static Message {
    match part {
        Part::Title => &m::TITLE,
        Part::Subtitle => &m::SUBTITLE,
        Part::Volume => &m::VOLUME,
        Part::Responsibility => &m::RESPONSIBILITY,
        Part::Author => &m::AUTHOR,
        Part::AuthorDates => &m::AUTHOR_DATES,
        Part::Contributors => &m::CONTRIBUTORS,
        Part::Original => &m::ORIGINAL_TITLE,
        Part::Edition => &m::EDITION,
        Part::Place => &m::PLACE,
        Part::Publisher => &m::PUBLISHER,
        Part::Year => &m::YEAR,
        Part::Pages => &m::PAGES,
        Part::Size => &m::SIZE,
        Part::Series => &m::SERIES,
        Part::SeriesNumber => &m::SERIES_NUMBER,
        Part::Isbn => &m::ISBN,
        Part::Price => &m::PRICE,
        Part::Language => &m::LANGUAGE,
        Part::TranslatedFrom => &m::TRANSLATED_FROM,
        Part::Dewey => &m::DEWEY,
        Part::LocalClass => &m::LOCAL_CLASS,
        Part::Subjects => &m::SUBJECTS,
        Part::Genres => &m::GENRES,
        Part::Summary => &m::SUMMARY,
        Part::Audience => &m::AUDIENCE,
        Part::Notes => &m::NOTES,
    }
}

fn help(part: Part) -> Option<&'static Message> {
    Some(match part {
        Part::Title => &m::HELP_TITLE,
        Part::Volume => &m::HELP_VOLUME,
        Part::Responsibility => &m::HELP_RESPONSIBILITY,
        Part::Author => &m::HELP_AUTHOR,
        Part::Contributors => &m::HELP_CONTRIBUTORS,
        Part::Isbn => &m::HELP_ISBN,
        Part::Dewey => &m::HELP_DEWEY,
        Part::LocalClass => &m::HELP_CLASS,
        Part::Subjects => &m::HELP_SUBJECTS,
        Part::Genres => &m::HELP_GENRES,
        Part::Year => &m::HELP_YEAR,
        _ => return None,
    })
}

fn form(say: &Say<'_>, plain: &Plain, errors: &Errors, version: Option<u64>, request: &Request) -> Widget {
    let mut fields: Vec<FormField> = Vec::new();
    for &part in Part::ALL {
        let value = plain.get(&part).cloned().unwrap_or_default();
        let (kind, choices) = match part {
            Part::Contributors | Part::Isbn | Part::Subjects | Part::Genres | Part::Summary | Part::Notes => {
                ("textarea", Vec::new())
            }
            Part::Language | Part::TranslatedFrom => ("select", languages(say, &value)),
            _ => ("text", Vec::new()),
        };
        let group = match part {
            Part::Title => Some(&m::GROUP_TITLE),
            Part::Edition => Some(&m::GROUP_PUBLICATION),
            Part::Language => Some(&m::GROUP_CLASS),
            Part::Summary => Some(&m::GROUP_CONTENT),
            _ => None,
        };
        fields.push(FormField {
            name: part.name().into(),
            label: say.t(label(part)),
            kind: kind.into(),
            value,
            choices,
            help: help(part).map(|h| say.t(h)).unwrap_or_default(),
            error: errors.of(part.name()),
            required: part == Part::Title,
            group: group.map(|g| say.t(g)).unwrap_or_default(),
            autocomplete: "off".into(),
            ..FormField::default()
        });
    }
    match version {
        Some(version) => fields.push(hidden("version", version.to_string())),
        None => {
            let value = |name: &str| request.form(name).unwrap_or_default().to_owned();
            let mut copies = super::copies::fields(
                say,
                &value("accession"),
                &value("shelf"),
                &value("call"),
                errors.of("accession"),
            );
            if let Some(first) = copies.first_mut() {
                first.group = say.t(&m::GROUP_COPIES);
            }
            fields.extend(copies);
            if errors.doubled {
                fields.push(FormField {
                    name: "anyway".into(),
                    label: say.t(&m::ADD_ANYWAY),
                    kind: "checkbox".into(),
                    value: String::new(),
                    ..FormField::default()
                });
            }
        }
    }
    let action = match request.param("record") {
        Some(id) => format!("records/{id}/edit"),
        None => "new".into(),
    };
    Widget::Form(Form {
        action,
        method: "post".into(),
        fields,
        submit: say.t(&m::SAVE),
        tone: Tone::Primary,
        error: (!errors.is_empty()).then(|| say.t(&m::ERROR_FORM)),
        ..Form::default()
    })
}

pub(super) fn hidden(name: &str, value: String) -> FormField {
    FormField { name: name.into(), kind: "hidden".into(), value, ..FormField::default() }
}

/// The usual languages, and the one that the record has.
fn languages(say: &Say<'_>, current: &str) -> Vec<Choice> {
    let mut codes: Vec<&str> = vec![""];
    codes.extend(words::LANGUAGES);
    if !codes.contains(&current) {
        codes.push(current);
    }
    codes
        .into_iter()
        .map(|code| Choice {
            value: code.to_owned(),
            label: match words::language_name(code) {
                Some(name) => say.t(name),
                None if code.is_empty() => say.t(&m::NOT_STATED),
                None => Text::from(code),
            },
        })
        .collect()
}
