//! Both languages say the same, and what templates and code name exists. Read from the source text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_bundle::FluentResource;

use super::Locale;
use super::text::{self, Args};

/// Texts that are rightly the same in both languages.
const SAME_IN_BOTH: [&str; 0] = [];

/// Key (attributes included) → text, read line by line.
fn entries(locale: Locale) -> BTreeMap<String, String> {
    let mut entries: BTreeMap<String, String> = BTreeMap::new();
    for (file, source) in text::files(locale) {
        let (mut message, mut key) = (String::new(), String::new());
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let definition = line.split_once('=').filter(|(name, _)| {
                let name = name.trim().trim_start_matches('.');
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            });
            match definition {
                Some((name, value)) if !name.starts_with(' ') => {
                    message = name.trim().to_owned();
                    key.clone_from(&message);
                    let before = entries.insert(key.clone(), value.trim().to_owned());
                    assert_eq!(before, None, "{file}: {key} is defined twice");
                }
                Some((name, value)) if name.trim().starts_with('.') => {
                    key = format!("{message}{}", name.trim());
                    entries.insert(key.clone(), value.trim().to_owned());
                }
                _ => entries.entry(key.clone()).or_default().push_str(line),
            }
        }
    }
    entries.remove("");
    entries
}

fn variables(text: &str) -> BTreeSet<String> {
    let name = |rest: &str| {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>()
    };
    text.split('$').skip(1).map(name).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "html")
        {
            found.push(path);
        }
    }
}

/// Every string literal of the program and its templates, with the file it stands in.
fn literals() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files
        .into_iter()
        .filter(|path| !path.ends_with("i18n/tests.rs"))
        .flat_map(|path| {
            let source = fs::read_to_string(&path).unwrap();
            let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
            let source = code.collect::<Vec<_>>().join("\n");
            let literals: Vec<_> =
                source.split('"').map(|part| (path.clone(), part.to_owned())).collect();
            literals
        })
        .collect()
}

#[test]
fn every_file_is_well_formed() {
    for locale in Locale::ALL {
        for (file, source) in text::files(locale) {
            let parsed = FluentResource::try_new((*source).to_owned());
            assert!(parsed.is_ok(), "{locale:?} {file}: {:?}", parsed.err().map(|(_, e)| e));
        }
    }
}

#[test]
fn both_languages_have_the_same_keys_and_variables() {
    let (zh, en) = (entries(Locale::ZhHant), entries(Locale::En));
    assert!(zh.len() > 100);
    assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
    for (key, text) in &zh {
        assert_eq!(variables(text), variables(&en[key]), "{key}");
        assert!(text::exists(key), "{key}");
    }
}

#[test]
fn no_text_is_left_in_the_other_language() {
    let (zh, en) = (entries(Locale::ZhHant), entries(Locale::En));
    for (key, text) in &zh {
        let same = *text == en[key];
        assert_eq!(same, SAME_IN_BOTH.contains(&key.as_str()), "{key}: {text}");
        assert!(!text.is_empty(), "{key}");
    }
}

#[test]
fn every_key_that_is_named_exists_and_every_key_is_named() {
    let calls = [".t(", "text(locale, ", "text_with(locale, "];
    let literals = literals();
    let mut found = 0;
    for pair in literals.windows(2) {
        let [(file, before), (_, key)] = pair else { continue };
        if calls.iter().any(|call| before.ends_with(call)) {
            found += 1;
            assert!(text::exists(key), "{}: {key}", file.display());
        }
    }
    assert!(found > 80, "{found}");
    let named: BTreeSet<_> = literals.iter().map(|(_, literal)| literal.as_str()).collect();
    for key in entries(Locale::ZhHant).into_keys() {
        // The attributes of a code are named by what is done with codes.
        let message = key.split('.').next().unwrap();
        assert!(named.contains(message), "{key} is named nowhere");
    }
}

#[test]
fn a_missing_key_shows_itself() {
    assert_eq!(text::text(Locale::ZhHant, "no-such-key"), "no-such-key");
    assert_eq!(text::text(Locale::ZhHant, "LGN-101.nothing"), "LGN-101.nothing");
}

#[test]
fn counts_choose_the_plural_and_words_stay_as_they_are() {
    let tries = |tries: u32| {
        let args = Args::default().with("tries", tries).with("pause", 15);
        text::text_with(Locale::En, "LGN-101.now", &args).into_owned()
    };
    assert!(tries(1).contains("After one more wrong try, password"), "{}", tries(1));
    assert!(tries(2).contains("After 2 more wrong tries, password"), "{}", tries(2));
    let args = Args::default().with("agency", "吳𣲚翔\u{E0100}<b>");
    let text = text::text_with(Locale::ZhHant, "sign-in-submit-and-go", &args);
    assert_eq!(text, "登入並前往吳𣲚翔\u{E0100}<b>");
}
