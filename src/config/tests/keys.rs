//! Keys and sections, known and unknown, from the file and from the environment; and what is generated from them.

use std::fs;
use std::path::Path;

use super::*;
use crate::base::limits;
use crate::config::describe::{Fallback, Form, KEYS, SECTIONS, variable};
use crate::config::{Fault, Policy, Profile, configuration_md, example_toml};

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    let folder = Folder::new();
    assert_eq!(
        lines(&folder, folder.load_with("lisen = \"127.0.0.1:1\"")),
        ["server.lisen: unknown key; did you mean server.listen? (fuxin.toml, line 6)"]
    );
}

#[test]
fn a_key_under_a_wrong_section_is_sent_to_the_right_one() {
    let folder = Folder::new();
    assert_eq!(
        lines(&folder, folder.load(&format!("lock_minutes = 20\n{MINIMAL}filter = \"info\""), &[])),
        [
            "lock_minutes: unknown key; did you mean policy.lock_minutes? (fuxin.toml, line 1)",
            "server.filter: unknown key; did you mean log.filter? (fuxin.toml, line 7)",
        ]
    );
}

#[test]
fn a_key_like_no_other_is_named_without_a_guess() {
    let folder = Folder::new();
    assert_eq!(
        lines(&folder, folder.load_with("colour = \"red\"")),
        ["server.colour: unknown key (fuxin.toml, line 6)"]
    );
}

#[test]
fn a_key_with_a_line_break_stays_one_line() {
    let folder = Folder::new();
    assert_eq!(
        lines(&folder, folder.load_with("\"a\\nerror: b\" = 1")),
        [r"server.a\nerror: b: unknown key (fuxin.toml, line 6)"]
    );
}

#[test]
fn an_unknown_section_is_named_once() {
    let folder = Folder::new();
    assert_eq!(
        lines(
            &folder,
            folder.load_with("[polcy]\nlock_minutes = 20\nlock_after = 4\n[zebra]\na = 1")
        ),
        [
            "polcy: unknown section; did you mean policy? (fuxin.toml, line 6)",
            "zebra: unknown section (fuxin.toml, line 9)",
        ]
    );
}

#[test]
fn a_section_that_is_no_table_is_named() {
    let folder = Folder::new();
    let problems = folder.load(&format!("policy = 3\n{MINIMAL}\n[[log]]\n"), &[]).unwrap_err();
    assert!(problems.iter().all(|problem| matches!(problem.fault, Fault::NotASection)));
    assert_eq!(problems.iter().map(|problem| &problem.key).collect::<Vec<_>>(), ["policy", "log"]);
}

#[test]
fn what_is_no_toml_is_named_with_every_line_and_nothing_else_is_judged() {
    let folder = Folder::new();
    let found = lines(&folder, folder.load("[server]\nissuer = https\nlisten = \n", &[]));
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("not TOML: ") && found[0].ends_with("(fuxin.toml, line 2)"));
    assert!(found[1].starts_with("not TOML: ") && found[1].ends_with("(fuxin.toml, line 3)"));
}

#[test]
fn a_key_that_stands_twice_is_no_toml() {
    let folder = Folder::new();
    let found = lines(&folder, folder.load_with("listen = \"a\"\nlisten = \"b\""));
    assert!(
        found[0].contains("duplicate key") && found[0].ends_with("(fuxin.toml, line 7)"),
        "{found:?}"
    );
}

#[test]
fn every_required_key_is_missed_at_once() {
    let problems = load(None, &[]).unwrap_err();
    let missing = |problem: &Problem| matches!(problem.fault, Fault::Missing { .. });
    assert!(problems.iter().all(missing), "{problems:#?}");
    let mut found: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
    let required = |form: Fallback| matches!(form, Fallback::Required { .. });
    let mut expected: Vec<_> =
        KEYS.iter().filter(|key| required(key.fallback)).map(|key| key.path).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(
        problems[0].to_string(),
        "server.issuer: is required, for example \"https://sso.example.gov.tw\""
    );
}

#[test]
fn faults_of_all_kinds_are_reported_together() {
    let folder = Folder::new();
    let text = "[server]\nisuer = \"https://a.test\"\nlisten = \"here\"\n[policy]\nprofile = \"gps\"\nlock_minutes = 1\n";
    let found =
        lines(&folder, folder.load(text, &[("FUXIN__LOG__FORMAT", "xml"), ("FUXIN__LOG", "1")]));
    assert_eq!(
        found,
        [
            "server.isuer: unknown key; did you mean server.issuer? (fuxin.toml, line 2)",
            "server.listen: must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080 (fuxin.toml, line 3)",
            "policy.profile: must be one of: gsp, modern, high; did you mean gsp? (fuxin.toml, line 5)",
            "policy.lock_minutes: must be at least 15 minutes: the government's control baseline (附表十) asks for \
             15 minutes or more after 5 failures (fuxin.toml, line 6)",
            "log: unknown key (environment variable FUXIN__LOG)",
            "log.format: must be one of: json, text (environment variable FUXIN__LOG__FORMAT)",
            "server.issuer: is required, for example \"https://sso.example.gov.tw\"",
            "database.url: is required, for example \"sqlite:///var/lib/fuxin/fuxin.db\"",
            "secrets.master_key_file: is required, for example \"master.key\"",
            "secrets.pairwise_salt_file: is required, for example \"pairwise.salt\"",
        ]
    );
}

#[test]
fn the_environment_holds_over_the_file() {
    let folder = Folder::new();
    let environment = [
        ("FUXIN__SERVER__LISTEN", "[::1]:9000"),
        ("FUXIN__POLICY__LOCK_MINUTES", "20"),
        ("FUXIN__SERVER__TRUSTED_PROXIES", "10.0.0.7, fd00::/8"),
        ("FUXIN__SERVICE_DESK__HOURS_EN", "always"),
        ("OTHER__SERVER__LISTEN", "nobody reads this"),
    ];
    let text = format!("{MINIMAL}listen = \"127.0.0.1:1\"\n[policy]\nlock_minutes = 30");
    let config = folder.load(&text, &environment).unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:9000");
    assert_eq!(config.policy.lock.as_seconds(), 20 * 60);
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert_eq!(config.service_desk.hours_en.as_deref(), Some("always"));
}

#[test]
fn a_configuration_can_be_all_environment() {
    let folder = Folder::new();
    let salt = folder.path("pairwise.salt");
    let environment = [
        ("FUXIN__SERVER__ISSUER", "https://sso.example.gov.tw"),
        ("FUXIN__DATABASE__URL", "sqlite:relative.db"),
        ("FUXIN__SECRETS__MASTER_KEY", MASTER_KEY),
        ("FUXIN__SECRETS__PAIRWISE_SALT_FILE", salt.to_str().unwrap()),
    ];
    let config = load(None, &environment).unwrap();
    assert!(format!("{:?}", config.database).contains("\"relative.db\""), "{:?}", config.database);
}

#[test]
fn an_environment_variable_that_is_not_utf_8_is_refused() {
    let folder = Folder::new();
    let found = folder.load(MINIMAL, &[("FUXIN__SERVER__LISTEN", "127.0.0.1:8080\u{FFFD}")]);
    assert_eq!(
        lines(&folder, found),
        ["server.listen: not UTF-8 (environment variable FUXIN__SERVER__LISTEN)"]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let found = lines(&folder, load(Some(&folder.path("absent.toml")), &[]));
    assert_eq!(found, ["cannot read absent.toml: No such file or directory (os error 2)"]);
    fs::write(folder.path("latin1.toml"), [0xE9]).unwrap();
    let problems = load(Some(&folder.path("latin1.toml")), &[]).unwrap_err();
    assert!(matches!(problems[0].fault, Fault::Unreadable { .. }));
}

#[test]
fn a_file_at_the_limit_loads_and_a_longer_one_does_not() {
    let folder = Folder::new();
    let filled = |length: usize| format!("{MINIMAL}#{}", "x".repeat(length - MINIMAL.len() - 1));
    folder.load(&filled(limits::CONFIGURATION_FILE), &[]).unwrap();
    let problems = folder.load(&filled(limits::CONFIGURATION_FILE + 1), &[]).unwrap_err();
    assert!(matches!(problems[0].fault, Fault::FileTooLong { .. }));
}

/// Every described key is read: another value of it makes another configuration.
#[test]
fn every_key_changes_the_configuration() {
    let folder = Folder::new();
    let password = folder.write("database.password", "x", 0o600);
    let other_key = folder.write("other.key", &MASTER_KEY.replace('0', "1"), 0o600);
    let authority = folder.write("extra-ca.pem", &certificate(), 0o644);
    let (shown, key) = identity(1);
    let tls = ["tls.pem", "other-tls.pem"].map(|name| folder.write(name, &shown, 0o644));
    let tls_key = ["tls.key", "other-tls.key"].map(|name| folder.write(name, &key, 0o600));
    let base = vec![
        ("FUXIN__DATABASE__URL", "postgres://fuxin@localhost/fuxin"),
        ("FUXIN__TLS__LISTEN", "127.0.0.1:8443"),
        ("FUXIN__TLS__URL", "https://mtls.example.gov.tw"),
        ("FUXIN__TLS__CERTIFICATE_FILE", tls[0].to_str().unwrap()),
        ("FUXIN__TLS__KEY_FILE", tls_key[0].to_str().unwrap()),
    ];
    let before = format!("{:?}", folder.load(MINIMAL, &base).unwrap());
    for key in KEYS {
        let other = match key.path {
            "server.issuer" | "tls.url" => "https://other.example.gov.tw".to_owned(),
            "server.listen" | "server.metrics_listen" => "127.0.0.1:9999".to_owned(),
            "server.trusted_proxies" => "10.0.0.1".to_owned(),
            "database.url" => "postgres://fuxin@localhost/other".to_owned(),
            "database.password_file" => password.display().to_string(),
            "secrets.master_key_file" | "secrets.pairwise_salt_file" => {
                other_key.display().to_string()
            }
            "outbound.extra_ca_file" | "tls.client_ca_file" => authority.display().to_string(),
            "tls.listen" => "127.0.0.1:9443".to_owned(),
            "tls.certificate_file" => tls[1].display().to_string(),
            "tls.key_file" => tls_key[1].display().to_string(),
            "outbound.private_hosts" => "localhost:8443".to_owned(),
            "log.format" => "text".to_owned(),
            "log.filter" => "debug".to_owned(),
            "password_hash.threads" => "77".to_owned(),
            "service_desk.phone" | "service_desk.hours_zh_hant" | "service_desk.hours_en" => {
                "週一".to_owned()
            }
            "policy.profile" => "modern".to_owned(),
            "policy.weak_features" => "no_pkce".to_owned(),
            "policy.session_management" => "on".to_owned(),
            path => one_more_or_less(path),
        };
        let name = variable(key.path);
        let mut environment = base.clone();
        environment.retain(|(given, _)| *given != name);
        environment.push((&name, &other));
        let after = format!("{:?}", folder.load(MINIMAL, &environment).unwrap());
        assert_ne!(before, after, "{} is described, but not read", key.path);
    }
}

/// For a number: the value next to its default, within its bounds.
fn one_more_or_less(path: &str) -> String {
    let key = crate::config::describe::find(path).unwrap();
    let Form::Number(range) = key.form else { panic!("{path}: give the test another value") };
    let default: u32 = match key.fallback {
        Fallback::Default(text) => text.parse().unwrap(),
        _ => Profile::Gsp.source().given(path).unwrap().number().unwrap(),
    };
    if default < range.most { default + 1 } else { default - 1 }.to_string()
}

#[test]
fn every_key_belongs_to_a_described_section_and_stands_once() {
    for (index, key) in KEYS.iter().enumerate() {
        assert!(SECTIONS.iter().any(|section| section.name == key.section()), "{}", key.path);
        assert!(KEYS[..index].iter().all(|other| other.path != key.path), "{}", key.path);
        assert!(!key.text.is_empty() && key.text.ends_with('.'), "{}", key.path);
    }
}

/// LCK-1, LCK-2, EXP-1, LOG-11: the numbers of the source documents.
#[test]
fn the_profile_gsp_is_complete_and_holds_the_documents_numbers() {
    let policy = Policy::of(Profile::Gsp).unwrap();
    assert_eq!((policy.challenge_after, policy.lock_after), (3, 5));
    assert_eq!(policy.lock.as_seconds(), 15 * 60);
    assert_eq!(policy.password_lifetime.as_seconds(), 730 * 86_400);
    assert_eq!(policy.deleted_account.as_seconds(), 90 * 86_400);
}

/// What a deployment opens against the rules of a profile is its own word, never a profile's.
#[test]
fn every_profile_is_complete_and_opens_nothing() {
    for profile in [Profile::Gsp, Profile::Modern, Profile::High] {
        let source = profile.source();
        let own = ["profile", "weak_features", "session_management"];
        let of_profile = |name: &str| !own.contains(&name);
        for key in KEYS.iter().filter(|key| key.section() == "policy") {
            let is_profiles = of_profile(key.name());
            assert_eq!(matches!(key.fallback, Fallback::Profile), is_profiles, "{}", key.path);
            assert_eq!(source.given(key.path).is_some(), is_profiles, "{}", key.path);
        }
        let policy = Policy::of(profile).unwrap();
        assert!(policy.weak_features.is_empty() && !policy.session_management);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how a developer asks for the files to be written")]
fn generated_files_are_as_the_program_would_write_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let regenerate = std::env::var("FUXIN_REGENERATE").is_ok();
    for (name, text) in
        [("config/example.toml", example_toml()), ("docs/configuration.md", configuration_md())]
    {
        if regenerate {
            fs::write(root.join(name), &text).unwrap();
        }
        let file = fs::read_to_string(root.join(name)).unwrap_or_default();
        assert!(
            file == text,
            "{name} is out of date: FUXIN_REGENERATE=1 cargo test generated_files"
        );
    }
}

#[test]
fn the_example_loads_once_its_secrets_exist() {
    let folder = Folder::new();
    let config = folder.load(&example_toml(), &[]).unwrap();
    assert_eq!(config.server.issuer.as_str(), "https://sso.example.gov.tw");
    assert_eq!(config.policy, Policy::of(Profile::Gsp).unwrap());
}

#[test]
fn the_example_loads_with_every_key_of_it_set() {
    let folder = Folder::new();
    folder.write("database.password", "x", 0o600);
    let (shown, key) = identity(1);
    for name in ["extra-ca.pem", "client-ca.pem", "tls.pem"] {
        folder.write(name, &shown, 0o644);
    }
    folder.write("tls.key", &key, 0o600);
    let text = example_toml()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.is_empty() && !key.starts_with(' ') => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect::<String>()
        .replace("sqlite:///var/lib/fuxin/fuxin.db", "postgres://fuxin@localhost/fuxin");
    for key in KEYS {
        assert!(
            text.contains(&format!("\n{} = ", key.name())),
            "{} is not in the example",
            key.path
        );
    }
    folder.load(&text, &[]).unwrap();
}
