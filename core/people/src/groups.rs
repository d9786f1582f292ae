//! Classes and other groups by hand: making one, renaming one.

use tram_contract::Text;

use crate::directory::{GROUPS, Group, Writer, key_of};
use crate::{Error, People, Principal};

/// Kinds of groups that are made by hand.
pub const KINDS: [&str; 3] = ["class", "subject-group", "campus"];
/// Letters of a name.
pub const LONGEST_NAME: usize = 60;

fn invalid(field: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Error {
    Error::Invalid { field, reason: Text::vi_en(vi, en) }
}

/// The name as it is stored: normal form C, one space between words.
fn tidy(name: &str) -> String {
    tram_vietnamese::nfc(&name.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(invalid("name", "Hãy ghi tên lớp hoặc tổ.", "Write the name of the class or group."));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(invalid(
            "name",
            format!("Tên quá dài (tối đa {LONGEST_NAME} chữ)."),
            format!("The name is too long ({LONGEST_NAME} letters at most)."),
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(invalid(
            "name",
            "Tên có ký tự không in được; hãy gõ lại.",
            "The name has signs that cannot be printed; type it again.",
        ));
    }
    Ok(())
}

/// `2026-2027`: two years, one after the other.
fn is_school_year(year: &str) -> bool {
    let number = |part: &str| Some(part).filter(|part| part.len() == 4).and_then(|part| part.parse::<u32>().ok());
    let years = year.split_once('-').and_then(|(first, second)| number(first).zip(number(second)));
    years.is_some_and(|(first, second)| first >= 1900 && second == first + 1)
}

/// The grade that a class's name begins with (8A1).
pub(crate) fn grade_of(name: &str) -> Option<u8> {
    let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|grade| (1..=12).contains(grade))
}

impl People {
    /// Makes a group, or with an id renames the known one, whose kind and year stay;
    /// answers the id.
    ///
    /// # Errors
    /// The name is empty, too long, or that of another group of the same kind and
    /// school year; kind or year are none; there is no such group; or the journal
    /// failed. Nothing was changed then.
    pub fn save_group(&self, by: &Principal, group: &Group) -> Result<String, Error> {
        let name = tidy(&group.name);
        check_name(&name)?;
        let note = if group.id.is_empty() { "group made" } else { "group renamed" };
        let (id, _) = self.change(by, note, |txn| {
            let saved = if group.id.is_empty() {
                new_group(group, &name)?
            } else {
                let known = GROUPS.get(txn, &key_of(&group.id)?)?.ok_or(Error::Missing("group"))?;
                if known.name == name {
                    return Ok(known.id);
                }
                // "8A1" that becomes "Chuyên Toán" is still a class of the eighth grade.
                let grade = if known.kind == "class" { grade_of(&name).or(known.grade) } else { known.grade };
                Group { name: name.clone(), grade, ..known }
            };
            let wanted = tram_vietnamese::exact(&name);
            let same = GROUPS.find(txn, "kind", saved.kind.as_bytes())?.into_iter().map(|row| row.value).any(|known| {
                known.id != saved.id && known.year == saved.year && tram_vietnamese::exact(&known.name) == wanted
            });
            if same {
                let (vi, en) = match saved.year.is_empty() {
                    true => (
                        format!("Đã có “{name}”. Hãy chọn tên khác."),
                        format!("“{name}” is there already. Choose another name."),
                    ),
                    false => (
                        format!("Năm học {} đã có “{name}”. Hãy chọn tên khác.", saved.year),
                        format!("“{name}” is there already in {}. Choose another name.", saved.year),
                    ),
                };
                return Err(invalid("name", vi, en));
            }
            Writer::new(txn).group(saved)
        })?;
        Ok(id)
    }
}

fn new_group(group: &Group, name: &str) -> Result<Group, Error> {
    if !KINDS.contains(&group.kind.as_str()) {
        return Err(invalid(
            "kind",
            "Hãy chọn lớp, tổ hay điểm trường.",
            "Say whether it is a class, a group or a campus.",
        ));
    }
    let class = group.kind == "class";
    // Groups of the staff and campuses outlast a school year.
    let year = if class { group.year.trim() } else { "" };
    if class && !is_school_year(year) {
        return Err(invalid("year", "Năm học ghi như 2026-2027.", "Write the school year as 2026-2027."));
    }
    let grade = if class { grade_of(name) } else { None };
    Ok(Group { id: String::new(), kind: group.kind.clone(), name: name.to_owned(), year: year.to_owned(), grade })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    #[test]
    fn school_years_and_grades() {
        assert!(is_school_year("2026-2027"));
        for wrong in ["", "2026", "2026-2026", "2026-2028", "26-27", "2026-20271", "0001-0002", "+026-+027"] {
            assert!(!is_school_year(wrong), "{wrong}");
        }
        assert_eq!(
            (grade_of("8A1"), grade_of("12"), grade_of("13A"), grade_of("Mầm 1")),
            (Some(8), Some(12), None, None)
        );
    }

    #[test]
    fn names_are_tidied_and_checked() {
        assert_eq!(tidy("  8A1 \n chọn "), "8A1 chọn");
        assert_eq!(tidy("Toa\u{301}n"), "Toán");
        assert!(check_name(&"ạ".repeat(LONGEST_NAME)).is_ok());
        for wrong in [String::new(), "a".repeat(LONGEST_NAME + 1), "8A\u{7}".into()] {
            assert!(matches!(check_name(&wrong), Err(Error::Invalid { field: "name", .. })), "{wrong:?}");
        }
    }
}
