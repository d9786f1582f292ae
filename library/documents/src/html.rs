//! Web pages as text. Nothing is run and nothing is fetched; tags are left out.

use crate::pages::Pages;
use crate::{Found, Result, Source, bytes, plain};

/// Largest page that is read.
const MAX: u64 = 16 << 20;

/// Elements whose content is no text.
const SILENT: &[&str] = &["script", "style", "template", "noscript", "svg", "math", "head"];
/// Elements that begin a new line.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "br",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "table",
    "ul",
    "ol",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "hr",
    "td",
    "th",
    "figcaption",
    "option",
    "form",
    "fieldset",
    "legend",
    "label",
    "button",
    "caption",
    "summary",
    "header",
    "footer",
    "main",
    "nav",
    "body",
];

/// A page taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Of the head.
    pub title: String,
    /// First heading.
    pub heading: String,
    /// Language that it says it is in.
    pub language: String,
    /// Text with a line for each block.
    pub text: String,
}

/// Takes a page apart. Any bytes will do.
pub fn parts(html: &str) -> Parts {
    let mut parts = Parts::default();
    let mut rest = html;
    let mut silent: Option<String> = None;
    let mut into_title = false;
    let mut into_heading = false;
    let mut has_heading = false;
    while !rest.is_empty() {
        let (text, tag) = match rest.find('<') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if !text.is_empty() {
            if into_title {
                unescape(text, &mut parts.title);
            } else if silent.is_none() {
                unescape(text, &mut parts.text);
                if into_heading {
                    let before = parts.heading.len();
                    unescape(text, &mut parts.heading);
                    has_heading |= parts.heading.get(before..).is_some_and(|more| !more.trim().is_empty());
                }
            }
        }
        if tag.is_empty() {
            break;
        }
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.find("-->").and_then(|at| comment.get(at + 3..)).unwrap_or_default();
            continue;
        }
        let behind = tag.get(1..).unwrap_or_default();
        // `a < b`: a sign, not a tag. Told before the tag's end is looked for, which may
        // be as far away as the page is long.
        if !behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '!' | '?' | '/')) {
            if silent.is_none() {
                parts.text.push('<');
            }
            rest = behind;
            continue;
        }
        let end = tag_end(tag);
        let inside = tag.get(1..end).unwrap_or_default();
        rest = tag.get(end + 1..).unwrap_or_default();
        let closing = inside.starts_with('/');
        let name: String = inside
            .trim_start_matches('/')
            .chars()
            .take_while(|c| c.is_alphanumeric())
            .take(20)
            .collect::<String>()
            .to_lowercase();
        if name.is_empty() {
            continue;
        }
        match (&silent, closing) {
            (Some(open), true) if *open == name => silent = None,
            // Within the head the title counts, and a script's end is its own.
            (Some(open), _) if open != "head" => continue,
            _ => {}
        }
        if name == "html" && !closing && parts.language.is_empty() {
            parts.language = attribute(inside, "lang").unwrap_or_default();
        }
        if name == "title" {
            into_title = !closing && parts.title.is_empty();
        }
        if name == "body" {
            silent = None;
        }
        if matches!(name.as_str(), "h1" | "h2") {
            into_heading = !closing && !has_heading;
        }
        if !closing && !inside.ends_with('/') && SILENT.contains(&name.as_str()) && silent.is_none() {
            silent = Some(name.clone());
        }
        if BLOCKS.contains(&name.as_str()) && silent.is_none() {
            parts.text.push('\n');
        }
    }
    parts.title = crate::pages::tidy(&parts.title);
    parts.heading = crate::pages::tidy(&parts.heading).replace('\n', " ");
    parts
}

/// Text without tags, entities turned into letters.
pub(crate) fn strip(html: &str) -> String {
    parts(html).text
}

/// Where a tag ends, quotes heeded.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices().take(100_000) {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    tag.find('>').unwrap_or(tag.len())
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let small = tag.to_ascii_lowercase();
    let at = small.find(&format!(" {name}="))? + name.len() + 2;
    let value = tag.get(at..)?.trim_start_matches(['"', '\'']);
    Some(value.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').take(20).collect())
}

fn unescape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = from.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at);
        let c = end.and_then(|end| from.get(1..end)).and_then(entity);
        match (c, end) {
            (Some(c), Some(end)) => {
                out.push(c);
                rest = from.get(end + 1..).unwrap_or_default();
            }
            _ => {
                out.push('&');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
}

/// A named or numbered character; the names that text in Vietnamese or English has.
pub(crate) fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    const LETTERS: &str = "AÀgrave AÁacute AÂcirc AÃtilde EÈgrave EÉacute EÊcirc IÌgrave IÍacute OÒgrave OÓacute OÔcirc OÕtilde UÙgrave UÚacute YÝacute aàgrave aáacute aâcirc aãtilde eègrave eéacute eêcirc iìgrave iíacute oògrave oóacute oôcirc oõtilde uùgrave uúacute yýacute";
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "ldquo" => '“',
        "rdquo" => '”',
        "lsquo" => '‘',
        "rsquo" => '’',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        "copy" => '©',
        "deg" => '°',
        "times" => '×',
        "divide" => '÷',
        "plusmn" => '±',
        "frac12" => '½',
        "eth" => 'ð',
        _ => {
            let first = name.chars().next()?;
            let mark = name.get(first.len_utf8()..)?;
            LETTERS.split(' ').find_map(|known| {
                let mut chars = known.chars();
                let (base, whole) = (chars.next()?, chars.next()?);
                (base == first && chars.as_str() == mark).then_some(whole)
            })?
        }
    })
}

pub(crate) fn read(source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let page = parts(&plain::decode(&bytes::whole(source, size, MAX)?));
    let mut pages = Pages::default();
    pages.begin(&page.heading);
    pages.paragraph(&page.text);
    pages.finish(found);
    found.document.title = if page.title.is_empty() { page.heading } else { page.title };
    found.document.language = page.language;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_a_reader_would_see() {
        let page = parts(
            "<!doctype html><html lang='vi'><head><title>B&agrave;i 1</title><style>p{}</style></head><body>\
             <h1>Đất &amp; rừng</h1><p title='a>b'>x &lt; 5<br>dòng</p><script>alert('</p>')</script><!-- <p>không --><p>3 < 4</p>",
        );
        assert_eq!((page.title.as_str(), page.language.as_str(), page.heading.as_str()), ("Bài 1", "vi", "Đất & rừng"));
        assert_eq!(crate::pages::tidy(&page.text), "Đất & rừng\nx < 5\ndòng\n3 < 4");
    }

    /// Each of these made every sign or tag look through all that follows: hours.
    #[test]
    fn what_is_looked_for_once_is_not_looked_for_again() {
        let many = 4_000_000;
        let signs = parts(&"<".repeat(many));
        assert_eq!(signs.text.len(), many);
        let signs = parts(&("<style>".to_owned() + &"< ".repeat(many)));
        assert_eq!(signs.text, "");
        let spaces = format!("<h1>{}</h1>{}", " ".repeat(many), "<h1></h1>".repeat(many / 20));
        assert_eq!(parts(&spaces).heading, "");
    }

    #[test]
    fn broken_pages_end() {
        for html in ["<", "<!--", "<a href=\"", "<script>", "&", "&#xffffffff;", "</", "<title>x"] {
            parts(html);
        }
    }
}
