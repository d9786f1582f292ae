//! The form of an item: its fields, what was sent, and what is wrong with it.

use tram_contract::Text;
use tram_contract::page::{Choice, Form, FormField, Tone, Widget};
use tram_sdk::{Request, Result, clock};

use super::{Say, hidden};
use crate::access::Who;
use crate::authors;
use crate::messages::{self as m, Message};
use crate::model::{FileRef, Meta};
use crate::{paper, words};

/// What is wrong, by field.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<(&'static str, Text)>);

impl Errors {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, field: &'static str, text: Text) {
        self.0.push((field, text));
    }

    fn of(&self, field: &str) -> Option<Text> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, text)| text.clone())
    }
}

/// What a form holds besides what it means: the texts as typed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Typed {
    pub(crate) grades: String,
    pub(crate) authors: String,
    pub(crate) record: String,
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What was sent.
///
/// # Errors
/// As the directory.
pub(crate) fn sent(request: &Request, who: &Who, before: &Meta) -> Result<(Meta, Typed, Errors)> {
    let mut errors = Errors::default();
    let text = |name: &str| tram_vietnamese::nfc(request.form(name).unwrap_or_default().trim()).into_owned();
    let typed = Typed { grades: text("grades"), authors: text("authors"), record: text("record") };
    let groups = authors::groups()?;
    let group = text("group");
    let mut meta = Meta {
        title: text("title"),
        description: text("description"),
        subject: words::subject(&text("subject")),
        series: text("series"),
        unit: text("unit"),
        lesson: text("lesson"),
        outcomes: lines(&text("outcomes")),
        kind: text("kind"),
        language: text("language"),
        licence: text("licence"),
        year: text("year"),
        keywords: text("keywords")
            .split([',', ';', '\n'])
            .map(|word| word.trim().to_owned())
            .filter(|word| !word.is_empty())
            .collect(),
        audience: text("audience"),
        shareable: request.form("shareable").is_some(),
        rest: before.rest.clone(),
        ..Meta::default()
    };
    if !meta.title.chars().any(char::is_alphanumeric) {
        errors.push("title", m::ERROR_TITLE.text());
    }
    match words::grades(&typed.grades) {
        Some(grades) => meta.grades = grades,
        None => errors.push("grades", m::ERROR_GRADES.text_with(&[&typed.grades])),
    }
    let known = |choices: &[(&str, &Message)], value: &str| choices.iter().any(|(code, _)| *code == value);
    if !known(&words::KINDS, &meta.kind) {
        errors.push("kind", m::ERROR_CHOOSE.text());
    }
    if !known(&words::LICENCES, &meta.licence) {
        errors.push("licence", m::ERROR_CHOOSE.text());
    }
    if !known(&words::AUDIENCES, &meta.audience) {
        errors.push("audience", m::ERROR_CHOOSE.text());
    }
    if meta.shareable && meta.licence == "school" {
        errors.push("licence", m::ERROR_SHARE_LICENCE.text());
    }
    if meta.shareable && meta.audience == "staff" {
        errors.push("audience", m::ERROR_SHARE_AUDIENCE.text());
    }
    let is_year = meta.year.len() == 4 && meta.year.bytes().all(|b| b.is_ascii_digit());
    if !is_year && !meta.year.is_empty() {
        errors.push("year", m::ERROR_YEAR.text_with(&[&meta.year]));
    }
    if !group.is_empty() {
        match groups.iter().find(|(id, _)| *id == group) {
            Some((id, name)) => (meta.group, meta.group_name) = (id.clone(), name.clone()),
            None => errors.push("group", m::ERROR_CHOOSE.text()),
        }
    }
    match authors::resolve(&typed.authors, who, &groups)? {
        Ok(found) => meta.authors = found,
        Err(reason) => errors.push("authors", reason),
    }
    if !typed.record.is_empty() {
        match paper::id_in(&typed.record).filter(|id| paper::of(id).is_some()) {
            Some(id) => meta.record = id,
            None => errors.push("record", m::ERROR_RECORD.text()),
        }
    }
    for (field, value, most) in [
        ("title", &meta.title, 300),
        ("description", &meta.description, 8_000),
        ("unit", &meta.unit, 300),
        ("lesson", &meta.lesson, 300),
        ("series", &meta.series, 200),
        ("subject", &meta.subject, 100),
    ] {
        if value.chars().count() > most {
            errors.push(field, m::ERROR_LONG.text_with(&[&most.to_string()]));
        }
    }
    if meta.outcomes.len() > 30 || meta.keywords.len() > 30 {
        errors.push("outcomes", m::ERROR_MANY.text());
    }
    Ok((meta, typed, errors))
}

/// What a new item begins with.
///
/// # Errors
/// As the directory.
pub(crate) fn fresh(request: &Request, who: &Who) -> Result<Meta> {
    let asked = |name: &str| request.query(name).unwrap_or_default().to_owned();
    let groups = authors::groups()?;
    let group = groups.into_iter().find(|(id, _)| who.groups.contains(id)).unwrap_or_default();
    Ok(Meta {
        subject: asked("subject"),
        grades: words::grades(&asked("grade")).unwrap_or_default(),
        series: asked("series"),
        unit: asked("unit"),
        lesson: asked("lesson"),
        kind: "lesson-plan".into(),
        language: "vi".into(),
        licence: "school".into(),
        audience: "school".into(),
        year: clock::today().chars().take(4).collect(),
        authors: vec![crate::model::Author { person: who.person.clone(), name: who.name.clone() }],
        group: group.0,
        group_name: group.1,
        ..Meta::default()
    })
}

/// What the form shows.
pub(crate) struct Shown<'a> {
    pub(crate) action: String,
    pub(crate) meta: &'a Meta,
    pub(crate) typed: Option<&'a Typed>,
    pub(crate) files: &'a [FileRef],
    pub(crate) errors: &'a Errors,
    pub(crate) version: Option<u64>,
}

/// The form as a widget.
///
/// # Errors
/// As the directory.
pub(crate) fn widget(say: &Say<'_>, shown: &Shown<'_>) -> Result<Widget> {
    let Shown { meta, typed, errors, .. } = shown;
    let field = |name: &str, label: &Message, kind: &str, value: String, help: Option<&Message>| FormField {
        name: name.into(),
        label: say.t(label),
        kind: kind.into(),
        value,
        help: help.map(|help| say.t(help)).unwrap_or_default(),
        error: errors.of(name).map(|text| Text::from(text.get(say.0))),
        autocomplete: "off".into(),
        ..FormField::default()
    };
    let group = |mut field: FormField, heading: &Message| {
        field.group = say.t(heading);
        field
    };
    let coded = |choices: &[(&str, &Message)]| -> Vec<Choice> {
        choices.iter().map(|(code, name)| Choice { value: (*code).into(), label: say.t(name) }).collect()
    };
    let select = |field: FormField, choices: Vec<Choice>| FormField { kind: "select".into(), choices, ..field };
    let grades = typed.map_or_else(|| words::grades_text(&meta.grades), |typed| typed.grades.clone());
    let names = typed.map_or_else(|| authors::typed(&meta.authors), |typed| typed.authors.clone());
    let record = typed.map_or_else(|| meta.record.clone(), |typed| typed.record.clone());
    let mut fields = Vec::new();
    fields.extend(file_fields(say, shown.files, errors));
    let title = field("title", &m::TITLE, "text", meta.title.clone(), Some(&m::HELP_TITLE));
    fields.push(group(FormField { required: true, ..title }, &m::GROUP_WHAT));
    fields.push(select(field("kind", &m::KIND, "", meta.kind.clone(), None), coded(&words::KINDS)));
    fields.push(field(
        "description",
        &m::DESCRIPTION,
        "textarea",
        meta.description.clone(),
        Some(&m::HELP_DESCRIPTION),
    ));
    let subjects = named(say, &words::SUBJECTS, &meta.subject);
    fields
        .push(group(select(field("subject", &m::SUBJECT, "", meta.subject.clone(), None), subjects), &m::GROUP_PLACE));
    fields.push(field("grades", &m::GRADES, "text", grades, Some(&m::HELP_GRADES)));
    let series = named(say, &words::SERIES, &meta.series);
    fields.push(select(field("series", &m::SERIES, "", meta.series.clone(), None), series));
    fields.push(field("unit", &m::UNIT, "text", meta.unit.clone(), Some(&m::HELP_UNIT)));
    fields.push(field("lesson", &m::LESSON, "text", meta.lesson.clone(), Some(&m::HELP_LESSON)));
    fields.push(field("outcomes", &m::OUTCOMES, "textarea", meta.outcomes.join("\n"), Some(&m::HELP_OUTCOMES)));
    fields.push(group(field("authors", &m::AUTHORS, "textarea", names, Some(&m::HELP_AUTHORS)), &m::GROUP_WHOSE));
    let mut groups = vec![Choice { value: String::new(), label: say.t(&m::NO_GROUP) }];
    groups.extend(authors::groups()?.into_iter().map(|(value, name)| Choice { value, label: Text::from(name) }));
    fields.push(select(field("group", &m::GROUP, "", meta.group.clone(), Some(&m::HELP_GROUP)), groups));
    fields.push(select(field("audience", &m::AUDIENCE, "", meta.audience.clone(), None), coded(&words::AUDIENCES)));
    fields.push(select(
        field("licence", &m::LICENCE, "", meta.licence.clone(), Some(&m::HELP_LICENCE)),
        coded(&words::LICENCES),
    ));
    let ticked = if meta.shareable { "on" } else { "" };
    fields.push(field("shareable", &m::SHAREABLE, "checkbox", ticked.into(), Some(&m::HELP_SHAREABLE)));
    fields.push(group(
        select(field("language", &m::LANGUAGE, "", meta.language.clone(), None), coded(&words::LANGUAGES)),
        &m::GROUP_MORE,
    ));
    fields.push(field("year", &m::YEAR, "year", meta.year.clone(), None));
    fields.push(field("keywords", &m::KEYWORDS, "text", meta.keywords.join(", "), Some(&m::HELP_KEYWORDS)));
    fields.push(field("record", &m::RECORD, "text", record, Some(&m::HELP_RECORD)));
    if let Some(version) = shown.version {
        fields.push(hidden("version", version.to_string()));
    }
    Ok(Widget::Form(Form {
        action: shown.action.clone(),
        method: "post".into(),
        fields,
        submit: say.t(&m::SAVE),
        tone: Tone::Primary,
        error: (!errors.is_empty()).then(|| say.t(&m::ERROR_FORM)),
        ..Form::default()
    }))
}

/// Names to choose from, with "none" and the one that stands there.
fn named(say: &Say<'_>, names: &[&str], current: &str) -> Vec<Choice> {
    let mut all: Vec<&str> = vec![""];
    all.extend(names);
    if !all.contains(&current) {
        all.push(current);
    }
    all.into_iter()
        .map(|name| Choice {
            value: name.to_owned(),
            label: if name.is_empty() { say.t(&m::NOT_STATED) } else { Text::from(name) },
        })
        .collect()
}

/// The files that are there, and the field for more.
fn file_fields(say: &Say<'_>, files: &[FileRef], errors: &Errors) -> Vec<FormField> {
    let mut out = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let number = file.number;
        out.push(FormField {
            name: format!("role-{number}"),
            label: Text::from(file.name.as_str()),
            kind: "select".into(),
            value: file.role.clone(),
            choices: words::ROLES
                .iter()
                .map(|(code, name)| Choice { value: (*code).into(), label: say.t(name) })
                .collect(),
            group: if at == 0 { say.t(&m::FILES) } else { Text::default() },
            ..FormField::default()
        });
        if files.len() > 1 {
            out.push(FormField {
                name: format!("order-{number}"),
                label: say.t(&m::PLACE_IN_ORDER),
                kind: "number".into(),
                value: (at + 1).to_string(),
                ..FormField::default()
            });
        }
        out.push(FormField {
            name: format!("remove-{number}"),
            label: say.with(&m::REMOVE_FILE, &[crate::files::bare(&file.name)]),
            kind: "checkbox".into(),
            ..FormField::default()
        });
    }
    out.push(FormField {
        name: "files".into(),
        label: say.t(if files.is_empty() { &m::FILES } else { &m::MORE_FILES }),
        kind: "file".into(),
        multiple: true,
        folders: true,
        upload: "files".into(),
        help: say.t(&m::HELP_FILES),
        error: errors.of("files").map(|text| Text::from(text.get(say.0))),
        ..FormField::default()
    });
    out
}
