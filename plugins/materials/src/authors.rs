//! Authors: names as typed, and which of them are colleagues. A colleague sees the draft
//! and never reviews it, so a name must not be taken for the wrong person.

use tram_contract::Text;
use tram_sdk::{Result, directory};

use crate::access::Who;
use crate::messages as m;
use crate::model::Author;

/// Most authors of an item.
const MAX: usize = 20;

/// The subject groups: id and name.
///
/// # Errors
/// As the directory.
pub fn groups() -> Result<Vec<(String, String)>> {
    Ok(directory::groups("subject-group")?.into_iter().map(|group| (group.id, group.name)).collect())
}

/// Names, one a line, as authors; who makes the item comes first.
///
/// # Errors
/// As the directory; the inner one is for the form.
pub fn resolve(typed: &str, who: &Who, groups: &[(String, String)]) -> Result<Result<Vec<Author>, Text>> {
    let mut out: Vec<Author> = Vec::new();
    let mut colleagues: Option<Vec<(String, String, String)>> = None;
    for line in typed.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if out.len() >= MAX || line.chars().count() > 120 {
            return Ok(Err(m::TOO_MANY_AUTHORS.text_with(&[&MAX.to_string()])));
        }
        let (name, hint) = match line.strip_suffix(')').and_then(|line| line.rsplit_once('(')) {
            Some((name, hint)) => (name.trim(), tram_vietnamese::fold(hint.trim())),
            None => (line, String::new()),
        };
        let wanted = tram_vietnamese::exact(name);
        if !who.person.is_empty() && tram_vietnamese::exact(&who.name) == wanted && hint.is_empty() {
            push(&mut out, Author { person: who.person.clone(), name: who.name.clone() });
            continue;
        }
        let known = match &mut colleagues {
            Some(known) => known,
            none => none.insert(all(groups)?),
        };
        let mut found: Vec<&(String, String, String)> = known
            .iter()
            .filter(|(_, other, group)| {
                tram_vietnamese::exact(other) == wanted && (hint.is_empty() || tram_vietnamese::fold(group) == hint)
            })
            .collect();
        found.dedup_by(|a, b| a.0 == b.0);
        match found.as_slice() {
            [] => push(&mut out, Author { person: String::new(), name: line.to_owned() }),
            [(person, name, _)] => push(&mut out, Author { person: person.clone(), name: name.clone() }),
            [first, .., last] => {
                let example = format!("{} ({})", last.1, last.2);
                return Ok(Err(m::TWO_OF_THIS_NAME.text_with(&[&first.1, &example])));
            }
        }
    }
    if out.is_empty() && !who.person.is_empty() {
        push(&mut out, Author { person: who.person.clone(), name: who.name.clone() });
    }
    Ok(Ok(out))
}

fn push(out: &mut Vec<Author>, author: Author) {
    if !out.contains(&author) {
        out.push(author);
    }
}

/// Everybody of the subject groups: id, name and group, by id.
fn all(groups: &[(String, String)]) -> Result<Vec<(String, String, String)>> {
    let mut out = Vec::new();
    for (id, group) in groups {
        for member in directory::members(id, &["name"])? {
            let name = member.field("name").unwrap_or_default().to_owned();
            out.push((member.id, name, group.clone()));
        }
    }
    out.sort();
    Ok(out)
}

/// The names as the form shows them.
#[must_use]
pub fn typed(authors: &[Author]) -> String {
    authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use tram_sdk::mock;

    #[test]
    fn colleagues_are_recognised_and_namesakes_asked_about() {
        mock::reset();
        for (id, name) in [("a", "Lê Văn Sang"), ("b", "Lê Văn Sang"), ("c", "Trần Hoà")] {
            mock::add_person(id, &[("name", name)]);
        }
        mock::add_group("g1", "subject-group", "Tổ Toán", &["a", "c"]);
        mock::add_group("g2", "subject-group", "Tổ Văn", &["b"]);
        let who = Who { person: "c".into(), name: "Trần Hoà".into(), ..Who::default() };
        let groups = groups().unwrap();
        let ask = |typed: &str| resolve(typed, &who, &groups).unwrap();
        assert_eq!(ask("").unwrap(), [Author { person: "c".into(), name: "Trần Hoà".into() }]);
        assert_eq!(ask("Trần Hòa\nNguyễn Du").unwrap().len(), 2);
        assert_eq!(ask("Trần Hòa").unwrap().first().unwrap().person, "c");
        assert!(ask("Lê Văn Sang").unwrap_err().get("vi").contains("Tổ Văn"));
        assert_eq!(ask("Lê Văn Sang (tổ văn)").unwrap().first().unwrap().person, "b");
    }
}
