//! The station's exchange key: what packages for other stations are signed with.
//!
//! The private key is a file of the data folder, outside the journal, so that neither a
//! plain backup nor a reader of the journal has it; a sealed backup takes it along. What
//! is signed always names the plugin that asked, and the wish to sign is a row of the
//! journal before there is a signature.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use tram_exchange::{Card, Hash, PublicKey, statement};
use tram_journal::{Id, Reader, Txn};

use crate::tables::{self, SIGNINGS};
use crate::{Error, Host};

/// Folder and file below the data folder.
const PLACE: &str = "exchange/key.pk8";

/// The key, read or made when it is first needed.
#[derive(Debug)]
pub(crate) struct StationKey {
    path: PathBuf,
    pair: OnceLock<Ed25519KeyPair>,
    making: std::sync::Mutex<()>,
}

impl StationKey {
    pub(crate) fn new(data: &Path) -> Self {
        Self { path: data.join(PLACE), pair: OnceLock::new(), making: std::sync::Mutex::default() }
    }

    fn pair(&self) -> Result<&Ed25519KeyPair, Error> {
        let _one = crate::permits::lock(&self.making);
        if let Some(pair) = self.pair.get() {
            return Ok(pair);
        }
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let made = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new());
                let made = made.map_err(|_| std::io::Error::other("no random bytes for the exchange key"))?;
                keep(&self.path, made.as_ref())?;
                made.as_ref().to_vec()
            }
            Err(error) => return Err(error.into()),
        };
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&bytes)
            .map_err(|error| std::io::Error::other(format!("the exchange key does not read: {error}")))?;
        Ok(self.pair.get_or_init(|| pair))
    }

    /// The public half.
    pub(crate) fn public(&self) -> Result<PublicKey, Error> {
        let bytes = self.pair()?.public_key().as_ref().try_into();
        Ok(PublicKey::from_bytes(bytes.map_err(|_| std::io::Error::other("the exchange key has another length"))?))
    }

    /// Signs what `application` says of a package with this hash.
    pub(crate) fn sign(&self, application: &str, digest: &Hash) -> Result<(PublicKey, Vec<u8>), Error> {
        let signature = self.pair()?.sign(&statement(application, digest));
        Ok((self.public()?, signature.as_ref().to_vec()))
    }
}

/// Whether the signature is this key's over what `application` says of a package.
pub(crate) fn fits(application: &str, digest: &Hash, key: &PublicKey, signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(&statement(application, digest), signature).is_ok()
}

/// Keeps a key, mode 0600, in a folder of mode 0700: written aside, synced, renamed.
#[allow(clippy::disallowed_methods, reason = "a private key is not journal data: a plain backup may not carry it")]
fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let aside = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    std::fs::File::open(folder)?.sync_all()
}

/// What a job wants signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) plugin: String,
    pub(crate) digest: Hash,
}

fn key(job: &str) -> Result<[u8; 16], tram_journal::Error> {
    Ok(job.parse::<Id>()?.to_bytes())
}

/// Enters a wish in the transaction of a job's step.
pub(crate) fn enter(txn: &mut Txn, job: &str, wish: &Wish) -> Result<(), tram_journal::Error> {
    txn.put(tables::OWNER, SIGNINGS, &key(job)?, &tables::encode(wish), 1, &[], None)
}

/// The wish that an earlier step entered.
pub(crate) fn read(reader: &dyn Reader, job: &str) -> Result<Option<Wish>, tram_journal::Error> {
    let row = reader.get(tables::OWNER, SIGNINGS, &key(job)?)?;
    // Version 0 is what this very step wrote: the host acts between steps.
    Ok(row.filter(|row| row.version != 0).and_then(|row| serde_json::from_slice(&row.value).ok()))
}

/// Forgets what a step has had, in the step's own transaction; a wish that the step
/// entered anew stays.
pub(crate) fn taken(txn: &mut Txn, job: &str) -> Result<(), tram_journal::Error> {
    if read(txn, job)?.is_some() {
        txn.delete(tables::OWNER, SIGNINGS, &key(job)?, None)?;
    }
    Ok(())
}

/// A station's id as exchange packages have it.
pub(crate) fn station_id(journal: &tram_journal::Journal) -> String {
    journal.station().to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Host {
    /// What this station gives other schools so that they know its packages: its lasting
    /// id, its public key, its name. The key is made here when there is none yet.
    ///
    /// # Errors
    /// The key cannot be read or made.
    pub fn card(&self) -> Result<Card, Error> {
        let core = self.core();
        let name = core.people.station().map(|station| station.school).unwrap_or_default();
        Ok(Card::new(&station_id(&core.journal), core.key.public()?, &name))
    }
}
