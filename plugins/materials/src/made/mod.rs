//! Files made of texts for the demonstration school: what a teacher's computer would
//! have written.

mod office;
mod picture;
mod web;

use serde::Deserialize;

/// A file as it is written down.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// Name; its ending says what is made: `docx`, `pptx`, `xlsx`, `epub`, `zip` (a web
    /// page with questions), `png`, `wav`, `txt`, `html`, `vtt`.
    pub name: String,
    /// What it is for.
    pub role: String,
    /// Its text. Lines that begin with `# ` and `## ` are headings, with `- ` points;
    /// in a workbook `|` parts the cells; of pictures and sounds: what is drawn or played.
    pub text: String,
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Heading(&'a str),
    Subheading(&'a str),
    Point(&'a str),
    Paragraph(&'a str),
}

/// The pieces of a text.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        if let Some(heading) = line.strip_prefix("# ") {
            Piece::Heading(heading)
        } else if let Some(heading) = line.strip_prefix("## ") {
            Piece::Subheading(heading)
        } else if let Some(point) = line.strip_prefix("- ") {
            Piece::Point(point)
        } else {
            Piece::Paragraph(line)
        }
    })
}

/// Media type and bytes of a file.
#[must_use]
pub fn bytes(file: &File) -> (&'static str, Vec<u8>) {
    let text = file.text.as_str();
    match crate::files::ending(&file.name).as_str() {
        "docx" => (office::DOCX, office::document(text)),
        "pptx" => (office::PPTX, office::slides(text)),
        "xlsx" => (crate::workbook::MEDIA_TYPE, office::table(text)),
        "epub" => ("application/epub+zip", web::book(text)),
        "zip" => ("application/zip", web::quiz(text)),
        "html" => ("text/html", web::page(text).into_bytes()),
        "png" => ("image/png", picture::png(text)),
        "wav" => ("audio/wav", picture::tune(text)),
        "vtt" => ("text/vtt", text.as_bytes().to_vec()),
        _ => ("text/plain", text.as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart() {
        let found: Vec<Piece<'_>> = pieces("# A\n\n## B\n- c\nd").collect();
        assert_eq!(found, [Piece::Heading("A"), Piece::Subheading("B"), Piece::Point("c"), Piece::Paragraph("d")]);
    }

    #[test]
    fn files_are_what_their_names_say() {
        let of = |name: &str, text: &str| bytes(&File { name: name.into(), text: text.into(), ..File::default() }).1;
        for name in ["a.docx", "a.pptx", "a.xlsx", "a.epub", "a.zip"] {
            assert!(of(name, "# A\n- b|c\n? 1+1 | 2* | 3").starts_with(b"PK"), "{name}");
        }
        assert!(of("a.png", "pie 3 8").starts_with(b"\x89PNG"));
        assert!(of("a.wav", "C4 D4").starts_with(b"RIFF"));
    }
}
