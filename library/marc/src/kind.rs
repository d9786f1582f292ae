//! What a record describes, from leader positions 6 and 7.

use crate::{Leader, Record};

/// The MARC 21 format that a record is in (leader position 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A thing that a library holds: it belongs in the catalogue.
    Bibliographic,
    /// A name or subject in its established form (`z`).
    Authority,
    /// What of a thing is held where (`u`, `v`, `x`, `y`).
    Holdings,
    /// A class number (`w`).
    Classification,
    /// Community information (`q`).
    Community,
    /// No format of MARC 21.
    Unknown,
}

/// What kind of material a bibliographic record describes (leader position 6,
/// with position 7 for serials; MARC 21 Bibliographic, field 008).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Material {
    /// Printed or written text (`a`, `t`).
    Book,
    /// A journal or a series that goes on (`a` with level `b`, `i`, `s`).
    Serial,
    /// Printed or written music (`c`, `d`).
    Score,
    /// A map or globe (`e`, `f`).
    Map,
    /// A film, a video or slides (`g`).
    Video,
    /// Spoken words (`i`).
    SpokenSound,
    /// Recorded music (`j`).
    Music,
    /// A picture or chart (`k`).
    Picture,
    /// A computer file (`m`).
    ComputerFile,
    /// A kit of several parts (`o`).
    Kit,
    /// A thing, as a model or a game (`r`).
    Object,
    /// Several kinds together (`p`).
    Mixed,
    /// Not a bibliographic record, or a code that is not defined.
    Unknown,
}

impl Leader {
    /// The format of the record.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.record_type() {
            'a' | 'c' | 'd' | 'e' | 'f' | 'g' | 'i' | 'j' | 'k' | 'm' | 'o' | 'p' | 'r' | 't' => Kind::Bibliographic,
            'z' => Kind::Authority,
            'u' | 'v' | 'x' | 'y' => Kind::Holdings,
            'w' => Kind::Classification,
            'q' => Kind::Community,
            _ => Kind::Unknown,
        }
    }

    /// The material that the record describes.
    #[must_use]
    pub fn material(&self) -> Material {
        match (self.record_type(), self.level()) {
            ('a', 'b' | 'i' | 's') => Material::Serial,
            ('a' | 't', _) => Material::Book,
            ('c' | 'd', _) => Material::Score,
            ('e' | 'f', _) => Material::Map,
            ('g', _) => Material::Video,
            ('i', _) => Material::SpokenSound,
            ('j', _) => Material::Music,
            ('k', _) => Material::Picture,
            ('m', _) => Material::ComputerFile,
            ('o', _) => Material::Kit,
            ('r', _) => Material::Object,
            ('p', _) => Material::Mixed,
            _ => Material::Unknown,
        }
    }
}

impl Record {
    /// The format of the record.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.leader.kind()
    }

    /// The material that the record describes.
    #[must_use]
    pub fn material(&self) -> Material {
        self.leader.material()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_formats_and_materials() {
        let leader = |text| Leader::from_text(text);
        assert_eq!(leader("00000nam a").kind(), Kind::Bibliographic);
        assert_eq!(leader("00000nz  a").kind(), Kind::Authority);
        assert_eq!(leader("00000nx  a").kind(), Kind::Holdings);
        assert_eq!(leader("00000n   a").kind(), Kind::Unknown);
        assert_eq!(leader("00000nam a").material(), Material::Book);
        assert_eq!(leader("00000nas a").material(), Material::Serial);
        assert_eq!(leader("00000njm a").material(), Material::Music);
        assert_eq!(leader("00000nz  a").material(), Material::Unknown);
    }
}
