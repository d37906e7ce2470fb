//! What a log may not hold: a secret, a token, a person's data.

#[path = "../it/support/token.rs"]
mod token;

use token::holds_a_token;

/// The lines that hold one of these texts, or a token of ours of any kind.
pub fn find(log: &str, texts: &[&str]) -> Vec<String> {
    let is_leak = |line: &&str| holds_a_token(line) || texts.iter().any(|text| line.contains(text));
    log.lines().filter(is_leak).map(str::to_owned).collect()
}

#[test]
fn what_is_planted_is_found_and_nothing_else() {
    let log = "serving listen=127.0.0.1:8080\n\
               request path=/sign-in?interaction=fxi_abcdefghijklmnopqrstuvwx\n\
               refused name=林美惠\n\
               request client.id=01900000-0000-7000-8000-000000000000 fxi_short";
    let found = find(log, &["林美惠"]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("request path") && found[1].starts_with("refused"), "{found:?}");
}
