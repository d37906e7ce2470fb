//! Weak features: what a specification allows and a careful deployment does not offer.
//!
//! Each stands behind two locks: the deployment lists it (`policy.weak_features`), and so does the client's registration
//! (`weak_features`). Who holds the key to both is `Provider::permits`; the issuing gate asks again. A grant remembers
//! which of them it rests on. RFC 9700 §2.1.1, §2.1.2.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::oauth::words::words;

words! {
    /// One of them.
    pub enum WeakFeature {
        /// The response types `id_token` and `id_token token`: tokens in an address (RFC 9700 §2.1.2).
        ImplicitFlow = "implicit_flow",
        /// The response types that give a code and something besides.
        HybridFlow = "hybrid_flow",
        /// Codes of a confidential client without PKCE (RFC 9700 §2.1.1).
        NoPkce = "no_pkce",
        /// Request objects that nobody signed (Core §6.1): anyone can change what is asked for.
        UnsignedRequestObject = "unsigned_request_object",
        /// ID tokens with `alg` none, from the token endpoint only (Core §2).
        UnsignedIdToken = "unsigned_id_token",
        /// ID tokens that are signed with the client's secret: the client could have made them, and so can its thief.
        Hs256 = "hs256",
        /// Assertions that are signed with the client's secret, which must then be kept readable.
        ClientSecretJwt = "client_secret_jwt",
        /// Assertions for the token endpoint's address instead of the issuer (RFC 10070).
        CompatAudience = "compat_audience",
        /// Clients that register themselves, with an initial access token.
        DynamicRegistration = "dynamic_registration",
    }
}

/// Some of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WeakFeatures(BTreeSet<WeakFeature>);

impl WeakFeatures {
    /// Whether this one is among them.
    pub fn contains(&self, feature: WeakFeature) -> bool {
        self.0.contains(&feature)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = WeakFeature> {
        self.0.iter().copied()
    }
}

impl FromIterator<WeakFeature> for WeakFeatures {
    fn from_iter<I: IntoIterator<Item = WeakFeature>>(features: I) -> Self {
        Self(features.into_iter().collect())
    }
}
