//! Sizes and numbers at the server's own door: what is too much is refused in its way, and the next request is served.

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use fuxin::base::limits;

use crate::support::{Json, TestApp, on_each_database};

/// Each parameter is within its bound, but no address can carry them all.
#[test]
fn a_request_that_is_too_long_is_told_to_the_client() {
    on_each_database(async |app| {
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        let level = "x".repeat(3900);
        let claims = format!(r#"{{"id_token":{{"acr":{{"value":"{level}"}}}}}}"#);
        let request = ecpa.request().with("claims", &claims);
        assert_eq!(browser.open(&request.address()).await.path(), "/sign-in");
        let mut request = request.with("nonce", &"n".repeat(512)).with("state", &"s".repeat(2048));
        request.state = "s".repeat(2048);
        let page = browser.open(&request.address()).await;
        assert_eq!(ecpa.error(&request, &page), "invalid_request");
        let told = page.away().parameter("error_description").unwrap();
        assert_eq!(told, "The request is too long.");
    });
}

/// What a client gets back word for word has its bound; one byte more is refused, never cut.
#[test]
fn a_state_and_a_nonce_at_their_bound_are_kept_and_longer_ones_refused() {
    on_each_database(async |app| {
        let alice = app.account("alice.bounds").open().await;
        let ecpa = app.client("ecpa").skip_consent().register().await;
        let mut browser = app.browser();
        let mut longest = ecpa.request().with("nonce", &"n".repeat(limits::NONCE));
        longest.state = "s".repeat(limits::STATE);
        longest.nonce = "n".repeat(limits::NONCE);
        let longest = longest.clone().with("state", &longest.state);
        let page = ecpa.answer(&mut browser, &alice, &longest).await;
        ecpa.finish(&longest, &page).await;
        let page = browser.open(&longest.clone().with("nonce", &"n".repeat(513)).address()).await;
        assert_eq!(ecpa.error(&longest, &page), "invalid_request");
        let page = browser.open(&longest.with("state", &"s".repeat(2049)).address()).await;
        assert_eq!(page.away().parameter("error").as_deref(), Some("invalid_request"));
        assert_eq!(page.away().parameter("state"), None, "half a state is none");
    });
}

#[test]
fn a_body_at_the_bound_is_read_and_a_longer_one_refused() {
    on_each_database(async |app| {
        let of = |size: usize| {
            let part = |number: usize| (format!("x{number}"), "x".repeat(9_000));
            let mut fields: Vec<_> = (0..7).map(part).collect();
            fields.push(("last".to_owned(), String::new()));
            let written = |fields: &[(String, String)]| {
                let form = url::form_urlencoded::Serializer::new(String::new());
                { form }.extend_pairs(fields).finish()
            };
            let rest = size - written(&fields).len();
            fields.last_mut().unwrap().1 = "x".repeat(rest);
            let body = written(&fields);
            assert_eq!(body.len(), size);
            body
        };
        // What is read is judged: there is no client and no token in it.
        for path in ["/token", "/userinfo"] {
            for (size, status) in [(limits::REQUEST_BODY, 401), (limits::REQUEST_BODY + 1, 400)] {
                let request = app
                    .http
                    .post(app.url(path))
                    .body(of(size))
                    .header("content-type", "application/x-www-form-urlencoded");
                let answer = Json::of(request.send().await.unwrap()).await;
                assert_eq!(answer.status, status, "{path} {size}");
            }
        }
    });
}

/// A posted request is answered by an address, and an address carries less than a body.
#[test]
fn a_posted_request_that_no_address_carries_is_answered_by_a_page() {
    on_each_database(async |app| {
        let ecpa = app.client("ecpa").register().await;
        let mut browser = app.browser();
        for path in ["/authorize", "/end-session"] {
            if path == "/end-session" {
                // Another site's form.
                browser.headers = vec![("origin".to_owned(), "https://rp.test".to_owned())];
            }
            for kilobytes in [17, 33, 40, 60, 70, 200] {
                let mut fields = ecpa.request().parameters;
                let part = |number: usize| (format!("x{number}"), "x".repeat(kilobytes * 50));
                fields.extend((0..20).map(part));
                let url = app.url(path).parse().unwrap();
                let page = browser.request("POST", url, Some(&fields)).await;
                let said = (page.status, page.code());
                assert_eq!(said, (413, "ERR-413".to_owned()), "{path} {kilobytes}");
            }
            let url = app.url(path).parse().unwrap();
            let served = browser.request("POST", url, Some(&ecpa.request().parameters)).await;
            assert_eq!(served.status, 303, "{path}");
        }
    });
}

/// Sends these bytes, and reads whatever comes until the server hangs up.
async fn told(app: &TestApp, bytes: Vec<u8>) -> String {
    let host = app.issuer.strip_prefix("http://").unwrap();
    let (mut from, mut to) = TcpStream::connect(host).await.unwrap().into_split();
    // The server may hang up before it has read everything.
    let sending = tokio::spawn(async move { to.write_all(&bytes).await.map(|()| to) });
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        answer.extend_from_slice(&buffer[..length]);
    }
    let _ = sending.await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// RFC 6585 §5
#[test]
fn a_head_beyond_the_limit_is_refused_and_the_server_goes_on() {
    on_each_database(async |app| {
        let head = |size: usize| {
            let filling = "x".repeat(size);
            format!(
                "GET /jwks HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx-filling: {filling}\r\n\r\n"
            )
        };
        let answer = told(app, head(30 * 1024).into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "within the limit: {answer}");
        for size in [128 * 1024, 1024 * 1024] {
            let answer = told(app, head(size).into_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 431 "), "{size}: {answer}");
        }
        let line = format!("GET /jwks?{} HTTP/1.1\r\nhost: h\r\n\r\n", "x".repeat(1024 * 1024));
        let answer = told(app, line.into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        let answer = told(app, head(10).into_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "afterwards: {answer}");
    });
}

/// Anybody can make methods and addresses up: none becomes a series of its own.
#[test]
fn a_method_that_is_made_up_is_no_new_label() {
    on_each_database(async |app| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _recording = metrics::set_default_local_recorder(&recorder);
        for method in ["GET", "FOO", "BREW", "PROPFIND", "get"] {
            for path in ["/help", "/token", "/nowhere", "/nowhere/else"] {
                let request = app.http.request(method.parse().unwrap(), app.url(path));
                request.send().await.unwrap();
            }
        }
        let rendered = recorder.handle().render();
        let series = |wanted: &str| rendered.lines().filter(|line| line.contains(wanted)).count();
        assert!(series(r#"method="GET""#) > 0, "{rendered}");
        assert!(series(r#"method="other""#) > 0, "{rendered}");
        for made_up in ["FOO", "BREW", "PROPFIND", "get", "nowhere"] {
            assert_eq!(series(&format!("\"{made_up}")), 0, "{made_up}: {rendered}");
            assert_eq!(series(&format!("/{made_up}")), 0, "{made_up}: {rendered}");
        }
    });
}
