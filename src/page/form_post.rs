//! `response_mode=form_post`: a page that sends the answer to the agency by itself, and a button for browsers that
//! do not (OAuth 2.0 Form Post Response Mode §2).

use askama::Template;

use crate::http::view::View;
use crate::page::part::Form;

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/form_post.html", config = ".config/askama.toml")]
pub struct FormPostPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// The agency's name in the language of the page.
    pub agency: &'a str,
    /// The redirect URI, and the parameters of the answer.
    pub form: Form<'a>,
}
