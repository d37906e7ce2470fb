//! One connection, one request, one answer: TCP to a judged address, TLS, HTTP/1.1, and the answer judged piece by piece.
//!
//! No connection is kept, so a judgement is never older than what it allows. Nothing here follows a redirect, keeps a
//! cookie, asks a proxy or unpacks a content encoding: there is no code for it. RFC 9110, RFC 9112; RFC 9325 (TLS).

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap,
    USER_AGENT,
};
use hyper::{Request, Response, StatusCode, http};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_native_tls::{TlsConnector, TlsStream, native_tls};

use super::error::Error;
use super::purpose::Purpose;
use super::resolver::Judged;
use super::target::Target;
use crate::base::internal::Internal;
use crate::base::limits;
use crate::config;

/// What was fetched: of an allowed content type and within its purpose's size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// One of [`Purpose::content_types`].
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// An open connection to a judged address.
pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    /// Moves the bytes; ends with this value.
    _driver: JoinSet<()>,
}

/// TLS 1.2 at least. Certificate and name are always verified, against the system's authorities and the configured one.
pub(super) fn tls(config: &config::Outbound) -> Result<TlsConnector, Internal> {
    let fault = |error: native_tls::Error| Internal::fault("TLS for fetches").because(error);
    let mut builder = native_tls::TlsConnector::builder();
    builder.min_protocol_version(Some(native_tls::Protocol::Tlsv12));
    for certificate in config.extra_ca.iter().flat_map(|extra| &extra.certificates) {
        let der = certificate
            .to_der()
            .map_err(|error| Internal::fault("outbound.extra_ca_file").because(error))?;
        builder.add_root_certificate(native_tls::Certificate::from_der(&der).map_err(fault)?);
    }
    Ok(builder.build().map_err(fault)?.into())
}

impl Connection {
    /// Opens a connection to one of the judged addresses, until `end` at most.
    pub(super) async fn open(
        tls: &TlsConnector,
        target: &Target,
        judged: &Judged,
        end: Instant,
    ) -> Result<Self, Error> {
        let stream = connect(judged, end).await?;
        let secured = secure(tls, target, stream);
        let stream = timeout_at(end, secured).await.map_err(|_| Error::ConnectTooSlow)??;
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(limits::OUTBOUND_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Error::Broken)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // What goes wrong here is told to whoever waits for the answer.
            connection.await.ok();
        });
        Ok(Self { sender, _driver: driver })
    }

    /// Sends the request and reads the head of its answer. A redirect is none.
    pub(super) async fn ask(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Error> {
        let response = self.sender.send_request(request).await.map_err(|error| {
            if error.is_parse_too_large() { Error::HeadTooLong } else { Error::Broken(error) }
        })?;
        if response.status().is_redirection() {
            return Err(Error::Redirect(response.status()));
        }
        Ok(response)
    }
}

/// Tries the addresses in turn. Each gets an equal part of the time that is left, so that a dead one leaves some.
async fn connect(judged: &Judged, end: Instant) -> Result<TcpStream, Error> {
    let mut left = u32::try_from(judged.addresses().len()).unwrap_or(1);
    let mut failure = Error::NoAddress;
    for address in judged.addresses() {
        let now = Instant::now();
        let part = now + end.saturating_duration_since(now) / left.max(1);
        failure = match timeout_at(part, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => Error::Unreachable(error),
            Err(_) => Error::ConnectTooSlow,
        };
        left = left.saturating_sub(1);
    }
    Err(failure)
}

async fn secure(
    tls: &TlsConnector,
    target: &Target,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Error> {
    stream.set_nodelay(true).map_err(Error::Unreachable)?;
    tls.connect(&target.server_name(), stream).await.map_err(Error::Tls)
}

/// The request for a document.
pub(super) fn question(purpose: Purpose, target: &Target) -> Result<Request<Full<Bytes>>, Error> {
    let request =
        begun(http::Method::GET, target).header(ACCEPT, purpose.content_types().join(", "));
    request.body(Full::default()).map_err(|_| Error::UrlMalformed)
}

/// The request that posts a form.
pub(super) fn form(
    target: &Target,
    fields: &[(&str, &str)],
) -> Result<Request<Full<Bytes>>, Error> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request =
        begun(http::Method::POST, target).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Full::from(body)).map_err(|_| Error::UrlMalformed)
}

fn begun(method: http::Method, target: &Target) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(&target.path_and_query)
        .header(HOST, target.authority())
        .header(USER_AGENT, concat!("fuxin/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT_ENCODING, "identity")
        .header(CONNECTION, "close")
}

/// Judges the answer's head by the purpose, then reads as much of its body as the purpose allows.
pub(super) async fn document(
    purpose: Purpose,
    response: Response<Incoming>,
) -> Result<Document, Error> {
    if response.status() != StatusCode::OK {
        return Err(Error::StatusNotOk(response.status()));
    }
    let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !response.headers().get_all(CONTENT_ENCODING).iter().all(plain) {
        return Err(Error::Encoded);
    }
    let content_type = content_type(purpose, response.headers())?;
    let mut incoming = response.into_body();
    // A length that is told is believed as far as it refuses.
    if incoming.size_hint().lower() > purpose.most() as u64 {
        return Err(Error::TooLong);
    }
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        // Trailers are no part of the document.
        let Ok(piece) = frame.map_err(Error::Broken)?.into_data() else { continue };
        if body.len() + piece.len() > purpose.most() {
            return Err(Error::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Document { content_type, body })
}

/// The one content type of the answer, if the purpose allows it. Parameters are not looked at.
fn content_type(purpose: Purpose, headers: &HeaderMap) -> Result<&'static str, Error> {
    let mut given = headers.get_all(CONTENT_TYPE).iter();
    let (Some(one), None) = (given.next(), given.next()) else {
        return Err(Error::ContentTypeNotAllowed);
    };
    let essence = one.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let mut allowed = purpose.content_types().iter().copied();
    allowed
        .find(|allowed| essence.eq_ignore_ascii_case(allowed))
        .ok_or(Error::ContentTypeNotAllowed)
}
