//! Consent: the page. An agency would be given these values, and nothing else.
//!
//! It shows the values themselves, exactly as they will be given, not the names of scopes. Saying no is one button of
//! equal size and costs nothing.

use std::borrow::Cow;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use crate::authorization::consent;
use crate::authorization::response::Delivery;
use crate::base::internal::Internal;
use crate::base::path;
use crate::base::time::Timestamp;
use crate::http::body::Form as FormBody;
use crate::http::csrf::Step;
use crate::http::view::View;
use crate::http::visit::Visit;
use crate::i18n::date::{self, Day};
use crate::oauth::claim::Claim;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::scope::Scope;
use crate::page::error::Fault;
use crate::page::flow::{self, Agency, Flow};
use crate::page::part::{Asking, Form};
use crate::token::claims;

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

/// The words for a value that a specification spells for machines; none where the value speaks for itself.
fn word_key(claim: Claim, value: &str) -> Option<&'static str> {
    Some(match (claim, value) {
        (Claim::Gender, "female") => "claim-gender-female",
        (Claim::Gender, "male") => "claim-gender-male",
        (Claim::AccountKind, "member") => "claim-account-kind-member",
        (Claim::AccountKind, "official") => "claim-account-kind-official",
        (Claim::Locale, "zh-Hant-TW" | "zh-Hant" | "zh-TW") => "claim-locale-chinese",
        (Claim::Locale, "en" | "en-GB" | "en-US") => "claim-locale-english",
        (Claim::Zoneinfo, "Asia/Taipei") => "claim-zoneinfo-taipei",
        _ => return None,
    })
}

/// A flag as people read it.
pub fn yes_or_no(view: &View, flag: bool) -> Cow<'static, str> {
    view.t(if flag { "claim-yes" } else { "claim-no" })
}

/// `GET /consent`.
pub async fn get(mut visit: Visit) -> Response {
    let flow = match flow::open(&mut visit).await {
        Ok(flow) => flow,
        Err(response) => return response,
    };
    match asked(&visit, &flow).await {
        Ok(response) => response,
        Err(internal) => flow.failure(&visit, internal),
    }
}

async fn asked(visit: &Visit, flow: &Flow) -> Result<Response, Internal> {
    let (Some((question, sign_on)), Some(agency)) =
        (flow::consent_is_next(visit, flow), Agency::of(visit, flow))
    else {
        return Ok(flow::proceed(visit, flow).await);
    };
    let profile = visit.ctx.store.profile(sign_on.account.id).await?;
    let view = visit.view(profile.name.as_ref().map(ToString::to_string));
    let claims = claims::for_consent(
        &question.request.scope,
        &question.request.claims,
        &sign_on.account,
        &profile,
    );
    let groups = grouped(&view, claims);
    let token = flow.token(visit, Step::Consent);
    let action = flow.address(path::CONSENT);
    let (approve, deny) = (
        [("csrf", token.as_str()), ("decision", "approve")],
        [("csrf", token.as_str()), ("decision", "deny")],
    );
    let back = agency.hidden();
    let page = ConsentPage {
        view: &view,
        asking: agency.asking(&back),
        approve: Form { action: &action, hidden: &approve },
        deny: Form { action: &action, hidden: &deny },
        groups: &groups,
        offline: question.request.scope.contains(&Scope::OFFLINE_ACCESS),
    };
    Ok(visit.page(StatusCode::OK, page.render(), &flow.form_targets()))
}

/// `POST /consent`.
pub async fn post(mut visit: Visit, form: FormBody) -> Response {
    const DENIED: OAuthError =
        OAuthError::new(ErrorCode::AccessDenied, "The person did not consent.");
    let flow = match flow::open(&mut visit).await {
        Ok(flow) => flow,
        Err(response) => return response,
    };
    let form = match form.0 {
        Ok(form) => form,
        Err(error) => return flow.fault(&visit, Fault::of_form(&error)),
    };
    let field = |name| form.one(name).ok().flatten();
    // Only who may be asked may answer: the session may have ended, or grown stale, while the page was open.
    let Some((question, sign_on)) = flow::consent_is_next(&visit, &flow) else {
        return visit.see_other(&flow.address(path::CONTINUE));
    };
    if !flow.is_own_form(&visit, Step::Consent, field("csrf")) {
        return flow.fault(&visit, Fault::ForeignForm);
    }
    if field("decision") != Some("approve") {
        let delivery = Delivery::refusal(&visit.ctx, question.request, &DENIED);
        return flow::deliver(&visit, flow.client.as_ref(), &delivery);
    }
    let Ok(sealed) = flow.interaction.with_consent(sign_on.account.id).seal(&visit.ctx) else {
        return flow.fault(&visit, Fault::TooLarge);
    };
    match consent::give(&visit.ctx, &question, sign_on).await {
        Ok(()) => visit.see_other(&Flow { sealed, ..flow }.address(path::CONTINUE)),
        Err(internal) => flow.failure(&visit, internal),
    }
}

/// The values in their groups, as people read them.
fn grouped(view: &View, claims: Vec<(Claim, Value)>) -> Vec<Group<'static>> {
    let mut groups: Vec<Group<'static>> = Vec::new();
    for (claim, value) in claims {
        let about = match claim.scope() {
            Some(scope)
                if scope == Scope::EMAIL || scope == Scope::PHONE || scope == Scope::ADDRESS =>
            {
                About::Contact
            }
            Some(scope) if scope == Scope::AGENCY => About::Agency,
            _ => About::Person,
        };
        let given =
            Given { claim: claim.as_str(), value: Cow::Owned(readable(view, claim, &value)) };
        match groups.iter_mut().find(|group| group.about == about) {
            Some(group) => group.values.push(given),
            None => groups.push(Group { about, values: vec![given] }),
        }
    }
    groups
}

fn readable(view: &View, claim: Claim, value: &Value) -> String {
    match (claim, value) {
        (_, Value::Bool(flag)) => yes_or_no(view, *flag).into_owned(),
        (Claim::UpdatedAt, value) => value
            .as_i64()
            .map(|at| date::date_time(view.locale, Timestamp::from_seconds(at)))
            .unwrap_or_default(),
        (Claim::Birthdate, Value::String(text)) => Day::from_iso(text)
            .map_or_else(|| text.clone(), |date| date.in_both_calendars(view.locale)),
        (Claim::Address, value) => {
            value.get("formatted").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        (claim, Value::String(text)) => match word_key(claim, text) {
            Some(key) => view.t(key).into_owned(),
            None => text.clone(),
        },
        (_, other) => other.to_string(),
    }
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

    #[test]
    fn what_is_spelt_for_machines_is_shown_in_words() {
        for (claim, value) in [
            (Claim::Gender, "female"),
            (Claim::Gender, "male"),
            (Claim::AccountKind, "member"),
            (Claim::AccountKind, "official"),
            (Claim::Locale, "zh-Hant-TW"),
            (Claim::Zoneinfo, "Asia/Taipei"),
        ] {
            assert!(word_key(claim, value).is_some_and(text::exists), "{value}");
        }
        // What nobody has words for is shown as it will be given.
        assert_eq!(word_key(Claim::Gender, "another"), None);
        assert_eq!(word_key(Claim::Nickname, "member"), None);
    }
}
