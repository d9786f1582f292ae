//! The server over real sockets, with a real journal, real people and a plugin of a
//! few lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod client;
mod forms;
mod framing;
mod pages;
mod plugin;
mod tls;
mod untrusted;
mod uploads;
mod walls;

use std::net::SocketAddr;

use tokio::sync::watch;
use tram_journal::{Journal, Options};
use tram_people::directory::{Group, Membership, Person, Writer};
use tram_people::{People, Principal};

use crate::{Server, WebOptions};
use plugin::Fake;

/// A served station.
struct Station {
    http: SocketAddr,
    https: SocketAddr,
    untrusted: SocketAddr,
    people: People,
    setup_code: String,
    stop: watch::Sender<bool>,
    data: tempfile::TempDir,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Station {
    /// A new station, not yet set up.
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let journal = Journal::create(&data.path().join("journal-folder"), Options::default()).unwrap();
        let people = People::open(journal.clone()).unwrap();
        let setup_code = people.new_setup_code().unwrap();
        let (stop, shutdown) = watch::channel(false);
        let any = ["127.0.0.1:0".parse().unwrap()];
        let options = WebOptions {
            http: any.to_vec(),
            https: any.to_vec(),
            data: data.path().into(),
            shutdown,
            ..WebOptions::default()
        };
        let fake = Fake::with(&journal, untrusted::shelf(&journal));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(Server::with(options, Box::new(fake), people.clone(), journal)).unwrap();
        let addresses = server.addresses();
        let untrusted = server.untrusted().unwrap();
        runtime.spawn(server.run());
        Self {
            http: addresses[0],
            https: addresses[1],
            untrusted,
            people,
            setup_code,
            stop,
            data,
            runtime: Some(runtime),
        }
    }

    /// A station that is set up, with an administrator (`lan.nguyen`), a teacher of 8A1
    /// (`giao.vien`) and two pupils of the class.
    fn ready() -> Self {
        let station = Self::new();
        let console = Principal::console("vi");
        let people = &station.people;
        people
            .change_station(&console, |known| {
                known.school = "Trường THCS Hương Dừa".into();
                known.ready = true;
            })
            .unwrap();
        let person =
            |name: &str, kind: &str| Person { name: name.into(), kinds: vec![kind.into()], ..Person::default() };
        let (ids, _) = people
            .change(&console, "test", |txn| {
                let mut writer = Writer::new(txn);
                let admin = writer.person(person("Nguyễn Thị Lan", "staff"))?;
                let teacher = writer.person(person("Trần Văn Minh", "staff"))?;
                let class = writer.group(Group {
                    kind: "class".into(),
                    name: "8A1".into(),
                    year: "2026-2027".into(),
                    grade: Some(8),
                    ..Group::default()
                })?;
                let homeroom = Membership {
                    group: class.clone(),
                    person: teacher.clone(),
                    role: "homeroom".into(),
                    ..Membership::default()
                };
                writer.membership(&homeroom)?;
                for name in ["Phạm Thị Ánh", "Lê Hoàng An"] {
                    let pupil = writer.person(person(name, "pupil"))?;
                    writer.membership(&Membership {
                        group: class.clone(),
                        person: pupil,
                        role: "member".into(),
                        ..Membership::default()
                    })?;
                }
                Ok([admin, teacher])
            })
            .unwrap();
        people.set_password(&console, &ids[0], "lan.nguyen", "dừa xanh bến tre", false).unwrap();
        people.set_roles(&console, &ids[0], &["administrator".to_owned()]).unwrap();
        people.set_password(&console, &ids[1], "giao.vien", "phấn trắng bảng đen", false).unwrap();
        station
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_secs(1));
        }
    }
}
