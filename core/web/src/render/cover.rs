//! Book covers drawn from title and author, for the many books without a picture.

use maud::{Markup, html};

/// Width and height of a drawn cover in its own units; a book's usual 2:3.
const WIDTH: u32 = 120;
const HEIGHT: u32 = 180;
/// Characters that fit a line of the title and of the author.
const TITLE_LINE: usize = 13;
const AUTHOR_LINE: usize = 19;

/// A cover as inline SVG. It repeats what stands beside it, so it is hidden from
/// screen readers.
pub(crate) fn draw(title: &str, author: &str) -> Markup {
    let hash = blake3::hash(title.as_bytes());
    let [a, b, c, ..] = *hash.as_bytes();
    let hue = (u32::from(a) * 256 + u32::from(b)) % 360;
    let ground = format!("hsl({hue},38%,{}%)", 27 + u32::from(c) % 9);
    let accent = format!("hsl({},55%,72%)", (hue + 40) % 360);
    let lines = wrap(title, TITLE_LINE, 5);
    let author = wrap(author, AUTHOR_LINE, 2);
    let first = 52;
    html! {
        svg.drawn viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } aria-hidden="true" focusable="false" {
            rect width=(WIDTH) height=(HEIGHT) rx="3" fill=(ground) {}
            // The fold of the binding, and one of four plain ornaments.
            rect width="7" height=(HEIGHT) fill="#000" opacity=".18" {}
            @match c % 4 {
                0 => { rect x="18" y="24" width="40" height="3" fill=(accent) {} }
                1 => { circle cx="96" cy="26" r="10" fill=(accent) opacity=".85" {} }
                2 => { path d="M7 0h113L7 34z" fill=(accent) opacity=".45" {} }
                _ => { rect x="7" y="14" width="113" height="12" fill=(accent) opacity=".55" {} }
            }
            g fill="#fff" font-size="14" font-weight="700" {
                @for (at, line) in lines.iter().enumerate() {
                    text x="18" y=(first + at * 18) { (line) }
                }
            }
            g fill="#fff" opacity=".92" font-size="10" {
                @for (at, line) in author.iter().enumerate() {
                    text x="18" y=(172 - 13 * (author.len() - at)) { (line) }
                }
            }
        }
    }
}

/// Breaks text at spaces into at most `most` lines of about `width` characters; what
/// does not fit ends with an ellipsis.
fn wrap(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let full = lines.len() == most;
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) if full => {
                *line = format!("{}…", cut(line, width.saturating_sub(1)));
                return lines;
            }
            _ => lines.push(cut(word, width).to_owned()),
        }
    }
    lines
}

fn cut(text: &str, width: usize) -> &str {
    text.char_indices().nth(width).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_wrap_and_end_with_an_ellipsis() {
        assert_eq!(wrap("Dế Mèn phiêu lưu ký", 13, 5), ["Dế Mèn phiêu", "lưu ký"]);
        assert_eq!(wrap("một hai ba bốn năm sáu", 7, 2), ["một hai", "ba bốn…"]);
        assert_eq!(wrap("", 13, 5), Vec::<String>::new());
    }

    #[test]
    fn a_title_always_has_the_same_cover() {
        assert_eq!(draw("Đất rừng phương Nam", "Đoàn Giỏi").0, draw("Đất rừng phương Nam", "Đoàn Giỏi").0);
        assert_ne!(draw("Số đỏ", "").0, draw("Tắt đèn", "").0);
    }
}
