//! The database: the only user of `sqlx`. One SQL text runs on SQLite and PostgreSQL; one file per table, named like it.
//!
//! The rules, kept by review and by `tests/store`:
//! - Columns are portable: id UUID/BLOB, text `TEXT`, time `BIGINT`, flag `BOOLEAN`, digest `BYTEA`/`BLOB`, lists and
//!   documents JSON in `TEXT`, decoded at the edge. A difference of dialect is a visible `match` with a comment.
//! - Every change of state is one guarded statement that returns what it changed; no returned row is an answer. Correct
//!   at READ COMMITTED. A driver's count of affected rows is never trusted.
//! - What someone may have to answer for is changed by `audited` or `audited_one!` (`audit_events`), which take the row
//!   that tells of it; a plain write is for what is routine or only spent.
//! - Statements are the cost: each function's doc says how many it runs.
//! - Only digests of bearer values; personal data sealed under the column's key, about the row's id.
//! - What a handler builds an answer from is [`Durable`].
//!
//! Does not decide who may do what: flows do, and hand in what the guards compare with.

mod accounts;
mod audit_events;
mod client_assertions;
mod client_logos;
mod clients;
mod consents;
mod database;
mod grants;
mod initial_access_tokens;
mod logout_deliveries;
mod messages;
mod migrations;
mod operation;
mod passwords;
mod pending_authentications;
mod postgres;
mod purge;
mod readers;
mod registered_clients;
mod revoked_access_tokens;
mod row;
mod sessions;
mod signing_keys;
mod spent_challenges;
mod throttles;
mod versions;
mod writer;

pub use accounts::{NewAccount, SignInRecord};
pub use audit_events::{AuditEvent, AuditRow};
pub use clients::ClientRecord;
pub use database::{Durable, Location};
pub use grants::{GrantStanding, NewGrant, Rotation, TokenStanding};
pub use logout_deliveries::LogoutDelivery;
pub use migrations::Schema;
pub use operation::Settings;
pub use pending_authentications::{NewPending, Pending};
pub use purge::Purged;
pub use registered_clients::{LogoChange, RegisteredClient, RegistrationChange};
pub use sessions::{NewSignIn, SessionChange, SignOn};
pub use signing_keys::SigningKeyRecord;
pub use throttles::{Budget, Counters, NameThrottle, Reservation, ReservationLimits};
pub use versions::Versions;

use crate::base::internal::Internal;
use crate::base::master_key::{MasterKey, SealKey};
use database::Database;

/// The open store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    profile_key: SealKey,
    message_key: SealKey,
}

impl Store {
    /// Opens the database at `location`; the schema is `migrate`'s matter.
    pub async fn open(location: &Location, master_key: &MasterKey) -> Result<Self, Internal> {
        Ok(Self {
            database: Database::open(location).await?,
            profile_key: master_key.seal("profile column v1"),
            message_key: master_key.seal("message column v1"),
        })
    }

    /// Finishes the writes under way and closes every connection.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
