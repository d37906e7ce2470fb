//! Sign in with account and password: the page.
//!
//! One question, one button whose words say where it leads. A problem stands above the heading, with focus, and again
//! at its field. While the human check is due, a browser with JavaScript works on it by itself; without, the form is
//! put aside for the waiting time, so that nobody types into a page that is about to reload.

use askama::Template;

use crate::http::view::View;
use crate::page::part::{Asking, Form};
use crate::page::problem::{Field, Problem};

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/sign_in.html", config = ".config/askama.toml")]
pub struct SignInPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// Who asks; nobody on the member centre's own sign-in.
    pub asking: Option<Asking<'a>>,
    /// Where the form is sent, with its hidden fields: the sealed interaction, the CSRF token, the sealed challenge.
    pub form: Form<'a>,
    /// The account name: what was entered, or the client's hint.
    pub username: &'a str,
    /// Why someone who is signed in is asked again.
    pub reason: Option<Reason>,
    /// What is wrong with the last try.
    pub problem: Option<Problem>,
    /// The human check that this try needs.
    pub challenge: Option<ChallengeView<'a>>,
}

/// Why someone who is signed in is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client asked for it: `prompt=login`.
    AskedAgain,
    /// The last sign-in is older than the client's `max_age`.
    TooLongAgo,
}

/// The human check, for the script and for those without it.
#[derive(Clone, Copy, Debug)]
pub struct ChallengeView<'a> {
    /// What the answer's hash begins with.
    pub salt: &'a str,
    /// How many zero bits it needs.
    pub difficulty: u8,
    /// Seconds until the challenge is good without an answer; zero when it is by now.
    pub ready_in_seconds: u32,
    /// This page with the same challenge, once the wait is over.
    pub reload_href: &'a str,
}

impl ChallengeView<'_> {
    /// Whether someone without JavaScript has to wait still.
    pub const fn waits(&self) -> bool {
        self.ready_in_seconds > 0
    }
}

impl SignInPage<'_> {
    fn problem_at(&self, field: Field) -> Option<std::borrow::Cow<'static, str>> {
        self.problem.and_then(|problem| problem.at(field, self.view))
    }

    fn agency(&self) -> std::borrow::Cow<'_, str> {
        match self.asking {
            Some(asking) => asking.name.into(),
            None => self.view.t("sign-in-this-site"),
        }
    }
}
