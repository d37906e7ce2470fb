//! A sign-in that was left open too long. The one button starts it again, for the same agency.

use askama::Template;

use crate::http::view::View;
use crate::page::part::{Asking, Button};

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/expired.html", config = ".config/askama.toml")]
pub struct ExpiredPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// Who asked, where the sealed request could still be read.
    pub asking: Option<Asking<'a>>,
    /// What the one button does.
    pub button: Button<'a>,
}

/// The code of this page, for the table of the help page.
pub const CODE: &str = "ERR-301";
