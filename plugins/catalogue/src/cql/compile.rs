//! From a parsed query to a search of this catalogue.

use tram_contract::search::{Match, Query, Sort};

use super::parser::{Boolean, Clause, Modifier, Tree};
use super::{Fault, Parsed};
use crate::bib;

/// A sort key of `sortby`.
pub type SortKey = Sort;

/// How an index of CQL is kept here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Words, in these fields; none: all that a search without field looks at.
    Words(&'static [&'static str]),
    /// A whole value.
    Value(&'static str),
    /// An ISBN or ISSN.
    Isbn,
    /// A year.
    Year,
    /// Everything there is.
    All,
}

/// The indexes that are known: name and what is searched. The first name of each
/// target is the one that `explain` lists.
pub(crate) const INDEXES: &[(&str, Target)] = &[
    ("cql.serverchoice", Target::Words(&[])),
    ("cql.anywhere", Target::Words(&[])),
    ("cql.keywords", Target::Words(&[])),
    ("cql.anyindexes", Target::Words(&[])),
    ("cql.allindexes", Target::Words(&[])),
    ("cql.allrecords", Target::All),
    ("dc.title", Target::Words(&["title", "title-other"])),
    ("dc.creator", Target::Words(&["author"])),
    ("dc.contributor", Target::Words(&["author"])),
    ("dc.author", Target::Words(&["author"])),
    ("dc.subject", Target::Words(&["subject"])),
    ("dc.publisher", Target::Words(&["publisher"])),
    ("dc.description", Target::Words(&["summary", "notes"])),
    ("dc.date", Target::Year),
    ("dc.language", Target::Value("language")),
    ("dc.identifier", Target::Isbn),
    ("bath.any", Target::Words(&[])),
    ("bath.title", Target::Words(&["title", "title-other"])),
    ("bath.author", Target::Words(&["author"])),
    ("bath.name", Target::Words(&["author"])),
    ("bath.subject", Target::Words(&["subject"])),
    ("bath.isbn", Target::Isbn),
    ("bath.issn", Target::Isbn),
    ("bath.standardidentifier", Target::Isbn),
    ("bath.recordidentifier", Target::Value("number")),
    ("bath.localnumber", Target::Value("number")),
    ("rec.id", Target::Value("number")),
    ("rec.identifier", Target::Value("number")),
    ("title", Target::Words(&["title", "title-other"])),
    ("creator", Target::Words(&["author"])),
    ("author", Target::Words(&["author"])),
    ("subject", Target::Words(&["subject"])),
    ("publisher", Target::Words(&["publisher"])),
    ("series", Target::Words(&["series"])),
    ("isbn", Target::Isbn),
    ("date", Target::Year),
    ("language", Target::Value("language")),
];

/// What an index of CQL stands for here.
///
/// # Errors
/// 15 for a context set that is not known, 16 for an index.
pub(crate) fn target(index: &str) -> Result<Target, Fault> {
    let name = index.to_ascii_lowercase();
    // `srw.` is what `cql.` was called in version 1.1.
    let name = name.strip_prefix("srw.").map(|rest| format!("cql.{rest}")).unwrap_or(name);
    if let Some((_, target)) = INDEXES.iter().find(|(known, _)| *known == name) {
        return Ok(*target);
    }
    let set = name.split_once('.').map_or("", |(set, _)| set);
    let known = INDEXES.iter().any(|(known, _)| known.split_once('.').is_some_and(|(s, _)| s == set));
    if set.is_empty() || known { Err(Fault::new(16, index)) } else { Err(Fault::new(15, set)) }
}

/// What a scan of an index walks through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// The words of these fields.
    Words(&'static [&'static str]),
    /// The values of a field.
    Values(&'static str),
    /// Years.
    Years,
}

/// The fields that a search without a field looks at, as the search schema says.
const DEFAULT_FIELDS: &[&str] =
    &["title", "title-other", "author", "subject", "series", "publisher", "summary", "notes"];

/// What a scan of an index walks through.
///
/// # Errors
/// As [`target`]; 16 for an index that has no list of terms.
pub fn scanned(index: &str) -> Result<Scanned, Fault> {
    Ok(match target(index)? {
        Target::Words([]) => Scanned::Words(DEFAULT_FIELDS),
        Target::Words(fields) => Scanned::Words(fields),
        Target::Value(field) => Scanned::Values(field),
        Target::Isbn => Scanned::Values("isbn"),
        Target::Year => Scanned::Years,
        Target::All => return Err(Fault::new(16, index)),
    })
}

/// Context set, name, and whether it can be scanned, of each index to announce.
pub fn explained_indexes() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    INDEXES.iter().filter_map(|(name, target)| {
        let (set, index) = name.split_once('.')?;
        let index = match index {
            "serverchoice" => "serverChoice",
            "anywhere" => "anywhere",
            "allrecords" => "allRecords",
            "standardidentifier" => "standardIdentifier",
            "recordidentifier" => "recordIdentifier",
            "localnumber" => "localNumber",
            "anyindexes" | "allindexes" => return None,
            other => other,
        };
        Some((set, index, *target != Target::All))
    })
}

/// The search, and the order that `sortby` asks for.
///
/// # Errors
/// A [`Fault`] for whatever this catalogue does not answer.
pub fn compile(parsed: &Parsed) -> Result<(Query, Option<SortKey>), Fault> {
    Ok((tree(&parsed.tree)?, sort(&parsed.sort)?))
}

fn tree(tree_: &Tree) -> Result<Query, Fault> {
    match tree_ {
        Tree::Clause(of) => clause(of),
        Tree::Boolean { boolean, modifiers, left, right } => {
            if *boolean == Boolean::Prox {
                return Err(Fault::new(39, "prox"));
            }
            if let Some(modifier) = modifiers.first() {
                return Err(Fault::new(46, &modifier.name));
            }
            let (left, right) = (tree(left)?, tree(right)?);
            Ok(match boolean {
                Boolean::Or => flat(left, right, true),
                Boolean::Not => Query::Not(Box::new(left), Box::new(right)),
                _ => flat(left, right, false),
            })
        }
    }
}

/// Long chains of one boolean become one list, which the search service answers
/// faster than a tree.
fn flat(left: Query, right: Query, or: bool) -> Query {
    let mut parts = match left {
        Query::Or(parts) if or => parts,
        Query::And(parts) if !or => parts,
        other => vec![other],
    };
    parts.push(right);
    if or { Query::Or(parts) } else { Query::And(parts) }
}

fn clause(clause: &Clause) -> Result<Query, Fault> {
    let target = target(&clause.index)?;
    let relation = clause.relation.name.strip_prefix("cql.").unwrap_or(&clause.relation.name);
    for modifier in &clause.relation.modifiers {
        // Those that say what is done anyway.
        let name = modifier.name.strip_prefix("cql.").unwrap_or(&modifier.name);
        if !matches!(name, "word" | "string" | "relevant" | "ignorecase" | "ignoreaccents" | "masked" | "isbn") {
            return Err(Fault::new(20, &modifier.name));
        }
    }
    match target {
        Target::All => Ok(Query::Everything),
        Target::Words(fields) => words(clause, relation, fields),
        Target::Value(field) => {
            let value = untruncated(&clause.term)?;
            match relation {
                "=" | "==" | "exact" | "scr" | "any" | "all" | "adj" => {
                    Ok(Query::Term { field: field.into(), value: value.text })
                }
                _ => Err(unsupported(relation)),
            }
        }
        Target::Isbn => {
            let term = untruncated(&clause.term)?;
            match relation {
                "=" | "==" | "exact" | "scr" | "any" | "all" | "adj" => {
                    Ok(Query::Term { field: "isbn".into(), value: isbn_term(&term.text) })
                }
                _ => Err(unsupported(relation)),
            }
        }
        Target::Year => year(clause, relation),
    }
}

/// An ISBN as it is indexed: thirteen digits where it is one, else what stands
/// there without hyphens.
pub(crate) fn isbn_term(text: &str) -> String {
    bib::isbn13(text).unwrap_or_else(|| text.chars().filter(char::is_ascii_alphanumeric).take(13).collect())
}

/// The term of a clause without its masks and backslashes.
///
/// # Errors
/// As a search for it.
pub fn term(clause: &Clause) -> Result<String, Fault> {
    unmasked(&clause.term).map(|term| term.text)
}

fn unsupported(relation: &str) -> Fault {
    match relation {
        "<" | ">" | "<=" | ">=" | "<>" | "within" | "encloses" | "adj" | "any" | "all" | "==" | "exact" => {
            Fault::new(22, relation)
        }
        _ => Fault::new(19, relation),
    }
}

fn words(clause: &Clause, relation: &str, fields: &[&str]) -> Result<Query, Fault> {
    let term = unmasked(&clause.term)?;
    if term.text.trim().is_empty() {
        return Err(Fault::new(27, &clause.index));
    }
    let several = term.text.trim().contains(char::is_whitespace);
    if term.anchored && (fields.is_empty() || term.truncated || matches!(relation, "any" | "all")) {
        return Err(Fault::new(31, &clause.term));
    }
    let how = match relation {
        "scr" | "all" => Match::All,
        // The specification: for a text, `=` means words side by side; an index
        // that is no single text has no such order.
        "=" | "adj" if term.anchored => Match::Whole,
        "=" if several && !fields.is_empty() => Match::Phrase,
        "=" => Match::All,
        "any" => Match::Any,
        "adj" => Match::Phrase,
        "==" | "exact" => Match::Whole,
        "<>" | "<" | ">" | "<=" | ">=" | "within" | "encloses" => {
            return Err(Fault::new(22, relation));
        }
        _ => return Err(Fault::new(19, relation)),
    };
    if how == Match::Whole && fields.is_empty() {
        return Err(Fault::new(22, relation));
    }
    let how = match (term.truncated, how) {
        (false, how) => how,
        (true, Match::All) => Match::Prefix,
        (true, _) if !several => Match::Prefix,
        (true, _) => return Err(Fault::new(33, &clause.term)),
    };
    Ok(Query::Text { text: term.text, fields: fields.iter().map(|f| (*f).to_owned()).collect(), r#match: how })
}

fn year(clause: &Clause, relation: &str) -> Result<Query, Fault> {
    let field = || "year".to_owned();
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| Fault::new(36, text));
    let text = unmasked(&clause.term)?.text;
    let range = |from, to| Query::Range { field: field(), from, to };
    Ok(match relation {
        "=" | "==" | "exact" | "scr" | "all" | "any" => match text.split_once('-').filter(|_| relation == "=") {
            Some((from, to)) => range(Some(number(from)?), Some(number(to)?)),
            None => range(Some(number(&text)?), Some(number(&text)?)),
        },
        "<" => range(None, Some(number(&text)?.saturating_sub(1))),
        "<=" => range(None, Some(number(&text)?)),
        ">" => range(Some(number(&text)?.saturating_add(1)), None),
        ">=" => range(Some(number(&text)?), None),
        "<>" => {
            let year = number(&text)?;
            Query::Not(Box::new(range(None, None)), Box::new(range(Some(year), Some(year))))
        }
        "within" => {
            let mut ends = text.split_whitespace();
            match (ends.next(), ends.next(), ends.next()) {
                (Some(from), Some(to), None) => range(Some(number(from)?), Some(number(to)?)),
                _ => return Err(Fault::new(36, text)),
            }
        }
        _ => return Err(unsupported(relation)),
    })
}

/// A term without its backslashes.
struct Term {
    text: String,
    /// Whether a `*` at its end asks for words that begin with the last one.
    truncated: bool,
    /// Whether a `^` at both ends asks for the whole text.
    anchored: bool,
}

/// A term of an index of whole values, which cannot be cut off.
fn untruncated(term: &str) -> Result<Term, Fault> {
    let read = unmasked(term)?;
    if read.truncated { Err(Fault::new(28, term)) } else { Ok(read) }
}

fn unmasked(term: &str) -> Result<Term, Fault> {
    let mut text = String::with_capacity(term.len());
    let mut truncated = false;
    let whole = term.trim();
    let inner = whole.strip_prefix('^').and_then(|rest| rest.strip_suffix('^')).filter(|rest| !rest.ends_with('\\'));
    let mut chars = inner.unwrap_or(whole).chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('*' | '?' | '^' | '"' | '\\')) => text.push(c),
                Some(c) => return Err(Fault::new(26, c.to_string())),
                None => return Err(Fault::new(26, "\\")),
            },
            '*' if chars.peek().is_none() && text.ends_with(|c: char| !c.is_whitespace()) => truncated = true,
            '*' => return Err(Fault::new(49, "*")),
            '?' => return Err(Fault::new(28, "?")),
            '^' => return Err(Fault::new(32, "^")),
            c => text.push(c),
        }
    }
    Ok(Term { text, truncated, anchored: inner.is_some() })
}

fn sort(keys: &[(String, Vec<Modifier>)]) -> Result<Option<SortKey>, Fault> {
    let Some((key, modifiers)) = keys.first() else {
        return Ok(None);
    };
    if let Some((second, _)) = keys.get(1) {
        return Err(Fault::new(84, second));
    }
    let name = match target(key).ok() {
        Some(Target::Words(["title", ..])) => "title-order",
        Some(Target::Words(["author"])) => "author-order",
        Some(Target::Year) => "year",
        _ => return Err(Fault::new(84, key)),
    };
    let mut descending = false;
    for modifier in modifiers {
        match modifier.name.strip_prefix("sort.").unwrap_or(&modifier.name) {
            "ascending" => descending = false,
            "descending" => descending = true,
            "ignorecase" | "respectcase" | "ignoreaccents" | "missinglow" | "missinghigh" => {}
            _ => return Err(Fault::new(84, &modifier.name)),
        }
    }
    Ok(Some(Sort::Field { name: name.into(), descending }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::parse;
    use super::*;

    fn query(text: &str) -> Result<Query, u32> {
        parse(text).and_then(|parsed| compile(&parsed)).map(|(query, _)| query).map_err(|fault| fault.number)
    }

    fn text(text: &str, fields: &[&str], r#match: Match) -> Query {
        Query::Text { text: text.into(), fields: fields.iter().map(|f| (*f).into()).collect(), r#match }
    }

    const TITLE: &[&str] = &["title", "title-other"];

    #[test]
    fn what_can_be_answered() {
        let year = |from, to| Query::Range { field: "year".into(), from, to };
        let table: Vec<(&str, Query)> = vec![
            ("kiều", text("kiều", &[], Match::All)),
            ("\"truyện kiều\"", text("truyện kiều", &[], Match::All)),
            ("cql.serverChoice = \"truyện kiều\"", text("truyện kiều", &[], Match::All)),
            ("dc.title = kiều", text("kiều", TITLE, Match::All)),
            ("DC.Title = \"truyện kiều\"", text("truyện kiều", TITLE, Match::Phrase)),
            ("dc.title all \"kiều truyện\"", text("kiều truyện", TITLE, Match::All)),
            ("title any \"kiều lục\"", text("kiều lục", TITLE, Match::Any)),
            ("title adj \"mắt biếc\"", text("mắt biếc", TITLE, Match::Phrase)),
            ("title exact \"mắt biếc\"", text("mắt biếc", TITLE, Match::Whole)),
            ("title == \"mắt biếc\"", text("mắt biếc", TITLE, Match::Whole)),
            ("title cql.exact \"mắt biếc\"", text("mắt biếc", TITLE, Match::Whole)),
            ("title = biế*", text("biế", TITLE, Match::Prefix)),
            ("title all \"mắt biế*\"", text("mắt biế", TITLE, Match::Prefix)),
            ("title = \"^mắt biếc^\"", text("mắt biếc", TITLE, Match::Whole)),
            ("title = a\\*b", text("a*b", TITLE, Match::All)),
            ("title =/relevant/ignoreCase kiều", text("kiều", TITLE, Match::All)),
            ("bath.isbn = 0-306-40615-2", Query::Term { field: "isbn".into(), value: "9780306406157".into() }),
            ("dc.date = 2015", year(Some(2015), Some(2015))),
            ("dc.date > 2015", year(Some(2016), None)),
            ("dc.date <= 2015", year(None, Some(2015))),
            ("dc.date within \"2000 2010\"", year(Some(2000), Some(2010))),
            ("dc.date = 2000-2010", year(Some(2000), Some(2010))),
            ("cql.allRecords = 1", Query::Everything),
            ("srw.serverChoice all x", text("x", &[], Match::All)),
            (
                "dc.title = a and dc.creator = b and c",
                Query::And(vec![
                    text("a", TITLE, Match::All),
                    text("b", &["author"], Match::All),
                    text("c", &[], Match::All),
                ]),
            ),
            (
                "a or b not c",
                Query::Not(
                    Box::new(Query::Or(vec![text("a", &[], Match::All), text("b", &[], Match::All)])),
                    Box::new(text("c", &[], Match::All)),
                ),
            ),
            (
                "a and (b or c)",
                Query::And(vec![
                    text("a", &[], Match::All),
                    Query::Or(vec![text("b", &[], Match::All), text("c", &[], Match::All)]),
                ]),
            ),
            ("> dc = \"info:srw/context-set/1/dc-v1.1\" dc.title = a", text("a", TITLE, Match::All)),
            ("((a))", text("a", &[], Match::All)),
            ("\"and\"", text("and", &[], Match::All)),
        ];
        for (written, wanted) in table {
            assert_eq!(query(written), Ok(wanted), "{written}");
        }
    }

    #[test]
    fn what_cannot_is_named() {
        let table = [
            ("", 27),
            ("\"\"", 27),
            ("title = \"\"", 27),
            ("\"open", 14),
            ("(a", 13),
            ("a)", 13),
            ("and", 10),
            ("a and", 10),
            ("a b c d", 10),
            ("title =", 10),
            ("title = a b", 10),
            ("title foo", 10),
            ("dc.title near b", 19),
            ("= a", 10),
            ("nosuch.title = a", 15),
            ("dc.nosuch = a", 16),
            ("nosuch = a", 16),
            ("title < a", 22),
            ("isbn > 1", 22),
            ("serverChoice exact a", 16),
            ("cql.serverChoice exact a", 22),
            ("title =/stem a", 20),
            ("title = ?a", 28),
            ("title = a*b", 49),
            ("title = *a", 49),
            ("title adj \"a b*\"", 33),
            ("title = ^a", 32),
            ("title any \"^a b^\"", 31),
            ("cql.anywhere = ^a^", 31),
            ("title = a\\b", 26),
            ("a prox b", 39),
            ("a prox/distance=1 b", 39),
            ("a and/foo b", 46),
            ("date = abc", 36),
            ("date within 2000", 36),
            ("a sortby nosuch", 84),
            ("a sortby title date", 84),
        ];
        for (written, number) in table {
            assert_eq!(query(written), Err(number), "{written}");
        }
        assert_eq!(query(&"(".repeat(60)), Err(38));
        assert_eq!(query(&vec!["a"; 300].join(" and ")), Err(38));
    }

    #[test]
    fn order_is_understood() {
        let order = |text: &str| compile(&parse(text).unwrap()).unwrap().1;
        assert_eq!(order("a"), None);
        assert_eq!(order("a sortby title"), Some(Sort::Field { name: "title-order".into(), descending: false }));
        assert_eq!(
            order("a sortBy dc.date/sort.descending"),
            Some(Sort::Field { name: "year".into(), descending: true })
        );
    }
}
