//! Every page in every state and both languages: rendered, and read as a browser reads it.
//!
//! A problem that is missing from the list fails. Pictures of all pages: `just pictures`.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};

use super::help;
use super::problem::{self, Problem};
use super::samples::{RARE_NAME, Sample, faults, problems, samples};

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().trim().to_owned()
}

fn page(name: &str) -> String {
    samples().into_iter().find(|sample| sample.name == name).unwrap().html
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
    for name in ["home.zh-Hant-TW", "home.en", "consent.en", "end-session.zh-Hant-TW"] {
        let html = page(name);
        assert!(text(Html::parse_document(&html).root_element()).contains(RARE_NAME), "{name}");
        assert!(!html.contains("<b>&"), "{name}");
    }
}

/// LOG-12.
#[test]
fn the_home_greets_by_name_and_offers_the_way_out() {
    let html = page("home.zh-Hant-TW");
    let page = Html::parse_document(&html);
    assert_eq!(text(all(&page, "h1")[0]), format!("{RARE_NAME} 先生/小姐 您好"));
    assert_eq!(text(all(&page, "#sign-out")[0]), "會員登出");
    let time = all(&page, "time")[0];
    assert_eq!(text(time), "民國 115 年 11 月 20 日（2026-\u{2060}11-\u{2060}20）14:05");
    assert_eq!(time.attr("datetime"), Some("2026-11-20T14:05+08:00"));
}

/// LOG-4, LOG-5, LOG-6, LOG-11, LCK-4: the words of the requirements.
#[test]
fn the_texts_of_the_requirements_are_exact() {
    let said = |code: &str| {
        let html = page(&format!("sign-in-{code}.zh-Hant-TW"));
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
    let mut pages: Vec<_> = faults().iter().map(|fault| fault.code()).collect();
    pages.insert(5, super::expired::CODE);
    assert_eq!(pages, super::error::CODES);
    assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len());
    let html = page("help.en");
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
