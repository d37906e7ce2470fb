//! How a token of ours looks, for whoever searches a log: the stories and the command line's tests.

/// Whether something stands there that looks like a token of ours: `fx`, its kind, and what is sealed or random.
pub fn holds_a_token(line: &str) -> bool {
    line.match_indices("fx").any(|(at, _)| {
        let Some((kind, rest)) = line[at + 2..].split_once('_') else { return false };
        let is_kind = matches!(kind.len(), 1..=2) && kind.bytes().all(|b| b.is_ascii_lowercase());
        let is_text = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        is_kind && rest.bytes().take_while(is_text).count() >= 20
    })
}
