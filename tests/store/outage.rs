//! A database that is gone, hung, cut off, busy or read-only: 503 within the time that a request can wait, never a false
//! success (A-TOK-10, the store's part), and all is well again when it is back.

use std::net::TcpListener;
use std::time::Duration;

use fuxin::base::internal::Internal;
use fuxin::base::master_key::MasterKey;
use fuxin::model::grant::GrantRow;
use fuxin::store::{Budget, Durable, Location, Store};
use tokio::time::{Instant, timeout};

use crate::support::{
    NOW, Place, SignedIn, Wire, World, application, at_once, audit, block_on, digest, later,
    limits, with_code,
};

/// How long a request may wait for a connection, and a little more.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may then wait for an answer.
const ANSWER: Duration = Duration::from_secs(6);

/// One failed attempt at each kind of change.
async fn nothing_is_changed(store: &Store, person: &SignedIn, row: &GrantRow) {
    fn refused<T>(what: &str, result: Result<Durable<T>, Internal>) {
        match result {
            Ok(_) => panic!("{what} was acknowledged"),
            Err(error) => assert!(error.is_unavailable(), "{what}: {error}"),
        }
    }
    refused("a code", store.put_code(with_code(&person.grant())).await);
    refused("a redemption", store.redeem(row, None, NOW).await);
    refused("a revocation", store.revoke_grant(row.id, row.client_id, NOW, audit()).await);
    let token = row.id.uuid();
    refused("a revoked token", store.revoke_access_token(token, later(60), audit()).await);
    let rotated = store.rotate_refresh_token(row, (digest(), 0), digest(), NOW).await;
    refused("a refresh", rotated);
    let reserved = store.reserve_attempt(digest(), Budget::Other, limits(), NOW).await;
    refused("an attempt", reserved);
    refused("an assertion", store.spend_client_assertion(digest(), later(60)).await);
    refused("a sign-out", store.end_session(person.session, NOW, audit()).await);
    refused("an event", store.record(audit()).await);
}

#[test]
fn a_server_that_is_gone_is_told_in_time() {
    block_on(async {
        // A port where nothing listens any more.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let location = Location::Postgres {
            url: format!("postgres://fuxin@127.0.0.1:{port}/fuxin"),
            password: None,
            connections: 2,
        };
        let start = Instant::now();
        let store = Store::open(&location, &MasterKey::random()).await.unwrap();
        let (read, write, transaction) = tokio::join!(
            store.ping(),
            store.spend_challenge(digest(), NOW),
            store.end_session(fuxin::base::id::SessionId::new(NOW), NOW, audit()),
        );
        assert!(read.unwrap_err().is_unavailable());
        assert!(write.unwrap_err().is_unavailable());
        assert!(transaction.unwrap_err().is_unavailable());
        assert!(store.schema().await.unwrap_err().is_unavailable());
        assert!(start.elapsed() < 2 * PATIENCE, "{:?}", start.elapsed());
        assert!(store.migrate().await.unwrap_err().is_unavailable());
        store.close().await;
    });
}

/// A node whose way to the server can go dead, with a full pool.
async fn node_on_a_wire(world: &World) -> (Store, Wire) {
    let wire = Wire::to(&world.place.location).await;
    let store = Store::open(&wire.location, &world.master_key).await.unwrap();
    let connections = usize::try_from(Place::CONNECTIONS).unwrap();
    for pinged in at_once(connections, |_| ping(&store)).await {
        pinged.unwrap();
    }
    (store, wire)
}

fn ping(store: &Store) -> impl Future<Output = Result<(), Internal>> + Send + 'static {
    let store = store.clone();
    async move { store.ping().await }
}

/// Refused, a server says so; hung, it says nothing.
#[test]
fn a_server_that_hangs_is_told_in_time() {
    block_on(async {
        let world = World::migrated(Place::postgres().await).await;
        let person = world.signed_in("amy").await;
        let (row, redeemed) = (world.grant(&person).await, world.grant(&person).await);
        let (node, wire) = node_on_a_wire(&world).await;
        wire.goes_dead();
        let start = Instant::now();
        let (reads, write, transaction, schema, migration) = tokio::join!(
            at_once(3 * usize::try_from(Place::CONNECTIONS).unwrap(), |_| ping(&node)),
            node.redeem(&row, None, NOW),
            node.end_session(person.session, NOW, audit()),
            node.schema(),
            node.migrate(),
        );
        assert!(reads.iter().all(|read| read.as_ref().is_err_and(Internal::is_unavailable)));
        assert!(write.unwrap_err().is_unavailable());
        assert!(transaction.unwrap_err().is_unavailable());
        assert!(schema.unwrap_err().is_unavailable());
        assert!(migration.unwrap_err().is_unavailable());
        assert!(start.elapsed() < PATIENCE + ANSWER, "{:?}", start.elapsed());

        // No connection that was hung is used again, and none of the pool's places is lost.
        wire.is_mended();
        let pings = at_once(usize::try_from(Place::CONNECTIONS).unwrap(), |_| ping(&node)).await;
        assert!(pings.iter().all(Result::is_ok), "{pings:?}");
        assert!(node.redeem(&redeemed, None, NOW).await.unwrap().committed());
        node.close().await;
        world.remove().await;
    });
}

#[test]
fn requests_that_go_away_from_a_server_that_hangs_leave_no_connection_behind() {
    block_on(async {
        let world = World::migrated(Place::postgres().await).await;
        let (node, wire) = node_on_a_wire(&world).await;
        wire.goes_dead();
        let reads: Vec<_> = (0..Place::CONNECTIONS).map(|_| tokio::spawn(ping(&node))).collect();
        tokio::time::sleep(Duration::from_millis(200)).await;
        for read in reads {
            read.abort();
            assert!(read.await.unwrap_err().is_cancelled());
        }
        wire.is_mended();
        assert!(node.ping().await.unwrap_err().is_unavailable(), "every connection hangs");
        tokio::time::sleep(ANSWER).await;
        node.ping().await.unwrap();
        wire.goes_dead();
        let start = Instant::now();
        node.close().await;
        assert!(start.elapsed() < PATIENCE + ANSWER, "{:?}", start.elapsed());
        world.remove().await;
    });
}

/// Clients are at most a second old, also where the server does not say whether they have changed.
#[test]
fn a_client_is_not_remembered_past_a_second_where_the_server_hangs() {
    block_on(async {
        let world = World::migrated(Place::postgres().await).await;
        let (client, wire) = (world.client().await, Wire::to(&world.place.location).await);
        let (app, folder) = application(&wire.location).await;
        let watch = tokio::spawn(fuxin::job::watch::run(app.clone()));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(app.provider().client(client.id).await.unwrap().is_some());
        wire.goes_dead();
        let remembered = timeout(Duration::from_millis(50), app.provider().client(client.id));
        assert!(remembered.await.unwrap().unwrap().is_some(), "it is asked of the server");
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let asked = timeout(Duration::from_millis(300), app.provider().client(client.id)).await;
        assert!(asked.is_err(), "it is still remembered");
        watch.abort();
        wire.is_mended();
        app.stop(Instant::now() + ANSWER).await;
        std::fs::remove_dir_all(folder).unwrap();
        world.remove().await;
    });
}

/// The stop of a program whose database hangs has the same end as any other.
#[test]
fn a_server_that_hangs_does_not_hold_a_stop_up() {
    block_on(async {
        let world = World::migrated(Place::postgres().await).await;
        let wire = Wire::to(&world.place.location).await;
        let (app, folder) = application(&wire.location).await;
        wire.goes_dead();
        let read = tokio::spawn(ping(&app.provider().store));
        tokio::time::sleep(Duration::from_millis(100)).await;
        let start = Instant::now();
        app.stop(start + Duration::from_secs(1)).await;
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        assert!(read.await.unwrap().unwrap_err().is_unavailable());
        std::fs::remove_dir_all(folder).unwrap();
        world.remove().await;
    });
}

/// What the statement that was broken off had asked is not what the next one is answered.
#[test]
fn a_read_that_is_broken_off_leaves_its_connection_clean() {
    block_on(async {
        let world = World::migrated(Place::postgres().await).await;
        let (amy, ben) = (world.signed_in("amy").await, world.signed_in("ben").await);
        for _ in 0..5 {
            let lock =
                "BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.3); COMMIT";
            let raw = world.raw().clone();
            let locked = tokio::spawn(async move { raw.execute(lock).await.unwrap() });
            tokio::time::sleep(Duration::from_millis(100)).await;
            let reads: Vec<_> = (0..Place::CONNECTIONS)
                .map(|_| {
                    let (store, secret) = (world.store.clone(), amy.secret);
                    tokio::spawn(async move { store.find_sign_on(&secret, None, NOW).await })
                })
                .collect();
            tokio::time::sleep(Duration::from_millis(50)).await;
            for read in reads {
                assert!(!read.is_finished(), "the statement is under way");
                read.abort();
            }
            let found = at_once(2 * usize::try_from(Place::CONNECTIONS).unwrap(), |_| {
                let (store, secret) = (world.store.clone(), ben.secret);
                async move { store.find_sign_on(&secret, None, NOW).await.unwrap().unwrap() }
            });
            assert!(found.await.iter().all(|found| found.account.id == ben.account.id));
            locked.await.unwrap();
        }
        world.remove().await;
    });
}

/// Ends the store's connections, as a restart of the server does.
async fn cut_off(world: &World) {
    let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'fuxin'";
    world.raw().number(cut).await;
}

/// Uses up what the pool holds of dead connections; each of them is one answer of 503. It is back once the whole pool,
/// which is asked in turn, has answered.
async fn is_back(store: &Store) {
    let mut answers = 0;
    for _ in 0..50 {
        match store.ping().await {
            Ok(()) => answers += 1,
            Err(error) => {
                assert!(error.is_unavailable(), "{error}");
                answers = 0;
            }
        }
        if answers > Place::CONNECTIONS {
            return;
        }
    }
    panic!("the store does not find its server again");
}

#[test]
fn connections_that_were_cut_are_replaced() {
    block_on(async {
        let world = World::migrated(Place::postgres_database().await).await;
        let person = world.signed_in("amy").await;
        for _ in 0..5 {
            let kept = digest();
            assert!(world.store.spend_challenge(kept, later(60)).await.unwrap().committed());
            cut_off(&world).await;
            is_back(&world.store).await;
            let again = world.store.spend_challenge(kept, later(60)).await.unwrap();
            assert!(!again.committed(), "what was acknowledged is there");
        }
        assert!(world.store.find_sign_on(&person.secret, None, NOW).await.unwrap().is_some());
        world.remove().await;
    });
}

#[test]
fn writes_that_are_cut_off_are_acknowledged_only_if_they_are_kept() {
    block_on(async {
        let world = World::migrated(Place::postgres_database().await).await;
        let (mut kept, mut refused) = (Vec::new(), 0);
        for _ in 0..20 {
            let writes: Vec<_> = (0..8)
                .map(|_| {
                    let (store, ticket) = (world.store.clone(), digest());
                    tokio::spawn(async move {
                        let spent = store.spend_challenge(ticket, later(60)).await;
                        (ticket, spent.map(Durable::committed))
                    })
                })
                .collect();
            cut_off(&world).await;
            for write in writes {
                match write.await.unwrap() {
                    (ticket, Ok(spent)) => {
                        assert!(spent);
                        kept.push(ticket);
                    }
                    (_, Err(error)) => {
                        assert!(error.is_unavailable(), "{error}");
                        refused += 1;
                    }
                }
            }
        }
        is_back(&world.store).await;
        assert!(refused > 0, "nothing was cut off");
        for ticket in kept {
            let again = world.store.spend_challenge(ticket, later(60)).await.unwrap();
            assert!(!again.committed(), "acknowledged and lost");
        }
        world.remove().await;
    });
}

/// Switches the database's default, past that default.
async fn set_read_only(world: &World, value: &str) {
    let name = world.raw().texts("SELECT current_database()::text").await.concat();
    let alter = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
    world.raw().execute(&format!("BEGIN READ WRITE; {alter}; COMMIT")).await.unwrap();
    cut_off(world).await;
    is_back(&world.store).await;
}

#[test]
fn a_read_only_server_serves_reads_and_acknowledges_no_change() {
    block_on(async {
        let world = World::migrated(Place::postgres_database().await).await;
        let person = world.signed_in("amy").await;
        let row = world.grant(&person).await;
        set_read_only(&world, "on").await;
        nothing_is_changed(&world.store, &person, &row).await;
        let standing = world.store.find_grant(row.id, NOW).await.unwrap().unwrap();
        assert!(standing.session_alive, "reads are served");

        set_read_only(&world, "off").await;
        let revoked = world.store.is_access_token_revoked(row.id.uuid()).await.unwrap();
        assert!(!revoked, "the state is the one that was told");
        assert!(world.store.redeem(&row, None, NOW).await.unwrap().committed());
        world.remove().await;
    });
}

/// Another process holds the file: a while is waited for, no longer.
#[test]
fn a_busy_file_is_waited_for() {
    block_on(async {
        let world = World::migrated(Place::sqlite().await).await;
        let person = world.signed_in("amy").await;
        let row = world.grant(&person).await;
        let other = world.raw().hold_for_writing().await;
        let write = tokio::spawn({
            let store = world.store.clone();
            async move { store.spend_challenge(digest(), later(60)).await }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!write.is_finished());
        world.store.find_grant(row.id, NOW).await.unwrap().unwrap();
        other.close().await;
        assert!(write.await.unwrap().unwrap().committed());
        world.remove().await;
    });
}

#[test]
fn a_file_that_stays_busy_is_told() {
    block_on(async {
        let world = World::migrated(Place::sqlite().await).await;
        let person = world.signed_in("amy").await;
        let row = world.grant(&person).await;
        let other = world.raw().hold_for_writing().await;
        let start = Instant::now();
        let (alone, transaction) = tokio::join!(
            world.store.redeem(&row, None, NOW),
            world.store.end_session(person.session, NOW, audit()),
        );
        assert!(alone.unwrap_err().is_unavailable());
        assert!(transaction.unwrap_err().is_unavailable());
        assert!(start.elapsed() < 3 * PATIENCE, "{:?}", start.elapsed());
        other.close().await;
        assert!(world.store.redeem(&row, None, NOW).await.unwrap().committed());
        world.remove().await;
    });
}
