//! `fuxin doctor`: looks at a deployment from outside and says what is wrong with it, each fault with its mend.
//!
//! Changes nothing: no file is made, no migration run, no key written. One line a check (ok, warning, fault), or one
//! JSON object with `--json`; exit code 1 if there is a fault. The one command that opens a connection as a client: it
//! asks the issuer's own address for its metadata, as an agency would (OpenID Connect Discovery 1.0 §4).

use std::fmt;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Value, json};

use super::{ConfigArgument, Outcome, say};
use crate::app::open_store;
use crate::base::internal::Internal;
use crate::base::path;
use crate::base::time::{Clock, SystemClock, Timestamp};
use crate::config::{self, Config, Location};
use crate::key::{self, KeyRing};
use crate::oauth::client_metadata::SigningAlgorithm;
use crate::store::{Schema, Settings, Store};

/// How far two clocks may be apart, in seconds: tokens carry times that both ends compare.
const SKEW: i64 = 5;
/// How long the issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much of the issuer's answer is read.
const METADATA: usize = 64 * 1024;
/// Less free space than this is a fault.
const LEAST_FREE: u64 = 1024 * 1024 * 1024;
/// So is less than this share of the file system, in per cent.
const LEAST_SHARE: u64 = 5;

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Fault,
}

/// One check's finding.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), mend: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, state: State::Warning, found: found.into(), mend: Some(mend.into()) }
    }

    fn fault(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, state: State::Fault, found: found.into(), mend: Some(mend.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Fault => "fault",
        };
        write!(f, "{state:<8} {}: {}", self.check, self.found)?;
        self.mend.as_ref().map_or(Ok(()), |mend| write!(f, "; {mend}"))
    }
}

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    let findings = match Config::load(arguments.config.config.as_deref(), config::environment()) {
        Ok(config) => examine(&config).await,
        Err(problems) => problems
            .iter()
            .map(|problem| {
                let mend = "mend it and run `fuxin doctor` again: the rest depends on it";
                Finding::fault("configuration", problem.to_string(), mend)
            })
            .collect(),
    };
    let faults = findings.iter().filter(|finding| finding.state == State::Fault).count();
    if arguments.json {
        say(json!({ "faults": faults, "checks": findings }));
    } else {
        findings.iter().for_each(say);
    }
    match faults {
        0 => Ok(()),
        1 => Err("there is one fault".into()),
        many => Err(format!("there are {many} faults").into()),
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    let issuer = config.server.issuer.as_str();
    let mut findings =
        vec![Finding::ok("configuration", format!("of {issuer}, every key is good"))];
    findings.extend(database(config).await);
    findings.extend(files(config));
    findings.push(issuer_answers(config).await);
    findings.extend(proxies(config));
    findings.push(disk(config));
    findings
}

// --- Database -------------------------------------------------------------------------------------------------------

async fn database(config: &Config) -> Vec<Finding> {
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

// --- Files ----------------------------------------------------------------------------------------------------------

/// The files of the secrets, their folders, and the database's file. A secret's own mode was already a condition of
/// reading the configuration; here it is its folder's turn, and its owner's.
fn files(config: &Config) -> Vec<Finding> {
    let secrets = [
        config.secrets.master_key_file.as_deref(),
        config.secrets.pairwise_salt_file.as_deref(),
        config.database.password_file.as_deref(),
    ];
    let owner = rustix::process::geteuid().as_raw();
    let mut findings: Vec<Finding> = secrets
        .into_iter()
        .flatten()
        .map(|file| {
            file_finding("key files", file, owner)
                .unwrap_or_else(|| Finding::ok("key files", format!("{}", file.display())))
        })
        .collect();
    if let Location::Sqlite(file) = &config.database.location
        && file.exists()
    {
        findings.push(database_file(file, owner));
    }
    findings
}

/// What is wrong with a secret's file or its folder, if something is.
fn file_finding(check: &'static str, file: &Path, owner: u32) -> Option<Finding> {
    let shown = file.display();
    let Ok(metadata) = file.metadata() else {
        return Some(Finding::fault(check, format!("{shown} cannot be read"), "restore it"));
    };
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let found = format!("{shown} has mode {mode:04o}");
        return Some(Finding::fault(check, found, format!("chmod 600 {shown}")));
    }
    // root reads everything, so as root only the server's own user could be wrong, whom nobody here knows.
    if metadata.uid() != owner && owner != 0 {
        let found = format!("{shown} belongs to user {}, not to {owner}", metadata.uid());
        return Some(Finding::fault(check, found, format!("chown {owner} {shown}")));
    }
    let folder = folder_of(file);
    let mode = folder.metadata().ok()?.mode();
    // Who may write a folder may put another file in this one's place; in a sticky one, only the owner may.
    (mode & 0o022 != 0 && mode & 0o1000 == 0).then(|| {
        let folder = folder.display();
        let found = format!("others may write in {folder}, and replace {shown}");
        Finding::fault(check, found, format!("chmod go-w {folder}"))
    })
}

fn database_file(file: &Path, owner: u32) -> Finding {
    const CHECK: &str = "database file";
    let shown = file.display();
    let (Ok(metadata), Ok(folder)) = (file.metadata(), folder_of(file).metadata()) else {
        return Finding::fault(CHECK, format!("{shown} cannot be read"), "see that it is there");
    };
    if metadata.uid() != owner && owner != 0 {
        let found = format!("{shown} belongs to user {}, not to {owner}", metadata.uid());
        return Finding::fault(CHECK, found, format!("chown {owner} {shown}*"));
    }
    if metadata.mode() & 0o077 != 0 && folder.mode() & 0o077 != 0 {
        let folder = folder_of(file);
        let found = format!("others on this machine may read {shown}");
        return Finding::warning(CHECK, found, format!("chmod 700 {}", folder.display()));
    }
    Finding::ok(CHECK, format!("{shown}, for its owner only"))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

// --- Network --------------------------------------------------------------------------------------------------------

async fn issuer_answers(config: &Config) -> Finding {
    const CHECK: &str = "issuer";
    let issuer = config.server.issuer.as_str();
    let url = config.server.issuer.url(path::OPENID_CONFIGURATION);
    let mend = format!(
        "see that `fuxin serve` runs, that the name leads to its proxy, and that the proxy passes requests to {}",
        config.server.listen
    );
    let metadata = match fetch(&url).await {
        Ok(metadata) => metadata,
        Err(error) => {
            // The outermost error says only that it failed; the last one says why.
            let mut cause: &dyn std::error::Error = error.as_ref();
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            return Finding::fault(CHECK, format!("{url}: {cause}"), mend);
        }
    };
    match metadata.get("issuer").and_then(Value::as_str) {
        Some(theirs) if theirs == issuer => {
            Finding::ok(CHECK, format!("{issuer} answers as itself"))
        }
        Some(_) => Finding::fault(
            CHECK,
            format!("{url} names another issuer"),
            "set server.issuer to the address that people see, in every server behind it",
        ),
        None => Finding::fault(CHECK, format!("{url} is no provider's metadata"), mend),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one request of the doctor, to our own issuer")]
async fn fetch(url: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    let mut response = client.get(url).send().await.map_err(reqwest::Error::without_url)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(format!("answered {}", response.status()).into());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > METADATA {
            return Err(format!("answered more than {METADATA} bytes").into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&body)?)
}

/// Fuxin speaks plain HTTP: an https issuer has a proxy in front, and all people would share its address.
fn proxies(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "proxies";
    let server = &config.server;
    let trusted = &server.trusted_proxies;
    let mut findings: Vec<Finding> = trusted
        .iter()
        .filter(|network| is_broad(network))
        .map(|network| {
            let found = format!("everyone in {network} may claim any client address");
            Finding::warning(CHECK, found, "name the proxies' own addresses")
        })
        .collect();
    if server.issuer.is_secure() && trusted.is_empty() {
        let found = "the issuer is https, but no proxy is trusted: all people share one address";
        let mend = "set server.trusted_proxies to the address of the proxy that ends TLS";
        findings.push(Finding::warning(CHECK, found, mend));
    }
    if server.issuer.is_secure() && !is_private(server.listen) {
        let found = format!("{} accepts plain HTTP from everywhere", server.listen);
        let mend = "set server.listen to an address that only the proxy reaches";
        findings.push(Finding::warning(CHECK, found, mend));
    }
    let own = server.listen.ip();
    if own.is_loopback() && !trusted.is_empty() && !trusted.iter().any(|net| net.contains(&own)) {
        let found =
            format!("only this machine reaches {}, but {own} is not trusted", server.listen);
        let mend = format!("add {own} to server.trusted_proxies");
        findings.push(Finding::warning(CHECK, found, mend));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{} trusted", trusted.len())));
    }
    findings
}

fn is_broad(network: &IpNet) -> bool {
    network.prefix_len() < if network.addr().is_ipv4() { 16 } else { 48 }
}

fn is_private(address: SocketAddr) -> bool {
    match address {
        SocketAddr::V4(address) => address.ip().is_loopback() || address.ip().is_private(),
        SocketAddr::V6(address) => address.ip().is_loopback() || address.ip().is_unique_local(),
    }
}

// --- Disk -----------------------------------------------------------------------------------------------------------

fn disk(config: &Config) -> Finding {
    let Location::Sqlite(file) = &config.database.location else {
        return Finding::ok("disk", "the database is PostgreSQL's: look at the disk of its server");
    };
    let folder = folder_of(file);
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            space(folder, free, disk.f_blocks.saturating_mul(disk.f_frsize))
        }
        Err(error) => {
            Finding::fault("disk", format!("{}: {error}", folder.display()), "make the folder")
        }
    }
}

fn space(folder: &Path, free: u64, all: u64) -> Finding {
    let share = free.saturating_mul(100).checked_div(all).unwrap_or(0);
    let found = format!("{} MiB free in {} ({share} %)", free / (1024 * 1024), folder.display());
    if free < LEAST_FREE || share < LEAST_SHARE {
        let mend = format!("make room: at least 1 GiB and {LEAST_SHARE} % must be free");
        return Finding::fault("disk", found, mend);
    }
    Finding::ok("disk", found)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_disk_needs_a_gibibyte_and_a_twentieth() {
        let folder = Path::new("data");
        assert_eq!(space(folder, LEAST_FREE, LEAST_FREE * 20).state, State::Ok);
        assert_eq!(space(folder, LEAST_FREE - 1, LEAST_FREE).state, State::Fault);
        assert_eq!(space(folder, LEAST_FREE, LEAST_FREE * 21).state, State::Fault);
        assert_eq!(space(folder, 0, 0).state, State::Fault);
    }
}
