//! Grants: one row lives from its code through all its tokens, moved by guarded updates.
//!
//! A token names its grant, so every look-up is by primary key. What a request must know besides (the account, the
//! session, the consent) comes in the same read.

use uuid::Uuid;

use super::Store;
use super::accounts::{AccountColumns, account_columns};
use super::audit_events::{AuditRow, audited_one};
use super::consents::{ConsentColumns, consent_columns};
use super::database::{Database, Durable, read, write_one};
use super::row::row;
use crate::base::id::{AccountId, ClientId, GrantId, SessionId};
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::account::{Account, Profile};
use crate::model::consent::Consent;
use crate::model::grant::{Grant, GrantRow, PendingGrant, RedeemedGrant};

/// A grant with its first code.
#[derive(Debug)]
pub struct NewGrant {
    /// The grant; its `code_digest` is the code's.
    pub row: GrantRow,
    /// When the code lapses; `None` where nobody is told a code, which then counts as redeemed.
    pub code_expires_at: Option<Timestamp>,
    /// When it is given.
    pub created_at: Timestamp,
}

/// A live grant and everything that the issuing gate looks at.
#[derive(Debug)]
pub struct GrantStanding {
    /// The grant, by the state of its code.
    pub grant: Grant,
    /// Its account, as it is now.
    pub account: Account,
    /// Whether its session is neither ended nor past its absolute limit.
    pub session_alive: bool,
    /// The consent as it is remembered now.
    pub consent: Option<Consent>,
}

/// A live grant as a presented access token finds it.
#[derive(Debug)]
pub struct TokenStanding {
    /// The grant.
    pub row: GrantRow,
    /// Its account, as it is now.
    pub account: Account,
    /// Whether its session is neither ended nor past its absolute limit.
    pub session_alive: bool,
    /// Whether this token was revoked by itself.
    pub token_revoked: bool,
    sealed_profile: Vec<u8>,
}

/// What became of a refresh token that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// A successor of this generation is in force.
    Renewed {
        /// The successor's generation.
        generation: i64,
    },
    /// Neither the newest nor the one used last.
    Unknown,
}

row! {
    struct GrantColumns {
        id: Uuid,
        client_id: Uuid,
        session_id: Uuid,
        terms: String,
        offline: bool,
        code_digest: Vec<u8>,
        code_expires_at: i64,
        redeemed_at: Option<i64>,
        refresh_digest: Option<Vec<u8>>,
        refresh_generation: i64,
        expires_at: i64,
        session_alive: bool,
    }
}

macro_rules! grant_columns {
    () => {
        "grants.id AS id, grants.client_id AS client_id, grants.session_id AS session_id, \
         grants.terms AS terms, grants.offline AS offline, grants.code_digest AS code_digest, \
         grants.code_expires_at AS code_expires_at, grants.redeemed_at AS redeemed_at, \
         grants.refresh_digest AS refresh_digest, grants.refresh_generation AS refresh_generation, grants.expires_at AS expires_at, \
         (sessions.ended_at IS NULL AND sessions.expires_at > $2) AS session_alive, "
    };
}

/// Into a session that lives, or nowhere. `$lock`: how the session is kept from ending meanwhile.
macro_rules! insert {
    ($lock:literal) => {
        concat!(
            "INSERT INTO grants (id, client_id, account_id, session_id, terms, offline, code_digest,
            code_expires_at, redeemed_at, refresh_digest, refresh_previous, refresh_generation, created_at, expires_at,
            revoked_at)
            SELECT $1, $2, $3, sessions.id, $5, $6, $7, $8, $11, NULL, NULL, 0, $9, $10, NULL
            FROM sessions WHERE sessions.id = $4 AND sessions.ended_at IS NULL AND sessions.expires_at > $9",
            $lock,
            " ON CONFLICT (id) DO UPDATE SET code_digest = excluded.code_digest, code_expires_at = excluded.code_expires_at,
            terms = excluded.terms, offline = excluded.offline, expires_at = excluded.expires_at,
            redeemed_at = excluded.redeemed_at
            WHERE grants.redeemed_at IS NULL AND grants.revoked_at IS NULL AND grants.client_id = excluded.client_id
            AND grants.account_id = excluded.account_id AND grants.session_id = excluded.session_id
            RETURNING id"
        )
    };
}

/// SQLite's writes follow one another. PostgreSQL's do not: the lock waits for an end that is under way and looks again,
/// and an end waits for the lock, so that it sees the grant and tells the client.
const INSERT: [&str; 2] = [insert!(""), insert!(" FOR SHARE OF sessions")];

const FIND: &str = concat!(
    "SELECT ", grant_columns!(), account_columns!(), ", ", consent_columns!(),
    " FROM grants JOIN accounts ON accounts.id = grants.account_id JOIN sessions ON sessions.id = grants.session_id
    LEFT JOIN consents ON consents.account_id = grants.account_id AND consents.client_id = grants.client_id
    WHERE grants.id = $1 AND grants.revoked_at IS NULL AND grants.expires_at > $2"
);

const FIND_CLIENTS: &str =
    "SELECT DISTINCT client_id FROM grants WHERE session_id = $1 ORDER BY client_id";

const FIND_FOR_TOKEN: &str = concat!(
    "SELECT ", grant_columns!(), account_columns!(), ", accounts.profile AS profile,
    revoked_access_tokens.id IS NOT NULL AS token_revoked
    FROM grants JOIN accounts ON accounts.id = grants.account_id JOIN sessions ON sessions.id = grants.session_id
    LEFT JOIN revoked_access_tokens ON revoked_access_tokens.id = $3
    WHERE grants.id = $1 AND grants.revoked_at IS NULL AND grants.expires_at > $2"
);

const REDEEM: &str = "UPDATE grants SET redeemed_at = $4, refresh_digest = $5
    WHERE id = $1 AND client_id = $2 AND code_digest = $3 AND redeemed_at IS NULL AND revoked_at IS NULL
    AND code_expires_at > $4 AND expires_at > $4 RETURNING id";

const ROTATE: &str =
    "UPDATE grants SET refresh_previous = $3, refresh_digest = $4, refresh_generation = $5 + 1
    WHERE id = $1 AND client_id = $2 AND revoked_at IS NULL AND expires_at > $6
    AND (refresh_digest = $3 OR refresh_previous = $3) RETURNING refresh_generation";

const REVOKE_IF_OLDER: &str = "UPDATE grants SET revoked_at = $4
    WHERE id = $1 AND client_id = $2 AND revoked_at IS NULL AND refresh_generation > $3 + 1 RETURNING id";

const REVOKE: &str = "UPDATE grants SET revoked_at = $3
    WHERE id = $1 AND client_id = $2 AND revoked_at IS NULL RETURNING id";

row! {
    struct StandingRow {
    }
    flatten {
        grant: GrantColumns,
        account: AccountColumns,
        consent: ConsentColumns,
    }
}

row! {
    struct TokenRow {
        profile: Vec<u8>,
        token_revoked: bool,
    }
    flatten {
        grant: GrantColumns,
        account: AccountColumns,
    }
}

impl Store {
    /// Puts a code into a grant: a new one, or the same interaction's again, whose older code is void from then on and
    /// whose terms and end are the newer ones.
    /// `false` if the grant was redeemed or revoked, or belongs to another session; or if the session is over. One statement.
    pub async fn put_code(&self, new: NewGrant) -> Result<Durable<bool>, Internal> {
        let NewGrant { row, code_expires_at, created_at } = new;
        let terms = serde_json::to_string(&row.terms)
            .map_err(|error| Internal::fault("terms").because(error))?;
        let [sqlite, postgres] = INSERT;
        let text = match &self.database {
            Database::Sqlite { .. } => sqlite,
            Database::Postgres(_) => postgres,
        };
        let put: Durable<Option<(Uuid,)>> = write_one!(
            self,
            sqlx::query_as(text)
                .bind(row.id.uuid())
                .bind(row.client_id.uuid())
                .bind(row.account_id.uuid())
                .bind(row.session_id.uuid())
                .bind(&terms)
                .bind(row.offline)
                .bind(row.code_digest.to_vec())
                .bind(code_expires_at.unwrap_or(created_at).seconds())
                .bind(created_at.seconds())
                .bind(row.expires_at.seconds())
                .bind(code_expires_at.is_none().then_some(created_at.seconds()))
        )?;
        Ok(put.map(|row| row.is_some()))
    }

    /// A live grant and what the gate looks at. One statement.
    pub async fn find_grant(
        &self,
        id: GrantId,
        now: Timestamp,
    ) -> Result<Option<GrantStanding>, Internal> {
        let row: Option<StandingRow> = read!(self, |c| sqlx::query_as(FIND)
            .bind(id.uuid())
            .bind(now.seconds())
            .fetch_optional(c))?;
        let Some(StandingRow { grant, account, consent }) = row else { return Ok(None) };
        let account: Account = account.try_into()?;
        let session_alive = grant.session_alive;
        Ok(Some(GrantStanding {
            grant: grant.by_state_of_code(account.id, now)?,
            account,
            session_alive,
            consent: consent.decoded()?,
        }))
    }

    /// A live grant as an access token finds it. One statement.
    pub async fn find_grant_of_token(
        &self,
        id: GrantId,
        token: Uuid,
        now: Timestamp,
    ) -> Result<Option<TokenStanding>, Internal> {
        let row: Option<TokenRow> = read!(self, |c| sqlx::query_as(FIND_FOR_TOKEN)
            .bind(id.uuid())
            .bind(now.seconds())
            .bind(token)
            .fetch_optional(c))?;
        let Some(TokenRow { grant, account, profile, token_revoked }) = row else {
            return Ok(None);
        };
        let account: Account = account.try_into()?;
        Ok(Some(TokenStanding {
            session_alive: grant.session_alive,
            row: grant.row(account.id)?,
            account,
            token_revoked,
            sealed_profile: profile,
        }))
    }

    /// The clients that were given something in a session. One statement.
    pub async fn clients_of_session(&self, session: SessionId) -> Result<Vec<ClientId>, Internal> {
        let rows: Vec<(Uuid,)> =
            read!(self, |c| sqlx::query_as(FIND_CLIENTS).bind(session.uuid()).fetch_all(c))?;
        Ok(rows.into_iter().map(|(id,)| ClientId::from_uuid(id)).collect())
    }

    /// The person's data that came with a token's grant. No statement.
    pub fn profile_of(&self, standing: &TokenStanding) -> Result<Profile, Internal> {
        self.opened_profile(standing.account.id, &standing.sealed_profile)
    }

    /// Redeems the code, once. `false` if it was redeemed, replaced, revoked or lapsed in between. One statement.
    pub async fn redeem(
        &self,
        grant: &GrantRow,
        refresh: Option<Digest>,
        now: Timestamp,
    ) -> Result<Durable<bool>, Internal> {
        let (id, client, code) = (grant.id, grant.client_id, grant.code_digest);
        let redeemed: Durable<Option<(Uuid,)>> = write_one!(
            self,
            sqlx::query_as(REDEEM)
                .bind(id.uuid())
                .bind(client.uuid())
                .bind(code.to_vec())
                .bind(now.seconds())
                .bind(refresh.map(Digest::to_vec))
        )?;
        Ok(redeemed.map(|row| row.is_some()))
    }

    /// Puts `successor` in the place of the refresh token `presented`, which must be the newest or the one used last.
    /// One statement.
    pub async fn rotate_refresh_token(
        &self,
        grant: &GrantRow,
        presented: (Digest, i64),
        successor: Digest,
        now: Timestamp,
    ) -> Result<Durable<Rotation>, Internal> {
        let (id, client) = (grant.id, grant.client_id);
        let rotated: Durable<Option<(i64,)>> = write_one!(
            self,
            sqlx::query_as(ROTATE)
                .bind(id.uuid())
                .bind(client.uuid())
                .bind(presented.0.to_vec())
                .bind(successor.to_vec())
                .bind(presented.1)
                .bind(now.seconds())
        )?;
        Ok(rotated.map(|row| {
            row.map_or(Rotation::Unknown, |(generation,)| Rotation::Renewed { generation })
        }))
    }

    /// Revokes the grant if a refresh token of this generation is older than the one used last. Two statements.
    pub async fn revoke_if_older(
        &self,
        grant: GrantId,
        client: ClientId,
        generation: i64,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        audited_one!(
            self,
            audit,
            sqlx::query_as(REVOKE_IF_OLDER)
                .bind(grant.uuid())
                .bind(client.uuid())
                .bind(generation)
                .bind(now.seconds())
        )
    }

    /// Revokes a client's grant and everything it gave. `false` if it was revoked before. Two statements.
    pub async fn revoke_grant(
        &self,
        grant: GrantId,
        client: ClientId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        audited_one!(
            self,
            audit,
            sqlx::query_as(REVOKE).bind(grant.uuid()).bind(client.uuid()).bind(now.seconds())
        )
    }
}

impl GrantColumns {
    fn row(self, account_id: AccountId) -> Result<GrantRow, Internal> {
        Ok(GrantRow {
            id: GrantId::from_uuid(self.id),
            client_id: ClientId::from_uuid(self.client_id),
            account_id,
            session_id: SessionId::from_uuid(self.session_id),
            terms: serde_json::from_str(&self.terms)
                .map_err(|error| Internal::fault("grants.terms").because(error))?,
            offline: self.offline,
            code_digest: Digest::from_slice(&self.code_digest)
                .ok_or_else(|| Internal::fault("grants.code_digest"))?,
            expires_at: Timestamp::from_seconds(self.expires_at),
        })
    }

    /// The one place that reads the state of a code out of columns.
    fn by_state_of_code(self, account_id: AccountId, now: Timestamp) -> Result<Grant, Internal> {
        let (redeemed_at, generation) = (self.redeemed_at, self.refresh_generation);
        let refresh_digest = self.refresh_digest.as_deref().and_then(Digest::from_slice);
        let code_lapsed = self.code_expires_at <= now.seconds();
        let row = self.row(account_id)?;
        Ok(match redeemed_at {
            Some(at) => Grant::Redeemed(RedeemedGrant {
                row,
                redeemed_at: Timestamp::from_seconds(at),
                refresh_generation: generation,
                refresh_digest,
            }),
            None if generation > 0 => {
                return Err(Internal::fault("grants: refreshed before it was redeemed"));
            }
            None if code_lapsed => Grant::Lapsed(row),
            None => Grant::Pending(PendingGrant(row)),
        })
    }
}
