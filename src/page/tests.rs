//! Every page in every state and both languages: rendered, and read as a browser reads it.
//!
//! The pages are also written to `target/pages/`, where the browser checks find them. A page or a problem that is
//! missing from the list fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use askama::Template;
use scraper::{ElementRef, Html, Selector};

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
use super::problem::{self, Problem};
use super::sign_in::{ChallengeView, Reason, SignInPage};
use crate::base::time::Timestamp;
use crate::http::view::{ServiceDesk, View};
use crate::i18n::Locale;

/// 2026-11-20T06:05:00Z.
const NOW: Timestamp = Timestamp::from_seconds(1_795_154_700);
/// Characters outside the basic plane and outside Big5, one with a variation selector, one that looks like markup.
const RARE_NAME: &str = "吳𣲚翔堦凃𪚥𫝀葛\u{E0100}<b>&";
const HIDDEN: [(&str, &str); 2] =
    [("interaction", "v1.sealed-interaction"), ("csrf", "v1.csrf-token")];
const FORM: Form<'_> = Form { action: "/sign-in", hidden: &HIDDEN };
const CANCEL: Form<'_> = Form { action: "/cancel", hidden: &HIDDEN };

struct Sample {
    name: String,
    view: View,
    html: String,
    fails: bool,
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
        other_locale_href: format!("/sign-in?a=1&ui_locales={}", locale.other().tag()),
        service_desk: ServiceDesk { phone: "(02)2192-7111".into(), hours: hours.into() },
        request_id: "0199f3c2-7f5a-7c31-9d0e-5b1f6a2c4e88".into(),
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
    Asking { name, initial: initial(name), cancel: Some(CANCEL) }
}

/// Every problem, in the order of the codes.
fn problems() -> Vec<Problem> {
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

fn faults() -> Vec<Fault> {
    vec![
        Fault::UnknownClient,
        Fault::ForeignRedirectUri,
        Fault::BadRequest,
        Fault::CookiesOff,
        Fault::ForeignForm,
        Fault::NotFound,
        Fault::WrongMethod,
        Fault::TooLarge,
        Fault::Failed,
        Fault::Unavailable { retry_seconds: 5 },
    ]
}

fn sign_in<'a>(view: &'a View, problem: Option<Problem>) -> SignInPage<'a> {
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

fn sign_in_samples(add: &mut dyn FnMut(&str, bool, &dyn Template), view: &View, known: &View) {
    add("sign-in", false, &sign_in(view, None));
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
        let page = SignInPage { challenge, username, ..sign_in(view, None) };
        add(&format!("sign-in-challenge-{name}"), false, &page);
    }
    for problem in problems().into_iter().filter(|problem| problem.code().starts_with("LGN")) {
        let checked = ["LGN-102", "LGN-201", "LGN-202", "LGN-203", "LGN-204"];
        let challenge = checked.contains(&problem.code()).then_some(CHALLENGE);
        let page = SignInPage { challenge, username, ..sign_in(view, Some(problem)) };
        add(&format!("sign-in-{}", problem.code()), true, &page);
    }
}

fn consent_samples(add: &mut dyn FnMut(&str, bool, &dyn Template), view: &View) {
    let given = |claim, value: &'static str| Given { claim, value: value.into() };
    let groups = [
        Group {
            about: About::Person,
            values: vec![
                given("name", RARE_NAME),
                given("birthdate", "民國 70 年 1 月 2 日（1981-01-02）"),
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
    add("consent-nothing", false, &ConsentPage { groups: &[], offline: false, ..page });
}

fn step_samples(add: &mut dyn FnMut(&str, bool, &dyn Template), view: &View, known: &View) {
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
    let visited = [agency(view.locale).to_owned(), RARE_NAME.to_owned()];
    let agency = agency(view.locale);
    let end = EndSessionPage {
        view: known,
        agency: Some(agency),
        visited: &visited,
        confirm: FORM,
        stay_href: "/",
    };
    add("end-session", false, &end);
    add("end-session-own", false, &EndSessionPage { agency: None, visited: &[], ..end });
    add("signed-out", false, &SignedOutPage { view, back_to: None });
    let back_to = Some(BackTo { name: agency, href: "https://rp.example/" });
    add("signed-out-back", false, &SignedOutPage { view, back_to });
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

fn other_samples(add: &mut dyn FnMut(&str, bool, &dyn Template), view: &View, known: &View) {
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
            &ErrorPage { view, fault, asking: None, button },
        );
    }
    let page = ErrorPage { view, fault: Fault::Failed, asking: asked, button: Button::Send(FORM) };
    add("error-asked", true, &page);
    add("help", false, &HelpPage { view, code: None, paused_until: None });
    let code = help::known_code("LGN-301");
    add("help-paused", false, &HelpPage { view, code, paused_until: Some(NOW) });
}

fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for locale in Locale::ALL {
        let (anonymous, known) = (view(locale, false), view(locale, true));
        let mut add = |name: &str, fails: bool, page: &dyn Template| {
            samples.push(Sample {
                name: format!("{name}.{}", locale.tag()),
                view: anonymous.clone(),
                html: page.render().unwrap(),
                fails,
            });
        };
        sign_in_samples(&mut add, &anonymous, &known);
        step_samples(&mut add, &anonymous, &known);
        other_samples(&mut add, &anonymous, &known);
    }
    samples
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}

/// Written where the browser checks look for them, with the assets as a server would give them.
#[test]
fn every_page_is_there_to_be_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    fs::create_dir_all(&folder).unwrap();
    for sample in samples() {
        fs::write(folder.join(format!("{}.html", sample.name)), sample.html).unwrap();
    }
}

#[test]
fn every_page_is_a_well_formed_document_in_its_language() {
    for Sample { name, view, html, fails } in samples() {
        let page = Html::parse_document(&html);
        assert_eq!(page.errors, Vec::<std::borrow::Cow<'_, str>>::new(), "{name}");
        assert_eq!(all(&page, "html")[0].attr("lang"), Some(view.locale.tag()), "{name}");
        assert_eq!(all(&page, "h1").len(), 1, "{name}");
        let title = text(all(&page, "title")[0]);
        let heading = text(all(&page, "h1")[0]);
        assert!(title.contains(&heading), "{name}: {title}");
        assert_eq!(title.starts_with(view.t("site-title-error").trim()), fails, "{name}: {title}");
        let ids: Vec<_> = all(&page, "[id]").iter().filter_map(|e| e.attr("id")).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{name}: {ids:?}");
        let primary = all(&page, "main .button:not(.second)").len();
        let wanted = usize::from(!name.starts_with("help") && !name.starts_with("home"));
        assert_eq!(primary, wanted, "{name}");
    }
}

#[test]
fn every_field_has_a_label_a_type_and_a_purpose() {
    for Sample { name, html, .. } in samples() {
        let page = Html::parse_document(&html);
        for input in all(&page, "input") {
            let kind = input.attr("type").unwrap_or_else(|| panic!("{name}: {}", input.html()));
            if kind == "hidden" || input.attr("hidden").is_some() {
                continue;
            }
            assert!(input.attr("autocomplete").is_some(), "{name}");
            let id = input.attr("id").unwrap();
            assert_eq!(all(&page, &format!("label[for={id}]")).len(), 1, "{name}: {id}");
            for described in input.attr("aria-describedby").unwrap_or_default().split(' ') {
                assert!(described.is_empty() || all(&page, &format!("#{described}")).len() == 1);
            }
        }
    }
}

#[test]
fn no_page_shows_a_key_or_a_variable_or_links_to_nothing() {
    for Sample { name, html, .. } in samples() {
        assert!(!html.contains("{$") && !html.contains("{ $"), "{name}");
        let page = Html::parse_document(&html);
        for element in all(&page, "body, title") {
            for word in text(element).split_whitespace() {
                let key = [
                    "site-",
                    "sign-in-",
                    "change-",
                    "consent-",
                    "claim-",
                    "home-",
                    "end-session-",
                    "signed-out-",
                    "finished-",
                    "form-post-",
                    "help-",
                    "error-",
                ];
                assert!(!key.iter().any(|prefix| word.starts_with(prefix)), "{name}: {word}");
            }
            assert!(
                !text(element).contains(".now") && !text(element).contains(".meaning"),
                "{name}"
            );
        }
        for link in all(&page, "a") {
            assert!(
                link.attr("href").is_some_and(|href| !href.is_empty() && href != "#"),
                "{name}"
            );
            assert!(!text(link).is_empty(), "{name}");
        }
    }
}

#[test]
fn every_address_of_a_file_is_one_that_is_served() {
    for Sample { name, html, .. } in samples() {
        let page = Html::parse_document(&html);
        let mut files: Vec<_> = all(&page, "link").iter().filter_map(|e| e.attr("href")).collect();
        files.extend(all(&page, "script[src]").iter().filter_map(|e| e.attr("src")));
        assert!(files.len() >= 3, "{name}");
        for file in files {
            // name, eight digits, extension
            let parts: Vec<_> = file.strip_prefix("/static/").unwrap().split('.').collect();
            assert!(parts.len() == 3 && parts[1].len() == 8, "{name}: {file}");
        }
        for script in all(&page, "script") {
            assert_eq!(script.attr("nonce"), Some("bm9uY2U"), "{name}");
        }
        assert!(all(&page, "style, [style], [onclick]").is_empty(), "{name}");
    }
}

#[test]
fn help_stands_at_the_same_place_of_every_page() {
    for Sample { name, html, .. } in samples() {
        let page = Html::parse_document(&html);
        let footer = all(&page, "footer");
        assert_eq!(footer.len(), 1, "{name}");
        assert_eq!(all(&page, "footer a#help[href^='/help']").len(), 1, "{name}");
        assert!(text(footer[0]).contains("(02)2192-7111"), "{name}");
        assert_eq!(all(&page, "body > a.skip[href='#main']").len(), 1, "{name}");
    }
}

/// PRO-9, PRO-10: a name is shown with exactly its characters, and never as markup.
#[test]
fn a_rare_name_is_shown_as_it_is() {
    let of = |page: &str| samples().into_iter().find(|sample| sample.name == page).unwrap().html;
    for page in ["home.zh-Hant-TW", "home.en", "consent.en", "end-session.zh-Hant-TW"] {
        let html = of(page);
        assert!(
            Html::parse_document(&html)
                .root_element()
                .text()
                .collect::<String>()
                .contains(RARE_NAME)
        );
        assert!(!html.contains("<b>&"), "{page}");
    }
}

/// LOG-12.
#[test]
fn the_home_greets_by_name_and_offers_the_way_out() {
    let html = samples().into_iter().find(|s| s.name == "home.zh-Hant-TW").unwrap().html;
    let page = Html::parse_document(&html);
    assert_eq!(text(all(&page, "h1")[0]), format!("{RARE_NAME} 先生/小姐 您好"));
    assert_eq!(text(all(&page, "#sign-out")[0]), "會員登出");
    let time = all(&page, "time")[0];
    assert_eq!(text(time), "民國 115 年 11 月 20 日（2026-11-20）14:05");
    assert_eq!(time.attr("datetime"), Some("2026-11-20T14:05+08:00"));
}

/// LOG-4, LOG-5, LOG-6, LOG-11, LCK-4: the words of the requirements.
#[test]
fn the_texts_of_the_requirements_are_exact() {
    let said = |code: &str| {
        let html = samples()
            .into_iter()
            .find(|s| s.name == format!("sign-in-{code}.zh-Hant-TW"))
            .unwrap()
            .html;
        text(all(&Html::parse_document(&html), "#problem")[0])
    };
    for (code, words) in [
        ("LGN-101", "帳號或密碼錯誤"),
        ("LGN-102", "帳號或密碼錯誤"),
        ("LGN-103", "帳號或密碼錯誤，密碼登入已暫停至 14:20"),
        ("LGN-301", "此帳號的密碼登入已暫停至 14:20（還有 12 分鐘）"),
        ("LGN-401", "帳號因身分證資料不合法被停用"),
        (
            "LGN-401",
            "因您使用非本人之身分證號或是不合法的身分證號，導致帳號被停用。如有疑問請聯絡智慧政府客服中心(02)2192-7111。",
        ),
        ("LGN-403", "登入失敗：帳號已刪除"),
    ] {
        assert!(said(code).contains(words), "{code}: {}", said(code));
        assert!(said(code).ends_with(code), "{code}");
    }
}

#[test]
fn every_code_is_one_problem_and_stands_in_the_table() {
    let listed: Vec<_> = help::codes().collect();
    assert_eq!(problems().iter().map(Problem::code).collect::<Vec<_>>(), problem::CODES);
    assert_eq!(faults().iter().map(|fault| fault.code()).collect::<Vec<_>>(), super::error::CODES);
    assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len());
    let html = samples().into_iter().find(|s| s.name == "help.en").unwrap().html;
    let page = Html::parse_document(&html);
    for code in listed {
        assert_eq!(all(&page, &format!("tr#{code}")).len(), 1);
        assert_eq!(help::known_code(code), Some(code));
    }
    assert_eq!(help::known_code("<script>"), None);
}

#[test]
fn a_problem_points_to_its_fields() {
    for Sample { name, html, .. } in samples() {
        let page = Html::parse_document(&html);
        let problem = all(&page, "#problem[role=alert][tabindex='-1']");
        let wrong = all(&page, "[aria-invalid=true]");
        assert!(problem.len() == 1 || wrong.is_empty(), "{name}");
        for field in wrong {
            let why = format!("#{}-why", field.attr("id").unwrap());
            assert_eq!(all(&page, &why).len(), 1, "{name}");
        }
    }
}
