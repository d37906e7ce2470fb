//! Consent: a person agrees to what a client is given, and it is remembered for that client as it is now.

use crate::audit::{Event, Record};
use crate::authorization::interaction::Question;
use crate::base::internal::Internal;
use crate::context::Context;
use crate::model::consent::Consent;
use crate::oauth::claims_request::ClaimsRequest;
use crate::store::SignOn;

/// Remembers that the person agreed to everything this request asks for, besides what the same client was given before.
/// Two statements.
pub async fn give(
    ctx: &Context,
    question: &Question<'_>,
    sign_on: &SignOn,
) -> Result<(), Internal> {
    let Question { request, client, .. } = *question;
    let identity = client.identity();
    let before = sign_on.consent.as_ref().filter(|consent| consent.client.is(&identity));
    let scope = before
        .and_then(|before| before.scope.union(&request.scope))
        .unwrap_or_else(|| request.scope.clone());
    let mut claims = before.map_or_else(ClaimsRequest::default, |before| before.claims.clone());
    claims.userinfo.extend(request.claims.userinfo.clone());
    claims.id_token.extend(request.claims.id_token.clone());
    let consent = Consent { scope, claims, client: identity, given_at: ctx.now };
    let audit = Record::new(Event::ConsentGiven, ctx.now)
        .account(sign_on.account.id)
        .client(client.id)
        .session(sign_on.session.id)
        .row();
    ctx.store.put_consent(sign_on.account.id, client.id, &consent, audit).await?.committed();
    Ok(())
}
