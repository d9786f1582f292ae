//! Asking the helper.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tram_contract::Text;

use super::{Ask, Reply, Status};
use crate::Error;
use crate::error::Doing;

/// Whoever asks the helper.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// Asks at a socket.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Asks and waits; `told` hears of progress.
    ///
    /// # Errors
    /// The helper does not answer, or refused.
    pub fn ask(&self, ask: &Ask, told: &mut dyn FnMut(&Text, u64, u64)) -> Result<Reply, Error> {
        let mut stream = UnixStream::connect(&self.socket).doing("tram box helper")?;
        let mut line = serde_json::to_vec(ask).map_err(std::io::Error::other).doing("request")?;
        line.push(b'\n');
        stream.write_all(&line).doing("tram box helper")?;
        for line in BufReader::new(stream).lines() {
            let line = line.doing("tram box helper")?;
            match serde_json::from_str(&line).map_err(std::io::Error::other).doing("tram box helper")? {
                Reply::Progress { step, done, total } => told(&step, done, total),
                Reply::Refused { reason } => return Err(Error::Refused(reason)),
                reply => return Ok(reply),
            }
        }
        Err(Error::refused(
            "Phần điều khiển máy đã dừng giữa chừng. Hãy thử lại.",
            "The part that controls the machine stopped half-way. Try again.",
        ))
    }

    /// Asks for what takes no time to tell of.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn quick(&self, ask: &Ask) -> Result<Reply, Error> {
        self.ask(ask, &mut |_, _, _| {})
    }

    /// What runs and what is under way.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn status(&self) -> Result<Status, Error> {
        match self.quick(&Ask::Status)? {
            Reply::Status(status) => Ok(*status),
            _ => Err(Error::refused("Trả lời không hiểu được.", "A reply that is not understood.")),
        }
    }
}
