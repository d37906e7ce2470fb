//! Clients that registered themselves, and the tokens they came with: counted, replaced and deleted once each.

use fuxin::base::id::{ClientId, InitialAccessId};
use fuxin::base::secret::Digest;
use fuxin::base::time::Lifetime;
use fuxin::model::client::{Client, Logo, StoredSecret};
use fuxin::model::consent::Consent;
use fuxin::model::registration::InitialAccessRecord;
use fuxin::oauth::claims_request::ClaimsRequest;
use fuxin::oauth::logo_name::LogoName;
use fuxin::oauth::registration_policy::RegistrationPolicy;
use fuxin::oauth::scope::ScopeSet;
use fuxin::store::{LogoChange, RegistrationChange};

use crate::support::{NOW, SignedIn, World, at_once, audit, digest, later, on_both_databases};

on_both_databases! {
    a_token_is_found_by_its_digest_and_listed_until_it_is_revoked,
    a_token_registers_as_many_clients_as_it_may,
    of_many_at_once_as_many_register_as_the_token_may,
    a_token_that_is_over_or_revoked_registers_nobody,
    a_replacement_is_made_once_by_the_token_that_holds,
    nothing_is_replaced_once_the_token_that_let_the_client_in_is_revoked,
    a_deleted_client_and_its_logo_are_gone,
    what_people_gave_a_deleted_client_is_taken_back_and_its_secrets_are_forgotten,
    a_client_is_unused_until_its_first_use,
}

/// A token for so many clients, which ends a day later.
async fn token(world: &World, clients: u32) -> (InitialAccessRecord, Digest) {
    let record = InitialAccessRecord {
        id: InitialAccessId::new(NOW),
        name: "縣政府".to_owned(),
        policy: RegistrationPolicy {
            response_types: Vec::new(),
            token_endpoint_auth_methods: Vec::new(),
            weak_features: [].into_iter().collect(),
            scope: ScopeSet::default(),
        },
        clients_left: clients,
        created_at: NOW,
        expires_at: NOW.plus(Lifetime::days(1)),
        revoked_at: None,
    };
    let digest = digest();
    world.store.put_initial_access_token(&record, digest, audit()).await.unwrap().committed();
    (record, digest)
}

fn logo() -> Logo {
    Logo { name: LogoName::of(b"png"), png: b"png".as_slice().into() }
}

/// What somebody registers.
async fn new(world: &World) -> RegistrationChange {
    let client = Client { id: ClientId::new(NOW), ..world.client().await };
    RegistrationChange { client, logo: LogoChange::Put(logo()), digest: digest(), now: NOW }
}

/// A client that registered itself.
async fn registered(world: &World) -> RegistrationChange {
    let (new, (token, _)) = (new(world).await, token(world, 1).await);
    assert!(world.store.register_client(token.id, new.clone(), audit()).await.unwrap().committed());
    new
}

async fn a_token_is_found_by_its_digest_and_listed_until_it_is_revoked(world: &World) {
    let (record, known) = token(world, 3).await;
    let found = world.store.find_initial_access_token(known).await.unwrap().unwrap();
    assert_eq!((found.id, found.clients_left, &found.policy), (record.id, 3, &record.policy));
    assert!(found.is_good(NOW) && !found.is_good(record.expires_at));
    assert!(world.store.find_initial_access_token(digest()).await.unwrap().is_none());
    let revoke = async |id| {
        world.store.revoke_initial_access_token(id, NOW, audit()).await.unwrap().committed()
    };
    assert!(revoke(record.id).await && !revoke(record.id).await);
    assert!(!revoke(InitialAccessId::new(NOW)).await);
    let listed = world.store.list_initial_access_tokens(None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(listed[0].revoked_at == Some(NOW) && !listed[0].is_good(NOW));
}

async fn a_token_registers_as_many_clients_as_it_may(world: &World) {
    let (token, _) = token(world, 2).await;
    for may in [true, true, false] {
        let (new, before) = (new(world).await, world.store.versions().await.unwrap());
        let id = new.client.id;
        let done = world.store.register_client(token.id, new, audit()).await.unwrap().committed();
        assert_eq!(done, may);
        assert_eq!(world.store.find_client(id).await.unwrap().is_some(), may);
        let after = world.store.versions().await.unwrap();
        assert_eq!(after.clients - before.clients, i64::from(may));
    }
}

async fn of_many_at_once_as_many_register_as_the_token_may(world: &World) {
    let (token, known) = token(world, 5).await;
    let mut all = Vec::new();
    for _ in 0..16 {
        all.push(new(world).await);
    }
    let done = at_once(16, |n| {
        let (store, new, id) = (world.store.clone(), all[n].clone(), token.id);
        async move { store.register_client(id, new, audit()).await.unwrap().committed() }
    });
    assert_eq!(done.await.iter().filter(|done| **done).count(), 5);
    let left = world.store.find_initial_access_token(known).await.unwrap().unwrap();
    assert_eq!(left.clients_left, 0);
}

async fn a_token_that_is_over_or_revoked_registers_nobody(world: &World) {
    let (token, _) = token(world, 9).await;
    let mut late = new(world).await;
    late.now = token.expires_at;
    let register =
        async |new| world.store.register_client(token.id, new, audit()).await.unwrap().committed();
    assert!(!register(late).await);
    assert!(register(new(world).await).await);
    world.store.revoke_initial_access_token(token.id, NOW, audit()).await.unwrap().committed();
    assert!(!register(new(world).await).await);
}

async fn a_replacement_is_made_once_by_the_token_that_holds(world: &World) {
    let first = registered(world).await;
    let replace = |presented, holds| {
        let new = RegistrationChange { digest: holds, logo: LogoChange::Keep, ..first.clone() };
        let store = world.store.clone();
        async move {
            store.replace_registered_client(presented, new, audit()).await.unwrap().committed()
        }
    };
    let successors: Vec<Digest> = (0..8).map(|_| digest()).collect();
    let done = at_once(8, |n| replace(first.digest, successors[n])).await;
    assert_eq!(done.iter().filter(|done| **done).count(), 1);
    let holds = successors[done.iter().position(|done| *done).unwrap()];
    let found = world.store.find_registered_client(first.client.id).await.unwrap().unwrap();
    assert!(found.digest.is(&holds) && !found.token_revoked);
    assert!(world.store.find_logo(&logo().name).await.unwrap().is_some(), "it was kept");
    assert!(!replace(digest(), digest()).await);
    assert!(replace(holds, digest()).await);
}

async fn nothing_is_replaced_once_the_token_that_let_the_client_in_is_revoked(world: &World) {
    let (first, (token, _)) = (new(world).await, token(world, 1).await);
    let store = &world.store;
    assert!(store.register_client(token.id, first.clone(), audit()).await.unwrap().committed());
    let replace = async || {
        let replaced = store.replace_registered_client(first.digest, first.clone(), audit());
        replaced.await.unwrap().committed()
    };
    assert!(replace().await);
    store.revoke_initial_access_token(token.id, NOW, audit()).await.unwrap().committed();
    assert!(!replace().await);
    let deleted = store.delete_registered_client(first.client.id, first.digest, NOW, audit());
    assert!(deleted.await.unwrap().committed());
}

async fn a_deleted_client_and_its_logo_are_gone(world: &World) {
    let first = registered(world).await;
    let id = first.client.id;
    let delete = async |presented| {
        let deleted = world.store.delete_registered_client(id, presented, later(60), audit());
        deleted.await.unwrap().committed()
    };
    assert!(!delete(digest()).await);
    assert_eq!(world.store.find_logo(&logo().name).await.unwrap().unwrap(), b"png");
    assert!(delete(first.digest).await && !delete(first.digest).await);
    assert!(world.store.find_client(id).await.unwrap().is_none());
    assert!(world.store.find_registered_client(id).await.unwrap().is_none());
    assert!(world.store.find_logo(&logo().name).await.unwrap().is_none());
    let listed = world.store.list_clients(None, 10).await.unwrap();
    assert!(listed.iter().all(|record| record.client.id != id));
}

async fn what_people_gave_a_deleted_client_is_taken_back_and_its_secrets_are_forgotten(
    world: &World,
) {
    let mut first = new(world).await;
    first.client.secret = Some(StoredSecret::Sealed(b"sealed".as_slice().into()));
    let (token, _) = token(world, 1).await;
    let registered = world.store.register_client(token.id, first.clone(), audit());
    assert!(registered.await.unwrap().committed());
    let (account, other) = (world.account("amy").await, world.client().await);
    let (session, secret) = world.session(account.id).await;
    for client in [&first.client, &other] {
        let consent = Consent {
            scope: "openid".parse().unwrap(),
            claims: ClaimsRequest::default(),
            client: digest(),
            given_at: NOW,
        };
        let put = world.store.put_consent(account.id, client.id, &consent, audit());
        put.await.unwrap().committed();
        let (account, client) = (account.clone(), client.clone());
        world.refreshable(&SignedIn { account, client, session, secret }).await;
    }
    let held = async || {
        let count = async |of| world.raw().number(&format!("SELECT COUNT(*) FROM {of}")).await;
        [
            count("grants WHERE revoked_at IS NULL").await,
            count("consents").await,
            count("clients WHERE secret_sealed IS NOT NULL").await,
            count("clients WHERE registration_digest IS NOT NULL").await,
        ]
    };
    assert_eq!(held().await, [2, 2, 1, 1]);
    let deleted = world.store.delete_registered_client(first.client.id, first.digest, NOW, audit());
    assert!(deleted.await.unwrap().committed());
    assert_eq!(held().await, [1, 1, 0, 0], "the other client's stay");
}

async fn a_client_is_unused_until_its_first_use(world: &World) {
    let (used, unused) = (registered(world).await.client.id, registered(world).await.client.id);
    let by_operator = world.client().await.id;
    let note = async |id| world.store.note_first_use(id, NOW).await.unwrap().committed();
    assert!(note(used).await && !note(used).await);
    assert!(world.store.unused_clients(NOW, 9).await.unwrap().is_empty());
    assert_eq!(world.store.unused_clients(later(1), 9).await.unwrap(), [unused]);
    let delete = async |id| {
        world.store.delete_unused_client(id, later(1), audit()).await.unwrap().committed()
    };
    assert!(!delete(used).await && !delete(by_operator).await);
    world.raw().execute("UPDATE clients SET disabled_at = 7").await.unwrap();
    assert!(
        world.store.unused_clients(later(1), 9).await.unwrap().is_empty(),
        "it is switched off"
    );
    assert!(!delete(unused).await);
    world.raw().execute("UPDATE clients SET disabled_at = NULL").await.unwrap();
    assert!(delete(unused).await && !delete(unused).await);
    assert!(world.store.find_client(unused).await.unwrap().is_none());
    assert!(world.store.unused_clients(later(1), 9).await.unwrap().is_empty());
}
