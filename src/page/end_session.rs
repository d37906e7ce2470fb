//! Signing out: the question, and the page after it.
//!
//! OpenID Connect RP-Initiated Logout 1.0 §2: a person is asked, so that no site can sign somebody out by a link. The page
//! after it shows the agencies' pages of Front-Channel Logout 1.0 in frames, and then leads on.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;

use crate::authentication::session;
use crate::base::internal::Internal;
use crate::base::{limits, path};
use crate::context::Context;
use crate::http::body::Form as FormBody;
use crate::http::cookie::Name;
use crate::http::csrf::{self, Bound, Step};
use crate::http::view::View;
use crate::http::visit::Visit;
use crate::jose::id_token::Hint;
use crate::logout;
use crate::logout::front_channel::Frame;
use crate::model::client::Client;
use crate::oauth::parameter::Parameters;
use crate::oauth::redirect_uri::VerifiedRedirect;
use crate::page::error::{self, Fault};
use crate::page::flow;
use crate::page::part::Form;
use crate::store::SignOn;
use crate::token::{id_token, sid, subject};

/// The question.
#[derive(Debug, Template)]
#[template(path = "page/end_session.html", config = ".config/askama.toml")]
pub struct EndSessionPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// The agency that asks, where it is known for certain.
    pub agency: Option<&'a str>,
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
    /// The pages of agencies that end their own sessions, in frames that nobody sees.
    pub frames: &'a [Frame],
    /// Whether the person goes there without a click, once the frames have loaded.
    pub goes_on: bool,
}

/// The agency to go back to.
#[derive(Clone, Copy, Debug)]
pub struct BackTo<'a> {
    /// Its name in the language of the page, where it is known.
    pub name: Option<&'a str>,
    /// A registered address of it.
    pub href: &'a str,
}

/// What a client asked (RP-Initiated Logout 1.0 §2), as far as it could be verified.
struct Request {
    client: Option<Client>,
    /// Where the person goes afterwards: registered by that client, or nowhere.
    back: Option<VerifiedRedirect>,
    state: Option<String>,
    /// An `id_token_hint` of ours: whom the client knows, and in which session. It may have expired (§4).
    hint: Option<Hint>,
}

impl Request {
    /// Whether the hint is about whoever is signed in here; about this very session, where the client was told of it.
    fn knows(&self, ctx: &Context, sign_on: &SignOn) -> bool {
        let (Some(client), Some(hint)) = (&self.client, &self.hint) else { return false };
        let is_session = match &hint.session {
            Some(told) => *told == sid::of(ctx, client, sign_on.session.id),
            // A client that hears of no sign-out is told of no session: what was made since this one began is of it.
            None => hint.expires >= sign_on.session.created_at.plus(ctx.policy.id_token),
        };
        is_session && hint.subject == subject::of(ctx, client, &sign_on.account)
    }
}

/// `GET /end-session`.
pub async fn get(visit: Visit, uri: Uri) -> Response {
    match Parameters::parse(uri.query().unwrap_or_default().as_bytes()) {
        Ok(parameters) => asked(&visit, &parameters).await,
        Err(_) => refused(&visit, Fault::BadRequest),
    }
}

/// `POST /end-session`: a client's request, or the person's answer to the question on our page.
pub async fn post(visit: Visit, form: FormBody) -> Response {
    let parameters = match form.0 {
        Ok(parameters) => parameters,
        Err(error) if visit.is_foreign => {
            return refused(&visit, Fault::of_foreign_form(&error));
        }
        Err(error) => return refused(&visit, Fault::of_form(&error)),
    };
    if parameters.one("confirmed").ok().flatten().is_some() {
        return confirmed(&visit, &parameters).await;
    }
    if visit.is_foreign {
        // Another site's form comes without our cookies: to our own GET, where they are.
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters.iter())
            .finish();
        if query.len() > limits::REQUEST_HEAD / 2 {
            return refused(&visit, Fault::TooLarge);
        }
        return visit.see_other(&format!("{}?{query}", path::END_SESSION));
    }
    asked(&visit, &parameters).await
}

/// Whatever is wrong with a request, who wants to sign out can: the page leads to our own question.
fn refused(visit: &Visit, fault: Fault) -> Response {
    error::leading_to(visit, fault, path::END_SESSION, "end-session-way")
}

async fn asked(visit: &Visit, parameters: &Parameters) -> Response {
    let outcome = async {
        let Some(request) = read(visit, parameters).await? else {
            return Ok(refused(visit, Fault::BadRequest));
        };
        let cookie = visit.cookies.session();
        let client = request.client.as_ref().map(|client| client.id);
        let Some(sign_on) = session::find(&visit.ctx, cookie.as_ref(), client).await? else {
            return Ok(gone(visit, &request, &[]));
        };
        if request.knows(&visit.ctx, &sign_on) {
            // The client has shown that it knows who is signed in here.
            let frames = logout::end(&visit.ctx, &sign_on.session).await?;
            return Ok(gone(visit, &request, &frames));
        }
        Ok(question(visit, &request, &sign_on))
    };
    outcome.await.unwrap_or_else(|internal| error::failure(visit, internal))
}

/// Reads a request; `None` if it is refused. What cannot be verified is not used (§4): a URI to go back to counts only if
/// its client registered it. Whoever names one beside a hint of no use is refused; without one, it is as if there were no
/// hint, and the person is asked.
async fn read(visit: &Visit, parameters: &Parameters) -> Result<Option<Request>, Internal> {
    let ctx = &visit.ctx;
    let one = |name| parameters.one(name);
    let (Ok(hint), Ok(client_id), Ok(uri), Ok(state)) =
        (one("id_token_hint"), one("client_id"), one("post_logout_redirect_uri"), one("state"))
    else {
        return Ok(None);
    };
    let hint = match hint {
        None => None,
        Some(jwt) => match verified(ctx, jwt, client_id).await? {
            None if uri.is_some() => return Ok(None),
            verified => verified,
        },
    };
    let named = client_id.or(hint.as_ref().map(|hint| hint.client.as_str()));
    let client = match named.map(str::parse) {
        Some(Ok(id)) => ctx.client(id).await?,
        _ => None,
    };
    let back = match (uri, &client) {
        (None, _) => None,
        (Some(uri), Some(client)) => match client.registration.post_logout_redirect(uri) {
            Some(verified) => Some(verified),
            None => return Ok(None),
        },
        (Some(_), None) => return Ok(None),
    };
    let state = state.filter(|state| state.len() <= limits::STATE).map(str::to_owned);
    Ok(Some(Request { client, back, state, hint }))
}

/// An ID token of ours, which names its client; or one under the secret of the client that names itself. For another one
/// than names itself it is none.
async fn verified(
    ctx: &Context,
    jwt: &str,
    client_id: Option<&str>,
) -> Result<Option<Hint>, Internal> {
    let keys = ctx.keys.keys();
    let ours = keys.published().map(|key| &key.key);
    if let Ok(hint) = Hint::verify(jwt, ours, ctx.issuer.as_str()) {
        return Ok(Some(hint).filter(|hint| client_id.is_none_or(|id| id == hint.client)));
    }
    let Some(Ok(id)) = client_id.map(str::parse) else { return Ok(None) };
    let client = ctx.client(id).await?;
    Ok(client.and_then(|client| id_token::hint(ctx, &client, jwt)))
}

fn question(visit: &Visit, request: &Request, sign_on: &SignOn) -> Response {
    let back = request
        .back
        .as_ref()
        .map(|uri| location(uri, request.state.as_deref()))
        .unwrap_or_default();
    let bound =
        Bound { session: Some(sign_on.session.id), other: back.as_bytes(), ..Bound::default() };
    let token = csrf::token(&visit.ctx, Step::EndSession, &bound);
    let view = visit.view(None);
    let agency = request.client.as_ref().map(|client| flow::name(client, visit.locale));
    let targets: Vec<String> = request.back.iter().map(VerifiedRedirect::origin).collect();
    let page = EndSessionPage {
        view: &view,
        agency,
        confirm: Form {
            action: path::END_SESSION,
            hidden: &[("csrf", &token), ("confirmed", "yes"), ("back", &back)],
        },
        stay_href: path::HOME,
    };
    visit.page(StatusCode::OK, page.render(), &targets)
}

/// The person's answer. Where it leads was verified when the question was asked, and the token covers it.
async fn confirmed(visit: &Visit, form: &Parameters) -> Response {
    // Another site's form comes without our cookies: it must not look like a sign-out of nobody, and forget them.
    if visit.is_foreign {
        return refused(visit, Fault::ForeignForm);
    }
    let field = |name| form.one(name).ok().flatten();
    let back = field("back").unwrap_or_default();
    let cookie = visit.cookies.session();
    let sign_on = match session::find(&visit.ctx, cookie.as_ref(), None).await {
        Ok(Some(sign_on)) => sign_on,
        Ok(None) => return over(visit, &[]),
        Err(internal) => return error::failure(visit, internal),
    };
    let bound =
        Bound { session: Some(sign_on.session.id), other: back.as_bytes(), ..Bound::default() };
    if !visit.is_own_form(Step::EndSession, &bound, field("csrf")) {
        return refused(visit, Fault::ForeignForm);
    }
    match logout::end(&visit.ctx, &sign_on.session).await {
        Ok(frames) if back.is_empty() => over(visit, &frames),
        Ok(frames) => away(visit, BackTo { name: None, href: back }, &frames),
        Err(internal) => error::failure(visit, internal),
    }
}

/// Nobody is signed in (any more): to where the client wants the person, or to our own page. Without a hint anybody may
/// have written the request, so the way back is a link on our page, not a redirect (A-RED-10).
fn gone(visit: &Visit, request: &Request, frames: &[Frame]) -> Response {
    let back = request.back.as_ref().map(|uri| location(uri, request.state.as_deref()));
    let name = request.client.as_ref().map(|client| flow::name(client, visit.locale));
    match (&back, &request.hint) {
        (Some(href), Some(_)) => away(visit, BackTo { name, href }, frames),
        (Some(href), None) => signed_out(visit, Some(BackTo { name, href }), frames, false),
        (None, _) => signed_out(visit, None, frames, false),
    }
}

/// To where the client wants the person; by way of a page, if frames must be shown first.
fn away(visit: &Visit, back_to: BackTo<'_>, frames: &[Frame]) -> Response {
    if frames.is_empty() {
        forgotten(visit, visit.see_other(back_to.href))
    } else {
        signed_out(visit, Some(back_to), frames, true)
    }
}

fn location(uri: &VerifiedRedirect, state: Option<&str>) -> String {
    let state: Vec<(&str, &str)> = state.map(|state| ("state", state)).into_iter().collect();
    uri.with_query(&state)
}

/// To the page after it, which can be reloaded and read in the other language; or that page itself, if frames must be shown.
pub fn over(visit: &Visit, frames: &[Frame]) -> Response {
    if frames.is_empty() {
        forgotten(visit, visit.see_other(path::END_SESSION))
    } else {
        signed_out(visit, None, frames, false)
    }
}

/// The page after it. Forgets the session's cookie, and what the browser kept of signed-in pages.
fn signed_out(
    visit: &Visit,
    back_to: Option<BackTo<'_>>,
    frames: &[Frame],
    goes_on: bool,
) -> Response {
    let view = visit.view(None);
    let page = SignedOutPage { view: &view, back_to, frames, goes_on };
    let mut origins: Vec<String> = frames.iter().map(|frame| frame.origin.clone()).collect();
    origins.sort_unstable();
    origins.dedup();
    let page = visit.page_with_frames(StatusCode::OK, page.render(), &[], &origins);
    let mut response = forgotten(visit, page);
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    response
}

fn forgotten(visit: &Visit, response: Response) -> Response {
    let response = visit.without_cookie(response, Name::Session);
    let response = visit.without_cookie(response, Name::Pending);
    if visit.ctx.policy.session_management {
        visit.without_cookie(response, Name::State)
    } else {
        response
    }
}
