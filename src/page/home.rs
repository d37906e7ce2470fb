//! The signed-in home: whom we greet (LOG-12), how and when the person signed in, and the way out.

use askama::Template;

use crate::base::time::Timestamp;
use crate::http::view::View;
use crate::i18n::date;
use crate::page::part::Form;

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/home.html", config = ".config/askama.toml")]
pub struct HomePage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// The person's name, exactly as the account has it.
    pub name: &'a str,
    /// The account name.
    pub username: &'a str,
    /// How the person signed in.
    pub how: How,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// The form of the button that signs out.
    pub sign_out: Form<'a>,
}

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// With account and password.
    Password,
}

impl How {
    const fn key(self) -> &'static str {
        match self {
            Self::Password => "home-how-password",
        }
    }
}

impl HomePage<'_> {
    fn when(&self) -> String {
        date::date_time_in_both_calendars(self.view.locale, self.signed_in_at)
    }

    fn machine_time(&self) -> String {
        date::machine(self.signed_in_at)
    }
}
