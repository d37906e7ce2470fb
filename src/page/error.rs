//! The page that says what went wrong: what happened, what to do now, another way, and what to read out.
//!
//! One fixed text per fault, its code the key (`error.ftl`). Nothing here comes from the request but the identifier of
//! the request itself. The log line with the whole story is written elsewhere.

use std::borrow::Cow;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::base::internal::Internal;
use crate::base::path;
use crate::http::body::FormError;
use crate::http::machine::Failure;
use crate::http::view::View;
use crate::http::visit::Visit;
use crate::page::expired;
use crate::page::part::{Asking, Button};

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/error.html", config = ".config/askama.toml")]
pub struct ErrorPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// What went wrong.
    pub fault: Fault,
    /// Who asks, where that is known for certain.
    pub asking: Option<Asking<'a>>,
    /// What the one button does.
    pub button: Button<'a>,
    /// Its words: the fault's own, unless it leads back into a sign-in.
    pub label: Cow<'a, str>,
}

/// What may go wrong outside a form's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The client is unknown or disabled.
    UnknownClient,
    /// The redirect URI is not one of the client's.
    ForeignRedirectUri,
    /// The request cannot be read, and where to send an error is not known.
    BadRequest,
    /// The browser did not bring the cookie that binds it to the request.
    CookiesOff,
    /// A form that this site did not give out to this browser.
    ForeignForm,
    /// The step was finished, lapsed or was tried too often: it begins anew with the sign-in.
    StepOver,
    /// No such address.
    NotFound,
    /// An address of ours, asked in a way that it is not meant for.
    WrongMethod,
    /// A body or header beyond the limit.
    TooLarge,
    /// A fault of ours.
    Failed,
    /// Too busy, or something that is needed is away.
    Unavailable {
        /// When to try again.
        retry_seconds: u32,
    },
}

/// Every code of a page like this, for the table of the help page: those of [`Fault`], and the expired sign-in's.
pub const CODES: [&str; 12] = [
    "ERR-101",
    "ERR-102",
    "ERR-103",
    "ERR-201",
    "ERR-202",
    expired::CODE,
    "ERR-302",
    "ERR-404",
    "ERR-405",
    "ERR-413",
    "ERR-500",
    "ERR-503",
];

impl Fault {
    /// The code to read out.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownClient => "ERR-101",
            Self::ForeignRedirectUri => "ERR-102",
            Self::BadRequest => "ERR-103",
            Self::CookiesOff => "ERR-201",
            Self::ForeignForm => "ERR-202",
            Self::StepOver => "ERR-302",
            Self::NotFound => "ERR-404",
            Self::WrongMethod => "ERR-405",
            Self::TooLarge => "ERR-413",
            Self::Failed => "ERR-500",
            Self::Unavailable { .. } => "ERR-503",
        }
    }

    /// What happened.
    pub fn heading(self, view: &View) -> Cow<'static, str> {
        view.t(self.code())
    }

    /// What to do now.
    pub fn now(self, view: &View) -> Cow<'static, str> {
        let key = format!("{}.now", self.code());
        match self {
            Self::Unavailable { retry_seconds } => view.with("seconds", retry_seconds).t(&key),
            _ => view.t(&key),
        }
    }

    /// The words on the one button.
    pub fn button(self, view: &View) -> Cow<'static, str> {
        view.t(&self.button_key())
    }

    fn button_key(self) -> String {
        format!("{}.button", self.code())
    }

    /// What a form means that cannot be read: none of our pages makes one that is malformed.
    pub const fn of_form(error: &FormError) -> Self {
        match error {
            FormError::TooLarge => Self::TooLarge,
            FormError::TooSlow => Self::Unavailable { retry_seconds: 5 },
            FormError::NotAForm | FormError::Malformed(_) => Self::ForeignForm,
        }
    }

    /// The same where other sites send forms, too: what is malformed is theirs.
    pub const fn of_foreign_form(error: &FormError) -> Self {
        match error {
            FormError::NotAForm | FormError::Malformed(_) => Self::BadRequest,
            _ => Self::of_form(error),
        }
    }

    /// What a failure of ours means.
    pub fn of_failure(internal: &Internal) -> Self {
        if internal.is_unavailable() {
            Self::Unavailable { retry_seconds: 5 }
        } else {
            Self::Failed
        }
    }

    /// The help page with this code.
    pub fn help_href(self) -> String {
        format!("{}?code={}", path::HELP, self.code())
    }
}

impl ErrorPage<'_> {
    /// The answer. `form_targets`: see [`Visit::page`].
    pub fn answer(&self, visit: &Visit, form_targets: &[String]) -> Response {
        let mut response = visit.page(self.fault.status(), self.render(), form_targets);
        if let Fault::Unavailable { retry_seconds } = self.fault {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_seconds));
        }
        response
    }
}

/// The page of a fault, where no sign-in is known that it could lead back to.
pub fn page(visit: &Visit, fault: Fault) -> Response {
    leading_to(visit, fault, path::HOME, &fault.button_key())
}

/// The page of a failure of ours: its button asks for the same again, or leads home from what was posted.
pub fn failure(visit: &Visit, internal: Internal) -> Response {
    let fault = Fault::of_failure(&internal);
    let response = match &visit.again {
        Some(again) => leading_to(visit, fault, again, &fault.button_key()),
        None => leading_to(visit, fault, path::HOME, &Fault::NotFound.button_key()),
    };
    logged(response, internal)
}

/// A failure's answer. The access layer logs its chain.
pub fn logged(mut response: Response, internal: Internal) -> Response {
    response.extensions_mut().insert(Failure::from(internal));
    response
}

/// The page of a fault whose button leads to `href`; `label` is the key of the words on it.
pub fn leading_to(visit: &Visit, fault: Fault, href: &str, label: &str) -> Response {
    let view = visit.view(None);
    let (button, label) = (Button::Link(href), view.t(label));
    ErrorPage { view: &view, fault, asking: None, button, label }.answer(visit, &[])
}

/// Every address that is none of ours.
pub fn not_found(visit: &Visit) -> Response {
    page(visit, Fault::NotFound)
}

/// An address of ours for people, asked in a way that it is not meant for.
pub async fn wrong_method(visit: Visit) -> Response {
    page(&visit, Fault::WrongMethod)
}

impl Fault {
    const fn status(self) -> StatusCode {
        match self {
            Self::UnknownClient
            | Self::ForeignRedirectUri
            | Self::BadRequest
            | Self::CookiesOff => StatusCode::BAD_REQUEST,
            Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::StepOver => StatusCode::GONE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
