//! Sessions, and the one transaction that signs someone in.

use uuid::Uuid;

use super::Store;
use super::accounts::{AccountColumns, account_columns};
use super::audit_events::AuditRow;
use super::consents::{ConsentColumns, consent_columns};
use super::database::{Connection, Decision, Durable, execute, fetch, fetch_all, read, write_one};
use super::logout_deliveries::tell_clients;
use super::messages::insert_message;
use super::passwords::{PASSWORD_CHANGE, PASSWORD_UPGRADE};
use super::pending_authentications::PENDING_CONSUME;
use super::row::row;
use super::throttles::{Reservation, settle};
use crate::base::id::{AccountId, ClientId, PendingId, SessionId};
use crate::base::internal::Internal;
use crate::base::secret::Digest;
use crate::base::time::Timestamp;
use crate::model::account::Account;
use crate::model::authentication::Authentication;
use crate::model::consent::Consent;
use crate::model::message::Message;
use crate::model::password::PasswordHash;
use crate::model::session::Session;

/// A browser's session, its account and, where a client asked, the consent that client was given.
#[derive(Debug)]
pub struct SignOn {
    /// The session: neither ended nor past its absolute limit.
    pub session: Session,
    /// Its account, as it is now.
    pub account: Account,
    /// Since when the account's password has been that one.
    pub password_changed_at: Option<Timestamp>,
    /// The consent as it is remembered now.
    pub consent: Option<Consent>,
}

/// Everything that a successful sign-in changes, in one transaction.
#[derive(Clone, Debug)]
pub struct NewSignIn {
    /// Whose.
    pub account: AccountId,
    /// The session it begins or rotates.
    pub session: SessionChange,
    /// The digest of the cookie's new secret.
    pub secret: Digest,
    /// What the session rests on from now on.
    pub authentications: Vec<Authentication>,
    /// When.
    pub now: Timestamp,
    /// The absolute limit of a session that begins.
    pub expires_at: Timestamp,
    /// Another account's session in the same browser, which ends.
    pub ends: Option<SessionId>,
    /// The throttle's reservation, which is settled as a success.
    pub reservation: Option<Reservation>,
    /// A stronger hash of the same password: (old, new).
    pub upgraded: Option<(PasswordHash, PasswordHash)>,
    /// A password that was changed in an expired one's place: (the pending step, old, new).
    pub changed: Option<(PendingId, PasswordHash, PasswordHash)>,
    /// What is told of it.
    pub audit: Vec<AuditRow>,
    /// What its owner is told.
    pub message: Option<Message>,
}

/// Which session a sign-in leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionChange {
    /// A new one.
    Begin(SessionId),
    /// The same account's running one, with a new secret.
    Rotate(SessionId),
}

const FIND: &str = concat!(
    "SELECT sessions.id AS id, sessions.secret_digest AS secret_digest, sessions.authentications AS authentications,
    sessions.created_at AS created_at, sessions.last_used_at AS last_used_at, sessions.expires_at AS expires_at, ",
    account_columns!(), ", passwords.changed_at AS password_changed_at, ", consent_columns!(),
    " FROM sessions JOIN accounts ON accounts.id = sessions.account_id
    LEFT JOIN passwords ON passwords.account_id = accounts.id
    LEFT JOIN consents ON consents.account_id = accounts.id AND consents.client_id = $3
    WHERE sessions.secret_digest = $1 AND sessions.ended_at IS NULL AND sessions.expires_at > $2"
);

const INSERT: &str = "INSERT INTO sessions
    (id, account_id, secret_digest, authentications, created_at, last_used_at, expires_at, ended_at)
    VALUES ($1, $2, $3, $4, $5, $5, $6, NULL)";

const ROTATE: &str =
    "UPDATE sessions SET secret_digest = $3, authentications = $4, last_used_at = $5
    WHERE id = $1 AND account_id = $2 AND ended_at IS NULL AND expires_at > $5 RETURNING id";

const TOUCH: &str =
    "UPDATE sessions SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2 RETURNING id";

const END: &str =
    "UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL RETURNING id";

const END_OTHERS: &str = "UPDATE sessions SET ended_at = $2
    WHERE account_id = $1 AND id <> $3 AND ended_at IS NULL RETURNING id";

const REVOKE_OTHERS: &str = "UPDATE grants SET revoked_at = $2
    WHERE account_id = $1 AND session_id <> $3 AND revoked_at IS NULL";

row! {
    struct Row {
        id: Uuid,
        secret_digest: Vec<u8>,
        authentications: String,
        created_at: i64,
        last_used_at: i64,
        expires_at: i64,
        password_changed_at: Option<i64>,
    }
    flatten {
        account: AccountColumns,
        consent: ConsentColumns,
    }
}

impl Store {
    /// The session behind a cookie's secret, and what a client's request must know besides. One statement.
    pub async fn find_sign_on(
        &self,
        secret: &Digest,
        client: Option<ClientId>,
        now: Timestamp,
    ) -> Result<Option<SignOn>, Internal> {
        let client = client.map_or(Uuid::nil(), ClientId::uuid);
        let row: Option<Row> = read!(self, |c| sqlx::query_as(FIND)
            .bind(secret.to_vec())
            .bind(now.seconds())
            .bind(client)
            .fetch_optional(c))?;
        row.map(SignOn::try_from).transpose()
    }

    /// Signs someone in: session, throttle, hash, audit and message together. `false` if the session to rotate has ended, or the
    /// password or the pending step is no longer what the proof rested on. Three to nine statements, and one for each session
    /// that ends by it.
    pub async fn sign_in(&self, mut new: NewSignIn) -> Result<Durable<bool>, Internal> {
        let authentications = serde_json::to_string(&new.authentications)
            .map_err(|error| Internal::fault("authentication events").because(error))?;
        let message = self.sealed_message(new.message.as_ref())?;
        self.audited(std::mem::take(&mut new.audit), move |connection| {
            Box::pin(async move {
                if !write_sign_in(connection, &new, &authentications).await? {
                    return Ok(Decision::RollBack(false));
                }
                insert_message(connection, message.as_ref()).await?;
                Ok(Decision::Commit(true))
            })
        })
        .await
    }

    /// Notes that the session was used; called at most once a minute. One statement.
    pub async fn touch_session(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<Durable<()>, Internal> {
        let touched: Durable<Option<(Uuid,)>> =
            write_one!(self, sqlx::query_as(TOUCH).bind(id.uuid()).bind(now.seconds()))?;
        Ok(touched.map(drop))
    }

    /// Ends a session, and with it every token that does not outlive it; the clients that want to hear of it will be
    /// told. `false` if it had ended. Three statements.
    pub async fn end_session(
        &self,
        id: SessionId,
        now: Timestamp,
        audit: AuditRow,
    ) -> Result<Durable<bool>, Internal> {
        self.audited([audit], move |connection| {
            Box::pin(async move { Ok(Decision::by(end(connection, id, now).await?.then_some(()))) })
        })
        .await
    }
}

async fn write_sign_in(
    connection: &mut Connection<'_>,
    new: &NewSignIn,
    authentications: &str,
) -> sqlx::Result<bool> {
    if !write_changed_password(connection, new).await? {
        return Ok(false);
    }
    if let Some((old, hash)) = &new.upgraded {
        // A password that was changed in between keeps its new hash.
        let _: Option<(Uuid,)> = fetch!(
            *connection,
            sqlx::query_as(PASSWORD_UPGRADE)
                .bind(new.account.uuid())
                .bind(hash.as_str())
                .bind(old.as_str())
        )?;
    }
    let (SessionChange::Begin(kept) | SessionChange::Rotate(kept)) = new.session;
    match new.session {
        SessionChange::Begin(id) => execute!(
            *connection,
            sqlx::query(INSERT)
                .bind(id.uuid())
                .bind(new.account.uuid())
                .bind(new.secret.to_vec())
                .bind(authentications)
                .bind(new.now.seconds())
                .bind(new.expires_at.seconds())
        )?,
        SessionChange::Rotate(id) => {
            let rotated: Option<(Uuid,)> = fetch!(
                *connection,
                sqlx::query_as(ROTATE)
                    .bind(id.uuid())
                    .bind(new.account.uuid())
                    .bind(new.secret.to_vec())
                    .bind(authentications)
                    .bind(new.now.seconds())
            )?;
            if rotated.is_none() {
                return Ok(false);
            }
        }
    }
    if new.changed.is_some() {
        end_others(connection, new, kept).await?;
    }
    if let Some(other) = new.ends {
        end(connection, other, new.now).await?;
    }
    if let Some(reservation) = &new.reservation {
        settle(connection, reservation, new.now).await?;
    }
    Ok(true)
}

/// Whoever else knew the old password is out: other sessions end, and what other sessions granted is revoked
/// (RFC 9700 §4.14).
async fn end_others(
    connection: &mut Connection<'_>,
    new: &NewSignIn,
    kept: SessionId,
) -> sqlx::Result<()> {
    let (account, now) = (new.account.uuid(), new.now);
    let ended: Vec<(Uuid,)> = fetch_all!(
        *connection,
        sqlx::query_as(END_OTHERS).bind(account).bind(now.seconds()).bind(kept.uuid())
    )?;
    for (session,) in ended {
        tell_clients(connection, SessionId::from_uuid(session), now).await?;
    }
    execute!(
        *connection,
        sqlx::query(REVOKE_OTHERS).bind(account).bind(now.seconds()).bind(kept.uuid())
    )
}

/// Every end of a single session; `false` if it had ended. The clients are looked for after it: what was granted until
/// then is seen.
async fn end(
    connection: &mut Connection<'_>,
    session: SessionId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let ended: Option<(Uuid,)> =
        fetch!(*connection, sqlx::query_as(END).bind(session.uuid()).bind(now.seconds()))?;
    if ended.is_some() {
        tell_clients(connection, session, now).await?;
    }
    Ok(ended.is_some())
}

/// A new password in an expired one's place: the pending step is used up by it. `false` if either was done before.
async fn write_changed_password(
    connection: &mut Connection<'_>,
    new: &NewSignIn,
) -> sqlx::Result<bool> {
    let Some((pending, old, hash)) = &new.changed else { return Ok(true) };
    let consumed: Option<(Uuid,)> = fetch!(
        *connection,
        sqlx::query_as(PENDING_CONSUME).bind(pending.uuid()).bind(new.now.seconds())
    )?;
    let changed: Option<(Uuid,)> = fetch!(
        *connection,
        sqlx::query_as(PASSWORD_CHANGE)
            .bind(new.account.uuid())
            .bind(hash.as_str())
            .bind(new.now.seconds())
            .bind(old.as_str())
    )?;
    Ok(consumed.is_some() && changed.is_some())
}

impl TryFrom<Row> for SignOn {
    type Error = Internal;

    fn try_from(row: Row) -> Result<Self, Internal> {
        let account: Account = row.account.try_into()?;
        Ok(Self {
            session: Session {
                id: SessionId::from_uuid(row.id),
                account_id: account.id,
                secret: Digest::from_slice(&row.secret_digest)
                    .ok_or_else(|| Internal::fault("sessions.secret_digest"))?,
                authentications: serde_json::from_str(&row.authentications)
                    .map_err(|error| Internal::fault("sessions.authentications").because(error))?,
                created_at: Timestamp::from_seconds(row.created_at),
                last_used_at: Timestamp::from_seconds(row.last_used_at),
                expires_at: Timestamp::from_seconds(row.expires_at),
            },
            account,
            password_changed_at: row.password_changed_at.map(Timestamp::from_seconds),
            consent: row.consent.decoded()?,
        })
    }
}
