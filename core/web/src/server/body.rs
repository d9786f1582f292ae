//! Bodies of replies: whole, or read from a file piece by piece.

use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

/// Bytes of a file that are read at once.
const PIECE: usize = 128 * 1024;
/// Pieces that wait for the network.
const AHEAD: usize = 2;

/// Body of a reply.
#[derive(Debug)]
pub(crate) enum Body {
    /// Bytes at hand; none once they are sent.
    Whole(Option<Bytes>),
    /// Pieces of a file and how many bytes are still to come.
    File(mpsc::Receiver<io::Result<Bytes>>, u64),
}

impl Body {
    /// Nothing.
    pub(crate) const fn empty() -> Self {
        Self::Whole(None)
    }

    /// `length` bytes of a file from `start` on. The file is read on blocking threads
    /// between pieces, so a slow reader holds none.
    pub(crate) fn file<R: Read + Seek + Send + 'static>(file: R, start: u64, length: u64) -> Self {
        Self::file_after(Bytes::new(), file, start, length)
    }

    /// The same with bytes in front of it.
    pub(crate) fn file_after<R: Read + Seek + Send + 'static>(
        front: Bytes,
        mut file: R,
        start: u64,
        length: u64,
    ) -> Self {
        let (send, receive) = mpsc::channel(AHEAD);
        let whole = front.len() as u64 + length;
        tokio::spawn(async move {
            if !front.is_empty() && send.send(Ok(front)).await.is_err() {
                return;
            }
            let mut left = length;
            let mut seek = Some(start);
            while left > 0 {
                let read = tokio::task::spawn_blocking(move || {
                    if let Some(start) = seek {
                        file.seek(SeekFrom::Start(start))?;
                    }
                    let mut piece = Vec::with_capacity(PIECE);
                    (&mut file).take(left.min(PIECE as u64)).read_to_end(&mut piece)?;
                    Ok((file, piece))
                });
                let piece = match read.await {
                    Ok(Ok((back, piece))) => {
                        file = back;
                        seek = None;
                        piece
                    }
                    Ok(Err(error)) => {
                        let _ = send.send(Err(error)).await;
                        return;
                    }
                    // The runtime is going down.
                    Err(_) => return,
                };
                if piece.is_empty() {
                    let _ = send.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
                    return;
                }
                left = left.saturating_sub(piece.len() as u64);
                if send.send(Ok(piece.into())).await.is_err() {
                    return;
                }
            }
        });
        Self::File(receive, whole)
    }

    /// Bytes still to come.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::File(_, left) => *left,
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Whole(Some(bytes.into()))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(bytes) => {
                Poll::Ready(bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))))
            }
            Self::File(pieces, left) => pieces.poll_recv(context).map(|piece| {
                piece.map(|piece| {
                    piece.map(|bytes| {
                        *left = left.saturating_sub(bytes.len() as u64);
                        Frame::data(bytes)
                    })
                })
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.length() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length())
    }
}
