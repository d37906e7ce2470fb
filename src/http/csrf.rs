//! Tokens of forms: a form was given out by us, for this step of this interaction, to this browser; and to this session
//! where the step belongs to one.

use crate::base::encoding::{base64url, from_base64url};
use crate::base::id::{GrantId, SessionId};
use crate::context::Context;

/// The step that a form belongs to; a token of one is none of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the page of the same name")]
pub enum Step {
    SignIn,
    ChangePassword,
    Consent,
    Cancel,
    EndSession,
    SignOut,
    Restart,
}

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign in",
            Self::ChangePassword => "change password",
            Self::Consent => "consent",
            Self::Cancel => "cancel",
            Self::EndSession => "end session",
            Self::SignOut => "sign out",
            Self::Restart => "restart",
        }
    }
}

/// What a token is bound to besides its step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bound<'a> {
    /// The interaction, where there is one.
    pub interaction: Option<GrantId>,
    /// The session, where the form is its person's.
    pub session: Option<SessionId>,
    /// Whatever else the form must bring back unchanged.
    pub other: &'a [u8],
}

/// The token of a form.
pub fn token(ctx: &Context, step: Step, bound: &Bound<'_>) -> String {
    let (interaction, session) = ids(bound);
    base64url(&ctx.secrets.form.short_code(&[
        step.as_str().as_bytes(),
        &interaction,
        &session,
        bound.other,
    ]))
}

/// Whether a form brought its token back.
pub fn is_token(ctx: &Context, step: Step, bound: &Bound<'_>, presented: Option<&str>) -> bool {
    let presented = presented.and_then(from_base64url).unwrap_or_default();
    let (interaction, session) = ids(bound);
    let parts = [step.as_str().as_bytes(), &interaction, &session, bound.other];
    ctx.secrets.form.short_code_is(&parts, &presented)
}

fn ids(bound: &Bound<'_>) -> (Vec<u8>, Vec<u8>) {
    let interaction = bound.interaction.map(|id| id.uuid().as_bytes().to_vec());
    let session = bound.session.map(|id| id.uuid().as_bytes().to_vec());
    (interaction.unwrap_or_default(), session.unwrap_or_default())
}
