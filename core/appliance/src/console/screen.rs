//! A terminal: what it can show, what is typed.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use tram_contract::Text;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::error::Doing;
use crate::{Error, program};

/// The one font of Debian's console-setup that has every Vietnamese letter in 512
/// glyphs (the Terminus ones named so have not). It lacks half blocks.
const FONT: &str = "/usr/share/consolefonts/Vietnamese-Fixed16.psf.gz";
/// How long an unanswered question stands before the menu comes back.
const QUESTION: Duration = Duration::from_secs(300);

/// What came from the keyboard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A line.
    Line(String),
    /// Nothing yet.
    Nothing,
    /// The terminal is gone.
    Gone,
}

/// A terminal.
#[derive(Debug)]
pub struct Screen<W> {
    lines: Receiver<String>,
    to: W,
    /// The terminal's device, when it is one.
    device: Option<PathBuf>,
    /// Whether it shows Vietnamese marks.
    marks: bool,
    /// Whether it shows half blocks.
    pub(super) half_blocks: bool,
    /// Lines that fit.
    pub(super) rows: usize,
}

impl<W: Write> Screen<W> {
    /// A terminal that reads lines from `from`, on a thread of its own.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn new(from: impl BufRead + Send + 'static, to: W, device: Option<PathBuf>) -> Result<Self, Error> {
        let (sender, lines) = channel();
        std::thread::Builder::new()
            .name("console-read".into())
            .spawn(move || {
                for line in from.lines() {
                    // A line that is no text is an empty answer.
                    if sender.send(line.unwrap_or_default()).is_err() {
                        return;
                    }
                }
            })
            .doing("thread")?;
        let serial = device.as_ref().is_none_or(|device| device.to_string_lossy().starts_with("/dev/ttyS"));
        Ok(Self { lines, to, device, marks: serial, half_blocks: serial, rows: 24 })
    }

    /// Sets the font, which a graphics driver that came late has replaced, and asks for
    /// the size.
    pub(super) fn prepare(&mut self) {
        let Some(device) = self.device.as_ref().map(|device| device.to_string_lossy().into_owned()) else { return };
        if !self.half_blocks {
            self.marks = program::run("setfont", &["-C", &device, FONT], None).is_ok();
        }
        let size = program::run("stty", &["-F", &device, "size"], None).unwrap_or_default();
        self.rows = size.split(' ').next().and_then(|rows| rows.parse().ok()).filter(|rows| *rows > 0).unwrap_or(24);
    }

    /// What was typed within a time.
    pub(super) fn read(&mut self, within: Duration) -> Read {
        match self.lines.recv_timeout(within) {
            Ok(line) => Read::Line(line),
            Err(RecvTimeoutError::Timeout) => Read::Nothing,
            Err(RecvTimeoutError::Disconnected) => Read::Gone,
        }
    }

    /// Writes a line, as far as the terminal can show it.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Error> {
        let text = if self.marks { text.to_owned() } else { unmarked(text) };
        write!(self.to, "{text}\r\n").and_then(|()| self.to.flush()).doing("terminal")
    }

    /// Writes a text in Vietnamese, then in English.
    pub(super) fn both(&mut self, text: &Text) -> Result<(), Error> {
        self.line(text.get("vi"))?;
        self.line(text.get("en"))
    }

    /// As [`Screen::both`].
    pub(super) fn say(&mut self, vi: &str, en: &str) -> Result<(), Error> {
        self.line(vi)?;
        self.line(en)
    }

    /// Begins an empty screen.
    pub(super) fn clear(&mut self) -> Result<(), Error> {
        // A serial log keeps what was there; a monitor begins anew.
        let clear = if self.half_blocks { "\r\n" } else { "\x1b[H\x1b[2J" };
        self.to.write_all(clear.as_bytes()).doing("terminal")
    }

    /// Writes bytes as they are.
    pub(super) fn raw(&mut self, text: &str) -> Result<(), Error> {
        self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()).doing("terminal")
    }

    /// Asks for a line; empty when nothing is typed for a while.
    pub(super) fn ask(&mut self, vi: &str, en: &str) -> Result<String, Error> {
        self.say(vi, en)?;
        self.raw("> ")?;
        Ok(match self.read(QUESTION) {
            Read::Line(line) => line.trim().to_owned(),
            Read::Nothing | Read::Gone => String::new(),
        })
    }

    /// What was written, for tests.
    #[cfg(test)]
    pub(super) fn into_written(self) -> W {
        self.to
    }

    /// Waits until somebody has read what stands there.
    pub(super) fn pause(&mut self) -> Result<(), Error> {
        self.ask("Bấm Enter để về trình đơn.", "Press Enter for the menu.").map(|_| ())
    }
}

/// Vietnamese without its marks, for a terminal whose font has none.
pub fn unmarked(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| match c {
            'đ' => 'd',
            'Đ' => 'D',
            '“' | '”' => '"',
            '–' | '—' => '-',
            '·' | '•' => '*',
            other => other,
        })
        .collect()
}
