//! Words and signs of CQL.

use super::Fault;

/// A word or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `/`, before a modifier.
    Slash,
    /// `=`, `==`, `<>`, `<`, `>`, `<=`, `>=`.
    Comparison(&'static str),
    /// A word without quotes.
    Word(String),
    /// A text in quotes. Backslashes are kept: they decide what is a mask.
    Quoted(String),
}

/// Splits a query.
///
/// # Errors
/// Diagnostic 14 when a quote is not closed.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Fault> {
    let mut out = Vec::new();
    let mut chars = query.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            _ if c.is_whitespace() => {
                chars.next();
            }
            '(' | ')' | '/' => {
                chars.next();
                out.push(match c {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Slash,
                });
            }
            '=' | '<' | '>' => {
                chars.next();
                let second = chars.peek().copied();
                let (sign, double) = match (c, second) {
                    ('=', Some('=')) => ("==", true),
                    ('<', Some('>')) => ("<>", true),
                    ('<', Some('=')) => ("<=", true),
                    ('>', Some('=')) => (">=", true),
                    ('=', _) => ("=", false),
                    ('<', _) => ("<", false),
                    _ => (">", false),
                };
                if double {
                    chars.next();
                }
                out.push(Token::Comparison(sign));
            }
            '"' => {
                chars.next();
                let mut text = String::new();
                loop {
                    match chars.next() {
                        None => return Err(Fault::new(14, text)),
                        Some('"') => break,
                        Some('\\') => {
                            text.push('\\');
                            text.extend(chars.next());
                        }
                        Some(c) => text.push(c),
                    }
                }
                out.push(Token::Quoted(text));
            }
            _ => {
                let mut word = String::new();
                while let Some(&c) = chars.peek() {
                    if c.is_whitespace() || matches!(c, '(' | ')' | '/' | '=' | '<' | '>' | '"') {
                        break;
                    }
                    chars.next();
                    word.push(c);
                    if c == '\\' {
                        word.extend(chars.next());
                    }
                }
                out.push(Token::Word(word));
            }
        }
    }
    Ok(out)
}
