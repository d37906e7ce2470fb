//! The dispatcher's address: every page of an interaction ends here, and so does the button that begins it anew.

use axum::response::Response;

use crate::authorization::interaction::{self, Interaction};
use crate::base::path;
use crate::http::body::Form;
use crate::http::csrf::{Bound, Step};
use crate::http::visit::Visit;
use crate::page::error::{self, Fault};
use crate::page::flow::{self, INTERACTION};

/// `GET /continue`.
pub async fn get(mut visit: Visit) -> Response {
    match flow::open(&mut visit).await {
        Ok(flow) => flow::proceed(&visit, &flow).await,
        Err(response) => response,
    }
}

/// `POST /continue`: begins an expired or finished interaction anew, with the same request.
pub async fn post(visit: Visit, form: Form) -> Response {
    let Some(sealed) = visit.query.one(INTERACTION).ok().flatten() else {
        return visit.see_other(path::HOME);
    };
    let browser = visit.cookies.browser();
    let interaction = match Interaction::open(&visit.ctx, sealed, browser.as_ref()) {
        Ok(interaction) => interaction,
        Err(interaction::Error::Expired(interaction)) => *interaction,
        Err(interaction::Error::OtherBrowser) => return error::page(&visit, Fault::CookiesOff),
        Err(interaction::Error::Malformed) => return error::page(&visit, Fault::BadRequest),
    };
    let bound = Bound { interaction: Some(interaction.id), ..Bound::default() };
    let form = match form.0 {
        Ok(form) => form,
        Err(error) => return error::page(&visit, Fault::of_form(&error)),
    };
    let token = form.one("csrf").ok().flatten();
    if !visit.is_own_form(Step::Restart, &bound, token) {
        return error::page(&visit, Fault::ForeignForm);
    }
    match interaction.renewed(&visit.ctx).seal(&visit.ctx) {
        Ok(sealed) => visit.see_other(&format!("{}?{INTERACTION}={sealed}", path::CONTINUE)),
        Err(_) => error::page(&visit, Fault::TooLarge),
    }
}
