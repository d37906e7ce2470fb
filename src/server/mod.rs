//! Bind, serve, stop: HTTP/1.1 with bounds on heads and connections, plain or in TLS, and a stop that fails no request.
//!
//! A stop has two phases. First every answer says `Connection: close`, so a peer that is talking ends its connection
//! itself and opens the next one elsewhere. Only then are idle connections closed and no new ones accepted: closing a
//! connection whose peer is just about to write would lose that request (RFC 9112 §9.6). Both have one end, counted from
//! the signal; whatever stops after the connections is given the rest of that time.

pub mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, header};
use futures_core::future::BoxFuture;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tower::ServiceExt;

use crate::base::limits;
use crate::base::time::Lifetime;
use crate::pki::client_certificate::ClientCertificate;

/// How long the first phase of a stop lasts: a load balancer or client that has not noticed yet is still served.
const LINGER: Duration = Duration::from_millis(300);

/// Serves plain HTTP until `stop`, then finishes what is under way, for at most `patience`. Returns when that time is over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send,
    patience: Lifetime,
) -> Instant {
    serve_by(Transport::Plain, listener, router, Box::pin(stop), patience).await
}

/// The same in TLS. A request's extensions have the client's certificate, if it showed one.
pub async fn serve_tls(
    acceptor: tls::Acceptor,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send,
    patience: Lifetime,
) -> Instant {
    serve_by(Transport::Tls(acceptor), listener, router, Box::pin(stop), patience).await
}

/// How bytes come and go.
#[derive(Clone)]
enum Transport {
    Plain,
    Tls(tls::Acceptor),
}

async fn serve_by(
    transport: Transport,
    listener: TcpListener,
    router: Router,
    stop: BoxFuture<'_, ()>,
    patience: Lifetime,
) -> Instant {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let is_stopping = Arc::new(AtomicBool::new(false));
    let mut stopped = std::pin::pin!(async {
        stop.await;
        is_stopping.store(true, Ordering::Relaxed);
        let end = Instant::now() + patience.to_duration();
        tokio::time::sleep(LINGER).await;
        end
    });
    let begin = |(stream, peer, place): Accepted| {
        let (transport, watcher) = (transport.clone(), graceful.watcher());
        let talk = Talk { router: router.clone(), peer, is_stopping: is_stopping.clone() };
        tokio::spawn(async move {
            let _place = place;
            // A peer that goes away or talks nonsense is its own affair.
            match transport {
                Transport::Plain => {
                    let _ = watcher.watch(talk.on(TokioIo::new(stream), None)).await;
                }
                Transport::Tls(acceptor) => {
                    let Some((stream, certificate)) = acceptor.accept(stream).await else { return };
                    let _ = watcher.watch(talk.on(TokioIo::new(stream), certificate)).await;
                }
            }
        });
    };
    let end = loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            end = &mut stopped => break end,
        };
        if let Some(accepted) = accepted {
            begin(accepted);
        }
    };
    // Who had connected by now is served, too.
    for _ in 0..limits::CONNECTIONS {
        match timeout(Duration::ZERO, accept(&listener, &places)).await {
            Ok(Some(accepted)) => begin(accepted),
            _ => break,
        }
    }
    drop(listener);
    if timeout_at(end, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open when the time to stop was over");
    }
    end
}

/// A connection and its place among those that may be open.
type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and whole: waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, place))
        }
        Err(error) => {
            // Out of file descriptors, mostly: a moment's rest instead of a spin.
            tracing::warn!(error = %error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// What one connection is served with.
struct Talk {
    router: Router,
    peer: SocketAddr,
    is_stopping: Arc<AtomicBool>,
}

impl Talk {
    /// Serves it on these bytes, to a client that has proved to hold this certificate.
    fn on<S: Read + Write + Unpin>(
        self,
        stream: S,
        certificate: Option<ClientCertificate>,
    ) -> hyper::server::conn::http1::Connection<
        S,
        impl hyper::service::Service<
            hyper::Request<Incoming>,
            Response = hyper::Response<Body>,
            Error = Infallible,
            Future: Send,
        >,
    > {
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(self.peer));
            if let Some(certificate) = &certificate {
                request.extensions_mut().insert(certificate.clone());
            }
            let answer = self.router.clone().oneshot(request.map(Body::new));
            let is_stopping = self.is_stopping.clone();
            async move {
                let mut response = answer.await?;
                if is_stopping.load(Ordering::Relaxed) {
                    response
                        .headers_mut()
                        .insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok(response)
            }
        });
        hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(limits::REQUEST_HEAD_SECONDS.into()))
            .max_buf_size(limits::REQUEST_HEAD)
            .serve_connection(stream, service)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What a client reads until the end, that sends the second half of its head after so many seconds.
    async fn halves(pause: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(|| async { "served" });
        let serving = tokio::spawn(async move {
            let (stream, peer) = listener.accept().await.unwrap();
            let talk = Talk { router, peer, is_stopping: Arc::new(AtomicBool::new(true)) };
            talk.on(TokioIo::new(stream), None).await
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n").await.unwrap();
        tokio::time::sleep(pause).await;
        // The server may have hung up by now.
        let _ = stream.write_all(b"\r\n").await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        let _ = serving.await.unwrap();
        answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time() {
        let after = |seconds: u32| halves(Duration::from_secs(seconds.into()));
        let answer = after(limits::REQUEST_HEAD_SECONDS - 1).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("served"), "{answer}");
        let answer = after(limits::REQUEST_HEAD_SECONDS + 1).await;
        assert!(!answer.contains("served"), "{answer}");
    }

    #[tokio::test]
    async fn a_connection_too_many_waits_for_a_place() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let places = Arc::new(Semaphore::new(1));
        let _one = TcpStream::connect(address).await.unwrap();
        let _another = TcpStream::connect(address).await.unwrap();
        let first = accept(&listener, &places).await.unwrap();
        let mut second = std::pin::pin!(accept(&listener, &places));
        assert!(timeout(Duration::from_millis(50), &mut second).await.is_err(), "it waits");
        drop(first);
        assert!(second.await.is_some());
    }
}
