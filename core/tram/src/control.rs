//! The control socket `DIR/control.sock`: the owner of a served folder asks the
//! running station to do what the command line would do on a closed one.
//!
//! One request a connection: a line of JSON, then the bytes of each file in order;
//! replies are lines of JSON. Only the folder's owner may connect.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use tram_appliance::care::Care;

use crate::jobs::{FileToSend, Report};
use crate::station::Station;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Request {
    Job {
        plugin: String,
        job: String,
        files: Vec<FileToSend>,
        options: Vec<(String, String)>,
    },
    Backup {
        to: PathBuf,
    },
    /// Whether the station is well; the reason when it is not, as a text for people.
    Health,
    /// Administrators, as JSON pairs of sign-in name and person.
    Administrators,
    /// A new password for an administrator, for somebody who stands before the box.
    ResetPassword {
        person: String,
    },
    /// A sealed backup on a mounted disk in the place of this station, with the next start.
    Restore {
        from: PathBuf,
        key: String,
    },
}

/// What is answered, line by line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Reply {
    Progress(Report),
    Done { text: String },
    Failed { reason: String },
}

fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// A connection to the station that serves a folder.
pub(crate) struct Connection {
    stream: UnixStream,
}

/// Connects to the station that serves `data`; none when nobody does.
///
/// # Errors
/// Somebody does, but does not let us in.
pub(crate) fn connect(data: &Path) -> Result<Option<Connection>> {
    match UnixStream::connect(socket(data)) {
        Ok(stream) => Ok(Some(Connection { stream })),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused) => {
            Ok(None)
        }
        Err(error) => Err(anyhow!(error).context("the running station does not answer at its control socket")),
    }
}

impl Connection {
    fn ask(&mut self, request: &Request, files: &[PathBuf], progress: &mut dyn FnMut(&Report)) -> Result<String> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.stream.write_all(&line)?;
        for path in files {
            let mut file = File::open(path).with_context(|| format!("{} does not open", path.display()))?;
            std::io::copy(&mut file, &mut self.stream)?;
        }
        self.stream.flush()?;
        for line in BufReader::new(&self.stream).lines() {
            match serde_json::from_str(&line?)? {
                Reply::Progress(report) => progress(&report),
                Reply::Done { text } => return Ok(text),
                Reply::Failed { reason } => bail!(reason),
            }
        }
        bail!(
            "the station stopped before it had finished; what it acknowledged is kept, and a job goes on when it starts again"
        )
    }

    /// Has the running station run a job.
    ///
    /// # Errors
    /// A file does not open, or the job failed.
    pub(crate) fn job(
        &mut self,
        plugin: &str,
        job: &str,
        paths: &[PathBuf],
        options: &[(String, String)],
        progress: &mut dyn FnMut(&Report),
    ) -> Result<String> {
        let files = paths.iter().map(|path| FileToSend::of(path)).collect::<Result<_>>()?;
        let request = Request::Job { plugin: plugin.to_owned(), job: job.to_owned(), files, options: options.to_vec() };
        self.ask(&request, paths, progress)
    }

    /// Asks whether the station is well.
    ///
    /// # Errors
    /// It is not; the message is a text for people, encoded.
    pub(crate) fn health(&mut self) -> Result<()> {
        self.ask(&Request::Health, &[], &mut |_| {}).map(|_| ())
    }

    /// Sign-in names of the administrators, with their persons.
    ///
    /// # Errors
    /// The people cannot be read.
    pub(crate) fn administrators(&mut self) -> Result<Vec<(String, String)>> {
        Ok(serde_json::from_str(&self.ask(&Request::Administrators, &[], &mut |_| {})?)?)
    }

    /// Gives an administrator a new password and answers it.
    ///
    /// # Errors
    /// The person is no administrator, or the journal failed.
    pub(crate) fn reset_password(&mut self, person: &str) -> Result<String> {
        self.ask(&Request::ResetPassword { person: person.to_owned() }, &[], &mut |_| {})
    }

    /// Restores a sealed backup beside the running station, which starts anew with it.
    ///
    /// # Errors
    /// A text for people as [`tram_contract::Text::encode`] writes it.
    pub(crate) fn restore(&mut self, from: &Path, key: &str) -> Result<String> {
        self.ask(&Request::Restore { from: from.to_owned(), key: key.to_owned() }, &[], &mut |_| {})
    }

    /// Has the running station make a backup.
    ///
    /// # Errors
    /// The target cannot be written.
    pub(crate) fn backup(&mut self, to: &Path) -> Result<()> {
        let to = std::path::absolute(to)?;
        let text = self.ask(&Request::Backup { to }, &[], &mut |_| {})?;
        println!("{text}");
        Ok(())
    }
}

/// Listens for the owner of the folder, until the process ends.
///
/// # Errors
/// The socket cannot be made.
pub(crate) fn listen(data: &Path, station: &Station, care: &Arc<Care>) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let path = socket(data);
    // The lock on the folder is ours, so a socket that lies there is a dead one's.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).context("the control socket cannot be made")?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let parts = Parts {
        journal: station.journal.clone(),
        host: station.host.clone(),
        people: station.people.clone(),
        care: Arc::downgrade(care),
    };
    std::thread::Builder::new().name("control".into()).spawn(move || {
        for stream in listener.incoming().flatten() {
            let parts = parts.clone();
            let served = std::thread::Builder::new().name("control-client".into()).spawn(move || {
                if let Err(error) = answer(&stream, &parts) {
                    log::warn!("control socket: {error:#}");
                }
            });
            if let Err(error) = served {
                log::warn!("control socket: {error}");
            }
        }
    })?;
    Ok(())
}

fn owner_only(stream: &UnixStream) -> Result<()> {
    let peer = nix::sys::socket::getsockopt(stream, nix::sys::socket::sockopt::PeerCredentials)?;
    let me = nix::unistd::geteuid().as_raw();
    if peer.uid() == me || peer.uid() == 0 {
        return Ok(());
    }
    bail!("only the owner of the data folder may ask")
}

/// The parts of the station that are asked.
#[derive(Clone)]
struct Parts {
    journal: tram_journal::Journal,
    host: tram_host::Host,
    people: tram_people::People,
    /// Gone once the station stops; this thread does not keep it.
    care: Weak<Care>,
}

fn answer(stream: &UnixStream, parts: &Parts) -> Result<()> {
    let Parts { journal, host, people, care } = parts;
    owner_only(stream)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    (&mut reader).take(1 << 20).read_line(&mut line)?;
    let mut writer = stream.try_clone()?;
    let mut say = |reply: &Reply| -> Result<()> {
        let mut line = serde_json::to_vec(reply)?;
        line.push(b'\n');
        writer.write_all(&line)?;
        Ok(())
    };
    let done = match serde_json::from_str(&line)? {
        Request::Job { plugin, job, files, options } => {
            crate::jobs::run_on(host, &plugin, &job, &files, &mut reader, &options, &mut |report| {
                // A client that went away does not stop the job.
                let _ = say(&Reply::Progress(report.clone()));
            })
        }
        Request::Backup { to } => {
            journal.backup(&to).map(|report| crate::maintenance::told(&report)).map_err(Into::into)
        }
        Request::Health => {
            crate::pulse::health(journal, host).map(|()| "well".to_owned()).map_err(|text| anyhow!(text.encode()))
        }
        Request::Administrators => crate::box_door::administrators(people),
        Request::ResetPassword { person } => crate::box_door::reset_password(people, &person),
        Request::Restore { from, key } => crate::box_door::restore(care, &from, &key),
    };
    match done {
        Ok(text) => say(&Reply::Done { text }),
        Err(error) => say(&Reply::Failed { reason: format!("{error:#}") }),
    }
}
