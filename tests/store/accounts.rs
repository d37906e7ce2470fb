//! Accounts, their passwords, and the person's data, sealed at rest.

use fuxin::base::id::AccountId;
use fuxin::base::master_key::MasterKey;
use fuxin::model::account::{Account, AccountKind, AccountState, FoldedName, Profile};
use fuxin::national::person_name::PersonName;
use fuxin::store::{Budget, NewAccount, Store};

use crate::support::{NOW, World, audit, digest, later, limits, new_account, on_both_databases};

on_both_databases! {
    an_account_is_found_by_its_folded_name,
    a_taken_name_opens_no_second_account,
    an_account_without_a_password_signs_nobody_in_with_one,
    each_state_comes_back,
    a_lock_is_put_once,
    an_account_is_disabled_for_its_national_id_once,
    unlocking_lets_an_account_in_again,
    a_deleted_account_is_neither_locked_nor_unlocked,
    a_password_is_switched_off_once,
    rare_names_come_back_code_point_for_code_point,
    a_profile_is_sealed_at_rest,
    a_profile_does_not_open_under_another_master_key,
    a_profile_does_not_open_in_another_row,
}

/// A name that no encoding mistake survives: a character beyond the Basic Multilingual Plane, one with a variation
/// selector, and a compatibility ideograph that normalisation would replace.
const RARE: [&str; 5] = ["吳𣲚翔", "𪚥", "葛\u{e0100}", "\u{f900}", "伊萬‧納威"];

fn profile(name: &str) -> Profile {
    Profile {
        name: Some(PersonName::try_from(name.to_owned()).unwrap()),
        birthdate: Some("1969-07-16".to_owned()),
        email: Some("amy@agency.test".to_owned()),
        email_verified: true,
        ..Profile::default()
    }
}

async fn open(world: &World, name: &str, profile: Profile) -> Account {
    let new = NewAccount { profile, ..new_account(name) };
    let account = new.account.clone();
    assert!(world.store.insert_account(new, audit()).await.unwrap().committed());
    account
}

async fn state_of(world: &World, account: &Account) -> AccountState {
    world.store.find_account(&account.name.folded()).await.unwrap().unwrap().state
}

async fn an_account_is_found_by_its_folded_name(world: &World) {
    let amy = world.account("Amy.Wu").await;
    let typed = FoldedName::of(" ａｍｙ.WU ").unwrap();
    let found = world.store.find_account(&typed).await.unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str()), (amy.id, "Amy.Wu"));
    assert_eq!((found.subject, found.kind, found.state), (amy.subject, amy.kind, amy.state));
    let record = world.store.find_for_sign_in(&typed).await.unwrap().unwrap();
    assert_eq!((record.account.id, record.changed_at, record.disabled), (amy.id, NOW, false));
    assert!(world.store.find_account(&FoldedName::of("bob").unwrap()).await.unwrap().is_none());
    assert!(world.store.find_for_sign_in(&FoldedName::of("bob").unwrap()).await.unwrap().is_none());
}

async fn a_taken_name_opens_no_second_account(world: &World) {
    let first = world.account("amy").await;
    let before = world.raw().count("audit_events").await;
    let again = world.store.insert_account(new_account("AMY"), audit()).await.unwrap();
    assert!(!again.committed());
    let found = world.store.find_account(&first.name.folded()).await.unwrap().unwrap();
    assert_eq!(found.id, first.id);
    assert_eq!(world.raw().count("accounts").await, 1);
    assert_eq!(world.raw().count("passwords").await, 1);
    assert_eq!(world.raw().count("audit_events").await, before);
}

async fn an_account_without_a_password_signs_nobody_in_with_one(world: &World) {
    let new = NewAccount { password: None, ..new_account("card") };
    let name = new.account.name.folded();
    assert!(world.store.insert_account(new, audit()).await.unwrap().committed());
    assert!(world.store.find_account(&name).await.unwrap().is_some());
    assert!(world.store.find_for_sign_in(&name).await.unwrap().is_none());
}

async fn each_state_comes_back(world: &World) {
    let states = [
        AccountState::Active,
        AccountState::Locked { at: later(1) },
        AccountState::DisabledForNationalId { at: later(2) },
        AccountState::Deleted { at: later(3) },
    ];
    for (n, state) in states.into_iter().enumerate() {
        let mut new = new_account(&format!("person{n}"));
        new.account.state = state;
        new.account.kind = AccountKind::Official;
        let account = new.account.clone();
        assert!(world.store.insert_account(new, audit()).await.unwrap().committed());
        let found = world.store.find_account(&account.name.folded()).await.unwrap().unwrap();
        assert_eq!((found.state, found.kind), (state, AccountKind::Official));
    }
}

async fn a_lock_is_put_once(world: &World) {
    let amy = world.account("amy").await;
    let lock = async |id, at| world.store.lock_account(id, at, audit()).await.unwrap().committed();
    let before = world.raw().count("audit_events").await;
    assert!(lock(amy.id, later(1)).await);
    assert!(!lock(amy.id, later(2)).await);
    assert!(!lock(AccountId::new(NOW), NOW).await);
    assert_eq!(state_of(world, &amy).await, AccountState::Locked { at: later(1) });
    assert_eq!(world.raw().count("audit_events").await, before + 1);
}

/// LOG-5
async fn an_account_is_disabled_for_its_national_id_once(world: &World) {
    let amy = world.account("amy").await;
    let disable =
        async |id, at| world.store.disable_account(id, at, audit()).await.unwrap().committed();
    world.store.lock_account(amy.id, NOW, audit()).await.unwrap().committed();
    let before = world.raw().count("audit_events").await;
    assert!(disable(amy.id, later(1)).await);
    assert!(!disable(amy.id, later(2)).await);
    assert!(!disable(AccountId::new(NOW), NOW).await);
    let disabled = AccountState::DisabledForNationalId { at: later(1) };
    assert_eq!(state_of(world, &amy).await, disabled, "the lock that was there says less");
    let reason = world.raw().texts("SELECT disabled_for FROM accounts").await;
    assert_eq!(reason, ["national_id"]);
    assert_eq!(world.raw().count("audit_events").await, before + 1);
}

async fn unlocking_lets_an_account_in_again(world: &World) {
    let (amy, name) = (world.account("amy").await, digest());
    for _ in 0..3 {
        let reserved = world.store.reserve_attempt(name, Budget::Other, limits(), NOW).await;
        assert!(reserved.unwrap().committed().is_some());
    }
    world.store.lock_account(amy.id, NOW, audit()).await.unwrap().committed();
    world.store.disable_account(amy.id, NOW, audit()).await.unwrap().committed();
    world.store.disable_password(amy.id, NOW, audit()).await.unwrap().committed();
    let unlock = async |id| world.store.unlock_account(id, name, NOW, audit()).await.unwrap();
    assert!(!unlock(AccountId::new(NOW)).await.committed());
    assert!(unlock(amy.id).await.committed());
    let record = world.store.find_for_sign_in(&amy.name.folded()).await.unwrap().unwrap();
    assert!(record.account.state.is_active() && !record.disabled);
    assert_eq!(world.raw().count("accounts WHERE disabled_for IS NOT NULL").await, 0);
    let throttle = world.store.name_throttle(&name, &digest(), NOW).await.unwrap();
    assert_eq!(throttle.consecutive, 0);
}

async fn a_deleted_account_is_neither_locked_nor_unlocked(world: &World) {
    let mut new = new_account("gone");
    new.account.state = AccountState::Deleted { at: NOW };
    let account = new.account.clone();
    world.store.insert_account(new, audit()).await.unwrap().committed();
    world.store.disable_password(account.id, NOW, audit()).await.unwrap().committed();
    assert!(!world.store.lock_account(account.id, NOW, audit()).await.unwrap().committed());
    assert!(!world.store.disable_account(account.id, NOW, audit()).await.unwrap().committed());
    let unlocked = world.store.unlock_account(account.id, digest(), NOW, audit()).await.unwrap();
    assert!(!unlocked.committed());
    let record = world.store.find_for_sign_in(&account.name.folded()).await.unwrap().unwrap();
    assert!(record.disabled, "nothing of it was changed");
}

async fn a_password_is_switched_off_once(world: &World) {
    let amy = world.account("amy").await;
    let before = world.raw().count("audit_events").await;
    let disable =
        async |id| world.store.disable_password(id, NOW, audit()).await.unwrap().committed();
    assert!(disable(amy.id).await);
    assert!(!disable(amy.id).await);
    assert!(!disable(AccountId::new(NOW)).await);
    let record = world.store.find_for_sign_in(&amy.name.folded()).await.unwrap().unwrap();
    assert!(record.disabled && record.account.state.is_active());
    assert_eq!(world.raw().count("audit_events").await, before + 1);
}

/// PRO-9, PRO-10
async fn rare_names_come_back_code_point_for_code_point(world: &World) {
    for (n, name) in RARE.into_iter().enumerate() {
        let account = open(world, &format!("person{n}"), profile(name)).await;
        let found = world.store.profile(account.id).await.unwrap();
        assert_eq!(found.name.as_ref().unwrap().as_str().as_bytes(), name.as_bytes());
        assert_eq!(found, profile(name));
    }
}

async fn a_profile_is_sealed_at_rest(world: &World) {
    open(world, "amy", profile(RARE[0])).await;
    let column = world.raw().bytes("SELECT profile FROM accounts").await;
    let has = |text: &str| column.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    for plain in [RARE[0], "吳", "1969", "agency.test", "birthdate", "name"] {
        assert!(!has(plain), "{plain} lies open");
    }
}

async fn a_profile_does_not_open_under_another_master_key(world: &World) {
    let amy = open(world, "amy", profile(RARE[0])).await;
    let other = Store::open(&world.place.location, &MasterKey::random()).await.unwrap();
    let error = other.profile(amy.id).await.unwrap_err();
    assert!(!error.is_unavailable(), "trying again does not help: {error}");
    other.close().await;
}

async fn a_profile_does_not_open_in_another_row(world: &World) {
    let amy = open(world, "amy", profile(RARE[0])).await;
    let bob = open(world, "bob", profile(RARE[1])).await;
    let swap = "UPDATE accounts SET profile = (SELECT other.profile FROM accounts AS other WHERE other.name = 'bob')
                WHERE name = 'amy'";
    world.raw().execute(swap).await.unwrap();
    world.store.profile(amy.id).await.unwrap_err();
    assert_eq!(world.store.profile(bob.id).await.unwrap(), profile(RARE[1]));
}
