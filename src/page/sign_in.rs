//! Sign in with account and password: the page.
//!
//! One question, one button whose words say where it leads. A problem stands above the heading, with focus, and again
//! at its field. While the human check is due, a browser with JavaScript works on it by itself; without, the form is
//! put aside for the waiting time, so that nobody types into a page that is about to reload.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::Asker;
use crate::authentication::sign_in::{self, Outcome};
use crate::authorization::next_step;
use crate::base::encoding::{base64url, from_base64url};
use crate::base::internal::Internal;
use crate::base::time::Timestamp;
use crate::base::{limits, path};
use crate::credential::password::verify::{self, verify};
use crate::http::body::Form as FormBody;
use crate::http::cookie::Name;
use crate::http::csrf::Step;
use crate::http::view::View;
use crate::http::visit::Visit;
use crate::logout::session_state;
use crate::model::account::FoldedName;
use crate::model::password::{self, Password};
use crate::model::session::SessionToken;
use crate::page::error::{self, Fault};
use crate::page::flow::{self, Agency, Flow};
use crate::page::part::{Asking, Form};
use crate::page::problem::{Field, Problem};
use crate::store::Budget;
use crate::throttle::attempt::{self, Attempt, CheckProblem};
use crate::throttle::human_check::{self, Challenge};

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/sign_in.html", config = ".config/askama.toml")]
pub struct SignInPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// Who asks; nobody on the member centre's own sign-in.
    pub asking: Option<Asking<'a>>,
    /// Where the form is sent, with its hidden fields: the sealed interaction, the CSRF token, the sealed challenge.
    pub form: Form<'a>,
    /// The account name: what was entered, or the client's hint.
    pub username: &'a str,
    /// Why someone who is signed in is asked again.
    pub reason: Option<Reason>,
    /// What is wrong with the last try.
    pub problem: Option<Problem>,
    /// The human check that this try needs.
    pub challenge: Option<ChallengeView<'a>>,
}

/// Why someone who is signed in is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The client asked for it: `prompt=login`.
    AskedAgain,
    /// The client lets the person choose the account: `prompt=select_account`.
    ChooseAccount,
    /// The last sign-in is older than the client's `max_age`.
    TooLongAgo,
}

/// The human check, for the script and for those without it.
#[derive(Clone, Copy, Debug)]
pub struct ChallengeView<'a> {
    /// What the answer's hash begins with.
    pub salt: &'a str,
    /// How many zero bits it needs.
    pub difficulty: u8,
    /// Seconds until the challenge is good without an answer; zero when it is by now.
    pub ready_in_seconds: u32,
    /// This page with the same challenge, once the wait is over.
    pub reload_href: &'a str,
}

impl ChallengeView<'_> {
    /// Whether someone without JavaScript has to wait still.
    pub const fn waits(&self) -> bool {
        self.ready_in_seconds > 0
    }
}

impl SignInPage<'_> {
    fn problem_at(&self, field: Field) -> Option<std::borrow::Cow<'static, str>> {
        self.problem.and_then(|problem| problem.at(field, self.view))
    }

    fn agency(&self) -> std::borrow::Cow<'_, str> {
        match self.asking {
            Some(asking) => asking.name.into(),
            None => self.view.t("sign-in-this-site"),
        }
    }
}

/// How long a sealed name is good: as long as the human check that it waits for.
const TYPED: &[u8] = b"typed name";

/// `GET /sign-in`.
pub async fn get(mut visit: Visit) -> Response {
    let flow = match flow::open(&mut visit).await {
        Ok(flow) => flow,
        Err(response) => return response,
    };
    let parameter = |name| visit.query.one(name).ok().flatten();
    // Whoever was typing here goes on doing so, though another person has signed in in another tab.
    let typed = parameter("typed").and_then(|sealed| opened_name(&visit, sealed));
    let is_typing =
        typed.as_ref().is_some_and(|name| name.is_empty() || means_somebody_else(&flow, name));
    if flow::sign_in_reason(&visit, &flow).is_none() && !is_typing {
        // Somebody came back to the page after signing in: nothing is asked any more.
        return visit.see_other(&flow.address(path::CONTINUE));
    }
    let hint = flow.interaction.request.as_ref().and_then(|request| request.login_hint.clone());
    // Who is asked again need not be asked for the name.
    let known = || {
        let again = reason(&visit, &flow).filter(|reason| *reason != Reason::ChooseAccount);
        let sign_on = again.and(flow.sign_on.as_ref())?;
        Some(sign_on.account.name.as_str().to_owned())
    };
    let username = typed.or(hint).or_else(known).unwrap_or_default();
    let challenge = parameter("challenge").map(str::to_owned);
    let sheet = Sheet { username, challenge, ..Sheet::default() };
    sheet.answer(&visit, &flow)
}

/// `POST /sign-in`.
pub async fn post(mut visit: Visit, form: FormBody) -> Response {
    let flow = match flow::open(&mut visit).await {
        Ok(flow) => flow,
        Err(response) => return response,
    };
    let form = match form.0 {
        Ok(form) => form,
        Err(error) => return flow.fault(&visit, Fault::of_form(&error)),
    };
    let field = |name| form.one(name).ok().flatten();
    if !flow.is_own_form(&visit, Step::SignIn, field("csrf")) {
        return flow.fault(&visit, Fault::ForeignForm);
    }
    let username = field("username").unwrap_or_default().to_owned();
    let is_somebody_else = means_somebody_else(&flow, &username);
    if is_somebody_else {
        let sealed = sealed_name(&visit, &username);
        visit.carry("typed", sealed);
    } else if flow::sign_in_reason(&visit, &flow).is_none() {
        // Another tab was faster. What was entered is not looked at; the dispatcher knows what comes next.
        return visit.see_other(&flow.address(path::CONTINUE));
    }
    let (name, password) = match entered(&username, field("password")) {
        Ok(entered) => entered,
        Err(problem) => {
            let challenge = field("challenge").map(str::to_owned);
            return Sheet { username, challenge, problem: Some(problem), ..Sheet::default() }
                .answer(&visit, &flow);
        }
    };
    let device = visit.known_device();
    let digest = visit.ctx.secrets.name.code(&[name.as_str().as_bytes()]);
    let attempt = Attempt {
        name: digest,
        source: visit.source,
        budget: if device.knows(&digest) { Budget::KnownDevice } else { Budget::Other },
        interaction: flow.interaction.id,
        challenge: field("challenge").map(str::to_owned),
        answer: field("answer").map(str::to_owned),
    };
    match judged(&visit, &flow, attempt.clone(), name, password).await {
        Ok(Outcome::SignedIn(secret)) => {
            let response = visit.see_other(&flow.address(path::CONTINUE));
            signed_in(
                &visit,
                response,
                &secret,
                &device.with(&visit.ctx.secrets.known_device, digest, visit.ctx.now),
            )
        }
        Ok(Outcome::MustChangePassword(secret)) => {
            let response = visit.see_other(&flow.address(path::CHANGE_PASSWORD));
            visit.with_cookie(response, Name::Pending, &secret.expose(), None)
        }
        Err(verify::Error::Internal(internal)) if is_somebody_else => {
            Sheet::failed(username).failure(&visit, &flow, internal)
        }
        Err(verify::Error::Internal(internal)) => flow.failure(&visit, internal),
        Err(refused) => Sheet::refused(&visit, &attempt, username, &refused).answer(&visit, &flow),
    }
}

/// Whether the name is another than that of the person who is signed in.
fn means_somebody_else(flow: &Flow, username: &str) -> bool {
    let running = flow.sign_on.as_ref().map(|sign_on| &sign_on.account.name);
    FoldedName::of(username)
        .is_some_and(|name| running.is_some_and(|running| running.folded() != name))
}

/// Judges an attempt and records what came of it. From its reservation on nothing stops that half-way, not even a browser
/// that hangs up: an attempt that is counted and never judged would tell nobody of a guess, and pause an honest person.
///
/// For a browser that is gone a right password is recorded and told like any other, but leaves the session that runs there
/// alone: it would get a secret that nobody receives, and could not be signed out any more.
async fn judged(
    visit: &Visit,
    flow: &Flow,
    attempt: Attempt,
    name: FoldedName,
    password: Password,
) -> Result<Outcome, verify::Error> {
    let ctx = visit.ctx.clone();
    let running = flow.sign_on.as_ref().map(|sign_on| sign_on.session.clone());
    let locale = visit.locale;
    let work = |asker: Asker| {
        Box::pin(async move {
            let proof = verify(&ctx, &attempt, &name, password).await?;
            let running = running.filter(|_| !asker.is_gone());
            Ok(sign_in::with_password(&ctx, proof, running.as_ref(), locale).await?)
        })
    };
    visit.app.to_its_end(work).await?
}

/// The cookies of someone who signed in: a new session secret, and a device that knows the name.
pub fn signed_in(
    visit: &Visit,
    response: Response,
    secret: &SessionToken,
    device: &str,
) -> Response {
    let response = visit.with_cookie(response, Name::Session, &secret.expose(), None);
    let response = visit.without_cookie(response, Name::Pending);
    let response = if visit.ctx.policy.session_management {
        visit.with_cookie(response, Name::State, &session_state::fresh_state(), None)
    } else {
        response
    };
    visit.with_cookie(response, Name::Device, device, Some(visit.ctx.policy.known_device))
}

/// What was entered, if it can be judged at all.
fn entered(username: &str, password: Option<&str>) -> Result<(FoldedName, Password), Problem> {
    let name = match (username.trim().is_empty(), password) {
        (true, None) => return Err(Problem::BothMissing),
        (true, Some(_)) => return Err(Problem::AccountNameMissing),
        (false, _) => FoldedName::of(username).ok_or(Problem::AccountNameTooLong)?,
    };
    let password = Password::parse(password.unwrap_or_default()).map_err(|error| match error {
        password::Error::Empty => Problem::PasswordMissing,
        password::Error::TooLong => Problem::PasswordTooLong,
    })?;
    Ok((name, password))
}

/// What stands on the page this time.
#[derive(Default)]
struct Sheet {
    username: String,
    problem: Option<Problem>,
    /// The sealed human check that the next try needs.
    challenge: Option<String>,
    /// Its first showing: issued with this answer.
    issued: Option<Challenge>,
}

impl Sheet {
    /// For a person who entered another name than that of the running session: the dispatcher would go on with that one.
    fn failed(username: String) -> Self {
        Self { username, problem: Some(Problem::Busy), ..Self::default() }
    }

    fn failure(self, visit: &Visit, flow: &Flow, internal: Internal) -> Response {
        error::logged(self.answer(visit, flow), internal)
    }

    fn refused(
        visit: &Visit,
        attempt: &Attempt,
        username: String,
        refused: &verify::Error,
    ) -> Self {
        let problem = problem(visit, refused);
        let early = matches!(problem, Problem::HumanCheckEarly);
        if early {
            // The same challenge is good when its wait is over.
            return Self {
                username,
                problem: Some(problem),
                challenge: attempt.challenge.clone(),
                issued: None,
            };
        }
        let due = matches!(
            problem,
            Problem::WrongPasswordNextChecked { .. }
                | Problem::HumanCheckNeeded
                | Problem::HumanCheckWrong
                | Problem::HumanCheckExpired
        );
        let about = human_check::Attempt {
            name: attempt.name,
            source: attempt.source.as_bytes(),
            interaction: attempt.interaction,
        };
        let issued = due.then(|| Challenge::issue(&about, visit.ctx.now));
        let challenge =
            issued.as_ref().map(|challenge| challenge.seal(&visit.ctx.secrets.human_check));
        Self { username, problem: Some(problem), challenge, issued }
    }

    fn answer(self, visit: &Visit, flow: &Flow) -> Response {
        let ctx = &visit.ctx;
        let shown = self.issued.as_ref().map(|challenge| {
            (challenge.salt(), challenge.difficulty(), challenge.ready_in(ctx.now))
        });
        let shown = shown.or_else(|| {
            let sealed = self.challenge.as_deref()?;
            let challenge = Challenge::peek(&ctx.secrets.human_check, sealed, ctx.now)?;
            Some((challenge.salt(), challenge.difficulty(), challenge.ready_in(ctx.now)))
        });
        let sealed = self.challenge.clone().unwrap_or_default();
        let reload = format!(
            "{}&challenge={sealed}&typed={}",
            flow.address(path::SIGN_IN),
            sealed_name(visit, &self.username)
        );
        let challenge = shown.as_ref().map(|(salt, difficulty, ready_in)| ChallengeView {
            salt,
            difficulty: *difficulty,
            ready_in_seconds: u32::try_from(ready_in.as_seconds()).unwrap_or(u32::MAX),
            reload_href: &reload,
        });
        let (token, action) = (flow.token(visit, Step::SignIn), flow.address(path::SIGN_IN));
        let mut hidden = vec![("csrf", token.as_str())];
        if challenge.is_some() {
            hidden.push(("challenge", &sealed));
        }
        let agency = Agency::of(visit, flow);
        let back = agency.as_ref().map(Agency::hidden);
        let view = visit.view(None);
        let page = SignInPage {
            view: &view,
            asking: agency
                .as_ref()
                .zip(back.as_ref())
                .map(|(agency, hidden)| agency.asking(hidden)),
            form: Form { action: &action, hidden: &hidden },
            username: &self.username,
            reason: reason(visit, flow),
            problem: self.problem,
            challenge,
        };
        let status = self.problem.map_or(StatusCode::OK, status);
        visit.page(status, page.render(), &flow.form_targets())
    }
}

/// The status depends on the problem alone, never on whether a name exists.
const fn status(problem: Problem) -> StatusCode {
    match problem {
        Problem::Paused { .. }
        | Problem::WrongPasswordNowPaused { .. }
        | Problem::PasswordDisabled => StatusCode::TOO_MANY_REQUESTS,
        Problem::NationalIdInvalid | Problem::LockedByOperator | Problem::AccountDeleted => {
            StatusCode::FORBIDDEN
        }
        Problem::Busy => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn problem(visit: &Visit, refused: &verify::Error) -> Problem {
    let (policy, now) = (&visit.ctx.policy, visit.ctx.now);
    let minutes_left = |until: Timestamp| {
        u32::try_from(until.since(now).as_seconds().saturating_add(59) / 60).unwrap_or(u32::MAX)
    };
    let pause_minutes = u32::try_from(policy.lock.as_seconds() / 60).unwrap_or(u32::MAX);
    match refused {
        verify::Error::Throttled(attempt::Error::Paused { until }) => {
            Problem::Paused { until: *until, minutes_left: minutes_left(*until) }
        }
        verify::Error::Throttled(attempt::Error::CheckDue(problem)) => match problem {
            CheckProblem::Missing => Problem::HumanCheckNeeded,
            CheckProblem::Early => Problem::HumanCheckEarly,
            CheckProblem::WrongAnswer => Problem::HumanCheckWrong,
            CheckProblem::Expired | CheckProblem::Spent => Problem::HumanCheckExpired,
        },
        verify::Error::Throttled(attempt::Error::HardLimit)
        | verify::Error::PasswordDisabled
        | verify::Error::Wrong { disabled: true, .. } => Problem::PasswordDisabled,
        verify::Error::Wrong { counters, .. } if counters.locked_until > now => {
            let until = counters.locked_until;
            Problem::WrongPasswordNowPaused { until, minutes_left: minutes_left(until) }
        }
        verify::Error::Wrong { counters, .. } => {
            let failures = u32::try_from(counters.failures).unwrap_or(u32::MAX);
            let tries_left = policy.lock_after.saturating_sub(failures);
            if failures >= policy.challenge_after {
                Problem::WrongPasswordNextChecked { tries_left, pause_minutes }
            } else {
                Problem::WrongPassword { tries_left, pause_minutes }
            }
        }
        verify::Error::Locked => Problem::LockedByOperator,
        verify::Error::DisabledForNationalId => Problem::NationalIdInvalid,
        verify::Error::Deleted => Problem::AccountDeleted,
        verify::Error::Busy
        | verify::Error::Throttled(attempt::Error::Internal(_))
        | verify::Error::Internal(_) => Problem::Busy,
    }
}

/// Why someone who is signed in is asked again; nothing where nobody is.
fn reason(visit: &Visit, flow: &Flow) -> Option<Reason> {
    match flow::sign_in_reason(visit, flow)? {
        next_step::Reason::AskedAgain => Some(Reason::AskedAgain),
        next_step::Reason::ChooseAccount => Some(Reason::ChooseAccount),
        next_step::Reason::TooLongAgo => Some(Reason::TooLongAgo),
        next_step::Reason::NobodySignedIn | next_step::Reason::SomebodyElse => None,
    }
}

/// What was typed, through the waiting time of someone without JavaScript: sealed, because addresses are written down.
pub fn sealed_name(visit: &Visit, name: &str) -> String {
    let bounded = if name.len() <= limits::ACCOUNT_NAME { name } else { "" };
    base64url(&visit.ctx.secrets.interaction.seal(TYPED, bounded.as_bytes()))
}

fn opened_name(visit: &Visit, sealed: &str) -> Option<String> {
    String::from_utf8(visit.ctx.secrets.interaction.open(TYPED, &from_base64url(sealed)?)?).ok()
}
