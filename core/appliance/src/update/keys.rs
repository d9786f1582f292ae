//! Keys of updates: Ed25519 (RFC 8032).

use std::path::Path;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::Error;
use crate::error::Doing;

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// Reads 64 hexadecimal digits.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// As [`Key::of`] reads it.
    pub fn text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What names the key in a file: the first 8 bytes of its BLAKE3.
    pub fn id(&self) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(&self.0).as_bytes();
        [a, b, c, d, e, f, g, h]
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

/// Keys whose updates are taken.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// The keys in the files `*.pub` of a folder.
    ///
    /// # Errors
    /// The folder cannot be read. A file that is no key is left out and logged.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for file in folder.read_dir().doing(folder.display().to_string())? {
            let path = file.doing(folder.display().to_string())?.path();
            if path.extension().is_none_or(|end| end != "pub") {
                continue;
            }
            match Key::of(&std::fs::read_to_string(&path).doing(path.display().to_string())?) {
                Some(key) => keys.push(key),
                None => log::error!("{} is no update key", path.display()),
            }
        }
        Ok(Self(keys))
    }

    /// These keys.
    pub fn of(keys: impl IntoIterator<Item = Key>) -> Self {
        Self(keys.into_iter().collect())
    }

    pub(super) fn get(&self, id: [u8; 8]) -> Option<&Key> {
        self.0.iter().find(|key| key.id() == id)
    }
}

/// A key that signs.
#[derive(Debug)]
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Makes one: its PKCS#8 bytes, to be kept secret.
    ///
    /// # Errors
    /// No random numbers.
    pub fn make() -> Result<Vec<u8>, Error> {
        let key = Ed25519KeyPair::generate().map_err(|_| no_random())?;
        Ok(key.to_pkcs8().map_err(|_| no_random())?.as_ref().to_vec())
    }

    /// Reads PKCS#8 bytes.
    ///
    /// # Errors
    /// They are no Ed25519 key.
    pub fn read(pkcs8: &[u8]) -> Result<Self, Error> {
        Ed25519KeyPair::from_pkcs8(pkcs8).map(Self).map_err(|error| {
            Error::refused(
                format!("Tệp khoá không phải khoá Ed25519 dạng PKCS#8: {error}."),
                format!("The key file is no Ed25519 key in PKCS#8: {error}."),
            )
        })
    }

    /// Its public half.
    pub fn public(&self) -> Key {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(self.0.public_key().as_ref()) {
            *to = *from;
        }
        Key(bytes)
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        for (to, from) in bytes.iter_mut().zip(self.0.sign(message).as_ref()) {
            *to = *from;
        }
        bytes
    }
}

fn no_random() -> Error {
    Error::refused("Hệ thống không cho số ngẫu nhiên.", "The system has no random numbers.")
}
