//! ID tokens: what one says, who signs it, and the one that comes back as a hint.
//!
//! OpenID Connect Core §2, §3.1.3.6, §3.2.2.10, §3.3.2.11, §10. Signed with a key of ours; with the client's secret or not
//! at all only where both locks are open. Then encrypted, where the client is registered so. Does not own the gate
//! (`token::gate`), the values of claims (`token::claims`) or the form (`jose::id_token`).

use std::sync::Arc;

use crate::base::internal::Internal;
use crate::context::Context;
use crate::jose::client_secret_key::ClientSecretKey;
use crate::jose::id_token::{Hint, IdToken, RequestedClaims};
use crate::jose::signer::Signer;
use crate::key::Keys;
use crate::model::client::Client;
use crate::model::grant::{GrantRow, Terms};
use crate::oauth::claim::Claim;
use crate::oauth::client_metadata::SigningAlgorithm;
use crate::oauth::response_type::ResponseType;
use crate::oauth::unsigned_allowed::UnsignedAllowed;
use crate::token::gate::{Admission, Error, Refused, Signature};
use crate::token::{claims, client_secret, encryption, sid, subject};

/// What signs a client's ID tokens.
enum Hand {
    Ours(Arc<Keys>, SigningAlgorithm),
    Theirs(ClientSecretKey),
    Nobodys(UnsignedAllowed),
}

impl Hand {
    fn of(ctx: &Context, admission: Admission<'_>) -> Result<Self, Internal> {
        Ok(match admission.signature() {
            Signature::OurKey(algorithm) => Self::Ours(ctx.keys.keys(), algorithm),
            Signature::Secret => Self::Theirs(client_secret::key(ctx, admission.client())?),
            Signature::Unsigned(allowed) => Self::Nobodys(allowed),
        })
    }

    fn signer(&self) -> Result<Option<Signer<'_>>, Internal> {
        Ok(match self {
            Self::Ours(keys, algorithm) => Some(Signer::from(&keys.active(*algorithm)?.key)),
            Self::Theirs(key) => Some(Signer::from(key)),
            Self::Nobodys(_) => None,
        })
    }

    fn sign(&self, token: &IdToken<'_>) -> Result<String, Internal> {
        match self {
            Self::Ours(keys, algorithm) => token.sign(&keys.active(*algorithm)?.key),
            Self::Theirs(key) => token.sign(key),
            Self::Nobodys(allowed) => token.unsigned(*allowed),
        }
    }
}

/// The ID token of the token endpoint; it repeats the request's `nonce` at the code, not at a refresh (Core §12.2).
pub async fn for_token_endpoint(
    ctx: &Context,
    admission: Admission<'_>,
    row: &GrantRow,
    with_nonce: bool,
) -> Result<String, Error> {
    let beside = Beside { nonce: with_nonce, ..Beside::default() };
    written(ctx, admission, row, beside, &Hand::of(ctx, admission)?).await
}

/// The ID token that goes through the browser, bound to what goes beside it: the code and the access token. Registration
/// rules out that it is unsigned, and so does this.
pub async fn for_browser(
    ctx: &Context,
    admission: Admission<'_>,
    row: &GrantRow,
    response_type: ResponseType,
    (code, access_token): (Option<&str>, Option<&str>),
) -> Result<String, Error> {
    let hand = Hand::of(ctx, admission)?;
    let signer = hand.signer()?.ok_or(Refused::ResponseTypeNotRegistered)?;
    let beside = Beside {
        nonce: true,
        at_hash: access_token.map(|token| signer.hash_claim(token)),
        c_hash: code.map(|code| signer.hash_claim(code)),
        // Nothing else will tell this client what it asked for (Core §5.4).
        claims_of_scope: response_type == ResponseType::IdToken,
    };
    written(ctx, admission, row, beside, &hand).await
}

/// What an ID token has in it because of what comes with it.
#[derive(Debug, Default)]
struct Beside {
    nonce: bool,
    at_hash: Option<String>,
    c_hash: Option<String>,
    claims_of_scope: bool,
}

/// An ID token says who, for whom, by whom and when; everything else only if the client asked to be told. At most one
/// statement: the person's data, where it was asked to hold some.
async fn written(
    ctx: &Context,
    admission: Admission<'_>,
    row: &GrantRow,
    beside: Beside,
    hand: &Hand,
) -> Result<String, Error> {
    let (client, account) = (admission.client(), admission.account());
    let recipient = encryption::of_id_tokens(ctx, client).await?;
    let terms = &row.terms;
    let asked = |claim| terms.claims.id_token.contains_key(&claim);
    let of_scope = beside.claims_of_scope.then_some(&terms.scope);
    let requested = if asks_for_data(terms) || of_scope.is_some() {
        let profile = ctx.store.profile(account.id).await?;
        RequestedClaims::try_from(claims::for_id_token(terms, of_scope, account, &profile))
            .map_err(|error| Internal::fault("a claim of an ID token").because(error))?
    } else {
        RequestedClaims::default()
    };
    let (subject, audience) = (subject::of(ctx, client, account), client.id.to_string());
    let assurance = &terms.assurance;
    let sid = sid::told(ctx, client, row.session_id);
    let token = IdToken {
        iss: ctx.issuer.as_str(),
        sub: &subject,
        aud: &audience,
        exp: ctx.now.plus(ctx.policy.id_token),
        iat: ctx.now,
        auth_time: (terms.told.auth_time || asked(Claim::AuthTime)).then_some(assurance.at),
        nonce: terms.nonce.as_deref().filter(|_| beside.nonce),
        acr: (terms.told.acr || asked(Claim::Acr)).then_some(assurance.acr),
        amr: if asked(Claim::Amr) { assurance.amr.clone() } else { Vec::new() },
        sid: sid.as_deref(),
        at_hash: beside.at_hash,
        c_hash: beside.c_hash,
        requested,
    };
    let signed = hand.sign(&token)?;
    Ok(match recipient {
        Some(recipient) => recipient.encrypt(&signed)?,
        None => signed,
    })
}

fn asks_for_data(terms: &Terms) -> bool {
    terms
        .claims
        .id_token
        .keys()
        .any(|claim| !matches!(claim, Claim::Sub | Claim::Acr | Claim::AuthTime | Claim::Amr))
}

/// Reads an `id_token_hint` of this client, expired or not (Core §3.1.2.1): signed with a key of ours that is still kept,
/// or with its secret, if its tokens are. Any other is none.
pub fn hint(ctx: &Context, client: &Client, jwt: &str) -> Option<Hint> {
    let (keys, issuer) = (ctx.keys.keys(), ctx.issuer.as_str());
    let by_us = Hint::verify(jwt, keys.published().map(|key| &key.key), issuer).ok();
    let by_secret = || match Signature::of(ctx, client) {
        // A secret that cannot be read has signed nothing; whoever needs it elsewhere says so.
        Ok(Signature::Secret) => {
            Hint::verify_with_secret(jwt, &client_secret::key(ctx, client).ok()?, issuer).ok()
        }
        Ok(Signature::OurKey(_) | Signature::Unsigned(_)) | Err(_) => None,
    };
    by_us.or_else(by_secret).filter(|hint| hint.client == client.id.to_string())
}
