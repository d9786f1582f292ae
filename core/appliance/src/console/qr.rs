//! A QR code on a terminal.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around it. The standard wants four; two scan and fit a screen.
const QUIET: usize = 2;

/// Lines of the code of an address; none when it does not fit. Upper case, which an
/// address may be in and which makes the smallest code.
pub(super) fn lines(address: &str, half_blocks: bool) -> Vec<String> {
    let Ok(code) = QrCode::with_error_correction_level(address.to_uppercase(), EcLevel::L) else { return Vec::new() };
    let width = code.width();
    let colors = code.to_colors();
    let whole = width + 2 * QUIET;
    let dark = |x: usize, y: usize| -> bool {
        let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
        inside && colors.get((y - QUIET) * width + (x - QUIET)) == Some(&Color::Dark)
    };
    if half_blocks {
        // Ink is the terminal's light, so that dark modules are its dark ground.
        let block = |upper: bool, lower: bool| match (upper, lower) {
            (true, true) => ' ',
            (true, false) => '▄',
            (false, true) => '▀',
            (false, false) => '█',
        };
        return (0..whole)
            .step_by(2)
            .map(|y| (0..whole).map(|x| block(dark(x, y), y + 1 >= whole || dark(x, y + 1))).collect())
            .collect();
    }
    // A ground of its own, white and black, which needs no glyph.
    (0..whole)
        .map(|y| {
            let row: String = (0..whole).map(|x| if dark(x, y) { "\x1b[40m  " } else { "\x1b[47m  " }).collect();
            format!("{row}\x1b[0m")
        })
        .collect()
}
