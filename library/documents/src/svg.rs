//! SVG, cleaned. The format may carry scripts and reach out to the network, so what is
//! shown is a copy of what is known to be drawing: anything else is left out.

use std::collections::BTreeSet;
use std::io::Cursor;

use tram_contract::extract::Media;

use crate::xml::{Element, Step, Walk};
use crate::{Found, Refusal, Result, Source, bytes};

/// Largest SVG that is cleaned.
pub const MAX: u64 = 4 << 20;

/// Elements that draw, and nothing else.
const ELEMENTS: &[&str] = &[
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "title",
    "desc",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "textPath",
    "image",
    "linearGradient",
    "radialGradient",
    "stop",
    "pattern",
    "clipPath",
    "mask",
    "marker",
    "filter",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
    "style",
    "font",
    "font-face",
    "glyph",
    "missing-glyph",
    "hkern",
    "switch",
    "a",
];

/// What was made of an SVG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// The drawing alone.
    pub svg: String,
    /// Whether something was left out that could have acted: scripts, handlers,
    /// links to elsewhere.
    pub defused: bool,
}

/// Cleans an SVG.
///
/// # Errors
/// It is no XML.
pub fn clean(svg: &[u8]) -> Result<Cleaned> {
    let text = crate::plain::decode(svg);
    let mut walk = Walk::new(Cursor::new(text.as_bytes()));
    let mut cleaned = Cleaned { svg: String::with_capacity(text.len().min(1 << 20)), defused: false };
    let mut open: Vec<String> = Vec::new();
    let mut skipping = 0usize;
    let mut style: Option<String> = None;
    walk.each(|step| {
        match step {
            Step::Start(_) if skipping > 0 => skipping += 1,
            Step::Start(element) => {
                let known = ELEMENTS.contains(&element.name.as_str()) && (!open.is_empty() || element.name == "svg");
                if !known || style.is_some() {
                    cleaned.defused |= matches!(
                        element.name.as_str(),
                        "script"
                            | "foreignObject"
                            | "iframe"
                            | "embed"
                            | "object"
                            | "handler"
                            | "listener"
                            | "animate"
                            | "set"
                    );
                    skipping = 1;
                } else {
                    if open.is_empty() {
                        cleaned.svg.push_str(
                            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"",
                        );
                    } else {
                        cleaned.svg.push('<');
                        cleaned.svg.push_str(&element.name);
                    }
                    attributes(&element, &mut cleaned);
                    cleaned.svg.push('>');
                    if element.name == "style" {
                        style = Some(String::new());
                    }
                    open.push(element.name);
                }
            }
            Step::End(_) if skipping > 0 => skipping -= 1,
            Step::End(_) => {
                if let Some(css) = style.take() {
                    if reaches_out(&css) {
                        cleaned.defused = true;
                    } else {
                        escape(&css, &mut cleaned.svg);
                    }
                }
                if let Some(name) = open.pop() {
                    cleaned.svg.push_str("</");
                    cleaned.svg.push_str(&name);
                    cleaned.svg.push('>');
                }
            }
            Step::Text(text) if skipping == 0 && !open.is_empty() => match &mut style {
                Some(css) => css.push_str(&text),
                None => escape(&text, &mut cleaned.svg),
            },
            Step::Text(_) => {}
        }
        Ok(())
    })?;
    if cleaned.svg.is_empty() {
        return Err(Refusal::damaged());
    }
    Ok(cleaned)
}

fn attributes(element: &Element, cleaned: &mut Cleaned) {
    // By the names under which they are written: `href` and `xlink:href` are one.
    let mut seen: BTreeSet<&str> = BTreeSet::from(["xmlns", "xlink"]);
    for (name, value) in &element.attributes {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !plain {
            continue;
        }
        if name.to_ascii_lowercase().starts_with("on") {
            cleaned.defused = true;
            continue;
        }
        let name = match name.as_str() {
            "href" => {
                // Parts of itself, and pictures that it brings along.
                let small = value.trim().to_ascii_lowercase();
                let own = small.starts_with('#')
                    || ["png", "jpeg", "jpg", "gif", "webp"]
                        .iter()
                        .any(|kind| small.starts_with(&format!("data:image/{kind};")));
                if !own {
                    cleaned.defused = true;
                    continue;
                }
                "xlink:href"
            }
            "space" | "lang" | "base" => continue,
            // Prefixes of editors' notes come without them; they say nothing to a browser.
            name => name,
        };
        if seen.contains(name) {
            continue;
        }
        if reaches_out(value) && name != "xlink:href" {
            cleaned.defused = true;
            continue;
        }
        seen.insert(name);
        cleaned.svg.push(' ');
        cleaned.svg.push_str(name);
        cleaned.svg.push_str("=\"");
        escape(value, &mut cleaned.svg);
        cleaned.svg.push('"');
    }
}

/// Whether a style or a value names something outside of the drawing, or code.
fn reaches_out(value: &str) -> bool {
    let small: String =
        value.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>().to_ascii_lowercase();
    // An escape in a style could spell any of what follows.
    if small.contains("@import")
        || small.contains("expression(")
        || small.contains("javascript:")
        || (small.contains('\\') && small.contains('('))
    {
        return true;
    }
    small.split("url(").skip(1).any(|rest| !rest.trim_start_matches(['"', '\'']).starts_with('#'))
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
}

pub(crate) fn read(source: &mut dyn Source, size: u64, found: &mut Found) -> Result<()> {
    let file = bytes::whole(source, size, MAX)?;
    let cleaned = clean(&file)?;
    let (width, height) = extent(&file).unwrap_or((0, 0));
    found.document.media = Some(Media { width, height, ..Media::default() });
    if cleaned.defused {
        found.warn(
            "Hình SVG có mã lệnh hoặc liên kết ra ngoài: trạm chỉ hiển thị bản đã làm sạch, tệp gốc chỉ tải về được.",
            "The SVG holds scripts or links to elsewhere: only a cleaned copy is shown, the original can only be downloaded.",
        );
    }
    if cleaned.svg.len() <= 1 << 20 {
        found.derived.push(("picture.svg".into(), "image/svg+xml".into(), cleaned.svg.into_bytes()));
    }
    Ok(())
}

/// Its size in pixels, by its width and height or its view box.
fn extent(file: &[u8]) -> Option<(u32, u32)> {
    let text = crate::plain::decode(file);
    let mut walk = Walk::new(Cursor::new(text.as_bytes()));
    loop {
        match walk.next().ok()?? {
            Step::Start(element) if element.name == "svg" => {
                let number = |text: &str| {
                    let digits: String = text.chars().take_while(|c| c.is_ascii_digit()).collect();
                    digits.parse::<u32>().ok().filter(|_| !text.ends_with('%'))
                };
                let length = |name| element.get(name).and_then(number);
                if let (Some(width), Some(height)) = (length("width"), length("height")) {
                    return Some((width, height));
                }
                let mut sides = element.get("viewBox")?.split([' ', ',']).filter(|part| !part.is_empty()).skip(2);
                return Some((number(sides.next()?)?, number(sides.next()?)?));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_stays_and_what_acts_goes() {
        let good = clean(br##"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 20"><defs><linearGradient id="a"/></defs><path d="M0 0h1" fill="url(#a)" style="stroke:#fff"/><text>1 &lt; 2</text></svg>"##).unwrap();
        assert!(!good.defused);
        assert!(good.svg.contains(r##"<path d="M0 0h1" fill="url(#a)" style="stroke:#fff"></path>"##), "{}", good.svg);
        assert!(good.svg.contains("1 &lt; 2"));
        for bad in [
            "<svg><script>alert(1)</script></svg>",
            "<svg onload='alert(1)'/>",
            "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
            "<svg><image href='http://example.org/x.png'/></svg>",
            "<svg><image href='data:text/html,x'/></svg>",
            "<svg><use href='other.svg#x'/></svg>",
            "<svg><style>@import 'http://example.org/x.css';</style></svg>",
            "<svg><rect style='fill:url( \"http://example.org\")'/></svg>",
            "<svg><rect fill='u\\72l(http://example.org)'/></svg>",
            "<svg><foreignObject><body onload='x()'/></foreignObject></svg>",
            "<svg><set attributeName='href' to='javascript:alert(1)'/></svg>",
            "<svg><g><x:script xmlns:x='http://www.w3.org/2000/svg'>alert(1)</x:script></g></svg>",
        ] {
            let cleaned = clean(bad.as_bytes()).unwrap();
            assert!(cleaned.defused, "{bad}");
            for word in ["alert", "example.org", "javascript", "foreignObject", "other.svg", "onload"] {
                assert!(!cleaned.svg.contains(word), "{bad} -> {}", cleaned.svg);
            }
        }
        // The same attribute twice is no XML, whatever it was called before.
        let twice =
            clean(br##"<svg xmlns:xlink="x"><use href="#a" xlink:href="#b"/><g id="1" id="2"/></svg>"##).unwrap();
        assert_eq!(twice.svg.matches("href=").count(), 1, "{}", twice.svg);
        assert!(twice.svg.contains(r##"xlink:href="#a""##) && !twice.svg.contains("\"2\""), "{}", twice.svg);
        assert!(clean(twice.svg.as_bytes()).is_ok());
        assert!(clean(b"<svg><g></svg>").is_err());
        assert!(clean(b"no").is_err());
        // Entities of a document type stand for nothing.
        let entity = clean(br#"<!DOCTYPE svg [<!ENTITY x "<script>alert(1)</script>">]><svg>&x;</svg>"#).unwrap();
        assert!(!entity.svg.contains("alert"), "{}", entity.svg);
    }

    /// Each attribute was looked for among all before it.
    #[test]
    fn an_element_with_all_its_attributes_is_read_once() {
        let mut svg = String::from("<svg><g");
        for number in 0..300_000 {
            svg.push_str(&format!(" a{number}=''"));
        }
        svg.push_str("/></svg>");
        assert!((svg.len() as u64) < MAX);
        let cleaned = clean(svg.as_bytes()).unwrap();
        assert!(cleaned.svg.contains(" a0=\"\"") && cleaned.svg.ends_with("</g></svg>"));
    }
}
