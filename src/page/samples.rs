//! A sample of every page in every state, in both languages: what the tests of the pages read.

use askama::DynTemplate;

use super::change_password::ChangePasswordPage;
use super::consent::{self, About, ConsentPage, Given, Group};
use super::end_session::{BackTo, EndSessionPage, SignedOutPage};
use super::error::{ErrorPage, Fault};
use super::expired::ExpiredPage;
use super::finished::FinishedPage;
use super::form_post::FormPostPage;
use super::help::{self, HelpPage};
use super::home::{HomePage, How};
use super::part::{Asking, Button, Form, initial};
use super::problem::Problem;
use super::sign_in::{ChallengeView, Reason, SignInPage};
use crate::base::time::Timestamp;
use crate::http::view::{ServiceDesk, View};
use crate::i18n::Locale;
use crate::logout::front_channel::Frame;

/// 2026-11-20T06:05:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_795_154_700);
/// Characters outside the basic plane and outside Big5, one with a variation selector, one that looks like markup.
pub(super) const RARE_NAME: &str = "吳𣲚翔堦凃𪚥𫝀葛\u{E0100}<b>&";
const HIDDEN: [(&str, &str); 2] =
    [("interaction", "v1.sealed-interaction"), ("csrf", "v1.csrf-token")];
const FORM: Form<'_> = Form { action: "/sign-in", hidden: &HIDDEN };
const CANCEL: Form<'_> = Form { action: "/cancel", hidden: &HIDDEN };

/// One page in one state and language.
pub(super) struct Sample {
    /// Page, state and language.
    pub(super) name: String,
    /// What it was given.
    pub(super) view: View,
    /// The page.
    pub(super) html: String,
    /// Whether its title says that something is wrong.
    pub(super) fails: bool,
}

fn view(locale: Locale, signed_in: bool) -> View {
    let hours = match locale {
        Locale::ZhHant => "週一至週五 08:30–18:00",
        Locale::En => "Monday to Friday 08:30–18:00",
    };
    View {
        locale,
        nonce: "bm9uY2U".into(),
        signed_in_as: signed_in.then(|| RARE_NAME.into()),
        other_locale_href: format!("/sign-in?a=1&language={}", locale.other().tag()),
        service_desk: ServiceDesk { phone: "(02)2192-7111".into(), hours: hours.into() },
        reference: "5b1f-6a2c-4e88".into(),
    }
}

fn agency(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhHant => "人事服務網 (eCPA) 示範",
        Locale::En => "Personnel Services (eCPA) Demo",
    }
}

fn asking(locale: Locale) -> Asking<'static> {
    let name = agency(locale);
    Asking {
        name,
        initial: initial(name),
        logo: None,
        policy: None,
        terms: None,
        cancel: Some(CANCEL),
    }
}

/// Every problem, in the order of the codes.
pub(super) fn problems() -> Vec<Problem> {
    let until = Timestamp::from_seconds(1_795_155_600);
    vec![
        Problem::WrongPassword { tries_left: 3, pause_minutes: 15 },
        Problem::WrongPasswordNextChecked { tries_left: 1, pause_minutes: 15 },
        Problem::WrongPasswordNowPaused { until, minutes_left: 15 },
        Problem::AccountNameMissing,
        Problem::PasswordMissing,
        Problem::BothMissing,
        Problem::AccountNameTooLong,
        Problem::PasswordTooLong,
        Problem::HumanCheckNeeded,
        Problem::HumanCheckEarly,
        Problem::HumanCheckWrong,
        Problem::HumanCheckExpired,
        Problem::Paused { until, minutes_left: 12 },
        Problem::PasswordDisabled,
        Problem::NationalIdInvalid,
        Problem::LockedByOperator,
        Problem::AccountDeleted,
        Problem::Busy,
        Problem::NewPasswordMissing,
        Problem::NewPasswordTooShort { minimum: 8 },
        Problem::NewPasswordTooLong,
        Problem::NewPasswordIsOld,
        Problem::NewPasswordIsAccountName,
    ]
}

/// Every fault, in the order of the codes.
pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault::UnknownClient,
        Fault::ForeignRedirectUri,
        Fault::BadRequest,
        Fault::CookiesOff,
        Fault::ForeignForm,
        Fault::StepOver,
        Fault::NotFound,
        Fault::WrongMethod,
        Fault::TooLarge,
        Fault::Failed,
        Fault::Unavailable { retry_seconds: 5 },
    ]
}

fn sign_in(view: &View, problem: Option<Problem>) -> SignInPage<'_> {
    SignInPage {
        view,
        asking: Some(asking(view.locale)),
        form: FORM,
        username: "",
        reason: None,
        problem,
        challenge: None,
    }
}

const CHALLENGE: ChallengeView<'_> = ChallengeView {
    salt: "c2FsdC1zYWx0LXNhbHQtc2FsdC1zYWx0LXNhbHQtc2E",
    difficulty: 16,
    ready_in_seconds: 20,
    reload_href: "/sign-in?interaction=v1.sealed&challenge=v1.sealed",
};

fn sign_in_samples(add: &mut dyn FnMut(&str, bool, &dyn DynTemplate), view: &View, known: &View) {
    add("sign-in", false, &sign_in(view, None));
    let known_better = Asking {
        logo: Some("/logo/5b1f.png"),
        policy: Some("https://rp.example/privacy"),
        terms: Some("https://rp.example/terms"),
        ..asking(view.locale)
    };
    add("sign-in-logo", false, &SignInPage { asking: Some(known_better), ..sign_in(view, None) });
    add("sign-in-own", false, &SignInPage { asking: None, ..sign_in(view, None) });
    let username = "wu.shengxiang";
    for (name, reason) in
        [("asked-again", Reason::AskedAgain), ("too-long-ago", Reason::TooLongAgo)]
    {
        let page = SignInPage { reason: Some(reason), username, ..sign_in(known, None) };
        add(&format!("sign-in-{name}"), false, &page);
    }
    for (name, ready_in_seconds) in [("waits", 20), ("waited", 0)] {
        let challenge = Some(ChallengeView { ready_in_seconds, ..CHALLENGE });
        let page = SignInPage { username, challenge, ..sign_in(view, None) };
        add(&format!("sign-in-challenge-{name}"), false, &page);
    }
    for problem in problems().into_iter().filter(|problem| problem.code().starts_with("LGN")) {
        let checked = ["LGN-102", "LGN-201", "LGN-202", "LGN-203", "LGN-204"];
        let challenge = checked.contains(&problem.code()).then_some(CHALLENGE);
        let page = SignInPage { username, challenge, ..sign_in(view, Some(problem)) };
        add(&format!("sign-in-{}", problem.code()), true, &page);
    }
}

fn consent_samples(add: &mut dyn FnMut(&str, bool, &dyn DynTemplate), view: &View) {
    let given = |claim, value: &'static str| Given { claim, value: value.into() };
    let groups = [
        Group {
            about: About::Person,
            values: vec![
                given("name", RARE_NAME),
                given("birthdate", "民國 70 年 1 月 2 日（1981 年）"),
            ],
        },
        Group {
            about: About::Contact,
            values: vec![
                given(
                    "email",
                    "wu.shengxiang.a-very-long-address-of-mail@personnel.example.gov.tw",
                ),
                Given { claim: "email_verified", value: consent::yes_or_no(view, true) },
                given("phone_number", ""),
            ],
        },
        Group {
            about: About::Agency,
            values: vec![given("agency_oid", "2.16.886.101.20003.20001"), given("x_new", "1")],
        },
    ];
    let asking = asking(view.locale);
    let page =
        ConsentPage { view, asking, approve: FORM, deny: CANCEL, groups: &groups, offline: true };
    add("consent", false, &page);
    let asking = Asking { terms: Some("https://rp.example/terms"), ..asking };
    add("consent-terms", false, &ConsentPage { asking, ..page });
    add("consent-nothing", false, &ConsentPage { groups: &[], offline: false, ..page });
}

fn step_samples(add: &mut dyn FnMut(&str, bool, &dyn DynTemplate), view: &View, known: &View) {
    let mut change = ChangePasswordPage {
        view,
        asking: Some(asking(view.locale)),
        form: FORM,
        username: "wu.shengxiang",
        years: 2,
        minimum: 8,
        problem: None,
    };
    add("change-password", false, &change);
    for problem in problems().into_iter().filter(|problem| problem.code().starts_with("PWD")) {
        change.problem = Some(problem);
        add(&format!("change-password-{}", problem.code()), true, &change);
    }
    consent_samples(add, known);
    let agency = agency(view.locale);
    let end = EndSessionPage { view: known, agency: Some(agency), confirm: FORM, stay_href: "/" };
    add("end-session", false, &end);
    add("end-session-own", false, &EndSessionPage { agency: None, ..end });
    signed_out_samples(add, view);
    let (name, username, how, signed_in_at) = (RARE_NAME, "wu.shengxiang", How::Password, NOW);
    add(
        "home",
        false,
        &HomePage { view: known, name, username, how, signed_in_at, sign_out: FORM },
    );
    let hidden = [("code", "abc"), ("state", "\"><script>"), ("iss", "https://op.example")];
    let form = Form { action: "https://rp.example/callback", hidden: &hidden };
    add("form-post", false, &FormPostPage { view, agency, form });
}

fn signed_out_samples(add: &mut dyn FnMut(&str, bool, &dyn DynTemplate), view: &View) {
    let href = "https://rp.example/";
    let back_to = |name| Some(BackTo { name, href });
    let frames =
        ["https://rp.example/out?iss=https%3A%2F%2Fop.example&sid=a", "https://b.example/"]
            .map(|address| Frame { address: address.into(), origin: "https://rp.example".into() });
    let page = SignedOutPage { view, back_to: None, frames: &[], goes_on: false };
    add("signed-out", false, &page);
    let back = back_to(Some(agency(view.locale)));
    add("signed-out-back", false, &SignedOutPage { back_to: back, ..page });
    add("signed-out-frames", false, &SignedOutPage { frames: &frames, ..page });
    let goes_on = SignedOutPage { back_to: back, frames: &frames, goes_on: true, ..page };
    add("signed-out-goes-on", false, &goes_on);
    add("signed-out-goes-on-unnamed", false, &SignedOutPage { back_to: back_to(None), ..goes_on });
}

fn other_samples(add: &mut dyn FnMut(&str, bool, &dyn DynTemplate), view: &View, known: &View) {
    let (asked, button) = (Some(asking(view.locale)), Button::Link("/authorize?request=1"));
    add(
        "finished",
        false,
        &FinishedPage { view: known, asking: asked, button: Button::Send(FORM) },
    );
    add("finished-own", false, &FinishedPage { view: known, asking: None, button });
    add("expired", true, &ExpiredPage { view, asking: asked, button });
    add("expired-own", true, &ExpiredPage { view, asking: None, button: Button::Send(FORM) });
    for fault in faults() {
        add(
            &format!("error-{}", fault.code()),
            true,
            &ErrorPage { view, fault, asking: None, button, label: fault.button(view) },
        );
    }
    let label = view.t("error-back");
    add(
        "error-asked",
        true,
        &ErrorPage { view, fault: Fault::TooLarge, asking: asked, button, label },
    );
    add("help", false, &HelpPage { view, code: None, paused_until: None });
    let code = help::known_code("LGN-301");
    add("help-paused", false, &HelpPage { view, code, paused_until: Some(NOW) });
}

/// All of them.
pub(super) fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for locale in Locale::ALL {
        let (anonymous, known) = (view(locale, false), view(locale, true));
        let mut add = |name: &str, fails: bool, page: &dyn DynTemplate| {
            samples.push(Sample {
                name: format!("{name}.{}", locale.tag()),
                view: anonymous.clone(),
                html: page.dyn_render().unwrap(),
                fails,
            });
        };
        sign_in_samples(&mut add, &anonymous, &known);
        step_samples(&mut add, &anonymous, &known);
        other_samples(&mut add, &anonymous, &known);
    }
    samples
}
