//! `tram box …`: the box's commands, wired.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::unistd::{Group, User};
use tram_appliance::console::{self, Screen};
use tram_appliance::helper::{Ask, Client, Helper, Reply};
use tram_appliance::update::{self, Contents, Keys, SigningKey, Update};
use tram_appliance::{Place, boot, files, health, notify, program};
use tram_contract::Text;

use crate::box_arguments::{BoxCommand, HELP, PackOptions};
use crate::box_door::ControlDoor;
use crate::{control, logging};

/// The user that serves, and the group that may ask the helper.
const USER: &str = "tram";
/// How long a version may take until it is well.
const PATIENCE: Duration = Duration::from_secs(150);

/// Runs one.
///
/// # Errors
/// Says what failed.
pub(crate) fn run(command: BoxCommand) -> Result<()> {
    let place = Place::default();
    match command {
        BoxCommand::Help => {
            println!("{HELP}");
            Ok(())
        }
        BoxCommand::Status => {
            let status = Client::new(&place.socket()).status()?;
            println!("{}", serde_json::to_string_pretty(&status)?);
            Ok(())
        }
        BoxCommand::Console => console(&place),
        BoxCommand::Install { disk } => install(&place, disk),
        BoxCommand::GoBack => {
            let Reply::Next { version } = Client::new(&place.socket()).quick(&Ask::GoBack)? else {
                bail!("the helper answered something else");
            };
            println!("{version}; restarting");
            Ok(())
        }
        BoxCommand::Helper => helper(place),
        BoxCommand::Boot => {
            logging::begin();
            boot::boot(&place);
            Ok(())
        }
        BoxCommand::Health { at } => {
            logging::begin();
            let data = place.data.clone();
            let mut probe = || health::healthz(at).and_then(|()| station_is_well(&data));
            health::gate(&place, PATIENCE, &mut probe).map_err(|reason| anyhow::anyhow!(reason.get("en").to_owned()))
        }
        BoxCommand::BlessFailed => bless_failed(&place),
        BoxCommand::MakeKey { out } => make_key(&out),
        BoxCommand::Pack(options) => pack(options),
        BoxCommand::Check { keys, file } => check(&keys, &file),
    }
}

/// Asks the station itself: its plugins, its journal's tail, its writer.
fn station_is_well(data: &Path) -> Result<(), Text> {
    let asked = control::connect(data)
        .and_then(|connection| connection.context("the station does not listen at its control socket")?.health());
    asked.map_err(|error| match Text::decode(&error.to_string()) {
        Text::Plain(plain) => {
            Text::vi_en(format!("Trạm không trả lời: {plain}."), format!("The station does not answer: {plain}."))
        }
        text => text,
    })
}

fn bless_failed(place: &Place) -> Result<()> {
    logging::begin();
    if let Err(error) = boot::write_log(place) {
        log::warn!("the log was not written onto the partition TRAM: {error}");
    }
    if health::failed(place)? {
        log::error!("this version is on trial and not well: restarting");
        program::run("systemctl", &["reboot"], None)?;
    } else {
        log::error!("this version is not well, and there is no better one to start");
    }
    Ok(())
}

fn helper(place: Place) -> Result<()> {
    logging::begin();
    let user = User::from_name(USER)?.map(|user| user.uid);
    let group = Group::from_name(USER)?.map(|group| group.gid);
    Helper::new(place, user, group)
        .run(|| {
            notify::say("READY=1");
        })
        .context("the helper cannot listen")
}

fn console(place: &Place) -> Result<()> {
    let device = std::fs::read_link("/proc/self/fd/0").ok().filter(|path| path.starts_with("/dev"));
    let mut screen = Screen::new(BufReader::new(std::io::stdin()), std::io::stdout(), device)?;
    let door = ControlDoor::new(place);
    console::run(place, &mut screen, &door).context("the terminal failed")
}

fn install(place: &Place, disk: Option<String>) -> Result<()> {
    let client = Client::new(&place.socket());
    let Reply::Disks { disks } = client.quick(&Ask::Disks)? else { bail!("the helper answered something else") };
    let Some(name) = disk else {
        for disk in disks {
            let why = disk.why_not.map(|why| format!("  ({})", why.get("en"))).unwrap_or_default();
            println!("{:<10} {:>8.1} GB  {}{why}", disk.name, disk.size as f64 / 1e9, disk.model);
        }
        return Ok(());
    };
    println!("EVERYTHING on {name} is lost. Type its name again:");
    let mut typed = String::new();
    std::io::stdin().read_line(&mut typed)?;
    client.ask(&Ask::Install { disk: name, typed: typed.trim().to_owned() }, &mut |step, done, total| {
        println!("{} {done}/{total}", step.get("en"));
    })?;
    println!("Installed. Take the stick out and restart.");
    Ok(())
}

fn make_key(out: &Path) -> Result<()> {
    let pkcs8 = SigningKey::make()?;
    let public = SigningKey::read(&pkcs8)?.public();
    let mut file = files::create_new_private(out).with_context(|| format!("{} cannot be made", out.display()))?;
    file.write_all(&pkcs8)?;
    file.sync_all()?;
    let mut name = out.as_os_str().to_owned();
    name.push(".pub");
    files::replace(Path::new(&name), format!("{}\n", public.text()).as_bytes())?;
    println!("{}", public.text());
    Ok(())
}

fn pack(options: PackOptions) -> Result<()> {
    let open = |path: &PathBuf| File::open(path).with_context(|| format!("{} does not open", path.display()));
    let key = std::fs::read(&options.key).with_context(|| format!("{} does not open", options.key.display()))?;
    let contents = Contents {
        version: options.version.parse()?,
        minimum: options.minimum.parse()?,
        built: options.built,
        root: open(&options.root)?,
        uki: open(&options.uki)?,
    };
    let _ = std::fs::remove_file(&options.out);
    let mut out = BufWriter::new(files::create_new(&options.out)?);
    let manifest = update::pack(&SigningKey::read(&key)?, contents, &mut out)?;
    out.into_inner()?.sync_all()?;
    println!("{}", serde_json::to_string_pretty(&manifest)?);
    Ok(())
}

fn check(keys: &Path, file: &Path) -> Result<()> {
    let source = File::open(file).with_context(|| format!("{} does not open", file.display()))?;
    let mut update = Update::open(BufReader::new(source), &Keys::read(keys)?)?;
    update.root(&mut std::io::sink())?;
    update.uki(&mut std::io::sink())?;
    println!("{}", serde_json::to_string_pretty(&update.end()?)?);
    Ok(())
}
