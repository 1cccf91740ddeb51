//! The HTTP server itself. Unlike `axum::serve` it can drop a connection instead of answering.

use axum::Router;
use axum::body::Body;
use axum::http::response::Parts;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// Marks a response that must not be sent: the connection closes in its place.
#[derive(Debug, Clone, Copy)]
struct Close;

/// The response that closes the connection.
pub(super) fn close() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Close);
    response
}

/// Whether the response with this head is sent at all.
pub(super) fn is_sent(head: &Parts) -> bool {
    head.extensions.get::<Close>().is_none()
}

pub(super) async fn serve(listener: TcpListener, router: Router) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let router = router.clone();
        let service = service_fn(move |request| {
            let router = router.clone();
            async move {
                let Ok(response) = router.oneshot(request).await;
                let (head, body) = response.into_parts();
                if is_sent(&head) {
                    Ok(Response::from_parts(head, body))
                } else {
                    Err(std::io::Error::other("closed on demand"))
                }
            }
        });
        tokio::spawn(async move {
            let io = TokioIo::new(stream);
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(io, service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}
