//! Pictures (PNG) and tunes (WAV) from a line of words.

use std::f64::consts::TAU;
use std::io::Write;

use flate2::{Compression, Crc, write::ZlibEncoder};

const SIDE: usize = 480;
const PAPER: [u8; 3] = [255, 255, 255];
const INK: [u8; 3] = [31, 42, 46];
const TEAL: [u8; 3] = [28, 124, 125];
const SAND: [u8; 3] = [227, 168, 87];
const PALE: [u8; 3] = [221, 232, 231];

/// A picture: `pie 3 8` is a circle of eight parts with three coloured; `bars 1 2 3` a
/// diagram of columns; `parabola 1` the graph of y = ax²; `line 2 1` that of y = ax + b;
/// `moon` the phases of the moon.
pub(super) fn png(text: &str) -> Vec<u8> {
    let mut words = text.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let numbers: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
    let number = |at: usize, other: f64| numbers.get(at).copied().unwrap_or(other);
    match kind {
        "pie" => draw(|x, y| pie(x, y, number(0, 1.0), number(1, 2.0))),
        "bars" => draw(|x, y| bars(x, y, &numbers)),
        "moon" => draw(moon),
        "line" => draw(|x, y| graph(x, y, |at| number(0, 1.0) * at + number(1, 0.0))),
        _ => draw(|x, y| graph(x, y, |at| number(0, 1.0) * at * at)),
    }
}

/// Asks for the colour of every point, from -1 to 1 both ways, up is positive.
fn draw(colour: impl Fn(f64, f64) -> [u8; 3]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(SIDE * (SIDE * 3 + 1));
    let scaled = |at: usize| (at as f64 + 0.5) / SIDE as f64 * 2.0 - 1.0;
    for y in 0..SIDE {
        rows.push(0);
        for x in 0..SIDE {
            rows.extend(colour(scaled(x), -scaled(y)));
        }
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(&rows).and_then(|()| encoder.finish()).unwrap_or_default();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = u32::try_from(SIDE).unwrap_or(0).to_be_bytes();
    let head = [&side[..], &side[..], &[8, 2, 0, 0, 0]].concat();
    for (name, data) in [(b"IHDR", head.as_slice()), (b"IDAT", &packed), (b"IEND", &[])] {
        let mut crc = Crc::new();
        crc.update(name);
        crc.update(data);
        out.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
        out.extend(name);
        out.extend(data);
        out.extend(crc.sum().to_be_bytes());
    }
    out
}

fn pie(x: f64, y: f64, taken: f64, parts: f64) -> [u8; 3] {
    let far = x.hypot(y);
    if far > 0.92 {
        return PAPER;
    }
    // Clockwise from the top, as one reads a clock.
    let turn = x.atan2(y).rem_euclid(TAU) / TAU * parts;
    let edge = (turn - turn.round()).abs() * TAU / parts * far;
    if far > 0.905 || edge < 0.006 {
        INK
    } else if turn < taken {
        TEAL
    } else {
        PALE
    }
}

fn bars(x: f64, y: f64, values: &[f64]) -> [u8; 3] {
    let most = values.iter().copied().fold(1.0, f64::max);
    let (left, right, bottom, top) = (-0.9, 0.9, -0.85, 0.85);
    if (y - bottom).abs() < 0.006 || ((x - left).abs() < 0.006 && y > bottom) {
        return INK;
    }
    let place = (x - left) / (right - left) * values.len() as f64;
    let inside = (0.15..0.85).contains(&place.fract());
    let value = if place >= 0.0 { values.get(place as usize).copied().unwrap_or(0.0) } else { 0.0 };
    if inside && y > bottom && y < bottom + value / most * (top - bottom) { TEAL } else { PAPER }
}

fn graph(x: f64, y: f64, function: impl Fn(f64) -> f64) -> [u8; 3] {
    const REACH: f64 = 5.0;
    let (x, y) = (x * REACH, y * REACH);
    // The distance to the curve, by its slope.
    let slope = (function(x + 0.01) - function(x - 0.01)) / 0.02;
    let off = (y - function(x)).abs() / slope.hypot(1.0);
    let grid = |at: f64| (at - at.round()).abs() < 0.015;
    if off < 0.05 {
        TEAL
    } else if x.abs() < 0.025 || y.abs() < 0.025 {
        INK
    } else if grid(x) || grid(y) {
        PALE
    } else {
        PAPER
    }
}

/// Eight phases round the middle, which is the Earth; the Sun's light comes from the right.
fn moon(x: f64, y: f64) -> [u8; 3] {
    if x.hypot(y) < 0.16 {
        return if x > 0.0 { TEAL } else { INK };
    }
    for phase in 0..8 {
        let angle = f64::from(phase) * TAU / 8.0;
        let (dx, dy) = (x - 0.7 * angle.cos(), y - 0.7 * angle.sin());
        if dx.hypot(dy) < 0.11 {
            return if dx > 0.0 { SAND } else { INK };
        }
    }
    if (x.hypot(y) - 0.7).abs() < 0.004 { PALE } else { PAPER }
}

/// A tune: names of notes, each half a second (`C4 D4 …`, `-` is a rest), 8 kHz mono.
pub(super) fn tune(text: &str) -> Vec<u8> {
    const RATE: u32 = 8_000;
    const NOTE: u32 = RATE / 2;
    let mut data: Vec<u8> = Vec::new();
    for note in text.split_whitespace() {
        let pitch = frequency(note);
        for at in 0..NOTE {
            let time = f64::from(at) / f64::from(RATE);
            // Fades, so that notes do not click.
            let loud = (1.0 - f64::from(at) / f64::from(NOTE)).powf(0.7) * (f64::from(at) / 80.0).min(1.0);
            let wave = pitch.map_or(0.0, |pitch| (TAU * pitch * time).sin() + 0.3 * (2.0 * TAU * pitch * time).sin());
            data.extend(((wave * loud * 9_000.0) as i16).to_le_bytes());
        }
    }
    let size = u32::try_from(data.len()).unwrap_or(0);
    let mut out = b"RIFF".to_vec();
    out.extend((36 + size).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(RATE.to_le_bytes());
    out.extend((RATE * 2).to_le_bytes());
    out.extend(2u16.to_le_bytes());
    out.extend(16u16.to_le_bytes());
    out.extend(b"data");
    out.extend(size.to_le_bytes());
    out.extend(data);
    out
}

/// Hertz of a note of the equal temperament, A4 = 440.
fn frequency(note: &str) -> Option<f64> {
    let mut letters = note.chars();
    let step = match letters.next()? {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let octave: i32 = letters.as_str().parse().ok()?;
    Some(440.0 * 2f64.powf(f64::from(step - 9 + (octave - 4) * 12) / 12.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_their_pitch() {
        assert_eq!(frequency("A4"), Some(440.0));
        assert_eq!(frequency("A5"), Some(880.0));
        assert_eq!(frequency("-"), None);
    }

    #[test]
    fn a_pie_is_coloured_clockwise_from_the_top() {
        assert_eq!(pie(0.1, 0.5, 1.0, 4.0), TEAL);
        assert_eq!(pie(0.5, -0.2, 1.0, 4.0), PALE);
        assert_eq!(pie(1.0, 1.0, 1.0, 4.0), PAPER);
    }
}
