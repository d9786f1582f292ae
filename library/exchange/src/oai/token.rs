//! Resumption tokens: where a list goes on. They hold no secret and are believed no more
//! than the arguments that they stand for.

use super::date::Stamp;
use super::{Fault, Format, Query};

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) format: Format,
    pub(super) query: Query,
    /// Records given so far.
    pub(super) cursor: u64,
}

const VERSION: &str = "1";

fn pack(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.');
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("~{byte:02x}") }).collect()
}

fn unpack(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'~' {
            out.push(byte);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        out.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = behind;
    }
    String::from_utf8(out).ok()
}

impl Token {
    pub(super) fn encode(&self) -> String {
        let stamp = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.0.to_string()).unwrap_or_default();
        let (after, id) = self.query.after.clone().unzip();
        let parts = [
            VERSION.to_owned(),
            self.format.prefix().to_owned(),
            stamp(self.query.from),
            stamp(self.query.until),
            pack(self.query.set.as_deref().unwrap_or_default()),
            self.cursor.to_string(),
            stamp(after),
            pack(id.as_deref().unwrap_or_default()),
        ];
        parts.join("!")
    }

    /// Reads a token; its set is checked by the caller.
    pub(super) fn decode(text: &str, limit: usize) -> Result<Self, Fault> {
        Self::parts(text, limit).ok_or_else(Fault::token)
    }

    fn parts(text: &str, limit: usize) -> Option<Self> {
        let parts: Vec<&str> = text.split('!').collect();
        let &[VERSION, prefix, from, until, set, cursor, after, id] = parts.as_slice() else { return None };
        let stamp = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().map(|seconds| Some(Stamp(seconds))),
        };
        let (from, until) = (stamp(from)?, stamp(until)?);
        let (after, id) = (stamp(after)??, unpack(id)?);
        let set = unpack(set)?;
        let early = from.is_some_and(|from| after < from) || until.is_some_and(|until| after > until);
        if early || id.is_empty() {
            return None;
        }
        let set = (!set.is_empty()).then_some(set);
        let query = Query { from, until, set, after: Some((after, id)), limit };
        Some(Self { format: Format::of(prefix)?, query, cursor: cursor.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_there_and_back() {
        let after = Some((Stamp(1_700_000_000), "a/b ~ đ!".to_owned()));
        let query = Query { from: Some(Stamp(5)), until: None, set: Some("mon:toan".into()), after, limit: 50 };
        let token = Token { format: Format::Lom, query, cursor: 150 };
        assert_eq!(Token::decode(&token.encode(), 50), Ok(token.clone()));
        for wrong in [
            "",
            "1",
            "1!lom!!!!5!!",
            "1!x!!!!5!7!a",
            "2!lom!!!!5!7!a",
            "1!lom!9!!!5!7!a",
            "1!lom!!6!!5!7!a",
            "1!lom!!!!5!7!~zz",
            "1!lom!!!!-5!7!a",
        ] {
            assert_eq!(Token::decode(wrong, 50).unwrap_err().code, "badResumptionToken", "{wrong}");
        }
    }
}
