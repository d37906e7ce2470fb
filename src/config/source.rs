//! Where values come from: the environment, then the file, then the policy profile, then the described default; and
//! the list of everything that is wrong with them.
//!
//! Deserializing a whole section with serde would stop at its first fault. So every value is taken by itself from the
//! parsed document, by its description in `describe`; faults are gathered, and whoever reads a faulty or missing
//! value is given [`Reported`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::describe::{self, Fallback, Key, SECTIONS};
use super::problem::{Fault, Origin, Problem};
use super::value::Value;
use super::{VARIABLE_PREFIX, nearest};
use crate::base::secret::Secret;

/// All values of one configuration while it is read.
#[derive(Default)]
pub(super) struct Source {
    entries: BTreeMap<&'static str, Entry>,
    /// Secrets of the environment, by the path of the key that would name their file.
    secrets: BTreeMap<&'static str, Secret<String>>,
    /// The folder that relative paths of the file start from.
    folder: PathBuf,
    problems: Vec<Problem>,
}

/// There is no value, and the reason is in the list of problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reported;

struct Entry {
    /// `None` where the given value is faulty: that is reported already, and the key does not count as missing.
    value: Option<Value>,
    origin: Origin,
}

impl Source {
    /// Takes every value of a file. Where the text is no TOML, its rest is not judged.
    pub(super) fn add_file(&mut self, path: &Path, text: &str) {
        self.folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let (document, faults) = DeTable::parse_recoverable(text);
        for fault in &faults {
            let line = line_of(text, fault.span().map_or(0, |span| span.start));
            let fault = Fault::Syntax(fault.message().replace('\n', ", "));
            self.report("", Origin::File(path.to_path_buf(), line), fault);
        }
        if !faults.is_empty() {
            return;
        }
        for (name, section) in document.get_ref() {
            let at = |span: std::ops::Range<usize>| {
                Origin::File(path.to_path_buf(), line_of(text, span.start))
            };
            let known = SECTIONS.iter().any(|known| known.name == name.get_ref());
            match section.get_ref() {
                DeValue::Table(keys) if known => self.add_section(name.get_ref(), keys, &at),
                DeValue::Table(_) => {
                    let nearest = nearest(name.get_ref(), SECTIONS.iter().map(|known| known.name));
                    self.report(name.get_ref(), at(name.span()), Fault::UnknownSection { nearest });
                }
                _ if known => self.report(name.get_ref(), at(name.span()), Fault::NotASection),
                _ => self.report_unknown(name.get_ref(), at(name.span())),
            }
        }
    }

    fn add_section(
        &mut self,
        section: &str,
        keys: &DeTable<'_>,
        at: &impl Fn(std::ops::Range<usize>) -> Origin,
    ) {
        for (name, value) in keys {
            let path = format!("{section}.{}", name.get_ref());
            match describe::find(&path) {
                Some(key) => {
                    self.add(key, Value::from_toml(key.form, value.get_ref()), at(name.span()));
                }
                None => self.report_unknown(&path, at(name.span())),
            }
        }
    }

    /// Takes every variable with the prefix `FUXIN__`. They hold over the file's values.
    pub(super) fn add_environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        for (variable, text) in variables {
            let Some(name) = variable.strip_prefix(VARIABLE_PREFIX) else { continue };
            let path = name.to_ascii_lowercase().replacen("__", ".", 1);
            let text = Secret::new(text);
            let origin = Origin::Environment(variable);
            if text.expose().contains(char::REPLACEMENT_CHARACTER) {
                self.report(&path, origin, Fault::NotUtf8);
            } else if let Some(key) = describe::find(&path) {
                self.add(key, Value::from_text(key.form, text.expose()), origin);
            } else if let Some(key) = secret_key(&path) {
                self.secrets.insert(key.path, text);
            } else {
                self.report_unknown(&path, origin);
            }
        }
    }

    fn add(&mut self, key: &'static Key, value: Result<Value, Fault>, origin: Origin) {
        let value = match value {
            Ok(value) => Some(value),
            Err(fault) => {
                self.report(key.path, origin.clone(), fault);
                None
            }
        };
        self.entries.insert(key.path, Entry { value, origin });
    }

    /// Takes from a policy profile every value that is not given yet.
    pub(super) fn add_profile(&mut self, profile: Source) {
        self.problems.extend(profile.problems);
        for (path, mut entry) in profile.entries {
            entry.origin = Origin::Nobody;
            self.entries.entry(path).or_insert(entry);
        }
    }

    fn report(&mut self, key: &str, origin: Origin, fault: Fault) {
        self.problems.push(Problem { key: key.to_owned(), origin, fault });
    }

    fn report_unknown(&mut self, path: &str, origin: Origin) {
        let fault = match secret_key(path) {
            Some(key) => {
                Fault::SecretInFile { file_key: key.path, variable: describe::variable(path) }
            }
            None => Fault::UnknownKey {
                nearest: nearest(path, describe::KEYS.iter().map(|key| key.path)),
            },
        };
        self.report(path, origin, fault);
    }

    /// Reports that the value of a known key breaks a rule.
    pub(super) fn refuse(&mut self, path: &'static str, fault: Fault) -> Reported {
        let origin = self.entries.get(path).map_or(Origin::Nobody, |entry| entry.origin.clone());
        self.report(path, origin, fault);
        Reported
    }

    /// Reports that a key without a default was not given.
    pub(super) fn miss(&mut self, path: &'static str) -> Reported {
        let fault = match describe::find(path).map(|key| key.fallback) {
            Some(Fallback::Required { example } | Fallback::Absent { example, .. }) => {
                Fault::Missing { example }
            }
            Some(Fallback::Profile) => Fault::NotInProfile,
            Some(Fallback::Default(_)) | None => Fault::NotDescribed,
        };
        self.refuse(path, fault)
    }

    /// The value of a key: the given one or its default; `None` for a key that may be absent, and is.
    fn value(&mut self, path: &'static str) -> Result<Option<Value>, Reported> {
        if let Some(entry) = self.entries.get(path) {
            return entry.value.clone().map(Some).ok_or(Reported);
        }
        match describe::find(path).map(|key| (key.form, key.fallback)) {
            Some((_, Fallback::Absent { .. })) => Ok(None),
            Some((form, Fallback::Default(text))) => {
                Value::from_text(form, text).map(Some).map_err(|fault| self.refuse(path, fault))
            }
            _ => Err(self.miss(path)),
        }
    }

    /// A number.
    pub(super) fn number(&mut self, path: &'static str) -> Result<u32, Reported> {
        self.find_number(path)?.ok_or_else(|| self.miss(path))
    }

    /// A number that may be absent.
    pub(super) fn find_number(&mut self, path: &'static str) -> Result<Option<u32>, Reported> {
        Ok(self.value(path)?.and_then(|value| value.number()))
    }

    /// A text, parsed.
    pub(super) fn parse<T>(
        &mut self,
        path: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<T, Reported> {
        self.find(path, parse)?.ok_or_else(|| self.miss(path))
    }

    /// A text that may be absent, parsed.
    pub(super) fn find<T>(
        &mut self,
        path: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Reported> {
        let Some(value) = self.value(path)? else { return Ok(None) };
        parse(value.text()).map(Some).map_err(|fault| self.refuse(path, fault))
    }

    /// A list of texts, each parsed.
    pub(super) fn parse_each<T>(
        &mut self,
        path: &'static str,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Reported> {
        let value = self.value(path)?;
        let texts = value.as_ref().map_or(&[][..], Value::list);
        let parsed: Result<_, _> = texts.iter().map(|text| parse(text)).collect();
        parsed.map_err(|fault| self.refuse(path, fault))
    }

    /// A path that a text of `key` names: relative ones of the file start from the file's folder.
    pub(super) fn path(&self, key: &'static str, path: impl AsRef<Path>) -> PathBuf {
        match self.entries.get(key).map(|entry| &entry.origin) {
            Some(Origin::File(..)) => self.folder.join(path),
            _ => path.as_ref().to_path_buf(),
        }
    }

    /// The secret of the environment that stands for the file key `path`, once.
    pub(super) fn take_secret(&mut self, path: &'static str) -> Option<Secret<String>> {
        self.secrets.remove(path)
    }

    /// Whether the key was given, well or badly.
    pub(super) fn is_given(&self, path: &'static str) -> bool {
        self.entries.contains_key(path)
    }

    /// The value given for a key, for whoever writes a profile's values down.
    pub(super) fn given(&self, path: &str) -> Option<&Value> {
        self.entries.get(path)?.value.as_ref()
    }

    /// Whether nothing wrong was found so far.
    pub(super) fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether the file is no TOML.
    pub(super) fn has_syntax_error(&self) -> bool {
        self.problems.iter().any(|problem| matches!(problem.fault, Fault::Syntax(_)))
    }

    /// Everything found wrong so far, in the order of its origins.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by(|one, other| one.origin.cmp(&other.origin));
        self.problems
    }
}

/// The key whose file may hold the secret of this path.
fn secret_key(path: &str) -> Option<&'static Key> {
    describe::KEYS.iter().find(|key| key.secret() == Some(path))
}

/// The line, from 1, that holds the byte at `offset`.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
