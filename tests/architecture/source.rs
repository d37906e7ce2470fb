//! Reading the source: files, the modules they are, and the paths that stand in them.
//!
//! Paths are found among the tokens of a file, not in its syntax tree: a `use` group, a type, an attribute and the
//! inside of a macro call are then all read by the same few lines, and nothing escapes by standing inside a macro.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Who may name a foreign crate (or a part of one). One user means one place to read, to bound and to replace.
pub const ONLY_USERS: [(&str, &[&str]); 8] = [
    ("sqlx", &["src/store/", "tests/"]),
    // Beside what signs here: the client's library that decrypts in the stories.
    ("josekit", &["src/jose/", "tests/it/support/jose.rs"]),
    ("webauthn_rs", &["src/credential/passkey/"]),
    // The client's side of the protocol: what the demo sites are written with, and what `jose` lets judge its signatures.
    ("openidconnect", &["src/demo/relying_party/", "src/jose/", "tests/"]),
    ("reqwest", OPENERS),
    ("hyper::client", OPENERS),
    ("hyper_util::client", OPENERS),
    ("tokio_native_tls", OPENERS),
];

/// Who may open a connection to somewhere else: one guarded opener, and what is not the provider.
const OPENERS: &[&str] =
    &["src/outbound/", "src/demo/relying_party/", "src/cli/doctor/issuer.rs", "tests/"];

/// A file: its path from the root of the repository, with forward slashes, and its text.
pub struct File {
    pub path: String,
    pub text: String,
}

/// A path in the source text, made absolute: `["store", "grants"]` for `crate::store::grants`, or with a foreign
/// crate's name first.
#[derive(Debug, PartialEq)]
pub struct Mention {
    pub line: usize,
    pub path: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files with one of these endings below a folder, sorted. A folder that does not exist holds none.
pub fn files(folder: &str, endings: &[&str]) -> Result<Vec<File>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let path: PathBuf = entry?.path();
            let ends = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if endings.contains(&ends) {
                let name = path.strip_prefix(root())?.to_string_lossy().replace('\\', "/");
                found.push(File { path: name, text: fs::read_to_string(&path)? });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// `["store", "grants"]` for `src/store/grants.rs`; empty for `lib.rs` and `main.rs`.
pub fn module_of(path: &str) -> Vec<String> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches(".html");
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// Every path to a module of ours, or into a foreign crate, that stands anywhere in a file.
pub fn mentions(file: &File) -> Result<Vec<Mention>, Box<dyn Error>> {
    if is_template(file) {
        return Ok(template_mentions(file));
    }
    let tokens =
        TokenStream::from_str(&file.text).map_err(|error| format!("{}: {error}", file.path))?;
    let mut found = Vec::new();
    walk(tokens, &module_of(&file.path), &mut found);
    Ok(found)
}

fn is_template(file: &File) -> bool {
    Path::new(&file.path).extension().is_some_and(|ending| ending == "html")
}

/// A template is compiled into the module beside it and may call by path; what is not Rust in it is skipped.
fn template_mentions(file: &File) -> Vec<Mention> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for rest in text.split("crate::").skip(1) {
            let end = rest.find(|c: char| c != '_' && c != ':' && !c.is_alphanumeric());
            let path = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            found.push(Mention { line, path: path.split("::").map(str::to_owned).collect() });
        }
    }
    found
}

fn walk(tokens: TokenStream, module: &[String], found: &mut Vec<Mention>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    let (mut after_colon, mut in_path) = (false, false);
    let mut inline_module = None;
    while let [token, after @ ..] = rest {
        match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                inline_module = match (name.as_str(), after) {
                    ("mod", [TokenTree::Ident(child), ..]) => Some(child.to_string()),
                    _ => inline_module.filter(|child| *child == name),
                };
                if !in_path && let Some(start) = start_of_path(&name, module) {
                    follow(after, start, ident.span().start().line, found);
                }
            }
            TokenTree::Group(group) => {
                let mut inner = module.to_vec();
                inner.extend(inline_module.take());
                walk(group.stream(), &inner, found);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => inline_module = None,
        }
        // An identifier after `::` continues a path that was followed from its start.
        let colon = matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
        in_path = colon && after_colon;
        after_colon = colon;
        rest = after;
    }
}

/// Where a path that begins with this word begins; nothing for a word that cannot lead to what the rules are about.
fn start_of_path(word: &str, module: &[String]) -> Option<Vec<String>> {
    match word {
        "crate" | "fuxin" => Some(Vec::new()),
        "super" => Some(module.split_last().map(|(_, parent)| parent.to_vec()).unwrap_or_default()),
        "self" => Some(module.to_vec()),
        _ => ONLY_USERS
            .iter()
            .any(|(krate, _)| krate.split("::").next() == Some(word))
            .then(|| vec![word.to_owned()]),
    }
}

/// Follows the rest of a path, into every branch of a `use` group, and notes where it leads.
fn follow(rest: &[TokenTree], mut at: Vec<String>, mut line: usize, found: &mut Vec<Mention>) {
    let mut rest = rest;
    loop {
        match rest {
            [TokenTree::Punct(a), TokenTree::Punct(b), TokenTree::Ident(next), after @ ..]
                if a.as_char() == ':' && b.as_char() == ':' =>
            {
                line = next.span().start().line;
                step(&mut at, &next.to_string());
                rest = after;
            }
            [TokenTree::Punct(a), TokenTree::Punct(b), TokenTree::Group(group), ..]
                if a.as_char() == ':'
                    && b.as_char() == ':'
                    && group.delimiter() == Delimiter::Brace =>
            {
                follow_branches(group.stream(), &at, found);
                return;
            }
            [TokenTree::Punct(a), TokenTree::Punct(b), TokenTree::Punct(star), ..]
                if a.as_char() == ':' && b.as_char() == ':' && star.as_char() == '*' =>
            {
                at.push("*".to_owned());
                break;
            }
            // The root under another name would hide every path that starts with it.
            [TokenTree::Ident(word), ..] if word == "as" && at.is_empty() => {
                at.push("as".to_owned());
                break;
            }
            _ => break,
        }
    }
    if !at.is_empty() {
        found.push(Mention { line, path: at });
    }
}

fn follow_branches(group: TokenStream, at: &[String], found: &mut Vec<Mention>) {
    let tokens: Vec<TokenTree> = group.into_iter().collect();
    for branch in tokens.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ',')) {
        let mut at = at.to_vec();
        match branch {
            [TokenTree::Ident(first), after @ ..] => {
                step(&mut at, &first.to_string());
                follow(after, at, first.span().start().line, found);
            }
            [TokenTree::Punct(star), ..] if star.as_char() == '*' => {
                at.push("*".to_owned());
                found.push(Mention { line: star.span().start().line, path: at });
            }
            _ => {}
        }
    }
}

fn step(at: &mut Vec<String>, word: &str) {
    match word {
        "super" => drop(at.pop()),
        "self" => {}
        name => at.push(name.to_owned()),
    }
}

pub fn is_foreign(path: &[String]) -> bool {
    let first = path.first().map_or("", String::as_str);
    ONLY_USERS.iter().any(|(krate, _)| krate.split("::").next() == Some(first))
}
