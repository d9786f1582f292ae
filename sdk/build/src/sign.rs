//! The publisher's key and signature. The key is a file of the publisher's own (PKCS#8
//! in PEM, as OpenSSL reads and writes Ed25519 keys); the signature is the package's
//! last section, written down in `docs/formats/package.md`.

use std::fs;
use std::io::Write;
use std::path::Path;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tram_contract::package::{Package, SIGNATURE_SECTION, SIGNED_CONTEXT, Signature, custom_section};

use crate::Error;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Makes a publisher's key and keeps it in a new file that only its owner may read;
/// answers the public key in hexadecimal, as stations show it.
///
/// # Errors
/// [`Error::File`] when the file is there already or cannot be written, [`Error::Key`].
pub fn keygen(file: &Path) -> Result<String, Error> {
    let no_key = |_| Error::Key("no key could be made".into());
    let pair = Ed25519KeyPair::generate().map_err(no_key)?;
    let document = pair.to_pkcs8v1().map_err(no_key)?;
    let body: Vec<String> = STANDARD
        .encode(document.as_ref())
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let mut options = fs::OpenOptions::new();
    // Never over a key that may be the only one there is.
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[allow(clippy::disallowed_methods, reason = "the author's own key, on the author's machine")]
    let mut out = options.open(file).map_err(Error::file(file))?;
    out.write_all(format!("{BEGIN}\n{}\n{END}\n", body.join("\n")).as_bytes()).map_err(Error::file(file))?;
    out.sync_all().map_err(Error::file(file))?;
    Ok(hex(pair.public_key().as_ref()))
}

fn read_key(file: &Path) -> Result<Ed25519KeyPair, Error> {
    let wrong = || Error::Key(format!("{}: not an Ed25519 key as `tram plugin keygen` makes it", file.display()));
    let text = fs::read_to_string(file).map_err(Error::file(file))?;
    let body = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).ok_or_else(wrong)?.0;
    let body: String = body.split_whitespace().collect();
    let document = STANDARD.decode(body).map_err(|_| wrong())?;
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&document).map_err(|_| wrong())
}

fn message(bytes: &[u8]) -> Vec<u8> {
    [SIGNED_CONTEXT, blake3::hash(bytes).as_bytes()].concat()
}

/// The package with the publisher's signature behind it, in place of one that it has.
/// The same package and key give the same bytes (Ed25519 draws nothing).
///
/// # Errors
/// [`Error::Package`], [`Error::Key`], [`Error::File`].
pub fn sign(package: &[u8], key: &Path) -> Result<Vec<u8>, Error> {
    let unsigned = Package::read(package)?.signed_bytes();
    let pair = read_key(key)?;
    let no_signature = || Error::Key("the key gives no signature".into());
    let signature = pair.try_sign(&message(unsigned)).map_err(|_| no_signature())?;
    let signature = Signature {
        key: pair.public_key().as_ref().try_into().map_err(|_| no_signature())?,
        signature: signature.as_ref().try_into().map_err(|_| no_signature())?,
    };
    Ok([unsigned, &custom_section(SIGNATURE_SECTION, &signature.to_bytes())].concat())
}

/// The public key that signed the package, in hexadecimal; none when it is unsigned.
///
/// # Errors
/// [`Error::Signature`] when it is not over these bytes.
pub(crate) fn publisher(package: &Package<'_>) -> Result<Option<String>, Error> {
    let Some(signature) = package.signature else { return Ok(None) };
    UnparsedPublicKey::new(&ED25519, signature.key)
        .verify(&message(package.signed_bytes()), &signature.signature)
        .map_err(|_| Error::Signature)?;
    Ok(Some(hex(&signature.key)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]
    use super::*;
    use tram_contract::package::{API_SECTION, MANIFEST_SECTION};

    fn package() -> Vec<u8> {
        let manifest = b"id = \"a.b\"\nversion = \"0.1.0\"\napi = \"0.1\"\nname = \"A\"\ndescription = \"B\"\n";
        let api = custom_section(API_SECTION, b"0.1");
        [b"\0asm\x0d\0\x01\0".as_slice(), &api, &custom_section(MANIFEST_SECTION, manifest)].concat()
    }

    #[test]
    fn signed_once_or_twice_it_is_the_same_and_a_changed_byte_shows() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("khoa.pem");
        let public = keygen(&key).unwrap();
        assert!(matches!(keygen(&key), Err(Error::File { .. })), "a key is never written over");
        let signed = sign(&package(), &key).unwrap();
        assert_eq!(sign(&signed, &key).unwrap(), signed);
        assert_eq!(publisher(&Package::read(&signed).unwrap()).unwrap(), Some(public.clone()));
        assert_eq!(publisher(&Package::read(&package()).unwrap()).unwrap(), None);
        let other = folder.path().join("khac.pem");
        assert_ne!(keygen(&other).unwrap(), public);
        assert_ne!(sign(&signed, &other).unwrap(), signed);
        let mut changed = signed.clone();
        let at = changed.windows(7).position(|bytes| bytes == b"\"0.1.0\"").unwrap();
        changed[at + 1] = b'9';
        assert!(matches!(publisher(&Package::read(&changed).unwrap()), Err(Error::Signature)));
        for byte in signed.len() - 96..signed.len() {
            let mut changed = signed.clone();
            changed[byte] ^= 1;
            assert!(publisher(&Package::read(&changed).unwrap()).is_err(), "byte {byte}");
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.pem");
        for text in ["", "khoá", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            fs::write(&file, text).unwrap();
            assert!(matches!(sign(&package(), &file), Err(Error::Key(_))), "{text}");
        }
    }
}
