//! Fills a deployment: accounts and clients through the store's own functions, sessions and grants in bulk.
//!
//! The rows are what a year of use leaves behind, spread over a month: every profile is sealed, every digest is of a
//! bearer value that the ledger holds. One password serves many accounts (a hash each would take minutes of Argon2 and
//! change nothing: verifying costs the same), and every client skips consent, as the agencies of one government do.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use fuxin::audit::{Event, Record};
use fuxin::base::id::{AccountId, ClientId};
use fuxin::base::time::{Clock as _, Lifetime, SystemClock, Timestamp};
use fuxin::hasher::Hasher;
use fuxin::model::account::{
    Account, AccountKind, AccountName, AccountState, Profile, random_subject,
};
use fuxin::model::client::{Client, ClientSecretToken, StoredSecret};
use fuxin::model::password::{HashParameters, Password, PasswordHash};
use fuxin::oauth::client_metadata::{
    AccessTokenFormat, ApplicationType, ClientMetadata, IdTokenAlgorithm,
};
use fuxin::oauth::grant_type::GrantType;
use fuxin::oauth::redirect_uri::RedirectUri;
use fuxin::store::{NewAccount, Store};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Outcome;
use crate::bulk;
use crate::deployment::Deployment;
use crate::ledger::{self, Entry, LedgerFile};

/// Different passwords.
const PASSWORDS: usize = 64;
/// Transactions under way at once; they share the commits.
const AT_ONCE: usize = 64;
/// Clients whose access tokens are JWTs, besides the others.
const JWT_CLIENTS: usize = 100;
/// What every client may ask for; `service` is what it is given by client_credentials.
pub const SCOPE: &str = "openid profile email offline_access service";

/// What to make.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder to make.
    #[arg(long)]
    data: PathBuf,
    /// The port of the server that will use it.
    #[arg(long, default_value_t = 28080)]
    port: u16,
    /// A database of PostgreSQL (postgres://user@host/name), which must be empty; without it, SQLite in the folder.
    #[arg(long)]
    postgres: Option<String>,
    /// Accounts.
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    /// Clients.
    #[arg(long, default_value_t = 1_000)]
    clients: usize,
    /// Grants.
    #[arg(long, default_value_t = 1_000_000)]
    grants: usize,
}

/// Makes the folder and fills the database.
pub async fn fill(arguments: Arguments) -> Outcome {
    let folder = &arguments.data;
    let deployment = Deployment::create(folder, arguments.port, arguments.postgres.as_deref())?;
    let store = deployment.store().await?;
    store.migrate().await?;
    let now = SystemClock.now();
    let mut file = LedgerFile::create(folder)?;

    println!("{} accounts", arguments.accounts);
    let accounts = accounts(&deployment, &store, &mut file, arguments.accounts, now).await?;
    println!("{} clients", arguments.clients);
    let clients = clients(&deployment, &store, &mut file, arguments.clients, now).await?;
    store.close().await;

    let parties = bulk::Parties { accounts, clients, now };
    bulk::insert(&deployment, &parties, arguments.grants, &mut file).await?;
    file.finish()?;
    println!("filled: fuxin serve --config {}", deployment.configuration_file().display());
    Ok(())
}

async fn hashes(deployment: &Deployment) -> Outcome<Vec<(String, PasswordHash)>> {
    let cost = &deployment.config.password_hash;
    let parameters = HashParameters::new(cost.memory_kib, cost.iterations, cost.parallelism)?;
    let threads = NonZeroUsize::new(usize::try_from(cost.threads)?).unwrap_or(NonZeroUsize::MIN);
    let hasher = Arc::new(Hasher::start(parameters, threads, PASSWORDS)?);
    let mut tasks = JoinSet::new();
    for number in 0..PASSWORDS {
        let (hasher, text) = (hasher.clone(), format!("correct horse battery staple {number}"));
        tasks.spawn(async move {
            let password = Password::parse(text.clone()).map_err(|error| error.to_string())?;
            let hash = hasher.hash(password).await.map_err(|error| error.to_string())?;
            Ok::<_, String>((text, hash))
        });
    }
    Ok(tasks.join_all().await.into_iter().collect::<Result<_, _>>()?)
}

async fn accounts(
    deployment: &Deployment,
    store: &Store,
    file: &mut LedgerFile,
    count: usize,
    now: Timestamp,
) -> Outcome<Vec<AccountId>> {
    let hashes = hashes(deployment).await?;
    let mut work = Work::default();
    let mut ids = Vec::with_capacity(count);
    for (number, (password, hash)) in (0..count).zip(hashes.iter().cycle()) {
        let opened = now.minus(Lifetime::days(30));
        let name = AccountName::parse(&format!("person{number:06}")).ok_or("an account name")?;
        let account = Account {
            id: AccountId::new(opened),
            name: name.clone(),
            subject: random_subject(),
            kind: AccountKind::Member,
            state: AccountState::Active,
        };
        ids.push(account.id);
        let entry = ledger::Account { name: name.to_string(), password: password.clone() };
        file.add(&Entry::Account(entry))?;
        let audit = Record::new(Event::AccountOpened, opened).account(account.id).row();
        let password = Some((hash.clone(), opened));
        let new = NewAccount { account, profile: profile(number)?, password, now: opened };
        let store = store.clone();
        work.begin(async move {
            let inserted =
                store.insert_account(new, audit).await.map_err(|error| error.to_string());
            if inserted?.committed() { Ok(()) } else { Err(String::from("a name is taken")) }
        })
        .await?;
    }
    work.finish().await?;
    Ok(ids)
}

fn profile(number: usize) -> Outcome<Profile> {
    let surnames = ["吳", "陳", "林", "凃", "黃", "張", "李", "王"];
    let surname = surnames.iter().cycle().nth(number % surnames.len()).copied().unwrap_or("吳");
    Ok(Profile {
        name: Some(format!("{surname}𣲚翔").try_into()?),
        given_name: Some(String::from("𣲚翔").try_into()?),
        family_name: Some(surname.to_owned().try_into()?),
        preferred_username: Some(format!("person{number:06}")),
        birthdate: Some(String::from("1985-04-12")),
        zoneinfo: Some(String::from("Asia/Taipei")),
        locale: Some(String::from("zh-Hant-TW")),
        email: Some(format!("person{number:06}@example.gov.tw")),
        email_verified: true,
        phone_number: Some(format!("+8869{number:08}")),
        phone_number_verified: true,
        ..Profile::default()
    })
}

async fn clients(
    deployment: &Deployment,
    store: &Store,
    file: &mut LedgerFile,
    count: usize,
    now: Timestamp,
) -> Outcome<Vec<bulk::Party>> {
    let key = deployment.secrets().client_secret;
    let mut work = Work::default();
    let mut parties = Vec::with_capacity(count);
    for number in 0..count + JWT_CLIENTS {
        let id = ClientId::new(now.minus(Lifetime::days(30)));
        let secret = ClientSecretToken::random().expose();
        let redirect_uri = format!("https://agency{number:04}.example.gov.tw/callback");
        let metadata = metadata(number, &redirect_uri, number >= count)?;
        let client = Client {
            id,
            registration: Arc::new(metadata.register()?),
            secret: Some(StoredSecret::Digest(
                key.code(&[id.uuid().as_bytes(), secret.as_bytes()]),
            )),
        };
        let uri = redirect_uri.clone();
        let entry = ledger::Client { id: id.to_string(), secret, redirect_uri };
        if number < count {
            parties.push(bulk::Party { id, redirect_uri: uri });
            file.add(&Entry::Client(entry))?;
        } else {
            file.add(&Entry::JwtClient(entry))?;
        }
        let event = Event::ClientRegistered {
            may_introspect: false,
            skip_consent: true,
            weak_features: fuxin::oauth::weak_feature::WeakFeatures::default(),
        };
        let audit = Record::new(event, now).client(id).row();
        let store = store.clone();
        work.begin(async move {
            let put = store.put_client(&client, now, audit).await;
            put.map(fuxin::store::Durable::committed).map_err(|error| error.to_string())
        })
        .await?;
    }
    work.finish().await?;
    Ok(parties)
}

fn metadata(number: usize, redirect_uri: &str, with_jwts: bool) -> Outcome<ClientMetadata> {
    let format = if with_jwts { AccessTokenFormat::Jwt } else { AccessTokenFormat::Opaque };
    Ok(ClientMetadata {
        client_name: format!("第 {number} 號機關"),
        redirect_uris: vec![RedirectUri::register(redirect_uri, ApplicationType::Web)?],
        grant_types: vec![
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
        ],
        scope: SCOPE.parse()?,
        id_token_signed_response_alg: IdTokenAlgorithm::Es256,
        access_token_format: format,
        skip_consent: true,
        ..ClientMetadata::default()
    })
}

/// Tasks, a bounded number of them at once; the first fault ends all.
struct Work {
    tasks: JoinSet<Result<(), String>>,
    places: Arc<Semaphore>,
}

impl Default for Work {
    fn default() -> Self {
        Self { tasks: JoinSet::new(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Work {
    async fn begin(
        &mut self,
        task: impl Future<Output = Result<(), String>> + Send + 'static,
    ) -> Outcome {
        let place = self.places.clone().acquire_owned().await?;
        self.tasks.spawn(async move {
            let done = task.await;
            drop(place);
            done
        });
        while let Some(done) = self.tasks.try_join_next() {
            done??;
        }
        Ok(())
    }

    async fn finish(mut self) -> Outcome {
        while let Some(done) = self.tasks.join_next().await {
            done??;
        }
        Ok(())
    }
}
