//! What claims say about a person. The consent page, the ID token and userinfo all take values from here.
//!
//! OpenID Connect Core §5.1, §5.3, §5.5. A claim without a value does not appear.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::account::{Account, Profile};
use crate::model::grant::Terms;
use crate::oauth::claim::{Claim, claims_of};
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::scope::{Scope, ScopeSet};

/// The claims that a client is given about a person at userinfo, besides `sub`: those of the token's scopes, and those
/// it asked for one by one.
pub fn for_userinfo(
    scope: &ScopeSet,
    terms: &Terms,
    account: &Account,
    profile: &Profile,
) -> BTreeMap<String, Value> {
    given(claims_of(scope).chain(terms.claims.userinfo.keys().copied()), account, profile)
}

/// The claims about a person that were asked for in the ID token, and those of `scope` where it must tell them (`sub` is
/// every ID token's own).
pub fn for_id_token(
    terms: &Terms,
    scope: Option<&ScopeSet>,
    account: &Account,
    profile: &Profile,
) -> BTreeMap<String, Value> {
    let of_scope = scope.into_iter().flat_map(claims_of).filter(|claim| *claim != Claim::Sub);
    given(of_scope.chain(terms.claims.id_token.keys().copied()), account, profile)
}

/// Everything about a person that a request would give, for the consent page: in the order of [`Claim`].
pub fn for_consent(
    scope: &ScopeSet,
    claims: &ClaimsRequest,
    account: &Account,
    profile: &Profile,
) -> Vec<(Claim, Value)> {
    let asked = |claim: &Claim| {
        claim.scope().is_some_and(|of| of != Scope::OPENID && scope.contains(&of))
            || claims.userinfo.contains_key(claim)
            || claims.id_token.contains_key(claim)
    };
    Claim::ALL
        .iter()
        .copied()
        .filter(asked)
        .filter_map(|claim| Some((claim, value(claim, account, profile)?)))
        .collect()
}

fn given(
    claims: impl Iterator<Item = Claim>,
    account: &Account,
    profile: &Profile,
) -> BTreeMap<String, Value> {
    claims
        .filter_map(|claim| Some((claim.as_str().to_owned(), value(claim, account, profile)?)))
        .collect()
}

fn value(claim: Claim, account: &Account, profile: &Profile) -> Option<Value> {
    let text = |text: &Option<String>| text.clone().map(Value::String);
    let name = |name: &Option<crate::national::person_name::PersonName>| {
        name.as_ref().map(|name| Value::String(name.as_str().to_owned()))
    };
    match claim {
        Claim::Name => name(&profile.name),
        Claim::GivenName => name(&profile.given_name),
        Claim::FamilyName => name(&profile.family_name),
        Claim::MiddleName => name(&profile.middle_name),
        Claim::Nickname => name(&profile.nickname),
        Claim::PreferredUsername => text(&profile.preferred_username),
        Claim::Profile => text(&profile.profile),
        Claim::Picture => text(&profile.picture),
        Claim::Website => text(&profile.website),
        Claim::Gender => text(&profile.gender),
        Claim::Birthdate => text(&profile.birthdate),
        Claim::Zoneinfo => text(&profile.zoneinfo),
        Claim::Locale => text(&profile.locale),
        Claim::UpdatedAt => profile.updated_at.map(|at| at.seconds().into()),
        Claim::Email => text(&profile.email),
        Claim::EmailVerified => profile.email.as_ref().map(|_| profile.email_verified.into()),
        Claim::Address => {
            profile.address.as_ref().and_then(|address| serde_json::to_value(address).ok())
        }
        Claim::PhoneNumber => text(&profile.phone_number),
        Claim::PhoneNumberVerified => {
            profile.phone_number.as_ref().map(|_| profile.phone_number_verified.into())
        }
        Claim::AccountKind => Some(account.kind.as_str().into()),
        Claim::AgencyOid => text(&profile.agency_oid),
        Claim::AgencyName => text(&profile.agency_name),
        // Facts about the sign-in, and the subject: members of the answer by themselves.
        Claim::Sub | Claim::Acr | Claim::AuthTime | Claim::Amr => None,
    }
}
