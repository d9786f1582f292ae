#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use std::io::Cursor;
use std::sync::Mutex;

use super::*;
use crate::network::Interface;

struct Fake {
    reset: Mutex<Vec<String>>,
}

impl Door for Fake {
    fn administrators(&self) -> Result<Vec<(String, String)>, Error> {
        Ok(vec![("hoa".into(), "person-1".into()), ("nam".into(), "person-2".into())])
    }

    fn reset_password(&self, person: &str) -> Result<String, Error> {
        self.reset.lock().unwrap().push(person.to_owned());
        Ok("ba-tu-de-nho".into())
    }

    fn restore(&self, _: &std::path::Path, _: &str) -> Result<String, Error> {
        Err(Error::refused("không", "no"))
    }
}

fn screen(typed: &'static str) -> Screen<Vec<u8>> {
    Screen::new(Cursor::new(typed), Vec::new(), None).unwrap()
}

fn shown(screen: Screen<Vec<u8>>) -> String {
    String::from_utf8(screen.into_written()).unwrap()
}

#[test]
fn the_banner_says_how_to_reach_the_box() {
    let mut screen = screen("");
    let facts = Facts {
        station: Some(Station {
            name: "tram-12ab.local".into(),
            school: String::new(),
            ready: false,
            setup_code: Some("C7K2-9HMP".into()),
        }),
        version: Some("0.1.0".into()),
        failed: None,
        interfaces: vec![Interface {
            name: "enp1s0".into(),
            mac: "52:54:00:12:34:56".into(),
            addresses: vec!["192.168.1.7".parse().unwrap()],
            up: true,
        }],
    };
    banner::show(&mut screen, &facts).unwrap();
    let text = shown(screen);
    for part in ["http://192.168.1.7/", "http://tram-12ab.local/", "C7K2-9HMP", "52:54:00:12:34:56", "█"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn the_chosen_administrator_gets_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::below(folder.path());
    let door = Fake { reset: Mutex::default() };
    let mut screen = screen("2\n2\n\n");
    run(&place, &mut screen, &door).unwrap();
    assert_eq!(*door.reset.lock().unwrap(), ["person-2"]);
    assert!(shown(screen).contains("ba-tu-de-nho"));
}

#[test]
fn a_helper_that_is_not_there_is_said_and_the_menu_stays() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::below(folder.path());
    let door = Fake { reset: Mutex::default() };
    let mut screen = screen("7\nXOA\n\n");
    run(&place, &mut screen, &door).unwrap();
    let text = shown(screen);
    assert!(text.contains("Không làm được"), "{text}");
    assert_eq!(text.matches("Gõ số rồi bấm Enter").count(), 2, "{text}");
}

#[test]
fn the_code_of_an_address_is_the_smallest() {
    // Version 1 has 21 modules; two light ones on each side; two rows a line.
    assert_eq!(qr::lines("http://192.168.1.10/", true).len(), 13);
    let whole = qr::lines("http://192.168.1.10/", false);
    assert_eq!(whole.len(), 25);
    assert!(whole.iter().all(|line| line.matches("  ").count() == 25));
}

#[test]
fn a_poor_font_gets_plain_letters() {
    assert_eq!(unmarked("TRẠM · Đặt lại “mật khẩu” – ưỡn"), "TRAM * Dat lai \"mat khau\" - uon");
}
