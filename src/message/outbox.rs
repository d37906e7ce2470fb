//! Whom a notice goes to, and in which language.

use crate::base::id::MessageId;
use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::i18n::Locale;
use crate::model::account::Account;
use crate::model::message::{Message, Notice, Recipient};
use crate::store::Store;

/// A notice to the owner of an account, to be written with what it tells of; `None` where no verified address is known.
/// The owner's own language comes before that of the page: somebody else may be sitting in front of it. One statement.
pub async fn addressed(
    store: &Store,
    account: &Account,
    notice: Notice,
    page: Locale,
    now: Timestamp,
) -> Result<Option<Message>, Internal> {
    let profile = match store.profile(account.id).await {
        Ok(profile) => profile,
        Err(error) if error.is_unavailable() => return Err(error),
        Err(error) => {
            // A notice that cannot be addressed is no reason to keep its owner out.
            tracing::error!(account.id = %account.id, %error, "a notice was not written");
            return Ok(None);
        }
    };
    let own = profile.locale.as_deref().and_then(Locale::from_tag);
    Ok(Recipient::of(&profile).map(|recipient| Message {
        id: MessageId::new(now),
        account: account.id,
        account_name: account.name.as_str().to_owned(),
        name: profile.name,
        recipient,
        notice,
        locale: own.unwrap_or(page),
        created_at: now,
    }))
}
