//! What every request passes: an id, a time limit on its body, one access log line, metrics, and a net under panics.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::base::id::RequestId;
use crate::base::internal::Internal;
use crate::base::metric;
use crate::base::time::{Clock, SystemClock};
use crate::http::machine::{Failure, Refusal};

/// The header that tells a request's id.
pub const REQUEST_ID: &str = "x-request-id";

/// The id of the request under way, for pages that read it out.
#[derive(Clone, Copy, Debug)]
pub struct CurrentRequest(pub RequestId);

/// Gives each request an id, runs it, logs it once and counts it under `route`: its pattern in the table, or `-`.
pub async fn access(
    State(route): State<&'static str>,
    mut request: Request,
    next: Next,
) -> Result<Response, Infallible> {
    let id = RequestId::new(SystemClock.now());
    request.extensions_mut().insert(CurrentRequest(id));
    let method = method_word(request.method());
    let started = tokio::time::Instant::now();
    let mut response = caught(next.run(request)).await;
    let took = started.elapsed();
    let status = response.status().as_u16();
    log(id, method, route, status, took, response.extensions().get::<Failure>());
    let status = status.to_string();
    metrics::counter!(metric::REQUESTS, "route" => route, "method" => method, "status" => status)
        .increment(1);
    metrics::histogram!(metric::REQUEST_SECONDS, "route" => route).record(took.as_secs_f64());
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

fn log(
    id: RequestId,
    method: &str,
    route: &str,
    status: u16,
    took: Duration,
    failure: Option<&Failure>,
) {
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if let Some(Failure(internal)) = failure {
        tracing::error!(
            request.id = %id, http.method = %method, http.route = route, http.status = status,
            milliseconds, error = %internal, "request failed"
        );
    } else {
        tracing::info!(
            request.id = %id, http.method = %method, http.route = route, http.status = status,
            milliseconds, "request"
        );
    }
}

/// A method as a label: anybody can make up another one, and each would be a series of its own.
fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// A panic is a fault of ours like any other: the process goes on, the client gets a 500.
async fn caught(answer: impl Future<Output = Response>) -> Response {
    struct Caught<F>(F);
    impl<F: Future + Unpin> Future for Caught<F> {
        type Output = Option<F::Output>;
        fn poll(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Self::Output> {
            let polled = std::panic::catch_unwind(AssertUnwindSafe(|| {
                std::pin::Pin::new(&mut self.0).poll(cx)
            }));
            polled.map_or(std::task::Poll::Ready(None), |poll| poll.map(Some))
        }
    }
    Caught(Box::pin(answer))
        .await
        .unwrap_or_else(|| Refusal::Internal(Internal::fault("a handler panicked")).into_response())
}

/// The body of a request, whole: at most so many bytes, in so much time. `None` if it is larger or slower.
pub async fn whole_body(body: Body, limit: usize, seconds: u32) -> Result<Vec<u8>, BodyError> {
    let read = axum::body::to_bytes(body, limit);
    match tokio::time::timeout(Duration::from_secs(seconds.into()), read).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(_)) => Err(BodyError::TooLarge),
        Err(_) => Err(BodyError::TooSlow),
    }
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// Over the limit, or broken off.
    TooLarge,
    /// Over the time.
    TooSlow,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits;

    /// A body that comes byte by byte, each after so many seconds.
    fn trickling(seconds: u64) -> Body {
        use futures_core::Stream;
        struct Trickle(std::pin::Pin<Box<tokio::time::Sleep>>, Duration, u8);
        impl Stream for Trickle {
            type Item = Result<Vec<u8>, Infallible>;
            fn poll_next(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Self::Item>> {
                if self.2 == 0 {
                    return std::task::Poll::Ready(None);
                }
                std::task::ready!(self.0.as_mut().poll(cx));
                self.2 -= 1;
                let pause = self.1;
                self.0 = Box::pin(tokio::time::sleep(pause));
                std::task::Poll::Ready(Some(Ok(vec![b'x'])))
            }
        }
        let pause = Duration::from_secs(seconds);
        Body::from_stream(Trickle(Box::pin(tokio::time::sleep(pause)), pause, 3))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_its_time() {
        let third = u64::from(limits::REQUEST_BODY_SECONDS) / 3;
        let read = |body| whole_body(body, limits::REQUEST_BODY, limits::REQUEST_BODY_SECONDS);
        assert_eq!(read(trickling(third - 1)).await, Ok(b"xxx".to_vec()));
        let started = tokio::time::Instant::now();
        assert_eq!(read(trickling(third + 1)).await, Err(BodyError::TooSlow));
        assert_eq!(started.elapsed().as_secs(), u64::from(limits::REQUEST_BODY_SECONDS));
    }
}
