//! A foreign site on loopback, with real TLS: an authority of the test's own, and answers written byte by byte.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_native_tls::native_tls::{self, Identity, Protocol};
use tokio_native_tls::{TlsAcceptor, TlsStream};

/// Who vouches for sites.
pub(super) struct Authority {
    pub(super) certificate: X509,
    key: PKey<Private>,
}

/// A piece of what a site does once it has read a request.
pub(super) enum Piece {
    Bytes(Vec<u8>),
    Silence(Duration),
}

/// A site that runs until it is dropped.
pub(super) struct Site {
    pub(super) port: u16,
    /// The requests, as they came.
    pub(super) requests: Arc<Mutex<Vec<String>>>,
    _listener: JoinSet<()>,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let key = new_key();
        let mut builder = begun(name, &key);
        builder.set_issuer_name(&named(name)).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    /// A certificate and key for a site of this name, on 127.0.0.1.
    pub(super) fn identity(&self, name: &str) -> Identity {
        let (certificate, key) = self.issue(name);
        let certificate = certificate.to_pem().unwrap();
        Identity::from_pkcs8(&certificate, &key.private_key_to_pem_pkcs8().unwrap()).unwrap()
    }

    fn issue(&self, name: &str) -> (X509, PKey<Private>) {
        let key = new_key();
        let mut builder = begun(name, &key);
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        let names = SubjectAlternativeName::new()
            .dns(name)
            .ip("127.0.0.1")
            .build(&builder.x509v3_context(Some(&self.certificate), None))
            .unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        (builder.build(), key)
    }
}

/// A site that speaks TLS 1.3 and nothing else, once; the other one has none of it. Its port, and the version spoken.
pub(super) fn speaking_tls_1_3(authority: &Authority, name: &str) -> (u16, JoinHandle<String>) {
    let (certificate, key) = authority.issue(name);
    let mut builder = SslAcceptor::mozilla_modern_v5(SslMethod::tls()).unwrap();
    builder.set_certificate(&certificate).unwrap();
    builder.set_private_key(&key).unwrap();
    let acceptor = builder.build();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let talk = std::thread::spawn(move || {
        let mut stream = acceptor.accept(listener.accept().unwrap().0).unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        for piece in answer("200 OK", "content-type: application/json\r\n", b"{}") {
            if let Piece::Bytes(bytes) = piece {
                stream.write_all(&bytes).unwrap();
            }
        }
        stream.ssl().version_str().to_owned()
    });
    (port, talk)
}

fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn named(name: &str) -> X509Name {
    let mut builder = X509Name::builder().unwrap();
    builder.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    builder.build()
}

fn begun(name: &str, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    builder.set_subject_name(&named(name)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder
}

impl Site {
    /// Starts a site that answers each request with these pieces, on a port of its own of 127.0.0.1.
    pub(super) async fn start(
        identity: Identity,
        answer: impl Fn(&str) -> Vec<Piece> + Send + Sync + 'static,
    ) -> Self {
        Self::speaking(identity, Protocol::Tlsv12, answer).await
    }

    /// The same, with this version of TLS.
    pub(super) async fn speaking(
        identity: Identity,
        version: Protocol,
        answer: impl Fn(&str) -> Vec<Piece> + Send + Sync + 'static,
    ) -> Self {
        let acceptor = native_tls::TlsAcceptor::builder(identity)
            .min_protocol_version(Some(version))
            .max_protocol_version(Some(version))
            .build()
            .unwrap();
        let (acceptor, answer) = (TlsAcceptor::from(acceptor), Arc::new(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer, seen) = (acceptor.clone(), answer.clone(), seen.clone());
                talks.spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let request = request(&mut stream).await;
                    seen.lock().unwrap().push(request.clone());
                    for piece in answer(&request) {
                        match piece {
                            Piece::Bytes(bytes) => stream.write_all(&bytes).await.unwrap_or(()),
                            Piece::Silence(time) => tokio::time::sleep(time).await,
                        }
                        stream.flush().await.ok();
                    }
                    stream.shutdown().await.ok();
                });
            }
        });
        Self { port, requests, _listener: tasks }
    }

    pub(super) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

/// Head and body of one request.
async fn request(stream: &mut TlsStream<TcpStream>) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let told = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= told.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return text,
            Ok(length) => bytes.extend_from_slice(&part[..length]),
        }
    }
}

/// An answer as sites mostly give it.
pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<Piece> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    vec![Piece::Bytes(head.into_bytes()), Piece::Bytes(body.to_vec())]
}

/// The same without a length, in chunks.
pub(super) fn in_chunks(headers: &str, body: &[u8]) -> Vec<Piece> {
    let head = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n{headers}\r\n");
    let mut pieces = vec![Piece::Bytes(head.into_bytes())];
    for chunk in body.chunks(60_000) {
        let mut bytes = format!("{:x}\r\n", chunk.len()).into_bytes();
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
        pieces.push(Piece::Bytes(bytes));
    }
    pieces.push(Piece::Bytes(b"0\r\n\r\n".to_vec()));
    pieces
}
