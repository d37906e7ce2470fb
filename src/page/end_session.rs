//! Signing out: the question, and the page after it.
//!
//! OpenID Connect RP-Initiated Logout 1.0 §2: a person is asked, so that no site can sign somebody out by a link.

use askama::Template;

use crate::http::view::View;
use crate::page::part::Form;

/// The question.
#[derive(Debug, Template)]
#[template(path = "page/end_session.html", config = ".config/askama.toml")]
pub struct EndSessionPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// The agency that asks, where it is known for certain.
    pub agency: Option<&'a str>,
    /// The agencies that this sign-in was used for.
    pub visited: &'a [String],
    /// The form of the button that signs out.
    pub confirm: Form<'a>,
    /// Where the person goes who stays signed in.
    pub stay_href: &'a str,
}

/// The page after it.
#[derive(Debug, Template)]
#[template(path = "page/signed_out.html", config = ".config/askama.toml")]
pub struct SignedOutPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// Where the person came from, where that address is registered.
    pub back_to: Option<BackTo<'a>>,
}

/// The agency to go back to.
#[derive(Clone, Copy, Debug)]
pub struct BackTo<'a> {
    /// Its name in the language of the page.
    pub name: &'a str,
    /// A registered address of it.
    pub href: &'a str,
}
