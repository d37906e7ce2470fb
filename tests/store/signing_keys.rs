//! Signing keys: published, activated, retired, expired; of two rotations at once one wins.

use fuxin::base::id::SigningKeyId;
use fuxin::key;
use fuxin::store::{SigningKeyRecord, Store, Versions};

use crate::support::{NOW, World, at_once, audit, digest, later, on_both_databases};

on_both_databases! {
    keys_come_back_in_the_order_of_their_publication,
    a_key_that_is_over_is_not_published,
    a_rotation_activates_the_waiting_key_and_publishes_the_next,
    a_rotation_leaves_the_other_algorithm_alone,
    of_two_rotations_at_once_one_wins,
    a_rotation_of_a_key_that_signs_no_longer_does_nothing,
    a_key_that_signs_is_not_activated_again,
    keys_are_not_added_over_a_change_that_was_not_seen,
    nodes_that_start_at_once_make_one_set_of_first_keys,
    a_program_that_knows_more_algorithms_adds_the_keys_that_are_lacking,
    a_rotation_that_fails_leaves_the_active_key_active,
}

fn new_key(algorithm: &str, published_at: i64, activated_at: Option<i64>) -> SigningKeyRecord {
    let id = SigningKeyId::new(NOW).uuid();
    SigningKeyRecord {
        id,
        kid: id.simple().to_string(),
        algorithm: algorithm.to_owned(),
        private_key: digest().to_vec(),
        published_at,
        activated_at,
        retired_at: None,
        expires_at: None,
    }
}

/// An active key and its successor.
async fn pair(world: &World, algorithm: &str) -> (SigningKeyRecord, SigningKeyRecord) {
    let at = NOW.seconds();
    let (active, waiting) = (new_key(algorithm, at, Some(at)), new_key(algorithm, at + 1, None));
    insert(&world.store, vec![active.clone(), waiting.clone()]).await;
    (active, waiting)
}

async fn insert(store: &Store, keys: Vec<SigningKeyRecord>) {
    let seen = store.versions().await.unwrap().signing_keys;
    assert!(store.insert_signing_keys(keys, seen, audit()).await.unwrap().committed());
}

fn ids(active: &SigningKeyRecord, waiting: &SigningKeyRecord) -> (SigningKeyId, SigningKeyId) {
    (SigningKeyId::from_uuid(active.id), SigningKeyId::from_uuid(waiting.id))
}

async fn listed(world: &World, algorithm: &str) -> Vec<SigningKeyRecord> {
    let keys = world.store.list_signing_keys(later(100)).await.unwrap();
    keys.into_iter().filter(|key| key.algorithm == algorithm).collect()
}

async fn rotate(
    world: &World,
    pair: (&SigningKeyRecord, &SigningKeyRecord),
    next: &SigningKeyRecord,
) -> bool {
    let (pair, now, expires) = (ids(pair.0, pair.1), later(60), later(3600));
    let rotated = world.store.rotate_signing_key(pair, next.clone(), now, expires, audit()).await;
    rotated.unwrap().committed()
}

/// The kids of the keys that sign: published, activated, not retired.
async fn active(world: &World, algorithm: &str) -> Vec<String> {
    let keys = listed(world, algorithm).await.into_iter();
    keys.filter(|key| key.activated_at.is_some() && key.retired_at.is_none())
        .map(|key| key.kid)
        .collect()
}

async fn keys_come_back_in_the_order_of_their_publication(world: &World) {
    let before = world.store.versions().await.unwrap();
    let keys = vec![
        new_key("ES256", 30, None),
        new_key("RS256", 10, Some(10)),
        new_key("ES256", 20, Some(20)),
    ];
    insert(&world.store, keys.clone()).await;
    let found = world.store.list_signing_keys(NOW).await.unwrap();
    let published: Vec<i64> = found.iter().map(|key| key.published_at).collect();
    assert_eq!(published, [10, 20, 30]);
    let last = found.last().unwrap();
    let first = keys.first().unwrap();
    assert_eq!((last.id, &last.kid, &last.private_key), (first.id, &first.kid, &first.private_key));
    let after = world.store.versions().await.unwrap();
    assert_eq!(after, Versions { signing_keys: before.signing_keys + 1, ..before });
}

async fn a_key_that_is_over_is_not_published(world: &World) {
    let over =
        SigningKeyRecord { expires_at: Some(later(60).seconds()), ..new_key("ES256", 1, Some(1)) };
    insert(&world.store, vec![over]).await;
    assert_eq!(world.store.list_signing_keys(later(59)).await.unwrap().len(), 1);
    assert_eq!(world.store.list_signing_keys(later(60)).await.unwrap().len(), 0);
}

async fn a_rotation_activates_the_waiting_key_and_publishes_the_next(world: &World) {
    let (old, waiting) = pair(world, "ES256").await;
    let (next, before) =
        (new_key("ES256", later(60).seconds(), None), world.store.versions().await.unwrap());
    assert!(rotate(world, (&old, &waiting), &next).await);
    let keys = listed(world, "ES256").await;
    let [retired, active, published] = keys.as_slice() else { panic!("three keys") };
    assert_eq!((&retired.kid, &active.kid, &published.kid), (&old.kid, &waiting.kid, &next.kid));
    assert_eq!(retired.retired_at, Some(later(60).seconds()));
    assert_eq!(retired.expires_at, Some(later(3600).seconds()));
    assert_eq!((active.activated_at, active.retired_at), (Some(later(60).seconds()), None));
    assert_eq!((published.activated_at, published.expires_at), (None, None));
    let after = world.store.versions().await.unwrap();
    assert_eq!(after, Versions { signing_keys: before.signing_keys + 1, ..before });
}

async fn a_rotation_leaves_the_other_algorithm_alone(world: &World) {
    let ((old, waiting), (rsa, _)) = (pair(world, "ES256").await, pair(world, "RS256").await);
    assert!(rotate(world, (&old, &waiting), &new_key("ES256", later(60).seconds(), None)).await);
    assert_eq!(active(world, "RS256").await, [rsa.kid]);
}

async fn of_two_rotations_at_once_one_wins(world: &World) {
    let other_node = world.another_node().await;
    let (mut signing, mut waiting) = pair(world, "ES256").await;
    for round in 0..5 {
        let before = world.raw().count("audit_events").await;
        let won = at_once(2, |n| {
            let store = if n == 0 { &world.store } else { &other_node }.clone();
            let pair = ids(&signing, &waiting);
            let next = new_key("ES256", later(round + 2).seconds(), None);
            let kid = next.kid.clone();
            async move {
                let rotated =
                    store.rotate_signing_key(pair, next, later(60), later(3600), audit()).await;
                rotated.unwrap().committed().then_some(kid)
            }
        })
        .await;
        let won: Vec<String> = won.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        assert_eq!(active(world, "ES256").await, [waiting.kid.clone()], "one key signs");
        let successors: Vec<SigningKeyRecord> = listed(world, "ES256")
            .await
            .into_iter()
            .filter(|key| key.activated_at.is_none())
            .collect();
        assert_eq!(successors.len(), 1, "one successor is published");
        signing = std::mem::replace(&mut waiting, successors.first().unwrap().clone());
        assert_eq!(won.first(), Some(&waiting.kid));
        assert_eq!(world.raw().count("audit_events").await, before + 1);
    }
    other_node.close().await;
}

/// What a node does that has not noticed another's rotation: it reads the new successor, and judges by the old key.
async fn a_rotation_of_a_key_that_signs_no_longer_does_nothing(world: &World) {
    let (old, waiting) = pair(world, "ES256").await;
    let next = new_key("ES256", later(60).seconds(), None);
    assert!(rotate(world, (&old, &waiting), &next).await);
    let (versions, told) =
        (world.store.versions().await.unwrap(), world.raw().count("audit_events").await);
    assert!(!rotate(world, (&old, &next), &new_key("ES256", later(61).seconds(), None)).await);
    assert_eq!(active(world, "ES256").await, [waiting.kid]);
    assert_eq!(listed(world, "ES256").await.len(), 3);
    assert_eq!(world.store.versions().await.unwrap(), versions);
    assert_eq!(world.raw().count("audit_events").await, told);
}

async fn keys_are_not_added_over_a_change_that_was_not_seen(world: &World) {
    let seen = world.store.versions().await.unwrap().signing_keys;
    let (active, waiting) = pair(world, "ES256").await;
    let told = world.raw().count("audit_events").await;
    let keys = vec![new_key("ES256", NOW.seconds(), Some(NOW.seconds()))];
    let added = world.store.insert_signing_keys(keys, seen, audit()).await.unwrap();
    assert!(!added.committed());
    let kids: Vec<String> = listed(world, "ES256").await.into_iter().map(|key| key.kid).collect();
    assert_eq!(kids, [active.kid, waiting.kid]);
    assert_eq!(world.raw().count("audit_events").await, told);
}

async fn nodes_that_start_at_once_make_one_set_of_first_keys(world: &World) {
    let other_node = world.another_node().await;
    at_once(4, |n| {
        let store = if n % 2 == 0 { &world.store } else { &other_node }.clone();
        let seal = world.master_key.seal(key::SEAL);
        async move { key::ensure(&store, &seal, NOW).await.unwrap() }
    })
    .await;
    for algorithm in key::ALGORITHMS {
        assert_eq!(active(world, algorithm.as_str()).await.len(), 1, "one signs");
        assert_eq!(listed(world, algorithm.as_str()).await.len(), 2, "and one waits");
    }
    assert_eq!(world.raw().count("audit_events").await, 1);
    other_node.close().await;
}

/// A database of a release that knew two algorithms: their keys stay as they are, and those of the others are made, once.
async fn a_program_that_knows_more_algorithms_adds_the_keys_that_are_lacking(world: &World) {
    let old = [pair(world, "ES256").await, pair(world, "RS256").await];
    let seal = world.master_key.seal(key::SEAL);
    let told = world.raw().count("audit_events").await;
    for _ in 0..2 {
        key::ensure(&world.store, &seal, later(10)).await.unwrap();
        for (active_key, waiting) in &old {
            let kept: Vec<String> =
                listed(world, &active_key.algorithm).await.into_iter().map(|key| key.kid).collect();
            assert_eq!(kept, [active_key.kid.clone(), waiting.kid.clone()]);
        }
        for algorithm in ["PS256", "EdDSA"] {
            assert_eq!(active(world, algorithm).await.len(), 1, "one signs");
            assert_eq!(listed(world, algorithm).await.len(), 2, "and one waits");
        }
        for algorithm in ["RSA-OAEP-256", "ECDH-ES"] {
            assert_eq!(active(world, algorithm).await.len(), 1, "one decrypts");
            assert_eq!(listed(world, algorithm).await.len(), 1, "and nothing waits");
        }
        assert_eq!(world.raw().count("audit_events").await, told + 1, "made once");
    }
}

async fn a_key_that_signs_is_not_activated_again(world: &World) {
    let (old, waiting) = pair(world, "ES256").await;
    assert!(!rotate(world, (&old, &old), &new_key("ES256", later(60).seconds(), None)).await);
    assert_eq!(active(world, "ES256").await, [old.kid]);
    assert_eq!(listed(world, "ES256").await.last().unwrap().kid, waiting.kid);
}

async fn a_rotation_that_fails_leaves_the_active_key_active(world: &World) {
    let (old, waiting) = pair(world, "ES256").await;
    let before = world.store.versions().await.unwrap();
    let taken =
        SigningKeyRecord { kid: old.kid.clone(), ..new_key("ES256", later(60).seconds(), None) };
    let pair = ids(&old, &waiting);
    let rotated =
        world.store.rotate_signing_key(pair, taken, later(60), later(3600), audit()).await;
    assert!(!rotated.unwrap_err().is_unavailable());
    assert_eq!(active(world, "ES256").await, [old.kid]);
    assert_eq!(world.store.versions().await.unwrap(), before);
}
