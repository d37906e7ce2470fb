//! What callers may rely on: the verdicts, equal work, admission, and an end.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::*;

/// As cheap as Argon2 can be.
fn cheap() -> HashParameters {
    HashParameters::new(8, 1, 1).unwrap()
}

fn hasher() -> Hasher {
    Hasher::start(cheap(), NonZeroUsize::new(2).unwrap(), 64).unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn the_right_password_is_right_and_another_is_wrong() {
    let hasher = hasher();
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    let verdict = hasher.verify(password("correct horse"), Some(hash.clone())).await.unwrap();
    assert_eq!(verdict, Verdict::Right);
    let verdict = hasher.verify(password("Correct horse"), Some(hash)).await.unwrap();
    assert_eq!(verdict, Verdict::Wrong);
}

/// A-PWD-08: no prefix of 72 or 255 bytes, and nothing before a NUL, stands for the whole; forms are not normalised.
#[tokio::test]
async fn passwords_that_differ_anywhere_are_different() {
    let hasher = hasher();
    let long = "x".repeat(256);
    for (kept, tried) in [
        (format!("{}a", "x".repeat(72)), format!("{}b", "x".repeat(72))),
        (format!("{}a", "x".repeat(72)), "x".repeat(72)),
        (format!("{}a", "x".repeat(255)), format!("{}b", "x".repeat(255))),
        (long.clone(), "x".repeat(255)),
        ("abc\0def".to_owned(), "abc\0xyz".to_owned()),
        ("abc\0def".to_owned(), "abc".to_owned()),
        ("caf\u{e9}-1234".to_owned(), "cafe\u{301}-1234".to_owned()),
        (" 12345678".to_owned(), "12345678".to_owned()),
    ] {
        let hash = hasher.hash(password(&kept)).await.unwrap();
        let verdict = hasher.verify(password(&tried), Some(hash.clone())).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong, "{tried:?} for {kept:?}");
        let verdict = hasher.verify(password(&kept), Some(hash)).await.unwrap();
        assert_eq!(verdict, Verdict::Right, "{kept:?}");
    }
}

/// The vector of the reference implementation's test suite: Argon2id 1.3, t=2, m=256, p=1.
#[tokio::test]
async fn a_hash_of_the_reference_implementation_is_right_and_outdated() {
    let text =
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let hash = PasswordHash::parse(text).unwrap();
    let verdict = hasher().verify(password("password"), Some(hash)).await.unwrap();
    assert_eq!(verdict, Verdict::RightButOutdated);
}

#[tokio::test]
async fn a_hash_of_another_cost_is_outdated_only_if_the_password_is_right() {
    let earlier =
        Hasher::start(HashParameters::new(16, 2, 1).unwrap(), NonZeroUsize::MIN, 8).unwrap();
    let hash = earlier.hash(password("correct horse")).await.unwrap();
    let now = hasher();
    let verdict = now.verify(password("correct horse"), Some(hash.clone())).await.unwrap();
    assert_eq!(verdict, Verdict::RightButOutdated);
    let verdict = now.verify(password("wrong"), Some(hash.clone())).await.unwrap();
    assert_eq!(verdict, Verdict::Wrong);
    let upgraded = now.hash(password("correct horse")).await.unwrap();
    let verdict = now.verify(password("correct horse"), Some(upgraded)).await.unwrap();
    assert_eq!(verdict, Verdict::Right);
}

#[tokio::test]
async fn a_password_of_nobody_costs_one_hash_like_any_other_and_is_wrong() {
    let hasher = hasher();
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    assert_eq!(hasher.dummy.parameters(), hash.parameters());
    assert_eq!(hasher.dummy.salt().len(), hash.salt().len());
    assert_eq!(hasher.dummy.output().len(), hash.output().len());
    for case in [None, Some(hash)] {
        let before = hasher.performed();
        let verdict = hasher.verify(password("wrong"), case).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong);
        assert_eq!(hasher.performed(), before + 1);
    }
}

#[tokio::test]
async fn two_hashes_of_one_password_differ() {
    let hasher = hasher();
    let first = hasher.hash(password("correct horse")).await.unwrap();
    let second = hasher.hash(password("correct horse")).await.unwrap();
    assert_ne!(first.as_str(), second.as_str());
}

/// A-PWD-09: one past the limit is refused without any work, one at the limit is answered.
#[tokio::test]
async fn a_request_before_a_full_queue_is_refused_at_once() {
    let hasher = Hasher::without_threads(cheap(), 2).unwrap();
    let mut first = pin!(hasher.verify(password("a"), None));
    let mut second = pin!(hasher.verify(password("b"), None));
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    let refused = hasher.verify(password("c"), None).await.unwrap_err();
    assert!(refused.is_unavailable());
    assert_eq!(hasher.performed(), 0);
    worker::start(hasher.pool.queue(), IDLE).unwrap();
    assert_eq!(first.await.unwrap(), Verdict::Wrong);
    assert_eq!(second.await.unwrap(), Verdict::Wrong);
    assert_eq!(hasher.performed(), 2);
}

#[tokio::test]
async fn requests_that_went_away_take_no_place_and_no_work() {
    let hasher = Hasher::without_threads(cheap(), 2).unwrap();
    {
        let mut gone = pin!(hasher.verify(password("a"), None));
        let mut gone_too = pin!(hasher.verify(password("b"), None));
        assert!(poll_once(gone.as_mut()).is_pending());
        assert!(poll_once(gone_too.as_mut()).is_pending());
    }
    let mut living = pin!(hasher.verify(password("c"), None));
    assert!(poll_once(living.as_mut()).is_pending());
    {
        let mut gone = pin!(hasher.verify(password("d"), None));
        assert!(poll_once(gone.as_mut()).is_pending());
    }
    worker::start(hasher.pool.queue(), IDLE).unwrap();
    assert_eq!(living.await.unwrap(), Verdict::Wrong);
    hasher.verify(password("e"), None).await.unwrap();
    assert_eq!(hasher.performed(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_at_once_are_all_answered() {
    let hasher = Arc::new(hasher());
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    let waiting: Vec<_> = (0..64)
        .map(|number| {
            let (hasher, hash) = (Arc::clone(&hasher), hash.clone());
            let text = if number % 2 == 0 { "correct horse" } else { "wrong" };
            tokio::spawn(async move { hasher.verify(password(text), Some(hash)).await })
        })
        .collect();
    for (number, answer) in waiting.into_iter().enumerate() {
        let expected = if number % 2 == 0 { Verdict::Right } else { Verdict::Wrong };
        assert_eq!(answer.await.unwrap().unwrap(), expected);
    }
    assert_eq!(hasher.performed(), 65);
}

#[tokio::test]
async fn a_thread_that_gave_its_memory_back_hashes_again() {
    let hasher = Hasher::without_threads(cheap(), 8).unwrap();
    worker::start(hasher.pool.queue(), Duration::from_millis(1)).unwrap();
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let verdict = hasher.verify(password("correct horse"), Some(hash)).await.unwrap();
    assert_eq!(verdict, Verdict::Right);
}

#[tokio::test]
async fn the_threads_end_with_the_hasher() {
    let hasher = hasher();
    hasher.verify(password("a"), None).await.unwrap();
    let queue = Arc::downgrade(hasher.pool.queue());
    assert!(queue.upgrade().is_some());
    drop(hasher);
    tokio::time::timeout(Duration::from_secs(10), async {
        while queue.strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .unwrap();
}
