//! Whether a new version is good. While it is not, it is on trial: the next start may
//! be the version before.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tram_contract::Text;

use crate::error::Doing;
use crate::slots::{Running, entries};
use crate::state::Failure;
use crate::{Error, Place, files};

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// How long the station's page may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Looks until `probe` and the box's own checks find nothing, or `patience` is over;
/// then what was found last is written down for the version that runs next.
///
/// # Errors
/// What is wrong, for people.
pub fn gate(place: &Place, patience: Duration, probe: &mut dyn FnMut() -> Result<(), Text>) -> Result<(), Text> {
    let began = Instant::now();
    loop {
        let found = writable(place).map_err(|error| error.text()).and_then(|()| probe());
        match found {
            Ok(()) => return Ok(()),
            Err(reason) if began.elapsed() >= patience => {
                note(place, &reason);
                return Err(reason);
            }
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
}

/// Writes down why the running version is ill.
fn note(place: &Place, reason: &Text) {
    let noted = Running::read(place)
        .and_then(|running| Failure { version: running.version, reason: reason.clone() }.keep(place));
    if let Err(error) = noted {
        log::error!("why this version failed was not written down: {error}");
    }
}

/// What lies on the data partition comes back.
fn writable(place: &Place) -> Result<(), Error> {
    let path = place.state.join("probe");
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string())).doing("random")?;
    files::replace(&path, &bytes).doing(path.display().to_string())?;
    let read = std::fs::read(&path).doing(path.display().to_string())?;
    if read == bytes {
        return Ok(());
    }
    Err(Error::refused(
        "Phân vùng dữ liệu ghi xong đọc lại không khớp: đĩa có thể sắp hỏng.",
        "The data partition does not give back what was written: the disk may be failing.",
    ))
}

/// Asks the station's own page `/healthz`.
///
/// # Errors
/// It does not answer, or says that it is not well.
pub fn healthz(address: SocketAddr) -> Result<(), Text> {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        stream
            .write_all(format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut reply = Vec::new();
        stream.take(16 << 10).read_to_end(&mut reply)?;
        Ok(String::from_utf8_lossy(&reply).into_owned())
    };
    match ask() {
        Ok(reply) if reply.starts_with("HTTP/1.1 200 ") => Ok(()),
        Ok(reply) => {
            let status = reply.lines().next().unwrap_or_default().to_owned();
            Err(Text::vi_en(
                format!("Máy chủ có chạy nhưng báo không khoẻ ({status})."),
                format!("The server runs, but says that it is not well ({status})."),
            ))
        }
        Err(error) => Err(Text::vi_en(
            format!("Trang của máy chủ không trả lời ({error})."),
            format!("The server's page does not answer ({error})."),
        )),
    }
}

/// Whether leaving the running version makes sense: it is on trial, and either has tries
/// left or another version is there that was good.
///
/// # Errors
/// The ESP cannot be read.
pub fn should_restart(place: &Place) -> Result<bool, Error> {
    let running = Running::read(place)?;
    if !running.on_trial {
        return Ok(false);
    }
    let entries = entries::list(place)?;
    let tries = entries.iter().any(|entry| entry.version == running.version && entry.left.is_some_and(|left| left > 0));
    Ok(tries || crate::slots::previous(place, &running)?.is_some())
}

/// After the gate failed, or never came to an end: makes sure that a reason stands, and
/// answers whether to restart.
///
/// # Errors
/// The ESP cannot be read.
pub fn failed(place: &Place) -> Result<bool, Error> {
    let running = Running::read(place)?;
    if Failure::read(place).is_none_or(|failure| failure.version != running.version) {
        note(
            place,
            &Text::vi_en(
                "Bản mới không báo là khoẻ trong thời gian cho phép.",
                "The new version did not say in time that it is well.",
            ),
        );
    }
    should_restart(place)
}
