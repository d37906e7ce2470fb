//! Remembered consents: one for an account and a client, and what their withdrawal takes along.

use fuxin::base::id::{AccountId, ClientId};
use fuxin::model::consent::Consent;
use fuxin::oauth::claims_request::ClaimsRequest;

use crate::support::{NOW, World, audit, later, on_both_databases};

on_both_databases! {
    a_later_consent_replaces_the_earlier_one,
    single_claims_come_back,
    a_consent_of_nobody_is_an_error,
    withdrawing_ends_everything_that_the_client_holds_of_the_account,
    withdrawing_what_was_never_given_says_so,
}

fn consent(scope: &str) -> Consent {
    Consent {
        scope: scope.parse().unwrap(),
        claims: ClaimsRequest::default(),
        client: crate::support::digest(),
        given_at: NOW,
    }
}

async fn put(world: &World, account: AccountId, client: ClientId, consent: &Consent) {
    world.store.put_consent(account, client, consent, audit()).await.unwrap().committed();
}

async fn a_later_consent_replaces_the_earlier_one(world: &World) {
    let person = world.signed_in("amy").await;
    let (account, client) = (person.account.id, person.client.id);
    put(world, account, client, &consent("openid email")).await;
    let second = Consent { given_at: later(60), ..consent("openid") };
    put(world, account, client, &second).await;
    let found = world.store.find_sign_on(&person.secret, Some(client), NOW).await.unwrap().unwrap();
    let found = found.consent.unwrap();
    assert_eq!((found.scope, found.given_at), (second.scope, later(60)));
    assert!(found.client.is(&second.client));
    assert_eq!(world.raw().count("consents").await, 1);
}

async fn single_claims_come_back(world: &World) {
    let person = world.signed_in("amy").await;
    let (account, client) = (person.account.id, person.client.id);
    let asked = r#"{"userinfo": {"email": {"essential": true}}, "id_token": {"acr": null}}"#;
    let claims = ClaimsRequest::parse(Some(asked)).unwrap();
    put(world, account, client, &Consent { claims: claims.clone(), ..consent("openid") }).await;
    let found = world.store.find_sign_on(&person.secret, Some(client), NOW).await.unwrap().unwrap();
    assert_eq!(found.consent.unwrap().claims, claims);
}

async fn a_consent_of_nobody_is_an_error(world: &World) {
    let client = world.client().await;
    let before = world.raw().count("audit_events").await;
    let nobody = AccountId::new(NOW);
    let put = world.store.put_consent(nobody, client.id, &consent("openid"), audit()).await;
    assert!(!put.unwrap_err().is_unavailable());
    assert_eq!(world.raw().count("consents").await, 0);
    assert_eq!(world.raw().count("audit_events").await, before);
}

async fn withdrawing_ends_everything_that_the_client_holds_of_the_account(world: &World) {
    let (amy, bob) = (world.signed_in("amy").await, world.signed_in("bob").await);
    let (account, client) = (amy.account.id, amy.client.id);
    for client in [client, bob.client.id] {
        put(world, account, client, &consent("openid")).await;
    }
    let waiting = world.grant(&amy).await;
    let (redeemed, _) = world.refreshable(&amy).await;
    let elsewhere = fuxin::model::grant::GrantRow { client_id: bob.client.id, ..amy.grant() };
    let put = world.store.put_code(crate::support::with_code(&elsewhere)).await.unwrap();
    assert!(put.committed());
    let of_bob = world.grant(&bob).await;

    let withdrawn = world.store.withdraw_consent(account, client, NOW, audit()).await.unwrap();
    assert!(withdrawn.committed());
    let is_alive = async |id| world.store.find_grant(id, NOW).await.unwrap().is_some();
    assert!(!is_alive(waiting.id).await && !is_alive(redeemed.id).await);
    assert!(is_alive(elsewhere.id).await && is_alive(of_bob.id).await);
    let consent_to = async |client| {
        world.store.find_sign_on(&amy.secret, client, NOW).await.unwrap().unwrap().consent
    };
    assert!(consent_to(Some(client)).await.is_none());
    assert!(consent_to(Some(bob.client.id)).await.is_some());
}

/// A client that needs no consent holds grants all the same; they end, too.
async fn withdrawing_what_was_never_given_says_so(world: &World) {
    let amy = world.signed_in("amy").await;
    let row = world.grant(&amy).await;
    let (account, client) = (amy.account.id, amy.client.id);
    let withdrawn = world.store.withdraw_consent(account, client, NOW, audit()).await.unwrap();
    assert!(!withdrawn.committed());
    assert!(world.store.find_grant(row.id, NOW).await.unwrap().is_none());
}
