//! The answer to an authorization request: a code, tokens, or an error, to a verified redirect URI.
//!
//! OAuth 2.0 §4.1.2 and §4.2.2, OpenID Connect Core §3.1.2.5 and .6, §3.2.2.5, §3.3.2.5, RFC 9207 (`iss`), Form Post
//! Response Mode, Session Management 1.0 (`session_state`).

use crate::authentication::session;
use crate::authorization::interaction::Question;
use crate::authorization::request::AuthorizationRequest;
use crate::base::internal::Internal;
use crate::context::Context;
use crate::logout::session_state;
use crate::model::authentication::Assurance;
use crate::model::client::Client;
use crate::model::grant::{GrantRow, Terms, Told};
use crate::oauth::error::OAuthError;
use crate::oauth::prompt::Prompt;
use crate::oauth::redirect_uri::VerifiedRedirect;
use crate::oauth::response_mode::ResponseMode;
use crate::oauth::scope::Scope;
use crate::store::{NewGrant, SignOn};
use crate::token::gate::{self, Facts, Refused};
use crate::token::grant_token::Code;
use crate::token::issue;

/// An answer on its way: where it goes, how, and what it says. It cannot be made without a verified redirect.
#[derive(Debug)]
pub struct Delivery {
    redirect: VerifiedRedirect,
    mode: ResponseMode,
    parameters: Vec<(&'static str, String)>,
}

impl Delivery {
    /// An error for the client.
    pub fn error(
        ctx: &Context,
        redirect: VerifiedRedirect,
        mode: ResponseMode,
        state: Option<&str>,
        error: &OAuthError,
    ) -> Self {
        let parameters = vec![
            ("error", error.code.as_str().to_owned()),
            ("error_description", error.description.to_owned()),
        ];
        Self::new(ctx, redirect, mode, state, parameters)
    }

    /// An error that answers an interaction.
    pub fn refusal(ctx: &Context, request: &AuthorizationRequest, error: &OAuthError) -> Self {
        Self::error(
            ctx,
            request.redirect.clone(),
            request.response_mode,
            request.state.as_deref(),
            error,
        )
    }

    fn new(
        ctx: &Context,
        redirect: VerifiedRedirect,
        mode: ResponseMode,
        state: Option<&str>,
        mut parameters: Vec<(&'static str, String)>,
    ) -> Self {
        parameters.extend(state.map(|state| ("state", state.to_owned())));
        parameters.push(("iss", ctx.issuer.as_str().to_owned()));
        Self { redirect, mode, parameters }
    }

    /// With the state of the browser, for a client that wants to notice when it changes (Session Management 1.0 §2).
    #[must_use]
    pub fn with_session_state(mut self, client: &Client, state: &str) -> Self {
        let origin = self.redirect.origin();
        // An app's own scheme has no pages that could ask.
        if origin.contains("://") {
            let value = session_state::of(&client.id.to_string(), &origin, state);
            self.parameters.push(("session_state", value));
        }
        self
    }

    /// How it travels.
    pub const fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// The address to be redirected to (`response_mode=query` and `fragment`).
    pub fn location(&self) -> String {
        let parameters: Vec<(&str, &str)> =
            self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match self.mode {
            ResponseMode::Fragment => self.redirect.with_fragment(&parameters),
            ResponseMode::Query | ResponseMode::FormPost => self.redirect.with_query(&parameters),
        }
    }

    /// The address to be posted to, and the fields (`response_mode=form_post`).
    pub fn form(&self) -> (&str, &[(&'static str, String)]) {
        (self.redirect.as_str(), &self.parameters)
    }

    /// What a page's `form-action` must allow.
    pub fn origin(&self) -> String {
        self.redirect.origin()
    }
}

/// What became of a request that nothing stood in the way of.
#[derive(Debug)]
pub enum Answer {
    /// What was asked for, on its way.
    Deliver(Delivery),
    /// The request was answered before, and its code redeemed; or its answer belongs to another session.
    AlreadyAnswered,
    /// The session ended after it was read: nothing was given, and the person signs in again.
    SessionOver,
}

/// Gives what was asked for. The gate looks once more; then one write, and at most once a minute a second one. Where no
/// code is given, the grant stands all the same: tokens hang on it. Its code is one that nobody was told and that counts as
/// redeemed, so that no second answer follows.
pub async fn respond(
    ctx: &Context,
    question: &Question<'_>,
    sign_on: &SignOn,
    assurance: Assurance,
) -> Result<Result<Answer, Refused>, Internal> {
    let Question { interaction, request, client } = *question;
    let facts = Facts {
        client,
        account: &sign_on.account,
        session_alive: true,
        consent: sign_on.consent.as_ref(),
        scope: &request.scope,
        claims: &request.claims,
        weak_features: &request.weak_features(),
    };
    if !client.registration.may_ask_for(request.response_type) {
        return Ok(Err(Refused::ResponseTypeNotRegistered));
    }
    let admission = match gate::admit(ctx, &facts) {
        Ok(admission) => admission,
        Err(refused) => return Ok(Err(refused)),
    };
    let code = Code::random(&ctx.secrets.grant_token, interaction.id);
    let offline = request.scope.contains(&Scope::OFFLINE_ACCESS);
    let expires_at =
        if offline { ctx.now.plus(ctx.policy.refresh_token) } else { sign_on.session.expires_at };
    let row = GrantRow {
        id: interaction.id,
        client_id: client.id,
        account_id: sign_on.account.id,
        session_id: sign_on.session.id,
        terms: terms(request, client, assurance),
        offline,
        code_digest: code.digest(),
        expires_at,
    };
    let response_type = request.response_type;
    let told_code = response_type.has_code().then_some(&code);
    let given = match issue::at_authorization(ctx, admission, &row, response_type, told_code).await
    {
        Ok(given) => given,
        Err(gate::Error::Refused(refused)) => return Ok(Err(refused)),
        Err(gate::Error::Internal(internal)) => return Err(internal),
    };
    let code_expires_at =
        response_type.has_code().then(|| ctx.now.plus(ctx.policy.authorization_code));
    let new = NewGrant { row, code_expires_at, created_at: ctx.now };
    session::touch(ctx, &sign_on.session).await?;
    let Some(committed) = ctx.store.put_code(new).await?.when() else {
        return Ok(Ok(not_put(ctx, sign_on).await?));
    };
    let parameters = given.answer(committed);
    let delivery = Delivery::new(
        ctx,
        request.redirect.clone(),
        request.response_mode,
        request.state.as_deref(),
        parameters,
    );
    Ok(Ok(Answer::Deliver(delivery)))
}

/// Why no code was put into the grant: read only then.
async fn not_put(ctx: &Context, sign_on: &SignOn) -> Result<Answer, Internal> {
    let session = ctx.store.find_sign_on(&sign_on.session.secret, None, ctx.now).await?;
    Ok(session.map_or(Answer::SessionOver, |_| Answer::AlreadyAnswered))
}

fn terms(request: &AuthorizationRequest, client: &Client, assurance: Assurance) -> Terms {
    Terms {
        scope: request.scope.clone(),
        claims: request.claims.clone(),
        redirect_uri: request.redirect.as_str().to_owned(),
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        assurance,
        told: Told {
            // Who asks for a new sign-in has no other way to see that there was one.
            auth_time: request.max_age.is_some()
                || request.prompts.contains(Prompt::Login)
                || client.settings().require_auth_time,
            acr: request.acr_values.asked(),
        },
        weak_features: request.weak_features(),
    }
}
