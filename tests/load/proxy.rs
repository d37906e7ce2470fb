//! The fault that `load kill` must find: a proxy that answers a revocation at once and forwards it a moment later.
//!
//! A revocation's answer is empty, so it can be given before anything is known; that is what a server does that answers
//! before it commits. Everything else goes through unchanged, so nothing but that can be what the checker finds.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Response, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Outcome;
use crate::http::{Answer, Connection, Origin, Request};

/// How much later a revocation is forwarded than it is answered: a write-behind queue of a fraction of a second.
const BEHIND: Duration = Duration::from_millis(100);

/// Starts the proxy before a server; where it listens.
pub async fn start(server: Origin) -> Outcome<Origin> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let server = server.clone();
            let service = service_fn(move |request| answer(server.clone(), request));
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    Origin::parse(&url).ok_or_else(|| "the proxy has no address".into())
}

/// A fault closes the connection, as the server's own end does.
async fn answer(
    server: Origin,
    request: hyper::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let (authorization, cookie) = (header(header::AUTHORIZATION), header(header::COOKIE));
    let headers: Vec<(&str, String)> = [("authorization", authorization), ("cookie", cookie)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.to_owned())))
        .collect();
    let form = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
    if path == "/revoke" {
        tokio::spawn(async move {
            tokio::time::sleep(BEHIND).await;
            // Lost with the server, and nobody learns of it: that is the fault.
            let _ = forward(server, &path, headers, &form).await;
        });
        return Ok(Response::new(Full::default()));
    }
    let answer = forward(server, &path, headers, &form).await?;
    let mut response = Response::builder().status(answer.status);
    for name in ["content-type", "location", "set-cookie", "cache-control"] {
        if let Some(value) = answer.header(name) {
            response = response.header(name, value);
        }
    }
    Ok(response.body(Full::from(answer.body))?)
}

async fn forward(
    server: Origin,
    path: &str,
    headers: Vec<(&str, String)>,
    form: &str,
) -> Result<Answer, crate::http::Error> {
    let pairs: Vec<_> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let mut request = if form.is_empty() {
        Request::get(path)
    } else {
        Request::post(path, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    };
    for (name, value) in headers {
        request = request.header(name, &value);
    }
    Connection::new(server).send(&request).await
}
