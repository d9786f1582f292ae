//! What an extractor found in a file: the document that `extractor.extract` answers
//! and `extract.outcome` hands on.

use serde::{Deserialize, Serialize};

use crate::Text;

/// Endings of names that Windows, Android, Java or a shell run when they are opened, lower
/// case: what no plugin takes from strangers for others to open. A name of another ending
/// may hold a program too; only an extractor sees that.
pub const PROGRAMS: [&str; 62] = [
    "exe",
    "msi",
    "msp",
    "mst",
    "bat",
    "cmd",
    "com",
    "scr",
    "pif",
    "cpl",
    "dll",
    "sys",
    "drv",
    "ocx",
    "ps1",
    "psm1",
    "vbs",
    "vbe",
    "js",
    "jse",
    "mjs",
    "wsf",
    "wsh",
    "wsc",
    "hta",
    "lnk",
    "url",
    "scf",
    "reg",
    "inf",
    "msc",
    "gadget",
    "jar",
    "jnlp",
    "apk",
    "xapk",
    "apks",
    "aab",
    "ipa",
    "appx",
    "msix",
    "deb",
    "rpm",
    "run",
    "sh",
    "bash",
    "command",
    "app",
    "dmg",
    "pkg",
    "chm",
    "hlp",
    "xll",
    "wll",
    "iqy",
    "settingcontent-ms",
    "application",
    "appref-ms",
    "iso",
    "img",
    "vhd",
    "vhdx",
];

/// A file, looked into.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Extract {
    /// What it is: `document`, `slides`, `sheet`, `book`, `subtitles`, `picture`,
    /// `audio`, `video`, `package`, `archive`, `other`.
    pub kind: String,
    /// Media type as its content says, which may differ from the browser's word.
    pub media_type: String,
    /// Title in the file, empty when it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Authors in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Language in the file (BCP 47), empty when it does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// Its text in pieces that a reader can be sent to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Page>,
    /// Number of pages, slides, sheets or chapters, also of those without text.
    #[serde(default)]
    pub page_count: u32,
    /// Of pictures, audio and video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// Of H5P, SCORM, HTML and other packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<Package>,
    /// What its user should know: text that could not be read, a codec that phones
    /// do not play, macros.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Text>,
}

/// A page, a slide, a sheet or a chapter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Page {
    /// Its number, from 1.
    pub number: u32,
    /// Its own name: a slide's title, a sheet's name, a chapter's heading.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Plain text, NFC, paragraphs parted by line ends.
    pub text: String,
}

/// A picture, a sound or a film.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Media {
    /// Length in milliseconds; 0 for pictures, and where the file does not say.
    #[serde(default)]
    pub duration: u64,
    /// Pixels, as shown; 0 for sound.
    #[serde(default)]
    pub width: u32,
    /// Pixels, as shown; 0 for sound.
    #[serde(default)]
    pub height: u32,
    /// Codec of the pictures (`avc1`, `hvc1`, `vp09`…), empty when there is none.
    #[serde(default)]
    pub video: String,
    /// Codec of the sound (`mp4a`, `opus`…), empty when there is none.
    #[serde(default)]
    pub audio: String,
}

/// A package that is played in the page.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Package {
    /// `h5p`, `scorm-1.2`, `scorm-2004`, `html`, `qti-1.2`, `qti-2`, `imscc`, `epub`.
    pub format: String,
    /// Path of the page to open first; empty when it cannot be played.
    #[serde(default)]
    pub entry: String,
    /// Its parts in order (SCOs of SCORM, main library of H5P): title and path.
    #[serde(default)]
    pub parts: Vec<(String, String)>,
    /// Every file in it: path and unpacked size in bytes, in the package's order.
    #[serde(default)]
    pub files: Vec<(String, u64)>,
}
