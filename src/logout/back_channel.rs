//! Back-channel logout: a signed token to the client's own server, tried until it was taken or a day is over.
//!
//! OpenID Connect Back-Channel Logout 1.0 §2.4 to §2.8. Each attempt has a token of its own, made when it is sent. A client
//! that hangs delays nobody: the person has the answer long before, and every delivery runs by itself.

use hyper::StatusCode;

use crate::base::encoding::base64url;
use crate::base::internal::Internal;
use crate::base::random;
use crate::base::time::{Lifetime, Timestamp};
use crate::context::Context;
use crate::jose::logout_token::{Ended, LogoutToken};
use crate::model::client::Client;
use crate::oauth::client_metadata::SigningAlgorithm;
use crate::outbound::{self, Purpose};
use crate::store::LogoutDelivery;
use crate::token::gate::Signature;
use crate::token::{client_secret, encryption, sid, subject};

/// How long a delivery belongs to whoever took it: longer than an attempt lasts, whose parts all have their time.
const TAKEN: Lifetime = Lifetime::minutes(1);
/// The pauses after the first attempts; the last one is repeated.
const PAUSES: [Lifetime; 5] = [
    Lifetime::minutes(1),
    Lifetime::minutes(5),
    Lifetime::minutes(15),
    Lifetime::hours(1),
    Lifetime::hours(3),
];
/// After that nobody is told any more: what the client still has of the session has mostly ended by itself.
const GIVEN_UP_AFTER: Lifetime = Lifetime::days(1);

/// Why a client was not told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It did not answer.
    #[error(transparent)]
    Outbound(#[from] outbound::Error),
    /// It answered, and neither 200 nor 204 (§2.8): it did not end its session, or did not believe the token.
    #[error("the client answered {0}")]
    Refused(StatusCode),
    /// The client wants its tokens encrypted, and there is no key to do it for. Nothing goes out in plain text instead.
    #[error(transparent)]
    NoKey(#[from] encryption::NoKey),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Takes a delivery that was found due; `false` if somebody else has it. One statement.
pub async fn take(ctx: &Context, delivery: &LogoutDelivery) -> Result<bool, Internal> {
    let taken = ctx.store.take_logout(delivery, ctx.now.plus(TAKEN)).await?;
    Ok(taken.committed())
}

/// Tells the client, and writes down that it was told or when it is tried again. One statement.
pub async fn deliver(ctx: &Context, delivery: &LogoutDelivery) -> Result<(), Internal> {
    let client = ctx.client(delivery.client).await?;
    let address = client
        .as_ref()
        .and_then(|client| Some((client, client.settings().backchannel_logout_uri.as_ref()?)));
    // A client that is gone, or does not want to hear of it any more.
    let Some((client, uri)) = address else {
        return done(ctx, delivery).await;
    };
    let Err(error) = attempt(ctx, client, uri.as_str(), delivery).await else {
        return done(ctx, delivery).await;
    };
    let next = ctx.now.plus(pause_after(delivery.attempts));
    if next > delivery.created_at.plus(GIVEN_UP_AFTER) {
        tracing::warn!(client.id = %client.id, reason = %error, "a client was not told of a sign-out; given up");
        return done(ctx, delivery).await;
    }
    tracing::info!(client.id = %client.id, reason = %error, "a client was not told of a sign-out; tried again");
    ctx.store.put_off_logout(delivery, next).await?.committed();
    Ok(())
}

async fn done(ctx: &Context, delivery: &LogoutDelivery) -> Result<(), Internal> {
    ctx.store.remove_logout(delivery).await?.committed();
    Ok(())
}

/// The pause after an attempt that had so many before it.
fn pause_after(attempts: u32) -> Lifetime {
    let [.., last] = PAUSES;
    usize::try_from(attempts).ok().and_then(|index| PAUSES.get(index).copied()).unwrap_or(last)
}

async fn attempt(
    ctx: &Context,
    client: &Client,
    uri: &str,
    delivery: &LogoutDelivery,
) -> Result<(), Error> {
    let recipient = encryption::of_id_tokens(ctx, client).await?;
    let signed = signed(ctx, client, delivery, ctx.now)?;
    let token = match recipient {
        Some(recipient) => recipient.encrypt(&signed)?,
        None => signed,
    };
    let fields = [("logout_token", token.as_str())];
    match ctx.outbound.post_form(Purpose::BackchannelLogout, uri, &fields).await? {
        StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
        other => Err(Error::Refused(other)),
    }
}

/// Signed as the client's ID tokens are (§2.6); with RS256 where those are not, or not any more.
fn signed(
    ctx: &Context,
    client: &Client,
    delivery: &LogoutDelivery,
    now: Timestamp,
) -> Result<String, Internal> {
    let sub = subject::of(ctx, client, &delivery.account);
    let sid = sid::of(ctx, client, delivery.session);
    let (aud, jti) = (client.id.to_string(), base64url(&random::bytes::<16>()));
    let token = LogoutToken {
        iss: ctx.issuer.as_str(),
        aud: &aud,
        iat: now,
        jti: &jti,
        ended: Ended::Session { sub: &sub, sid: &sid },
    };
    let algorithm = match Signature::of(ctx, client) {
        Ok(Signature::OurKey(algorithm)) => algorithm,
        Ok(Signature::Secret) => return token.sign(&client_secret::key(ctx, client)?),
        // Nobody's signature, or a lock that is closed since: it must be believed all the same.
        Ok(Signature::Unsigned(_)) | Err(_) => SigningAlgorithm::Rs256,
    };
    token.sign(&ctx.keys.keys().active(algorithm)?.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_the_last_one_stays() {
        let pauses: Vec<_> = (0..8).map(pause_after).collect();
        assert!(pauses.is_sorted());
        assert_eq!((pauses[0], pauses[4]), (Lifetime::minutes(1), Lifetime::hours(3)));
        assert_eq!(pauses[7], pauses[4]);
        assert_eq!(pause_after(u32::MAX), pauses[4]);
    }
}
