//! The HTTP server itself: what a connection may cost, and for how long.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::client::network;
use crate::config::Config;
use crate::places::{Place, Places};
use crate::seldom::Seldom;

/// A head of a request, and what is read or written at once.
const BUFFER: usize = 16 * 1024;
/// Files that are not connections: the database's, the log, what libraries open.
const OTHER_FILES: u64 = 100;
/// How long requests on their way may take to arrive, at the end.
const LAST_HEADS: Duration = Duration::from_millis(200);
/// Pause after the system could not give a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Bounds on connections.
#[derive(Debug)]
pub struct Connections {
    all: Arc<Semaphore>,
    by_address: Option<Places<IpAddr>>,
    head_timeout: Duration,
    write_timeout: Duration,
    full: Seldom,
    refused: Seldom,
    failed: Seldom,
}

impl Connections {
    /// As many as `config` says and the system lets this process have.
    pub fn new(config: &Config) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let possible = files.saturating_sub(OTHER_FILES).max(1);
        let wanted = u64::from(config.max_connections);
        if possible < wanted {
            tracing::warn!(
                "at most {possible} connections instead of {wanted}: the system lets this process \
                 open {files} files (ulimit -n, LimitNOFILE)"
            );
        }
        let all = usize::try_from(possible.min(wanted)).unwrap_or(Semaphore::MAX_PERMITS);
        // All of a proxy's connections come from its address.
        let share = match config.client_ip_header {
            None => config.address_connections,
            Some(_) => 0,
        };
        let share = usize::try_from(share).unwrap_or(usize::MAX);
        Self {
            all: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
            head_timeout: config.head_timeout,
            write_timeout: config.write_timeout,
            by_address: (share > 0).then(|| Places::new(all, share)),
            full: Seldom::default(),
            refused: Seldom::default(),
            failed: Seldom::default(),
        }
    }

    /// Serves `router` until `ending` is cancelled; then finishes the requests there are.
    pub async fn serve(&self, listener: TcpListener, router: Router, ending: &CancellationToken) {
        let graceful = GracefulShutdown::new();
        let begin = |stream, peer, places| {
            let connection = graceful.watch(self.connection(stream, peer, router.clone()));
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection ended");
                }
                drop(places);
            });
        };
        while let Some(next) = ending.run_until_cancelled(self.next(&listener)).await {
            let (stream, peer, places) = next;
            begin(stream, peer, Some(places));
        }
        // Who is in the system's queue already has sent its request, perhaps: a proxy can't know
        // whether it was begun, and sends it to no other instance.
        if let Ok(listener) = listener.into_std() {
            while let Ok((stream, peer)) = listener.accept() {
                let stream = stream
                    .set_nonblocking(true)
                    .and_then(|()| TcpStream::from_std(stream));
                if let Ok(stream) = stream {
                    begin(stream, peer, None);
                }
            }
        }
        // hyper closes a connection at once of which it has read nothing yet.
        tokio::time::sleep(LAST_HEADS).await;
        graceful.shutdown().await;
    }

    /// The next connection. While all places are taken, the rest wait in the system's queue.
    async fn next(
        &self,
        listener: &TcpListener,
    ) -> (
        TcpStream,
        SocketAddr,
        (OwnedSemaphorePermit, Option<Place<IpAddr>>),
    ) {
        let permit = match self.all.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                self.full.happened(|count| {
                    tracing::warn!(count, "all connections are taken: the rest wait");
                });
                let permit = self.all.clone().acquire_owned().await;
                permit.expect("this semaphore is never closed")
            }
        };
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => match &self.by_address {
                    None => return (stream, peer, (permit, None)),
                    Some(places) => match places.share(&network(peer.ip())) {
                        Some(place) => return (stream, peer, (permit, Some(place))),
                        None => self.refused.happened(|count| {
                            tracing::warn!(count, "one address has too many connections: closed");
                        }),
                    },
                },
                Err(error) => {
                    self.failed.happened(
                        |count| tracing::error!(%error, count, "cannot accept connections"),
                    );
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        router: Router,
    ) -> impl GracefulConnection<Error = hyper::Error> + Send + use<> {
        // A line of a stream is not to wait for the next one.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_timeout));
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_timeout)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(Box::pin(stream)), service)
    }
}
