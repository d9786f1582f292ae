//! The file format age v1 (<https://age-encryption.org/v1>) with X25519 recipients, on the
//! cryptography that TLS uses already. The crate `age` brings a translation framework and
//! a second set of primitives; any age program reads what this writes.
//!
//! A file: header with the file's key wrapped for each recipient, its MAC, a nonce, then
//! chunks of 64 KiB, each sealed, the last one marked so that a cut is seen.

use std::io::{self, Read, Write};

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::{hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::bech32;

const FIRST_LINE: &str = "age-encryption.org/v1\n";
const WRAPPING: &[u8] = b"age-encryption.org/v1/X25519";
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
/// Bytes of a header at most; ours have two recipients and about 250.
const HEADER: usize = 16 << 10;

/// Why a file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It was sealed for other keys.
    #[error("the key does not open this file")]
    Key,
    /// It is not a file of this format, or its header was changed.
    #[error("the file is damaged or not a backup")]
    Header,
    /// A part of it was changed.
    #[error("the file is damaged")]
    Damaged,
    /// It ends before its end.
    #[error("the file was cut off")]
    Cut,
    /// The cryptography or the system's random bytes failed.
    #[error("the cryptography failed")]
    Crypto,
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// The error within an I/O error of this module's reader.
#[must_use]
pub fn reason(error: &io::Error) -> Option<Error> {
    error.get_ref()?.downcast_ref::<Error>().copied()
}

/// Whom a file is sealed for: the public half of a key, `age1…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

impl Recipient {
    /// Reads `age1…`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Some(Self(bech32::decode("age", text.trim())?.try_into().ok()?))
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&bech32::encode("age", &self.0))
    }
}

/// A key that opens files: the secret half, `AGE-SECRET-KEY-1…`.
#[derive(Clone)]
pub struct Identity([u8; 32]);

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl Identity {
    /// A new key.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| Error::Crypto)?;
        Ok(Self(bytes))
    }

    /// The key of these bytes; any 32 are one.
    #[must_use]
    pub fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads `AGE-SECRET-KEY-1…`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Some(Self(bech32::decode("age-secret-key-", text.trim())?.try_into().ok()?))
    }

    /// `AGE-SECRET-KEY-1…`: to be shown to its owner, never logged.
    #[must_use]
    pub fn secret_text(&self) -> String {
        bech32::encode("age-secret-key-", &self.0).to_ascii_uppercase()
    }

    /// Whom to seal for so that this key opens it.
    ///
    /// # Errors
    /// The cryptography failed.
    pub fn recipient(&self) -> Result<Recipient, Error> {
        let public = self.private()?.compute_public_key().map_err(|_| Error::Crypto)?;
        public.as_ref().try_into().map(Recipient).map_err(|_| Error::Crypto)
    }

    fn private(&self) -> Result<PrivateKey, Error> {
        PrivateKey::from_private_key(&X25519, &self.0).map_err(|_| Error::Crypto)
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(salt: &[u8], secret: &[u8], info: &[u8]) -> Result<[u8; 32], Error> {
    let mut key = [0; 32];
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], Length(32))
        .and_then(|out| out.fill(&mut key))
        .map_err(|_| Error::Crypto)?;
    Ok(key)
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, Error> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new).map_err(|_| Error::Crypto)
}

/// The key that wraps a file's key between an ephemeral share and a recipient.
fn wrapping(own: &PrivateKey, other: &[u8; 32], share: &[u8; 32], recipient: &[u8; 32]) -> Result<[u8; 32], Error> {
    let salt = [share.as_slice(), recipient.as_slice()].concat();
    agree(own, UnparsedPublicKey::new(&X25519, other), Error::Crypto, |shared| derive(&salt, shared, WRAPPING))
}

fn header_mac(file_key: &[u8; 16], header: &[u8]) -> Result<hmac::Tag, Error> {
    let key = derive(&[], file_key, b"header")?;
    Ok(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), header))
}

/// Counts chunks; the last byte says whether a chunk is the last one.
fn nonce(chunk: u64, last: bool) -> Nonce {
    let mut bytes = [0; 12];
    let (_, tail) = bytes.split_at_mut(3);
    tail.copy_from_slice(&[&chunk.to_be_bytes(), [u8::from(last)].as_slice()].concat());
    Nonce::assume_unique_for_key(bytes)
}

/// Seals what is written to it. [`SealWriter::finish`] must be called.
pub struct SealWriter<W> {
    out: W,
    key: LessSafeKey,
    chunk: u64,
    held: Vec<u8>,
}

impl<W> std::fmt::Debug for SealWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealWriter").field("chunk", &self.chunk).finish_non_exhaustive()
    }
}

impl<W: Write> SealWriter<W> {
    /// Begins a file that each of the recipients can open.
    ///
    /// # Errors
    /// Writing, the cryptography or the system's random bytes failed.
    pub fn new(mut out: W, recipients: &[Recipient]) -> io::Result<Self> {
        let mut fresh = [0; 32];
        getrandom::fill(&mut fresh).map_err(|_| Error::Crypto)?;
        let (file_key, payload_nonce) = fresh.split_at(16);
        let file_key: [u8; 16] = file_key.try_into().map_err(|_| Error::Crypto)?;
        let mut header = FIRST_LINE.to_owned();
        for Recipient(recipient) in recipients {
            let ephemeral = Identity::generate()?;
            let Recipient(share) = ephemeral.recipient()?;
            let key = wrapping(&ephemeral.private()?, recipient, &share, recipient)?;
            let mut body = file_key.to_vec();
            cipher(&key)?
                .seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), &mut body)
                .map_err(|_| Error::Crypto)?;
            header.push_str("-> X25519 ");
            header.push_str(&STANDARD_NO_PAD.encode(share));
            header.push('\n');
            header.push_str(&STANDARD_NO_PAD.encode(body));
            header.push('\n');
        }
        header.push_str("---");
        let mac = header_mac(&file_key, header.as_bytes())?;
        out.write_all(format!("{header} {}\n", STANDARD_NO_PAD.encode(mac.as_ref())).as_bytes())?;
        out.write_all(payload_nonce)?;
        let key = cipher(&derive(payload_nonce, &file_key, b"payload")?)?;
        Ok(Self { out, key, chunk: 0, held: Vec::with_capacity(CHUNK + TAG) })
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        self.key
            .seal_in_place_append_tag(nonce(self.chunk, last), Aad::empty(), &mut self.held)
            .map_err(|_| Error::Crypto)?;
        self.out.write_all(&self.held)?;
        self.held.clear();
        self.chunk += 1;
        Ok(())
    }

    /// Writes the last chunk and gives back where it wrote.
    ///
    /// # Errors
    /// Writing failed.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is sealed only when more comes, for the last one is sealed otherwise.
        if self.held.len() == CHUNK && !bytes.is_empty() {
            self.seal(false)?;
        }
        let part = bytes.get(..bytes.len().min(CHUNK - self.held.len())).unwrap_or_default();
        self.held.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens what it reads; what does not check is an error before a byte of it is given.
pub struct OpenReader<R> {
    from: R,
    key: LessSafeKey,
    chunk: u64,
    open: Vec<u8>,
    at: usize,
    /// First bytes of the chunk after this one, read ahead to know which one is the last.
    ahead: Vec<u8>,
    ended: bool,
}

impl<R> std::fmt::Debug for OpenReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenReader").field("chunk", &self.chunk).finish_non_exhaustive()
    }
}

/// A line of the header, with its end.
fn line(from: &mut impl Read, left: &mut usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    loop {
        *left = left.checked_sub(1).ok_or(Error::Header)?;
        match from.read(&mut byte)? {
            0 => return Err(Error::Cut.into()),
            _ => bytes.extend_from_slice(&byte),
        }
        if byte == *b"\n" {
            return Ok(String::from_utf8(bytes).map_err(|_| Error::Header)?);
        }
    }
}

impl<R: Read> OpenReader<R> {
    /// Reads the header and finds the file's key.
    ///
    /// # Errors
    /// An [`Error`] within (see [`reason`]), or reading failed.
    pub fn new(mut from: R, identity: &Identity) -> io::Result<Self> {
        let mut left = HEADER;
        let mut header = line(&mut from, &mut left)?;
        if header != FIRST_LINE {
            return Err(Error::Header.into());
        }
        let Recipient(own) = identity.recipient()?;
        let private = identity.private()?;
        let mut file_key = None;
        let mac = loop {
            let next = line(&mut from, &mut left)?;
            if let Some(mac) = next.strip_prefix("--- ") {
                header.push_str("---");
                break STANDARD_NO_PAD.decode(mac.trim_end()).map_err(|_| Error::Header)?;
            }
            let arguments = next.strip_prefix("-> ").ok_or(Error::Header)?.trim_end().to_owned();
            header.push_str(&next);
            let mut body = String::new();
            loop {
                let next = line(&mut from, &mut left)?;
                header.push_str(&next);
                body.push_str(next.trim_end());
                // A body ends with a line of less than 64 letters.
                if next.trim_end().len() < 64 {
                    break;
                }
            }
            // Stanzas of other kinds are for others.
            let Some(share) = arguments.strip_prefix("X25519 ") else { continue };
            let share: [u8; 32] =
                STANDARD_NO_PAD.decode(share).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Error::Header)?;
            let mut body = STANDARD_NO_PAD.decode(body).map_err(|_| Error::Header)?;
            let key = wrapping(&private, &share, &share, &own)?;
            let zero = Nonce::assume_unique_for_key([0; 12]);
            if let Ok(opened) = cipher(&key)?.open_in_place(zero, Aad::empty(), &mut body)
                && let Ok(found) = <[u8; 16]>::try_from(&*opened)
            {
                file_key = Some(found);
            }
        };
        let file_key = file_key.ok_or(Error::Key)?;
        let mac_key = derive(&[], &file_key, b"header")?;
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &mac_key), header.as_bytes(), &mac)
            .map_err(|_| Error::Header)?;
        let mut payload_nonce = [0; 16];
        fill(&mut from, &mut payload_nonce).and_then(|n| if n == 16 { Ok(()) } else { Err(Error::Cut.into()) })?;
        let key = cipher(&derive(&payload_nonce, &file_key, b"payload")?)?;
        Ok(Self { from, key, chunk: 0, open: Vec::new(), at: 0, ahead: Vec::new(), ended: false })
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let mut sealed = std::mem::take(&mut self.ahead);
        let had = sealed.len();
        sealed.resize(CHUNK + TAG + 1, 0);
        let read = fill(&mut self.from, sealed.get_mut(had..).unwrap_or_default())?;
        sealed.truncate(had + read);
        let last = sealed.len() <= CHUNK + TAG;
        if !last {
            self.ahead = sealed.split_off(CHUNK + TAG);
        }
        // An empty last chunk stands only for an empty file.
        if sealed.len() < TAG || (last && self.chunk > 0 && sealed.len() == TAG) {
            return Err(Error::Cut.into());
        }
        let mut tried = sealed.clone();
        let opened = self.key.open_in_place(nonce(self.chunk, last), Aad::empty(), &mut tried).map(|open| open.len());
        let Ok(length) = opened else {
            // Whole chunks that end without a last one: the rest is missing.
            let unmarked = self.key.open_in_place(nonce(self.chunk, false), Aad::empty(), &mut sealed).is_ok();
            return Err(if last && (unmarked || sealed.len() < CHUNK + TAG) {
                cut_or_damaged(unmarked)
            } else {
                Error::Damaged
            }
            .into());
        };
        tried.truncate(length);
        self.open = tried;
        self.at = 0;
        self.chunk += 1;
        self.ended = last;
        Ok(())
    }
}

/// A short last chunk that does not check was cut or changed: one cannot tell.
const fn cut_or_damaged(unmarked: bool) -> Error {
    if unmarked { Error::Cut } else { Error::Damaged }
}

/// Reads until the buffer is full or the end; returns the bytes read.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

impl<R: Read> Read for OpenReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.open.len() {
            if self.ended {
                return Ok(0);
            }
            self.next_chunk()?;
        }
        let rest = self.open.get(self.at..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        if let (Some(to), Some(part)) = (buffer.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(part);
        }
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]
    #![allow(clippy::print_stderr, reason = "says why a test is skipped")]
    use proptest::prelude::*;

    use super::*;

    fn seal(bytes: &[u8], to: &[Recipient]) -> Vec<u8> {
        let mut writer = SealWriter::new(Vec::new(), to).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn open(bytes: &[u8], identity: &Identity) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        OpenReader::new(bytes, identity)
            .and_then(|mut reader| reader.read_to_end(&mut out))
            .map(|_| out)
            .map_err(|error| reason(&error).unwrap())
    }

    #[test]
    fn either_key_opens_and_no_other_does() {
        let (a, b, c) = (Identity::generate().unwrap(), Identity::generate().unwrap(), Identity::generate().unwrap());
        let to = [a.recipient().unwrap(), b.recipient().unwrap()];
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 200_001] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let sealed = seal(&bytes, &to);
            assert_eq!(open(&sealed, &a).unwrap(), bytes);
            assert_eq!(open(&sealed, &b).unwrap(), bytes);
            assert_eq!(open(&sealed, &c), Err(Error::Key));
        }
        assert_eq!(Identity::read(&a.secret_text()).unwrap().0, a.0);
        assert_eq!(Recipient::read(&to[0].to_string()).unwrap(), to[0]);
    }

    #[test]
    fn a_cut_anywhere_is_seen() {
        let key = Identity::generate().unwrap();
        let sealed = seal(&vec![5; 2 * CHUNK + 100], &[key.recipient().unwrap()]);
        let header = sealed.len() - (2 * CHUNK + 100) - 3 * TAG;
        for end in
            [0, 10, 60, header - 1, header, header + 1, header + CHUNK + TAG, sealed.len() - 1, sealed.len() - 120]
        {
            let found = open(&sealed[..end], &key);
            assert!(matches!(found, Err(Error::Cut | Error::Damaged)), "{end}: {:?}", found.map(|bytes| bytes.len()));
        }
        assert_eq!(open(&sealed[..header + 2 * (CHUNK + TAG)], &key), Err(Error::Cut));
        let longer = [sealed.as_slice(), b"x"].concat();
        assert_eq!(open(&longer, &key), Err(Error::Damaged));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_flipped_bit_anywhere_is_seen(at in 0usize..70_000, bit in 0u8..8) {
            let key = Identity::of_bytes([9; 32]);
            let mut sealed = seal(&vec![1; 70_000 - 300], &[key.recipient().unwrap()]);
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(open(&sealed, &key).is_err());
        }
    }

    /// With the program `age`, when it is there (Debian's package `age`).
    #[test]
    fn the_program_age_reads_what_we_write_and_we_what_it_writes() {
        use std::process::{Command, Stdio};
        let Ok(version) = Command::new("age").arg("--version").output() else {
            eprintln!("skipped: the program age is not installed");
            return;
        };
        assert!(version.status.success());
        let dir = tempfile::tempdir().unwrap();
        let key = Identity::generate().unwrap();
        let key_file = dir.path().join("key");
        std::fs::write(&key_file, key.secret_text()).unwrap();
        let run = |arguments: &[&str], input: &[u8]| {
            let mut child =
                Command::new("age").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            let input = input.to_vec();
            let writer = std::thread::spawn(move || stdin.write_all(&input));
            let output = child.wait_with_output().unwrap();
            writer.join().unwrap().unwrap();
            assert!(output.status.success());
            output.stdout
        };
        let recipient = key.recipient().unwrap();
        for length in [0, 1000, CHUNK, 2 * CHUNK + 17] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 13) as u8).collect();
            let sealed = seal(&bytes, &[recipient.clone(), Identity::generate().unwrap().recipient().unwrap()]);
            assert_eq!(run(&["-d", "-i", key_file.to_str().unwrap()], &sealed), bytes);
            assert_eq!(open(&run(&["-r", &recipient.to_string()], &bytes), &key).unwrap(), bytes);
        }
    }
}
