//! HTTP/1.1 as a foreign site speaks it: one connection, kept alive, one request at a time. RFC 9112.
//!
//! Written out because a driver on the same cores must cost less than what it measures, and because it has to know one
//! thing that client libraries hide: whether a connection ended before the answer began or in the middle of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A kept connection that is closed this soon after a request was sent was idle to the server, which had not read it.
const IDLE: Duration = Duration::from_millis(100);
/// How long an answer may take; a login storm queues for a while.
const PATIENCE: Duration = Duration::from_mins(1);
const LONGEST_HEAD: usize = 64 * 1024;

/// A server: `host:port`, as the `Host` header and the connection need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// A connection to one origin; opened at the first request and again after it was closed.
#[derive(Debug)]
pub struct Connection {
    origin: Origin,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
    /// Requests that were sent again because an idle connection was closed under them.
    pub sent_again: usize,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    method: &'static str,
    path: &'a str,
    headers: String,
    form: Option<String>,
}

/// What came back, whole.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body, without any transfer coding.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens: the request was never sent.
    #[error("the connection was refused: {0}")]
    Refused(std::io::Error),
    /// The connection ended before the first byte of the answer.
    #[error("the connection was closed before the answer began")]
    Unanswered {
        /// Whether an earlier request had used the connection: then a client is meant to try again.
        kept_alive: bool,
    },
    /// The answer is not whole, not HTTP, or too late.
    #[error("the answer is broken: {0}")]
    Broken(String),
}

impl Origin {
    /// The origin of `http://host:port`, with or without a slash.
    pub fn parse(url: &str) -> Option<Self> {
        let host = url.strip_prefix("http://")?.trim_end_matches('/');
        (!host.is_empty() && !host.contains('/')).then(|| Self(host.to_owned()))
    }

    /// `http://host:port`, as browsers write it in `Origin`.
    pub fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}

impl<'a> Request<'a> {
    /// A request for a path, query included.
    pub const fn new(method: &'static str, path: &'a str) -> Self {
        Self { method, path, headers: String::new(), form: None }
    }

    /// `GET`.
    pub const fn get(path: &'a str) -> Self {
        Self::new("GET", path)
    }

    /// `POST` of a form.
    pub fn post<'f>(path: &'a str, form: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(form);
        Self { form: Some(text.finish()), ..Self::new("POST", path) }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.headers, "{name}: {value}\r\n");
        self
    }

    fn text(&self, origin: &Origin) -> String {
        let Self { method, path, headers, form } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}", origin.0);
        if let Some(form) = form {
            let _ = write!(
                text,
                "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
                form.len()
            );
        } else {
            text.push_str("\r\n");
        }
        text
    }
}

impl Answer {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .filter_map(|(_, value)| value.split(';').next()?.split_once('='))
    }
}

impl Connection {
    /// A connection that is opened when it is needed.
    pub const fn new(origin: Origin) -> Self {
        Self { origin, stream: None, buffer: Vec::new(), sent_again: 0 }
    }

    /// Where it leads.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Opens it now, so that the next request need not.
    pub async fn open(&mut self) -> Result<(), Error> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.origin.0).await.map_err(Error::Refused)?;
            stream.set_nodelay(true).map_err(Error::Refused)?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, request: &Request<'_>) -> Result<Answer, Error> {
        let kept_alive = self.stream.is_some();
        self.open().await?;
        let Some(mut stream) = self.stream.take() else {
            return Err(Error::Unanswered { kept_alive });
        };
        self.buffer.clear();
        let text = request.text(&self.origin);
        let exchange = async {
            if stream.write_all(text.as_bytes()).await.is_err() {
                return Err(Error::Unanswered { kept_alive });
            }
            read_answer(&mut stream, &mut self.buffer, kept_alive).await
        };
        let answer = timeout(PATIENCE, exchange)
            .await
            .unwrap_or_else(|_| Err(Error::Broken(format!("none within {PATIENCE:?}"))))?;
        if answer.header("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    /// The same; once more on a new connection, if an idle one was closed under the request (RFC 9112 §9.3.1).
    pub async fn send_again_if_idle(&mut self, request: &Request<'_>) -> Result<Answer, Error> {
        let began = Instant::now();
        match self.send(request).await {
            Err(Error::Unanswered { kept_alive: true }) if began.elapsed() < IDLE => {
                self.sent_again = self.sent_again.saturating_add(1);
                self.send(request).await
            }
            answer => answer,
        }
    }
}

async fn read_answer(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    kept_alive: bool,
) -> Result<Answer, Error> {
    let head_end = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at;
        }
        if buffer.len() > LONGEST_HEAD {
            return Err(Error::Broken(String::from("the head does not end")));
        }
        match stream.read_buf(buffer).await {
            Ok(0) | Err(_) if buffer.is_empty() => return Err(Error::Unanswered { kept_alive }),
            Ok(0) | Err(_) => return Err(Error::Broken(String::from("it ended in its head"))),
            Ok(_) => {}
        }
    };
    let rest = buffer.split_off(head_end.saturating_add(4));
    let broken = || Error::Broken(lossy(&buffer));
    let (status, headers) = read_head(buffer).ok_or_else(broken)?;
    let mut answer = Answer { status, headers, body: rest };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = read_chunks(stream, std::mem::take(&mut answer.body)).await?;
    } else {
        let length = match answer.header("content-length") {
            Some(text) => text.parse().map_err(|_| broken())?,
            None => 0,
        };
        fill_to(stream, &mut answer.body, length).await?;
        if answer.body.len() > length {
            return Err(Error::Broken(String::from("there is more than was announced")));
        }
    }
    Ok(answer)
}

fn read_head(head: &[u8]) -> Option<(u16, Vec<(String, String)>)> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let headers = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect::<Option<Vec<_>>>()?;
    Some((status, headers))
}

async fn read_chunks(stream: &mut TcpStream, mut raw: Vec<u8>) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        let line_end = loop {
            if let Some(at) = find(&raw, b"\r\n") {
                break at;
            }
            let wanted = raw.len().saturating_add(1);
            fill_to(stream, &mut raw, wanted).await?;
        };
        let size = raw.get(..line_end).map(lossy).unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| Error::Broken(size))?;
        let (start, end) = (line_end.saturating_add(2), line_end.saturating_add(2 + size));
        fill_to(stream, &mut raw, end.saturating_add(2)).await?;
        body.extend_from_slice(raw.get(start..end).unwrap_or_default());
        raw.drain(..end.saturating_add(2));
        if size == 0 {
            return Ok(body);
        }
    }
}

async fn fill_to(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> Result<(), Error> {
    while buffer.len() < length {
        match stream.read_buf(buffer).await {
            Ok(0) | Err(_) => return Err(Error::Broken(String::from("it ended in its body"))),
            Ok(_) => {}
        }
    }
    Ok(())
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

fn lossy(bytes: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(bytes.as_ref()).into_owned()
}

/// A browser's cookies for one origin.
#[derive(Clone, Debug, Default)]
pub struct Cookies(BTreeMap<String, String>);

impl Cookies {
    /// Puts one in.
    pub fn put(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Keeps what an answer sets; an empty value takes the cookie away.
    pub fn keep(&mut self, answer: &Answer) {
        for (name, value) in answer.cookies() {
            if value.is_empty() {
                self.0.remove(name);
            } else {
                self.put(name, value);
            }
        }
    }

    /// The value of the `Cookie` header.
    pub fn text(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}
