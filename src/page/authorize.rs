//! The authorization endpoint (OAuth 2.0 §3.1, OpenID Connect Core §3.1.2): by GET and by POST.
//!
//! With a session and nothing to ask, the answer is here: one read, one write. Else the request is paused.

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::Response;

use crate::app::App;
use crate::authentication::session;
use crate::authorization::interaction::{BrowserToken, Interaction};
use crate::authorization::request::{self, AuthorizeError, PageError};
use crate::authorization::response::Delivery;
use crate::base::{limits, path};
use crate::http::body::Form;
use crate::http::cookie::Name;
use crate::http::visit::Visit;
use crate::oauth::error::OAuthError;
use crate::oauth::parameter::Parameters;
use crate::page::error::{self, Fault};
use crate::page::flow::{self, Flow};

/// `GET /authorize`.
pub async fn get(State(_): State<App>, visit: Visit, uri: Uri) -> Response {
    // The parameters are read anew: here a malformed query is an error of its own.
    match Parameters::parse(uri.query().unwrap_or_default().as_bytes()) {
        Ok(parameters) => authorize(visit, &parameters).await,
        Err(_) => error::page(&visit, Fault::BadRequest),
    }
}

/// `POST /authorize`. It comes from another site, without our cookies: answered by a redirect to our own GET, where the
/// binding and the session begin.
pub async fn post(State(_): State<App>, visit: Visit, form: Form) -> Response {
    match form.0 {
        Ok(parameters) => {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(parameters.iter())
                .finish();
            if query.len() > limits::REQUEST_HEAD / 2 {
                return error::page(&visit, Fault::TooLarge);
            }
            visit.see_other(&format!("{}?{query}", path::AUTHORIZE))
        }
        Err(error) => error::page(&visit, Fault::of_foreign_form(&error)),
    }
}

/// Each part is within its bound, but an address cannot carry them all.
const TOO_LONG: OAuthError = OAuthError::invalid_request("The request is too long.");

async fn authorize(mut visit: Visit, parameters: &Parameters) -> Response {
    let (client, request) = match request::read(&visit.ctx, parameters).await {
        Ok(read) => read,
        Err(AuthorizeError::Page(error)) => {
            tracing::info!(reason = %error, "an authorization request was refused on a page");
            return error::page(&visit, fault(error));
        }
        Err(AuthorizeError::Redirect(told)) => {
            let (client, delivery) = *told;
            return flow::deliver(&visit, Some(&client), &delivery);
        }
        Err(AuthorizeError::Internal(internal)) => return error::failure(&visit, internal),
    };
    visit.speak(&request.ui_locales);
    let known = visit.cookies.browser();
    let is_new = known.is_none();
    let browser = known.unwrap_or_else(BrowserToken::random);
    let interaction = Interaction::begin(&visit.ctx, Some(request.clone()), &browser);
    let Ok(sealed) = interaction.seal(&visit.ctx) else {
        let delivery = Delivery::refusal(&visit.ctx, &request, &TOO_LONG);
        return flow::deliver(&visit, Some(&client), &delivery);
    };
    let cookie = visit.cookies.session();
    let found = session::find(&visit.ctx, cookie.as_ref(), Some(client.id)).await;
    let flow = Flow { interaction, sealed, client: Some(client), sign_on: None };
    let response = match found {
        Ok(sign_on) => flow::proceed(&visit, &Flow { sign_on, ..flow }).await,
        Err(internal) => flow.failure(&visit, internal),
    };
    let leaves = response
        .headers()
        .get(header::LOCATION)
        .is_some_and(|location| !location.as_bytes().starts_with(b"/"));
    if is_new && !leaves {
        visit.with_cookie(response, Name::Browser, &browser.expose(), None)
    } else {
        response
    }
}

const fn fault(error: PageError) -> Fault {
    match error {
        PageError::Malformed | PageError::RedirectUriMissing => Fault::BadRequest,
        PageError::ClientUnknown => Fault::UnknownClient,
        PageError::RedirectUriNotRegistered => Fault::ForeignRedirectUri,
    }
}
