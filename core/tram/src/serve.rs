//! `tram serve`: opens a folder and serves it until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tram_appliance::Place;
use tram_appliance::backup::{About, FolderStick, NoSticks, Sticks};
use tram_appliance::care::{Care, Outside};
use tram_appliance::clock::SetTime;
use tram_appliance::helper::Client;
use tram_appliance::mdns::Told;
use tram_web::{DemoAccount, WebOptions};

use crate::arguments::ServeOptions;
use crate::box_helper::BoxHelper;
use crate::control;
use crate::logging;
use crate::pulse::Pulse;
use crate::station::Station;

/// The command.
///
/// # Errors
/// The folder does not open, or an address cannot be listened on.
pub(crate) fn serve(options: &ServeOptions) -> Result<()> {
    logging::begin();
    if tram_appliance::backup::restore::take_up(&options.data)
        .context("what was restored cannot be put in its place")?
    {
        log::info!("serving the station that was restored");
    }
    if options.appliance {
        crate::station::create_if_empty(&options.data)?;
    }
    let station = Station::open(&options.data, options.plugins)?;
    if !options.appliance {
        return serve_station(station, options, None, |_| Ok(()));
    }
    let pulse = Pulse::new(&station, &options.data)?;
    serve_station(station, options, None, |addresses| pulse.begin(addresses))
}

/// Serves an open station, as the demonstration school when its accounts are given; `ready` is called with the addresses once they listen.
///
/// # Errors
/// An address cannot be listened on, or the last checkpoint failed.
pub(crate) fn serve_station(
    station: Station,
    options: &ServeOptions,
    demo: Option<Vec<DemoAccount>>,
    ready: impl FnOnce(&[SocketAddr]) -> Result<()>,
) -> Result<()> {
    // One more than there are processors: short calls run on these threads, and one of
    // them is always left for connections.
    let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let care = Arc::new(care(&station, options).context("the station's own care does not start")?);
    control::listen(&options.data, &station, &care)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors + 1)
        .enable_all()
        .max_blocking_threads(48)
        .build()
        .context("the runtime does not start")?;
    let served = runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        let web = WebOptions {
            http: options.listen.clone(),
            https: options.https.clone(),
            untrusted: options.untrusted,
            data: options.data.clone(),
            demo: demo.is_some(),
            demo_accounts: demo.unwrap_or_default(),
            updates: options.appliance.then(|| crate::box_door::updates(&options.data, station.host.clone())),
            care: Some(Arc::clone(&care)),
            shutdown: stopped,
        };
        let server = tram_web::Server::bind(web, station.host.clone(), station.people.clone(), station.journal.clone())
            .await
            .context("the address cannot be listened on; is another server running there?")?;
        ready(&server.addresses())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            // The receivers are gone only when the server is; then there is nothing to stop.
            let _ = stop.send(true);
        });
        let tidying = tokio::spawn(tidy_memory());
        let served = server.run().await.context("serving failed");
        tidying.abort();
        served
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
    let _ = std::fs::remove_file(options.data.join("control.sock"));
    let restarts = care.is_restart_asked();
    // It says goodbye on the network and ends its threads before the journal closes.
    drop(care);
    station.close()?;
    served?;
    if restarts {
        return Err(again());
    }
    Ok(())
}

/// Begins what the station does for itself.
fn care(station: &Station, options: &ServeOptions) -> Result<Care> {
    let name = tram_web::own_name(&station.journal.station().to_bytes());
    let port = options.listen.first().map_or(80, SocketAddr::port);
    let told = options.mdns.then(|| Told { own_name: name.clone(), port });
    let helper = || Client::new(&Place::default().socket());
    let sticks: Box<dyn Sticks> = match &options.backup_to {
        Some(folder) => Box::new(FolderStick(folder.clone())),
        None if options.appliance => Box::new(BoxHelper(helper())),
        None => Box::new(NoSticks),
    };
    let set_time = options.appliance.then(|| -> Box<dyn SetTime> { Box::new(BoxHelper(helper())) });
    let outside = Outside { set_time, sticks, told };
    let people = station.people.clone();
    let about = move || About {
        station: name.clone(),
        school: people.station().map(|station| station.school).unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(Care::start(&options.data, &station.journal, outside, about)?)
}

/// Starts this program anew in the same process, with the same arguments.
fn again() -> anyhow::Error {
    use std::os::unix::process::CommandExt;
    let Ok(program) = std::env::current_exe() else { return anyhow::anyhow!("the path of tram itself is not known") };
    let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).exec();
    anyhow::Error::new(error).context("the station did not start again; start it by hand")
}

/// How often memory that nobody uses is given back.
const TIDY: Duration = Duration::from_secs(10);

/// Gives back what a burst of requests or an import left behind. The allocator by itself
/// only gives back the end of an arena, above the last block in use.
async fn tidy_memory() {
    loop {
        tokio::time::sleep(TIDY).await;
        // SAFETY: malloc_trim takes the allocator's own locks and touches free pages alone.
        let tidied = tokio::task::spawn_blocking(|| unsafe { libc::malloc_trim(0) }).await;
        if tidied.is_err() {
            return;
        }
    }
}
