//! What the provider logs during the stories: kept, and searched for what must not be in it.
//!
//! A story runs on one thread with everything it started, so what is logged there is its own. Threads of the hasher and
//! of database drivers belong to nobody; their lines are searched by every story.

use std::cell::RefCell;
use std::io;
use std::sync::{Mutex, Once};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

thread_local! {
    static OWN: RefCell<Option<String>> = const { RefCell::new(None) };
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
}

/// What this thread logged since [`begin`], and ends keeping it.
pub fn end() -> String {
    OWN.with_borrow_mut(Option::take).unwrap_or_default()
}

/// What this thread logged so far.
pub fn so_far() -> String {
    OWN.with_borrow(|own| own.clone().unwrap_or_default())
}

/// What threads logged that belong to no story.
pub fn nobodys() -> String {
    NOBODYS.lock().unwrap().clone()
}

/// The lines that hold one of these texts, each with the name of what it holds.
pub fn leaks(log: &str, secrets: &[(String, String)]) -> Vec<String> {
    let holds = |line: &str, text: &str| {
        // A JSON string may write a character another way.
        let escaped = serde_json::to_string(text).unwrap();
        line.contains(text) || line.contains(escaped.trim_matches('"'))
    };
    log.lines()
        .flat_map(|line| {
            secrets
                .iter()
                .filter(move |(_, text)| holds(line, text))
                .map(move |(what, _)| format!("the log holds {what}: {line}"))
        })
        .collect()
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
