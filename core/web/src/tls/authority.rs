//! The station's own authority.
//!
//! Devices trust a root that can name nothing but this network: `.local` names and
//! private addresses (RFC 5280 section 4.2.1.10). Its key signs one intermediate and
//! is dropped unwritten, so whoever steals the disk can renew what there is and
//! widen nothing. The intermediate signs the leaf anew each year.

use std::net::IpAddr;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use serde::{Deserialize, Serialize};

use super::{Error, files};

/// The day this version was made, as days since 1970. A box whose clock was never
/// set still makes certificates that are valid today.
pub(crate) const BUILD_DAY: i64 = 20_758;
/// Days of the authority.
const AUTHORITY_DAYS: i64 = 3_652;
/// Days of a leaf; browsers refuse more than 398.
const LEAF_DAYS: i64 = 397;
/// Days after which a leaf is renewed, so that one that is in use has months left.
const RENEW_DAYS: i64 = 240;

/// A certificate chain and its key, as PEM.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) chain: String,
    pub(crate) key: String,
}

/// What the kept leaf was made for.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Made {
    names: Vec<String>,
    day: i64,
}

/// The root for devices (PEM) and the leaf for this server. Makes or renews what is
/// missing, too old, or made for other names. `today` is in days since 1970.
///
/// # Errors
/// The folder cannot be written, or signing failed.
pub(crate) fn ensure(
    folder: &Path,
    station: &str,
    names: &[String],
    addresses: &[IpAddr],
    today: i64,
) -> Result<(String, Pair), Error> {
    let place = |name: &str| folder.join(name);
    let root = match (
        files::text(&place("root.pem"))?,
        files::text(&place("intermediate.pem"))?,
        files::text(&place("intermediate.key"))?,
    ) {
        (Some(root), Some(_), Some(_)) => root,
        _ => make_authority(folder, station)?,
    };
    let mut subjects: Vec<String> = names.iter().cloned().chain(addresses.iter().map(ToString::to_string)).collect();
    subjects.sort();
    subjects.dedup();
    let first = today.saturating_sub(1).max(BUILD_DAY);
    let made: Option<Made> = files::text(&place("leaf.json"))?.and_then(|text| serde_json::from_str(&text).ok());
    let fresh = made.is_some_and(|made| made.names == subjects && (made.day..made.day + RENEW_DAYS).contains(&first));
    if fresh && let (Some(chain), Some(key)) = (files::text(&place("leaf.pem"))?, files::text(&place("leaf.key"))?) {
        return Ok((root, Pair { chain, key }));
    }
    let intermediate = files::text(&place("intermediate.pem"))?.ok_or(Error::Missing("intermediate.pem"))?;
    let signer = files::text(&place("intermediate.key"))?.ok_or(Error::Missing("intermediate.key"))?;
    let issuer = Issuer::new(authority(station, "2", first), KeyPair::from_pem(&signer)?);
    let mut params = CertificateParams::new(names.to_vec())?;
    params.subject_alt_names.extend(addresses.iter().map(|address| SanType::IpAddress(*address)));
    params.distinguished_name.push(DnType::CommonName, station);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    validity(&mut params, first, LEAF_DAYS);
    let key = KeyPair::generate()?;
    let leaf = params.signed_by(&key, &issuer)?;
    let pair = Pair { chain: format!("{}{intermediate}", leaf.pem()), key: key.serialize_pem() };
    files::keep(&place("leaf.key"), pair.key.as_bytes())?;
    files::keep(&place("leaf.pem"), pair.chain.as_bytes())?;
    // Last: without it the two above are made again.
    let made = serde_json::to_vec(&Made { names: subjects, day: first }).map_err(std::io::Error::other)?;
    files::keep(&place("leaf.json"), &made)?;
    Ok((root, pair))
}

fn make_authority(folder: &Path, station: &str) -> Result<String, Error> {
    let root_key = KeyPair::generate()?;
    let mut params = authority(station, "1", BUILD_DAY);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    let root = params.self_signed(&root_key)?;
    let issuer = Issuer::new(params, root_key);
    let key = KeyPair::generate()?;
    let intermediate = authority(station, "2", BUILD_DAY).signed_by(&key, &issuer)?;
    files::keep(&folder.join("intermediate.key"), key.serialize_pem().as_bytes())?;
    files::keep(&folder.join("intermediate.pem"), intermediate.pem().as_bytes())?;
    files::keep(&folder.join("root.pem"), root.pem().as_bytes())?;
    Ok(root.pem())
}

/// The parameters of the root (`1`) and of the intermediate (`2`).
fn authority(station: &str, number: &str, first: i64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, format!("Trạm {station} {number}"));
    params.distinguished_name.push(DnType::OrganizationName, "Trạm");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    let v4 = [
        ([10, 0, 0, 0], 8),
        ([172, 16, 0, 0], 12),
        ([192, 168, 0, 0], 16),
        ([169, 254, 0, 0], 16),
        ([127, 0, 0, 0], 8),
    ];
    let v6 = [([0xfc, 0], 7), ([0xfe, 0x80], 10)];
    let mut permitted = vec![GeneralSubtree::DnsName("local".into()), GeneralSubtree::DnsName("localhost".into())];
    permitted
        .extend(v4.map(|(address, prefix)| GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix(address, prefix))));
    permitted.extend(v6.map(|([a, b], prefix)| {
        let mut address = [0; 16];
        let [first, second, ..] = &mut address;
        (*first, *second) = (a, b);
        GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(address, prefix))
    }));
    permitted.push(GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(std::net::Ipv6Addr::LOCALHOST.octets(), 128)));
    params.name_constraints = Some(NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() });
    validity(&mut params, first, AUTHORITY_DAYS);
    params
}

fn validity(params: &mut CertificateParams, first: i64, days: i64) {
    let date = |day: i64| {
        let civil = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(day.clamp(0, 100_000)));
        rcgen::date_time_ymd(civil.year().into(), civil.month().unsigned_abs(), civil.day().unsigned_abs())
    };
    params.not_before = date(first);
    params.not_after = date(first + days);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn names() -> Vec<String> {
        vec!["tram-ab01.local".into(), "tram.local".into(), "localhost".into()]
    }

    #[test]
    fn the_leaf_is_kept_until_names_change_or_months_pass() {
        let folder = tempfile::tempdir().unwrap();
        let address = ["192.168.1.9".parse().unwrap()];
        let (root, first) = ensure(folder.path(), "tram-ab01", &names(), &address, BUILD_DAY + 10).unwrap();
        let again = |names: &[String], day| ensure(folder.path(), "tram-ab01", names, &address, day).unwrap();
        let (same_root, same) = again(&names(), BUILD_DAY + 200);
        assert_eq!((root.as_str(), &first.chain), (same_root.as_str(), &same.chain));
        let (same_root, later) = again(&names(), BUILD_DAY + 300);
        assert_eq!(root, same_root);
        assert_ne!(first.chain, later.chain);
        assert_ne!(later.chain, again(&names()[..1], BUILD_DAY + 300).1.chain);
        assert!(!folder.path().join("root.key").exists());
    }

    #[test]
    fn a_clock_that_was_never_set_makes_a_valid_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let (_, pair) = ensure(folder.path(), "tram-ab01", &names(), &[], 0).unwrap();
        assert!(pair.chain.contains("BEGIN CERTIFICATE"));
        let made: Made =
            serde_json::from_str(&files::text(&folder.path().join("leaf.json")).unwrap().unwrap()).unwrap();
        assert_eq!(made.day, BUILD_DAY);
    }

    #[test]
    fn keys_are_readable_by_the_station_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        ensure(folder.path(), "tram-ab01", &names(), &[], BUILD_DAY).unwrap();
        for name in ["leaf.key", "intermediate.key"] {
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
