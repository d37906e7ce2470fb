//! Values: their forms, their bounds and the rules between them.

use super::*;
use crate::base::limits;
use crate::config::describe::{Form, KEYS, find};
use crate::config::value::Value;
use crate::config::{Fault, Format, Location};
use crate::oauth::weak_feature::WeakFeature;

/// The one fault of a configuration.
fn fault(result: Result<Config, Vec<Problem>>) -> Fault {
    let mut problems = result.unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.remove(0).fault
}

fn with_database(folder: &Folder, url: &str) -> Result<Config, Vec<Problem>> {
    folder.load(&MINIMAL.replace("sqlite:fuxin.db", url), &[])
}

#[test]
fn what_is_left_out_has_a_safe_default() {
    let folder = Folder::new();
    let config = folder.load(MINIMAL, &[]).unwrap();
    assert!(config.server.listen.ip().is_loopback());
    assert!(config.server.metrics_listen.is_none() && config.server.trusted_proxies.is_empty());
    assert!(config.server.shutdown.as_seconds() < 10);
    assert_eq!((config.password_hash.memory_kib, config.password_hash.iterations), (19456, 2));
    assert_eq!(config.password_hash.parallelism, 1);
    assert!(config.password_hash.threads >= 1);
    assert_eq!(config.password_hash.queue as usize, limits::HASH_QUEUE);
    assert_eq!(config.service_desk.phone, "(02)2192-7111");
    assert_eq!((config.log.format, config.log.filter.as_str()), (Format::Json, "info"));
}

#[test]
fn a_number_is_taken_at_its_bounds_and_refused_one_past() {
    for key in KEYS {
        let Form::Number(range) = key.form else { continue };
        for number in [range.least, range.most] {
            let value = Value::from_text(key.form, &number.to_string()).unwrap();
            assert_eq!(value.number(), Some(number), "{}", key.path);
        }
        let below = Value::from_text(key.form, &(i64::from(range.least) - 1).to_string());
        assert!(matches!(below, Err(Fault::TooSmall { .. })), "{}", key.path);
        let above = Value::from_text(key.form, &(i64::from(range.most) + 1).to_string());
        assert!(matches!(above, Err(Fault::TooLarge { .. })), "{}", key.path);
    }
    let Form::Number(queue) = find("password_hash.queue").unwrap().form else { panic!() };
    assert_eq!(queue.most as usize, limits::HASH_QUEUE);
}

#[test]
fn a_number_beyond_every_integer_is_too_small_or_too_large() {
    let folder = Folder::new();
    let with = |number: &str| fault(folder.load_with(&format!("shutdown_seconds = {number}")));
    assert!(matches!(with("-1"), Fault::TooSmall { .. }));
    assert!(matches!(with("99999999999999999999999"), Fault::TooLarge { .. }));
    assert!(matches!(with("-99999999999999999999999"), Fault::TooSmall { .. }));
    folder.load_with("shutdown_seconds = 0x08").unwrap();
}

#[test]
fn a_weaker_lock_is_refused_with_the_reason() {
    let folder = Folder::new();
    assert_eq!(
        lines(&folder, folder.load_with("[policy]\nlock_minutes = 14")),
        [
            "policy.lock_minutes: must be at least 15 minutes: the government's control baseline (附表十) asks for \
          15 minutes or more after 5 failures (fuxin.toml, line 7)"
        ]
    );
    folder.load_with("[policy]\nlock_minutes = 15").unwrap();
}

#[test]
fn a_value_of_another_form_is_refused_in_words() {
    let folder = Folder::new();
    let text = "listen = 8080\ntrusted_proxies = \"10.0.0.1\"\nshutdown_seconds = \"5\"\n[log]\nformat = true";
    assert_eq!(
        lines(&folder, folder.load_with(text)),
        [
            "server.listen: must be text in quotation marks: address:port (fuxin.toml, line 6)",
            "server.trusted_proxies: must be a list of texts: each address or network (fuxin.toml, line 7)",
            "server.shutdown_seconds: must be a whole number of seconds (fuxin.toml, line 8)",
            "log.format: must be one of these words: json, text (fuxin.toml, line 10)",
        ]
    );
    assert!(matches!(fault(folder.load_with("trusted_proxies = [1]")), Fault::WrongForm { .. }));
    assert!(matches!(
        fault(folder.load(MINIMAL, &[("FUXIN__SERVER__SHUTDOWN_SECONDS", "five")])),
        Fault::WrongForm { .. }
    ));
}

#[test]
fn an_empty_text_is_refused() {
    let folder = Folder::new();
    assert!(matches!(fault(folder.load_with("[service_desk]\nphone = \" \"")), Fault::Empty));
    assert!(matches!(fault(folder.load(MINIMAL, &[("FUXIN__SERVER__LISTEN", "")])), Fault::Empty));
}

#[test]
fn the_issuer_is_https_or_loopback() {
    let folder = Folder::new();
    let with =
        |issuer: &str| folder.load(&MINIMAL.replace("https://sso.example.gov.tw", issuer), &[]);
    assert!(matches!(fault(with("http://sso.example.gov.tw")), Fault::NotAnIssuer(_)));
    assert!(matches!(fault(with("https://sso.example.gov.tw/?x=1")), Fault::NotAnIssuer(_)));
    with("http://localhost:8080").unwrap();
}

#[test]
fn proxies_are_addresses_or_networks_but_never_everybody() {
    let folder = Folder::new();
    let with = |list: &str| folder.load_with(&format!("trusted_proxies = [{list}]"));
    let config = with(r#""10.0.0.7", "192.168.3.4/16", "::1""#).unwrap();
    let shown: Vec<_> = config.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.7/32", "192.168.0.0/16", "::1/128"]);
    assert!(matches!(fault(with(r#""0.0.0.0/0""#)), Fault::EveryNetwork));
    assert!(matches!(fault(with(r#""::/0""#)), Fault::EveryNetwork));
    assert!(matches!(fault(with(r#""proxy.internal""#)), Fault::NotANetwork));
}

#[test]
fn metrics_do_not_share_the_public_address() {
    let folder = Folder::new();
    let shared = folder.load_with("metrics_listen = \"127.0.0.1:8080\"");
    assert!(matches!(fault(shared), Fault::MetricsInPublic));
    let config = folder.load_with("metrics_listen = \"127.0.0.1:9464\"").unwrap();
    assert_eq!(config.server.metrics_listen.unwrap().port(), 9464);
}

#[test]
fn a_sqlite_path_is_absolute_or_starts_from_the_files_folder() {
    let folder = Folder::new();
    let path = |url: &str| match with_database(&folder, url).unwrap().database.location {
        Location::Sqlite(path) => path,
        Location::Postgres { .. } => panic!("{url}"),
    };
    assert_eq!(path("sqlite:data/fuxin.db"), folder.path("data/fuxin.db"));
    assert_eq!(path("sqlite:///var/lib/fuxin.db"), Path::new("/var/lib/fuxin.db"));
    for url in [
        "sqlite://fuxin.db",
        "sqlite:",
        "sqlite:///",
        "sqlite::memory:",
        "sqlite:a?mode=ro",
        "mysql://a/b",
        "x",
    ] {
        assert!(matches!(fault(with_database(&folder, url)), Fault::NotADatabase), "{url}");
    }
}

#[test]
fn a_database_address_holds_no_password() {
    let folder = Folder::new();
    for url in
        ["postgres://fuxin:secret@localhost/fuxin", "postgres://localhost/fuxin?password=secret"]
    {
        assert!(matches!(fault(with_database(&folder, url)), Fault::PasswordInUrl), "{url}");
    }
    with_database(&folder, "postgresql://fuxin@localhost/fuxin").unwrap();
    assert!(matches!(fault(with_database(&folder, "postgres://localhost")), Fault::NotADatabase));
}

#[test]
fn a_database_on_another_host_says_how_the_connection_is_protected() {
    let folder = Folder::new();
    for url in [
        "postgres://db.internal/fuxin",
        "postgres://10.0.0.5/fuxin",
        "postgres:///fuxin?host=db.internal",
    ] {
        assert!(matches!(fault(with_database(&folder, url)), Fault::TransportUnsaid), "{url}");
    }
    for url in [
        "postgres://db.internal/fuxin?sslmode=verify-full",
        "postgres://127.0.0.1:5433/fuxin",
        "postgres://[::1]/fuxin",
        "postgres:///fuxin?host=/run/postgresql",
        "postgres://%2Frun%2Fpostgresql/fuxin",
    ] {
        with_database(&folder, url).unwrap();
    }
}

#[test]
fn rules_of_the_policy_do_not_contradict_one_another() {
    let folder = Folder::new();
    let with = |text: &str| folder.load_with(&format!("[policy]\n{text}"));
    let idle = with("session_idle_minutes = 61\nsession_absolute_hours = 1");
    assert!(matches!(fault(idle), Fault::IdleBeyondAbsolute));
    with("session_idle_minutes = 60\nsession_absolute_hours = 1").unwrap();
    assert!(matches!(
        fault(with("challenge_after = 4\nlock_after = 3")),
        Fault::ChallengeBeyondLock
    ));
    with("challenge_after = 3\nlock_after = 3").unwrap();
}

#[test]
fn a_hash_is_not_cheaper_than_the_cheapest_recommended_one() {
    let folder = Folder::new();
    let with = |memory: u32, passes: u32| {
        folder.load_with(&format!("[password_hash]\nmemory_kib = {memory}\niterations = {passes}"))
    };
    with(7168, 5).unwrap();
    assert!(matches!(fault(with(7168, 4)), Fault::WeakHash { .. }));
    with(47104, 1).unwrap();
    assert!(matches!(fault(with(19456, 1)), Fault::WeakHash { .. }));
}

#[test]
fn a_log_filter_is_parsed_before_anything_starts() {
    let folder = Folder::new();
    folder.load_with("[log]\nfilter = \"warn,fuxin=debug\"").unwrap();
    assert!(matches!(
        fault(folder.load_with("[log]\nfilter = \"fuxin=loud\"")),
        Fault::NotAFilter(_)
    ));
}

#[test]
fn weak_features_are_named_and_the_profile_high_admits_none() {
    let folder = Folder::new();
    let with = |profile: &str, features: &str| {
        folder
            .load_with(&format!("[policy]\nprofile = \"{profile}\"\nweak_features = [{features}]"))
    };
    for profile in ["gsp", "modern"] {
        let listed = with(profile, "\"no_pkce\"").unwrap().policy.weak_features;
        assert!(listed.contains(WeakFeature::NoPkce) && !listed.contains(WeakFeature::HybridFlow));
    }
    assert!(with("high", "").unwrap().policy.weak_features.is_empty());
    assert!(matches!(fault(with("high", "\"no_pkce\"")), Fault::WeakUnderHigh));
    assert!(matches!(fault(with("gsp", "\"pkce\"")), Fault::NotAWeakFeature(_)));
}
