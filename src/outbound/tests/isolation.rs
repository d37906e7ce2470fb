//! A host that hangs or fails costs its own fetches, and nobody else's.

use tokio::net::TcpListener;

use super::*;

/// E-08: connections that are accepted and then left in silence.
#[tokio::test]
async fn a_host_that_hangs_delays_no_other_and_is_then_left_alone() {
    let authority = Authority::new("one");
    let site = Site::start(authority.identity(NAME), |_| answer("200 OK", JSON, b"{}")).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let listed = [format!("{NAME}:{}", site.port), format!("{NAME}:{silent_port}")];
    let client = Arc::new(client(&listed, Some(&authority.certificate), at_home()));
    let silent_url = format!("https://{NAME}:{silent_port}/");
    let hanging: Vec<_> = (0..limits::OUTBOUND_QUEUE_OF_HOST)
        .map(|_| {
            let (client, url) = (client.clone(), silent_url.clone());
            tokio::spawn(async move { keys(&client, &url).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    for _ in 0..10 {
        keys(&client, &url(&site)).await.unwrap();
    }
    assert!(hanging.iter().any(|fetch| !fetch.is_finished()), "while the other host hangs");
    let mut outcomes = Vec::new();
    for fetch in hanging {
        outcomes.push(fetch.await.unwrap().unwrap_err().outcome());
    }
    // Who waited was turned away when its time was over, or when the host was found to fail: whichever came first.
    let turned_away = |outcome: &&str| ["busy", "host_resting"].contains(outcome);
    assert!(outcomes.contains(&"too_slow") && outcomes.iter().any(turned_away), "{outcomes:?}");
    let mut refused = Error::Busy;
    for _ in 0..limits::OUTBOUND_FAILURES {
        refused = keys(&client, &silent_url).await.unwrap_err();
    }
    assert!(matches!(refused, Error::HostResting), "{refused:?}");
    keys(&client, &url(&site)).await.unwrap();
}

/// A name server that never answers holds a thread for each of its few places, and no more.
#[tokio::test]
async fn a_look_up_that_hangs_keeps_its_place() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let resolver = Resolver::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(2 * PATIENCE.all);
        Ok(Vec::new())
    });
    let client = client(&[], None, resolver);
    let fetch = async || keys(&client, "https://rp.test/").await.unwrap_err().outcome();
    let first = tokio::join!(fetch(), fetch(), fetch(), fetch());
    assert_eq!(first, ("too_slow", "too_slow", "too_slow", "too_slow"));
    assert_eq!(fetch().await, "busy", "nobody waits for the look-ups, but they are not over");
    assert_eq!(asked.load(Ordering::SeqCst), limits::OUTBOUND_FETCHES_OF_HOST);
}

/// Whoever asked has gone away: the place is free again.
#[tokio::test]
async fn a_fetch_that_is_dropped_leaves_its_place() {
    let authority = Authority::new("one");
    let site = Site::start(authority.identity(NAME), |request| {
        if request.contains("silent") {
            return vec![Piece::Silence(Duration::from_mins(1))];
        }
        answer("200 OK", JSON, b"{}")
    })
    .await;
    let client = friendly(&authority, &site);
    let silent = format!("https://{NAME}:{}/silent", site.port);
    for _ in 0..limits::OUTBOUND_QUEUE_OF_HOST {
        let short = tokio::time::timeout(Duration::from_millis(20), keys(&client, &silent));
        assert!(short.await.is_err());
    }
    keys(&client, &url(&site)).await.unwrap();
}
