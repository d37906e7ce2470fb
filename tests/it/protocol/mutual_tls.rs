//! Clients that prove who they are with a TLS certificate (RFC 8705 §2), on the listener that asks for one.

use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fuxin::base::limits;
use fuxin::base::time::Lifetime;
use fuxin::oauth::client_metadata::{ClientMetadata, TokenEndpointAuthMethod};
use fuxin::oauth::https_uri::HttpsUri;
use fuxin::server::tls::Acceptor;
use fuxin::{routes, server};
use openssl::ssl::{
    Ssl, SslConnector, SslConnectorBuilder, SslMethod, SslSessionCacheMode, SslVersion,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_openssl::SslStream;

use crate::support::authority::{Authority, Shown, Wanted};
use crate::support::clock::rest;
use crate::support::database::Folder;
use crate::support::{Answer, RelyingParty, Site, TestApp, log, on_each_database_with};

const FORM: (&str, &str) = ("grant_type", "client_credentials");
const SUBJECT: &str = "CN=client.example.gov.tw,O=數位發展部,C=TW";

/// The authorities, and the files of a listener.
struct World {
    of_clients: Authority,
    of_servers: Authority,
    files: Folder,
}

/// A running listener.
struct Front {
    port: u16,
    authority: openssl::x509::X509,
}

/// Tells a story with a TLS listener beside the plain one, and with more lines of configuration.
fn told_with(settings: &str, story: impl AsyncFn(&TestApp, &World, &Front)) {
    let world = World {
        of_clients: Authority::new("an authority of clients"),
        of_servers: Authority::new("an authority of servers"),
        files: Folder::new(),
    };
    world.put_server(&world.of_servers.give(&Wanted::named("localhost")));
    world.put("ca.pem", &world.of_clients.pem());
    let file = |name: &str| json!(world.files.join(name).to_str().unwrap());
    let settings = format!(
        "{settings}[tls]\nlisten = \"127.0.0.1:0\"\nurl = \"https://mtls.example.gov.tw\"\n\
         certificate_file = {}\nkey_file = {}\nclient_ca_file = {}\n",
        file("tls.pem"),
        file("tls.key"),
        file("ca.pem"),
    );
    on_each_database_with(&settings, async |app| {
        let front = Front::open(app, &world).await;
        story(app, &world, &front).await;
    });
}

fn told(story: impl AsyncFn(&TestApp, &World, &Front)) {
    told_with("", story);
}

impl World {
    fn put(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let file = self.files.join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn put_server(&self, shown: &Shown) {
        self.put("tls.pem", &shown.pem());
        self.put("tls.key", &shown.key_pem());
    }

    /// The client's certificate, as it should be.
    fn good(&self) -> Shown {
        self.of_clients.give(&Wanted::named("client.example.gov.tw"))
    }
}

impl Front {
    async fn open(app: &TestApp, world: &World) -> Self {
        let acceptor = Acceptor::new(app.config.tls.as_ref().unwrap()).unwrap();
        tokio::spawn(acceptor.clone().renew());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (router, patience) = (routes::router(app.app.clone()), Lifetime::seconds(1));
        tokio::spawn(server::serve_tls(acceptor, listener, router, pending(), patience));
        Self { port, authority: world.of_servers.own.certificate.clone() }
    }

    /// A connection of a client that believes in our certificate, and shows this one.
    async fn connect(
        &self,
        shown: Option<&Shown>,
        change: impl FnOnce(&mut SslConnectorBuilder),
    ) -> io::Result<SslStream<TcpStream>> {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder.cert_store_mut().add_cert(self.authority.clone()).unwrap();
        if let Some(shown) = shown {
            builder.set_certificate(&shown.certificate).unwrap();
            for between in &shown.between {
                builder.add_extra_chain_cert(between.clone()).unwrap();
            }
            builder.set_private_key(&shown.key).unwrap();
        }
        change(&mut builder);
        let ssl = Ssl::new(builder.build().context()).unwrap();
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let mut stream = SslStream::new(ssl, stream).unwrap();
        Pin::new(&mut stream).connect().await.map_err(io::Error::other)?;
        Ok(stream)
    }

    /// What a form gets, status and body, with these headers besides.
    async fn post(
        &self,
        shown: Option<&Shown>,
        path: &str,
        form: &[(&str, &str)],
        headers: &str,
    ) -> (u16, Value) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut stream = self.connect(shown, |_| ()).await.unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: mtls.example.gov.tw\r\nconnection: close\r\n{headers}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len(),
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    /// What the token endpoint says to a client that shows this.
    async fn token(&self, client: &RelyingParty, shown: Option<&Shown>) -> (u16, String) {
        let form = [FORM, ("client_id", client.client_id.as_str())];
        let (status, body) = self.post(shown, "/token", &form, "").await;
        (status, body["error"].as_str().unwrap_or_default().to_owned())
    }

    /// The version and cipher that are spoken, if they can agree on any.
    async fn spoken(&self, change: impl FnOnce(&mut SslConnectorBuilder)) -> Option<String> {
        let stream = self.connect(None, change).await.ok()?;
        let cipher = stream.ssl().current_cipher().unwrap().name();
        Some(format!("{} {cipher}", stream.ssl().version_str()))
    }

    /// Record type, alert level and alert of the answer to a hello for TLS 1.x at most, written by hand: a library without
    /// old versions has no client for them either.
    async fn answer_to_hello_for_1(&self, x: u8) -> [u8; 3] {
        let body = [
            &[3, x + 1][..],
            &[7; 32],
            &[0],
            // ECDHE-ECDSA-AES128-GCM-SHA256, -AES128-SHA; no compression
            &[0, 4, 0xc0, 0x2b, 0xc0, 0x09, 1, 0],
            // P-256, uncompressed points, ECDSA with SHA-256
            &[0, 22, 0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3],
        ]
        .concat();
        let length = u8::try_from(body.len()).unwrap();
        let hello = [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &body].concat();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(&hello).await.unwrap();
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).await.unwrap();
        [answer[0], answer[5], answer[6]]
    }
}

fn granted() -> (u16, String) {
    (200, String::new())
}

fn refused() -> (u16, String) {
    (401, "invalid_client".to_owned())
}

async fn with_name(app: &TestApp, change: impl FnOnce(&mut ClientMetadata)) -> RelyingParty {
    let service = app.client("service").service("statistics:read");
    let service = service.with(|own| {
        own.token_endpoint_auth_method = TokenEndpointAuthMethod::TlsClientAuth;
        change(own);
    });
    service.register().await
}

async fn with_subject(app: &TestApp) -> RelyingParty {
    with_name(app, |own| {
        own.tls_client_auth_subject_dn = Some(SUBJECT.to_owned().try_into().unwrap());
    })
    .await
}

async fn with_keys(app: &TestApp, change: impl FnOnce(&mut ClientMetadata)) -> RelyingParty {
    let service = app.client("service").service("statistics:read");
    let service = service.with(|own| {
        own.token_endpoint_auth_method = TokenEndpointAuthMethod::SelfSignedTlsClientAuth;
        change(own);
    });
    service.register().await
}

/// RFC 8705 §2.1.2
#[test]
fn a_certificate_with_the_registered_name_lets_a_client_in() {
    told(async |app, world, front| {
        let base = Wanted::named("client.example.gov.tw");
        let subject = with_subject(app).await;
        let dns = with_name(app, |own| {
            own.tls_client_auth_san_dns = Some("a.example.gov.tw".to_owned());
        });
        let uri = with_name(app, |own| own.tls_client_auth_san_uri = Some("urn:a:1".to_owned()));
        let ip = with_name(app, |own| own.tls_client_auth_san_ip = "2001:db8::1".parse().ok());
        let email = with_name(app, |own| {
            own.tls_client_auth_san_email = Some("a@example.gov.tw".to_owned());
        });
        let (dns, uri, ip, email) = (dns.await, uri.await, ip.await, email.await);
        let text = |text: &str| Some(text.to_owned());
        let cases = [
            (&subject, base.clone(), Wanted::named("other.example.gov.tw")),
            (
                &dns,
                Wanted { dns: text("A.example.gov.tw"), ..base.clone() },
                Wanted { dns: text("*.example.gov.tw"), ..base.clone() },
            ),
            (
                &uri,
                Wanted { uri: text("urn:a:1"), ..base.clone() },
                Wanted { uri: text("urn:a:2"), ..base.clone() },
            ),
            (
                &ip,
                Wanted { ip: text("2001:db8::1"), ..base.clone() },
                Wanted { ip: text("192.0.2.1"), ..base.clone() },
            ),
            (
                &email,
                Wanted { email: text("a@EXAMPLE.gov.tw"), ..base.clone() },
                Wanted { email: text("A@example.gov.tw"), ..base.clone() },
            ),
        ];
        for (client, right, wrong) in &cases {
            let (right, wrong) = (world.of_clients.give(right), world.of_clients.give(wrong));
            assert_eq!(front.token(client, Some(&right)).await, granted());
            assert_eq!(front.token(client, Some(&wrong)).await, refused());
            assert_eq!(front.token(client, None).await, refused());
        }
        // The same text in another place is another name.
        let elsewhere = Wanted { uri: text("a.example.gov.tw"), ..base.clone() };
        let elsewhere = world.of_clients.give(&elsewhere);
        assert_eq!(front.token(&dns, Some(&elsewhere)).await, refused());
        let plain = app.post("/token", &[FORM, ("client_id", &subject.client_id)]).await;
        assert_eq!((plain.status, plain.error()), (401, "invalid_client"));
    });
}

/// A-CRT-04, A-CRT-05
#[test]
fn only_the_configured_authority_vouches_and_only_for_now_and_for_clients() {
    told(async |app, world, front| {
        let client = with_subject(app).await;
        let base = Wanted::named("client.example.gov.tw");
        let given = |wanted: Wanted| world.of_clients.give(&wanted);
        let below = world.of_clients.below("one below").give(&base);
        let alone = Shown { between: Vec::new(), ..below.clone() };
        let clone = Authority::new("an authority of clients");
        let server = given(Wanted { for_clients: Some(false), ..base.clone() });
        for (what, shown, expected) in [
            ("good", world.good(), granted()),
            ("for clients", given(Wanted { for_clients: Some(true), ..base.clone() }), granted()),
            ("through another", below, granted()),
            ("for servers", server, refused()),
            ("expired", given(Wanted { from: -3, until: -1, ..base.clone() }), refused()),
            ("too early", given(Wanted { from: 1, until: 3, ..base.clone() }), refused()),
            ("without the one between", alone, refused()),
            ("of an authority of the same name", clone.give(&base), refused()),
            ("of the authority of servers", world.of_servers.give(&base), refused()),
            ("self-signed", base.self_signed(), refused()),
        ] {
            assert_eq!(front.token(&client, Some(&shown)).await, expected, "{what}");
        }
    });
}

/// RFC 8705 §2.2
#[test]
fn a_registered_key_lets_a_client_in_whoever_signed_its_certificate() {
    told(async |app, world, front| {
        let base = Wanted::named("anything");
        let own = base.self_signed();
        let client = with_keys(app, |metadata| metadata.jwks = Some(own.jwks())).await;
        let other = base.self_signed();
        assert_eq!(front.token(&client, Some(&own)).await, granted());
        assert_eq!(front.token(&client, Some(&other)).await, refused());
        assert_eq!(front.token(&client, Some(&world.good())).await, refused());
        assert_eq!(front.token(&client, None).await, refused());
        let ended = Wanted { from: -3, until: -1, ..base }.self_signed();
        let ended_too = with_keys(app, |metadata| metadata.jwks = Some(ended.jwks())).await;
        assert_eq!(front.token(&ended_too, Some(&ended)).await, granted());
        let by_certificate = json!({ "keys": [{ "kty": "EC", "x5c": [x5c(&own)] }] });
        let by_certificate = with_keys(app, |own| own.jwks = Some(by_certificate)).await;
        assert_eq!(front.token(&by_certificate, Some(&own)).await, granted());
        assert_eq!(front.token(&by_certificate, Some(&ended)).await, refused());
    });
}

#[test]
fn a_changed_key_behind_a_uri_is_found() {
    let site = Site::start();
    told_with(&site.settings(), async |app, _, front| {
        let put = |shown: &Shown| {
            site.put("/jwks", Answer::of("application/json", shown.jwks().to_string()));
        };
        let (old, new) = [(); 2].map(|()| Wanted::named("anything").self_signed()).into();
        put(&old);
        let uri = HttpsUri::parse(&site.url("/jwks")).unwrap();
        let client = with_keys(app, |own| own.jwks_uri = Some(uri)).await;
        assert_eq!(front.token(&client, Some(&old)).await, granted());
        assert_eq!(front.token(&client, Some(&new)).await, refused());
        put(&new);
        rest(limits::CLIENT_KEYS_AGAIN_SECONDS).await;
        assert_eq!(front.token(&client, Some(&new)).await, granted());
        assert_eq!(front.token(&client, Some(&old)).await, refused());
    });
}

/// RFC 7517 §4.7: the certificate and the members of a JWK are of the same key.
#[test]
fn a_key_whose_certificate_is_of_another_one_lets_nobody_in() {
    let site = Site::start();
    told_with(&site.settings(), async |app, _, front| {
        let (own, other) = [(); 2].map(|()| Wanted::named("anything").self_signed()).into();
        let put = |certificate: String| {
            let mut jwks = own.jwks();
            jwks["keys"][0]["x5c"] = json!([certificate]);
            site.put("/jwks", Answer::of("application/json", jwks.to_string()));
        };
        let uri = HttpsUri::parse(&site.url("/jwks")).unwrap();
        let client = with_keys(app, |own| own.jwks_uri = Some(uri)).await;
        put(x5c(&other));
        assert_eq!(front.token(&client, Some(&own)).await, refused());
        assert_eq!(front.token(&client, Some(&other)).await, refused());
        put(x5c(&own));
        rest(limits::CLIENT_KEYS_AGAIN_SECONDS).await;
        assert_eq!(front.token(&client, Some(&own)).await, granted());
        assert_eq!(front.token(&client, Some(&other)).await, refused());
    });
}

/// A certificate as a JWK has it (RFC 7517 §4.7).
fn x5c(shown: &Shown) -> String {
    openssl::base64::encode_block(&shown.certificate.to_der().unwrap())
}

#[test]
fn every_endpoint_of_clients_knows_certificates() {
    told(async |app, world, front| {
        let client = with_subject(app).await;
        let good = world.good();
        for (path, of_nobody) in [("/token", FORM), ("/introspect", FORM), ("/revoke", FORM)] {
            let form = [of_nobody, ("token", "x"), ("client_id", client.client_id.as_str())];
            assert_eq!(front.post(Some(&good), path, &form, "").await.0, 200, "{path}");
            let (status, body) = front.post(None, path, &form, "").await;
            assert_eq!((status, &body["error"]), (401, &json!("invalid_client")), "{path}");
        }
    });
}

#[test]
fn a_certificate_stands_for_no_other_method_and_no_other_method_for_it() {
    told(async |app, world, front| {
        let good = world.good();
        let by_certificate = with_subject(app).await;
        let by_secret =
            app.client("secret").service("statistics:read").secret_in_form().register().await;
        let secret = by_secret.secret.clone().unwrap();
        let form = |client: &RelyingParty, secret: Option<&str>| {
            let mut form = vec![FORM.0.to_owned(), FORM.1.to_owned()];
            form.extend(["client_id".to_owned(), client.client_id.clone()]);
            form.extend(
                secret.iter().flat_map(|secret| ["client_secret", secret].map(str::to_owned)),
            );
            form
        };
        let post = async |form: Vec<String>| {
            let pairs: Vec<(&str, &str)> =
                form.chunks(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
            front.post(Some(&good), "/token", &pairs, "").await.0
        };
        assert_eq!(post(form(&by_secret, Some(&secret))).await, 200);
        assert_eq!(post(form(&by_secret, None)).await, 401);
        assert_eq!(post(form(&by_certificate, Some(&secret))).await, 401);
        assert_eq!(post(form(&by_certificate, None)).await, 200);
    });
}

/// A-CRT-01: what a proxy would write says nothing, whoever writes it.
#[test]
fn a_header_is_no_certificate() {
    told(async |app, world, front| {
        let client = with_subject(app).await;
        let good = world.good();
        let pem = String::from_utf8(good.certificate.to_pem().unwrap()).unwrap();
        let escaped = url::form_urlencoded::byte_serialize(pem.as_bytes()).collect::<String>();
        let der = openssl::base64::encode_block(&good.certificate.to_der().unwrap());
        let form = [FORM, ("client_id", client.client_id.as_str())];
        for (name, value) in [
            ("x-ssl-client-cert", escaped.clone()),
            ("ssl-client-cert", escaped.clone()),
            ("x-client-cert", der.replace('\n', "")),
            ("x-forwarded-client-cert", format!("Cert=\"{escaped}\";Subject=\"{SUBJECT}\"")),
            ("client-cert", format!(":{}:", der.replace('\n', ""))),
            ("x-ssl-client-verify", "SUCCESS".to_owned()),
            ("x-ssl-client-s-dn", "CN=client.example.gov.tw".to_owned()),
        ] {
            let (status, _) =
                front.post(None, "/token", &form, &format!("{name}: {value}\r\n")).await;
            assert_eq!(status, 401, "{name}");
            let body = format!("grant_type=client_credentials&client_id={}", client.client_id);
            let request = app.http.post(app.url("/token")).header(name, value).body(body);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            assert_eq!(request.send().await.unwrap().status(), 401, "{name}");
        }
        assert_eq!(front.token(&client, Some(&good)).await, granted());
    });
}

/// RFC 9325 §3 and §4
#[test]
fn only_good_tls_is_spoken() {
    told(async |_, _, front| {
        let with_1_2 = |ciphers: &'static str| {
            front.spoken(move |builder| {
                builder.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
                builder.set_cipher_list(&format!("{ciphers}:@SECLEVEL=0")).unwrap();
            })
        };
        let newest = front.spoken(|_| ()).await.unwrap();
        assert!(newest.starts_with("TLSv1.3 TLS_"), "{newest}");
        for old in [0, 1] {
            assert_eq!(front.answer_to_hello_for_1(old).await, [21, 2, 70], "protocol_version");
        }
        assert_eq!(front.answer_to_hello_for_1(2).await[0], 22, "a hello");
        let older = with_1_2("ALL").await.unwrap();
        assert!(older.starts_with("TLSv1.2 ECDHE-ECDSA-AES"), "{older}");
        for (cipher, is_good) in [
            ("ECDHE-ECDSA-AES128-GCM-SHA256", true),
            ("ECDHE-ECDSA-AES256-GCM-SHA384", true),
            ("ECDHE-ECDSA-AES128-SHA256", false),
            ("ECDHE-ECDSA-AES256-SHA", false),
            ("AES128-GCM-SHA256", false),
            ("AES256-SHA", false),
        ] {
            let spoken = with_1_2(cipher).await;
            assert_eq!(spoken, is_good.then(|| format!("TLSv1.2 {cipher}")), "{cipher}");
        }
    });
}

/// A-CRT-09: a session that could be taken up again would be let in by what was judged long ago.
#[test]
fn no_session_can_be_taken_up_again() {
    told(async |app, world, front| {
        let client = with_subject(app).await;
        let sessions = Arc::new(AtomicUsize::new(0));
        let count = sessions.clone();
        let mut stream = front
            .connect(Some(&world.good()), move |builder| {
                builder.set_session_cache_mode(SslSessionCacheMode::CLIENT);
                builder.set_new_session_callback(move |_, _| {
                    count.fetch_add(1, Ordering::SeqCst);
                });
            })
            .await
            .unwrap();
        // Tickets come after the handshake: an answer has been read when there are none.
        stream
            .write_all(b"GET /jwks HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(sessions.load(Ordering::SeqCst), 0);
        assert_eq!(front.token(&client, Some(&world.good())).await, granted());
    });
}

#[test]
fn a_handshake_has_its_time() {
    told(async |_, _, front| {
        let is_open = async |seconds: u32| {
            let mut silent = TcpStream::connect(("127.0.0.1", front.port)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            rest(seconds).await;
            timeout(Duration::from_millis(200), silent.read_u8()).await.is_err()
        };
        assert!(is_open(limits::TLS_HANDSHAKE_SECONDS - 1).await);
        assert!(!is_open(limits::TLS_HANDSHAKE_SECONDS).await);
    });
}

#[test]
fn a_new_certificate_is_served_and_a_broken_one_is_not() {
    const BROKEN: &str = "the new TLS certificate cannot be used; the old one is still served";
    told(async |app, world, front| {
        app.expect_errors(BROKEN);
        let served = async || {
            let stream = front.connect(None, |_| ()).await.unwrap();
            stream.ssl().peer_certificate().unwrap().to_der().unwrap()
        };
        let logged = async |line: &str, times: usize| {
            for _ in 0..100 {
                if log::count(line) == times {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            panic!("{line}: not within ten seconds");
        };
        let (first, second) = (served().await, world.of_servers.give(&Wanted::named("localhost")));
        // A key alone does not fit, and nothing worse happens than a line in the log.
        world.put("tls.key", &second.key_pem());
        logged(BROKEN, 1).await;
        assert_eq!(served().await, first);
        world.put("tls.pem", &second.pem());
        logged("the TLS certificate was read again", 1).await;
        assert_eq!(served().await, second.certificate.to_der().unwrap());
        world.put("tls.pem", "nothing");
        logged(BROKEN, 2).await;
        assert_eq!(served().await, second.certificate.to_der().unwrap());
        world.put_server(&second);
    });
}

/// RFC 8705 §5
#[test]
fn the_metadata_tells_methods_and_addresses() {
    told(async |app, _, _| {
        let told = app.get("/.well-known/openid-configuration").await.body;
        assert_eq!(
            told["mtls_endpoint_aliases"],
            json!({
                "token_endpoint": "https://mtls.example.gov.tw/token",
                "userinfo_endpoint": "https://mtls.example.gov.tw/userinfo",
                "introspection_endpoint": "https://mtls.example.gov.tw/introspect",
                "revocation_endpoint": "https://mtls.example.gov.tw/revoke",
            })
        );
        for endpoint in ["token", "introspection", "revocation"] {
            let methods = &told[format!("{endpoint}_endpoint_auth_methods_supported")];
            for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
                assert!(methods.as_array().unwrap().contains(&json!(method)), "{methods}");
            }
        }
    });
}
