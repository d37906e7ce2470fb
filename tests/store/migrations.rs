//! The schema: the same on both databases, and tolerant of a release that is one step ahead.

use std::collections::BTreeSet;
use std::time::Duration;

use fuxin::store::Schema;

use crate::support::{NOW, Place, World, at_once, audit, block_on, on_both_databases, on_postgres};

on_both_databases! {
    an_empty_database_is_behind_until_it_is_migrated,
    migrating_again_changes_nothing,
    a_later_releases_migration_is_tolerated,
    a_look_at_the_schema_leaves_nothing_behind,
    a_look_at_the_schema_that_fails_is_no_schema_that_is_behind,
    the_settings_keep_what_is_committed,
    the_database_answers_and_tells_its_time,
}

async fn an_empty_database_is_behind_until_it_is_migrated(world: &World) {
    let fresh = World::at(world.place.fresh().await).await;
    let steps = names("sqlite").len();
    assert_eq!(fresh.store.schema().await.unwrap(), Schema::Behind(steps));
    fresh.store.migrate().await.unwrap();
    assert_eq!(fresh.store.schema().await.unwrap(), Schema::Current);
    fresh.account("amy").await;
    fresh.remove().await;
}

async fn migrating_again_changes_nothing(world: &World) {
    let amy = world.account("amy").await;
    world.store.migrate().await.unwrap();
    assert_eq!(world.store.schema().await.unwrap(), Schema::Current);
    assert!(world.store.find_account(&amy.name.folded()).await.unwrap().is_some());
}

/// A migration runs beside the previous release: it adds, and the previous release goes on.
async fn a_later_releases_migration_is_tolerated(world: &World) {
    let later =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT version + 1, 'later', success, checksum, execution_time FROM _sqlx_migrations
        ORDER BY version DESC LIMIT 1";
    let steps = world.raw().count("_sqlx_migrations").await;
    for text in [
        later,
        "ALTER TABLE accounts ADD COLUMN later TEXT",
        "ALTER TABLE grants ADD COLUMN later BIGINT",
        "INSERT INTO versions (name, version) VALUES ('later', 1)",
        "CREATE TABLE later (id BIGINT PRIMARY KEY NOT NULL)",
    ] {
        world.raw().execute(text).await.unwrap();
    }
    assert_eq!(world.raw().count("_sqlx_migrations").await, steps + 1);
    assert_eq!(world.store.schema().await.unwrap(), Schema::Current);
    world.store.migrate().await.unwrap();
    let row = world.grant(&world.signed_in("amy").await).await;
    assert!(world.store.redeem(&row, None, NOW).await.unwrap().committed());
    world.store.versions().await.unwrap();
}

async fn a_look_at_the_schema_leaves_nothing_behind(world: &World) {
    let fresh = World::at(world.place.fresh().await).await;
    assert!(matches!(fresh.store.schema().await.unwrap(), Schema::Behind(_)));
    let tables = if fresh.raw().is_sqlite() {
        "SELECT COUNT(*) FROM sqlite_master"
    } else {
        "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()"
    };
    assert_eq!(fresh.raw().number(tables).await, 0);
    fresh.remove().await;
}

async fn a_look_at_the_schema_that_fails_is_no_schema_that_is_behind(world: &World) {
    let rename = "ALTER TABLE _sqlx_migrations RENAME COLUMN checksum TO sum";
    world.raw().execute(rename).await.unwrap();
    let error = world.store.schema().await.unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");
}

/// A statement of a migration may take longer than one of a request, and so may its wait for a lock.
#[test]
fn a_migration_waits_longer_than_a_request() {
    on_postgres(async |world: &World| {
        let lock = "BEGIN; LOCK TABLE _sqlx_migrations IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(6); COMMIT";
        let raw = world.raw().clone();
        let locked = tokio::spawn(async move { raw.execute(lock).await.unwrap() });
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.store.migrate().await.unwrap();
        assert!(locked.is_finished());
        assert_eq!(world.store.schema().await.unwrap(), Schema::Current);
    });
}

/// SQLite has one node; a second one that migrates at the same moment is refused.
#[test]
fn two_nodes_may_migrate_at_once() {
    on_postgres(nodes_take_turns);
}

async fn nodes_take_turns(world: &World) {
    let fresh = World::at(world.place.fresh().await).await;
    let other_node = fresh.another_node().await;
    at_once(4, |n| {
        let store = if n % 2 == 0 { &fresh.store } else { &other_node }.clone();
        async move { store.migrate().await.unwrap() }
    })
    .await;
    assert_eq!(other_node.schema().await.unwrap(), Schema::Current);
    other_node.close().await;
    fresh.account("amy").await;
    fresh.remove().await;
}

async fn the_settings_keep_what_is_committed(world: &World) {
    let settings = world.store.settings().await.unwrap().0;
    let value =
        |name| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    assert!(value("version").is_some());
    if world.raw().is_sqlite() {
        assert_eq!(value("journal_mode"), Some("wal"));
        assert_eq!(value("synchronous"), Some("2"), "FULL");
        assert_eq!(value("foreign_keys"), Some("1"));
    } else {
        assert_eq!(value("synchronous_commit"), Some("on"));
        assert_eq!(value("fsync"), Some("on"));
        assert_eq!(value("default_transaction_isolation"), Some("read committed"));
    }
}

/// The flags of `.cargo/config.toml` are those that the library was built with.
#[test]
fn sqlite_is_compiled_as_it_is_used() {
    block_on(async {
        let world = World::migrated(Place::sqlite().await).await;
        let options = "SELECT compile_options FROM pragma_compile_options";
        let options = world.raw().texts(options).await;
        let has = |option: &str| options.iter().any(|set| set == option);
        assert!(has("ENABLE_QPSG") && has("DEFAULT_MEMSTATUS=0"), "{options:?}");
        for left_out in ["ENABLE_STAT4", "ENABLE_FTS3", "ENABLE_FTS5", "ENABLE_LOAD_EXTENSION"] {
            assert!(!has(left_out), "{options:?}");
        }
        world.remove().await;
    });
}

async fn the_database_answers_and_tells_its_time(world: &World) {
    world.store.ping().await.unwrap();
    let clock = world.store.clock().await.unwrap();
    assert_eq!(clock.is_none(), world.raw().is_sqlite());
    if let Some(clock) = clock {
        let here = fuxin::base::time::Clock::now(&fuxin::base::time::SystemClock);
        assert!((clock.seconds() - here.seconds()).abs() < 60);
    }
    world.store.record(audit()).await.unwrap().committed();
}

/// The names of the migrations of one database.
fn names(database: &str) -> BTreeSet<String> {
    let folder = format!("{}/migrations/{database}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

const SQLITE_COLUMNS: &str = "SELECT tables.name || '.' || columns.name || ' ' || columns.type
    || CASE columns.\"notnull\" WHEN 1 THEN ' NOT NULL' ELSE '' END || CASE WHEN columns.pk > 0 THEN ' KEY' ELSE '' END
    FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
    WHERE tables.type = 'table' AND tables.name NOT LIKE '\\_sqlx%' ESCAPE '\\'";

/// Identifiers and digests are BLOBs there.
const POSTGRES_COLUMNS: &str = "SELECT columns.table_name || '.' || columns.column_name || ' '
    || CASE columns.data_type WHEN 'uuid' THEN 'BLOB' WHEN 'bytea' THEN 'BLOB' ELSE upper(columns.data_type) END
    || CASE columns.is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
    || CASE WHEN EXISTS (SELECT 1 FROM information_schema.table_constraints AS rules
        JOIN information_schema.key_column_usage AS keys USING (constraint_schema, constraint_name)
        WHERE rules.constraint_type = 'PRIMARY KEY' AND rules.table_schema = columns.table_schema
        AND rules.table_name = columns.table_name AND keys.column_name = columns.column_name) THEN ' KEY' ELSE '' END
    FROM information_schema.columns AS columns
    WHERE columns.table_schema = current_schema() AND columns.table_name NOT LIKE '\\_sqlx%'";

const SQLITE_INDEXES: &str = "SELECT tbl_name || ': ' || name FROM sqlite_master
    WHERE type = 'index' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

const POSTGRES_INDEXES: &str = "SELECT tablename || ': ' || indexname FROM pg_indexes
    WHERE schemaname = current_schema() AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'";

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    block_on(async {
        let sqlite = World::migrated(Place::sqlite().await).await;
        let postgres = World::migrated(Place::postgres().await).await;
        for (on_sqlite, on_postgres) in
            [(SQLITE_COLUMNS, POSTGRES_COLUMNS), (SQLITE_INDEXES, POSTGRES_INDEXES)]
        {
            let here: BTreeSet<String> = sqlite.raw().texts(on_sqlite).await.into_iter().collect();
            let there: BTreeSet<String> =
                postgres.raw().texts(on_postgres).await.into_iter().collect();
            let differences: Vec<&String> = here.symmetric_difference(&there).collect();
            assert!(differences.is_empty(), "{differences:#?}");
            assert!(here.len() > 10);
        }
        sqlite.remove().await;
        postgres.remove().await;
    });
}
