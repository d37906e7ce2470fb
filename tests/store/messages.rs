//! The outbox: a message is there exactly if what it tells of happened, and nobody reads it without the master key.

use fuxin::base::id::{GrantId, PendingId, SessionId};
use fuxin::base::master_key::MasterKey;
use fuxin::i18n::Locale;
use fuxin::model::account::Account;
use fuxin::model::message::{Message, Notice, Recipient};
use fuxin::store::{Budget, NewPending, SessionChange, Store};

use crate::support::{NOW, World, audit, digest, later, limits, message, on_both_databases};

on_both_databases! {
    a_message_is_written_with_the_sign_in_it_tells_of,
    a_sign_in_that_is_refused_tells_nobody,
    a_message_that_cannot_be_written_undoes_its_sign_in,
    a_message_is_written_with_a_pending_step,
    every_message_comes_back_as_it_was,
    the_newest_messages_come_first,
    who_is_written_to_and_what_is_sealed_at_rest,
    a_message_does_not_open_under_another_master_key,
    a_message_does_not_open_in_another_row,
}

async fn sign_in_telling(world: &World, account: &Account, message: Message) {
    let mut new = world.sign_in(account.id);
    new.message = Some(message);
    assert!(world.store.sign_in(new).await.unwrap().committed());
}

async fn told(world: &World) -> Vec<Message> {
    world.store.latest_messages(100).await.unwrap()
}

async fn a_message_is_written_with_the_sign_in_it_tells_of(world: &World) {
    let amy = world.account("amy").await;
    world.session(amy.id).await;
    assert!(told(world).await.is_empty(), "an ordinary sign-in tells nobody");
    let message = message(&amy, NOW);
    sign_in_telling(world, &amy, message.clone()).await;
    assert_eq!(told(world).await, [message]);
}

async fn a_sign_in_that_is_refused_tells_nobody(world: &World) {
    let amy = world.account("amy").await;
    let (id, _) = world.session(amy.id).await;
    world.store.end_session(id, NOW, audit()).await.unwrap().committed();
    let mut rotation = world.sign_in(amy.id);
    rotation.session = SessionChange::Rotate(id);
    rotation.message = Some(message(&amy, NOW));
    assert!(!world.store.sign_in(rotation.clone()).await.unwrap().committed());
    assert!(told(world).await.is_empty());
    rotation.session = SessionChange::Begin(SessionId::new(NOW));
    assert!(world.store.sign_in(rotation).await.unwrap().committed());
    assert_eq!(told(world).await.len(), 1, "once, whichever of the two was written");
}

/// The row's id is taken: the sign-in does not happen either.
async fn a_message_that_cannot_be_written_undoes_its_sign_in(world: &World) {
    let amy = world.account("amy").await;
    let message = message(&amy, NOW);
    sign_in_telling(world, &amy, message.clone()).await;
    let mut again = world.sign_in(amy.id);
    again.message = Some(message);
    world.store.sign_in(again.clone()).await.unwrap_err();
    assert!(world.store.find_sign_on(&again.secret, None, NOW).await.unwrap().is_none());
    assert_eq!(told(world).await.len(), 1);
}

async fn a_message_is_written_with_a_pending_step(world: &World) {
    let amy = world.account("amy").await;
    let reserved = world.store.reserve_attempt(digest(), Budget::Other, limits(), NOW).await;
    let notice = Notice::RightAfterFailures { failures: 3 };
    let message = Message { notice, ..message(&amy, NOW) };
    let pending = NewPending {
        id: PendingId::new(NOW),
        account: amy.id,
        interaction: GrantId::new(NOW),
        secret: digest(),
        expires_at: later(900),
        now: NOW,
        reservation: reserved.unwrap().committed().unwrap(),
        audit: audit(),
        message: Some(message.clone()),
    };
    world.store.insert_pending(pending).await.unwrap().committed();
    assert_eq!(told(world).await, [message]);
}

async fn every_message_comes_back_as_it_was(world: &World) {
    let amy = world.account("amy").await;
    let notices = [Notice::PasswordChanged, Notice::RightAfterFailures { failures: 99 }];
    let recipients =
        [Recipient::Email("amy@agency.test".into()), Recipient::Sms("+886912345678".into())];
    let mut seconds = 0;
    for notice in notices {
        for recipient in &recipients {
            for locale in Locale::ALL {
                seconds += 1;
                let (recipient, plain) = (recipient.clone(), message(&amy, later(seconds)));
                let message = Message { notice, recipient, locale, name: None, ..plain };
                sign_in_telling(world, &amy, message.clone()).await;
                assert_eq!(told(world).await.first(), Some(&message));
            }
        }
    }
    let columns = "SELECT DISTINCT channel || ' ' || purpose || ' ' || language FROM messages";
    assert_eq!(world.raw().texts(columns).await.len(), 8, "an operator can count them");
}

async fn the_newest_messages_come_first(world: &World) {
    let amy = world.account("amy").await;
    for seconds in [2, 0, 1] {
        sign_in_telling(world, &amy, message(&amy, later(seconds))).await;
    }
    let newest = world.store.latest_messages(2).await.unwrap();
    let at: Vec<_> = newest.iter().map(|message| message.created_at).collect();
    assert_eq!(at, [later(2), later(1)]);
}

async fn who_is_written_to_and_what_is_sealed_at_rest(world: &World) {
    let amy = world.account("amy").await;
    let notice = Notice::RightAfterFailures { failures: 7 };
    sign_in_telling(world, &amy, Message { notice, ..message(&amy, NOW) }).await;
    let column = world.raw().bytes("SELECT content FROM messages").await;
    let has = |text: &str| column.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    for plain in ["amy", "agency.test", "𣲚", "吳", "recipient", "failures"] {
        assert!(!has(plain), "{plain} lies open");
    }
}

async fn a_message_does_not_open_under_another_master_key(world: &World) {
    let amy = world.account("amy").await;
    sign_in_telling(world, &amy, message(&amy, NOW)).await;
    let other = Store::open(&world.place.location, &MasterKey::random()).await.unwrap();
    let error = other.latest_messages(1).await.unwrap_err();
    assert!(!error.is_unavailable(), "trying again does not help: {error}");
    other.close().await;
}

async fn a_message_does_not_open_in_another_row(world: &World) {
    let amy = world.account("amy").await;
    for at in [NOW, later(1)] {
        sign_in_telling(world, &amy, message(&amy, at)).await;
    }
    let swap = "UPDATE messages SET content = (SELECT newer.content FROM messages AS newer ORDER BY newer.created_at DESC LIMIT 1)";
    world.raw().execute(swap).await.unwrap();
    assert!(world.store.latest_messages(1).await.is_ok(), "the one that it was taken from");
    world.store.latest_messages(2).await.unwrap_err();
}
