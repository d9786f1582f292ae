//! Connections: accepted within limits, shaken hands with within time, served by
//! HTTP/1.1 or, by ALPN over TLS, HTTP/2.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::body::Body;
use super::limits::Place;
use super::stream::Patient;
use crate::router;
use crate::site::Site;
use crate::untrusted;
use crate::visit::Peer;

/// Time for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Time for the head of a request, counted from the connection or from the reply
/// before; so also how long an idle connection is kept.
const HEAD: Duration = Duration::from_secs(20);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 32 * 1024;
/// Header lines of a request.
const HEAD_LINES: usize = 64;
/// Streams at once on one HTTP/2 connection.
const STREAMS: u32 = 64;

/// What a listener speaks, and with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speech {
    /// HTTP.
    Plain,
    /// HTTPS.
    Tls,
    /// Either, for content of strangers: the first byte of a connection tells.
    Untrusted,
}

/// The first byte of a TLS connection (RFC 8446 section 5.1: a handshake record).
const HELLO: u8 = 0x16;

/// Accepts connections of one listener until the station stops.
pub(crate) async fn accept(
    listener: TcpListener,
    speech: Speech,
    site: Arc<Site>,
    graceful: Arc<GracefulShutdown>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let Some(permit) = site.limits.vacancy().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => return,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of files, or the connection went away meanwhile: go on, slowly.
                log::warn!("a connection was not accepted: {error}");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(place) = site.limits.seat(permit, address.ip()) else {
            log::warn!("{} holds too many connections", address.ip());
            continue;
        };
        tokio::spawn(serve(stream, address, speech, Arc::clone(&site), graceful.watcher(), place));
    }
}

/// Waits until the station stops; for ever when nobody is left to say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    speech: Speech,
    site: Arc<Site>,
    watcher: Watcher,
    _place: Place,
) {
    let Ok(local) = stream.local_addr() else { return };
    // Replies are written whole; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let tls = match speech {
        Speech::Plain => false,
        Speech::Tls => true,
        Speech::Untrusted => {
            let mut byte = [0; 1];
            let Ok(Ok(1)) = timeout(HEAD, stream.peek(&mut byte)).await else { return };
            byte == [HELLO]
        }
    };
    let untrusted = speech == Speech::Untrusted;
    let peer = Peer { address: address.ip().to_canonical(), local: local.ip().to_canonical(), tls };
    let stream = Patient::new(stream);
    let acceptor = site.tls.acceptor();
    let service = service_fn(move |request| answer(Arc::clone(&site), peer, untrusted, request));
    if !tls {
        let connection = first().serve_connection(TokioIo::new(stream), service);
        ended(watcher.watch(connection).await);
        return;
    }
    let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let second = stream.get_ref().1.alpn_protocol() == Some(b"h2".as_slice());
    if second {
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEAD_BYTES as u32)
            .keep_alive_interval(HEAD)
            .keep_alive_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), service);
        ended(watcher.watch(connection).await);
    } else {
        let connection = first().serve_connection(TokioIo::new(stream), service);
        ended(watcher.watch(connection).await);
    }
}

/// A request's answer by whoever its listener is for.
async fn answer(
    site: Arc<Site>,
    peer: Peer,
    untrusted: bool,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if untrusted { untrusted::answer(site, peer, request).await } else { router::answer(site, peer, request).await }
}

/// HTTP/1.1 with a timer, without which hyper's time-outs are inert.
fn first() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_headers(HEAD_LINES).max_buf_size(HEAD_BYTES);
    builder
}

/// A connection that breaks is the other side's affair; it is told for debugging.
fn ended(done: Result<(), hyper::Error>) {
    if let Err(error) = done {
        log::debug!("a connection ended: {error}");
    }
}
