//! Claims: what can be said about a person, and which scope asks for which.
//!
//! OpenID Connect Core §2 and §5.1, §5.4; `agency_*` and `account_kind` are the provider's own. Values come from
//! `token::claims`; asking for single claims is `claims_request`.

use crate::oauth::scope::{Scope, ScopeSet};
use crate::oauth::words::words;

words! {
    /// A claim that a client can ask for.
    pub enum Claim {
        /// The person, as this client knows them. Always given.
        Sub = "sub",
        /// The full name.
        Name = "name",
        /// The family name: the first of a name's parts where most of our people write theirs, so pages list it first.
        FamilyName = "family_name",
        /// The given name.
        GivenName = "given_name",
        /// The middle name.
        MiddleName = "middle_name",
        /// What friends say.
        Nickname = "nickname",
        /// The name by which the person likes to be shown; not unique, no identifier.
        PreferredUsername = "preferred_username",
        /// The address of a page about the person.
        Profile = "profile",
        /// The address of a picture.
        Picture = "picture",
        /// The address of the person's own site.
        Website = "website",
        /// The gender.
        Gender = "gender",
        /// The birthday, `YYYY-MM-DD`.
        Birthdate = "birthdate",
        /// The time zone.
        Zoneinfo = "zoneinfo",
        /// The language.
        Locale = "locale",
        /// When any of these last changed.
        UpdatedAt = "updated_at",
        /// The e-mail address.
        Email = "email",
        /// Whether the e-mail address was proved.
        EmailVerified = "email_verified",
        /// The postal address, an object.
        Address = "address",
        /// The telephone number.
        PhoneNumber = "phone_number",
        /// Whether the telephone number was proved.
        PhoneNumberVerified = "phone_number_verified",
        /// Whether this is a citizen's account or an official one.
        AccountKind = "account_kind",
        /// The object identifier of the agency that an official account belongs to.
        AgencyOid = "agency_oid",
        /// That agency's name.
        AgencyName = "agency_name",
        /// The assurance level of the sign-in.
        Acr = "acr",
        /// When the person signed in.
        AuthTime = "auth_time",
        /// How the person signed in.
        Amr = "amr",
    }
}

impl Claim {
    /// The scope that asks for it; the facts about the sign-in have none.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Sub => Some(Scope::OPENID),
            Self::Name
            | Self::GivenName
            | Self::FamilyName
            | Self::MiddleName
            | Self::Nickname
            | Self::PreferredUsername
            | Self::Profile
            | Self::Picture
            | Self::Website
            | Self::Gender
            | Self::Birthdate
            | Self::Zoneinfo
            | Self::Locale
            | Self::UpdatedAt => Some(Scope::PROFILE),
            Self::Email | Self::EmailVerified => Some(Scope::EMAIL),
            Self::Address => Some(Scope::ADDRESS),
            Self::PhoneNumber | Self::PhoneNumberVerified => Some(Scope::PHONE),
            Self::AccountKind | Self::AgencyOid | Self::AgencyName => Some(Scope::AGENCY),
            Self::Acr | Self::AuthTime | Self::Amr => None,
        }
    }
}

impl Claim {
    /// Whether a client with these scopes may ask for it by itself. The facts about the sign-in need none.
    pub fn is_covered_by(self, scopes: &ScopeSet) -> bool {
        self.scope().is_none_or(|scope| scopes.contains(&scope))
    }
}

/// The claims that these scopes ask for, in the order of `Claim::ALL`; `sub` is among them with `openid`.
pub fn claims_of(scopes: &ScopeSet) -> impl Iterator<Item = Claim> {
    Claim::ALL
        .iter()
        .copied()
        .filter(|claim| claim.scope().is_some_and(|scope| scopes.contains(&scope)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(scopes: &str) -> Vec<&'static str> {
        claims_of(&scopes.parse().unwrap()).map(Claim::as_str).collect()
    }

    #[test]
    fn each_scope_asks_for_the_claims_of_the_specification() {
        assert_eq!(words("openid"), ["sub"]);
        assert_eq!(words("email"), ["email", "email_verified"]);
        assert_eq!(words("phone address"), ["address", "phone_number", "phone_number_verified"]);
        assert_eq!(words("agency"), ["account_kind", "agency_oid", "agency_name"]);
        assert_eq!(
            words("profile"),
            [
                "name",
                "family_name",
                "given_name",
                "middle_name",
                "nickname",
                "preferred_username",
                "profile",
                "picture",
                "website",
                "gender",
                "birthdate",
                "zoneinfo",
                "locale",
                "updated_at"
            ]
        );
    }

    #[test]
    fn no_scope_asks_for_the_facts_about_a_sign_in() {
        let all = Scope::KNOWN.into_iter().collect();
        for claim in [Claim::Acr, Claim::AuthTime, Claim::Amr] {
            assert!(claims_of(&all).all(|given| given != claim));
        }
    }
}
