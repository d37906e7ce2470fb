//! What a site may answer: status, content type, encoding, size of head and body, time.

use super::site::in_chunks;
use super::*;

/// What the client makes of this answer to a request for keys.
async fn outcome(
    given: impl Fn() -> Vec<Piece> + Send + Sync + 'static,
) -> Result<Document, Error> {
    let authority = Authority::new("one");
    let site = Site::start(authority.identity(NAME), move |_| given()).await;
    keys(&friendly(&authority, &site), &url(&site)).await
}

/// A-NET-01: no redirect is followed, wherever it leads.
#[tokio::test]
async fn a_redirect_is_an_error_and_leads_nowhere() {
    let authority = Authority::new("one");
    let end = Site::start(authority.identity(NAME), |_| answer("200 OK", JSON, b"{}")).await;
    let goal = url(&end);
    let location = goal.clone();
    let begin = Site::start(authority.identity(NAME), move |request| {
        let status = request.split(['/', ' ']).nth(2).unwrap().to_owned();
        answer(&format!("{status} Moved"), &format!("location: {location}\r\n{JSON}"), b"{}")
    })
    .await;
    let listed = [format!("{NAME}:{}", begin.port), format!("{NAME}:{}", end.port)];
    let client = client(&listed, Some(&authority.certificate), at_home());
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let url = format!("https://{NAME}:{}/{status}", begin.port);
        let refused = keys(&client, &url).await;
        assert!(
            matches!(refused, Err(Error::Redirect(told)) if told.as_u16() == status),
            "{status}: {refused:?}"
        );
    }
    assert_eq!((begin.count(), end.count()), (7, 0));
    keys(&client, &goal).await.unwrap();
}

#[tokio::test]
async fn only_200_is_a_document() {
    for status in ["201 Created", "204 No Content", "206 Partial", "404 Not Found", "500 Oh"] {
        let refused = outcome(move || answer(status, JSON, b"")).await;
        assert!(matches!(refused, Err(Error::StatusNotOk(_))), "{status}: {refused:?}");
    }
    outcome(|| answer("200 OK", JSON, b"")).await.unwrap();
}

#[tokio::test]
async fn a_document_at_the_limit_is_read_and_one_byte_more_is_not() {
    let authority = Authority::new("one");
    for purpose in Purpose::ALL {
        let Some(content_type) = purpose.content_types().first() else { continue };
        let header = format!("content-type: {content_type}\r\n");
        let site = Site::start(authority.identity(NAME), move |request| {
            let more = usize::from(request.contains("more"));
            let body = vec![b'x'; purpose.most() + more];
            if request.contains("chunks") {
                in_chunks(&header, &body)
            } else {
                answer("200 OK", &header, &body)
            }
        })
        .await;
        let client = friendly(&authority, &site);
        for form in ["whole", "chunks"] {
            let url = format!("https://{NAME}:{}/{form}", site.port);
            assert_eq!(client.get(purpose, &url).await.unwrap().body.len(), purpose.most());
            let refused = client.get(purpose, &format!("{url}/more")).await;
            assert!(matches!(refused, Err(Error::TooLong)), "{purpose:?} {form}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_head_at_the_limit_is_read_and_one_byte_more_is_not() {
    let with = async |length: usize| {
        outcome(move || {
            let begin = format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 2\r\nx: ");
            let filler = "x".repeat(length - begin.len() - "\r\n\r\n".len());
            let head = format!("{begin}{filler}\r\n\r\n");
            assert_eq!(head.len(), length);
            vec![Piece::Bytes(head.into_bytes()), Piece::Bytes(b"{}".to_vec())]
        })
        .await
    };
    with(limits::OUTBOUND_HEAD).await.unwrap();
    let refused = with(limits::OUTBOUND_HEAD + 1).await;
    assert!(matches!(refused, Err(Error::HeadTooLong)), "{refused:?}");
}

#[tokio::test]
async fn the_content_type_is_one_that_the_purpose_allows() {
    let accepted = [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("Application/JSON ;x", "application/json"),
        ("application/jwk-set+json", "application/jwk-set+json"),
    ];
    for (given, told) in accepted {
        let header = format!("content-type: {given}\r\n");
        let document = outcome(move || answer("200 OK", &header, b"{}")).await.unwrap();
        assert_eq!(document.content_type, told);
    }
    for header in [
        "",
        "content-type: \r\n",
        "content-type: text/html\r\n",
        "content-type: text/html; application/json\r\n",
        "content-type: application/jsonp\r\n",
        "content-type: application/jwt\r\n",
        "content-type: text/html\r\ncontent-type: application/json\r\n",
    ] {
        let refused = outcome(move || answer("200 OK", header, b"{}")).await;
        assert!(matches!(refused, Err(Error::ContentTypeNotAllowed)), "{header}: {refused:?}");
    }
    assert!(!Purpose::Logo.content_types().contains(&"image/svg+xml"));
}

#[tokio::test]
async fn nothing_is_unpacked() {
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let headers = format!("{JSON}content-encoding: {encoding}\r\n");
        let refused = outcome(move || answer("200 OK", &headers, b"{}")).await;
        assert!(matches!(refused, Err(Error::Encoded)), "{encoding}: {refused:?}");
    }
    outcome(|| answer("200 OK", &format!("{JSON}content-encoding: identity\r\n"), b"{}"))
        .await
        .unwrap();
}

/// E-08
#[tokio::test]
async fn a_slow_answer_is_given_up_wherever_it_stops() {
    let whole = || format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 40\r\n\r\n{:40}", "{}");
    let body = whole().find("{}").unwrap();
    for stop in [0, 9, body, body + 1] {
        let refused = outcome(move || {
            let bytes = whole().into_bytes();
            vec![Piece::Bytes(bytes[..stop].to_vec()), Piece::Silence(Duration::from_mins(1))]
        })
        .await;
        assert!(matches!(refused, Err(Error::TooSlow)), "{stop}: {refused:?}");
    }
    // Each byte in time, but not all of them.
    let drip = |pause| {
        move || {
            let bytes = whole().into_bytes();
            let (head, body) = bytes.split_at(body);
            let drops = body.iter().flat_map(|byte| {
                [Piece::Silence(Duration::from_millis(pause)), Piece::Bytes(vec![*byte])]
            });
            [Piece::Bytes(head.to_vec())].into_iter().chain(drops).collect()
        }
    };
    assert!(matches!(outcome(drip(3000)).await, Err(Error::TooSlow)));
    outcome(drip(1)).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_broken_off_or_no_http_is_none() {
    for bytes in [
        &b""[..],
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ] {
        let refused = outcome(move || vec![Piece::Bytes(bytes.to_vec())]).await;
        assert!(matches!(refused, Err(Error::Broken(_))), "{refused:?}");
    }
}
