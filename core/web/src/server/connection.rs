//! Connections: accepted within limits, shaken hands with within time, served by
//! HTTP/1.1 or, by ALPN over TLS, HTTP/2.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::limits::Place;
use super::stream::Patient;
use crate::router;
use crate::site::Site;
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

/// Accepts connections of one listener until the station stops.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: bool,
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
        tokio::spawn(serve(stream, address, tls, Arc::clone(&site), graceful.watcher(), place));
    }
}

/// Waits until the station stops; for ever when nobody is left to say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn serve(stream: TcpStream, address: SocketAddr, tls: bool, site: Arc<Site>, watcher: Watcher, _place: Place) {
    let Ok(local) = stream.local_addr() else { return };
    // Replies are written whole; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let peer = Peer { address: address.ip().to_canonical(), local: local.ip().to_canonical(), tls };
    let stream = Patient::new(stream);
    if !tls {
        let service = service_fn(move |request| router::answer(Arc::clone(&site), peer, request));
        let connection = first().serve_connection(TokioIo::new(stream), service);
        ended(watcher.watch(connection).await);
        return;
    }
    let acceptor = site.tls.acceptor();
    let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let second = stream.get_ref().1.alpn_protocol() == Some(b"h2".as_slice());
    let service = service_fn(move |request| router::answer(Arc::clone(&site), peer, request));
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
