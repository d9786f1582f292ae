//! A data folder: made, opened, closed.

use std::path::Path;

use anyhow::{Context, Result, bail};
use tram_host::{Embedded, Host, HostOptions};
use tram_journal::{Journal, Options};
use tram_people::People;

use crate::budget::Budget;

/// The parts of an open station.
pub(crate) struct Station {
    pub(crate) journal: Journal,
    pub(crate) people: People,
    pub(crate) host: Host,
}

impl Station {
    /// Opens the folder and starts the plugins.
    ///
    /// # Errors
    /// The folder is missing, in use, or does not check.
    pub(crate) fn open(data: &Path, plugins: bool) -> Result<Self> {
        let journal = open_journal(data)?;
        Self::start(data, journal, plugins)
    }

    /// Starts people and plugins on an open journal.
    ///
    /// # Errors
    /// A part does not start.
    pub(crate) fn start(data: &Path, journal: Journal, plugins: bool) -> Result<Self> {
        tram_appliance::clock::hold(&journal);
        let people = People::open(journal.clone()).context("the people do not open")?;
        let embedded: Vec<Embedded> = if plugins {
            tram_bundle::embedded()
                .iter()
                .map(|plugin| Embedded { package: plugin.package, compiled: plugin.compiled })
                .collect()
        } else {
            Vec::new()
        };
        let program = std::env::current_exe().context("the path of tram itself")?;
        let options = HostOptions {
            data: data.to_owned(),
            compiler: vec![program.clone().into_os_string(), "compile-component".into()],
            printer: vec![program.into_os_string(), "print-child".into()],
            instances: Budget::of_system().instances,
            ..HostOptions::default()
        };
        let host = Host::start(options, journal.clone(), people.clone(), &embedded)
            .context("the plugin host does not start")?;
        Ok(Self { journal, people, host })
    }

    /// Closes it: the plugins, then the journal with its checkpoint.
    ///
    /// # Errors
    /// The last checkpoint failed; nothing acknowledged is lost.
    pub(crate) fn close(self) -> Result<()> {
        self.host.close();
        drop(self.host);
        drop(self.people);
        self.journal.close().context("the journal does not close")
    }
}

/// `tram precompile`: compiles the components that the running station unpacked, with
/// this binary's engine. Run by the version that an update brings, before it starts.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn precompile(data: &Path, folder: &Path) -> Result<()> {
    let program = std::env::current_exe().context("the path of tram itself")?;
    let compiler = vec![program.into_os_string(), "compile-component".into()];
    let count = tram_host::precompile(data, folder, compiler).context("nothing was compiled ahead")?;
    println!("{count} compiled");
    Ok(())
}

/// Makes a new station where the folder is empty: the first start of a box.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn create_if_empty(data: &Path) -> Result<()> {
    if data.join("journal").is_dir() {
        return Ok(());
    }
    Journal::create(data, Options::default())
        .with_context(|| format!("{} cannot be made", data.display()))?
        .close()
        .context("the journal does not close")
}

/// Opens the journal of a data folder.
///
/// # Errors
/// The folder is missing, in use, or does not check.
pub(crate) fn open_journal(data: &Path) -> Result<Journal> {
    if !data.join("journal").is_dir() {
        bail!("{} is not a station's folder; make one with: tram init --data {}", data.display(), data.display());
    }
    Journal::open(data, Options::default()).with_context(|| format!("{} does not open", data.display()))
}

/// `tram init`: makes a station and prints the set-up code.
///
/// # Errors
/// The folder holds something already, or cannot be written.
pub(crate) fn init(data: &Path) -> Result<()> {
    let occupied = data.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        bail!("{} is not empty; give a new folder", data.display());
    }
    let journal =
        Journal::create(data, Options::default()).with_context(|| format!("{} cannot be made", data.display()))?;
    let people = People::open(journal.clone())?;
    let code = people.new_setup_code()?;
    drop(people);
    journal.close()?;
    println!("The station stands in {}.", data.display());
    println!("Set-up code (asked for once, by the first page):  {code}");
    println!("Serve it with:  tram serve --data {} --listen 0.0.0.0:8080", data.display());
    Ok(())
}

/// `tram setup-code`: a new code when the first one was lost.
///
/// # Errors
/// The folder does not open, or the wizard is done already.
pub(crate) fn new_code(data: &Path) -> Result<()> {
    let people = People::open(open_journal(data)?)?;
    if people.station()?.ready {
        bail!("this station is set up already; its administrators reset passwords");
    }
    let code = people.new_setup_code()?;
    people.journal().checkpoint()?;
    println!("Set-up code:  {code}");
    Ok(())
}
