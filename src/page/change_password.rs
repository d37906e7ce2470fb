//! The forced change of an expired password (EXP-1): the page.
//!
//! The old password was proved a moment ago; no session exists until the new one is set. It is asked for once, with
//! its rules in view and a way to see what was typed, as a second field only makes people copy the first.

use std::borrow::Cow;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::authentication::{assurance, sign_in};
use crate::base::path;
use crate::base::time::Lifetime;
use crate::credential::password::change::{self, PendingToken};
use crate::http::body::Form as FormBody;
use crate::http::cookie::Name;
use crate::http::csrf::Step;
use crate::http::view::View;
use crate::http::visit::Visit;
use crate::model::account::FoldedName;
use crate::model::password::{self, Password, Refused};
use crate::model::session::SessionToken;
use crate::page::error::Fault;
use crate::page::flow::{self, Agency, Flow};
use crate::page::part::{Asking, Form};
use crate::page::problem::{Field, Problem};
use crate::page::sign_in::sealed_name;
use crate::store::Pending;

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/change_password.html", config = ".config/askama.toml")]
pub struct ChangePasswordPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// Who asks; nobody on the member centre's own sign-in.
    pub asking: Option<Asking<'a>>,
    /// Where the form is sent, with its hidden fields.
    pub form: Form<'a>,
    /// The account name, so that a password manager knows whose password changes.
    pub username: &'a str,
    /// How many years a password is good for.
    pub years: u32,
    /// How many characters a new one has at least.
    pub minimum: u32,
    /// What is wrong with the last try.
    pub problem: Option<Problem>,
}

impl ChangePasswordPage<'_> {
    fn problem_at(&self, field: Field) -> Option<Cow<'static, str>> {
        self.problem.and_then(|problem| problem.at(field, self.view))
    }
}

/// `GET /change-password`.
pub async fn get(mut visit: Visit) -> Response {
    let (flow, pending) = match opened(&mut visit).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    answer(&visit, &flow, &pending, None)
}

/// `POST /change-password`.
pub async fn post(mut visit: Visit, form: FormBody) -> Response {
    let (flow, pending) = match opened(&mut visit).await {
        Ok(opened) => opened,
        Err(response) => return response,
    };
    let form = match form.0 {
        Ok(form) => form,
        Err(error) => {
            let back = flow.address(path::CHANGE_PASSWORD);
            return flow.fault_at(&visit, &back, Fault::of_form(&error));
        }
    };
    let field = |name| form.one(name).ok().flatten();
    if !flow.is_own_form(&visit, Step::ChangePassword, field("csrf")) {
        return flow.fault_at(&visit, &flow.address(path::CHANGE_PASSWORD), Fault::ForeignForm);
    }
    let password = match Password::parse(field("password").unwrap_or_default()) {
        Ok(password) => password,
        Err(password::Error::Empty) => {
            return answer(&visit, &flow, &pending, Some(Problem::NewPasswordMissing));
        }
        Err(password::Error::TooLong) => {
            return answer(&visit, &flow, &pending, Some(Problem::NewPasswordTooLong));
        }
    };
    let name = FoldedName::of(&pending.account_name);
    match changed(&visit, &flow, pending.clone(), password).await {
        Ok(Some(secret)) => {
            let response = visit.see_other(&flow.address(path::CONTINUE));
            let device = visit.known_device();
            let name = name.map(|name| visit.ctx.secrets.name.code(&[name.as_str().as_bytes()]));
            let device = name
                .map(|name| device.with(&visit.ctx.secrets.known_device, name, visit.ctx.now))
                .unwrap_or_default();
            crate::page::sign_in::signed_in(&visit, response, &secret, &device)
        }
        Ok(None) | Err(change::Error::NotPending) => over(&visit, &flow),
        Err(change::Error::Internal(internal)) => {
            flow.failure_at(&visit, &flow.address(path::CHANGE_PASSWORD), internal)
        }
        Err(refused) => answer(&visit, &flow, &pending, Some(problem(&refused))),
    }
}

/// Changes the password and begins the session, to the end of it: see `sign_in`.
async fn changed(
    visit: &Visit,
    flow: &Flow,
    pending: Pending,
    password: Password,
) -> Result<Option<SessionToken>, change::Error> {
    let ctx = visit.ctx.clone();
    let running = flow.sign_on.as_ref().map(|sign_on| sign_on.session.clone());
    let locale = visit.locale;
    let work = |_| {
        Box::pin(async move {
            let change = change::accept(&ctx, pending, password).await?;
            Ok(sign_in::with_changed_password(&ctx, change, running.as_ref(), locale).await?)
        })
    };
    visit.app.to_its_end(work).await?
}

/// The step that the pending cookie stands for, in this interaction; else back to the dispatcher.
async fn opened(visit: &mut Visit) -> Result<(Flow, Pending), Response> {
    let flow = flow::open(visit).await?;
    let secret = visit.cookies.value(Name::Pending).and_then(PendingToken::parse);
    let Some(secret) = secret else { return Err(over(visit, &flow)) };
    match change::pending(&visit.ctx, &secret.digest(), flow.interaction.id).await {
        Ok(pending) => Ok((flow, pending)),
        Err(change::Error::Internal(internal)) => {
            Err(flow.failure_at(visit, &flow.address(path::CHANGE_PASSWORD), internal))
        }
        Err(_) => Err(over(visit, &flow)),
    }
}

/// The step was done in another tab or by a press whose answer was lost, or it came too late or too often. Whoever has not
/// signed in within this interaction is told that it is over, lest they wonder which of the passwords is good, and signs in
/// under their own name, whoever else has signed in in another tab.
fn over(visit: &Visit, flow: &Flow) -> Response {
    let is_done = flow.sign_on.as_ref().is_some_and(|sign_on| {
        assurance::is_of(&sign_on.session.authentications, flow.interaction.id)
    });
    if is_done {
        return visit.see_other(&flow.address(path::CONTINUE));
    }
    let nobody = sealed_name(visit, "");
    let back = format!("{}&typed={nobody}", flow.address(path::SIGN_IN));
    flow.fault_at(visit, &back, Fault::StepOver)
}

fn answer(visit: &Visit, flow: &Flow, pending: &Pending, problem: Option<Problem>) -> Response {
    let (token, action) =
        (flow.token(visit, Step::ChangePassword), flow.address(path::CHANGE_PASSWORD));
    let agency = Agency::of(visit, flow);
    let back = agency.as_ref().map(Agency::hidden);
    let view = visit.view(None);
    let policy = &visit.ctx.policy;
    let page = ChangePasswordPage {
        view: &view,
        asking: agency.as_ref().zip(back.as_ref()).map(|(agency, hidden)| agency.asking(hidden)),
        form: Form { action: &action, hidden: &[("csrf", &token)] },
        username: &pending.account_name,
        years: u32::try_from(
            policy.password_lifetime.as_seconds() / Lifetime::days(365).as_seconds(),
        )
        .unwrap_or(0),
        minimum: policy.password_minimum,
        problem,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(Problem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    visit.page(status, page.render(), &flow.form_targets())
}

fn problem(refused: &change::Error) -> Problem {
    match refused {
        change::Error::Refused(Refused::TooShort { minimum }) => {
            Problem::NewPasswordTooShort { minimum: u32::try_from(*minimum).unwrap_or(u32::MAX) }
        }
        change::Error::Refused(Refused::EqualsAccountName) => Problem::NewPasswordIsAccountName,
        change::Error::SameAsOld => Problem::NewPasswordIsOld,
        change::Error::Busy | change::Error::NotPending | change::Error::Internal(_) => {
            Problem::Busy
        }
    }
}
