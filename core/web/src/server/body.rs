//! Bodies of replies: whole, or read from a file piece by piece.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use nix::libc;
use tokio::task::JoinHandle;

/// Bytes of a file that are read at once.
const PIECE: usize = 128 * 1024;

/// Body of a reply.
#[derive(Debug)]
pub(crate) enum Body {
    /// Bytes at hand; none once they are sent.
    Whole(Option<Bytes>),
    /// A part of a file.
    File(Part),
}

/// A part of a file on its way. A piece is read when the one before is sent, so a slow
/// reader holds one; what the system has in memory is read right here, and only what must
/// come from the disk waits on a thread that may block.
#[derive(Debug)]
pub(crate) struct Part {
    file: Arc<File>,
    at: u64,
    left: u64,
    /// Bytes that are sent before it.
    front: Bytes,
    reading: Option<JoinHandle<io::Result<Vec<u8>>>>,
}

impl Body {
    /// Nothing.
    pub(crate) const fn empty() -> Self {
        Self::Whole(None)
    }

    /// `length` bytes of a file from `start` on.
    pub(crate) fn file(file: File, start: u64, length: u64) -> Self {
        Self::file_after(Bytes::new(), file, start, length)
    }

    /// The same with bytes in front of it.
    pub(crate) fn file_after(front: Bytes, file: File, start: u64, length: u64) -> Self {
        Self::File(Part { file: Arc::new(file), at: start, left: length, front, reading: None })
    }

    /// Bytes still to come.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::File(part) => part.front.len() as u64 + part.left,
        }
    }
}

impl Part {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if !self.front.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.front))));
        }
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let wanted = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let read = match &mut self.reading {
            None => read_cached(&self.file, self.at, wanted),
            Some(_) => None,
        };
        let read = match read {
            Some(piece) => Ok(piece),
            None => {
                let (file, at) = (Arc::clone(&self.file), self.at);
                let reading =
                    self.reading.get_or_insert_with(|| tokio::task::spawn_blocking(move || read_at(&file, at, wanted)));
                let read = ready!(Pin::new(reading).poll(context));
                self.reading = None;
                read.unwrap_or_else(|error| Err(io::Error::other(error.to_string())))
            }
        };
        Poll::Ready(Some(read.and_then(|piece| {
            if piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.at += piece.len() as u64;
            self.left = self.left.saturating_sub(piece.len() as u64);
            Ok(Bytes::from(piece))
        })))
    }
}

/// What of a file the system has in memory from `at` on; none where it would have to wait
/// for the disk, or cannot tell.
fn read_cached(file: &File, at: u64, wanted: usize) -> Option<Vec<u8>> {
    let offset = libc::off_t::try_from(at).ok()?;
    let mut piece: Vec<u8> = Vec::with_capacity(wanted);
    let place = libc::iovec { iov_base: piece.as_mut_ptr().cast(), iov_len: wanted };
    // SAFETY: `place` is the one buffer of the call and is as long as the vector's own
    // room, which nothing else uses meanwhile; the descriptor is this open file's.
    let read = unsafe { libc::preadv2(file.as_raw_fd(), &raw const place, 1, offset, libc::RWF_NOWAIT) };
    let read = usize::try_from(read).ok().filter(|read| *read > 0)?;
    // SAFETY: the call has written so many bytes to the front of the vector's room.
    unsafe { piece.set_len(read.min(wanted)) };
    Some(piece)
}

fn read_at(file: &File, at: u64, wanted: usize) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; wanted];
    let mut read = 0;
    while let Some(rest) = piece.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, at + read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    piece.truncate(read);
    Ok(piece)
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
            Self::File(part) => part.poll_piece(context).map(|piece| piece.map(|piece| piece.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.length() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::io::Write;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_part_of_a_file_is_sent_whole_and_one_that_shrank_says_so() {
        let bytes: Vec<u8> = (0..500_000u32).map(|n| (n % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        for (start, length) in [(0, 500_000), (1, 1), (499_999, 1), (131_071, 131_074), (0, 0)] {
            let sent = Body::file(file.try_clone().unwrap(), start, length).collect().await.unwrap().to_bytes();
            assert_eq!(sent, bytes[start as usize..(start + length) as usize], "{start} {length}");
        }
        assert!(Body::file(file, 400_000, 200_000).collect().await.is_err());
        let disk = read_at(&tempfile::tempfile().unwrap(), 0, 10).unwrap();
        assert!(disk.is_empty());
    }
}
