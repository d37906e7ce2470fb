//! Authorization: from a client's question to its answer.
//!
//! Owns the ordered checks of a request, the paused request (interaction), the dispatcher's decision, consent and the
//! response. Endpoints and pages translate; signing in is `authentication`'s. OAuth 2.0 §4.1, OpenID Connect Core §3.1.2.

pub mod consent;
pub mod interaction;
pub mod next_step;
pub mod request;
pub mod request_object;
pub mod response;
