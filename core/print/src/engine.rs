//! Setting a document in this process.

use tram_contract::Text;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst::syntax::{DiagSpan, DiagSpanKind, FileId};
use typst::{World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::PrintError;
use crate::job::{Job, MAX_PAGES, MAX_PDF, MAX_SIDE, Moment, Printed};
use crate::world::Sealed;

/// Longest piece of a line that is shown, characters.
const MAX_EXCERPT: usize = 60;

/// Sets a document. Deterministic: the same job gives the same bytes.
///
/// # Errors
/// See [`PrintError`]; a loop that never ends does not end here either: [`crate::Printer`]
/// is for templates from outside.
pub fn render(job: &Job) -> Result<Printed, PrintError> {
    job.check()?;
    let (world, letters) = Sealed::new(job)?;
    let compiled = typst::compile::<PagedDocument>(&world);
    let document = compiled.output.map_err(|errors| wrong(&world, errors.first()))?;
    let pages = document.pages().len();
    if pages > MAX_PAGES {
        return Err(PrintError::Pages { pages, most: MAX_PAGES });
    }
    fits_on_paper(&document)?;
    let pdf = typst_pdf::pdf(&document, &options(job)?).map_err(|errors| wrong(&world, errors.first()))?;
    if pdf.len() > MAX_PDF {
        return Err(PrintError::TooLarge { what: "document".into(), most: MAX_PDF >> 10 });
    }
    let mut warnings: Vec<Text> = letters.into_iter().collect();
    warnings.extend(compiled.warnings.iter().take(5).map(|warning| wrong(&world, Some(warning)).warning()));
    Ok(Printed { pdf, pages: u32::try_from(pages).unwrap_or(u32::MAX), warnings })
}

impl PrintError {
    /// The same words about something that did not stop the print.
    fn warning(&self) -> Text {
        let Self::Template { line, excerpt, message, .. } = self else { return self.text() };
        if let Some(family) = message.strip_prefix("unknown font family: ") {
            return Text::vi_en(
                format!("Dòng {line}: trạm không có phông chữ “{family}”, đã dùng phông khác."),
                format!("Line {line}: there is no font “{family}” on the station; another was used."),
            );
        }
        Text::vi_en(
            format!("Dòng {line}, chỗ “{excerpt}”: {}", crate::explain::in_vietnamese(message)),
            format!("Line {line}, at “{excerpt}”: {message}"),
        )
    }
}

/// Refuses a page that no printer takes: a slip in a template (`cm` for `mm`) would else
/// make a file that few programs open.
fn fits_on_paper(document: &PagedDocument) -> Result<(), PrintError> {
    // An infinite side is far above the limit, too.
    let side = |length: typst::layout::Abs| length.to_mm().ceil() as u64;
    for (at, page) in document.pages().iter().enumerate() {
        let bleed = &page.bleed;
        let width = side(page.frame.width() + bleed.left + bleed.right);
        let height = side(page.frame.height() + bleed.top + bleed.bottom);
        if width.max(height) > MAX_SIDE {
            return Err(PrintError::Paper { page: at + 1, width, height, most: MAX_SIDE });
        }
    }
    Ok(())
}

fn options(job: &Job) -> Result<PdfOptions, PrintError> {
    let station = |reason: &str| PrintError::Station { reason: reason.to_owned() };
    let Moment { year, month, day, hour, minute, second, offset } = job.moment;
    let timestamp = Datetime::from_ymd_hms(year, month, day, hour, minute, second)
        .and_then(|made| Timestamp::new_local(made, offset))
        .ok_or_else(|| station("no such date"))?;
    Ok(PdfOptions {
        ident: Smart::Auto,
        creator: Smart::Custom(Some("Trạm".to_owned())),
        timestamp: Some(timestamp),
        standards: PdfStandards::new(&[PdfStandard::A_2b]).map_err(|error| station(error.message()))?,
        ..PdfOptions::default()
    })
}

/// File, line from 1 and the line itself, of a place in the template's world.
fn place(world: &Sealed, span: DiagSpan) -> Option<(FileId, usize, String)> {
    let id = match span.get() {
        DiagSpanKind::Detached => return None,
        DiagSpanKind::Number { id, .. } | DiagSpanKind::Range { id, .. } => id,
    };
    let source = world.source(id).ok()?;
    let range = world.range(span)?;
    let line = source.lines().byte_to_line(range.start)?;
    let text = source.text().get(source.lines().line_to_range(line)?)?.trim();
    Some((id, line + 1, text.chars().take(MAX_EXCERPT).collect()))
}

/// What is wrong, at the line of the template that led there.
fn wrong(world: &Sealed, found: Option<&SourceDiagnostic>) -> PrintError {
    let Some(found) = found else { return PrintError::Station { reason: "the typesetter said nothing".into() } };
    let spans = std::iter::once(found.span).chain(found.trace.iter().map(|call| call.span.into()));
    let (line, excerpt) = spans
        .filter_map(|span| place(world, span))
        .find(|(id, ..)| *id == world.main())
        .map_or((0, String::new()), |(_, line, excerpt)| (line, excerpt));
    PrintError::Template {
        line,
        excerpt,
        message: found.message.to_string(),
        hints: found.hints.iter().map(|hint| hint.v.to_string()).collect(),
    }
}
