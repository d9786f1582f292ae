//! PDF: text page by page, title and author, a picture of the first page.

mod paint;
mod text;

use hayro_interpret::hayro_syntax::{LoadPdfError, Pdf};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::util::TransformExt;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};

use crate::pages::{MAX_PAGES, Pages, decode, guess, tidy};
use crate::{Found, Refusal, Result, Source, bytes};

/// Largest PDF that is read: it is held whole, beside what is unpacked of it.
const MAX_FILE: u64 = 80 << 20;

pub(crate) fn read(source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let file = bytes::whole(source, size, MAX_FILE)?;
    let pdf = Pdf::new(file).map_err(|error| match error {
        LoadPdfError::Decryption(_) => Refusal::encrypted(),
        LoadPdfError::Invalid => Refusal::damaged(),
    })?;
    let metadata = pdf.metadata();
    if let Some(title) = metadata.title.as_deref().map(string) {
        found.document.title = title;
    }
    found.document.authors.extend(metadata.author.as_deref().map(string).filter(|author| !author.is_empty()));
    let settings = InterpreterSettings::default();
    let cache = InterpreterCache::new();
    let mut pages = Pages::default();
    let mut letters = 0usize;
    for page in pdf.pages().iter().take(MAX_PAGES) {
        pages.begin("");
        let mut device = text::Text::default();
        let (width, height) = page.render_dimensions();
        let mut context = Context::new(
            page.initial_transform(true).to_kurbo(),
            Rect::new(0.0, 0.0, f64::from(width), f64::from(height)),
            &cache,
            page.xref(),
            settings.clone(),
        );
        interpret_page(page, &mut context, &mut device);
        let text = device.finish();
        letters += text.len();
        pages.paragraph(&decode(&text, guess(&text)));
        if pages.is_full() {
            break;
        }
    }
    let count = pdf.pages().len();
    if count == 0 {
        return Err(Refusal::damaged());
    }
    pages.finish(found);
    found.document.page_count = u32::try_from(count).unwrap_or(u32::MAX);
    if letters < count.min(20) * 3 {
        found.warn(
            "PDF này gồm ảnh chụp hoặc bản quét, không có chữ: học sinh xem được nhưng không tìm được theo chữ bên trong.",
            "This PDF is of pictures or scans without text: it can be viewed, but is not found by the words inside.",
        );
    }
    if let Some(page) = pdf.pages().first() {
        let (width, height) = page.render_dimensions();
        if let Some(mut device) = paint::Paper::new(width, height, crate::picture::THUMBNAIL) {
            let scale = Affine::scale(device.scale());
            let mut context = Context::new(
                scale * page.initial_transform(true).to_kurbo(),
                Rect::new(0.0, 0.0, f64::from(width) * device.scale(), f64::from(height) * device.scale()),
                &cache,
                page.xref(),
                settings,
            );
            interpret_page(page, &mut context, &mut device);
            if let Some(file) = device.finish().and_then(|small| small.encode(crate::picture::THUMBNAIL_BYTES)) {
                found.derived.push(("thumbnail.jpg".into(), "image/jpeg".into(), file));
            }
        }
    }
    Ok(())
}

/// A string of the document's: UTF-16 with its mark, UTF-8 with its mark, else the
/// letters of PDF, near enough Windows-1252.
fn string(bytes: &[u8]) -> String {
    let text = if bytes.starts_with(&[0xfe, 0xff])
        || bytes.starts_with(&[0xef, 0xbb, 0xbf])
        || bytes.starts_with(&[0xff, 0xfe])
    {
        crate::plain::decode(bytes)
    } else {
        crate::plain::windows_1252(bytes)
    };
    tidy(&text).chars().take(300).collect()
}
