//! What is inside files from strangers: text with its page, size and length of
//! pictures and media, contents of packages, and what is wrong with them.
//!
//! One call, [`look`], reads a file through [`Source`] (nothing is unpacked to a
//! disk, nothing is held whole that need not be) and answers an
//! [`Extract`](tram_contract::extract::Extract) with small files made from it; what
//! is large (the flat form of a package) goes to the [`Sink`] piece by piece.
//!
//! Every length, offset and count is the stranger's word and is checked before it is
//! used. The crate runs in a guest without any capability all the same.

mod bytes;
pub mod epub;
mod form;
pub mod html;
pub mod media;
pub mod names;
mod office;
mod old;
pub mod package;
mod pages;
pub mod pdf;
pub mod picture;
mod plain;
pub mod policy;
mod refusal;
pub mod svg;
mod xml;
pub mod zip;

use std::io::{Read, Seek, SeekFrom};

use tram_contract::Text;
use tram_contract::extract::Extract;

pub use form::Form;
pub use refusal::{Code, Refusal, Result};

/// Authors that are told of a file.
pub(crate) const MAX_AUTHORS: usize = 20;
/// Letters of its title, and of an author's name.
const MAX_TITLE: usize = 500;

/// A file that is read piece by piece.
pub trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// Where large files go that are made from the one read. One at a time.
pub trait Sink {
    /// Begins a file.
    ///
    /// # Errors
    /// There is no room, or there were too many.
    fn begin(&mut self, name: &str, media_type: &str) -> Result<()>;
    /// Adds to it; at most 1 MiB.
    ///
    /// # Errors
    /// There is no room.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;
    /// It is whole.
    ///
    /// # Errors
    /// The disk failed.
    fn end(&mut self) -> Result<()>;
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Text, kind, length, contents.
    pub document: Extract,
    /// Small files made from the one read: name, media type, bytes.
    pub derived: Vec<(String, String, Vec<u8>)>,
}

impl Found {
    pub(crate) fn warn(&mut self, vi: &str, en: &str) {
        self.document.warnings.push(Text::vi_en(vi, en));
    }

    /// Cuts to a bound what a file says of itself.
    fn bound(&mut self) {
        let cut = |text: &mut String, most: usize| {
            if let Some((at, _)) = text.char_indices().nth(most) {
                text.truncate(at);
            }
        };
        cut(&mut self.document.title, MAX_TITLE);
        cut(&mut self.document.language, 40);
        self.document.authors.truncate(MAX_AUTHORS);
        self.document.authors.iter_mut().for_each(|author| cut(author, MAX_TITLE));
    }
}

/// Looks into a file of this name. What it is, its content says; the name decides
/// only among what the content leaves open.
///
/// # Errors
/// The file cannot be read, is protected by a password, or is meant to do harm.
pub fn look(name: &str, source: &mut dyn Source, sink: &mut dyn Sink) -> Result<Found> {
    let size = source.seek(SeekFrom::End(0))?;
    let head = bytes::head(source, 4096)?;
    policy::check_file(name, &head)?;
    let form = form::tell(name, &head, source, size)?;
    let mut found = Found::default();
    found.document.kind = form.kind().into();
    found.document.media_type = form.media_type().into();
    match form {
        Form::Pdf => pdf::read(source, size, &mut found)?,
        Form::Docx | Form::Pptx | Form::Xlsx => office::read(form, source, size, &mut found)?,
        Form::Odt | Form::Odp | Form::Ods => office::odf::read(form, source, size, &mut found)?,
        Form::Doc | Form::Ppt | Form::Xls => old::read(form, source, size, &mut found)?,
        Form::Epub => epub::read(source, size, sink, &mut found)?,
        Form::Html => html::read(source, size, &mut found)?,
        Form::Text | Form::Markdown | Form::Subtitles(_) => plain::read(form, source, size, &mut found)?,
        Form::Jpeg | Form::Png | Form::Gif | Form::Webp => picture::read(form, source, size, &mut found)?,
        Form::Svg => svg::read(source, size, &mut found)?,
        Form::Mp4(_)
        | Form::Webm(_)
        | Form::Ogg
        | Form::Mp3
        | Form::Aac
        | Form::Wav
        | Form::Flac
        | Form::Unplayable(_) => media::read(form, source, size, &mut found)?,
        Form::Zip => package::read(name, source, size, sink, &mut found)?,
        Form::QtiItem => package::lone_qti(source, size, &mut found)?,
        Form::Other => found.warn(
            "Trạm chưa đọc được nội dung loại tệp này; tệp vẫn được giữ và tải về được.",
            "The station cannot look into files of this kind; the file is kept and can be downloaded.",
        ),
    }
    found.bound();
    Ok(found)
}
