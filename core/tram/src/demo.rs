//! `tram demo`: the demonstration school.
//!
//! A fresh folder is filled with invented people (`demo/school.toml`) and the
//! catalogue's own demonstration titles; then it is served with one-click sign-in.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use tram_contract::Text;
use tram_journal::{Journal, Options};
use tram_people::directory::{Group, Guardian, Membership, Person, Writer};
use tram_people::{People, Principal};

use tram_web::DemoAccount;

use crate::arguments::ServeOptions;
use crate::serve::serve_station;
use crate::station::Station;

const SCHOOL: &str = include_str!("../demo/school.toml");

/// The job by which a plugin fills itself with demonstration data.
const DEMO_JOB: &str = "import-demo";

/// Rows written in one transaction.
const BATCH: usize = 200;

#[derive(Debug, Deserialize)]
struct School {
    school: About,
    #[serde(default)]
    group: Vec<DemoGroup>,
    #[serde(default)]
    person: Vec<DemoPerson>,
    #[serde(default)]
    membership: Vec<DemoMembership>,
    #[serde(default)]
    guardian: Vec<DemoGuardian>,
    #[serde(default)]
    demo_account: Vec<DemoEntry>,
}

#[derive(Debug, Deserialize)]
struct About {
    name: String,
}

#[derive(Debug, Deserialize)]
struct DemoGroup {
    id: String,
    kind: String,
    name: String,
    #[serde(default)]
    year: String,
    grade: Option<u8>,
}

#[derive(Debug, Deserialize)]
struct DemoPerson {
    id: String,
    kind: Vec<String>,
    name: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    birth: String,
    #[serde(default)]
    gender: String,
    #[serde(default)]
    title: String,
}

#[derive(Debug, Deserialize)]
struct DemoMembership {
    person: String,
    group: String,
    role: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

#[derive(Debug, Deserialize)]
struct DemoGuardian {
    person: String,
    of: String,
    #[serde(default)]
    relation: String,
}

/// A one-click sign-in of the demonstration school.
#[derive(Debug, Clone, Deserialize)]
struct DemoEntry {
    role: String,
    person: String,
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    pin: String,
    label_vi: String,
    label_en: String,
}

impl DemoEntry {
    /// What is typed beside the name.
    fn secret(&self) -> &str {
        if self.pin.is_empty() { &self.password } else { &self.pin }
    }
}

/// The command.
///
/// # Errors
/// The folder is no demonstration school, or an address cannot be listened on.
pub(crate) fn demo(options: &ServeOptions) -> Result<()> {
    crate::logging::begin();
    let school: School = toml::from_str(SCHOOL).context("school.toml")?;
    let station = if options.data.join("journal").is_dir() {
        Station::open(&options.data, options.plugins)?
    } else {
        make(&options.data, &school, options.plugins)?
    };
    anyhow::ensure!(
        station.people.station()?.demonstration,
        "{} holds a real station; tram demo does not touch it. Use tram serve, or another folder",
        options.data.display()
    );
    let accounts = school
        .demo_account
        .iter()
        .map(|account| DemoAccount {
            label: Text::vi_en(&account.label_vi, &account.label_en),
            username: account.username.clone(),
            secret: account.secret().to_owned(),
        })
        .collect();
    serve_station(station, options, Some(accounts), |addresses| {
        welcome(addresses, &school);
        Ok(())
    })
}

fn make(data: &Path, school: &School, plugins: bool) -> Result<Station> {
    println!("Making the demonstration school in {} …", data.display());
    let journal =
        Journal::create(data, Options::default()).with_context(|| format!("{} cannot be made", data.display()))?;
    let station = Station::start(data, journal, plugins)?;
    fill_people(&station.people, school)?;
    for plugin in station.host.plugins() {
        if plugin.manifest.job.iter().any(|job| job.name == DEMO_JOB) {
            let outcome =
                crate::jobs::run_on(&station.host, &plugin.id, DEMO_JOB, &[], &mut std::io::empty(), &[], &mut |_| {})?;
            log::info!("{}: {outcome}", plugin.id);
        }
    }
    // Last, so that a folder whose making was cut off is made anew by hand and not
    // half served.
    station.people.change_station(&Principal::console("vi"), |known| {
        known.school.clone_from(&school.school.name);
        known.ready = true;
        known.demonstration = true;
    })?;
    Ok(station)
}

fn fill_people(people: &People, school: &School) -> Result<()> {
    let console = Principal::console("vi");
    let mut ids: HashMap<&str, String> = HashMap::new();
    let (made, _) = people.change(&console, "demonstration groups", |txn| {
        let mut writer = Writer::new(txn);
        school
            .group
            .iter()
            .map(|group| {
                writer.group(Group {
                    id: String::new(),
                    kind: group.kind.clone(),
                    name: group.name.clone(),
                    year: group.year.clone(),
                    grade: group.grade,
                })
            })
            .collect::<Result<Vec<_>, _>>()
    })?;
    ids.extend(school.group.iter().map(|group| group.id.as_str()).zip(made));
    for batch in school.person.chunks(BATCH) {
        let (made, _) = people.change(&console, "demonstration people", |txn| {
            let mut writer = Writer::new(txn);
            batch
                .iter()
                .map(|person| {
                    writer.person(Person {
                        kinds: person.kind.clone(),
                        name: person.name.clone(),
                        code: person.code.clone(),
                        birth: person.birth.clone(),
                        gender: person.gender.clone(),
                        title: person.title.clone(),
                        ..Person::default()
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        ids.extend(batch.iter().map(|person| person.id.as_str()).zip(made));
    }
    let id = |name: &str| {
        ids.get(name).cloned().with_context(|| format!("school.toml names {name}, which it does not define"))
    };
    let memberships = school
        .membership
        .iter()
        .map(|m| {
            Ok(Membership {
                group: id(&m.group)?,
                person: id(&m.person)?,
                role: m.role.clone(),
                subject: m.subject.clone(),
                from: m.from.clone(),
                to: m.to.clone(),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    for batch in memberships.chunks(BATCH) {
        people.change(&console, "demonstration memberships", |txn| {
            let mut writer = Writer::new(txn);
            batch.iter().try_for_each(|membership| writer.membership(membership))
        })?;
    }
    let guardians = school
        .guardian
        .iter()
        .map(|g| Ok(Guardian { guardian: id(&g.person)?, child: id(&g.of)?, relation: g.relation.clone() }))
        .collect::<Result<Vec<_>>>()?;
    for batch in guardians.chunks(BATCH) {
        people.change(&console, "demonstration guardians", |txn| {
            let mut writer = Writer::new(txn);
            batch.iter().try_for_each(|guardian| writer.guardian(guardian))
        })?;
    }
    for account in &school.demo_account {
        let person = id(&account.person)?;
        if account.pin.is_empty() {
            people.set_password(&console, &person, &account.username, &account.password, false)?;
        } else {
            people.set_pin(&console, &person, &account.username, &account.pin)?;
        }
        let role = match account.role.as_str() {
            "principal" => "leadership",
            other => other,
        };
        if matches!(role, "administrator" | "leadership" | "librarian" | "office") {
            people.set_roles(&console, &person, &[role.to_owned()])?;
        }
    }
    Ok(())
}

/// Three searches that show what the station can do.
const SEARCHES: &[&str] = &["đất rừng phương nam", "nguyen nhat anh", "truyeenj kieeuf"];

fn welcome(addresses: &[SocketAddr], school: &School) {
    println!("\n{}: the demonstration school is served at", school.school.name);
    for address in addresses {
        println!("  http://{}/", shown(*address));
    }
    println!("\nSign in (one click on the sign-in page, or by name):");
    for account in &school.demo_account {
        println!("  {:<11} {:<18} {}", account.username, account.secret(), account.label_vi);
    }
    println!("\nSearches to try: {}", SEARCHES.join(" · "));
    println!("Stop with Ctrl-C.");
}

/// An address that a person can open: the unspecified one is this machine.
fn shown(address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(ip) if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        IpAddr::V4(ip) => ip.to_string(),
    };
    format!("{host}:{}", address.port())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_school_reads_and_names_only_what_it_defines() {
        let school: School = toml::from_str(SCHOOL).unwrap();
        let known: std::collections::HashSet<&str> =
            school.person.iter().map(|p| p.id.as_str()).chain(school.group.iter().map(|g| g.id.as_str())).collect();
        assert!(school.person.len() > 400);
        assert_eq!(school.demo_account.len(), 7);
        for m in &school.membership {
            assert!(known.contains(m.person.as_str()) && known.contains(m.group.as_str()), "{m:?}");
        }
        for g in &school.guardian {
            assert!(known.contains(g.person.as_str()) && known.contains(g.of.as_str()), "{g:?}");
        }
    }
}
