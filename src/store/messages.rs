//! The outbox: messages to people, each written in the transaction of what it tells of, so that neither is without the
//! other. Who is written to and the values of the text are sealed about the row's id.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Store;
use super::database::{Connection, execute, read};
use super::row::row;
use crate::base::id::{AccountId, MessageId};
use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::i18n::Locale;
use crate::model::message::{Message, Notice, Recipient};
use crate::national::person_name::PersonName;

const INSERT: &str =
    "INSERT INTO messages (id, account_id, channel, purpose, language, content, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

const LATEST: &str =
    "SELECT id, account_id, channel, purpose, language, content, created_at FROM messages
    ORDER BY created_at DESC, id DESC LIMIT $1";

/// A row to be added.
pub(super) struct SealedMessage {
    id: Uuid,
    account_id: Uuid,
    channel: &'static str,
    purpose: &'static str,
    language: &'static str,
    content: Vec<u8>,
    created_at: i64,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    recipient: String,
    account_name: String,
    name: Option<PersonName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failures: Option<u32>,
}

row! {
    struct Row {
        id: Uuid,
        account_id: Uuid,
        channel: String,
        purpose: String,
        language: String,
        content: Vec<u8>,
        created_at: i64,
    }
}

/// Adds a message, if there is one, inside the transaction of what it tells of. One statement, or none.
pub(super) async fn insert_message(
    connection: &mut Connection<'_>,
    message: Option<&SealedMessage>,
) -> sqlx::Result<()> {
    let Some(row) = message else { return Ok(()) };
    execute!(
        *connection,
        sqlx::query(INSERT)
            .bind(row.id)
            .bind(row.account_id)
            .bind(row.channel)
            .bind(row.purpose)
            .bind(row.language)
            .bind(&row.content)
            .bind(row.created_at)
    )
}

impl Store {
    /// The newest messages, newest first. One statement.
    pub async fn latest_messages(&self, count: u32) -> Result<Vec<Message>, Internal> {
        let rows: Vec<Row> =
            read!(self, |c| sqlx::query_as(LATEST).bind(i64::from(count)).fetch_all(c))?;
        rows.iter().map(|row| self.opened_message(row)).collect()
    }

    pub(super) fn sealed_message(
        &self,
        message: Option<&Message>,
    ) -> Result<Option<SealedMessage>, Internal> {
        let Some(message) = message else { return Ok(None) };
        let content = Content {
            recipient: message.recipient.address().to_owned(),
            account_name: message.account_name.clone(),
            name: message.name.clone(),
            failures: match message.notice {
                Notice::PasswordChanged => None,
                Notice::RightAfterFailures { failures } => Some(failures),
            },
        };
        let plain = serde_json::to_vec(&content)
            .map_err(|error| Internal::fault("a message").because(error))?;
        Ok(Some(SealedMessage {
            id: message.id.uuid(),
            account_id: message.account.uuid(),
            channel: message.recipient.channel(),
            purpose: message.notice.as_str(),
            language: message.locale.tag(),
            content: self.message_key.seal(message.id.uuid().as_bytes(), &plain),
            created_at: message.created_at.seconds(),
        }))
    }

    fn opened_message(&self, row: &Row) -> Result<Message, Internal> {
        let plain = self.message_key.open(row.id.as_bytes(), &row.content).ok_or_else(|| {
            Internal::fault("messages.content: sealed under another key, or for another row")
        })?;
        let content: Content = serde_json::from_slice(&plain)
            .map_err(|error| Internal::fault("messages.content").because(error))?;
        Ok(Message {
            id: MessageId::from_uuid(row.id),
            account: AccountId::from_uuid(row.account_id),
            account_name: content.account_name,
            name: content.name,
            recipient: match row.channel.as_str() {
                "email" => Recipient::Email(content.recipient),
                "sms" => Recipient::Sms(content.recipient),
                _ => return Err(Internal::fault("messages.channel")),
            },
            notice: match (row.purpose.as_str(), content.failures) {
                ("password_changed", None) => Notice::PasswordChanged,
                ("right_after_failures", Some(failures)) => Notice::RightAfterFailures { failures },
                _ => return Err(Internal::fault("messages.purpose")),
            },
            locale: Locale::from_tag(&row.language)
                .ok_or_else(|| Internal::fault("messages.language"))?,
            created_at: Timestamp::from_seconds(row.created_at),
        })
    }
}
