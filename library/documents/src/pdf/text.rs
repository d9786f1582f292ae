//! Words and lines out of letters with places.

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};

/// Most bytes of text of a page.
const MAX: usize = 256 << 10;

/// Gathers text in the order in which the page is drawn, which is the order of reading
/// in what Word, LibreOffice, browsers and TeX write.
#[derive(Default)]
pub(super) struct Text {
    text: String,
    /// Where the letter before ended, and how large it was.
    before: Option<(Point, f64)>,
}

impl Text {
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn letter(&mut self, letter: &str, place: Affine, advance: f64) {
        if self.text.len() > MAX {
            return;
        }
        // A glyph is drawn on a square of 1,000 units.
        let [a, b, c, d, ..] = place.as_coeffs();
        let size = f64::hypot(c, d) * 1000.0;
        let along = (a * 1000.0, b * 1000.0);
        let length = f64::hypot(along.0, along.1);
        if !(size > 0.0 && length > 0.0 && size.is_finite() && length.is_finite()) {
            return;
        }
        let start = place * Point::ZERO;
        let end = place * Point::new(advance, 0.0);
        if let Some((before, before_size)) = self.before {
            let (dx, dy) = (start.x - before.x, start.y - before.y);
            // Along the line of writing, and across it.
            let ahead = (dx * along.0 + dy * along.1) / length;
            let across = (dy * along.0 - dx * along.1) / length;
            let size = size.max(before_size);
            let mark = letter.chars().next().is_some_and(|c| ('\u{300}'..='\u{36f}').contains(&c));
            if mark {
            } else if across.abs() > size * 0.6 || ahead < -size * 2.0 {
                self.end_line();
            } else if (ahead > size * 0.18 || across.abs() > size * 0.4 || ahead < -size * 0.6)
                && !self.text.ends_with([' ', '\n'])
            {
                self.text.push(' ');
            }
        }
        self.text.push_str(letter);
        self.before = Some((end, size));
    }

    fn end_line(&mut self) {
        while self.text.ends_with(' ') {
            self.text.pop();
        }
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

impl<'a> Device<'a> for Text {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for positioned in run.glyphs() {
            let glyph: &Glyph<'a> = positioned;
            let advance = match glyph {
                Glyph::Outline(outline) => outline.advance_width(),
                Glyph::Type3(drawn) => drawn.advance_width(),
            };
            let advance = f64::from(advance.unwrap_or(500.0));
            let place = props.transform * positioned.transform();
            match glyph.as_unicode() {
                Some(BfString::Char(c)) => self.letter(c.encode_utf8(&mut [0; 4]), place, advance),
                Some(BfString::String(text)) => self.letter(&text, place, advance),
                None => {}
            }
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
