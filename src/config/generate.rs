//! What is written down about the configuration: `config/example.toml` and `docs/configuration.md`, from `describe`.
//!
//! A test holds the two files equal to these texts; `FUXIN_REGENERATE=1 cargo test generated_files` writes them.

use std::fmt::{self, Write};

use super::describe::{Fallback, Form, KEYS, Key, Range, SECTIONS, Section, variable};
use super::policy::Profile;
use super::source::Source;
use super::value::Value;

/// Columns of a comment in the example.
const WIDTH: usize = 100;

/// The text of `config/example.toml`: every key, required ones with an example, the others at their defaults.
pub fn example_toml() -> String {
    written(write_example)
}

/// The text of `docs/configuration.md`.
pub fn configuration_md() -> String {
    written(write_documentation)
}

fn written(write: fn(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    let done = write(&mut text);
    debug_assert!(done.is_ok(), "a String takes every write");
    text
}

fn write_example(text: &mut String) -> fmt::Result {
    let profile = Profile::Gsp.source();
    text.write_str(HEAD)?;
    for section in SECTIONS {
        writeln!(text)?;
        write_comment(text, section.text)?;
        writeln!(text, "[{}]", section.name)?;
        for key in keys_of(section) {
            writeln!(text)?;
            write_comment(text, key.text)?;
            write_comment(text, &[form(key), absence(key)].join(" "))?;
            let mark = if matches!(key.fallback, Fallback::Required { .. }) { "" } else { "#" };
            writeln!(text, "{mark}{} = {}", key.name(), value(key, &profile))?;
        }
    }
    Ok(())
}

fn write_documentation(text: &mut String) -> fmt::Result {
    let profile = Profile::Gsp.source();
    text.write_str(INTRODUCTION)?;
    for section in SECTIONS {
        writeln!(text, "\n## `[{}]`\n\n{}\n", section.name, section.text)?;
        writeln!(text, "| Key | Value | Default | Meaning |\n|---|---|---|---|")?;
        for key in keys_of(section) {
            let default = match key.fallback {
                Fallback::Required { example } => format!("required, e.g. `{example}`"),
                Fallback::Absent { means, .. } => means.to_owned(),
                Fallback::Default(_) => format!("`{}`", value(key, &profile)),
                Fallback::Profile => format!("`gsp`: {}", value(key, &profile)),
            };
            writeln!(text, "| `{}` | {} | {default} | {} |", key.name(), form(key), key.text)?;
        }
    }
    Ok(())
}

const HEAD: &str = "\
# The configuration of Fuxin: every key. Generated from the program; docs/configuration.md has the same as tables.
#
# A line such as `#key = value` shows a key at its default, or an example where it has none: remove the `#` to set it.
# `fuxin check-config` says everything that is wrong with a configuration.
";

const INTRODUCTION: &str = "\
# Configuration

Generated from the program; `config/example.toml` has the same as a file to copy.

`fuxin serve --config FILE` reads one TOML file and the environment. `fuxin check-config --config FILE` reads them in the
same way, starts nothing, and prints everything that is wrong, one problem a line: the key, the rule, how to mend it, and
the line or variable it came from. Exit code 0: good; 1: not good. A key that is unknown, or whose value cannot be
honoured, stops the start.

- **Environment.** `FUXIN__SECTION__KEY` holds over the file's value: `FUXIN__SERVER__LISTEN=127.0.0.1:9000`. Entries of a
  list are separated by commas. A variable that begins with `FUXIN__` and names no key is refused.
- **Secrets** never stand in the file. A key that ends in `_file` names a file that nobody but its owner may use (mode
  0600 or 0400); or the secret itself is in the environment, without `_file`: `FUXIN__DATABASE__PASSWORD`. White space at
  both ends of a secret is ignored.
- **Relative paths** in the file start from the file's folder; in the environment, from the working directory.
- **Bounds** are part of the safety of a deployment: a weaker value is refused, and the message says why.
";

fn keys_of(section: &Section) -> impl Iterator<Item = &'static Key> {
    let name = section.name;
    KEYS.iter().filter(move |key| key.section() == name)
}

/// The key's default, or else its example, as TOML.
fn value(key: &Key, profile: &Source) -> String {
    let text = match key.fallback {
        Fallback::Required { example } | Fallback::Absent { example, .. } => example,
        Fallback::Default(text) => text,
        Fallback::Profile => {
            return profile.given(key.path).map_or_else(String::new, Value::to_toml);
        }
    };
    Value::from_text(key.form, text).map_or_else(|_| String::new(), |value| value.to_toml())
}

/// The form and its bounds, in words.
fn form(key: &Key) -> String {
    match key.form {
        Form::Text(of) => format!("Text: {of}."),
        Form::Choice(known) => format!("One of: {}.", known.join(", ")),
        Form::List(of) => format!("List of texts: each {of}."),
        Form::SecretFile => {
            let secret = key.secret().map_or_else(String::new, variable);
            format!("Text: path of a secret's file. Or set `{secret}`.")
        }
        Form::Number(Range { unit, least, most, why_least, why_most }) => {
            let reason = |bound, why: &str| {
                if why.is_empty() { String::new() } else { format!(" {bound} because {why}.") }
            };
            let (least_why, most_why) =
                (reason("Not less,", why_least), reason("Not more,", why_most));
            format!("{least} to {most} {unit}.{least_why}{most_why}")
        }
    }
}

/// What holds where the key is left out.
fn absence(key: &Key) -> String {
    match key.fallback {
        Fallback::Required { .. } => "Required.".to_owned(),
        Fallback::Absent { means, .. } => format!("Left out: {means}."),
        Fallback::Default(_) => "Shown: the default.".to_owned(),
        Fallback::Profile => "Shown: the value of the profile gsp.".to_owned(),
    }
}

/// Writes a comment, broken into lines.
fn write_comment(text: &mut String, comment: &str) -> fmt::Result {
    let mut width = 0;
    for word in comment.split_whitespace() {
        let length = 1 + word.chars().count();
        if width == 0 || width + length > WIDTH {
            text.write_str(if width == 0 { "#" } else { "\n#" })?;
            width = 1;
        }
        write!(text, " {word}")?;
        width += length;
    }
    writeln!(text)
}
