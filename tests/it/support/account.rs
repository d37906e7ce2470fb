//! People: `app.account("alice").with_password("…").open()`.

use fuxin::account::{self, Opening};
use fuxin::base::encoding::hexadecimal;
use fuxin::base::random;
use fuxin::base::time::{Clock, Lifetime};
use fuxin::model::account::{AccountKind, AccountName, AccountState, Address, FoldedName, Profile};
use fuxin::model::password::Password;
use fuxin::national::person_name::PersonName;

use super::app::TestApp;

/// An account to be opened.
pub struct AccountBuilder {
    app: TestApp,
    name: String,
    password: String,
    state: State,
    kind: AccountKind,
    password_age: Lifetime,
    profile: Profile,
}

enum State {
    Active,
    Locked,
    DisabledForNationalId,
    Deleted,
}

/// Someone with an account.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account name.
    pub account: String,
    /// The password.
    pub password: String,
    /// Everything that is known of the person.
    pub profile: Profile,
}

impl AccountBuilder {
    pub fn new(app: &TestApp, name: &str) -> Self {
        let text = |text: &str| Some(text.to_owned());
        let person = |text: &str| PersonName::try_from(text.to_owned()).ok();
        let profile = Profile {
            name: person("林玉美惠"),
            family_name: person("林"),
            given_name: person("美惠"),
            middle_name: person("玉"),
            nickname: person("小惠小惠"),
            preferred_username: Some(format!("preferred-{name}")),
            profile: Some(format!("https://people.example.gov.tw/{name}")),
            picture: Some(format!("https://people.example.gov.tw/{name}.png")),
            website: Some(format!("https://{name}.example.tw/")),
            gender: text("female"),
            birthdate: text("1968-03-12"),
            zoneinfo: text("Asia/Taipei"),
            locale: text("zh-Hant-TW"),
            updated_at: Some(app.clock.now()),
            email: Some(format!("{name}@mail.example.gov.tw")),
            email_verified: true,
            phone_number: text("+886912345678"),
            phone_number_verified: true,
            address: Some(Address {
                formatted: text("100 臺北市中正區重慶南路一段 122 號"),
                street_address: text("重慶南路一段 122 號"),
                locality: text("中正區"),
                region: text("臺北市"),
                postal_code: text("100"),
                country: text("TW"),
            }),
            agency_oid: None,
            agency_name: None,
        };
        Self {
            app: app.clone(),
            name: name.to_owned(),
            password: format!("password {}", hexadecimal(&random::bytes::<6>())),
            state: State::Active,
            kind: AccountKind::Member,
            password_age: Lifetime::default(),
            profile,
        }
    }

    pub fn with_password(mut self, password: &str) -> Self {
        self.password = password.to_owned();
        self
    }

    pub fn named(mut self, name: &str) -> Self {
        self.profile.name = PersonName::try_from(name.to_owned()).ok();
        self
    }

    /// Who prefers this language, or none.
    pub fn preferring(mut self, language: Option<&str>) -> Self {
        self.profile.locale = language.map(str::to_owned);
        self
    }

    pub fn without_verified_email(mut self) -> Self {
        self.profile.email_verified = false;
        self
    }

    pub fn without_verified_phone(mut self) -> Self {
        self.profile.phone_number_verified = false;
        self
    }

    /// An official account of an agency.
    pub fn official(mut self) -> Self {
        self.kind = AccountKind::Official;
        self.profile.agency_oid = Some("2.16.886.101.20003.20001".to_owned());
        self.profile.agency_name = Some("行政院人事行政總處".to_owned());
        self
    }

    /// One whose password is so old.
    pub fn password_set_before(mut self, age: Lifetime) -> Self {
        self.password_age = age;
        self
    }

    /// One that an operator locked.
    pub fn locked(mut self) -> Self {
        self.state = State::Locked;
        self
    }

    /// One that is disabled for an invalid national id.
    pub fn disabled_for_national_id(mut self) -> Self {
        self.state = State::DisabledForNationalId;
        self
    }

    /// One that was deleted.
    pub fn deleted(mut self) -> Self {
        self.state = State::Deleted;
        self
    }

    /// Opens the account, and sees to it that nothing of it is ever logged.
    pub async fn open(self) -> Person {
        let ctx = self.app.context();
        let at = ctx.now.minus(Lifetime::days(2));
        let opening = Opening {
            name: AccountName::parse(&self.name).unwrap(),
            kind: self.kind,
            state: match self.state {
                State::Active => AccountState::Active,
                State::Locked => AccountState::Locked { at },
                State::DisabledForNationalId => AccountState::DisabledForNationalId { at },
                State::Deleted => AccountState::Deleted { at },
            },
            profile: self.profile.clone(),
            password: Password::parse(&self.password).unwrap(),
            password_since: ctx.now.minus(self.password_age),
        };
        account::open(&ctx, opening).await.unwrap();
        let person = Person { account: self.name, password: self.password, profile: self.profile };
        person.plant(&self.app);
        person
    }
}

impl Person {
    fn plant(&self, app: &TestApp) {
        app.plant("an account name", &self.account);
        app.plant("a password", &self.password);
        let profile = &self.profile;
        for (what, text) in [
            ("a name", profile.name.as_ref().map(ToString::to_string)),
            ("an e-mail address", profile.email.clone()),
            ("a birth date", profile.birthdate.clone()),
            ("a telephone number", profile.phone_number.clone()),
            ("an address", profile.address.as_ref().and_then(|address| address.formatted.clone())),
        ] {
            if let Some(text) = text {
                app.plant(what, &text);
            }
        }
    }

    /// What the account is found by.
    pub fn folded(&self) -> FoldedName {
        FoldedName::of(&self.account).unwrap()
    }

    /// The same person with another password.
    pub fn with_password(&self, password: &str) -> Self {
        Self { password: password.to_owned(), ..self.clone() }
    }

    /// The person's e-mail address.
    pub fn email(&self) -> String {
        self.profile.email.clone().unwrap_or_default()
    }

    /// The person's name.
    pub fn name(&self) -> String {
        self.profile.name.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}
