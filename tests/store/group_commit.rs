//! SQLite's writer: what queues up shares one commit, and nobody in a group is hurt by another one's refusal.
//!
//! These tests run on one thread, so all writes are in the queue before the writer looks at it; how many commits they
//! took is read from the log of writes.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Waker};

use fuxin::base::id::{ClientId, SessionId};
use fuxin::base::internal::Internal;
use fuxin::base::limits;
use fuxin::base::secret::Digest;
use fuxin::model::grant::GrantRow;
use fuxin::store::{NewSignIn, SessionChange, Store};
use tokio::task::JoinHandle;

use crate::support::{
    NOW, Place, World, audit, block_on, digest, later, on_both_databases, with_code,
};

on_both_databases! {
    a_write_whose_caller_goes_away_is_committed,
    closing_finishes_what_was_asked_before,
}

async fn a_write_whose_caller_goes_away_is_committed(world: &World) {
    let tickets: Vec<Digest> = (0..50).map(|_| digest()).collect();
    for ticket in &tickets {
        let mut write = pin!(world.store.spend_challenge(*ticket, later(60)));
        // Asked once, then dropped: the browser has gone.
        let asked = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(asked.is_pending());
    }
    for _ in 0..200 {
        if world.raw().count("spent_challenges").await == 50 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for ticket in tickets {
        assert!(!world.store.spend_challenge(ticket, later(60)).await.unwrap().committed());
    }
}

async fn closing_finishes_what_was_asked_before(world: &World) {
    let node = world.another_node().await;
    node.ping().await.unwrap();
    let tickets: Vec<Digest> = (0..8).map(|_| digest()).collect();
    let mut writes: Vec<_> =
        tickets.iter().map(|ticket| Box::pin(node.spend_challenge(*ticket, later(60)))).collect();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(writes.iter_mut().all(|write| write.as_mut().poll(&mut cx).is_pending()));
    // On PostgreSQL a write is asked for once its task holds a connection.
    while !world.raw().is_sqlite() && world.raw().count("spent_challenges").await < 8 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    node.close().await;
    for write in writes {
        assert!(write.await.unwrap().committed());
    }
    assert_eq!(world.raw().count("spent_challenges").await, 8);
    let late = node.spend_challenge(digest(), later(60)).await;
    assert!(late.unwrap_err().is_unavailable());
    assert!(node.ping().await.unwrap_err().is_unavailable());
}

/// How many commits the log of writes holds: frames that carry the size of the database (SQLite's file format, §4.1).
fn commits(file: &Path) -> usize {
    let mut log = PathBuf::from(file).into_os_string();
    log.push("-wal");
    let bytes = std::fs::read(log).unwrap();
    let (header, mut rest) = bytes.split_at(32);
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let frame = 24 + usize::try_from(number(&header[8..12])).unwrap();
    let mut commits = 0;
    // Frames of an earlier round carry another salt.
    while rest.len() >= frame && rest[8..16] == header[16..24] {
        commits += usize::from(number(&rest[4..8]) != 0);
        rest = &rest[frame..];
    }
    commits
}

async fn sqlite() -> World {
    let world = World::migrated(Place::sqlite().await).await;
    // The log begins anew with the first write after the migrations.
    world.store.record(audit()).await.unwrap().committed();
    world
}

type Write = JoinHandle<Result<bool, Internal>>;

fn spend(store: &Store) -> Write {
    let store = store.clone();
    tokio::spawn(async move { Ok(store.spend_challenge(digest(), later(60)).await?.committed()) })
}

#[test]
fn concurrent_writes_share_a_commit() {
    block_on(async {
        let world = sqlite().await;
        let before = commits(world.place.path());
        let writes: Vec<Write> = (0..limits::WRITE_GROUP).map(|_| spend(&world.store)).collect();
        for write in writes {
            assert!(write.await.unwrap().unwrap());
        }
        assert_eq!(commits(world.place.path()), before + 1);
        world.remove().await;
    });
}

#[test]
fn a_group_has_at_most_so_many_writes() {
    block_on(async {
        let world = sqlite().await;
        let before = commits(world.place.path());
        let writes: Vec<Write> = (0..=limits::WRITE_GROUP).map(|_| spend(&world.store)).collect();
        for write in writes {
            assert!(write.await.unwrap().unwrap());
        }
        assert_eq!(commits(world.place.path()), before + 2);
        world.remove().await;
    });
}

/// Every kind of refusal in one group: a single statement and a transaction that break a constraint, and transactions
/// that undo themselves.
#[test]
fn a_refusal_in_the_middle_hurts_nobody_else() {
    block_on(async {
        let world = sqlite().await;
        let person = world.signed_in("amy").await;
        let (row, taken) = (world.grant(&person).await, audit());
        world.store.record(taken.clone()).await.unwrap().committed();
        let rows = world.raw().count("audit_events").await;
        let before = commits(world.place.path());

        let orphan = GrantRow { client_id: ClientId::new(NOW), ..person.grant() };
        let same_session = NewSignIn {
            session: SessionChange::Begin(person.session),
            ..world.sign_in(person.account.id)
        };
        let mut sound: Vec<Write> = (0..15).map(|_| spend(&world.store)).collect();
        let store = world.store.clone();
        let broken: [Write; 3] = [
            tokio::spawn({
                let store = store.clone();
                async move { Ok(store.put_code(with_code(&orphan)).await?.committed()) }
            }),
            tokio::spawn({
                let store = store.clone();
                async move { Ok(store.sign_in(same_session).await?.committed()) }
            }),
            tokio::spawn({
                let (store, row) = (store.clone(), row.clone());
                async move {
                    Ok(store.revoke_grant(row.id, row.client_id, NOW, taken).await?.committed())
                }
            }),
        ];
        sound.extend((0..15).map(|_| spend(&world.store)));
        let undone: Write = tokio::spawn({
            let store = store.clone();
            async move { Ok(store.end_session(SessionId::new(NOW), NOW, audit()).await?.committed()) }
        });
        let redeemed: Write =
            tokio::spawn(async move { Ok(store.redeem(&row, None, NOW).await?.committed()) });
        sound.extend((0..15).map(|_| spend(&world.store)));

        for write in broken {
            let error = write.await.unwrap().unwrap_err();
            assert!(!error.is_unavailable(), "{error}");
        }
        assert!(!undone.await.unwrap().unwrap());
        assert!(redeemed.await.unwrap().unwrap(), "its revocation was undone");
        for write in sound {
            assert!(write.await.unwrap().unwrap());
        }
        assert_eq!(commits(world.place.path()), before + 1, "it was one group");
        assert_eq!(world.raw().count("spent_challenges").await, 45);
        assert_eq!(world.raw().count("audit_events").await, rows);
        assert_eq!(
            (world.raw().count("sessions").await, world.raw().count("grants").await),
            (1, 1)
        );
        world.remove().await;
    });
}

/// In one group, too, the first of all racers wins.
#[test]
fn of_one_group_one_redemption_wins() {
    block_on(async {
        let world = sqlite().await;
        let row = world.grant(&world.signed_in("amy").await).await;
        let before = commits(world.place.path());
        let writes: Vec<Write> = (0..limits::WRITE_GROUP)
            .map(|_| {
                let (store, row) = (world.store.clone(), row.clone());
                tokio::spawn(async move { Ok(store.redeem(&row, None, NOW).await?.committed()) })
            })
            .collect();
        let mut won = 0;
        for write in writes {
            won += usize::from(write.await.unwrap().unwrap());
        }
        assert_eq!((won, commits(world.place.path())), (1, before + 1));
        world.remove().await;
    });
}

#[test]
fn a_full_queue_refuses_at_once() {
    block_on(async {
        let world = sqlite().await;
        let writes: Vec<Write> =
            (0..limits::WRITE_QUEUE + 10).map(|_| spend(&world.store)).collect();
        let (mut kept, mut refused) = (0, 0);
        for write in writes {
            match write.await.unwrap() {
                Ok(spent) => kept += usize::from(spent),
                Err(error) => {
                    assert!(error.is_unavailable());
                    refused += 1;
                }
            }
        }
        assert_eq!((kept, refused), (limits::WRITE_QUEUE, 10));
        let rows = world.raw().count("spent_challenges").await;
        assert_eq!(usize::try_from(rows).unwrap(), limits::WRITE_QUEUE);
        world.remove().await;
    });
}
