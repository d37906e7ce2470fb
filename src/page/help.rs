//! Help: whom to call, what to try, and what every code means.
//!
//! The one help page that stands for forgotten passwords and accounts (LOG-2, LOG-3, LCK-3) as long as the service desk
//! is the way: its number, the code that was shown, and when a pause ends.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::base::time::Timestamp;
use crate::http::view::View;
use crate::http::visit::Visit;
use crate::i18n::date;
use crate::page::{error, problem};

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
    problem::CODES.into_iter().chain(error::CODES)
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

/// `GET /help`.
pub async fn get(visit: Visit) -> Response {
    let parameter = |name| visit.query.one(name).ok().flatten();
    let until = parameter("until").and_then(|text| text.parse().ok()).map(Timestamp::from_seconds);
    // Only a pause that is under way is worth a line; an address may say anything.
    let latest = visit.ctx.now.plus(visit.ctx.policy.lock);
    let view = visit.view(None);
    let page = HelpPage {
        view: &view,
        code: parameter("code").and_then(known_code),
        paused_until: until.filter(|until| *until > visit.ctx.now && *until <= latest),
    };
    visit.page(StatusCode::OK, page.render(), &[])
}
