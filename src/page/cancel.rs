//! The way back: the person leaves the sign-in, and the agency is told `access_denied`.

use axum::response::Response;

use crate::authorization::response::Delivery;
use crate::base::path;
use crate::http::body::Form;
use crate::http::csrf::Step;
use crate::http::visit::Visit;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::page::error::Fault;
use crate::page::flow;

/// `POST /cancel`.
pub async fn post(mut visit: Visit, form: Form) -> Response {
    const DENIED: OAuthError = OAuthError::new(ErrorCode::AccessDenied, "The person went back.");
    let flow = match flow::open_to_leave(&mut visit).await {
        Ok((flow, _)) => flow,
        Err(response) => return response,
    };
    let form = match form.0 {
        Ok(form) => form,
        Err(error) => return flow.fault(&visit, Fault::of_form(&error)),
    };
    let token = form.one("csrf").ok().flatten();
    if !flow.is_own_form(&visit, Step::Cancel, token) {
        return flow.fault(&visit, Fault::ForeignForm);
    }
    match flow.question() {
        Some(question) => {
            let delivery = Delivery::refusal(&visit.ctx, question.request, &DENIED);
            flow::deliver(&visit, flow.client.as_ref(), &delivery)
        }
        None => visit.see_other(path::HOME),
    }
}
