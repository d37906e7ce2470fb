//! Authentication by a signed assertion: `private_key_jwt` and `client_secret_jwt`.
//!
//! OpenID Connect Core §9, RFC 7523 §3, RFC 10070. How the client is registered says which kind of key verifies it, under
//! which algorithm and for whom; the assertion says none of it. Reading and judging the token is `jose`'s.

use super::{AuthenticatedClient, Error, parse_id};
use crate::base::id::ClientId;
use crate::base::secret::Secret;
use crate::base::{metric, path};
use crate::context::Context;
use crate::context::client_keys::ClientKeys;
use crate::jose::client_assertion::{
    self, Audience, ClientAssertion, VerificationKey, VerifiedAssertion,
};
use crate::model::client::Client;
use crate::oauth::client_metadata::{AssertionAudience, TokenEndpointAuthMethod as Method};
use crate::oauth::weak_feature::WeakFeature;
use crate::token::client_secret;

/// The client whose assertion this is. Each is good once, on every node and at every endpoint (A-TOK-11).
pub(super) async fn authenticate(
    ctx: &Context,
    assertion: &Secret<String>,
    beside: Option<ClientId>,
) -> Result<AuthenticatedClient, Error> {
    let read = ClientAssertion::parse(assertion.expose())?;
    let id = parse_id(read.unverified_client_id())?;
    if beside.is_some_and(|beside| beside != id) {
        return Err(Error::Twice);
    }
    let client = ctx.client(id).await?.ok_or(Error::ClientUnknown)?;
    let only = client.settings().token_endpoint_auth_signing_alg;
    if only.is_some_and(|only| only.as_str() != read.unverified_algorithm()) {
        return Err(Error::AlgorithmNotRegistered);
    }
    let verified = verified(ctx, &client, assertion).await?;
    if !ctx.store.spend_client_assertion(verified.jti(), verified.expires()).await?.committed() {
        return Err(Error::AssertionReplayed);
    }
    if verified.is_for_endpoint() {
        let feature = WeakFeature::CompatAudience;
        metrics::counter!(metric::WEAK_FEATURE_USES, "feature" => feature.as_str()).increment(1);
        tracing::info!(client.id = %id, "a client assertion was made for the token endpoint, not for the issuer");
    }
    Ok(AuthenticatedClient(client))
}

async fn verified(
    ctx: &Context,
    client: &Client,
    assertion: &Secret<String>,
) -> Result<VerifiedAssertion, Error> {
    let (id, token_endpoint) = (client.id.to_string(), ctx.issuer.url(path::TOKEN));
    let is_compat = client.settings().assertion_audience == AssertionAudience::Compat
        && ctx.permits(client, WeakFeature::CompatAudience);
    let audience = Audience {
        issuer: ctx.issuer.as_str(),
        token_endpoint: is_compat.then_some(token_endpoint.as_str()),
    };
    let verify = |key: VerificationKey<'_>| {
        let assertion = ClientAssertion::parse(assertion.expose())?;
        assertion.verify(key, &id, audience, ctx.now)
    };
    match client.settings().token_endpoint_auth_method {
        Method::PrivateKeyJwt => {
            let with_public = |keys: &ClientKeys| {
                Ok::<_, Error>(verify(VerificationKey::Public(keys.verifying()?))?)
            };
            ctx.verified_with_keys_of(client, with_public, may_be_an_old_set).await?
        }
        Method::ClientSecretJwt if ctx.permits(client, WeakFeature::ClientSecretJwt) => {
            let key = client_secret::key(ctx, client)?;
            Ok(verify(VerificationKey::Shared(&key))?)
        }
        Method::ClientSecretJwt => Err(Error::FeatureClosed(WeakFeature::ClientSecretJwt)),
        Method::None
        | Method::ClientSecretBasic
        | Method::ClientSecretPost
        | Method::TlsClientAuth
        | Method::SelfSignedTlsClientAuth => Err(Error::MethodWrong),
    }
}

fn may_be_an_old_set(error: &Error) -> bool {
    match error {
        Error::Assertion(client_assertion::Error::Jws(error)) => error.may_be_an_old_set(),
        Error::Keys(error) => error.may_be_an_old_set(),
        _ => false,
    }
}
