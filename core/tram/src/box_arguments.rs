//! The command line of `tram box …`.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::prelude::{Long, Short, Value};

/// What `tram box --help` prints.
pub(crate) const HELP: &str = "\
tram box, on Trạm's own image (image/README.md)

  tram box status                 what runs, what the next start takes, the network
  tram box console                the screen of the box: name, address, code, menu
  tram box install [DISK]         lists the machine's disks, or installs onto one
  tram box go-back                the next start takes the version before
  tram box helper                 (root) the one privileged process
  tram box boot                   (root) what is done before the network
  tram box health [--at ADDR]     whether this version is well; fails when it is not
  tram box bless-failed           (root) after a failed health: writes why, restarts

and where images are made

  tram box make-key --out FILE                a key that signs updates, and FILE.pub
  tram box pack-update --key FILE --root FILE --uki FILE --version V --minimum V
                       --built SECONDS --out FILE
  tram box check-update --keys DIR FILE       reads and verifies an update file";

/// A command of the box.
#[derive(Debug, Clone)]
pub(crate) enum BoxCommand {
    Help,
    Status,
    Console,
    Install { disk: Option<String> },
    GoBack,
    Helper,
    Boot,
    Health { at: SocketAddr },
    BlessFailed,
    MakeKey { out: PathBuf },
    Pack(PackOptions),
    Check { keys: PathBuf, file: PathBuf },
}

/// What an update file is made of.
#[derive(Debug, Clone)]
pub(crate) struct PackOptions {
    pub(crate) key: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) uki: PathBuf,
    pub(crate) version: String,
    pub(crate) minimum: String,
    pub(crate) built: i64,
    pub(crate) out: PathBuf,
}

#[derive(Default)]
struct Raw {
    key: Option<PathBuf>,
    keys: Option<PathBuf>,
    root: Option<PathBuf>,
    uki: Option<PathBuf>,
    version: Option<String>,
    minimum: Option<String>,
    built: Option<i64>,
    out: Option<PathBuf>,
    at: Option<SocketAddr>,
    words: Vec<String>,
}

/// Reads what stands behind `tram box`.
///
/// # Errors
/// Says what is missing or wrong.
pub(crate) fn parse(parser: &mut lexopt::Parser) -> Result<BoxCommand> {
    let mut raw = Raw::default();
    while let Some(argument) = parser.next()? {
        let text =
            |parser: &mut lexopt::Parser| -> Result<String> { Ok(parser.value()?.to_string_lossy().into_owned()) };
        match argument {
            Long("key") => raw.key = Some(parser.value()?.into()),
            Long("keys") => raw.keys = Some(parser.value()?.into()),
            Long("root") => raw.root = Some(parser.value()?.into()),
            Long("uki") => raw.uki = Some(parser.value()?.into()),
            Long("version") => raw.version = Some(text(parser)?),
            Long("minimum") => raw.minimum = Some(text(parser)?),
            Long("built") => {
                raw.built = Some(text(parser)?.parse().context("--built is a number of seconds since 1970")?);
            }
            Long("out") => raw.out = Some(parser.value()?.into()),
            Long("at") => raw.at = Some(text(parser)?.parse().context("--at is an address, as 127.0.0.1:80")?),
            Long("help") | Short('h') => return Ok(BoxCommand::Help),
            Value(word) => raw.words.push(word.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let mut words = raw.words.into_iter();
    let Some(command) = words.next() else { return Ok(BoxCommand::Help) };
    Ok(match command.as_str() {
        "help" => BoxCommand::Help,
        "status" => BoxCommand::Status,
        "console" => BoxCommand::Console,
        "install" => BoxCommand::Install { disk: words.next() },
        "go-back" => BoxCommand::GoBack,
        "helper" => BoxCommand::Helper,
        "boot" => BoxCommand::Boot,
        "health" => BoxCommand::Health { at: raw.at.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 80))) },
        "bless-failed" => BoxCommand::BlessFailed,
        "make-key" => BoxCommand::MakeKey { out: raw.out.context("--out FILE is missing")? },
        "pack-update" => BoxCommand::Pack(PackOptions {
            key: raw.key.context("--key FILE is missing: the key that signs")?,
            root: raw.root.context("--root FILE is missing: the squashfs")?,
            uki: raw.uki.context("--uki FILE is missing: what the firmware starts")?,
            minimum: raw.minimum.unwrap_or_else(|| "0.0.0".to_owned()),
            version: raw.version.context("--version V is missing")?,
            built: raw.built.context("--built SECONDS is missing: the build's time")?,
            out: raw.out.context("--out FILE is missing")?,
        }),
        "check-update" => BoxCommand::Check {
            keys: raw.keys.context("--keys DIR is missing: the folder of public keys")?,
            file: words.next().context("FILE is missing")?.into(),
        },
        other => bail!("tram box has no command {other}; see tram box --help"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    fn line(text: &str) -> Result<BoxCommand> {
        parse(&mut lexopt::Parser::from_args(text.split_whitespace()))
    }

    #[test]
    fn a_version_is_an_option_here() {
        let text = "pack-update --key k --root r --uki u --version 0.2.0 --built 5 --out o";
        let BoxCommand::Pack(options) = line(text).unwrap() else { panic!("pack") };
        assert_eq!((options.version.as_str(), options.minimum.as_str(), options.built), ("0.2.0", "0.0.0", 5));
        assert!(line("pack-update --key k").is_err());
        assert!(line("format-all-disks").is_err());
    }
}
