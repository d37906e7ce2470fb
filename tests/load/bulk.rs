//! Sessions and grants by the hundred thousand: many rows a statement, in transactions of many statements.
//!
//! The columns are those of `migrations`, and the values those that the store's own functions would write; a run of the
//! workloads against the result is what proves it.

use fuxin::base::id::{AccountId, ClientId, GrantId, SessionId};
use fuxin::base::random;
use fuxin::base::secret::Digest;
use fuxin::base::time::{Lifetime, Timestamp};
use fuxin::config::Location;
use fuxin::context::Secrets;
use fuxin::model::authentication::{Assurance, Authentication, Method};
use fuxin::model::grant::{Terms, Told};
use fuxin::model::session::SessionToken;
use fuxin::oauth::acr::Acr;
use fuxin::oauth::amr::Amr;
use fuxin::oauth::claims_request::ClaimsRequest;
use fuxin::oauth::pkce::CodeChallenge;
use fuxin::token::access_token::{AccessToken, Holder};
use fuxin::token::grant_token::{Code, RefreshToken};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, Postgres, QueryBuilder, Sqlite, SqliteConnection};

use crate::deployment::Deployment;
use crate::fill::SCOPE;
use crate::ledger::{self, Entry, LedgerFile};
use crate::{Outcome, below};

/// Rows of one statement: times fifteen columns it stays under the limits of both databases.
const ROWS: usize = 1_000;
/// Rows of one transaction.
const TRANSACTION: usize = 50_000;
/// The span over which grants were given.
const MONTH: usize = 30 * 24 * 3600;

/// Whom sessions and grants are about.
#[derive(Debug)]
pub struct Parties {
    /// The accounts.
    pub accounts: Vec<AccountId>,
    /// The clients.
    pub clients: Vec<Party>,
    /// When the filling began.
    pub now: Timestamp,
}

/// A client as a grant knows it.
#[derive(Debug)]
pub struct Party {
    /// Its id.
    pub id: ClientId,
    /// Where its codes went.
    pub redirect_uri: String,
}

struct SessionRow {
    id: SessionId,
    account: AccountId,
    secret: Digest,
}

struct GrantRow {
    id: GrantId,
    client: ClientId,
    terms: String,
    code: Digest,
    refresh: Digest,
    created_at: Timestamp,
}

enum Target {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// One statement of many rows, on either database.
macro_rules! insert_rows {
    ($target:expr, $text:expr, $rows:expr, |$to:ident, $row:pat_param| $columns:expr) => {
        match $target {
            Target::Sqlite(connection) => {
                let mut statement = QueryBuilder::<Sqlite>::new($text);
                statement.push_values($rows, |mut $to, $row| {
                    $columns;
                });
                statement.build().execute(connection).await?;
            }
            Target::Postgres(connection) => {
                let mut statement = QueryBuilder::<Postgres>::new($text);
                statement.push_values($rows, |mut $to, $row| {
                    $columns;
                });
                statement.build().execute(connection).await?;
            }
        }
    };
}

const SESSIONS: &str = "INSERT INTO sessions
    (id, account_id, secret_digest, authentications, created_at, last_used_at, expires_at, ended_at) ";

const GRANTS: &str = "INSERT INTO grants
    (id, client_id, account_id, session_id, terms, offline, code_digest, code_expires_at, redeemed_at,
    refresh_digest, refresh_previous, refresh_generation, created_at, expires_at, revoked_at) ";

/// Two sessions an account, and the grants, each in a random session with a random client.
pub async fn insert(
    deployment: &Deployment,
    parties: &Parties,
    grants: usize,
    file: &mut LedgerFile,
) -> Outcome {
    let mut target = Target::open(deployment).await?;
    let sessions = sessions(parties, file)?;
    println!("{} sessions", sessions.len());
    for rows in sessions.chunks(ROWS) {
        target.insert_sessions(rows, parties.now).await?;
    }
    let secrets = deployment.secrets();
    for first in (0..grants).step_by(ROWS) {
        if first.is_multiple_of(TRANSACTION) {
            target.run("BEGIN").await?;
        }
        let end = grants.min(first.saturating_add(ROWS));
        let mut rows = Vec::with_capacity(ROWS);
        for number in first..end {
            let created_at = parties.now.minus(age(number, grants)?);
            let session = sessions.get(below(sessions.len())).ok_or("no accounts")?;
            rows.push((grant(parties, &secrets, created_at, file)?, session));
        }
        target.insert_grants(&rows, parties.now).await?;
        if end.is_multiple_of(TRANSACTION) || end == grants {
            target.run("COMMIT").await?;
            println!("{end} grants");
        }
    }
    target.close().await
}

/// The first grant is a month old, the last one new.
fn age(number: usize, grants: usize) -> Outcome<Lifetime> {
    let seconds = MONTH.saturating_mul(grants.saturating_sub(number)) / grants.max(1);
    Ok(Lifetime::seconds(u32::try_from(seconds)?))
}

fn sessions(parties: &Parties, file: &mut LedgerFile) -> Outcome<Vec<SessionRow>> {
    let mut rows = Vec::with_capacity(parties.accounts.len().saturating_mul(2));
    for account in parties.accounts.iter().chain(&parties.accounts) {
        let token = SessionToken::random();
        file.add(&Entry::Session(token.expose()))?;
        rows.push(SessionRow {
            id: SessionId::new(parties.now),
            account: *account,
            secret: token.digest(),
        });
    }
    Ok(rows)
}

fn grant(
    parties: &Parties,
    secrets: &Secrets,
    created_at: Timestamp,
    file: &mut LedgerFile,
) -> Outcome<GrantRow> {
    let client = below(parties.clients.len());
    let party = parties.clients.get(client).ok_or("no clients")?;
    let id = GrantId::new(created_at);
    let refresh_token = RefreshToken::random(&secrets.grant_token, id, 0);
    // The driver's access tokens live for a day, so that a filled database can be measured for as long as its sessions.
    let scope = "openid profile email offline_access".parse()?;
    let access_token = AccessToken::new(Holder::Grant(id), scope, parties.now, Lifetime::days(1));
    file.add(&Entry::Grant(ledger::Grant {
        client,
        refresh_token: refresh_token.expose().to_owned(),
        access_token: access_token.seal(&secrets.access_token),
    }))?;
    Ok(GrantRow {
        id,
        client: party.id,
        terms: serde_json::to_string(&terms(party, created_at)?)?,
        code: Code::random(&secrets.grant_token, id).digest(),
        refresh: refresh_token.digest(),
        created_at,
    })
}

fn terms(party: &Party, at: Timestamp) -> Outcome<Terms> {
    let challenge = CodeChallenge::parse(
        Some(&fuxin::base::encoding::base64url(&random::bytes::<32>())),
        Some("S256"),
    );
    Ok(Terms {
        scope: SCOPE.replace(" service", "").parse()?,
        claims: ClaimsRequest::default(),
        redirect_uri: party.redirect_uri.clone(),
        code_challenge: challenge.map_err(|error| error.to_string())?,
        nonce: Some(fuxin::base::encoding::base64url(&random::bytes::<16>())),
        assurance: Assurance { acr: Acr::Password, amr: vec![Amr::Pwd], at },
        weak_features: fuxin::oauth::weak_feature::WeakFeatures::default(),
        told: Told::default(),
    })
}

impl Target {
    async fn open(deployment: &Deployment) -> Outcome<Self> {
        Ok(match &deployment.config.database.location {
            // Nobody reads along and a failed filling is thrown away: it need not survive a loss of power.
            Location::Sqlite(file) => Self::Sqlite(
                SqliteConnection::connect_with(
                    &SqliteConnectOptions::new()
                        .filename(file)
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Off)
                        .foreign_keys(true),
                )
                .await?,
            ),
            Location::Postgres { url, password } => {
                let mut options: PgConnectOptions = url.as_str().parse()?;
                if let Some(password) = password {
                    options = options.password(password.expose());
                }
                Self::Postgres(PgConnection::connect_with(&options).await?)
            }
        })
    }

    async fn insert_sessions(&mut self, rows: &[SessionRow], now: Timestamp) -> Outcome {
        let event = Authentication { method: Method::Password, at: now, interaction: None };
        let events = serde_json::to_string(&[event])?;
        let expires = now.plus(Lifetime::days(1)).seconds();
        insert_rows!(self, SESSIONS, rows, |to, row| to
            .push_bind(row.id.uuid())
            .push_bind(row.account.uuid())
            .push_bind(row.secret.to_vec())
            .push_bind(events.clone())
            .push_bind(now.seconds())
            .push_bind(now.seconds())
            .push_bind(expires)
            .push_bind(None::<i64>));
        Ok(())
    }

    async fn insert_grants(&mut self, rows: &[(GrantRow, &SessionRow)], now: Timestamp) -> Outcome {
        let expires = now.plus(Lifetime::days(30)).seconds();
        insert_rows!(self, GRANTS, rows, |to, (row, session)| to
            .push_bind(row.id.uuid())
            .push_bind(row.client.uuid())
            .push_bind(session.account.uuid())
            .push_bind(session.id.uuid())
            .push_bind(row.terms.clone())
            .push_bind(true)
            .push_bind(row.code.to_vec())
            .push_bind(row.created_at.seconds())
            .push_bind(row.created_at.seconds())
            .push_bind(row.refresh.to_vec())
            .push_bind(None::<Vec<u8>>)
            .push_bind(0_i64)
            .push_bind(row.created_at.seconds())
            .push_bind(expires)
            .push_bind(None::<i64>));
        Ok(())
    }

    async fn run(&mut self, text: &'static str) -> Outcome {
        match self {
            Self::Sqlite(connection) => {
                sqlx::query(text).execute(connection).await?;
            }
            Self::Postgres(connection) => {
                sqlx::query(text).execute(connection).await?;
            }
        }
        Ok(())
    }

    /// A planner that never counted the rows reads whole tables; PostgreSQL counts by itself, but later.
    async fn close(mut self) -> Outcome {
        self.run("ANALYZE").await?;
        match self {
            Self::Sqlite(connection) => connection.close().await?,
            Self::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}
