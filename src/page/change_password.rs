//! The forced change of an expired password (EXP-1): the page.
//!
//! The old password was proved a moment ago; no session exists until the new one is set. It is asked for once, with
//! its rules in view and a way to see what was typed, as a second field only makes people copy the first.

use std::borrow::Cow;

use askama::Template;

use crate::http::view::View;
use crate::page::part::{Asking, Form};
use crate::page::problem::{Field, Problem};

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/change_password.html", config = ".config/askama.toml")]
pub struct ChangePasswordPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// Who asks; nobody on the member centre's own sign-in.
    pub asking: Option<Asking<'a>>,
    /// Where the form is sent, with its hidden fields.
    pub form: Form<'a>,
    /// The account name, so that a password manager knows whose password changes.
    pub username: &'a str,
    /// How many years a password is good for.
    pub years: u32,
    /// How many characters a new one has at least.
    pub minimum: u32,
    /// What is wrong with the last try.
    pub problem: Option<Problem>,
}

impl ChangePasswordPage<'_> {
    fn problem_at(&self, field: Field) -> Option<Cow<'static, str>> {
        self.problem.and_then(|problem| problem.at(field, self.view))
    }
}
