//! What people see: one file per page, its template beside it, the parts they share under `part/`.
//!
//! Owns the pages' structure and what each is given. Texts are in `i18n`, the look in `static/style.css`. Every page
//! works without JavaScript, names who asks, has one primary button, and leads back to the dispatcher.

pub mod authorize;
pub mod cancel;
pub mod change_password;
pub mod consent;
pub mod end_session;
pub mod error;
pub mod expired;
pub mod finished;
pub mod flow;
pub mod form_post;
pub mod help;
pub mod home;
pub mod part;
pub mod problem;
pub mod proceed;
pub mod sign_in;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
