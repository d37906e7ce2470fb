//! What the contract's tests stand on: a database of their own (`place`), and a world in it that is built in words.
//!
//! A test is a function of a [`World`]; [`on_both_databases!`] makes two tests of it.

mod place;
mod wire;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use fuxin::app::App;
use fuxin::audit::{Event, Record};
use fuxin::base::id::{AccountId, ClientId, GrantId, MessageId, SessionId};
use fuxin::base::master_key::MasterKey;
use fuxin::base::random;
use fuxin::base::secret::Digest;
use fuxin::base::time::{Lifetime, SystemClock, Timestamp};
use fuxin::config::Config;
use fuxin::i18n::Locale;
use fuxin::model::account::{Account, AccountKind, AccountName, AccountState, Profile};
use fuxin::model::authentication::{Assurance, Authentication, Method};
use fuxin::model::client::{Client, StoredSecret};
use fuxin::model::grant::{GrantRow, Terms, Told};
use fuxin::model::message::{Message, Notice, Recipient};
use fuxin::model::password::PasswordHash;
use fuxin::national::person_name::PersonName;
use fuxin::oauth::acr::Acr;
use fuxin::oauth::amr::Amr;
use fuxin::oauth::client_metadata::{ApplicationType, ClientMetadata};
use fuxin::oauth::redirect_uri::RedirectUri;
use fuxin::store::{
    AuditRow, Location, NewAccount, NewGrant, NewSignIn, ReservationLimits, SessionChange, Store,
};

pub use place::{Place, Raw, folder};
pub use wire::Wire;

/// When every test takes place.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub const CODE: Lifetime = Lifetime::minutes(1);
pub const SESSION: Lifetime = Lifetime::hours(8);

/// A store on a database of its own, and the way around it.
pub struct World {
    pub store: Store,
    pub master_key: MasterKey,
    pub place: Place,
}

/// Someone with a session: what a grant needs.
pub struct SignedIn {
    pub account: Account,
    pub client: Client,
    pub session: SessionId,
    pub secret: Digest,
}

/// Runs a test on SQLite.
pub fn on_sqlite(test: impl AsyncFn(&World)) {
    run(Place::sqlite, test);
}

/// Runs a test on PostgreSQL.
pub fn on_postgres(test: impl AsyncFn(&World)) {
    run(Place::postgres, test);
}

/// Runs a test that brings its own database, on one thread: what it spawns runs in that order.
pub fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn run(place: impl AsyncFn() -> Place, test: impl AsyncFn(&World)) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::migrated(place().await).await;
        test(&world).await;
        world.remove().await;
    });
}

/// Makes of each test one on either database. A test that is not listed is an unused function.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $test() {
                $crate::support::on_sqlite(super::$test);
            })+
        }

        mod on_postgres {
            $(#[test]
            fn $test() {
                $crate::support::on_postgres(super::$test);
            })+
        }
    };
}
pub(crate) use on_both_databases;

/// Runs `count` tasks at once and collects what they return.
pub async fn at_once<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(task(n))).collect();
    let mut results = Vec::with_capacity(count);
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

pub fn later(seconds: u32) -> Timestamp {
    NOW.plus(Lifetime::seconds(seconds))
}

pub fn digest() -> Digest {
    Digest::from_bytes(random::bytes())
}

/// A row of the audit record; which event it tells of is no matter of the store's.
pub fn audit() -> AuditRow {
    Record::new(Event::GrantRevoked, NOW).row()
}

/// A hash that differs from every other one; no test of the store verifies a password.
pub fn password_hash() -> PasswordHash {
    let output = fuxin::base::encoding::hexadecimal(&random::bytes::<32>());
    let output: String = output.chars().take(43).collect();
    let text = format!("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA${}", &output);
    PasswordHash::parse(&text.replace(&output, &format!("{}A", output.get(..42).unwrap()))).unwrap()
}

pub fn new_account(name: &str) -> NewAccount {
    let account = Account {
        id: AccountId::new(NOW),
        name: AccountName::parse(name).unwrap(),
        subject: fuxin::model::account::random_subject(),
        kind: AccountKind::Member,
        state: AccountState::Active,
    };
    let password = Some((password_hash(), NOW));
    NewAccount { account, profile: Profile::default(), password, now: NOW }
}

/// The limits of the default policy, and no human check passed.
pub fn limits() -> ReservationLimits {
    ReservationLimits {
        lock_after: 5,
        lock: Lifetime::minutes(15),
        challenge_after: 3,
        hard_limit: 100,
        challenge_passed: false,
    }
}

pub fn by_password() -> Vec<Authentication> {
    vec![Authentication { method: Method::Password, at: NOW, interaction: None }]
}

/// A whole application on a database that is migrated, with secrets of its own in the folder.
pub async fn application(location: &Location) -> (App, PathBuf) {
    let Location::Postgres { url, password, .. } = location else {
        panic!("a file is its own node's")
    };
    let folder = folder();
    for secret in ["master.key", "pairwise.salt"] {
        let text = fuxin::base::encoding::hexadecimal(&random::bytes::<32>());
        std::fs::write(folder.join(secret), text).unwrap();
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(folder.join(secret), mode).unwrap();
    }
    let mut url = url::Url::parse(url).unwrap();
    url.set_password(None).unwrap();
    let text = format!(
        "[server]\nissuer = \"http://localhost:1\"\nlisten = \"127.0.0.1:1\"\n[database]\nurl = \"{url}\"\n\
         [secrets]\nmaster_key_file = \"master.key\"\npairwise_salt_file = \"pairwise.salt\"\n\
         [password_hash]\nthreads = 1\n"
    );
    std::fs::write(folder.join("fuxin.toml"), text).unwrap();
    let password = password
        .iter()
        .map(|text| ("FUXIN__DATABASE__PASSWORD".to_owned(), text.expose().to_owned()));
    let config = Config::load(Some(&folder.join("fuxin.toml")), password).unwrap();
    (App::build(&config, Arc::new(SystemClock), None).await.unwrap(), folder)
}

impl World {
    /// A node on the database at `place`.
    pub async fn at(place: Place) -> Self {
        let master_key = MasterKey::random();
        let store = Store::open(&place.location, &master_key).await.unwrap();
        Self { store, master_key, place }
    }

    /// The same, ready for use.
    pub async fn migrated(place: Place) -> Self {
        let world = Self::at(place).await;
        world.store.migrate().await.unwrap();
        world
    }

    /// Closes the store and removes its database.
    pub async fn remove(self) {
        self.store.close().await;
        self.place.remove().await;
    }

    /// Another node on the same database.
    pub async fn another_node(&self) -> Store {
        Store::open(&self.place.location, &self.master_key).await.unwrap()
    }

    pub fn raw(&self) -> &Raw {
        &self.place.raw
    }

    /// An account, as it was opened.
    pub async fn account(&self, name: &str) -> Account {
        let new = new_account(name);
        let account = new.account.clone();
        assert!(self.store.insert_account(new, audit()).await.unwrap().committed());
        account
    }

    pub async fn client(&self) -> Client {
        let uri = RedirectUri::register("https://agency.test/back", ApplicationType::Web).unwrap();
        let metadata = ClientMetadata {
            client_name: "監理服務網".to_owned(),
            redirect_uris: vec![uri],
            ..ClientMetadata::default()
        };
        let client = Client {
            id: ClientId::new(NOW),
            registration: std::sync::Arc::new(metadata.register().unwrap()),
            secret: Some(StoredSecret::Digest(digest())),
        };
        self.store.put_client(&client, NOW, audit()).await.unwrap().committed();
        client
    }

    /// What a sign-in to a new session writes.
    pub fn sign_in(&self, account: AccountId) -> NewSignIn {
        NewSignIn {
            account,
            session: SessionChange::Begin(SessionId::new(NOW)),
            secret: digest(),
            authentications: by_password(),
            now: NOW,
            expires_at: NOW.plus(SESSION),
            ends: None,
            reservation: None,
            upgraded: None,
            changed: None,
            audit: vec![audit()],
            message: None,
        }
    }

    /// The session of that account, and the digest of its cookie.
    pub async fn session(&self, account: AccountId) -> (SessionId, Digest) {
        let new = self.sign_in(account);
        let SessionChange::Begin(id) = new.session else { unreachable!() };
        let secret = new.secret;
        assert!(self.store.sign_in(new).await.unwrap().committed());
        (id, secret)
    }

    /// A person with a session, and a client.
    pub async fn signed_in(&self, name: &str) -> SignedIn {
        let (account, client) = (self.account(name).await, self.client().await);
        let (session, secret) = self.session(account.id).await;
        SignedIn { account, client, session, secret }
    }

    /// A grant whose code waits.
    pub async fn grant(&self, person: &SignedIn) -> GrantRow {
        let row = person.grant();
        assert!(self.store.put_code(with_code(&row)).await.unwrap().committed());
        row
    }

    /// A grant whose code was redeemed, and its first refresh token.
    pub async fn refreshable(&self, person: &SignedIn) -> (GrantRow, Digest) {
        let (row, first) = (self.grant(person).await, digest());
        assert!(self.store.redeem(&row, Some(first), NOW).await.unwrap().committed());
        (row, first)
    }
}

impl SignedIn {
    /// A grant that is not written yet.
    pub fn grant(&self) -> GrantRow {
        GrantRow {
            id: GrantId::new(NOW),
            client_id: self.client.id,
            account_id: self.account.id,
            session_id: self.session,
            terms: terms(),
            offline: false,
            code_digest: digest(),
            expires_at: NOW.plus(SESSION),
        }
    }
}

/// What the owner of that account is told.
pub fn message(account: &Account, at: Timestamp) -> Message {
    Message {
        id: MessageId::new(at),
        account: account.id,
        account_name: account.name.as_str().to_owned(),
        name: PersonName::try_from("吳𣲚翔".to_owned()).ok(),
        recipient: Recipient::Email("amy@agency.test".to_owned()),
        notice: Notice::PasswordChanged,
        locale: Locale::ZhHant,
        created_at: at,
    }
}

/// The row with its code, for `put_code`.
pub fn with_code(row: &GrantRow) -> NewGrant {
    NewGrant { row: row.clone(), code_expires_at: Some(NOW.plus(CODE)), created_at: NOW }
}

pub fn terms() -> Terms {
    Terms {
        scope: "openid profile".parse().unwrap(),
        claims: fuxin::oauth::claims_request::ClaimsRequest::default(),
        redirect_uri: "https://agency.test/back".to_owned(),
        code_challenge: None,
        nonce: Some("n".to_owned()),
        assurance: Assurance { acr: Acr::Password, amr: vec![Amr::Pwd], at: NOW },
        weak_features: fuxin::oauth::weak_feature::WeakFeatures::default(),
        told: Told::default(),
    }
}
