//! What may be wrong with what somebody entered: one code each, to read out and to look up.
//!
//! The code is the key of its texts (`problem.ftl`): a heading, what to do now, and what stands at the field. Which
//! problem arises is decided elsewhere; LOG-4 to LOG-6, LOG-11, LCK-1 to LCK-4 and EXP-1 are said here.

use std::borrow::Cow;

use crate::base::limits;
use crate::base::path;
use crate::base::time::Timestamp;
use crate::http::view::View;
use crate::i18n::date;

/// A problem at a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The first failures: account and password do not fit together (LOG-4).
    WrongPassword {
        /// Further failures until the pause.
        tries_left: u32,
        /// How long that pause is.
        pause_minutes: u32,
    },
    /// Failures from which on the next try needs the human check (LCK-1).
    WrongPasswordNextChecked {
        /// Further failures until the pause.
        tries_left: u32,
        /// How long that pause is.
        pause_minutes: u32,
    },
    /// The failure that began the pause (LCK-2).
    WrongPasswordNowPaused {
        /// When it ends.
        until: Timestamp,
        /// The same as a distance, rounded up.
        minutes_left: u32,
    },
    /// No account name.
    AccountNameMissing,
    /// No password.
    PasswordMissing,
    /// Neither.
    BothMissing,
    /// An account name beyond the limit.
    AccountNameTooLong,
    /// A password beyond the limit.
    PasswordTooLong,
    /// This try needs the human check and came without one.
    HumanCheckNeeded,
    /// The wait that stands for the human check is not over.
    HumanCheckEarly,
    /// The answer of the human check is wrong.
    HumanCheckWrong,
    /// The human check is expired or was used.
    HumanCheckExpired,
    /// A try during the pause, right or wrong.
    Paused {
        /// When it ends.
        until: Timestamp,
        /// The same as a distance, rounded up.
        minutes_left: u32,
    },
    /// Too many failures in all: the password is no longer accepted.
    PasswordDisabled,
    /// The account is disabled for its national id (LOG-5, LOG-6).
    NationalIdInvalid,
    /// An operator locked the account.
    LockedByOperator,
    /// The account was deleted (LOG-11).
    AccountDeleted,
    /// Too many sign-ins at once; nothing was looked at.
    Busy,
    /// No new password.
    NewPasswordMissing,
    /// A new password with fewer characters than the policy wants.
    NewPasswordTooShort {
        /// What the policy wants.
        minimum: u32,
    },
    /// A new password beyond the limit.
    NewPasswordTooLong,
    /// The new password is the old one.
    NewPasswordIsOld,
    /// The new password is the account name.
    NewPasswordIsAccountName,
}

/// A field that a problem may stand at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The account name.
    Username,
    /// The password; on the page that changes it, the new one.
    Password,
}

impl Field {
    /// The id of the input.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Password => "password",
        }
    }
}

/// Every code of [`Problem`], for the table of the help page.
pub const CODES: [&str; 23] = [
    "LGN-101", "LGN-102", "LGN-103", "LGN-111", "LGN-112", "LGN-113", "LGN-114", "LGN-115",
    "LGN-201", "LGN-202", "LGN-203", "LGN-204", "LGN-301", "LGN-302", "LGN-401", "LGN-402",
    "LGN-403", "LGN-501", "PWD-101", "PWD-102", "PWD-103", "PWD-104", "PWD-105",
];

impl Problem {
    /// The code to read out.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongPassword { .. } => "LGN-101",
            Self::WrongPasswordNextChecked { .. } => "LGN-102",
            Self::WrongPasswordNowPaused { .. } => "LGN-103",
            Self::AccountNameMissing => "LGN-111",
            Self::PasswordMissing => "LGN-112",
            Self::BothMissing => "LGN-113",
            Self::AccountNameTooLong => "LGN-114",
            Self::PasswordTooLong => "LGN-115",
            Self::HumanCheckNeeded => "LGN-201",
            Self::HumanCheckEarly => "LGN-202",
            Self::HumanCheckWrong => "LGN-203",
            Self::HumanCheckExpired => "LGN-204",
            Self::Paused { .. } => "LGN-301",
            Self::PasswordDisabled => "LGN-302",
            Self::NationalIdInvalid => "LGN-401",
            Self::LockedByOperator => "LGN-402",
            Self::AccountDeleted => "LGN-403",
            Self::Busy => "LGN-501",
            Self::NewPasswordMissing => "PWD-101",
            Self::NewPasswordTooShort { .. } => "PWD-102",
            Self::NewPasswordTooLong => "PWD-103",
            Self::NewPasswordIsOld => "PWD-104",
            Self::NewPasswordIsAccountName => "PWD-105",
        }
    }

    /// What happened.
    pub fn heading(&self, view: &View) -> Cow<'static, str> {
        self.text(view, self.code())
    }

    /// What the person can do now.
    pub fn now(&self, view: &View) -> Cow<'static, str> {
        self.text(view, &format!("{}.now", self.code()))
    }

    /// What stands at a field; `None` where nothing is wrong with it.
    pub fn at(&self, field: Field, view: &View) -> Option<Cow<'static, str>> {
        let code = match (self, field) {
            (Self::BothMissing, Field::Username) => "LGN-111",
            (Self::BothMissing, Field::Password) => "LGN-112",
            (problem, field) if problem.fields().contains(&field) => problem.code(),
            _ => return None,
        };
        Some(self.text(view, &format!("{code}.field")))
    }

    /// The fields that are wrong, in their order on the page.
    pub const fn fields(&self) -> &'static [Field] {
        match self {
            Self::BothMissing => &[Field::Username, Field::Password],
            Self::AccountNameMissing | Self::AccountNameTooLong => &[Field::Username],
            Self::WrongPassword { .. }
            | Self::WrongPasswordNextChecked { .. }
            | Self::PasswordMissing
            | Self::PasswordTooLong
            | Self::HumanCheckNeeded
            | Self::HumanCheckWrong
            | Self::HumanCheckExpired
            | Self::NewPasswordMissing
            | Self::NewPasswordTooShort { .. }
            | Self::NewPasswordTooLong
            | Self::NewPasswordIsOld
            | Self::NewPasswordIsAccountName => &[Field::Password],
            Self::WrongPasswordNowPaused { .. }
            | Self::HumanCheckEarly
            | Self::Paused { .. }
            | Self::PasswordDisabled
            | Self::NationalIdInvalid
            | Self::LockedByOperator
            | Self::AccountDeleted
            | Self::Busy => &[],
        }
    }

    /// The help page with this code and, during a pause, its end.
    pub fn help_href(&self) -> String {
        let until = self.until().map(|until| format!("&until={}", until.seconds()));
        format!("{}?code={}{}", path::HELP, self.code(), until.unwrap_or_default())
    }

    fn until(&self) -> Option<Timestamp> {
        match self {
            Self::WrongPasswordNowPaused { until, .. } | Self::Paused { until, .. } => Some(*until),
            _ => None,
        }
    }

    fn text(&self, view: &View, key: &str) -> Cow<'static, str> {
        let mut filled = view.with("phone", &view.service_desk.phone);
        filled = match *self {
            Self::WrongPassword { tries_left, pause_minutes }
            | Self::WrongPasswordNextChecked { tries_left, pause_minutes } => {
                filled.with("tries", tries_left).with("pause", pause_minutes)
            }
            Self::WrongPasswordNowPaused { until, minutes_left }
            | Self::Paused { until, minutes_left } => {
                filled.with("until", date::time(until)).with("minutes", minutes_left)
            }
            Self::AccountNameTooLong => filled.with("maximum", bytes(limits::ACCOUNT_NAME)),
            Self::PasswordTooLong | Self::NewPasswordTooLong => {
                filled.with("maximum", bytes(limits::PASSWORD))
            }
            Self::NewPasswordTooShort { minimum } => filled.with("minimum", minimum),
            _ => filled,
        };
        filled.t(key)
    }
}

fn bytes(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
