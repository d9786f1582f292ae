//! What the console asks of the running station, through its control socket.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use anyhow::{Context, Result, anyhow, bail};
use tram_appliance::care::Care;
use tram_appliance::console::Door;
use tram_appliance::updates::Updates;
use tram_appliance::{Error, Place};
use tram_contract::Text;
use tram_people::{People, Principal};

use crate::control;

/// Letters of a password that is read from a screen and typed: as in set-up codes.
const LETTERS: &[u8; 16] = b"23456789cghkmnpt";

/// The console's way to the station.
pub(crate) struct ControlDoor {
    data: PathBuf,
}

impl ControlDoor {
    /// To the station of a box.
    pub(crate) fn new(place: &Place) -> Self {
        Self { data: place.data.clone() }
    }

    fn connect(&self) -> Result<control::Connection, Error> {
        control::connect(&self.data).map_err(said)?.ok_or_else(|| {
            Error::refused(
                "Trạm chưa chạy xong hoặc đang hỏng. Hãy đợi một phút rồi thử lại.",
                "The station is not running yet, or is broken. Wait a minute and try again.",
            )
        })
    }
}

fn said(error: anyhow::Error) -> Error {
    Error::refused(format!("Trạm báo lỗi: {error:#}."), format!("The station says: {error:#}."))
}

impl Door for ControlDoor {
    fn administrators(&self) -> Result<Vec<(String, String)>, Error> {
        self.connect()?.administrators().map_err(said)
    }

    fn reset_password(&self, person: &str) -> Result<String, Error> {
        self.connect()?.reset_password(person).map_err(said)
    }

    fn restore(&self, from: &Path, key: &str) -> Result<String, Error> {
        self.connect()?.restore(from, key).map_err(|error| Error::Refused(Text::decode(&error.to_string())))
    }
}

/// Restores a sealed backup beside the running station, which then starts anew with it.
///
/// # Errors
/// A text for people that says why not; the station stays as it is.
pub(crate) fn restore(care: &Weak<Care>, from: &Path, key: &str) -> Result<String> {
    let care = care.upgrade().context("the station is stopping")?;
    let told = |error: tram_appliance::backup::Error| anyhow!(error.text().encode());
    let identity = tram_appliance::backup::identity_of(key).map_err(told)?;
    let restored = care.backups.restore_from(from, &identity).map_err(told)?;
    care.ask_restart();
    Ok(format!("{}: {}", restored.school, restored.entry.file))
}

/// The updates of the box that serves `data`. Installed plugins are compiled ahead by the
/// program of the next version, as this user.
pub(crate) fn updates(data: &Path, host: tram_host::Host) -> Arc<Updates> {
    let place = Place { data: data.to_owned(), ..Place::default() };
    let data = data.to_owned();
    Arc::new(Updates::new(
        &place,
        Box::new(move |next| {
            let folder = data.join("update/components");
            let compiled = compile_ahead(&host, &data, next, &folder);
            let _ = std::fs::remove_dir_all(&folder);
            compiled.map_err(|error| tram_contract::Text::from(format!("{error:#}")))
        }),
    ))
}

fn compile_ahead(host: &tram_host::Host, data: &Path, next: &Path, folder: &Path) -> Result<()> {
    if host.unpack_installed(folder)? == 0 {
        return Ok(());
    }
    let done = std::process::Command::new(next.join("usr/bin/tram"))
        .arg("--data")
        .arg(data)
        .arg("precompile")
        .arg(folder)
        .output()
        .context("the program of the next version does not start")?;
    if !done.status.success() {
        bail!("{}", String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(())
}

/// Administrators, as JSON pairs of sign-in name and person.
///
/// # Errors
/// The people cannot be read.
pub(crate) fn administrators(people: &People) -> Result<String> {
    let mut found: Vec<(String, String)> = Vec::new();
    for person in people.persons("staff")? {
        let Some(account) = people.account(&person.id)?.filter(|account| !account.username.is_empty()) else {
            continue;
        };
        if people.principal_of(&person.id, "vi")?.holds("station.manage") {
            found.push((account.username, person.id));
        }
    }
    Ok(serde_json::to_string(&found)?)
}

/// Gives an administrator a new password; the journal keeps that the console did it.
///
/// # Errors
/// The person is no administrator, or the journal failed.
pub(crate) fn reset_password(people: &People, person: &str) -> Result<String> {
    if !people.principal_of(person, "vi")?.holds("station.manage") {
        bail!("only an administrator's password is reset here");
    }
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).ok().context("no random numbers")?;
    let letters: Vec<char> =
        bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 16))).map(|letter| char::from(*letter)).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    let password = groups.join("-");
    people.set_password(&Principal::console("vi"), person, "", &password, true)?;
    Ok(password)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use tram_journal::{Journal, Options};
    use tram_people::directory::{Person, Writer};

    #[test]
    fn an_administrator_gets_a_password_that_signs_in_and_must_be_changed() {
        let folder = std::env::temp_dir().join(format!("tram-door-{}", std::process::id()));
        let people = People::open(Journal::create(&folder, Options::default()).unwrap()).unwrap();
        let console = Principal::console("vi");
        let mut ids = Vec::new();
        for name in ["Trần Thị Hoa", "Lê Văn Nam"] {
            let person = Person { name: name.into(), kinds: vec!["staff".into()], ..Person::default() };
            ids.push(people.change(&console, "t", |txn| Writer::new(txn).person(person.clone())).unwrap().0);
        }
        people.set_password(&console, &ids[0], "hoa", "ba tu de nho", false).unwrap();
        people.set_roles(&console, &ids[0], &["administrator".to_owned()]).unwrap();
        people.set_password(&console, &ids[1], "nam", "bon tu de nho", false).unwrap();
        assert_eq!(administrators(&people).unwrap(), format!("[[\"hoa\",\"{}\"]]", ids[0]));
        assert!(reset_password(&people, &ids[1]).is_err());
        let password = reset_password(&people, &ids[0]).unwrap();
        assert_eq!(password.len(), 14);
        assert!(people.account(&ids[0]).unwrap().unwrap().must_change);
        let signed = people.check_secret("hoa", &password, "device", tram_people::Channel::Https);
        assert!(signed.is_ok());
        drop(people);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
