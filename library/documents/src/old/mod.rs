//! Word, Excel and PowerPoint before 2007: text where it can be had.

mod compound;
mod doc;
mod ppt;
mod xls;

use compound::Compound;

use crate::pages::{Pages, decode, guess};
use crate::{Form, Found, Refusal, Result, Source, bytes, policy};

/// Largest file that is looked into; it is held whole.
const MAX_FILE: u64 = 48 << 20;

/// Which of the old forms a compound file is.
///
/// # Errors
/// It is an installer, is protected by a password, or damaged.
pub(crate) fn tell(ending: &str, source: &mut dyn Source, size: u64) -> Result<Form> {
    if size > MAX_FILE {
        return match ending {
            "doc" | "dot" => Ok(Form::Doc),
            "ppt" | "pps" => Ok(Form::Ppt),
            "xls" => Ok(Form::Xls),
            _ => Ok(Form::Other),
        };
    }
    let file = Compound::read(bytes::whole(source, size, MAX_FILE)?)?;
    if file.has("EncryptedPackage") {
        return Err(Refusal::encrypted());
    }
    Ok(if file.has("WordDocument") {
        Form::Doc
    } else if file.has("PowerPoint Document") {
        Form::Ppt
    } else if file.has("Workbook") || file.has("Book") {
        Form::Xls
    } else {
        Form::Other
    })
}

pub(crate) fn read(form: Form, source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let file = bytes::whole(source, size, MAX_FILE)?;
    if policy::has_old_macros(&file) {
        policy::warn_of_macros(found);
    }
    if form == Form::Xls {
        return xls::read(file, found);
    }
    let file = Compound::read(file)?;
    let mut pages = Pages::default();
    if form == Form::Doc {
        let text = doc::text(&file)?;
        // One encoding for the whole: fonts are not read.
        let text = decode(&text, guess(&text));
        for page in text.split('\u{c}') {
            pages.begin("");
            for line in page.split(['\r', '\u{7}', '\u{b}']) {
                pages.paragraph(line);
            }
        }
    } else {
        for slide in ppt::slides(&file)? {
            pages.begin("");
            let mut lines = slide.iter();
            if let Some(first) = lines.next() {
                pages.label(first);
            }
            for line in &slide {
                pages.paragraph(&decode(line, guess(line)));
            }
        }
    }
    pages.finish(found);
    found.warn(
        "Tệp kiểu cũ (.doc, .ppt): trạm chỉ lấy chữ để tìm kiếm, có thể thiếu vài chỗ. Nên lưu lại thành .docx, .pptx hoặc PDF để học sinh xem được ngay trên trang.",
        "An old kind of file (.doc, .ppt): only its words are taken, for searching, and some may be missing. Save it as .docx, .pptx or PDF so that pupils can view it on the page.",
    );
    Ok(())
}
