//! Importing: upload, look at what was understood, start, watch, read the report.

use std::collections::BTreeMap;

use tram_contract::Text;
use tram_contract::page::{
    Action, Card, Cards, Cell, Choice, Column, Figure, Form, FormField, Page, Table, Tone, Widget,
};
use tram_sdk::store::Scan;
use tram_sdk::{Error, Request, Response, Result, blobs, clock, jobs, store};

use super::{Say, say};
use crate::excel::{self, FIELDS, field_label};
use crate::import::{self, Arguments, FileArgument, IMPORTS, Import, Options, Outcome, Policy, report};
use crate::messages::{self as m, Message};

/// Rows of a list that the preview shows.
const PREVIEW: usize = 5;

/// The form, and the imports before.
///
/// # Errors
/// As the store.
pub fn page(request: &Request) -> Result<Response> {
    let say = say(request);
    Ok(Response::page(&start_page(&say, None)?))
}

fn start_page(say: &Say<'_>, error: Option<Text>) -> Result<Page> {
    let mut fields = vec![FormField {
        name: "file".into(),
        label: say.t(&m::IMPORT_FILE),
        kind: "file".into(),
        help: say.t(&m::HELP_IMPORT_FILE),
        accept: ".mrc,.marc,.iso,.dat,.xml,.xlsx,.xls,.csv".into(),
        multiple: true,
        required: true,
        error,
        ..FormField::default()
    }];
    fields.extend(option_fields(say, &Options::default()));
    let mut widgets = vec![
        Widget::Paragraph { text: say.t(&m::IMPORT_INTRO), quiet: false },
        Widget::Form(Form {
            action: "import".into(),
            method: "post".into(),
            fields,
            submit: say.t(&m::IMPORT_UPLOAD),
            tone: Tone::Primary,
            ..Form::default()
        }),
    ];
    let (recent, _) = IMPORTS.scan(&Scan::all().reverse().limit(10))?;
    if !recent.is_empty() {
        widgets.push(Widget::Heading { level: 2, text: say.t(&m::IMPORTS_BEFORE) });
        let cards = recent
            .iter()
            .map(|entry| {
                let names: Vec<&str> = entry.value.files.iter().map(|f| f.name.as_str()).collect();
                let state = match &entry.value.outcome {
                    Some(outcome) => Text::from(import::job::summary(&outcome.counts, outcome.given_up, say.0)),
                    None if entry.value.job.is_some() => say.t(&m::IMPORT_RUNNING),
                    None => say.t(&m::IMPORT_NOT_STARTED),
                };
                Card {
                    title: Text::from(names.join(", ")),
                    href: format!("imports/{}", entry.id()),
                    subtitle: state,
                    ..Card::default()
                }
            })
            .collect();
        widgets.push(Widget::Cards(Cards { label: say.t(&m::IMPORTS_BEFORE), cards, first: 0 }));
    }
    Ok(say.page(&m::IMPORT, widgets))
}

fn option_fields(say: &Say<'_>, options: &Options) -> Vec<FormField> {
    let choice = |value: &str, label: &Message| Choice { value: value.into(), label: say.t(label) };
    let policy = match options.duplicates {
        Policy::Skip => "skip",
        Policy::Overlay => "overlay",
        Policy::Add => "add",
    };
    vec![
        FormField {
            name: "duplicates".into(),
            label: say.t(&m::IMPORT_DUPLICATES),
            kind: "radio".into(),
            value: policy.into(),
            choices: vec![
                choice("skip", &m::DUPLICATES_SKIP),
                choice("overlay", &m::DUPLICATES_OVERLAY),
                choice("add", &m::DUPLICATES_ADD),
            ],
            help: say.t(&m::HELP_DUPLICATES),
            ..FormField::default()
        },
        FormField {
            name: "charset".into(),
            label: say.t(&m::IMPORT_CHARSET),
            kind: "select".into(),
            value: options.charset.clone(),
            choices: vec![
                choice("", &m::CHARSET_DETECT),
                choice("declared", &m::CHARSET_DECLARED),
                Choice { value: "utf-8".into(), label: Text::from("UTF-8") },
                Choice { value: "marc-8".into(), label: Text::from("MARC-8") },
                Choice { value: "windows-1258".into(), label: Text::from("Windows-1258") },
                Choice { value: "windows-1252".into(), label: Text::from("Windows-1252") },
            ],
            help: say.t(&m::HELP_CHARSET),
            ..FormField::default()
        },
        FormField {
            name: "atomic".into(),
            label: say.t(&m::IMPORT_ATOMIC),
            kind: "checkbox".into(),
            value: if options.is_atomic() { "yes".into() } else { String::new() },
            help: say.t(&m::HELP_ATOMIC),
            ..FormField::default()
        },
    ]
}

fn sent_options(request: &Request, before: &Options) -> Options {
    let mut columns = BTreeMap::new();
    for field in &request.form {
        if let Some(letter) = field.name.strip_prefix("column-") {
            columns.insert(letter.to_owned(), field.value.clone());
        }
    }
    Options {
        duplicates: match request.form("duplicates") {
            Some("overlay") => Policy::Overlay,
            Some("add") => Policy::Add,
            _ => Policy::Skip,
        },
        charset: request.form("charset").unwrap_or_default().to_owned(),
        atomic: if request.form("atomic").is_some_and(|v| !v.is_empty()) { "yes".into() } else { String::new() },
        columns,
        kind: request.filled("kind").unwrap_or(&before.kind).to_owned(),
    }
}

/// Takes the files.
///
/// # Errors
/// As the store.
pub fn upload(request: &Request) -> Result<Response> {
    let say = say(request);
    let files: Vec<FileArgument> = request
        .uploads
        .iter()
        .filter(|upload| upload.size > 0)
        .map(|upload| FileArgument {
            name: upload.name.clone(),
            media_type: upload.media_type.clone(),
            size: upload.size,
            blob: upload.blob.clone(),
        })
        .collect();
    if files.is_empty() {
        return Ok(Response::page(&start_page(&say, Some(say.t(&m::IMPORT_NO_FILE)))?).status(422));
    }
    let key = IMPORTS.insert(&Import {
        files,
        options: sent_options(request, &Options::default()),
        uploaded: clock::now().unix_ms,
        ..Import::default()
    })?;
    Ok(Response::redirect(format!("imports/{}", store::to_hex(&key))))
}

fn linked(request: &Request) -> Result<store::Entry<Import>> {
    let key = request.param("import").and_then(store::from_hex);
    key.map(|key| IMPORTS.get(key)).transpose()?.flatten().ok_or_else(|| Error::not_found(m::NO_IMPORT.text()))
}

/// What was understood; or how far it is; or how it ended.
///
/// # Errors
/// `not-found`; as the store.
pub fn prepare(request: &Request) -> Result<Response> {
    let say = say(request);
    let entry = linked(request)?;
    let id = entry.id();
    if let Some(outcome) = &entry.value.outcome {
        return Ok(Response::page(&outcome_page(&say, &entry.key, outcome)?));
    }
    if let Some(job) = &entry.value.job {
        let status = jobs::status(job)?;
        let widget = match &status {
            Some(status) if status.state == "failed" => Widget::Notice {
                tone: Tone::Bad,
                text: say.with(&m::IMPORT_FAILED, &[status.text().get(say.0)]),
                links: vec![say.link(&m::IMPORT_AGAIN, "import")],
            },
            Some(status) if status.state == "cancelled" => Widget::Notice {
                tone: Tone::Warning,
                text: say.t(&m::IMPORT_CANCELLED),
                links: vec![say.link(&m::IMPORT_AGAIN, "import")],
            },
            Some(status) => status.widget(Some(format!("imports/{id}"))),
            None => Widget::Notice { tone: Tone::Warning, text: say.t(&m::IMPORT_GONE), links: Vec::new() },
        };
        let waiting = Widget::Paragraph { text: say.t(&m::IMPORT_MAY_LEAVE), quiet: true };
        return Ok(Response::page(&say.page(&m::IMPORT_RUNNING, vec![widget, waiting])));
    }
    let mut widgets = Vec::new();
    let mut fields = Vec::new();
    for file in &entry.value.files {
        widgets.push(Widget::Heading { level: 2, text: Text::from(file.name.as_str()) });
        if import::is_sheet(file)? {
            preview_list(&say, file, &entry.value.options, &mut widgets, &mut fields)?;
        } else {
            preview_marc(&say, file, &entry.value.options, &mut widgets)?;
        }
    }
    fields.extend(option_fields(&say, &entry.value.options));
    widgets.push(Widget::Form(Form {
        action: format!("imports/{id}"),
        method: "post".into(),
        fields,
        submit: say.t(&m::IMPORT_START),
        tone: Tone::Primary,
        ..Form::default()
    }));
    Ok(Response::page(&say.page(&m::IMPORT_PREPARE, widgets)))
}

fn preview_list(
    say: &Say<'_>,
    file: &FileArgument,
    options: &Options,
    widgets: &mut Vec<Widget>,
    fields: &mut Vec<FormField>,
) -> Result<()> {
    let lists = match import::lists(file, &options.columns) {
        Ok(lists) => lists,
        Err(error) => {
            widgets.push(Widget::Notice {
                tone: Tone::Bad,
                text: Text::from(error.text().get(say.0)),
                links: Vec::new(),
            });
            return Ok(());
        }
    };
    for (grid, columns) in &lists {
        let rows = excel::read(grid, columns, &grid.name);
        if rows.is_empty() {
            widgets.push(Widget::Notice {
                tone: Tone::Bad,
                text: say.with(&m::SHEET_NO_ROWS, &[&file.name]),
                links: Vec::new(),
            });
            continue;
        }
        let found =
            say.with(&m::LIST_FOUND, &[&grid.name, &columns.header.to_string(), &m::figure(rows.len() as u64, say.0)]);
        widgets.push(Widget::Paragraph { text: found, quiet: false });
        if let Some(legacy) = grid.legacy {
            widgets.push(Widget::Notice {
                tone: Tone::Neutral,
                text: say.with(&m::LIST_LEGACY, &[legacy.name()]),
                links: Vec::new(),
            });
        }
        let mapped: Vec<&excel::Column> = columns.columns.iter().filter(|c| !c.field.is_empty()).collect();
        let head = mapped
            .iter()
            .map(|c| Column {
                label: Text::from(format!("{}: {}", c.letter(), field_label(&c.field).get(say.0))),
                ..Column::default()
            })
            .collect();
        let body = rows
            .iter()
            .take(PREVIEW)
            .map(|row| {
                mapped
                    .iter()
                    .map(|c| Cell {
                        text: Text::from(row.fields.get(&c.field).cloned().unwrap_or_default()),
                        ..Cell::default()
                    })
                    .collect()
            })
            .collect();
        widgets.push(Widget::Table(Table { caption: say.t(&m::LIST_PREVIEW), columns: head, rows: body }));
        // The same letters of several sheets share one choice.
        for column in &columns.columns {
            let name = format!("column-{}", column.letter());
            if fields.iter().any(|f| f.name == name) {
                continue;
            }
            let mut choices = vec![Choice { value: String::new(), label: say.t(&m::COLUMN_IGNORED) }];
            choices.extend(
                FIELDS
                    .iter()
                    .map(|(field, _)| *field)
                    .filter(|field| !matches!(*field, "number" | "entered"))
                    .map(|field| Choice { value: field.into(), label: say.t(field_label(field)) }),
            );
            let known = choices.iter().any(|c| c.value == column.field);
            fields.push(FormField {
                name,
                label: say.with(&m::COLUMN, &[&column.letter(), &column.heading]),
                kind: "select".into(),
                value: if known { column.field.clone() } else { String::new() },
                choices,
                ..FormField::default()
            });
        }
    }
    fields.push(FormField {
        name: "kind".into(),
        label: say.t(&m::LIST_KIND),
        kind: "text".into(),
        help: say.t(&m::HELP_LIST_KIND),
        value: options.kind.clone(),
        ..FormField::default()
    });
    Ok(())
}

fn preview_marc(say: &Say<'_>, file: &FileArgument, options: &Options, widgets: &mut Vec<Widget>) -> Result<()> {
    let head = blobs::read(&file.blob, 0, 256 << 10)?;
    let format = tram_marc::Format::sniff(&head);
    let Some(mut decoder) = tram_marc::Decoder::new(format, options.charset()) else {
        let message = if format == tram_marc::Format::Gzip { &m::FILE_GZIP } else { &m::FILE_UNKNOWN };
        widgets.push(Widget::Notice { tone: Tone::Warning, text: say.with(message, &[&file.name]), links: Vec::new() });
        return Ok(());
    };
    decoder.push(&head);
    let size = m::figure(file.size / 1024 + 1, say.0);
    let form = if format == tram_marc::Format::MarcXml { "MARCXML" } else { "MARC 21 (ISO 2709)" };
    widgets.push(Widget::Paragraph { text: say.with(&m::MARC_FOUND, &[form, &size]), quiet: false });
    let titles: Vec<Vec<Cell>> = (&mut decoder)
        .filter_map(Result::ok)
        .take(PREVIEW)
        .map(|read| {
            let bytes = crate::compact::encode(&read.record);
            let shown = crate::compact::Compact::new(&bytes)
                .map(|record| [crate::bib::full_title(record), crate::bib::author(record), read.encoding.to_string()]);
            shown.unwrap_or_default().map(|text| Cell { text: Text::from(text), ..Cell::default() }).into()
        })
        .collect();
    let column = |message: &Message| Column { label: say.t(message), ..Column::default() };
    widgets.push(Widget::Table(Table {
        caption: say.t(&m::MARC_PREVIEW),
        columns: vec![column(&m::TITLE), column(&m::AUTHOR), column(&m::IMPORT_CHARSET)],
        rows: titles,
    }));
    Ok(())
}

/// Starts the import.
///
/// # Errors
/// `not-found`; as the store.
pub fn start(request: &Request) -> Result<Response> {
    let entry = linked(request)?;
    let id = entry.id();
    // Pressed twice: the second time only looks.
    if entry.value.job.is_none() && entry.value.outcome.is_none() {
        let options = sent_options(request, &entry.value.options);
        let arguments =
            Arguments { files: entry.value.files.clone(), options: options.clone(), import: Some(id.clone()) };
        let job = jobs::start("import", &arguments)?;
        IMPORTS.replace(&entry.key, &Import { options, job: Some(job), ..entry.value }, entry.version)?;
    }
    Ok(Response::redirect(format!("imports/{id}")))
}

fn outcome_page(say: &Say<'_>, key: &[u8], outcome: &Outcome) -> Result<Page> {
    let counts = &outcome.counts;
    let tone = if outcome.given_up {
        Tone::Bad
    } else if counts.refused > 0 {
        Tone::Warning
    } else {
        Tone::Good
    };
    let summary = Text::from(import::job::summary(counts, outcome.given_up, say.0));
    let mut widgets =
        vec![Widget::Notice { tone, text: summary, links: vec![say.link(&m::BROWSE_NEW, "./?sort=new")] }];
    let figure =
        |value: u64, label: &Message| Figure { value: m::figure(value, say.0), label: say.t(label), href: None };
    widgets.push(Widget::Figures {
        figures: vec![
            figure(counts.read, &m::COUNT_READ),
            figure(counts.added, &m::COUNT_ADDED),
            figure(counts.overlaid, &m::COUNT_OVERLAID),
            figure(counts.skipped, &m::COUNT_SKIPPED),
            figure(counts.refused, &m::COUNT_REFUSED),
            figure(counts.warned, &m::COUNT_WARNED),
            figure(counts.copies, &m::COUNT_COPIES),
        ],
    });
    let mut actions = Vec::new();
    if outcome.report.is_some() {
        actions.push(Action {
            label: say.t(&m::REPORT_DOWNLOAD),
            href: format!("imports/{}/report", outcome.import),
            tone: Tone::Primary,
            ..Action::default()
        });
    }
    actions.push(Action { label: say.t(&m::IMPORT_AGAIN), href: "import".into(), ..Action::default() });
    widgets.push(Widget::Actions { actions });
    let lines = report::first_lines(key, 100)?;
    if !lines.is_empty() {
        let column = |message: &Message| Column { label: say.t(message), ..Column::default() };
        let text = |text: String| Cell { text: Text::from(text), ..Cell::default() };
        let rows = lines
            .into_iter()
            .map(|line| {
                vec![
                    text(line.file),
                    text(line.number.to_string()),
                    text(line.offset.map(|o| o.to_string()).unwrap_or_default()),
                    text(if line.title.is_empty() { line.control } else { line.title }),
                    text(line.reason),
                ]
            })
            .collect();
        widgets.push(Widget::Table(Table {
            caption: say.t(&m::REPORT_FIRST),
            columns: vec![
                column(&m::REPORT_FILE),
                column(&m::REPORT_NUMBER),
                column(&m::REPORT_OFFSET),
                column(&m::REPORT_TITLE),
                column(&m::REPORT_REASON),
            ],
            rows,
        }));
    }
    Ok(say.page(&m::IMPORT_DONE, widgets))
}

/// The report as a file.
///
/// # Errors
/// `not-found`; as the store.
pub fn report(request: &Request) -> Result<Response> {
    let entry = linked(request)?;
    let blob = entry.value.outcome.and_then(|o| o.report).ok_or_else(|| Error::not_found(m::NO_IMPORT.text()))?;
    let name = m::REPORT_NAME.with(request.language(), &[&clock::today()]);
    Ok(Response::blob(blob).download(&name))
}
