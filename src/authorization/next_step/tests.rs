//! The dispatcher's decision, case by case: everything that it rests on is a value here.

use std::sync::Arc;

use super::*;
use crate::authorization::interaction::Interaction;
use crate::base::id::{AccountId, ClientId, GrantId, SessionId};
use crate::base::secret::Digest;
use crate::base::time::Lifetime;
use crate::model::account::{Account, AccountKind, AccountName, AccountState, random_subject};
use crate::model::authentication::{Authentication, Method};
use crate::model::client::Client;
use crate::model::consent::Consent;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::client_metadata::{ApplicationType, ClientMetadata};
use crate::oauth::prompt::Prompts;
use crate::oauth::redirect_uri::RedirectUri;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const LEVEL_2: &str = r#"{"id_token":{"acr":{"essential":true,"value":"urn:fuxin:assurance:2"}}}"#;
const EMAIL: &str = r#"{"userinfo":{"email":null}}"#;

/// What a decision rests on. By default someone signed in a hundred seconds ago and consented before.
#[derive(Clone, Copy)]
struct Case {
    prompts: &'static str,
    max_age: Option<u32>,
    claims: Option<&'static str>,
    signed_in: SignedIn,
    is_meant: bool,
    /// The scopes of the remembered consent.
    consent: Option<&'static str>,
    consented_here: Option<Who>,
    skip_consent: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum SignedIn {
    Nobody,
    /// A session that rests on nothing.
    Never,
    Before,
    /// Within this interaction.
    Here,
}

#[derive(Clone, Copy)]
enum Who {
    TheSame,
    SomebodyElse,
}

const DONE: Case = Case {
    prompts: "",
    max_age: None,
    claims: None,
    signed_in: SignedIn::Before,
    is_meant: true,
    consent: Some("openid profile"),
    consented_here: None,
    skip_consent: false,
};

impl Case {
    fn client(self) -> Client {
        let uri = "https://agency.test/back";
        let metadata = ClientMetadata {
            client_name: "監理服務網".to_owned(),
            redirect_uris: vec![RedirectUri::register(uri, ApplicationType::Web).unwrap()],
            skip_consent: self.skip_consent,
            ..ClientMetadata::default()
        };
        let registration = Arc::new(metadata.register().unwrap());
        Client { id: ClientId::new(NOW), registration, secret: None }
    }

    fn interaction(self, account: AccountId, client: &Client) -> Interaction {
        let prompts = (!self.prompts.is_empty()).then_some(self.prompts);
        let mut interaction: Interaction = serde_json::from_value(serde_json::json!({
            "id": GrantId::new(NOW),
            "expires_at": NOW.plus(Lifetime::minutes(30)),
            "browser": "",
            "request": {
                "client_id": client.id,
                "redirect": "https://agency.test/back",
                "response_mode": "query",
                "scope": "openid profile",
            },
        }))
        .unwrap();
        interaction.consented = self.consented_here.map(|who| match who {
            Who::TheSame => account,
            Who::SomebodyElse => AccountId::new(NOW),
        });
        let request = interaction.request.as_mut().unwrap();
        request.prompts = Prompts::parse(prompts).unwrap();
        request.max_age = self.max_age.map(Lifetime::seconds);
        request.claims = ClaimsRequest::parse(self.claims).unwrap();
        interaction
    }

    fn sign_on(self, account: &Account, interaction: GrantId, client: &Client) -> SignOn {
        let event = Authentication {
            method: Method::Password,
            at: NOW.minus(Lifetime::seconds(100)),
            interaction: (self.signed_in == SignedIn::Here).then_some(interaction),
        };
        let consent = self.consent.map(|scope| Consent {
            scope: scope.parse().unwrap(),
            claims: ClaimsRequest::default(),
            client: client.identity(),
            given_at: NOW,
        });
        let session = crate::model::session::Session {
            id: SessionId::new(NOW),
            account_id: account.id,
            secret: Digest::from_bytes([0; 32]),
            authentications: if self.signed_in == SignedIn::Never {
                Vec::new()
            } else {
                vec![event]
            },
            created_at: NOW,
            last_used_at: NOW,
            expires_at: NOW.plus(Lifetime::hours(8)),
        };
        SignOn { session, account: account.clone(), password_changed_at: Some(NOW), consent }
    }

    /// The step in one word.
    fn next(self) -> String {
        let account = Account {
            id: AccountId::new(NOW),
            name: AccountName::parse("amy").unwrap(),
            subject: random_subject(),
            kind: AccountKind::Member,
            state: AccountState::Active,
        };
        let client = self.client();
        let interaction = self.interaction(account.id, &client);
        let sign_on = self.sign_on(&account, interaction.id, &client);
        let request = interaction.request.as_ref().unwrap();
        let question = Question { interaction: &interaction, request, client: &client };
        let session = Session { sign_on: &sign_on, is_meant: self.is_meant };
        let session = (self.signed_in != SignedIn::Nobody).then_some(session);
        match next_step(&question, session, NOW) {
            NextStep::SignIn(reason) => format!("{reason:?}"),
            NextStep::Consent => "Consent".to_owned(),
            NextStep::Respond(assurance) => assurance.acr.as_str().to_owned(),
            NextStep::Refuse(error) => error.code.as_str().to_owned(),
        }
    }
}

/// OpenID Connect Core §3.1.2.1, §3.1.2.3, §3.1.2.4: who has to sign in.
#[test]
fn who_has_to_sign_in_signs_in_and_silently_nobody_does() {
    let nobody = Case { signed_in: SignedIn::Nobody, ..DONE };
    let eventless = Case { signed_in: SignedIn::Never, ..DONE };
    let other = Case { is_meant: false, ..DONE };
    let prompts = |prompts, case: Case| Case { prompts, ..case };
    let max_age = |seconds, case: Case| Case { max_age: Some(seconds), ..case };
    let here = |case: Case| Case { signed_in: SignedIn::Here, ..case };
    for (n, (case, expected)) in [
        (DONE, "urn:fuxin:assurance:1"),
        (nobody, "NobodySignedIn"),
        (prompts("login", nobody), "NobodySignedIn"),
        (prompts("none", nobody), "login_required"),
        (eventless, "NobodySignedIn"),
        (prompts("none", eventless), "login_required"),
        (prompts("login", DONE), "AskedAgain"),
        (prompts("select_account", DONE), "ChooseAccount"),
        (prompts("login consent", DONE), "AskedAgain"),
        (here(prompts("login", DONE)), "urn:fuxin:assurance:1"),
        (here(prompts("select_account", DONE)), "urn:fuxin:assurance:1"),
        (max_age(101, DONE), "urn:fuxin:assurance:1"),
        (max_age(100, DONE), "TooLongAgo"),
        (max_age(0, DONE), "TooLongAgo"),
        (prompts("none", max_age(100, DONE)), "login_required"),
        (here(max_age(0, DONE)), "urn:fuxin:assurance:1"),
        (other, "SomebodyElse"),
        (prompts("none", other), "login_required"),
        (prompts("login", other), "AskedAgain"),
        // Signed in on purpose, and still not who is meant: asking again would not end.
        (here(other), "login_required"),
        (here(prompts("login", other)), "login_required"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(case.next(), expected, "row {n}");
    }
}

/// OpenID Connect Core §3.1.2.4, §5.5.1.1: what comes after the sign-in, in this order.
#[test]
fn after_the_sign_in_come_the_level_and_the_consent() {
    let new = Case { consent: None, ..DONE };
    let fewer = Case { consent: Some("openid"), ..DONE };
    let more = Case { consent: Some("openid profile email"), ..DONE };
    let asked = Case { prompts: "consent", ..DONE };
    let by = |who, case: Case| Case { consented_here: Some(who), ..case };
    let silent = |case: Case| Case { prompts: "none", ..case };
    let skips = |case: Case| Case { skip_consent: true, ..case };
    let claims = |text, case: Case| Case { claims: Some(text), ..case };
    let nobody = Case { signed_in: SignedIn::Nobody, ..new };
    for (n, (case, expected)) in [
        (claims(LEVEL_2, DONE), "unmet_authentication_requirements"),
        (claims(LEVEL_2, new), "unmet_authentication_requirements"),
        (claims(LEVEL_2, nobody), "NobodySignedIn"),
        (silent(claims(LEVEL_2, nobody)), "login_required"),
        (new, "Consent"),
        (fewer, "Consent"),
        (more, "urn:fuxin:assurance:1"),
        (claims(EMAIL, DONE), "Consent"),
        (silent(new), "consent_required"),
        (silent(fewer), "consent_required"),
        (silent(DONE), "urn:fuxin:assurance:1"),
        (skips(new), "urn:fuxin:assurance:1"),
        (silent(skips(new)), "urn:fuxin:assurance:1"),
        (asked, "Consent"),
        (skips(asked), "Consent"),
        (by(Who::TheSame, asked), "urn:fuxin:assurance:1"),
        (by(Who::SomebodyElse, asked), "Consent"),
        // An answer that was taken back meanwhile is none.
        (by(Who::TheSame, Case { consent: None, ..asked }), "Consent"),
        (Case { prompts: "login", ..new }, "AskedAgain"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(case.next(), expected, "row {n}");
    }
}

fn told(options: &str, reached: Acr) -> Option<Acr> {
    let text = format!(r#"{{"id_token":{{"acr":{options}}}}}"#);
    let claims = ClaimsRequest::parse(Some(&text)).unwrap();
    told_level(claims.id_token.get(&Claim::Acr), reached)
}

/// OpenID Connect Core §5.5.1.1
#[test]
fn an_essential_level_is_told_as_it_was_named_or_the_request_is_refused() {
    let (one, two) = (Acr::Password, Acr::TwoFactor);
    let essential = |values: &str| format!(r#"{{"essential":true,{values}}}"#);
    for (values, reached, expected) in [
        (r#""value":"urn:fuxin:assurance:1""#, one, Some(one)),
        (r#""value":"urn:fuxin:assurance:1""#, two, Some(one)),
        (r#""value":"urn:fuxin:assurance:2""#, one, None),
        (r#""values":["urn:fuxin:assurance:3","urn:fuxin:assurance:1"]"#, two, Some(one)),
        (r#""values":["urn:fuxin:assurance:2","urn:fuxin:assurance:1"]"#, two, Some(two)),
        (r#""values":["urn:mace:incommon:iap:silver"]"#, two, None),
        (r#""value":1"#, two, None),
        (r#""values":[]"#, two, Some(two)),
    ] {
        assert_eq!(told(&essential(values), reached), expected, "{values}");
    }
    // A wish is no condition.
    assert_eq!(told(r#"{"value":"urn:fuxin:assurance:3"}"#, one), Some(one));
    assert_eq!(told("null", two), Some(two));
    assert_eq!(told_level(None, two), Some(two));
}
