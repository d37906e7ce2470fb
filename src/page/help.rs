//! Help: whom to call, what to try, and what every code means.
//!
//! The one help page that stands for forgotten passwords and accounts (LOG-2, LOG-3, LCK-3) as long as the service desk
//! is the way: its number, the code that was shown, and when a pause ends.

use askama::Template;

use crate::base::time::Timestamp;
use crate::http::view::View;
use crate::i18n::date;
use crate::page::{error, expired, problem};

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/help.html", config = ".config/askama.toml")]
pub struct HelpPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// The code that brought the person here, from [`known_code`].
    pub code: Option<&'static str>,
    /// When the pause of the password sign-in ends.
    pub paused_until: Option<Timestamp>,
}

/// Every code there is, in the order of the table.
pub fn codes() -> impl Iterator<Item = &'static str> {
    problem::CODES.into_iter().chain([expired::CODE]).chain(error::CODES)
}

/// The code of ours that an address names; anything else is not shown.
pub fn known_code(named: &str) -> Option<&'static str> {
    codes().find(|code| *code == named)
}

impl HelpPage<'_> {
    fn until(&self) -> Option<String> {
        self.paused_until.map(|until| date::date_time(self.view.locale, until))
    }
}
