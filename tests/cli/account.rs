//! `fuxin account`: what an operator does to an account, what is said of it, and what is left in the database.

use crate::Outcome;
use crate::database::column;
use crate::deployment::{Deployment, EMAIL, PASSWORD, PERSON};

/// A deployment with the account `lin.meihui`.
fn with_an_account() -> Result<Deployment, Box<dyn std::error::Error>> {
    let place = Deployment::migrated()?;
    let add = ["account", "add", "lin.meihui", "--person", PERSON, "--email", EMAIL];
    let said = place.run(&add).given(&format!("{PASSWORD}\n")).succeeds()?;
    assert!(said.starts_with("Opened account lin.meihui ("), "{said}");
    Ok(place)
}

#[test]
fn an_account_is_opened_once_and_with_a_password() -> Outcome {
    let place = with_an_account()?;
    let again = ["account", "add", "LIN.meihui", "--person", PERSON];
    let said = place.run(&again).given(&format!("{PASSWORD}\n")).fails()?;
    assert!(said.contains("an account of that name exists"), "{said}");
    place.run(&["account", "add", "someone", "--person", PERSON]).given("\n").fails()?;
    let names = column(&place.path("fuxin.db"), "SELECT name FROM accounts")?;
    assert_eq!(names, ["lin.meihui"]);
    Ok(())
}

#[test]
fn all_of_a_persons_data_can_come_from_a_file() -> Outcome {
    let place = Deployment::migrated()?;
    let file = place.path("person.json");
    let data = r#"{"name": "林美惠", "phone_number": "+886-2-2345-6789", "address": {"locality": "臺北市"}}"#;
    std::fs::write(&file, data)?;
    let add = ["account", "add", "lin.meihui", "--profile", &file];
    place.run(&add).given(&format!("{PASSWORD}\n")).succeeds()?;

    std::fs::write(&file, data.replace("phone_number", "phone"))?;
    let other = ["account", "add", "someone", "--profile", &file];
    let said = place.run(&other).given(&format!("{PASSWORD}\n")).fails()?;
    assert!(said.contains("unknown field `phone`"), "{said}");
    let names = column(&place.path("fuxin.db"), "SELECT name FROM accounts")?;
    assert_eq!(names, ["lin.meihui"]);
    Ok(())
}

/// LOG-5
#[test]
fn an_account_is_locked_for_either_reason_and_unlocked() -> Outcome {
    const STATE: &str =
        "SELECT (locked_at IS NOT NULL) || ' ' || COALESCE(disabled_for, 'none') FROM accounts";
    let place = with_an_account()?;
    let state = || column(&place.path("fuxin.db"), STATE);
    assert_eq!(
        place.run(&["account", "lock", "LIN.meihui"]).succeeds()?,
        "Locked account LIN.meihui.\n"
    );
    assert_eq!(state()?, ["1 none"]);
    assert_eq!(
        place.run(&["account", "lock", "lin.meihui", "--national-id"]).succeeds()?,
        "Locked account lin.meihui for its national id.\n"
    );
    assert_eq!(state()?, ["1 national_id"]);
    place.run(&["account", "unlock", "lin.meihui"]).succeeds()?;
    assert_eq!(state()?, ["0 none"]);
    let audited = "SELECT event FROM audit_events WHERE account_id IS NOT NULL ORDER BY event";
    assert_eq!(
        column(&place.path("fuxin.db"), audited)?,
        [
            "account_disabled_for_national_id",
            "account_locked",
            "account_opened",
            "account_unlocked"
        ]
    );
    Ok(())
}

#[test]
fn an_account_that_is_not_there_any_more_is_neither_locked_nor_unlocked() -> Outcome {
    const DELETE: &str = "UPDATE accounts SET deleted_at = updated_at RETURNING name";
    let place = with_an_account()?;
    assert_eq!(column(&place.path("fuxin.db"), DELETE)?, ["lin.meihui"]);
    for name in ["lin.meihui", "nobody.here"] {
        for command in [&["lock"][..], &["lock", "--national-id"], &["unlock"]] {
            let said = place.run(&[&["account"], command, &[name]].concat()).fails()?;
            assert_eq!(said, "error: there is no account of that name\n", "{command:?}");
        }
    }
    Ok(())
}
