//! `session_state`: what a client's page asks our frame about, to notice that the sign-in here has changed.
//!
//! OpenID Connect Session Management 1.0 §2 and §4.1. The state of a browser is a random value in a cookie of its own, which
//! the frame's script can read; it is no secret of the session's. `static/check-session.js` computes the same.

use sha2::{Digest, Sha256};

use crate::base::encoding::{base64url, hexadecimal};
use crate::base::random;

/// A new state of a browser: someone signed in.
pub fn fresh_state() -> String {
    base64url(&random::bytes::<18>())
}

/// What a client is told at an origin of its own. With a salt, so that no two answers can be told to be of one browser.
pub fn of(client_id: &str, origin: &str, state: &str) -> String {
    salted(client_id, origin, state, &base64url(&random::bytes::<12>()))
}

fn salted(client_id: &str, origin: &str, state: &str, salt: &str) -> String {
    let hash = Sha256::digest(format!("{client_id} {origin} {state} {salt}"));
    format!("{}.{salt}", hexadecimal(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_depends_on_client_origin_browser_and_salt() {
        let own = salted("c", "https://rp.test", "s", "x");
        assert_eq!(own.split_once('.').unwrap().0.len(), 64);
        for other in [
            salted("d", "https://rp.test", "s", "x"),
            salted("c", "https://other.test", "s", "x"),
            salted("c", "https://rp.test", "t", "x"),
            salted("c", "https://rp.test", "s", "y"),
        ] {
            assert_ne!(own, other);
        }
        assert_ne!(of("c", "https://rp.test", "s"), of("c", "https://rp.test", "s"));
    }
}
