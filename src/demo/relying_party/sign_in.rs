//! Signing in: to the provider with `/sign-in`, and back with `/callback`.
//!
//! OpenID Connect Core §3.1.2. The callback never shows a page of its own: it ends at the home page or at a problem's
//! page, so that neither code nor state stays in the address bar and a reload repeats nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use openidconnect::core::CoreAuthPrompt;
use openidconnect::{AuthenticationContextClass, LanguageTag};

use crate::base::secret::{Secret, Token};
use crate::base::time::{Clock as _, Lifetime, SystemClock, Timestamp};

use super::answer::set_cookie;
use super::memory::{self, Pending, StateKey};
use super::problem::Problem;
use super::visit::{Visit, browser_cookie};
use super::{HOME, Site};

/// The assurance level that the sites ask for when nobody says otherwise.
const ASSURANCE: &str = "urn:fuxin:assurance:1";
/// Values in `acr_values`, and bytes of them all.
const ACR_VALUES: usize = 8;
const ACR_VALUES_BYTES: usize = 512;
/// How far two machines' clocks may differ.
const SKEW: Lifetime = Lifetime::seconds(30);
/// How long a browser keeps the cookie that ties sign-ins under way to it.
const BROWSER: Lifetime = Lifetime::days(30);
/// Bytes of a code or a state that are looked at.
const PARAMETER: usize = 2048;

/// What this sign-in asks of the provider beside the ordinary.
pub(super) struct Ask {
    pub(super) prompt: Option<CoreAuthPrompt>,
    pub(super) max_age: Option<Lifetime>,
    pub(super) acr_values: Vec<AuthenticationContextClass>,
    pub(super) ui_locale: LanguageTag,
}

impl Ask {
    fn parse(visit: &Visit) -> Option<Self> {
        let parameters = &visit.parameters;
        let prompt = match parameters.at_most_one("prompt").ok()? {
            None => None,
            Some("none") => Some(CoreAuthPrompt::None),
            Some("login") => Some(CoreAuthPrompt::Login),
            Some("consent") => Some(CoreAuthPrompt::Consent),
            Some("select_account") => Some(CoreAuthPrompt::SelectAccount),
            Some(_) => return None,
        };
        let max_age = match parameters.at_most_one("max_age").ok()? {
            None => None,
            Some(seconds) => Some(Lifetime::seconds(seconds.parse().ok()?)),
        };
        let acr_values = parameters.at_most_one("acr_values").ok()?.unwrap_or(ASSURANCE);
        if acr_values.len() > ACR_VALUES_BYTES {
            return None;
        }
        Some(Self {
            prompt,
            max_age,
            acr_values: acr_values
                .split_ascii_whitespace()
                .take(ACR_VALUES)
                .map(|value| AuthenticationContextClass::new(value.to_owned()))
                .collect(),
            ui_locale: LanguageTag::new(visit.locale.ui_locale().to_owned()),
        })
    }

    /// The authentication that comes back must be no older than this (OpenID Connect Core §3.1.3.7 rule 13).
    fn authenticated_since(&self, now: Timestamp) -> Option<Timestamp> {
        let age = match (&self.prompt, self.max_age) {
            (Some(CoreAuthPrompt::Login), _) => Lifetime::default(),
            (_, Some(max_age)) => max_age,
            _ => return None,
        };
        Some(now.minus(age).minus(SKEW))
    }
}

/// Sends the browser to the provider.
pub(super) async fn get(State(site): State<Arc<Site>>, visit: Visit) -> Response {
    // The provider sends the browser back to the registered host name, and cookies belong to a host name.
    if visit.host.as_deref().is_some_and(|host| host != site.settings.host()) {
        let here = format!("{}{}?{}", site.settings.origin(), visit.path, visit.query);
        return Redirect::to(&here).into_response();
    }
    let Some(ask) = Ask::parse(&visit) else {
        return Problem::RequestUnclear.redirect();
    };
    let state = Token::random();
    let departure = match site.provider.depart(&ask, &state).await {
        Ok(departure) => departure,
        Err(error) => return Problem::from(error).redirect(),
    };
    let fresh = Token::random();
    let browser = visit.browser().unwrap_or(&fresh);
    let pending = Pending {
        browser: browser.digest(),
        nonce: departure.nonce,
        verifier: departure.verifier,
        authenticated_since: ask.authenticated_since(SystemClock.now()),
    };
    site.memory.depart(&state, pending);
    let mut response = Redirect::to(departure.url.as_str()).into_response();
    set_cookie(&mut response, &browser_cookie(&site), &browser.expose(), BROWSER);
    response
}

/// Takes the provider's answer.
pub(super) async fn callback(State(site): State<Arc<Site>>, visit: Visit) -> Response {
    match finish(&site, &visit).await {
        Ok(session) => {
            let mut response = Redirect::to(HOME).into_response();
            let name = site.settings.cookie_name;
            set_cookie(&mut response, name, session.expose(), memory::SESSION);
            response
        }
        Err(problem) => problem.redirect(),
    }
}

/// The rules in their order: state, issuer, error, code, tokens. The cookie's value of the session that they begin.
async fn finish(site: &Site, visit: &Visit) -> Result<Secret<String>, Problem> {
    let parameter = |name| visit.parameters.one(name).filter(|value| value.len() <= PARAMETER);
    let state: Token<StateKey> =
        parameter("state").and_then(Token::parse).ok_or(Problem::StateUnknown)?;
    let browser = visit.browser().ok_or(Problem::StateUnknown)?;
    let pending = site.memory.arrive(&state, browser).ok_or(Problem::StateUnknown)?;
    site.provider.accept_issuer(parameter("iss")).await?;
    if let Some(error) = parameter("error") {
        tracing::info!(client.id = site.settings.client_id, "the provider answered with an error");
        return Err(Problem::answered(error));
    }
    let code = parameter("code").ok_or(Problem::RequestUnclear)?;
    let session = site.provider.redeem(code.to_owned(), &pending).await?;
    // A new session gets a new cookie, and what the browser had before is over.
    if let Some(before) = visit.session() {
        site.memory.end(before);
    }
    Ok(Secret::new(site.memory.begin(session).expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_says_how_old_the_authentication_may_be() {
        let now = Timestamp::from_seconds(1000);
        let ask = |prompt, max_age| Ask {
            prompt,
            max_age,
            acr_values: Vec::new(),
            ui_locale: LanguageTag::new(String::from("en")),
        };
        let since = |ask: Ask| ask.authenticated_since(now).map(Timestamp::seconds);
        let minute = Some(Lifetime::minutes(1));
        assert_eq!(since(ask(None, None)), None);
        assert_eq!(since(ask(Some(CoreAuthPrompt::None), None)), None);
        assert_eq!(since(ask(None, minute)), Some(910));
        assert_eq!(since(ask(Some(CoreAuthPrompt::Login), minute)), Some(970));
    }
}
