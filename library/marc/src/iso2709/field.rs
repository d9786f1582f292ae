//! One field, from its bytes.

use super::DELIMITER;
use crate::charset::Texts;
use crate::field::UNKNOWN_CODE;
use crate::{Field, Subfield, Tag, Warning};

/// The field that `data` is, without its terminator; `None` for a data field
/// that holds nothing.
pub(super) fn parse(tag: Tag, data: &[u8], texts: &mut Texts, warnings: &mut Vec<Warning>) -> Option<Field> {
    let plain = !data.contains(&DELIMITER);
    // Systems of other makers write plain text under alphabetic tags (`FMT`).
    if tag.is_control() || (plain && !tag.is_numeric()) {
        if !plain {
            warnings.push(Warning::Kind(tag));
        }
        return Some(Field::control(tag, texts.decode(data)));
    }
    let mut pieces = data.split(|b| *b == DELIMITER);
    let head = pieces.next().unwrap_or_default();
    let (ind1, ind2, stray) = indicators(tag, head, plain, warnings);

    let mut subfields = Vec::with_capacity(8);
    if plain {
        warnings.push(Warning::NoSubfields(tag));
        if !stray.trim_ascii().is_empty() {
            subfields.push(Subfield::new('a', texts.decode(stray)));
        }
    } else if !stray.trim_ascii().is_empty() {
        warnings.push(Warning::Code(tag));
        subfields.push(Subfield::new(UNKNOWN_CODE, texts.decode(stray)));
    }
    for piece in pieces {
        match piece.split_first() {
            Some((code, value)) if is_code(*code) => {
                subfields.push(Subfield::new(char::from(*code), texts.decode(value)));
            }
            Some((b' ', value)) => {
                warnings.push(Warning::Code(tag));
                subfields.push(Subfield::new(UNKNOWN_CODE, texts.decode(value)));
            }
            Some(_) => {
                warnings.push(Warning::Code(tag));
                subfields.push(Subfield::new(UNKNOWN_CODE, texts.decode(piece)));
            }
            // Two delimiters in a row hold nothing that could be kept.
            None => warnings.push(Warning::Code(tag)),
        }
    }
    (!subfields.is_empty()).then(|| Field::data(tag, ind1, ind2, subfields))
}

/// Whether the byte is a subfield code: any ASCII graphic (MARC 21 Record
/// Structure: letters and digits, and others for local use).
fn is_code(byte: u8) -> bool {
    byte.is_ascii_graphic()
}

/// Whether the byte can be an indicator.
fn is_indicator(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}

/// The two indicators at the head of a field, and the text that stands between
/// them and the first subfield, where none belongs.
fn indicators<'a>(tag: Tag, head: &'a [u8], plain: bool, warnings: &mut Vec<Warning>) -> (char, char, &'a [u8]) {
    match *head {
        [first, second] if is_indicator(first) && is_indicator(second) && !plain => {
            (char::from(first), char::from(second), &[])
        }
        // Without a subfield the text begins at once, unless two indicators do.
        [first, second, ..] if plain => {
            let both = [first, second].iter().all(|b| b.is_ascii_digit() || *b == b' ');
            if both {
                (char::from(first), char::from(second), head.get(2..).unwrap_or_default())
            } else {
                warnings.push(Warning::Indicators(tag));
                (' ', ' ', head)
            }
        }
        [first, second, ref stray @ ..] => {
            warnings.push(Warning::Indicators(tag));
            let keep = |b: u8| if is_indicator(b) { char::from(b) } else { ' ' };
            (keep(first), keep(second), stray)
        }
        [first] if is_indicator(first) && !plain => {
            warnings.push(Warning::Indicators(tag));
            (char::from(first), ' ', &[])
        }
        _ => {
            warnings.push(Warning::Indicators(tag));
            (' ', ' ', if plain { head } else { &[] })
        }
    }
}
