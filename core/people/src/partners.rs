//! Partner schools: whose packages this station takes. Each is a key that somebody
//! answerable added, after comparing its code with the other school by telephone.

use serde::{Deserialize, Serialize};
use tram_contract::Text;
use tram_exchange::{Card, PublicKey};

use crate::table::Table;
use crate::{Error, People, Principal};

const PARTNERS: Table<Partner> = Table::new("partners");

/// A partner school, or a publisher of packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Lasting id of its station, 32 hexadecimal digits; empty for a publisher.
    #[serde(default)]
    pub station: String,
    /// Its key.
    pub key: PublicKey,
    /// What it is called here.
    pub name: String,
    /// When it was added, milliseconds since 1970.
    #[serde(default)]
    pub added_ms: i64,
}

impl People {
    /// The partners, by name.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn partners(&self) -> Result<Vec<Partner>, Error> {
        let rows = PARTNERS.with_prefix(&self.inner.journal.read()?, b"")?;
        let mut partners: Vec<Partner> = rows.into_iter().map(|row| row.value).collect();
        partners.sort_by_cached_key(|partner| tram_vietnamese::sort_key(&partner.name));
        Ok(partners)
    }

    /// The partner whose key this is.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn partner(&self, key: &PublicKey) -> Result<Option<Partner>, Error> {
        PARTNERS.get(&self.inner.journal.read()?, key.as_bytes())
    }

    /// Adds a partner by its card; `name` is what it is called here. The same key again
    /// only changes the name.
    ///
    /// # Errors
    /// The station of the card is a partner under another key; there is no name; the
    /// journal failed.
    pub fn add_partner(&self, by: &Principal, card: &Card, name: &str) -> Result<(), Error> {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let invalid = |field, vi: &str, en: &str| Error::Invalid { field, reason: Text::vi_en(vi, en) };
        if name.is_empty() || name.chars().count() > 120 {
            return Err(invalid(
                "name",
                "Hãy ghi tên trường bạn, tối đa 120 chữ.",
                "Write what the school is called, at most 120 letters.",
            ));
        }
        let now = tram_journal::clock::now().unix_ms;
        self.change(by, "partners", |txn| {
            let all = PARTNERS.with_prefix(txn, b"")?;
            let taken = all.iter().map(|row| &row.value).find(|partner| {
                !card.station.is_empty() && partner.station == card.station && partner.key != card.key
            });
            if let Some(other) = taken {
                return Err(Error::Invalid {
                    field: "card",
                    reason: Text::vi_en(
                        format!(
                            "Trạm của trường này đã có trong danh sách (“{}”) với mã khác. Nếu trường đã cài lại trạm và bạn đã gọi điện xác nhận, hãy xoá mục cũ rồi thêm lại.",
                            other.name
                        ),
                        format!(
                            "This school's station is already listed (“{}”) with another code. If the school set its station up anew and confirmed it by telephone, remove the old entry and add it again.",
                            other.name
                        ),
                    ),
                });
            }
            let known = PARTNERS.get(txn, card.key.as_bytes())?;
            let added_ms = known.map_or(now, |known| known.added_ms);
            let partner = Partner { station: card.station.clone(), key: card.key, name: name.clone(), added_ms };
            PARTNERS.put(txn, card.key.as_bytes(), &partner, &[])
        })?;
        Ok(())
    }

    /// Removes a partner: its packages are refused from now on. What was taken stays.
    ///
    /// # Errors
    /// There is no such partner, or the journal failed.
    pub fn remove_partner(&self, by: &Principal, key: &PublicKey) -> Result<(), Error> {
        self.change(by, "partners", |txn| {
            if PARTNERS.get(txn, key.as_bytes())?.is_none() {
                return Err(Error::Missing("partner"));
            }
            PARTNERS.delete(txn, key.as_bytes())
        })?;
        Ok(())
    }
}
