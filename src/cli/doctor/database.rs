//! The database: whether it answers, keeps what it acknowledges, shares our clock, and has our schema and keys.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::finding::Finding;
use crate::app::open_store;
use crate::base::internal::Internal;
use crate::base::time::{Clock, SystemClock, Timestamp};
use crate::config::{Config, Location};
use crate::key::{self, KeyRing};
use crate::oauth::client_metadata::SigningAlgorithm;
use crate::store::{Schema, Settings, Store};

/// How far two clocks may be apart, in seconds: tokens carry times that both ends compare.
const SKEW: i64 = 5;

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    if let Location::Sqlite(file) = &config.database.location
        && !file.exists()
    {
        let found = format!("{} does not exist", file.display());
        return vec![Finding::fault("database", found, "run `fuxin migrate`")];
    }
    let away = |internal: Internal| {
        let mend =
            "see that database.url is right, and that the database runs and lets this user in";
        Finding::fault("database", internal.to_string(), mend)
    };
    let store = match open_store(config).await {
        Ok(store) => store,
        Err(internal) => return vec![away(internal)],
    };
    let findings = match inside(&store, config).await {
        Ok(findings) => findings,
        Err(internal) => vec![away(internal)],
    };
    store.close().await;
    findings
}

async fn inside(store: &Store, config: &Config) -> Result<Vec<Finding>, Internal> {
    let mut findings = vec![settings(&store.settings().await?)];
    let now = SystemClock.now();
    findings.push(match store.clock().await? {
        Some(theirs) => clocks(now, theirs),
        None => file_clock(config, now),
    });
    match store.schema().await? {
        Schema::Current => {
            findings.push(Finding::ok("migrations", "all have run"));
            findings.push(signing_keys(store, config, now).await);
        }
        Schema::Behind(count) => findings.push(Finding::fault(
            "migrations",
            format!("{count} have not run"),
            "run `fuxin migrate` with the same configuration",
        )),
    }
    Ok(findings)
}

/// What an acknowledged write relies on, as the database itself says it.
fn settings(Settings(read_back): &Settings) -> Finding {
    const PROMISED: [(&str, &str); 5] = [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        ("synchronous_commit", "on"),
        ("fsync", "on"),
    ];
    let text: Vec<String> =
        read_back.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let broken: Vec<String> = read_back
        .iter()
        .filter_map(|(name, value)| {
            let (_, promised) = PROMISED.iter().find(|(known, _)| known == name)?;
            (value != promised).then(|| format!("{name} must be {promised}"))
        })
        .collect();
    if broken.is_empty() {
        return Finding::ok("database settings", text.join(", "));
    }
    let mend = "otherwise a power failure loses sign-outs and revocations that were answered";
    let mend = format!("{}: {mend}", broken.join(", "));
    Finding::fault("database settings", text.join(", "), mend)
}

fn clocks(ours: Timestamp, theirs: Timestamp) -> Finding {
    let apart = ours.seconds().saturating_sub(theirs.seconds()).abs();
    if apart <= SKEW {
        return Finding::ok("clock", format!("within {SKEW} s of the database's"));
    }
    let found = format!("{apart} s apart from the database's");
    Finding::fault("clock", found, "synchronise both machines, for example with chrony")
}

/// SQLite has no clock of its own; its files tell at least whether this machine's clock went back.
fn file_clock(config: &Config, now: Timestamp) -> Finding {
    let Location::Sqlite(file) = &config.database.location else {
        return Finding::ok("clock", "the database has none to compare with");
    };
    let wal = PathBuf::from(format!("{}-wal", file.display()));
    let written = [file.as_path(), wal.as_path()]
        .iter()
        .filter_map(|file| file.metadata().ok()?.modified().ok())
        .filter_map(|at| i64::try_from(at.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok())
        .max();
    match written {
        Some(written) if written > now.seconds().saturating_add(SKEW) => Finding::fault(
            "clock",
            format!("the database was written {} s in the future", written - now.seconds()),
            "set this machine's clock, for example with chrony",
        ),
        _ => {
            Finding::ok("clock", "SQLite has none to compare with; its files are not of the future")
        }
    }
}

async fn signing_keys(store: &Store, config: &Config, now: Timestamp) -> Finding {
    const CHECK: &str = "signing keys";
    let seal = config.secrets.master_key.seal(key::SEAL);
    let keys = match KeyRing::load(store, seal, now).await {
        Ok(ring) => ring.keys(),
        Err(internal) => {
            let mend = "give back the master key that this database was made with";
            return Finding::fault(CHECK, internal.to_string(), mend);
        }
    };
    if keys.published().next().is_none() {
        return Finding::warning(CHECK, "there are none yet", "the first `fuxin serve` makes them");
    }
    let lacking: Vec<&str> = key::ALGORITHMS
        .into_iter()
        .filter(|algorithm| {
            let waits = keys.published().any(|published| {
                published.key.algorithm() == *algorithm && published.activated_at.is_none()
            });
            keys.active(*algorithm).is_err() || !waits
        })
        .map(SigningAlgorithm::as_str)
        .collect();
    if lacking.is_empty() {
        return Finding::ok(CHECK, "one signs and one waits for each algorithm");
    }
    let found = format!("none signs or none waits for {}", lacking.join(", "));
    Finding::fault(CHECK, found, "restore table signing_keys from the backup")
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn clocks_may_be_five_seconds_apart() {
        let at = Timestamp::from_seconds;
        assert_eq!(clocks(at(1000), at(1005)).state, State::Ok);
        assert_eq!(clocks(at(1000), at(1006)).state, State::Fault);
        assert_eq!(clocks(at(1006), at(1000)).state, State::Fault);
    }

    #[test]
    fn a_database_that_does_not_sync_is_a_fault() {
        let sqlite = |synchronous: &str| {
            settings(&Settings(vec![
                ("journal_mode", "wal".to_owned()),
                ("synchronous", synchronous.to_owned()),
            ]))
        };
        assert_eq!(sqlite("2").state, State::Ok);
        assert_eq!(sqlite("1").state, State::Fault);
        let postgres = |fsync: &str| settings(&Settings(vec![("fsync", fsync.to_owned())]));
        assert_eq!(postgres("on").state, State::Ok);
        assert_eq!(postgres("off").state, State::Fault);
    }
}
