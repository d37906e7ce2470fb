//! Secrets: where they may come from, and that nothing shows them.

use super::*;
use crate::base::limits;
use crate::config::{Fault, Location};

const PASSWORD: &str = "correct horse battery staple";

fn postgres() -> String {
    MINIMAL.replace("sqlite:fuxin.db", "postgres://fuxin@localhost/fuxin")
}

#[test]
fn a_secret_file_that_others_can_use_is_refused_with_the_remedy() {
    let folder = Folder::new();
    for (mode, shown) in [(0o640, "0640"), (0o604, "0604"), (0o620, "0620"), (0o4601, "4601")] {
        folder.write("master.key", MASTER_KEY, mode);
        assert_eq!(
            lines(&folder, folder.load(MINIMAL, &[])),
            [format!(
                "secrets.master_key_file: master.key can be used by others than its owner (mode {shown}); \
                 run: chmod 600 master.key (fuxin.toml, line 3)"
            )]
        );
    }
    folder.write("master.key", MASTER_KEY, 0o600);
    folder.load(MINIMAL, &[]).unwrap();
}

#[test]
fn a_secret_file_that_is_absent_or_no_file_is_named() {
    let folder = Folder::new();
    fs::remove_file(folder.path("master.key")).unwrap();
    fs::remove_file(folder.path("pairwise.salt")).unwrap();
    fs::create_dir(folder.path("pairwise.salt")).unwrap();
    assert_eq!(
        lines(&folder, folder.load(MINIMAL, &[])),
        [
            "secrets.master_key_file: cannot read master.key: No such file or directory (os error 2) \
             (fuxin.toml, line 3)",
            "secrets.pairwise_salt_file: pairwise.salt is not a regular file (fuxin.toml, line 3)",
        ]
    );
}

#[test]
fn a_secret_file_at_the_limit_is_read_and_a_longer_one_is_not() {
    let folder = Folder::new();
    folder.write("pairwise.salt", &"s".repeat(limits::SECRET_FILE), 0o600);
    let config = folder.load(MINIMAL, &[]).unwrap();
    assert_eq!(config.secrets.pairwise_salt.expose().len(), limits::SECRET_FILE);
    folder.write("pairwise.salt", &"s".repeat(limits::SECRET_FILE + 1), 0o600);
    let problems = folder.load(MINIMAL, &[]).unwrap_err();
    assert!(matches!(problems[0].fault, Fault::FileTooLong { .. }));
}

#[test]
fn a_damaged_master_key_and_a_short_salt_are_refused() {
    let folder = Folder::new();
    folder.write("master.key", &MASTER_KEY[1..], 0o600);
    folder.write("pairwise.salt", &"鹽".repeat(31), 0o600);
    let problems = folder.load(MINIMAL, &[]).unwrap_err();
    assert!(matches!(problems[0].fault, Fault::NotAMasterKey), "{problems:#?}");
    assert!(matches!(problems[1].fault, Fault::SaltTooShort { least: 32 }), "{problems:#?}");
    folder.write("master.key", MASTER_KEY, 0o600);
    folder.write("pairwise.salt", &"鹽".repeat(32), 0o600);
    folder.load(MINIMAL, &[]).unwrap();
}

#[test]
fn the_salt_is_not_the_master_key() {
    let folder = Folder::new();
    folder.write("pairwise.salt", &format!("{MASTER_KEY}\n"), 0o600);
    let problems = folder.load(MINIMAL, &[]).unwrap_err();
    assert!(matches!(problems[0].fault, Fault::SaltIsMasterKey));
}

#[test]
fn white_space_around_a_secret_is_no_part_of_it() {
    let folder = Folder::new();
    folder.write("pairwise.salt", &format!("  {SALT}\r\n"), 0o600);
    assert_eq!(folder.load(MINIMAL, &[]).unwrap().secrets.pairwise_salt.expose(), SALT);
}

#[test]
fn a_secret_in_the_file_is_refused_with_the_right_place() {
    let folder = Folder::new();
    let text = format!("{}[database]\n", MINIMAL.replace("database.url", "#")) + "password = \"x\"";
    let problems = folder.load(&text, &[]).unwrap_err();
    assert_eq!(
        problems[0].to_string().split(" (").next().unwrap(),
        "database.password: a secret is never written here: name a file in database.password_file, \
         or set FUXIN__DATABASE__PASSWORD"
    );
}

#[test]
fn a_password_comes_from_a_file_or_the_environment_and_not_from_both() {
    let folder = Folder::new();
    folder.write("database.password", &format!("{PASSWORD}\n"), 0o600);
    let with_file = postgres()
        .replace("database.url", "database.password_file = \"database.password\"\ndatabase.url");
    let in_environment = [("FUXIN__DATABASE__PASSWORD", PASSWORD)];
    for config in [folder.load(&with_file, &[]), folder.load(&postgres(), &in_environment)] {
        let Location::Postgres { password, .. } = config.unwrap().database.location else {
            panic!()
        };
        assert_eq!(password.unwrap().expose(), PASSWORD);
    }
    let Location::Postgres { password: None, .. } =
        folder.load(&postgres(), &[]).unwrap().database.location
    else {
        panic!("a password from nowhere")
    };
    assert_eq!(
        lines(&folder, folder.load(&with_file, &in_environment)),
        [
            "database.password_file: must be left out while FUXIN__DATABASE__PASSWORD is set: the secret is given \
          twice (fuxin.toml, line 2)"
        ]
    );
}

#[test]
fn sqlite_knows_no_passwords() {
    let folder = Folder::new();
    let problems = folder.load(MINIMAL, &[("FUXIN__DATABASE__PASSWORD", PASSWORD)]).unwrap_err();
    assert!(matches!(problems[0].fault, Fault::PasswordForSqlite));
}

#[test]
fn nothing_shows_a_secret() {
    let folder = Folder::new();
    let environment = [("FUXIN__DATABASE__PASSWORD", PASSWORD)];
    let config = folder.load(&postgres(), &environment).unwrap();
    let mut shown = vec![format!("{config:?}"), format!("{config:#?}")];
    // Secrets in wrong places: in the file, in the address, in place of a file's name, as a variable of another name.
    let wrong = [
        format!("{}password = \"{PASSWORD}\"", MINIMAL.replace("[server]", "[database]")),
        format!("{MINIMAL}[database]\npassword = \"{PASSWORD}\""),
        postgres().replace("fuxin@", &format!("fuxin:{}@", PASSWORD.replace(' ', "%20"))),
        postgres()
            .replace("/fuxin\"", &format!("/fuxin?password={}\"", PASSWORD.replace(' ', "+"))),
        format!("{MINIMAL}listen = \"{PASSWORD}\""),
        format!("{MINIMAL}listen = {PASSWORD}"),
        format!("{MINIMAL}[policy]\nlock_minutes = \"{PASSWORD}\"\nprofile = \"{PASSWORD}\""),
    ];
    for text in wrong {
        let problems = folder.load(&text, &[("FUXIN__DATABASE__PASWORD", PASSWORD)]).unwrap_err();
        shown.push(format!("{problems:#?}"));
        shown.extend(problems.iter().map(ToString::to_string));
    }
    for text in shown {
        for secret in [PASSWORD, "battery", MASTER_KEY, SALT] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
