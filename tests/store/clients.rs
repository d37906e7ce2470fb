//! Clients, and the version that tells every node to read them anew.

use fuxin::base::id::ClientId;
use fuxin::base::time::Timestamp;
use fuxin::model::client::{Client, StoredSecret};
use fuxin::store::Versions;

use crate::support::{NOW, World, audit, digest, later, on_both_databases};

on_both_databases! {
    a_client_comes_back_as_it_was_registered,
    a_later_registration_replaces_the_earlier_one,
    a_client_that_is_switched_off_is_listed_but_not_found,
    clients_are_listed_in_order_page_by_page,
    each_registration_raises_the_version,
    parallel_registrations_raise_the_version_once_each,
}

async fn a_client_comes_back_as_it_was_registered(world: &World) {
    let client = world.client().await;
    let found = world.store.find_client(client.id).await.unwrap().unwrap();
    assert_eq!((found.id, &found.registration), (client.id, &client.registration));
    match (found.secret.as_ref().unwrap(), client.secret.as_ref().unwrap()) {
        (StoredSecret::Digest(found), StoredSecret::Digest(own)) => assert!(found.is(own)),
        other => panic!("{other:?}"),
    }
    assert_eq!(found.settings().client_name, "監理服務網");
    assert!(world.store.find_client(ClientId::new(NOW)).await.unwrap().is_none());
}

async fn a_later_registration_replaces_the_earlier_one(world: &World) {
    let client = world.client().await;
    let public = Client { secret: None, ..client.clone() };
    world.store.put_client(&public, later(60), audit()).await.unwrap().committed();
    assert!(world.store.find_client(client.id).await.unwrap().unwrap().secret.is_none());
    let listed = world.store.list_clients(None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed.first().unwrap().created_at, NOW);

    let sealed = StoredSecret::Sealed(b"sealed".as_slice().into());
    let signing = Client { secret: Some(sealed), ..client.clone() };
    world.store.put_client(&signing, later(60), audit()).await.unwrap().committed();
    let found = world.store.find_client(client.id).await.unwrap().unwrap().secret.unwrap();
    assert!(matches!(found, StoredSecret::Sealed(bytes) if &*bytes == b"sealed"));
}

async fn a_client_that_is_switched_off_is_listed_but_not_found(world: &World) {
    let client = world.client().await;
    world.raw().execute("UPDATE clients SET disabled_at = 7").await.unwrap();
    assert!(world.store.find_client(client.id).await.unwrap().is_none());
    let again = Client { secret: Some(StoredSecret::Digest(digest())), ..client.clone() };
    world.store.put_client(&again, NOW, audit()).await.unwrap().committed();
    assert!(world.store.find_client(client.id).await.unwrap().is_none(), "it stays off");
    let listed = world.store.list_clients(None, 10).await.unwrap();
    assert_eq!(listed.first().unwrap().disabled_at, Some(Timestamp::from_seconds(7)));
}

async fn clients_are_listed_in_order_page_by_page(world: &World) {
    let mut ids = Vec::new();
    for seconds in [30, 10, 20, 0] {
        let client = Client { id: ClientId::new(later(seconds)), ..world.client().await };
        world.store.put_client(&client, NOW, audit()).await.unwrap().committed();
        ids.push(client.id);
    }
    let mut listed = Vec::new();
    loop {
        let page = world.store.list_clients(listed.last().copied(), 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 3);
        listed.extend(page.into_iter().map(|record| record.client.id));
    }
    assert!(listed.is_sorted() && listed.len() == 8);
    assert!(ids.iter().all(|id| listed.contains(id)));
}

async fn each_registration_raises_the_version(world: &World) {
    let before = world.store.versions().await.unwrap();
    let client = world.client().await;
    let once = world.store.versions().await.unwrap();
    assert_eq!(once, Versions { clients: before.clients + 1, ..before });
    world.store.put_client(&client, NOW, audit()).await.unwrap().committed();
    let twice = world.store.versions().await.unwrap();
    assert_eq!(twice, Versions { clients: before.clients + 2, ..before });
    let other_node = world.another_node().await;
    assert_eq!(other_node.versions().await.unwrap(), twice);
    other_node.close().await;
}

async fn parallel_registrations_raise_the_version_once_each(world: &World) {
    let (client, before) = (world.client().await, world.store.versions().await.unwrap());
    crate::support::at_once(16, |_| {
        let (store, client) = (world.store.clone(), client.clone());
        async move { store.put_client(&client, NOW, audit()).await.unwrap().committed() }
    })
    .await;
    let after = world.store.versions().await.unwrap();
    assert_eq!(after.clients, before.clients + 16);
}
