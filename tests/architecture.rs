//! The rules of the house, kept: which module may name which, which one may name a foreign crate, how long a file may
//! be, what nothing may be called, and that both databases have the same migrations.
//!
//! Read from the source text by `architecture/source.rs`; the rules, with the table of layers, are in
//! `architecture/rule.rs`, and each has a test there that shows it a fault.

#[path = "architecture/rule.rs"]
mod rule;
#[path = "architecture/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::error::Error;

use source::{File, files};

/// A file longer than this is reported.
const SOFT_LINES: usize = 400;
/// Half of the files under `src` are at most this long, once there are enough of them for a median to mean something.
const MEDIAN_LINES: usize = 120;
const ENOUGH_FILES: usize = 40;

type Outcome = Result<(), Box<dyn Error>>;

fn migration_names(database: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let folder = format!("migrations/{database}/");
    let found = files(&folder, &["sql"])?;
    Ok(found.iter().map(|file| file.path.replace(&folder, "")).collect())
}

fn no_faults(faults: &[String]) {
    assert!(faults.is_empty(), "\n\n{}\n", faults.join("\n"));
}

fn each(files: &[File], rule: impl Fn(&File) -> Result<Vec<String>, Box<dyn Error>>) -> Outcome {
    let mut faults = Vec::new();
    for file in files {
        faults.extend(rule(file)?);
    }
    faults.dedup();
    no_faults(&faults);
    Ok(())
}

#[test]
fn a_module_names_only_itself_and_lower_layers() -> Outcome {
    each(&files("src", &["rs", "html"])?, rule::layer_faults)
}

#[test]
fn nothing_goes_around_the_layers() -> Outcome {
    each(&files("src", &["rs"])?, |file| Ok(rule::side_door_faults(file)))
}

#[test]
fn a_foreign_crate_is_named_only_by_its_user() -> Outcome {
    each(&files("src", &["rs"])?, rule::user_faults)?;
    each(&files("tests", &["rs"])?, rule::user_faults)
}

#[test]
fn names_say_what_is_there() -> Outcome {
    each(&files("src", &["rs"])?, rule::name_faults)?;
    each(&files("tests", &["rs"])?, rule::name_faults)
}

#[test]
fn a_file_opens_with_what_it_is() -> Outcome {
    each(&files("src", &["rs"])?, |file| Ok(rule::opening_faults(file)))?;
    each(&files("tests", &["rs"])?, |file| Ok(rule::opening_faults(file)))
}

#[test]
fn a_file_is_short_enough_to_be_read() -> Outcome {
    let (source, tests) = (files("src", &["rs"])?, files("tests", &["rs"])?);
    for file in source.iter().chain(&tests) {
        let lines = file.text.lines().count();
        if lines > SOFT_LINES {
            println!("long: {} has {lines} lines", file.path);
        }
    }
    each(&source, |file| Ok(rule::length_faults(file)))?;
    each(&tests, |file| Ok(rule::length_faults(file)))?;
    let middle = rule::median(source.iter().map(|file| file.text.lines().count()).collect());
    println!("{} files under src, half of them of {middle} lines or fewer", source.len());
    assert!(
        source.len() < ENOUGH_FILES || middle <= MEDIAN_LINES,
        "the median file has {middle} lines"
    );
    Ok(())
}

/// But for the demonstration, which nobody operates.
#[test]
fn an_operator_can_look_every_log_line_up() -> Outcome {
    let operations = files("docs", &["md"])?;
    let table =
        operations.iter().find(|file| file.path == "docs/operations.md").ok_or("no table")?;
    let mut source = files("src", &["rs"])?;
    source.retain(|file| !file.path.starts_with("src/demo/") && file.path != "src/cli/demo.rs");
    each(&source, |file| rule::log_line_faults(file, &table.text))
}

#[test]
fn both_databases_have_the_same_migrations() -> Outcome {
    no_faults(&rule::migration_faults(&migration_names("sqlite")?, &migration_names("postgres")?));
    Ok(())
}
