//! What the pages of an interaction share: opening it, naming who asks, and going back to the dispatcher.
//!
//! A page never sends anyone to another page: it ends at `/continue`, and [`proceed`] decides.

use axum::http::StatusCode;
use axum::response::Response;

use crate::authentication::session;
use crate::authorization::interaction::{self, Interaction, Question};
use crate::authorization::next_step::{self, NextStep, Reason};
use crate::authorization::response::{self, Answer, Delivery};
use crate::base::internal::Internal;
use crate::base::path;
use crate::http::cookie::Name;
use crate::http::csrf::{self, Bound, Step};
use crate::http::visit::Visit;
use crate::i18n::Locale;
use crate::logout::session_state;
use crate::model::client::Client;
use crate::oauth::claim::Claim;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::https_uri::HttpsUri;
use crate::oauth::response_mode::ResponseMode;
use crate::page::error::{self, ErrorPage, Fault};
use crate::page::expired::ExpiredPage;
use crate::page::finished::FinishedPage;
use crate::page::form_post::FormPostPage;
use crate::page::part::{self, Asking, Button, Form};
use crate::store::SignOn;
use crate::token::subject;

/// The name of the parameter that carries the sealed interaction.
pub const INTERACTION: &str = "interaction";

/// An interaction under way in this browser.
#[derive(Debug)]
pub struct Flow {
    /// The interaction.
    pub interaction: Interaction,
    /// The text that pages carry on.
    pub sealed: String,
    /// Who asked; `None` where someone signs in to the provider itself.
    pub client: Option<Client>,
    /// The browser's session.
    pub sign_on: Option<SignOn>,
}

/// Opens the interaction that the address names; an answer for the person where it cannot go on.
pub async fn open(visit: &mut Visit) -> Result<Flow, Response> {
    let (flow, is_over) = open_to_leave(visit).await?;
    if is_over {
        return Err(expired(visit, &flow));
    }
    let cookie = visit.cookies.session();
    let client = flow.client.as_ref().map(|client| client.id);
    match session::find(&visit.ctx, cookie.as_ref(), client).await {
        Ok(sign_on) => Ok(Flow { sign_on, ..flow }),
        Err(internal) => Err(flow.failure(visit, internal)),
    }
}

/// Opens it for the way back, and says whether its time is over: whoever leaves needs neither time nor a session.
pub async fn open_to_leave(visit: &mut Visit) -> Result<(Flow, bool), Response> {
    let Some(sealed) = visit.query.one(INTERACTION).ok().flatten().map(str::to_owned) else {
        // A bookmarked page without its interaction: the person wants to sign in to the provider.
        return Err(visit.see_other(path::HOME));
    };
    let browser = visit.cookies.browser();
    let (interaction, is_over) = match Interaction::open(&visit.ctx, &sealed, browser.as_ref()) {
        Ok(interaction) => (interaction, false),
        Err(interaction::Error::Expired(interaction)) => (*interaction, true),
        Err(interaction::Error::Malformed) => return Err(error::page(visit, Fault::BadRequest)),
        Err(interaction::Error::OtherBrowser) => return Err(error::page(visit, Fault::CookiesOff)),
    };
    if let Some(request) = &interaction.request {
        visit.speak(&request.ui_locales);
    }
    Ok((with_client(visit, interaction, sealed).await?, is_over))
}

async fn with_client(
    visit: &Visit,
    interaction: Interaction,
    sealed: String,
) -> Result<Flow, Response> {
    let flow = Flow { interaction, sealed, client: None, sign_on: None };
    let client = match &flow.interaction.request {
        None => None,
        Some(request) => match visit
            .ctx
            .client(request.client_id)
            .await
            .map_err(|internal| flow.failure(visit, internal))?
        {
            // The seal remembers what was registered when the request came, and can be begun anew for a day.
            Some(client) if client.registration.redirect(request.redirect.as_str()).is_none() => {
                return Err(error::page(visit, Fault::ForeignRedirectUri));
            }
            Some(client) => Some(client),
            None => return Err(error::page(visit, Fault::UnknownClient)),
        },
    };
    Ok(Flow { client, ..flow })
}

/// The page of an interaction that is over, with the one button that begins it anew.
fn expired(visit: &Visit, flow: &Flow) -> Response {
    let restart = Restart::of(visit, &flow.interaction, &flow.sealed);
    let anew = restart.hidden();
    let view = visit.view(None);
    let agency = Agency::of(visit, flow);
    let hidden = agency.as_ref().map(Agency::hidden);
    let asking = agency.as_ref().zip(hidden.as_ref()).map(|(agency, hidden)| agency.asking(hidden));
    let page = ExpiredPage { view: &view, asking, button: Button::Send(restart.form(&anew)) };
    visit.page(StatusCode::GONE, askama::Template::render(&page), &flow.form_targets())
}

/// The button that begins an interaction anew.
pub struct Restart {
    action: String,
    token: String,
}

impl Restart {
    /// For this interaction.
    pub fn of(visit: &Visit, interaction: &Interaction, sealed: &str) -> Self {
        let bound = Bound { interaction: Some(interaction.id), ..Bound::default() };
        Self {
            action: format!("{}?{INTERACTION}={sealed}", path::CONTINUE),
            token: csrf::token(&visit.ctx, Step::Restart, &bound),
        }
    }

    /// Its hidden fields.
    pub fn hidden(&self) -> [(&str, &str); 1] {
        [("csrf", &self.token)]
    }

    /// The form.
    pub fn form<'a>(&'a self, hidden: &'a [(&'a str, &'a str)]) -> Form<'a> {
        Form { action: &self.action, hidden }
    }
}

/// A client's name in the language of the page.
pub fn name(client: &Client, locale: Locale) -> &str {
    let settings = client.settings();
    match locale {
        Locale::ZhHant => &settings.client_name,
        Locale::En => settings.client_name_en.as_deref().unwrap_or(&settings.client_name),
    }
}

impl Flow {
    /// The client's question, if it is one.
    pub fn question(&self) -> Option<Question<'_>> {
        Some(Question {
            interaction: &self.interaction,
            request: self.interaction.request.as_ref()?,
            client: self.client.as_ref()?,
        })
    }

    /// The address of a page of this interaction.
    pub fn address(&self, page: &str) -> String {
        format!("{page}?{INTERACTION}={}", self.sealed)
    }

    /// What this interaction's forms are bound to: to the interaction, and consent to the session whose person reads it.
    ///
    /// The others need nobody to be signed in, and sessions begin and end in other tabs while a form stands open. Another
    /// site still cannot send one, and so cannot sign its visitor in as somebody else: an interaction opens only with the
    /// cookie of the browser that it began in, the token stands on our page in that browser and in no address, and a form
    /// that names another origin is foreign. Whoever can read the page there has no need of a form.
    fn bound(&self, step: Step) -> Bound<'_> {
        let session = self.sign_on.as_ref().map(|sign_on| sign_on.session.id);
        Bound {
            interaction: Some(self.interaction.id),
            session: session.filter(|_| step == Step::Consent),
            other: &[],
        }
    }

    /// The page of something that went wrong within this interaction: its button leads back into it.
    pub fn fault(&self, visit: &Visit, fault: Fault) -> Response {
        self.fault_at(visit, &self.address(path::CONTINUE), fault)
    }

    /// The page of a failure of ours within this interaction.
    pub fn failure(&self, visit: &Visit, internal: Internal) -> Response {
        self.failure_at(visit, &self.address(path::CONTINUE), internal)
    }

    /// The same, on a step that the dispatcher does not know: its button leads to `back`.
    pub fn fault_at(&self, visit: &Visit, back: &str, fault: Fault) -> Response {
        let view = visit.view(None);
        let agency = Agency::of(visit, self);
        let hidden = agency.as_ref().map(Agency::hidden);
        let asking =
            agency.as_ref().zip(hidden.as_ref()).map(|(agency, hidden)| agency.asking(hidden));
        let label = match fault {
            Fault::ForeignForm | Fault::Failed | Fault::Unavailable { .. } => fault.button(&view),
            _ => view.t("error-back"),
        };
        let page = ErrorPage { view: &view, fault, asking, button: Button::Link(back), label };
        page.answer(visit, &self.form_targets())
    }

    /// See [`Self::fault_at`].
    pub fn failure_at(&self, visit: &Visit, back: &str, internal: Internal) -> Response {
        error::logged(self.fault_at(visit, back, Fault::of_failure(&internal)), internal)
    }

    /// The token of a form on a page of this interaction.
    pub fn token(&self, visit: &Visit, step: Step) -> String {
        csrf::token(&visit.ctx, step, &self.bound(step))
    }

    /// Whether a form came from our page of this step, in this browser.
    pub fn is_own_form(&self, visit: &Visit, step: Step, token: Option<&str>) -> bool {
        visit.is_own_form(step, &self.bound(step), token)
    }

    /// The origins that a form of this interaction may end at: every redirect URI of the client.
    pub fn form_targets(&self) -> Vec<String> {
        let request = self.interaction.request.as_ref().map(|request| request.redirect.origin());
        let registered = self.client.iter().flat_map(|client| &client.settings().redirect_uris);
        let mut targets: Vec<String> = registered
            .filter_map(|uri| uri.matches(uri.as_str()))
            .map(|uri| uri.origin())
            .chain(request)
            .collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }
}

/// Who asks, with the way back: what every page of an interaction shows on top.
pub struct Agency {
    name: String,
    logo: Option<String>,
    policy: Option<String>,
    terms: Option<String>,
    action: String,
    token: String,
}

impl Agency {
    /// Of this interaction; `None` where nobody asks.
    pub fn of(visit: &Visit, flow: &Flow) -> Option<Self> {
        let client = flow.client.as_ref()?;
        let (settings, text) = (client.settings(), |uri: &HttpsUri| uri.as_str().to_owned());
        let logo = settings.logo.as_ref();
        Some(Self {
            name: name(client, visit.locale).to_owned(),
            logo: logo.map(|logo| format!("{}/{}.png", path::LOGO, logo.as_str())),
            policy: settings.policy_uri.as_ref().map(text),
            terms: settings.tos_uri.as_ref().map(text),
            action: flow.address(path::CANCEL),
            token: flow.token(visit, Step::Cancel),
        })
    }

    /// The hidden fields of the way back.
    pub fn hidden(&self) -> [(&str, &str); 1] {
        [("csrf", &self.token)]
    }

    /// The strip on top of the page.
    pub fn asking<'a>(&'a self, hidden: &'a [(&'a str, &'a str)]) -> Asking<'a> {
        Asking {
            name: &self.name,
            initial: part::initial(&self.name),
            logo: self.logo.as_deref(),
            policy: self.policy.as_deref(),
            terms: self.terms.as_deref(),
            cancel: Some(Form { action: &self.action, hidden }),
        }
    }
}

/// The dispatcher: what comes next, done.
pub async fn proceed(visit: &Visit, flow: &Flow) -> Response {
    match next(visit, flow).await {
        Ok(response) => response,
        Err(internal) => flow.failure(visit, internal),
    }
}

/// The question and the session, if the person's consent is what the dispatcher asks for now: the page shows personal
/// data, so it is for nobody whom the dispatcher would have sign in first.
pub fn consent_is_next<'a>(visit: &Visit, flow: &'a Flow) -> Option<(Question<'a>, &'a SignOn)> {
    let (question, sign_on) = (flow.question()?, silent(visit, flow)?);
    (decision(visit, &question, Some(sign_on)) == NextStep::Consent).then_some((question, sign_on))
}

/// Why the person signs in, if that is what the dispatcher asks for now.
pub fn sign_in_reason(visit: &Visit, flow: &Flow) -> Option<Reason> {
    let silent = silent(visit, flow);
    let Some(question) = flow.question() else {
        return silent.is_none().then_some(Reason::NobodySignedIn);
    };
    match decision(visit, &question, silent) {
        NextStep::SignIn(reason) => Some(reason),
        NextStep::Consent | NextStep::Respond(_) | NextStep::Refuse(_) => None,
    }
}

/// The session, if it signs its person in without asking.
fn silent<'a>(visit: &Visit, flow: &'a Flow) -> Option<&'a SignOn> {
    flow.sign_on.as_ref().filter(|sign_on| session::signs_in_silently(&visit.ctx, sign_on))
}

fn decision(visit: &Visit, question: &Question<'_>, silent: Option<&SignOn>) -> NextStep {
    let session = silent.map(|sign_on| next_step::Session {
        sign_on,
        is_meant: is_meant(visit, question, sign_on),
    });
    next_step::next_step(question, session, visit.ctx.now)
}

async fn next(visit: &Visit, flow: &Flow) -> Result<Response, Internal> {
    let silent = silent(visit, flow);
    let Some(question) = flow.question() else {
        return Ok(match silent {
            Some(_) => visit.see_other(path::HOME),
            None => visit.see_other(&flow.address(path::SIGN_IN)),
        });
    };
    match decision(visit, &question, silent) {
        NextStep::SignIn(_) => Ok(visit.see_other(&flow.address(path::SIGN_IN))),
        NextStep::Consent => Ok(visit.see_other(&flow.address(path::CONSENT))),
        NextStep::Refuse(error) => {
            let delivery = Delivery::refusal(&visit.ctx, question.request, &error);
            Ok(deliver(visit, flow.client.as_ref(), &delivery))
        }
        NextStep::Respond(assurance) => {
            let Some(sign_on) = silent else {
                return Err(Internal::fault("an answer without a session"));
            };
            respond(visit, flow, &question, sign_on, assurance).await
        }
    }
}

async fn respond(
    visit: &Visit,
    flow: &Flow,
    question: &Question<'_>,
    sign_on: &SignOn,
    assurance: crate::model::authentication::Assurance,
) -> Result<Response, Internal> {
    match response::respond(&visit.ctx, question, sign_on, assurance).await? {
        Ok(Answer::Deliver(delivery)) => {
            visit.ctx.note_use(question.client, visit.ctx.now).await?;
            Ok(delivered(visit, question.client, delivery))
        }
        Ok(Answer::AlreadyAnswered) => Ok(finished(visit, flow)),
        // The dispatcher reads the session anew.
        Ok(Answer::SessionOver) => Ok(visit.see_other(&flow.address(path::CONTINUE))),
        Err(refused) => {
            tracing::info!(reason = %refused, client.id = %question.client.id, "the gate refused an answer");
            let denied = OAuthError::new(ErrorCode::AccessDenied, "The request is not allowed.");
            let error = refused.told(denied);
            let delivery = Delivery::refusal(&visit.ctx, question.request, &error);
            Ok(deliver(visit, flow.client.as_ref(), &delivery))
        }
    }
}

/// What was asked for, and the state of the browser where session management is on. One that has none yet is given one.
fn delivered(visit: &Visit, client: &Client, delivery: Delivery) -> Response {
    if !visit.ctx.policy.session_management {
        return deliver(visit, Some(client), &delivery);
    }
    let known = visit.cookies.value(Name::State).map(str::to_owned);
    let state = known.clone().unwrap_or_else(session_state::fresh_state);
    let response = deliver(visit, Some(client), &delivery.with_session_state(client, &state));
    match known {
        Some(_) => response,
        None => visit.with_cookie(response, Name::State, &state, None),
    }
}

/// Whether the session's account is the one that the client means: by `id_token_hint`, or by a value for the claim `sub`
/// (Core §3.1.2.2, §5.5.1: nobody else may be answered for).
fn is_meant(visit: &Visit, question: &Question<'_>, sign_on: &SignOn) -> bool {
    let request = question.request;
    let claimed = request.claims.id_token.get(&Claim::Sub).filter(|options| options.names_values());
    if request.hint.is_none() && claimed.is_none() {
        return true;
    }
    let own = subject::of(&visit.ctx, question.client, &sign_on.account);
    request.hint.as_ref().is_none_or(|hint| *hint == own)
        && claimed.is_none_or(|options| options.wanted().any(|wanted| wanted == own))
}

/// The page of an interaction that was answered before: its button asks the same again as a new one.
fn finished(visit: &Visit, flow: &Flow) -> Response {
    let restart = Restart::of(visit, &flow.interaction, &flow.sealed);
    let anew = restart.hidden();
    let view = visit.view(None);
    let agency = Agency::of(visit, flow);
    let hidden = agency.as_ref().map(Agency::hidden);
    let asking = agency.as_ref().zip(hidden.as_ref()).map(|(agency, hidden)| agency.asking(hidden));
    let page = FinishedPage { view: &view, asking, button: Button::Send(restart.form(&anew)) };
    visit.page(StatusCode::CONFLICT, askama::Template::render(&page), &flow.form_targets())
}

/// Sends an answer on its way to a client.
pub fn deliver(visit: &Visit, client: Option<&Client>, delivery: &Delivery) -> Response {
    match delivery.mode() {
        ResponseMode::Query | ResponseMode::Fragment => visit.see_other(&delivery.location()),
        ResponseMode::FormPost => {
            let (action, fields) = delivery.form();
            let hidden: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let view = visit.view(None);
            let agency = client.map_or("", |client| name(client, visit.locale));
            let page = FormPostPage { view: &view, agency, form: Form { action, hidden: &hidden } };
            visit.page(StatusCode::OK, askama::Template::render(&page), &[delivery.origin()])
        }
    }
}
