//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::prelude::{Long, Short, Value};

use crate::box_arguments::{self, BoxCommand};

/// What `tram --help` prints.
pub(crate) const HELP: &str = "\
Trạm, the school server

  tram init    --data DIR                      make a station and print its set-up code
  tram serve   --data DIR --listen ADDR        serve it (--https ADDR, --no-plugins,
                                               --box: on Trạm's own image,
                                               --untrusted ADDR: where packages and PDF are
                                               shown from, HTTP and HTTPS alike; else a free
                                               port next to the first one,
                                               --mdns: tell its names on the LAN,
                                               --backup-to DIR: a disk for nightly backups)
  tram demo    --data DIR --listen ADDR        serve the demonstration school
  tram verify  --data DIR [--witness HEAD]     check journal, tables and blobs
  tram backup  --data DIR --to DIR             full or incremental copy, also while serving
  tram restore --data DIR --from DIR           a new data folder from a backup; of a sealed one
                                               --key 'WORDS' or --key - (typed) or --key @FILE
  tram setup-code --data DIR                   a new set-up code (asked for by the wizard)
  tram --data DIR job PLUGIN JOB [FILE...]     run a job, whether or not a server runs on DIR
                                               (--set NAME=VALUE for its options)
  tram box status|console|install|helper|boot|health|make-key|pack-update   (tram box --help)
  tram plugin new NAME [--sdk DIR] | build [DIR] | keygen FILE | pack [DIR] [--key FILE] | check FILE

ADDR is HOST:PORT, as in 0.0.0.0:8080.";

/// Where to serve.
#[derive(Debug, Clone)]
pub(crate) struct ServeOptions {
    pub(crate) data: PathBuf,
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) https: Vec<SocketAddr>,
    /// The listener for content of strangers; none: a free port next to the first.
    pub(crate) untrusted: Option<SocketAddr>,
    pub(crate) plugins: bool,
    /// Whether this is the image's own station: an empty folder becomes a new one, and
    /// systemd is told that it lives.
    pub(crate) appliance: bool,
    /// Whether to tell its names on the LAN.
    pub(crate) mdns: bool,
    /// A folder in the place of a stick for backups.
    pub(crate) backup_to: Option<PathBuf>,
}

/// What a vendor does with a plugin.
#[derive(Debug, Clone)]
pub(crate) enum PluginCommand {
    New {
        name: String,
        /// Where the SDK is written; into the plugin's own folder when not given.
        sdk: Option<PathBuf>,
    },
    Build {
        dir: PathBuf,
    },
    /// Makes a publisher's key.
    Keygen {
        file: PathBuf,
    },
    Pack {
        dir: PathBuf,
        key: Option<PathBuf>,
    },
    Check {
        file: PathBuf,
    },
}

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Help,
    Version,
    Init { data: PathBuf },
    Serve(ServeOptions),
    Demo(ServeOptions),
    Verify { data: PathBuf, witness: Option<String> },
    Backup { data: PathBuf, to: PathBuf },
    Restore { data: PathBuf, from: PathBuf, key: Option<String> },
    SetupCode { data: PathBuf },
    Job { data: PathBuf, plugin: String, job: String, files: Vec<PathBuf>, options: Vec<(String, String)> },
    PrintChild,
    CompileComponent { input: PathBuf, output: PathBuf },
    Precompile { data: PathBuf, folder: PathBuf },
    Plugin(PluginCommand),
    Box(BoxCommand),
}

#[derive(Default)]
struct Raw {
    data: Option<PathBuf>,
    listen: Vec<SocketAddr>,
    https: Vec<SocketAddr>,
    untrusted: Option<SocketAddr>,
    to: Option<PathBuf>,
    from: Option<PathBuf>,
    witness: Option<String>,
    key: Option<PathBuf>,
    sdk: Option<PathBuf>,
    set: Vec<(String, String)>,
    no_plugins: bool,
    appliance: bool,
    mdns: bool,
    backup_to: Option<PathBuf>,
    words: Vec<OsString>,
}

fn address(text: &str) -> Result<SocketAddr> {
    use std::net::ToSocketAddrs;
    text.to_socket_addrs()
        .ok()
        .and_then(|mut all| all.next())
        .with_context(|| format!("{text} is not an address; write HOST:PORT, as in 0.0.0.0:8080"))
}

/// Reads the command line.
///
/// # Errors
/// Says what is missing or wrong.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command> {
    let mut raw = Raw::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("data") => raw.data = Some(parser.value()?.into()),
            Long("listen") => raw.listen.push(address(&parser.value()?.to_string_lossy())?),
            Long("https") => raw.https.push(address(&parser.value()?.to_string_lossy())?),
            Long("untrusted") => raw.untrusted = Some(address(&parser.value()?.to_string_lossy())?),
            Long("to") => raw.to = Some(parser.value()?.into()),
            Long("from") => raw.from = Some(parser.value()?.into()),
            Long("witness") => raw.witness = Some(parser.value()?.to_string_lossy().into_owned()),
            Long("sdk") => raw.sdk = Some(parser.value()?.into()),
            Long("key") => raw.key = Some(parser.value()?.into()),
            Long("set") => {
                let pair = parser.value()?.to_string_lossy().into_owned();
                let (name, value) = pair.split_once('=').context("--set takes NAME=VALUE")?;
                raw.set.push((name.to_owned(), value.to_owned()));
            }
            Long("no-plugins") => raw.no_plugins = true,
            Long("box") => raw.appliance = true,
            Long("mdns") => raw.mdns = true,
            Long("backup-to") => raw.backup_to = Some(parser.value()?.into()),
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("version") | Short('V') => return Ok(Command::Version),
            Value(word) if raw.words.is_empty() && word == "box" => {
                return box_arguments::parse(&mut parser).map(Command::Box);
            }
            Value(word) => raw.words.push(word),
            other => return Err(other.unexpected().into()),
        }
    }
    let mut words = raw.words.into_iter();
    let Some(command) = words.next() else { return Ok(Command::Help) };
    let folder = raw.data.clone();
    let data = || folder.clone().context("--data DIR is missing: the station's folder");
    let mut word = |what: &str| -> Result<OsString> { words.next().with_context(|| format!("{what} is missing")) };
    let serve = || -> Result<ServeOptions> {
        if raw.listen.is_empty() {
            bail!("--listen ADDR is missing, as in --listen 0.0.0.0:8080");
        }
        Ok(ServeOptions {
            data: data()?,
            listen: raw.listen.clone(),
            https: raw.https.clone(),
            untrusted: raw.untrusted,
            plugins: !raw.no_plugins,
            appliance: raw.appliance,
            mdns: raw.mdns || raw.appliance,
            backup_to: raw.backup_to.clone(),
        })
    };
    Ok(match command.to_string_lossy().as_ref() {
        "help" => Command::Help,
        "init" => Command::Init { data: data()? },
        "serve" => Command::Serve(serve()?),
        "demo" => Command::Demo(serve()?),
        "verify" => Command::Verify { data: data()?, witness: raw.witness },
        "backup" => {
            Command::Backup { data: data()?, to: raw.to.context("--to DIR is missing: where the backup goes")? }
        }
        "restore" => Command::Restore {
            data: data()?,
            from: raw.from.context("--from DIR is missing: the backup")?,
            key: raw.key.map(|key| key.to_string_lossy().into_owned()),
        },
        "setup-code" => Command::SetupCode { data: data()? },
        "job" => Command::Job {
            data: data()?,
            plugin: word("PLUGIN")?.to_string_lossy().into_owned(),
            job: word("JOB")?.to_string_lossy().into_owned(),
            files: words.map(PathBuf::from).collect(),
            options: raw.set,
        },
        "compile-component" => Command::CompileComponent { input: word("IN")?.into(), output: word("OUT")?.into() },
        "print-child" => Command::PrintChild,
        "precompile" => Command::Precompile { data: data()?, folder: word("DIR")?.into() },
        "plugin" => Command::Plugin(match word("new, build, keygen, pack or check")?.to_string_lossy().as_ref() {
            "new" => PluginCommand::New { name: word("NAME")?.to_string_lossy().into_owned(), sdk: raw.sdk },
            "build" => PluginCommand::Build { dir: words.next().map_or_else(|| PathBuf::from("."), PathBuf::from) },
            "keygen" => PluginCommand::Keygen { file: word("FILE")?.into() },
            "pack" => PluginCommand::Pack {
                dir: words.next().map_or_else(|| PathBuf::from("."), PathBuf::from),
                key: raw.key,
            },
            "check" => PluginCommand::Check { file: word("FILE")?.into() },
            other => bail!("tram plugin has no command {other}; there are new, build, keygen, pack, check"),
        }),
        other => bail!("there is no command {other}"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    fn line(text: &str) -> Result<Command> {
        parse(text.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_fixed_names() {
        assert!(matches!(line("init --data d").unwrap(), Command::Init { .. }));
        let Command::Serve(options) = line("serve --data d --listen 127.0.0.1:0").unwrap() else { panic!("serve") };
        assert_eq!((options.listen.len(), options.untrusted), (1, None));
        let Command::Serve(options) = line("serve --data d --listen 127.0.0.1:80 --untrusted 127.0.0.1:8081").unwrap()
        else {
            panic!("serve")
        };
        assert_eq!(options.untrusted.map(|address| address.port()), Some(8081));
        let Command::Job { plugin, job, files, .. } = line("--data d job catalogue import a.mrc b.xlsx").unwrap()
        else {
            panic!("job")
        };
        assert_eq!((plugin.as_str(), job.as_str(), files.len()), ("catalogue", "import", 2));
        assert!(line("serve --data d").is_err());
        assert!(line("frobnicate").is_err());
    }
}
