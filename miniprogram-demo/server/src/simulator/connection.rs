//! The HTTP server itself. Unlike `axum::serve` it can drop a connection instead of answering.

use axum::Router;
use axum::body::Body;
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

pub(super) async fn serve(listener: TcpListener, router: Router) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let router = router.clone();
        let service = service_fn(move |request| {
            let router = router.clone();
            async move {
                let Ok(response) = router.oneshot(request).await;
                match response.extensions().get::<Close>() {
                    Some(Close) => Err(std::io::Error::other("closed on demand")),
                    None => Ok(response),
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
