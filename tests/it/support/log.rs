//! What the provider logs during the stories: kept, and searched for what must not be in it.
//!
//! A story runs on one thread with everything it started, so what is logged there is its own. Threads of the hasher and
//! of database drivers belong to nobody; the lines they write while a story runs are searched by that story.

use std::cell::{Cell, RefCell};
use std::io;
use std::sync::{Mutex, Once};

use serde_json::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::token::holds_a_token;

thread_local! {
    static OWN: RefCell<Option<String>> = const { RefCell::new(None) };
    /// How much nobody had logged when the story of this thread began.
    static BEFORE: Cell<usize> = const { Cell::new(0) };
}

static NOBODYS: Mutex<String> = Mutex::new(String::new());
static BEGUN: Once = Once::new();

/// Begins to keep what this thread logs.
pub fn begin() {
    BEGUN.call_once(|| {
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(EnvFilter::new("info,fuxin=trace,sqlx=debug"))
            .with_writer(Keeper)
            .init();
    });
    OWN.with_borrow_mut(|own| *own = Some(String::new()));
    BEFORE.set(NOBODYS.lock().unwrap().len());
}

/// What this thread logged since [`begin`], and ends keeping it.
pub fn end() -> String {
    OWN.with_borrow_mut(Option::take).unwrap_or_default()
}

/// The statements that this thread has sent to a server since [`begin`]. Those on a file are sent by a thread of the
/// driver's.
pub fn statements() -> Vec<String> {
    let is_of_one = |line: &Value| line["target"] == "sqlx::query";
    let lines = lines().into_iter().filter(is_of_one);
    lines.map(|line| line["fields"]["summary"].to_string()).collect()
}

/// The lines that the thread has logged since [`begin`], each of which must be JSON.
pub fn lines() -> Vec<Value> {
    OWN.with_borrow(|own| {
        let lines = own.iter().flat_map(|own| own.lines());
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    })
}

/// How many lines that say this the thread has logged since [`begin`].
pub fn count(text: &str) -> usize {
    OWN.with_borrow(|own| {
        own.iter().flat_map(|own| own.lines()).filter(|line| line.contains(text)).count()
    })
}

/// What threads that belong to no story logged since [`begin`].
pub fn nobodys() -> String {
    NOBODYS.lock().unwrap()[BEFORE.get()..].to_owned()
}

/// The lines that hold one of these texts, or a token of ours of any kind, each with the name of what it holds.
pub fn leaks(log: &str, secrets: &[(String, String)]) -> Vec<String> {
    // A JSON string may write a character another way.
    let spellings: Vec<(&str, &str, String)> = secrets
        .iter()
        .map(|(what, text)| (what.as_str(), text.as_str(), serde_json::to_string(text).unwrap()))
        .collect();
    let mut leaks = Vec::new();
    for line in log.lines() {
        let planted = spellings
            .iter()
            .filter(|(_, text, json)| line.contains(text) || line.contains(json.trim_matches('"')))
            .map(|(what, ..)| *what);
        let token = holds_a_token(line).then_some("a token");
        leaks.extend(planted.chain(token).map(|what| format!("the log holds {what}: {line}")));
    }
    leaks
}

/// The lines at the level ERROR.
pub fn errors(log: &str) -> Vec<String> {
    log.lines().filter(|line| line.contains(r#""level":"ERROR""#)).map(str::to_owned).collect()
}

struct Keeper;

impl io::Write for Keeper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let is_own = OWN.try_with(|own| match own.borrow_mut().as_mut() {
            Some(own) => {
                own.push_str(&text);
                true
            }
            None => false,
        });
        if !is_own.unwrap_or(false) {
            NOBODYS.lock().unwrap().push_str(&text);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Keeper {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}
