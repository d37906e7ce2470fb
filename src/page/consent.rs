//! Consent: the page. An agency would be given these values, and nothing else.
//!
//! It shows the values themselves, exactly as they will be given, not the names of scopes. Saying no is one button of
//! equal size and costs nothing.

use std::borrow::Cow;

use askama::Template;

use crate::http::view::View;
use crate::page::part::{Asking, Form};

/// The page.
#[derive(Debug, Template)]
#[template(path = "page/consent.html", config = ".config/askama.toml")]
pub struct ConsentPage<'a> {
    /// What every page is given.
    pub view: &'a View,
    /// Who asks.
    pub asking: Asking<'a>,
    /// The form of the button that agrees.
    pub approve: Form<'a>,
    /// The form of the button that does not.
    pub deny: Form<'a>,
    /// What would be given, in groups; empty where only the identifier is.
    pub groups: &'a [Group<'a>],
    /// Whether the agency may go on reading after the person has left (`offline_access`).
    pub offline: bool,
}

/// Values that belong together.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// What they are about.
    pub about: About,
    /// The values.
    pub values: Vec<Given<'a>>,
}

/// What a group of values is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The person: name, birthday and the like.
    Person,
    /// How to reach the person.
    Contact,
    /// The person's public office.
    Agency,
}

/// One value that would be given.
#[derive(Clone, Debug)]
pub struct Given<'a> {
    /// The claim's name, as the specification has it; its words come from [`label`].
    pub claim: &'a str,
    /// The value as people read it; empty where the account has none.
    pub value: Cow<'a, str>,
}

impl About {
    const fn key(self) -> &'static str {
        match self {
            Self::Person => "consent-group-person",
            Self::Contact => "consent-group-contact",
            Self::Agency => "consent-group-agency",
        }
    }
}

/// The words for a claim; its bare name where it has none.
pub fn label<'c>(view: &View, claim: &'c str) -> Cow<'c, str> {
    match label_key(claim) {
        Some(key) => view.t(key),
        None => Cow::Borrowed(claim),
    }
}

fn label_key(claim: &str) -> Option<&'static str> {
    Some(match claim {
        "name" => "claim-name",
        "family_name" => "claim-family-name",
        "given_name" => "claim-given-name",
        "middle_name" => "claim-middle-name",
        "nickname" => "claim-nickname",
        "preferred_username" => "claim-preferred-username",
        "profile" => "claim-profile",
        "picture" => "claim-picture",
        "website" => "claim-website",
        "gender" => "claim-gender",
        "birthdate" => "claim-birthdate",
        "zoneinfo" => "claim-zoneinfo",
        "locale" => "claim-locale",
        "updated_at" => "claim-updated-at",
        "email" => "claim-email",
        "email_verified" => "claim-email-verified",
        "phone_number" => "claim-phone-number",
        "phone_number_verified" => "claim-phone-number-verified",
        "address" => "claim-address",
        "account_kind" => "claim-account-kind",
        "agency_oid" => "claim-agency-oid",
        "agency_name" => "claim-agency-name",
        _ => return None,
    })
}

/// A flag as people read it.
pub fn yes_or_no(view: &View, flag: bool) -> Cow<'static, str> {
    view.t(if flag { "claim-yes" } else { "claim-no" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::text;

    #[test]
    fn every_standard_claim_has_words_in_both_languages() {
        // OpenID Connect Core §5.1, without `sub`, which the page explains by itself.
        for claim in [
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "email",
            "email_verified",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "phone_number",
            "phone_number_verified",
            "address",
            "updated_at",
        ] {
            assert!(label_key(claim).is_some_and(text::exists), "{claim}");
        }
        assert_eq!(label_key("sub"), None);
    }
}
