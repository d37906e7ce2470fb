//! What a log may not hold: a secret, a token, a person's data.

/// The lines that hold one of these texts, or a token of ours of any kind.
pub fn find(log: &str, texts: &[&str]) -> Vec<String> {
    let is_leak = |line: &&str| holds_a_token(line) || texts.iter().any(|text| line.contains(text));
    log.lines().filter(is_leak).map(str::to_owned).collect()
}

/// Whether something stands there that looks like a token of ours: `fx`, its kind, and what is sealed or random.
fn holds_a_token(line: &str) -> bool {
    line.match_indices("fx").any(|(at, _)| {
        let Some((kind, rest)) = line[at + 2..].split_once('_') else { return false };
        let is_kind = matches!(kind.len(), 1..=2) && kind.bytes().all(|b| b.is_ascii_lowercase());
        let is_text = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        is_kind && rest.bytes().take_while(is_text).count() >= 20
    })
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
