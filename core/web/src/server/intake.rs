//! Bodies of requests: bounded in size, and in the time that they may take.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout};

/// Longest pause within a body.
const PAUSE: Duration = Duration::from_secs(20);
/// Time that any body may take, whatever its speed.
const GRACE: Duration = Duration::from_secs(30);
/// Bytes a second that a longer body must keep up on average: a phone at the edge of
/// the school's Wi-Fi does.
const PACE: u64 = 4 * 1024;

/// How long a refused sender may go on, before the connection is closed on it: a large
/// file over a slow Wi-Fi. It holds one connection and no memory meanwhile.
const LINGER: Duration = Duration::from_secs(300);
/// The same for who has not shown that it belongs here.
const LINGER_STRANGER: Duration = Duration::from_secs(5);

/// Why a body was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// More bytes than the route takes.
    #[error("the body is too big")]
    TooBig,
    /// The sender paused or crawls.
    #[error("the body came too slowly")]
    TooSlow,
    /// The connection broke, or the framing is wrong.
    #[error("the body broke off")]
    Broken,
}

/// A body being read.
pub(crate) struct Intake {
    body: Incoming,
    left: u64,
    taken: u64,
    began: Instant,
}

impl Intake {
    /// A body of at most `most` bytes.
    ///
    /// # Errors
    /// The sender announces more.
    pub(crate) fn new(body: Incoming, most: u64) -> Result<Self, Refusal> {
        if body.size_hint().lower() > most {
            return Err(Refusal::TooBig);
        }
        Ok(Self { body, left: most, taken: 0, began: Instant::now() })
    }

    /// The same for a browser that is to show why not. What a signed-in one (`known`) sends
    /// meanwhile is taken and thrown away, because most browsers lose a reply that crosses
    /// unread bytes; a stranger is refused at once.
    ///
    /// # Errors
    /// The sender announces more.
    pub(crate) async fn or_linger(body: Incoming, most: u64, known: bool) -> Result<Self, Refusal> {
        if body.size_hint().lower() > most {
            if known {
                discard(body, known).await;
            }
            return Err(Refusal::TooBig);
        }
        Self::new(body, most)
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let frame = match timeout(PAUSE, self.body.frame()).await {
                Err(_) => return Err(Refusal::TooSlow),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(Refusal::Broken),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(piece) = frame.into_data() else { continue };
            let length = piece.len() as u64;
            self.left = self.left.checked_sub(length).ok_or(Refusal::TooBig)?;
            self.taken = self.taken.saturating_add(length);
            let time = self.began.elapsed();
            if time > GRACE && self.taken < PACE.saturating_mul(time.as_secs()) {
                return Err(Refusal::TooSlow);
            }
            return Ok(Some(piece));
        }
    }

    /// The whole body in memory.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, Refusal> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

/// Takes what a refused sender still sends and throws it away, for a bounded time.
pub(crate) async fn discard(body: Incoming, known: bool) {
    let Ok(mut intake) = Intake::new(body, u64::MAX) else { return };
    linger(known, async { while let Ok(Some(_)) = intake.next().await {} }).await;
}

/// Waits for the end of what throws a refused sender's bytes away, as long as such a
/// sender is waited for.
pub(crate) async fn linger(known: bool, rest: impl Future<Output = ()>) {
    let _ = timeout(if known { LINGER } else { LINGER_STRANGER }, rest).await;
}
