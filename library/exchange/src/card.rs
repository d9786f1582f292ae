//! What two schools give each other so that they know each other's packages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Hash;
use crate::hash::unhex;
use crate::manifest::is_hidden;

/// What a card's text begins with.
const PREFIX: &str = "tram-truong:1:";
/// Longest name, bytes.
const MAX_NAME: usize = 200;
/// Lines that a name may have been broken into on its way.
const MAX_LINES: usize = 6;

/// An Ed25519 public key (RFC 8032); 64 hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// A key by its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What people compare by telephone: six groups of five digits (99 bits), drawn from
    /// the key's hash. Digits, because they are spoken alike everywhere.
    pub fn fingerprint(&self) -> String {
        let hash = blake3::derive_key("tram exchange fingerprint 1", &self.0);
        let groups = hash.chunks_exact(5).take(6).map(|bytes| {
            let number = bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
            format!("{:05}", number % 100_000)
        });
        groups.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for PublicKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or("a key is 64 lower-case hexadecimal digits")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A school's card: station, key and name as one line of text, with a check so that a
/// line that lost a character on its way is not taken for another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Lasting id of the station, 32 hexadecimal digits; empty for a publisher's key that
    /// speaks for no station.
    pub station: String,
    /// Its public key.
    pub key: PublicKey,
    /// What it calls itself.
    pub name: String,
}

/// Why a text is no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// It does not begin as a card does.
    #[error("not a school's card")]
    NotACard,
    /// Something was lost or changed on the way.
    #[error("the card's check does not fit")]
    Damaged,
}

impl Card {
    fn check(&self) -> String {
        let content = format!("{}:{}:{}", self.station, self.key, self.name);
        Hash::of(content.as_bytes()).to_string().chars().take(8).collect()
    }

    /// Reads a card from a text in which line breaks and spaces may have got lost or in
    /// between, as messengers do. The name is the last, keeps its own spaces and goes to
    /// the end of the line; where it was broken into lines, the check tells its end. What
    /// is written below it is none of the card's.
    ///
    /// # Errors
    /// It is no card, or a damaged one.
    pub fn parse(text: &str) -> Result<Self, CardError> {
        let at = text.find(PREFIX).ok_or(CardError::NotACard)?;
        let mut parts = text.get(at + PREFIX.len()..).unwrap_or_default().splitn(4, ':');
        let mut next = || parts.next().ok_or(CardError::Damaged);
        let squeezed = |part: &str| part.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        let (station, key, check) = (squeezed(next()?), squeezed(next()?), squeezed(next()?));
        let behind = next()?;
        let key = key.parse().map_err(|_| CardError::Damaged)?;
        if !(station.is_empty() || unhex::<16>(&station).is_some()) {
            return Err(CardError::Damaged);
        }
        let mut card = Self { station, key, name: String::new() };
        for line in std::iter::once("").chain(behind.lines().take(MAX_LINES)) {
            for word in line.split_whitespace() {
                if !card.name.is_empty() {
                    card.name.push(' ');
                }
                card.name.push_str(word);
            }
            if card.name.len() > MAX_NAME || card.name.chars().any(is_hidden) {
                break;
            }
            if card.check() == check {
                return Ok(card);
            }
        }
        Err(CardError::Damaged)
    }

    /// The card of a station.
    pub fn new(station: &str, key: PublicKey, name: &str) -> Self {
        // As a reader will have it: one space between words, nothing that is not seen.
        let seen: String = name.chars().filter(|c| c.is_whitespace() || !is_hidden(*c)).collect();
        let mut name = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        while name.len() > MAX_NAME {
            name.pop();
        }
        Self { station: station.to_owned(), key, name: name.trim_end().to_owned() }
    }
}

impl fmt::Display for Card {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{PREFIX}{}:{}:{}:{}", self.station, self.key, self.check(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        Card::new("00112233445566778899aabbccddeeff", PublicKey::from_bytes([7; 32]), "Trường THCS  Nguyễn Du: cơ sở 2")
    }

    #[test]
    fn a_card_survives_a_messenger() {
        let text = card().to_string();
        assert_eq!(Card::parse(&text), Ok(card()));
        let broken = format!("Chào thầy, mã đây ạ:\n{}\n", text.replace(":1:", ":1:\n").replace("0707", "07 07"));
        assert_eq!(Card::parse(&broken), Ok(card()));
        // What is written below it, and a name that the mail broke.
        assert_eq!(Card::parse(&format!("{text}\n\nCảm ơn thầy!\nTổ trưởng: Lan")), Ok(card()));
        assert_eq!(Card::parse(&format!("{text}\r\nCảm ơn thầy!")), Ok(card()));
        assert_eq!(Card::parse(&format!("{}\nCảm ơn!", text.replace("Nguyễn", "\nNguyễn"))), Ok(card()));
        let nameless = Card::new("", PublicKey::from_bytes([7; 32]), "");
        assert_eq!(Card::parse(&format!("{nameless}\nCảm ơn!")), Ok(nameless));
        // A name that reads otherwise than it is written is none.
        let mut turned = card();
        turned.name.push_str(" \u{202e}abc");
        assert_eq!(Card::parse(&turned.to_string()), Err(CardError::Damaged));
        assert_eq!(Card::new("", card().key, "a \u{200b}\u{202e} b").name, "a b");
    }

    #[test]
    fn a_damaged_card_is_no_other_card() {
        let text = card().to_string();
        assert_eq!(Card::parse("xin chào"), Err(CardError::NotACard));
        assert_eq!(Card::parse(text.split("Nguy").next().unwrap()), Err(CardError::Damaged));
        for (at, c) in text.char_indices().filter(|(at, c)| *at >= PREFIX.len() && c.is_ascii_hexdigit()) {
            let other = if c == 'e' { '3' } else { 'e' };
            let mut changed = text.clone();
            changed.replace_range(at..at + 1, &other.to_string());
            assert!(Card::parse(&changed).is_err(), "{changed}");
        }
    }

    #[test]
    fn fingerprints_are_for_the_telephone() {
        let print = PublicKey::from_bytes([7; 32]).fingerprint();
        assert_eq!(print.split(' ').count(), 6);
        assert!(print.split(' ').all(|group| group.len() == 5 && group.bytes().all(|byte| byte.is_ascii_digit())));
        assert_ne!(print, PublicKey::from_bytes([8; 32]).fingerprint());
    }
}
