//! A sign-in that was completed before: somebody went back, or sent a form twice.
//!
//! Nothing is wrong, so nothing looks wrong. The one button runs the same request as a new interaction; who is signed
//! in arrives without a further question.

use askama::Template;

use crate::http::view::View;
use crate::page::part::{Asking, Button};

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/finished.html", config = ".config/askama.toml")]
pub struct FinishedPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// Who asked.
    pub asking: Option<Asking<'a>>,
    /// What the one button does.
    pub button: Button<'a>,
}
