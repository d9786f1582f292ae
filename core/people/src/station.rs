//! The station itself: the school's name, the state of its set-up, the set-up code,
//! and which devices have shown that they trust its certificate.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::accounts::random;
use crate::table::Table;
use crate::{Error, People, Principal};

const STATION: Table<Station> = Table::new("station");
const DEVICES: Table<Device> = Table::new("devices");
const KEY: &[u8] = b"station";

/// How sign-in uses TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Staff over HTTPS, pupils and parents over either.
    #[default]
    StaffStrict,
    /// Everybody over HTTPS.
    AllStrict,
    /// The school's own name and certificate.
    OwnName,
}

/// What is known of the station.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Station {
    /// Name of the school; empty until the wizard is done.
    #[serde(default)]
    pub school: String,
    /// Body above the school, as documents name it (Ủy ban nhân dân phường …).
    #[serde(default)]
    pub authority: String,
    /// Place that documents are dated from.
    #[serde(default)]
    pub place: String,
    /// Whether the first-run wizard is done.
    #[serde(default)]
    pub ready: bool,
    /// Hash of the one-time set-up code; empty once used.
    #[serde(default)]
    pub setup_code: String,
    /// How sign-in uses TLS.
    #[serde(default)]
    pub tls: TlsMode,
    /// Further host names that the station answers to.
    #[serde(default)]
    pub names: Vec<String>,
    /// Language of those who chose none.
    #[serde(default)]
    pub language: String,
    /// SHA-256 of the school's own certificate, hex; empty while there is none.
    #[serde(default)]
    pub certificate: String,
    /// Whether this is the demonstration school with one-click sign-in.
    #[serde(default)]
    pub demonstration: bool,
    /// Column mappings of imports, by kind of list.
    #[serde(default)]
    pub mappings: std::collections::BTreeMap<String, std::collections::BTreeMap<String, String>>,
}

/// A device that opened the station over trusted HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Device {
    ready: bool,
}

/// Letters of the set-up code: no vowels and no letters that Vietnamese typing
/// changes, so that it survives UniKey; no 0/O, 1/I.
const CODE_LETTERS: &[u8; 16] = b"23456789CGHKMNPT";

/// Whether the first-run wizard is done.
pub(crate) fn is_ready(from: &impl tram_journal::Reader) -> Result<bool, Error> {
    Ok(STATION.get(from, KEY)?.is_some_and(|station| station.ready))
}

impl People {
    /// What is known of the station.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn station(&self) -> Result<Station, Error> {
        Ok(STATION.get(&self.inner.journal.read()?, KEY)?.unwrap_or_default())
    }

    /// Changes what is known of the station.
    ///
    /// # Errors
    /// The journal failed.
    pub fn change_station(&self, by: &Principal, mut change: impl FnMut(&mut Station)) -> Result<(), Error> {
        self.change(by, "station", |txn| {
            let mut station = STATION.get(txn, KEY)?.unwrap_or_default();
            change(&mut station);
            STATION.put(txn, KEY, &station, &[])
        })?;
        Ok(())
    }

    /// Makes a new one-time set-up code (`C7K2-9HMP`) and keeps its hash.
    ///
    /// # Errors
    /// The journal failed.
    pub fn new_setup_code(&self) -> Result<String, Error> {
        let code: String = random::<8>()?
            .iter()
            .filter_map(|byte| CODE_LETTERS.get(usize::from(byte % 16)))
            .map(|letter| char::from(*letter))
            .collect();
        let hash = blake3::hash(code.as_bytes()).to_hex().to_string();
        self.change_station(&Principal::console("vi"), |station| station.setup_code.clone_from(&hash))?;
        let (head, tail) = code.split_at(code.len() / 2);
        Ok(format!("{head}-{tail}"))
    }

    /// Whether a typed set-up code is right. Case and dashes do not matter.
    ///
    /// # Errors
    /// The journal cannot be read; too many wrong tries from this device.
    pub fn is_setup_code(&self, typed: &str) -> Result<bool, Error> {
        let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        let hash = blake3::hash(plain.as_bytes()).to_hex().to_string();
        let kept = self.station()?.setup_code;
        Ok(!kept.is_empty() && bool::from(kept.as_bytes().ct_eq(hash.as_bytes())))
    }

    /// Remembers that a device reaches the station over trusted HTTPS.
    ///
    /// # Errors
    /// The journal failed.
    pub fn device_is_ready(&self, device: &str, ready: bool) -> Result<(), Error> {
        let key = blake3::hash(device.as_bytes());
        if DEVICES.get(&self.inner.journal.read()?, key.as_bytes())?.is_some_and(|known| known.ready == ready) {
            return Ok(());
        }
        self.change(&Principal::console("vi"), "device", |txn| {
            DEVICES.put(txn, key.as_bytes(), &Device { ready }, &[])
        })?;
        Ok(())
    }

    /// Devices that are ready, and devices seen on the check page.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn devices(&self) -> Result<(usize, usize), Error> {
        let devices = DEVICES.with_prefix(&self.inner.journal.read()?, b"")?;
        Ok((devices.iter().filter(|device| device.value.ready).count(), devices.len()))
    }
}
