//! A small picture of a page: plain colours, letters and pictures, enough to know a
//! document by. Clips are taken as boxes, patterns and blends as they come; a
//! renderer of everything would be more code than the rest of the plugin.

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::kurbo::{self, Affine, BezPath, PathEl, Point, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, FillRule, Image, ImageData, ImageDrawProps, Paint, SoftMask,
};

use crate::picture::Small;

/// Lines of samples within a pixel, and places along each.
const FINE: f64 = 4.0;
/// Edges that a page may have; what is drawn beyond is left out.
const MAX_WORK: usize = 3_000_000;
/// Pixels of a picture that is unpacked: a page of A4 at 300 points an inch. Beyond,
/// memory might run out, and the text with it.
const MAX_PIXELS: u64 = 9_500_000;

/// The page.
pub(super) struct Paper {
    width: usize,
    height: usize,
    scale: f64,
    pixels: Vec<u8>,
    clips: Vec<Rect>,
    /// How much shows through the groups that are open, each with those around it.
    groups: Vec<f32>,
    work: usize,
    cover: Vec<f32>,
}

impl Paper {
    /// White paper for a page of this size.
    pub(super) fn new(width: f32, height: f32, side: u32) -> Option<Self> {
        let longest = f64::from(width.max(height));
        if !(longest > 1.0 && longest < 1e6 && width.min(height) > 0.5) {
            return None;
        }
        let scale = f64::from(side) / longest;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 320, and not negative")]
        let pixels = |length: f32| ((f64::from(length) * scale).floor() as usize).max(1);
        let (width, height) = (pixels(width), pixels(height));
        let whole = Rect::new(0.0, 0.0, width as f64, height as f64);
        Some(Self {
            width,
            height,
            scale,
            pixels: vec![255; width * height * 3],
            clips: vec![whole],
            groups: Vec::new(),
            work: 0,
            cover: vec![0.0; width + 1],
        })
    }

    /// Pixels for a point of the page.
    pub(super) fn scale(&self) -> f64 {
        self.scale
    }

    pub(super) fn finish(self) -> Option<Small> {
        Small::new(u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?, self.pixels)
    }

    fn clip(&self) -> Rect {
        self.clips.last().copied().unwrap_or(Rect::ZERO)
    }

    fn opacity(&self) -> f32 {
        self.groups.last().copied().unwrap_or(1.0)
    }

    fn blend(&mut self, x: usize, y: usize, colour: [u8; 3], part: f32) {
        let at = (y * self.width + x) * 3;
        let Some(pixel) = self.pixels.get_mut(at..at + 3) else { return };
        for (old, new) in pixel.iter_mut().zip(colour) {
            let value = f32::from(*old) + (f32::from(new) - f32::from(*old)) * part.clamp(0.0, 1.0);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
            {
                *old = value.round() as u8;
            }
        }
    }

    /// Fills a path with a colour: four lines of samples in each pixel, exact along
    /// the line.
    fn fill(&mut self, path: &BezPath, even: bool, colour: [u8; 3], alpha: f32) {
        let alpha = alpha * self.opacity();
        let clip = self.clip();
        let bounds = path.bounding_box().intersect(clip);
        if alpha < 0.01
            || bounds.width() <= 0.0 && bounds.height() <= 0.0
            || !bounds.is_finite()
            || bounds.y1 < bounds.y0
            || bounds.x1 < bounds.x0
        {
            return;
        }
        let mut edges: Vec<(Point, Point)> = Vec::new();
        let (mut start, mut last) = (Point::ZERO, Point::ZERO);
        kurbo::flatten(path.iter(), 0.2, |step| match step {
            PathEl::MoveTo(point) => {
                edges.push((last, start));
                (start, last) = (point, point);
            }
            PathEl::LineTo(point) => {
                edges.push((last, point));
                last = point;
            }
            _ => {
                edges.push((last, start));
                last = start;
            }
        });
        edges.push((last, start));
        edges.retain(|(from, to)| from.y != to.y && from.is_finite() && to.is_finite());
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the clip, which is within the paper"
        )]
        let rows = bounds.y0.floor().max(0.0) as usize..(bounds.y1.ceil().max(0.0) as usize).min(self.height);
        let lines = rows.len() * 4;
        self.work = self.work.saturating_add(lines.saturating_mul(edges.len()));
        if self.work > MAX_WORK * 40 {
            return;
        }
        let mut crossings: Vec<(f64, i32)> = Vec::new();
        for y in rows {
            let mut touched = false;
            for line in 0..4 {
                let at = y as f64 + (f64::from(line) + 0.5) / FINE;
                crossings.clear();
                for (from, to) in &edges {
                    let (low, high, way) = if from.y < to.y { (from, to, 1) } else { (to, from, -1) };
                    if at >= low.y && at < high.y {
                        crossings.push((low.x + (at - low.y) * (high.x - low.x) / (high.y - low.y), way));
                    }
                }
                crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut winding = 0;
                for (one, next) in crossings.iter().zip(crossings.iter().skip(1)) {
                    winding += one.1;
                    let inside = if even { winding % 2 != 0 } else { winding != 0 };
                    if inside {
                        touched |= self.span(one.0.max(clip.x0), next.0.min(clip.x1));
                    }
                }
            }
            if touched {
                for x in 0..self.width {
                    let part = self.cover.get_mut(x).map(std::mem::take).unwrap_or(0.0);
                    if part > 0.0 {
                        self.blend(x, y, colour, part * alpha);
                    }
                }
            }
        }
    }

    /// Adds a stretch of one line of samples.
    fn span(&mut self, from: f64, to: f64) -> bool {
        if to <= from {
            return false;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clipped to the paper before")]
        let (first, last) = (from.max(0.0) as usize, to.max(0.0) as usize);
        for x in first..=last.min(self.width) {
            let part = (to.min(x as f64 + 1.0) - from.max(x as f64)).max(0.0);
            if let Some(cover) = self.cover.get_mut(x) {
                #[allow(clippy::cast_possible_truncation, reason = "between 0 and 1")]
                {
                    *cover += (part / FINE) as f32;
                }
            }
        }
        true
    }

    fn shape(&mut self, path: &BezPath, transform: Affine, paint: &Paint<'_>, mode: &DrawMode) {
        let (colour, alpha) = match paint {
            Paint::Color(colour) => {
                let [red, green, blue, alpha] = colour.to_rgba().to_rgba8();
                ([red, green, blue], f32::from(alpha) / 255.0)
            }
            // A shade between: what it covers is seen.
            Paint::Pattern(_) => ([200, 205, 212], 0.6),
        };
        let placed = transform * path.clone();
        let bounds = placed.bounding_box();
        if !bounds.is_finite() || bounds.width().max(bounds.height()) > 1e6 {
            return;
        }
        let mut filled = |rule: &FillRule| self.fill(&placed, matches!(rule, FillRule::EvenOdd), colour, alpha);
        let stroke = match mode {
            DrawMode::Fill(rule) => {
                filled(rule);
                None
            }
            DrawMode::FillAndStroke(rule, stroke) => {
                filled(rule);
                Some(stroke)
            }
            DrawMode::Stroke(stroke) => Some(stroke),
            DrawMode::Invisible => None,
        };
        if let Some(stroke) = stroke {
            // Thin lines are drawn as thin as can be seen.
            let [a, b, c, d, ..] = transform.as_coeffs();
            let scale = (a * d - b * c).abs().sqrt();
            let width = (f64::from(stroke.line_width) * scale).clamp(0.6, 400.0);
            if self.work < MAX_WORK && placed.elements().len() < 20_000 {
                let outline = kurbo::stroke(placed.iter(), &kurbo::Stroke::new(width), &Default::default(), 0.5);
                self.fill(&outline, false, colour, alpha);
            }
        }
    }

    fn picture(&mut self, transform: Affine, width: u32, height: u32, pixel: impl Fn(u32, u32) -> ([u8; 3], f32)) {
        if width == 0 || height == 0 || transform.determinant().abs() < 1e-9 {
            return;
        }
        let alpha = self.opacity();
        let back = transform.inverse();
        let area = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let bounds = transform.transform_rect_bbox(area).intersect(self.clip());
        if !bounds.is_finite() || bounds.x1 <= bounds.x0 || bounds.y1 <= bounds.y0 {
            return;
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the clip, which is within the paper"
        )]
        let (columns, rows) = (
            bounds.x0.max(0.0) as usize..(bounds.x1.ceil() as usize).min(self.width),
            bounds.y0.max(0.0) as usize..(bounds.y1.ceil() as usize).min(self.height),
        );
        for y in rows {
            for x in columns.clone() {
                let (mut sum, mut seen, mut count) = ([0.0f32; 3], 0.0f32, 0.0f32);
                // Nine samples: pages of scans are far larger than the paper.
                for (dx, dy) in (0..9).map(|n| (f64::from(n % 3), f64::from(n / 3))) {
                    let from = back * Point::new(x as f64 + (dx + 0.5) / 3.0, y as f64 + (dy + 0.5) / 3.0);
                    count += 1.0;
                    if area.contains(from) {
                        #[allow(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "within the picture"
                        )]
                        let (colour, part) = pixel(from.x as u32, from.y as u32);
                        for (sum, value) in sum.iter_mut().zip(colour) {
                            *sum += f32::from(value) * part;
                        }
                        seen += part;
                    }
                }
                if seen > 0.0 {
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes")]
                    let colour = sum.map(|sum| (sum / seen) as u8);
                    self.blend(x, y, colour, alpha * seen / count);
                }
            }
        }
    }
}

impl<'a> Device<'a> for Paper {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        self.shape(path, props.transform, &props.paint, mode);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        for positioned in run.glyphs() {
            if let Glyph::Outline(glyph) = &**positioned
                && self.work < MAX_WORK * 20
            {
                self.shape(&glyph.outline(), props.transform * positioned.transform(), &props.paint, mode);
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        if u64::from(image.width()) * u64::from(image.height()) > MAX_PIXELS {
            return;
        }
        let hint = Some((u32::try_from(self.width).unwrap_or(320) * 2, u32::try_from(self.height).unwrap_or(320) * 2));
        // The page's own units: an image is drawn on a square as large as its pixels.
        match image {
            Image::Raster(raster) => raster.with_rgba(
                |data, mask| {
                    let (sx, sy) = data.scale_factors();
                    let (width, height) = (data.width(), data.height());
                    let place = props.transform * Affine::scale_non_uniform(f64::from(sx), f64::from(sy));
                    self.picture(place, width, height, |x, y| {
                        let at = y as usize * width as usize + x as usize;
                        let colour = match &data {
                            ImageData::Rgb(rgb) => {
                                rgb.data.get(at * 3..at * 3 + 3).and_then(|three| three.try_into().ok())
                            }
                            ImageData::Luma(luma) => luma.data.get(at).map(|grey| [*grey; 3]),
                        };
                        let alpha = mask.as_ref().map_or(1.0, |mask| {
                            let (mx, my) = (scaled(x, width, mask.width), scaled(y, height, mask.height));
                            let at = my as usize * mask.width as usize + mx as usize;
                            f32::from(mask.data.get(at).copied().unwrap_or(255)) / 255.0
                        });
                        (colour.unwrap_or([255; 3]), alpha)
                    });
                },
                hint,
            ),
            Image::Stencil(stencil) => stencil.with_stencil(
                |luma, paint| {
                    let colour = match paint {
                        Paint::Color(colour) => {
                            let [red, green, blue, _] = colour.to_rgba().to_rgba8();
                            [red, green, blue]
                        }
                        Paint::Pattern(_) => [128; 3],
                    };
                    let (sx, sy) = luma.scale_factors;
                    let place = props.transform * Affine::scale_non_uniform(f64::from(sx), f64::from(sy));
                    self.picture(place, luma.width, luma.height, |x, y| {
                        let at = y as usize * luma.width as usize + x as usize;
                        (colour, f32::from(luma.data.get(at).copied().unwrap_or(0)) / 255.0)
                    });
                },
                hint,
            ),
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let bounds = clip.path.bounding_box().intersect(self.clip());
        self.clips.push(bounds);
    }

    fn push_clip_rect(&mut self, rect: &Rect) {
        let bounds = rect.intersect(self.clip());
        self.clips.push(bounds);
    }

    fn pop_clip(&mut self) {
        if self.clips.len() > 1 {
            self.clips.pop();
        }
    }

    fn push_transparency_group(&mut self, opacity: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.groups.push(opacity * self.opacity());
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }
}

fn scaled(at: u32, from: u32, to: u32) -> u32 {
    u32::try_from(u64::from(at) * u64::from(to) / u64::from(from.max(1))).unwrap_or(0)
}
