//! Listeners, limits and the life of the server.

pub(crate) mod body;
mod connection;
pub(crate) mod here;
pub(crate) mod intake;
pub(crate) mod limits;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tram_appliance::updates::Updates;
use tram_host::Host;
use tram_journal::Journal;
use tram_people::People;

use crate::plugins::Plugins;
use crate::server::connection::Speech;
use crate::site::{self, DemoAccount, Parts, Site};
use crate::tls::{self, Tls};
use crate::walls::names;

/// How long open requests may take once the station stops.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often the certificate is looked at.
const RENEWAL: Duration = Duration::from_secs(6 * 3600);

/// How to serve.
#[derive(Debug, Clone)]
pub struct WebOptions {
    /// Addresses of plain HTTP.
    pub http: Vec<SocketAddr>,
    /// Addresses of HTTPS.
    pub https: Vec<SocketAddr>,
    /// Address of the untrusted listener, which speaks both HTTP and TLS; none: a free
    /// port next to the first of the others.
    pub untrusted: Option<SocketAddr>,
    /// The station's folder; `DATA/tls` is made there.
    pub data: PathBuf,
    /// Whether this is the demonstration school, with sign-in by one click.
    pub demo: bool,
    /// Accounts that the demonstration school offers with one click.
    pub demo_accounts: Vec<DemoAccount>,
    /// Updates of the system, when this is a box.
    pub updates: Option<Arc<Updates>>,
    /// What the station does for itself: names on the LAN, clock, backups.
    pub care: Option<Arc<tram_appliance::care::Care>>,
    /// Becomes true when the station stops.
    pub shutdown: watch::Receiver<bool>,
}

impl Default for WebOptions {
    fn default() -> Self {
        // The sender is gone, so this never becomes true.
        let (_, shutdown) = watch::channel(false);
        Self {
            http: Vec::new(),
            https: Vec::new(),
            untrusted: None,
            data: PathBuf::new(),
            demo: false,
            demo_accounts: Vec::new(),
            updates: None,
            care: None,
            shutdown,
        }
    }
}

/// Why the server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address cannot be listened on.
    #[error("{address} cannot be listened on: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// Keys and certificates.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// A file of the server's own.
    #[error("the web's own files: {0}")]
    Io(#[from] io::Error),
}

/// A server that listens already.
pub struct Server {
    listeners: Vec<(TcpListener, bool)>,
    untrusted: Option<TcpListener>,
    site: Arc<Site>,
    stop: watch::Receiver<bool>,
}

impl Server {
    /// Listens on all addresses.
    ///
    /// # Errors
    /// An address is taken, or the keys cannot be made.
    pub async fn bind(options: WebOptions, host: Host, people: People, journal: Journal) -> Result<Self, Error> {
        Self::with(options, Box::new(host), people, journal).await
    }

    pub(crate) async fn with(
        options: WebOptions,
        plugins: Box<dyn Plugins>,
        people: People,
        journal: Journal,
    ) -> Result<Self, Error> {
        let mut listeners = Vec::new();
        for (address, tls) in options
            .http
            .iter()
            .map(|address| (*address, false))
            .chain(options.https.iter().map(|address| (*address, true)))
        {
            let listener = TcpListener::bind(address).await.map_err(|error| Error::Listen { address, error })?;
            listeners.push((listener, tls));
        }
        let port = |wanted: bool| {
            listeners
                .iter()
                .find(|(_, tls)| *tls == wanted)
                .and_then(|(listener, _)| Some(listener.local_addr().ok()?.port()))
        };
        let (http_port, https_port) = (port(false), port(true));
        let station = names::own_name(&journal.station().to_bytes());
        let keys = Tls::open(&options.data, &station, today())?;
        let key = site::form_key(&options.data)?;
        let first = listeners.first().and_then(|(listener, _)| listener.local_addr().ok());
        let untrusted = untrusted(options.untrusted, first).await?;
        let untrusted_port = untrusted.as_ref().and_then(|listener| Some(listener.local_addr().ok()?.port()));
        let threads = tokio::runtime::Handle::current().metrics().num_workers();
        let WebOptions { demo, demo_accounts, updates, care, .. } = options;
        let site = Site::new(Parts {
            plugins,
            people,
            journal,
            tls: keys,
            key,
            demo,
            demo_accounts,
            updates,
            http_port,
            https_port,
            untrusted_port,
            threads,
            care,
        });
        Ok(Self { listeners, untrusted, site: Arc::new(site), stop: options.shutdown })
    }

    /// The addresses that it listens on, plain ones first.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|(listener, _)| listener.local_addr().ok()).collect()
    }

    /// The address of the untrusted listener.
    pub fn untrusted(&self) -> Option<SocketAddr> {
        self.untrusted.as_ref()?.local_addr().ok()
    }

    /// Serves until the station stops; open requests get [`FAREWELL`] to end.
    ///
    /// # Errors
    /// None yet; a connection's failure is its own.
    pub async fn run(self) -> Result<(), Error> {
        let graceful = Arc::new(GracefulShutdown::new());
        let mut accepting = tokio::task::JoinSet::new();
        let main =
            self.listeners.into_iter().map(|(listener, tls)| (listener, if tls { Speech::Tls } else { Speech::Plain }));
        for (listener, speech) in main.chain(self.untrusted.map(|listener| (listener, Speech::Untrusted))) {
            accepting.spawn(connection::accept(
                listener,
                speech,
                Arc::clone(&self.site),
                Arc::clone(&graceful),
                self.stop.clone(),
            ));
        }
        let renewing = tokio::spawn(renew(Arc::clone(&self.site)));
        accepting.join_all().await;
        renewing.abort();
        // The accepting tasks are gone, so nobody else holds it.
        if let Some(graceful) = Arc::into_inner(graceful) {
            let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
        }
        Ok(())
    }
}

/// How far from the main port a free one is looked for.
const NEXT: u16 = 16;

/// The untrusted listener where it is wanted, else next to the first of the others. A
/// port that the system chose, or one below 1024, has no neighbours: 8081 and on then.
async fn untrusted(wanted: Option<SocketAddr>, first: Option<SocketAddr>) -> Result<Option<TcpListener>, Error> {
    if let Some(address) = wanted {
        let listener = TcpListener::bind(address).await.map_err(|error| Error::Listen { address, error })?;
        return Ok(Some(listener));
    }
    let Some(mut address) = first else { return Ok(None) };
    let from = if (1024..32_768).contains(&address.port()) { address.port() } else { 8080 };
    let near = (1..=NEXT).filter_map(|more| from.checked_add(more));
    for port in near.chain([0]) {
        address.set_port(port);
        if let Ok(listener) = TcpListener::bind(address).await {
            return Ok(Some(listener));
        }
    }
    log::error!("no port is free for the untrusted listener; packages and PDF are not shown in pages");
    Ok(None)
}

async fn renew(site: Arc<Site>) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let site = Arc::clone(&site);
        let renewed = tokio::task::spawn_blocking(move || site.tls.renew(today())).await;
        if let Ok(Err(error)) = renewed {
            log::error!("the certificate was not renewed: {error}");
        }
    }
}

/// Days since 1970, by the station's clock.
fn today() -> i64 {
    tram_journal::clock::now().unix_ms.div_euclid(86_400_000)
}
