//! The signed-in home: whom we greet (LOG-12), how and when the person signed in, and the way out.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::authentication::{assurance, session};
use crate::authorization::interaction::{BrowserToken, Interaction};
use crate::base::internal::Internal;
use crate::base::path;
use crate::base::time::Timestamp;
use crate::http::body::Form as FormBody;
use crate::http::cookie::Name;
use crate::http::csrf::{self, Bound, Step};
use crate::http::view::View;
use crate::http::visit::Visit;
use crate::i18n::date;
use crate::logout;
use crate::national::person_name::PersonName;
use crate::page::end_session;
use crate::page::error::{self, Fault};
use crate::page::flow::INTERACTION;
use crate::page::part::Form;

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/home.html", config = ".config/askama.toml")]
pub struct HomePage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// The person's name, exactly as the account has it.
    pub name: &'a str,
    /// The account name.
    pub username: &'a str,
    /// How the person signed in.
    pub how: How,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// The form of the button that signs out.
    pub sign_out: Form<'a>,
}

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// With account and password.
    Password,
}

impl How {
    const fn key(self) -> &'static str {
        match self {
            Self::Password => "home-how-password",
        }
    }
}

impl HomePage<'_> {
    fn when(&self) -> String {
        date::date_time_in_both_calendars(self.view.locale, self.signed_in_at)
    }

    fn machine_time(&self) -> String {
        date::machine(self.signed_in_at)
    }
}

/// `GET /`: the signed-in home (LOG-12); to sign in, for someone who is not.
pub async fn get(visit: Visit) -> Response {
    match home(&visit).await {
        Ok(response) => response,
        Err(internal) => error::failure(&visit, internal),
    }
}

async fn home(visit: &Visit) -> Result<Response, Internal> {
    let cookie = visit.cookies.session();
    let sign_on = session::find(&visit.ctx, cookie.as_ref(), None).await?;
    let Some(sign_on) = sign_on.filter(|sign_on| session::signs_in_silently(&visit.ctx, sign_on))
    else {
        return Ok(to_sign_in(visit));
    };
    session::touch(&visit.ctx, &sign_on.session).await?;
    let profile = visit.ctx.store.profile(sign_on.account.id).await?;
    let account = sign_on.account.name.as_str();
    let name = profile.name.as_ref().map_or(account, PersonName::as_str);
    let bound = Bound { session: Some(sign_on.session.id), ..Bound::default() };
    let token = csrf::token(&visit.ctx, Step::SignOut, &bound);
    let view = visit.view(None);
    let page = HomePage {
        view: &view,
        name,
        username: account,
        how: How::Password,
        signed_in_at: assurance::of(&sign_on.session.authentications)
            .map_or(sign_on.session.created_at, |assurance| assurance.at),
        sign_out: Form { action: path::SIGN_OUT, hidden: &[("csrf", &token)] },
    };
    Ok(visit.page(StatusCode::OK, page.render(), &[]))
}

/// Begins an interaction that nobody asked for.
fn to_sign_in(visit: &Visit) -> Response {
    let known = visit.cookies.browser();
    let is_new = known.is_none();
    let browser = known.unwrap_or_else(BrowserToken::random);
    let interaction = Interaction::begin(&visit.ctx, None, &browser);
    let Ok(sealed) = interaction.seal(&visit.ctx) else {
        return error::page(visit, Fault::TooLarge);
    };
    let response = visit.see_other(&format!("{}?{INTERACTION}={sealed}", path::SIGN_IN));
    if is_new {
        visit.with_cookie(response, Name::Browser, &browser.expose(), None)
    } else {
        response
    }
}

/// `POST /sign-out`: out of the provider itself, and so out of every agency that keeps to the session.
pub async fn sign_out(mut visit: Visit, form: FormBody) -> Response {
    // Another site's form comes without our cookies: it must not look like a sign-out of nobody, and forget them.
    if visit.is_foreign {
        return error::page(&visit, Fault::ForeignForm);
    }
    let cookie = visit.cookies.session();
    let sign_on = match session::find(&visit.ctx, cookie.as_ref(), None).await {
        Ok(sign_on) => sign_on,
        Err(internal) => return error::failure(&visit, internal),
    };
    let Some(sign_on) = sign_on else {
        return end_session::over(&visit, &[]);
    };
    let bound = Bound { session: Some(sign_on.session.id), ..Bound::default() };
    let form = match form.0 {
        Ok(form) => form,
        Err(error) => return error::page(&visit, Fault::of_form(&error)),
    };
    let token = form.one("csrf").ok().flatten();
    if !visit.is_own_form(Step::SignOut, &bound, token) {
        return error::page(&visit, Fault::ForeignForm);
    }
    match logout::end(&visit.ctx, &sign_on.session).await {
        Ok(frames) => {
            visit.is_read_at(path::END_SESSION);
            end_session::over(&visit, &frames)
        }
        Err(internal) => error::failure(&visit, internal),
    }
}
