//! A site of a relying party, behind TLS: what the provider fetches from it, posts to it, and waits for.
//!
//! It has an authority of its own, which only a deployment with [`Site::settings`] trusts, and its own threads: it
//! answers whatever the story's runtime is busy with, and logs nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::ssl::{SslAcceptor, SslMethod, SslStream};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name, X509NameRef};

use super::database::Folder;

/// How long an answer takes that does not come: longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(30);

/// A site on a port of its own of this machine, until it is dropped.
pub struct Site {
    port: u16,
    authority: Folder,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<BTreeMap<String, Answer>>,
    asked: Mutex<Vec<Asked>>,
    is_over: AtomicBool,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub method: String,
    /// With its query.
    pub path: String,
    pub body: String,
}

/// What the site says at one path.
#[derive(Clone, Debug)]
pub struct Answer {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    after: Duration,
}

impl Answer {
    /// A document.
    pub fn of(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status: "200 OK", headers, body: body.into(), after: Duration::ZERO }
    }

    /// The same with another status.
    pub fn status(self, status: &'static str) -> Self {
        Self { status, ..self }
    }

    /// The same with one more header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same, but it does not come.
    pub fn never(self) -> Self {
        Self { after: FOR_EVER, ..self }
    }
}

impl Site {
    /// Starts one that knows no path.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (authority, acceptor) = vouched_for();
        let folder = Folder::new();
        fs::write(folder.join("ca.pem"), authority.to_pem().unwrap()).unwrap();
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if own.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let (own, acceptor) = (own.clone(), acceptor.clone());
                // Whoever hangs up has nothing more to be told.
                thread::spawn(move || stream.map(|stream| own.talk(&acceptor, stream)));
            }
        });
        Self { port, authority: folder, shared }
    }

    /// The lines of configuration with which a deployment trusts this site.
    pub fn settings(&self) -> String {
        let authority = self.authority.join("ca.pem");
        format!(
            "[outbound]\nextra_ca_file = {:?}\nprivate_hosts = [\"127.0.0.1:{}\"]\n",
            authority.to_str().unwrap(),
            self.port,
        )
    }

    /// A path of the site as a URL.
    pub fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    /// What it answers at this path from now on; elsewhere it answers 404.
    pub fn put(&self, path: &str, answer: Answer) {
        self.shared.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// How often a path was asked for since `asked` was.
    pub fn count(&self, path: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.path == path).count()
    }

    /// What it was asked since this was called last.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.asked.lock().unwrap())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes whoever waits for the next connection.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Shared {
    fn talk(&self, acceptor: &SslAcceptor, stream: TcpStream) -> io::Result<()> {
        let Ok(mut stream) = acceptor.accept(stream) else { return Ok(()) };
        let Some(asked) = read(&mut stream)? else { return Ok(()) };
        let path = asked.path.split('?').next().unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(asked);
        let answer = self.answers.lock().unwrap().get(&path).cloned();
        let answer = answer.unwrap_or_else(|| Answer::of("text/plain", "").status("404 Not Found"));
        thread::sleep(answer.after);
        let mut head = format!("HTTP/1.1 {}\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = answer.body.len();
        head.push_str(&format!("content-length: {length}\r\nconnection: close\r\n\r\n"));
        stream.write_all(head.as_bytes())?;
        stream.write_all(&answer.body)?;
        stream.flush()?;
        let _ = stream.shutdown();
        Ok(())
    }
}

/// Head and body of a request; `None` if it breaks off.
fn read(stream: &mut SslStream<TcpStream>) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let told = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= told.map_or(0, |length| length.parse().unwrap()) {
                let mut line = text.split(' ');
                let mut word = || line.next().unwrap_or_default().to_owned();
                let (method, path) = (word(), word());
                return Ok(Some(Asked { method, path, body: body.to_owned() }));
            }
        }
        match stream.read(&mut part)? {
            0 => return Ok(None),
            length => bytes.extend_from_slice(&part[..length]),
        }
    }
}

/// An authority, and a site with a certificate of it for 127.0.0.1.
fn vouched_for() -> (X509, SslAcceptor) {
    let (of_authority, of_site) = (new_key(), new_key());
    let name = named("an authority of tests");
    let mut authority = begun(&name, &name, &of_authority);
    authority.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    authority.sign(&of_authority, MessageDigest::sha256()).unwrap();
    let authority = authority.build();
    let mut site = begun(&named("a site of tests"), &name, &of_site);
    let names = SubjectAlternativeName::new()
        .ip("127.0.0.1")
        .build(&site.x509v3_context(Some(&authority), None))
        .unwrap();
    site.append_extension(names).unwrap();
    site.sign(&of_authority, MessageDigest::sha256()).unwrap();
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(&site.build()).unwrap();
    acceptor.set_private_key(&of_site).unwrap();
    (authority, acceptor.build())
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

fn begun(subject: &X509NameRef, issuer: &X509NameRef, key: &PKeyRef<Private>) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
    builder.set_subject_name(subject).unwrap();
    builder.set_issuer_name(issuer).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder
}
