//! A message to the owner of an account, outside the pages: what it tells, whom, and in which language.
//!
//! It holds the values that its words are made of, not the words: those come from `i18n` when it is sent or shown, so a
//! mistake in a text is mended for what still waits, too.

use crate::base::id::{AccountId, MessageId};
use crate::base::time::Timestamp;
use crate::i18n::Locale;
use crate::model::account::Profile;
use crate::national::person_name::PersonName;

/// A message as it waits in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The row.
    pub id: MessageId,
    /// About whose account.
    pub account: AccountId,
    /// The name of that account: its owner may have several.
    pub account_name: String,
    /// The person's name, if it is known.
    pub name: Option<PersonName>,
    /// Where it goes.
    pub recipient: Recipient,
    /// What it tells.
    pub notice: Notice,
    /// In which language.
    pub locale: Locale,
    /// When what it tells happened, and it was written.
    pub created_at: Timestamp,
}

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The password was changed.
    PasswordChanged,
    /// The right password was entered after wrong ones: by its owner, or by somebody who found it out.
    RightAfterFailures {
        /// How many in a row.
        failures: u32,
    },
}

impl Notice {
    /// The value of the column `purpose`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password_changed",
            Self::RightAfterFailures { .. } => "right_after_failures",
        }
    }
}

/// An address that its owner was proved to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// An e-mail address.
    Email(String),
    /// The number of a telephone, for an SMS.
    Sms(String),
}

impl Recipient {
    /// Where this person is reached: by mail before SMS, at verified addresses only. Who could write an address of
    /// somebody else into a profile would have that person written to.
    pub fn of(profile: &Profile) -> Option<Self> {
        let email = profile.email.clone().filter(|_| profile.email_verified);
        let phone = profile.phone_number.clone().filter(|_| profile.phone_number_verified);
        email.map(Self::Email).or_else(|| phone.map(Self::Sms))
    }

    /// The value of the column `channel`.
    pub const fn channel(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Sms(_) => "sms",
        }
    }

    /// The address or number itself.
    pub fn address(&self) -> &str {
        match self {
            Self::Email(address) | Self::Sms(address) => address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_comes_before_sms_and_what_is_not_verified_does_not_count() {
        let both = Profile {
            email: Some("amy@agency.test".to_owned()),
            email_verified: true,
            phone_number: Some("+886912345678".to_owned()),
            phone_number_verified: true,
            ..Profile::default()
        };
        let (email, sms) =
            (Recipient::Email("amy@agency.test".into()), Recipient::Sms("+886912345678".into()));
        assert_eq!(Recipient::of(&both), Some(email));
        let no_mail = Profile { email_verified: false, ..both.clone() };
        assert_eq!(Recipient::of(&no_mail), Some(sms));
        let none = Profile { phone_number_verified: false, ..no_mail };
        assert_eq!(Recipient::of(&none), None);
        let empty = Profile { email: None, phone_number: None, ..both };
        assert_eq!(Recipient::of(&empty), None);
    }
}
