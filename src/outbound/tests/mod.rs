//! The guard against a real site: TLS on loopback, each refusal with the twin that one change turns it into.
//!
//! Every site here has a private address, so what succeeds does so because its host and port are listed.

mod answers;
mod isolation;
mod site;

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use openssl::x509::X509;
use tokio_native_tls::native_tls::Protocol;

use super::*;
use crate::config::ExtraCa;
use site::{Authority, Piece, Site, answer};

/// What a site of this name answers on every path.
const NAME: &str = "site.test";
const JSON: &str = "content-type: application/json\r\n";

/// Shorter than in earnest, so that a test of slowness is none.
const PATIENCE: Patience = Patience {
    all: Duration::from_secs(5),
    connect: Duration::from_secs(4),
    rest: Duration::from_mins(1),
};

fn client(listed: &[String], ca: Option<&X509>, resolver: Resolver) -> Outbound {
    let private_hosts = listed.iter().map(|text| {
        let (host, port) = text.rsplit_once(':').unwrap();
        PrivateHost { host: url::Host::parse(host).unwrap(), port: port.parse().unwrap() }
    });
    let extra_ca = ca.map(|ca| ExtraCa { file: "test.pem".into(), certificates: vec![ca.clone()] });
    let config = config::Outbound { extra_ca, private_hosts: private_hosts.collect() };
    Outbound::new(&config, resolver, PATIENCE).unwrap()
}

/// Every name is this very host.
fn at_home() -> Resolver {
    Resolver::new(|_| Ok(vec![IpAddr::from([127, 0, 0, 1])]))
}

/// A client that trusts the authority and may ask the site by its name and by its address.
fn friendly(authority: &Authority, site: &Site) -> Outbound {
    let listed = [format!("{NAME}:{}", site.port), format!("127.0.0.1:{}", site.port)];
    client(&listed, Some(&authority.certificate), at_home())
}

fn url(site: &Site) -> String {
    format!("https://{NAME}:{}/keys", site.port)
}

async fn keys(client: &Outbound, url: &str) -> Result<Document, Error> {
    client.get(Purpose::ClientKeys, url).await
}

#[tokio::test]
async fn a_document_is_fetched_with_nothing_but_what_was_asked() {
    let authority = Authority::new("one");
    let site =
        Site::start(authority.identity(NAME), |_| answer("200 OK", JSON, b"{\"keys\":[]}")).await;
    let client = friendly(&authority, &site);
    let port = site.port;
    let document = keys(&client, &format!("https://{NAME}:{port}/a/b?c=d#secret")).await.unwrap();
    assert_eq!(document.content_type, "application/json");
    assert_eq!(document.body, b"{\"keys\":[]}");
    keys(&client, &format!("https://127.0.0.1:{port}/")).await.unwrap();
    let requests = site.requests.lock().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        requests[0],
        format!(
            "GET /a/b?c=d HTTP/1.1\r\nhost: {NAME}:{port}\r\nuser-agent: fuxin/{version}\r\n\
             accept-encoding: identity\r\nconnection: close\r\n\
             accept: application/json, application/jwk-set+json\r\n\r\n"
        )
    );
    assert!(requests[1].contains(&format!("\r\nhost: 127.0.0.1:{port}\r\n")));
}

/// A-NET-01, A-NET-02: the same site, and one thing about the list is different.
#[tokio::test]
async fn only_a_listed_host_on_its_listed_port_may_be_private() {
    let authority = Authority::new("one");
    let site = Site::start(authority.identity(NAME), |_| answer("200 OK", JSON, b"{}")).await;
    let (port, url) = (site.port, url(&site));
    let ca = Some(&authority.certificate);
    for listed in [
        vec![],
        vec![format!("{NAME}:{}", port ^ 1)],
        vec![format!("127.0.0.1:{port}")],
        vec![format!("sub.{NAME}:{port}")],
    ] {
        let refused = keys(&client(&listed, ca, at_home()), &url).await;
        assert!(matches!(refused, Err(Error::PortNotAllowed(_))), "{listed:?}: {refused:?}");
    }
    for unlisted in [
        "https://site.test/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
    ] {
        let refused = keys(&client(&[format!("{NAME}:{port}")], ca, at_home()), unlisted).await;
        assert!(matches!(refused, Err(Error::AddressNotPublic(_))), "{unlisted}: {refused:?}");
    }
    assert_eq!(site.count(), 0, "nobody was asked");
    keys(&client(&[format!("{NAME}:{port}")], ca, at_home()), &url).await.unwrap();
}

/// A-NET-02: every purpose goes through the same guard, in both operations.
#[tokio::test]
async fn no_purpose_goes_around_the_guard() {
    let client = client(&[], None, at_home());
    for purpose in Purpose::ALL {
        for (url, word) in [
            ("https://site.test/", "address_refused"),
            ("https://10.0.0.1/", "address_refused"),
            ("http://site.test/", "url_refused"),
            ("https://site.test:8443/", "url_refused"),
        ] {
            assert_eq!(client.get(purpose, url).await.unwrap_err().outcome(), word);
            assert_eq!(client.post_form(purpose, url, &[]).await.unwrap_err().outcome(), word);
        }
    }
}

#[tokio::test]
async fn the_certificate_must_be_trusted_and_bear_the_name() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let site = Site::start(authority.identity(NAME), |_| answer("200 OK", JSON, b"{}")).await;
    let listed = [format!("{NAME}:{}", site.port), format!("alias.test:{}", site.port)];
    for ca in [None, Some(&other.certificate)] {
        let refused = keys(&client(&listed, ca, at_home()), &url(&site)).await;
        assert!(matches!(refused, Err(Error::Tls(_))), "{refused:?}");
    }
    let trusting = client(&listed, Some(&authority.certificate), at_home());
    let alias = format!("https://alias.test:{}/", site.port);
    assert!(matches!(keys(&trusting, &alias).await, Err(Error::Tls(_))));
    assert_eq!(site.count(), 0);
    keys(&trusting, &url(&site)).await.unwrap();
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_nothing_older() {
    let authority = Authority::new("one");
    let with = async |version| {
        let identity = authority.identity(NAME);
        let ok = |_: &str| answer("200 OK", JSON, b"{}");
        let site = Site::speaking(identity, version, ok).await;
        keys(&friendly(&authority, &site), &url(&site)).await
    };
    with(Protocol::Tlsv12).await.unwrap();
    assert!(matches!(with(Protocol::Tlsv11).await, Err(Error::Tls(_))));
    let (port, talk) = site::speaking_tls_1_3(&authority, NAME);
    let listed = [format!("{NAME}:{port}")];
    let client = client(&listed, Some(&authority.certificate), at_home());
    keys(&client, &format!("https://{NAME}:{port}/")).await.unwrap();
    assert_eq!(talk.join().unwrap(), "TLSv1.3");
}

/// A-NET-01: a name server that answers with a public address first and a private one a moment later.
#[tokio::test]
async fn a_name_is_looked_up_once_and_judged_each_time() {
    let authority = Authority::new("one");
    let site = Site::start(authority.identity(NAME), |_| answer("200 OK", JSON, b"{}")).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    // Listed, so 127.0.0.1 may be; nobody may be link-local.
    let resolver = Resolver::new(move |_| {
        Ok(vec![match count.fetch_add(1, Ordering::SeqCst) {
            0 => IpAddr::from([127, 0, 0, 1]),
            _ => IpAddr::from([169, 254, 169, 254]),
        }])
    });
    let client = client(&[format!("{NAME}:{}", site.port)], Some(&authority.certificate), resolver);
    keys(&client, &url(&site)).await.unwrap();
    assert_eq!((asked.load(Ordering::SeqCst), site.count()), (1, 1), "one look-up, one connection");
    let second = keys(&client, &url(&site)).await;
    assert!(matches!(second, Err(Error::AddressNotPublic(Reserved::LinkLocal))), "{second:?}");
    assert_eq!((asked.load(Ordering::SeqCst), site.count()), (2, 1));
}

/// A-NET-01: the address that works stands first, and still nobody is asked.
#[tokio::test]
async fn a_forbidden_address_beside_an_allowed_one_refuses_both() {
    let authority = Authority::new("one");
    let site = Site::start(authority.identity(NAME), |_| answer("200 OK", JSON, b"{}")).await;
    let with = async |found: &'static [&'static str]| {
        let found: Vec<IpAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
        let resolver = Resolver::new(move |_| Ok(found.clone()));
        let listed = [format!("{NAME}:{}", site.port)];
        keys(&client(&listed, Some(&authority.certificate), resolver), &url(&site)).await
    };
    let refused = with(&["127.0.0.1", "169.254.169.254"]).await;
    assert!(matches!(refused, Err(Error::AddressNotPublic(Reserved::LinkLocal))));
    assert!(matches!(with(&[]).await, Err(Error::NoAddress)));
    assert_eq!(site.count(), 0);
    with(&["127.0.0.1", "127.0.0.1"]).await.unwrap();
    // A dead address first: its neighbour is tried.
    with(&["127.0.0.9", "127.0.0.1"]).await.unwrap();
    let dead = with(&["127.0.0.9"]).await;
    assert!(matches!(dead, Err(Error::Unreachable(_))), "{dead:?}");
}

#[tokio::test]
async fn an_unknown_name_is_told_as_such() {
    let resolver = Resolver::new(|_| Err(std::io::Error::other("no such name")));
    let refused = keys(&client(&[], None, resolver), "https://rp.test/").await;
    assert!(matches!(refused, Err(Error::Unresolved(_))));
}

#[tokio::test]
async fn a_form_is_posted_and_only_the_status_is_read() {
    let authority = Authority::new("one");
    let statuses = Mutex::new(vec!["302 Found", "400 Bad Request", "204 No Content", "200 OK"]);
    let site = Site::start(authority.identity(NAME), move |_| {
        let status = statuses.lock().unwrap().pop().unwrap();
        answer(status, "location: https://127.0.0.1/\r\n", &vec![b'x'; 4 * limits::DOCUMENT])
    })
    .await;
    let client = friendly(&authority, &site);
    let url = url(&site);
    let fields = [("logout_token", "a.b.c"), ("x", "& =")];
    let post = async || client.post_form(Purpose::BackchannelLogout, &url, &fields).await;
    assert_eq!(post().await.unwrap(), StatusCode::OK);
    assert_eq!(post().await.unwrap(), StatusCode::NO_CONTENT);
    assert_eq!(post().await.unwrap(), StatusCode::BAD_REQUEST);
    assert!(matches!(post().await, Err(Error::Redirect(StatusCode::FOUND))));
    let requests = site.requests.lock().unwrap();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /keys HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"), "{head}");
    assert_eq!(body, "logout_token=a.b.c&x=%26+%3D");
}
