//! The station's names on the LAN, by multicast DNS (RFC 6762): `tram-XXXX.local`
//! always, `tram.local` while no other station has it, and the service `_http._tcp`.
//!
//! The records, probing and interfaces are `mdns-sd`'s. It settles a conflict by taking
//! another name; we would rather have no `tram.local` than `tram-2.local`, so the short
//! name is given up instead, and asked for again later.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mdns_sd::{DaemonEvent, HostnameResolutionEvent, IfKind, Receiver, ServiceDaemon, ServiceInfo};

use crate::status::network::own_addresses;

/// The name that a school with one station uses.
pub const SHORT: &str = "tram.local";
/// How long one looks whether somebody else has the short name.
const LOOK: Duration = Duration::from_millis(1_500);
/// How long probing takes (three probes of 250 ms), with patience for slow boxes.
const PROBING: Duration = Duration::from_secs(3);
/// How often one looks whether two have the short name, as when two nets are joined.
const WATCH: Duration = Duration::from_secs(30);
/// How long a name that somebody else has is left alone.
const LATER: Duration = Duration::from_secs(120);
/// How often the addresses of the box are looked at.
const ADDRESSES: u32 = 5;

/// Why no names are told.
#[derive(Debug, thiserror::Error)]
#[error("names on the network (multicast DNS): {0}")]
pub struct Error(#[from] mdns_sd::Error);

/// The names that the station holds on the LAN now.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<RwLock<Vec<String>>>);

impl Names {
    /// The names, the lasting one first.
    #[must_use]
    pub fn get(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the short name is the station's.
    #[must_use]
    pub fn has_short(&self) -> bool {
        self.get().iter().any(|name| name == SHORT)
    }

    fn set(&self, names: Vec<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
    }
}

/// The responder of a station; it says goodbye when dropped.
pub struct Responder {
    daemon: ServiceDaemon,
    names: Names,
    stop: Arc<AtomicBool>,
    keeper: Option<JoinHandle<()>>,
}

/// What is told of a station.
#[derive(Debug, Clone)]
pub struct Told {
    /// `tram-XXXX.local`.
    pub own_name: String,
    /// Port of plain HTTP.
    pub port: u16,
}

impl Responder {
    /// Begins to answer on every interface, also on those that come later.
    ///
    /// # Errors
    /// UDP port 5353 cannot be listened on.
    pub fn start(told: Told) -> Result<Self, Error> {
        let daemon = ServiceDaemon::new()?;
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        daemon.set_ip_check_interval(ADDRESSES)?;
        let own = told.own_name.trim_end_matches(".local").to_owned();
        daemon.register(service("_http._tcp.local.", &own, &told.own_name, told.port)?)?;
        let names = Names::default();
        names.set(vec![told.own_name.clone()]);
        let stop = Arc::new(AtomicBool::new(false));
        let keeper = Keeper {
            events: daemon.monitor()?,
            daemon: daemon.clone(),
            names: names.clone(),
            stop: Arc::clone(&stop),
            own,
            told,
        };
        let keeper = std::thread::Builder::new()
            .name("mdns-names".into())
            .spawn(move || keeper.run())
            .map_err(|error| mdns_sd::Error::Msg(error.to_string()))?;
        Ok(Self { daemon, names, stop, keeper: Some(keeper) })
    }

    /// The names held now; follows what happens.
    #[must_use]
    pub fn names(&self) -> Names {
        self.names.clone()
    }
}

impl std::fmt::Debug for Responder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Responder").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(keeper) = self.keeper.take() {
            keeper.thread().unpark();
            let _ = keeper.join();
        }
        // The daemon sends its goodbyes before it answers that it is gone.
        if let Ok(gone) = self.daemon.shutdown() {
            let _ = gone.recv_timeout(Duration::from_secs(1));
        }
    }
}

/// A service at a host name whose addresses are those of each interface.
fn service(kind: &str, instance: &str, host: &str, port: u16) -> Result<ServiceInfo, mdns_sd::Error> {
    let host = format!("{host}.");
    ServiceInfo::new(kind, instance, &host, "", port, &[("path", "/")][..]).map(ServiceInfo::enable_addr_auto)
}

/// Keeps the short name while it may be kept.
struct Keeper {
    daemon: ServiceDaemon,
    events: Receiver<DaemonEvent>,
    names: Names,
    stop: Arc<AtomicBool>,
    /// `tram-XXXX`.
    own: String,
    told: Told,
}

impl Keeper {
    fn run(&self) {
        while !self.stops() {
            let wait = match self.take() {
                Ok(true) => {
                    log::info!("names on the network: {} and {SHORT}", self.told.own_name);
                    self.names.set(vec![self.told.own_name.clone(), SHORT.to_owned()]);
                    let given_up = self.keep();
                    self.names.set(vec![self.told.own_name.clone()]);
                    if let Err(error) = given_up.and_then(|()| self.leave()) {
                        log::warn!("the name {SHORT}: {error}");
                    }
                    LATER
                }
                Ok(false) => LATER,
                Err(error) => {
                    log::warn!("the name {SHORT} was not taken: {error}");
                    LATER
                }
            };
            self.pause(wait);
        }
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Waits, and throws away what was told meanwhile.
    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.stops() && Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(500).min(until.saturating_duration_since(Instant::now())));
            while self.events.try_recv().is_ok() {}
        }
    }

    fn short_service(&self) -> String {
        format!("{}._tram._tcp.local.", self.own)
    }

    /// Asks for the short name; whether it is ours now.
    fn take(&self) -> Result<bool, mdns_sd::Error> {
        if let Some(other) = self.others()?.first() {
            log::info!("{SHORT} is the name of another station at {other}; this one is {}", self.told.own_name);
            return Ok(false);
        }
        self.daemon.register(service("_tram._tcp.local.", &self.own, SHORT, self.told.port)?)?;
        let until = Instant::now() + PROBING;
        while !self.stops() && Instant::now() < until {
            if let Ok(event) = self.events.recv_timeout(until.saturating_duration_since(Instant::now()))
                && is_refused(&event)
            {
                log::info!("{SHORT} was taken by another station meanwhile; this one is {}", self.told.own_name);
                self.leave()?;
                return Ok(false);
            }
        }
        Ok(!self.stops())
    }

    /// Watches the short name until it has to be given up.
    fn keep(&self) -> Result<(), mdns_sd::Error> {
        let mut next = Instant::now() + WATCH;
        while !self.stops() {
            match self.events.recv_timeout(Duration::from_millis(500)) {
                Ok(event) if is_refused(&event) => return Ok(()),
                _ => {}
            }
            if Instant::now() < next {
                continue;
            }
            next = Instant::now() + WATCH;
            // Two hold it, for they could not hear each other when they asked: the one
            // with the lower address keeps it, and both see the same two.
            let others = self.others()?;
            let own = own_addresses();
            if let Some(lowest) = others.iter().min()
                && own.iter().filter(|address| address.is_ipv4() == lowest.is_ipv4()).min() > Some(lowest)
            {
                log::info!("{SHORT} is also the name of the station at {lowest}, which keeps it");
                return Ok(());
            }
        }
        Ok(())
    }

    fn leave(&self) -> Result<(), mdns_sd::Error> {
        let gone = self.daemon.unregister(&self.short_service())?;
        let _ = gone.recv_timeout(Duration::from_secs(1));
        Ok(())
    }

    /// Addresses of others that answer to the short name.
    fn others(&self) -> Result<Vec<IpAddr>, mdns_sd::Error> {
        let name = format!("{SHORT}.");
        let own = own_addresses();
        let time = u64::try_from(LOOK.as_millis()).unwrap_or(u64::MAX);
        let found = self.daemon.resolve_hostname(&name, Some(time))?;
        let mut others = Vec::new();
        let until = Instant::now() + LOOK;
        while !self.stops() {
            let Ok(event) = found.recv_timeout(until.saturating_duration_since(Instant::now())) else { break };
            match event {
                HostnameResolutionEvent::AddressesFound(_, addresses) => {
                    others.extend(addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr).filter(|ip| !own.contains(ip)));
                }
                HostnameResolutionEvent::AddressesRemoved(_, addresses) => {
                    let gone: Vec<IpAddr> = addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr).collect();
                    others.retain(|ip| !gone.contains(ip));
                }
                HostnameResolutionEvent::SearchTimeout(_) | HostnameResolutionEvent::SearchStopped(_) => break,
                _ => {}
            }
        }
        let _ = self.daemon.stop_resolve_hostname(&name);
        Ok(others)
    }
}

/// Whether another host defended the short name.
fn is_refused(event: &DaemonEvent) -> bool {
    matches!(event, DaemonEvent::NameChange(change) if change.original.trim_end_matches('.').eq_ignore_ascii_case(SHORT))
}
