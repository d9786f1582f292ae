//! TLS: the station's own authority, and the school's certificate beside it.

pub(crate) mod authority;
pub(crate) mod files;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use authority::Pair;

/// What can go wrong with keys and certificates.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("the files of TLS: {0}")]
    Io(#[from] std::io::Error),
    /// Making a certificate failed.
    #[error("making a certificate: {0}")]
    Signing(#[from] rcgen::Error),
    /// A certificate or key is not usable, or they do not belong together.
    #[error("the certificate cannot be used: {0}")]
    Certificate(String),
    /// A file that belongs to the authority is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
}

/// The station's TLS.
#[derive(Debug)]
pub(crate) struct Tls {
    folder: PathBuf,
    station: String,
    /// The root that devices install, PEM.
    root: String,
    config: Arc<ServerConfig>,
    chooser: Arc<Chooser>,
}

/// Chooses by the name that the browser asks for.
#[derive(Debug)]
struct Chooser {
    leaf: ArcSwap<CertifiedKey>,
    own: ArcSwapOption<CertifiedKey>,
}

impl ResolvesServerCert for Chooser {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let (Some(own), Some(name)) = (self.own.load_full(), hello.server_name())
            && covers(&own, name)
        {
            return Some(own);
        }
        Some(self.leaf.load_full())
    }
}

fn covers(pair: &CertifiedKey, name: &str) -> bool {
    let (Some(leaf), Ok(name)) = (pair.cert.first(), ServerName::try_from(name)) else { return false };
    ParsedCertificate::try_from(leaf).is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, &name).is_ok())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn read(pair: &Pair) -> Result<CertifiedKey, Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::Certificate(error.to_string());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(pair.chain.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(&error))?;
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).map_err(|error| wrong(&error))?;
    if chain.is_empty() {
        return Err(Error::Certificate("no certificate in the file".into()));
    }
    CertifiedKey::from_der(chain, key, &provider()).map_err(|error| wrong(&error))
}

/// Names that a leaf is made for.
fn subjects(station: &str) -> Vec<String> {
    vec![station.to_owned(), "tram.local".into(), "localhost".into()]
}

impl Tls {
    /// Opens or makes the authority in `DATA/tls`. `today` is in days since 1970.
    ///
    /// # Errors
    /// See [`Error`].
    pub(crate) fn open(data: &Path, station: &str, today: i64) -> Result<Self, Error> {
        let folder = data.join("tls");
        let (root, pair) = authority::ensure(&folder, station, &subjects(station), &addresses(), today)?;
        let own = match (files::text(&folder.join("own.pem"))?, files::text(&folder.join("own.key"))?) {
            (Some(chain), Some(key)) => match read(&Pair { chain, key }) {
                Ok(own) => Some(Arc::new(own)),
                Err(error) => {
                    // The station's own certificate still serves.
                    log::error!("the school's certificate: {error}");
                    None
                }
            },
            _ => None,
        };
        let chooser = Arc::new(Chooser { leaf: ArcSwap::from_pointee(read(&pair)?), own: ArcSwapOption::new(own) });
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Certificate(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&chooser) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { folder, station: station.to_owned(), root, config: Arc::new(config), chooser })
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }

    /// The root that devices install, DER.
    pub(crate) fn root_der(&self) -> Vec<u8> {
        CertificateDer::from_pem_slice(self.root.as_bytes()).map(|der| der.to_vec()).unwrap_or_default()
    }

    /// Makes the leaf anew when months have passed or the box has other addresses.
    ///
    /// # Errors
    /// See [`Error`]; the old leaf goes on serving.
    pub(crate) fn renew(&self, today: i64) -> Result<(), Error> {
        let (_, pair) = authority::ensure(&self.folder, &self.station, &subjects(&self.station), &addresses(), today)?;
        self.chooser.leaf.store(Arc::new(read(&pair)?));
        Ok(())
    }

    /// Takes the school's own certificate into use.
    ///
    /// # Errors
    /// Chain and key do not read or do not belong together; the old one stays.
    pub(crate) fn take_own(&self, chain: String, key: String) -> Result<(), Error> {
        let pair = Pair { chain, key };
        let own = read(&pair)?;
        files::keep(&self.folder.join("own.key"), pair.key.as_bytes())?;
        files::keep(&self.folder.join("own.pem"), pair.chain.as_bytes())?;
        self.chooser.own.store(Some(Arc::new(own)));
        Ok(())
    }

    /// Whether the school's own certificate is in use.
    pub(crate) fn has_own(&self) -> bool {
        self.chooser.own.load().is_some()
    }
}

/// Private addresses of this box; others are outside what the authority may name.
fn addresses() -> Vec<IpAddr> {
    let Ok(interfaces) = nix::ifaddrs::getifaddrs() else { return Vec::new() };
    let mut addresses: Vec<IpAddr> = interfaces
        .filter_map(|interface| {
            let address = interface.address?;
            address
                .as_sockaddr_in()
                .map(|v4| IpAddr::V4(v4.ip()))
                .or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
        })
        .filter(|address| match address {
            IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
            // Link-local addresses need a zone, which no certificate can hold.
            IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback(),
        })
        .collect();
    addresses.sort();
    addresses.dedup();
    addresses
}
