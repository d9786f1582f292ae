//! Cards to cut out: a code to scan, a name, a PIN.

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// One card.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    /// Name of the person.
    pub(crate) name: String,
    /// Second line (class, code).
    pub(crate) line: String,
    /// Content of the code; none: no code.
    pub(crate) code: Option<String>,
    /// PIN in large type; none: no PIN.
    pub(crate) pin: Option<String>,
}

/// A sheet of cards.
pub(crate) fn sheet(tickets: &[Ticket]) -> Markup {
    html! {
        ul.tickets role="list" {
            @for ticket in tickets {
                li {
                    @if let Some(code) = &ticket.code { (qr(code, &ticket.name)) }
                    div {
                        strong { (ticket.name) }
                        p { (ticket.line) }
                        @if let Some(pin) = &ticket.pin { p.pin { (pin) } }
                    }
                }
            }
        }
    }
}

/// A QR code as one path of SVG, with the quiet zone of four modules that ISO 18004
/// asks for.
pub(crate) fn qr(content: &str, label: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(content, EcLevel::M) else { return html! {} };
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            path.push_str(&format!("M{} {}h1v1h-1z", at % width + 4, at / width + 4));
        }
    }
    let side = width + 8;
    html! {
        svg viewBox={ "0 0 " (side) " " (side) } role="img" aria-label={ "QR: " (label) } shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_has_its_quiet_zone() {
        let html = qr("http://tram-ab01.local/card#0123456789", "Lan").into_string();
        assert!(html.contains("viewBox=\"0 0 37 37\"") && html.contains("M4 4h1v1h-1z"), "{html}");
        assert!(!html.contains("style="));
    }
}
