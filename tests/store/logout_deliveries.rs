//! Deliveries of sign-outs: written with the end of the session and never without it, had by one node at a time, and there
//! until they are removed.

use std::collections::BTreeSet;

use fuxin::base::id::{ClientId, GrantId, PendingId, SessionId};
use fuxin::base::time::Timestamp;
use fuxin::model::client::Client;
use fuxin::model::grant::GrantRow;
use fuxin::oauth::client_metadata::{ApplicationType, ClientMetadata};
use fuxin::oauth::https_uri::HttpsUri;
use fuxin::oauth::redirect_uri::RedirectUri;
use fuxin::store::{Budget, LogoutDelivery, NewPending, NewSignIn};

use crate::support::{
    NOW, SESSION, SignedIn, World, at_once, audit, digest, later, limits, on_both_databases,
    password_hash, with_code,
};

on_both_databases! {
    each_client_with_an_address_is_told_of_the_end_of_a_session,
    a_session_that_had_ended_tells_nobody_again,
    who_is_given_something_while_the_session_ends_hears_of_it,
    an_end_that_is_undone_tells_nobody,
    another_persons_sign_in_tells_of_the_session_it_ends,
    a_changed_password_tells_of_every_other_session,
    a_lock_tells_of_every_running_session,
    one_of_sixteen_takes_a_delivery,
    a_taken_delivery_is_due_again_unless_it_is_removed,
    a_delivery_that_was_taken_anew_is_not_put_off,
    the_longest_due_comes_first_and_no_more_than_asked,
    a_session_or_client_that_is_removed_takes_nothing_with_it,
}

/// A client that wants to hear of sign-outs.
async fn listener(world: &World) -> Client {
    let metadata = ClientMetadata {
        client_name: "監理服務網".to_owned(),
        redirect_uris: vec![
            RedirectUri::register("https://agency.test/back", ApplicationType::Web).unwrap(),
        ],
        backchannel_logout_uri: Some(HttpsUri::parse("https://agency.test/logout").unwrap()),
        ..ClientMetadata::default()
    };
    let client = Client {
        id: ClientId::new(NOW),
        registration: std::sync::Arc::new(metadata.register().unwrap()),
        secret: None,
    };
    world.store.put_client(&client, NOW, audit()).await.unwrap().committed();
    client
}

/// Gives a client something in the person's session.
async fn give(world: &World, person: &SignedIn, client: &Client, session: SessionId) {
    let row = GrantRow {
        id: GrantId::new(NOW),
        client_id: client.id,
        session_id: session,
        ..person.grant()
    };
    assert!(world.store.put_code(with_code(&row)).await.unwrap().committed());
}

async fn due(world: &World, now: Timestamp) -> Vec<LogoutDelivery> {
    world.store.due_logouts(now, 100).await.unwrap()
}

async fn end(world: &World, session: SessionId) -> bool {
    world.store.end_session(session, NOW, audit()).await.unwrap().committed()
}

/// A person whose session a listener has a part in; the session has ended.
async fn ended(world: &World) -> (SignedIn, Client) {
    let (amy, client) = (world.signed_in("amy").await, listener(world).await);
    give(world, &amy, &client, amy.session).await;
    assert!(end(world, amy.session).await);
    (amy, client)
}

async fn each_client_with_an_address_is_told_of_the_end_of_a_session(world: &World) {
    let amy = world.signed_in("amy").await;
    let (one, other, unused) =
        (listener(world).await, listener(world).await, listener(world).await);
    let (elsewhere, _) = world.session(amy.account.id).await;
    world.grant(&amy).await;
    for client in [&one, &one, &other] {
        give(world, &amy, client, amy.session).await;
    }
    give(world, &amy, &unused, elsewhere).await;
    let clients = world.store.clients_of_session(amy.session).await.unwrap();
    let given: BTreeSet<_> = clients.iter().copied().collect();
    assert_eq!((clients.len(), given), (3, BTreeSet::from([one.id, other.id, amy.client.id])));
    assert!(due(world, NOW).await.is_empty());
    assert!(end(world, amy.session).await);
    let due = due(world, NOW).await;
    assert!(due.iter().all(|delivery| {
        let LogoutDelivery { session, account, attempts, created_at, .. } = delivery;
        (*session, account.id, *attempts, *created_at) == (amy.session, amy.account.id, 0, NOW)
    }));
    let told: BTreeSet<_> = due.iter().map(|delivery| delivery.client).collect();
    assert_eq!((due.len(), told), (2, BTreeSet::from([one.id, other.id])));
}

async fn a_session_that_had_ended_tells_nobody_again(world: &World) {
    let (amy, _) = ended(world).await;
    let [delivery] = due(world, NOW).await.try_into().unwrap();
    world.store.remove_logout(&delivery).await.unwrap().committed();
    assert!(!end(world, amy.session).await);
    assert!(due(world, later(99)).await.is_empty());
}

/// Whichever comes first: what is given before the end is told of, and after it nothing is given.
async fn who_is_given_something_while_the_session_ends_hears_of_it(world: &World) {
    let other_node = world.another_node().await;
    let mut clients = Vec::new();
    for _ in 0..15 {
        clients.push(listener(world).await.id);
    }
    for round in 0..12 {
        let amy = world.signed_in(&format!("amy{round}")).await;
        let given = at_once(16, |n| {
            let store = if n % 2 == 0 { &world.store } else { &other_node }.clone();
            // The end comes in the midst of them, each time at another place.
            let client = (n != round + 2).then(|| clients[n % 15]);
            let (row, session) = (amy.grant(), amy.session);
            async move {
                let Some(client_id) = client else {
                    assert!(store.end_session(session, NOW, audit()).await.unwrap().committed());
                    return None;
                };
                let row = GrantRow { id: GrantId::new(NOW), client_id, ..row };
                let put = store.put_code(with_code(&row)).await.unwrap().committed();
                put.then_some(client_id)
            }
        });
        let given: BTreeSet<ClientId> = given.await.into_iter().flatten().collect();
        let due = world.store.due_logouts(NOW, 1000).await.unwrap();
        let of_it = due.iter().filter(|delivery| delivery.session == amy.session);
        let told: BTreeSet<ClientId> = of_it.map(|delivery| delivery.client).collect();
        assert_eq!(given, told, "round {round}");
    }
    other_node.close().await;
}

/// One transaction: what is lost is lost with the end of the session, and what is acknowledged is there with it.
async fn an_end_that_is_undone_tells_nobody(world: &World) {
    let (amy, client) = (world.signed_in("amy").await, listener(world).await);
    give(world, &amy, &client, amy.session).await;
    let taken = audit();
    world.store.record(taken.clone()).await.unwrap().committed();
    // The row that tells of it cannot be written: its id is taken.
    world.store.end_session(amy.session, NOW, taken).await.unwrap_err();
    assert!(world.store.find_sign_on(&amy.secret, None, NOW).await.unwrap().is_some());
    assert!(due(world, NOW).await.is_empty());
    assert!(end(world, amy.session).await);
    assert_eq!(due(world, NOW).await.len(), 1);
}

async fn another_persons_sign_in_tells_of_the_session_it_ends(world: &World) {
    let (amy, client) = (world.signed_in("amy").await, listener(world).await);
    give(world, &amy, &client, amy.session).await;
    let bob = world.account("bob").await;
    let new = NewSignIn { ends: Some(amy.session), ..world.sign_in(bob.id) };
    assert!(world.store.sign_in(new).await.unwrap().committed());
    let [delivery] = due(world, NOW).await.try_into().unwrap();
    assert_eq!((delivery.session, delivery.account.id), (amy.session, amy.account.id));
}

async fn a_changed_password_tells_of_every_other_session(world: &World) {
    let (amy, client) = (world.signed_in("amy").await, listener(world).await);
    let (second, _) = world.session(amy.account.id).await;
    for session in [amy.session, second] {
        give(world, &amy, &client, session).await;
    }
    let name = amy.account.name.folded();
    let old = world.store.find_for_sign_in(&name).await.unwrap().unwrap().hash;
    let pending = PendingId::new(NOW);
    world.store.insert_pending(new_pending(world, &amy, pending).await).await.unwrap().committed();
    let changed = Some((pending, old, password_hash()));
    let new = NewSignIn { changed, ..world.sign_in(amy.account.id) };
    assert!(world.store.sign_in(new).await.unwrap().committed());
    let told: BTreeSet<_> = due(world, NOW).await.iter().map(|due| due.session).collect();
    assert_eq!(told, BTreeSet::from([amy.session, second]));
}

async fn new_pending(world: &World, amy: &SignedIn, id: PendingId) -> NewPending {
    let name = digest();
    let reserved = world.store.reserve_attempt(name, Budget::Other, limits(), NOW).await;
    NewPending {
        id,
        account: amy.account.id,
        interaction: GrantId::new(NOW),
        secret: digest(),
        expires_at: later(900),
        now: NOW,
        reservation: reserved.unwrap().committed().unwrap(),
        audit: audit(),
        message: None,
    }
}

async fn a_lock_tells_of_every_running_session(world: &World) {
    let (amy, client) = (world.signed_in("amy").await, listener(world).await);
    let (over, _) = world.session(amy.account.id).await;
    for session in [amy.session, over] {
        give(world, &amy, &client, session).await;
    }
    assert!(end(world, over).await);
    let [delivery] = due(world, NOW).await.try_into().unwrap();
    world.store.remove_logout(&delivery).await.unwrap().committed();
    let lock =
        async || world.store.lock_account(amy.account.id, NOW, audit()).await.unwrap().committed();
    assert!(lock().await);
    let [delivery] = due(world, NOW).await.try_into().unwrap();
    assert_eq!(delivery.session, amy.session, "of the one that had ended they were told");
    world.store.remove_logout(&delivery).await.unwrap().committed();
    assert!(!lock().await);
    assert!(due(world, NOW).await.is_empty(), "it was locked already");
}

async fn one_of_sixteen_takes_a_delivery(world: &World) {
    ended(world).await;
    let [delivery] = due(world, NOW).await.try_into().unwrap();
    let took = at_once(16, |_| {
        let (store, delivery) = (world.store.clone(), delivery.clone());
        async move { store.take_logout(&delivery, later(60)).await.unwrap().committed() }
    })
    .await;
    assert_eq!(took.iter().filter(|took| **took).count(), 1);
    assert!(due(world, later(59)).await.is_empty());
}

async fn a_taken_delivery_is_due_again_unless_it_is_removed(world: &World) {
    ended(world).await;
    let [first] = due(world, NOW).await.try_into().unwrap();
    assert!(world.store.take_logout(&first, later(60)).await.unwrap().committed());
    // Whoever took it died.
    let [second] = due(world, later(60)).await.try_into().unwrap();
    assert_eq!(second.attempts, 1);
    assert!(world.store.take_logout(&second, later(120)).await.unwrap().committed());
    assert!(world.store.put_off_logout(&second, later(300)).await.unwrap().committed());
    assert!(due(world, later(299)).await.is_empty());
    let [third] = due(world, later(300)).await.try_into().unwrap();
    assert_eq!((third.attempts, third.created_at), (2, NOW));
    world.store.remove_logout(&third).await.unwrap().committed();
    assert!(due(world, NOW.plus(SESSION)).await.is_empty());
    assert!(!world.store.take_logout(&third, later(999)).await.unwrap().committed());
}

async fn a_delivery_that_was_taken_anew_is_not_put_off(world: &World) {
    ended(world).await;
    let [slow] = due(world, NOW).await.try_into().unwrap();
    assert!(world.store.take_logout(&slow, later(60)).await.unwrap().committed());
    let [next] = due(world, later(60)).await.try_into().unwrap();
    assert!(world.store.take_logout(&next, later(120)).await.unwrap().committed());
    assert!(!world.store.put_off_logout(&slow, later(9_999)).await.unwrap().committed());
    assert_eq!(due(world, later(120)).await.len(), 1);
}

async fn the_longest_due_comes_first_and_no_more_than_asked(world: &World) {
    let amy = world.signed_in("amy").await;
    for _ in 0..3 {
        give(world, &amy, &listener(world).await, amy.session).await;
    }
    assert!(end(world, amy.session).await);
    let all = due(world, NOW).await;
    for (index, until) in [(0, 30), (1, 10), (2, 20)] {
        assert!(world.store.take_logout(&all[index], later(until)).await.unwrap().committed());
    }
    let two = world.store.due_logouts(later(30), 2).await.unwrap();
    let order: Vec<_> = two.iter().map(|delivery| delivery.client).collect();
    assert_eq!(order, [all[1].client, all[2].client]);
}

/// A delivery refers to neither: whoever removes one need not know of it.
async fn a_session_or_client_that_is_removed_takes_nothing_with_it(world: &World) {
    let (amy, client) = ended(world).await;
    for table in ["grants", "sessions", "clients"] {
        world.raw().execute(&format!("DELETE FROM {table}")).await.unwrap();
    }
    let [delivery] = due(world, NOW).await.try_into().unwrap();
    assert_eq!((delivery.client, delivery.account.id), (client.id, amy.account.id));
}
