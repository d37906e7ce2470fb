//! What the site remembers: who is signed in, which sign-ins and sign-outs are under way.
//!
//! Bounded in number and time, looked up by the digest of an unguessable value that only the browser or the provider
//! brings back. A sign-in under way belongs to the browser that began it, and several tabs each have their own.

use std::sync::Arc;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use openidconnect::{AccessToken, Nonce, SubjectIdentifier};
use serde_json::{Map, Value};

use crate::base::secret::{Digest, Kind, Secret, Token};
use crate::base::time::{Lifetime, Timestamp};

use super::oidc::IdToken;

/// How many of each are kept; the longest unused goes first.
const SESSIONS: u64 = 1000;
const UNDER_WAY: u64 = 1000;
/// How long a session lasts here at most. The provider ends most of them earlier.
pub(super) const SESSION: Lifetime = Lifetime::hours(8);
/// How long someone may take to sign in or out at the provider.
const AT_PROVIDER: Lifetime = Lifetime::minutes(30);

/// The session cookie.
pub(super) enum SessionKey {}
impl Kind for SessionKey {
    const PREFIX: &'static str = "rpsession_";
}

/// The cookie that ties sign-ins under way to a browser.
pub(super) enum BrowserKey {}
impl Kind for BrowserKey {
    const PREFIX: &'static str = "rpbrowser_";
}

/// The parameter `state`, on the way to the provider and back.
pub(super) enum StateKey {}
impl Kind for StateKey {
    const PREFIX: &'static str = "rpstate_";
}

/// What proves that a form came from a page of this session.
pub(super) enum FormKey {}
impl Kind for FormKey {
    const PREFIX: &'static str = "rpform_";
}

/// Someone who is signed in.
pub(super) struct Session {
    /// As it came: the hint at sign-out.
    pub(super) id_token: IdToken,
    /// Its verified claims.
    pub(super) claims: Map<String, Value>,
    /// Whom userinfo must be about.
    pub(super) subject: SubjectIdentifier,
    /// What userinfo is asked with.
    pub(super) access_token: AccessToken,
    /// Carried by every form of this session.
    pub(super) form: Token<FormKey>,
}

/// A sign-in under way.
pub(super) struct Pending {
    /// The browser that began it.
    pub(super) browser: Digest,
    /// What the ID token must repeat.
    pub(super) nonce: Nonce,
    /// The secret half of PKCE.
    pub(super) verifier: Secret<String>,
    /// The authentication must be no older, where the request asked for a fresh one.
    pub(super) authenticated_since: Option<Timestamp>,
}

/// All of it. Everything is lost at a restart, and that signs people out here only.
pub(super) struct Memory {
    sessions: Cache<[u8; 32], Arc<Session>>,
    sign_ins: Cache<[u8; 32], Arc<Pending>>,
    sign_outs: Cache<[u8; 32], ()>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            sessions: bounded(SESSIONS, SESSION),
            sign_ins: bounded(UNDER_WAY, AT_PROVIDER),
            sign_outs: bounded(UNDER_WAY, AT_PROVIDER),
        }
    }

    /// Begins a session and gives the cookie's value.
    pub(super) fn begin(&self, session: Session) -> Token<SessionKey> {
        let key = Token::random();
        self.sessions.insert(*key.digest().as_bytes(), Arc::new(session));
        key
    }

    /// The session behind a cookie.
    pub(super) fn find(&self, key: &Token<SessionKey>) -> Option<Arc<Session>> {
        self.sessions.get(key.digest().as_bytes())
    }

    /// Ends a session and gives what it was, once.
    pub(super) fn end(&self, key: &Token<SessionKey>) -> Option<Arc<Session>> {
        self.sessions.remove(key.digest().as_bytes())
    }

    /// Remembers a sign-in that goes to the provider.
    pub(super) fn depart(&self, state: &Token<StateKey>, pending: Pending) {
        self.sign_ins.insert(*state.digest().as_bytes(), Arc::new(pending));
    }

    /// The sign-in that comes back with this state, once, and only in the browser that began it.
    pub(super) fn arrive(
        &self,
        state: &Token<StateKey>,
        browser: &Token<BrowserKey>,
    ) -> Option<Arc<Pending>> {
        let state = state.digest();
        let pending = self.sign_ins.get(state.as_bytes())?;
        if !pending.browser.is(&browser.digest()) {
            return None;
        }
        self.sign_ins.remove(state.as_bytes())
    }

    /// Remembers a sign-out that goes to the provider.
    pub(super) fn leave(&self) -> Token<StateKey> {
        let state = Token::random();
        self.sign_outs.insert(*state.digest().as_bytes(), ());
        state
    }

    /// Whether this state belongs to a sign-out that comes back; true once.
    pub(super) fn left(&self, state: &Token<StateKey>) -> bool {
        self.sign_outs.remove(state.digest().as_bytes()).is_some()
    }
}

fn bounded<V: Clone + Send + Sync + 'static>(most: u64, lifetime: Lifetime) -> Cache<[u8; 32], V> {
    Cache::builder()
        .max_capacity(most)
        .eviction_policy(EvictionPolicy::lru())
        .time_to_live(lifetime.to_duration())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(browser: &Token<BrowserKey>) -> Pending {
        Pending {
            browser: browser.digest(),
            nonce: Nonce::new_random(),
            verifier: Secret::new(String::new()),
            authenticated_since: None,
        }
    }

    #[test]
    fn a_sign_in_comes_back_once_and_only_to_its_browser() {
        let memory = Memory::new();
        let (state, own, other) = (Token::random(), Token::random(), Token::random());
        memory.depart(&state, pending(&own));
        assert!(memory.arrive(&state, &other).is_none());
        assert!(memory.arrive(&state, &own).is_some());
        assert!(memory.arrive(&state, &own).is_none());
    }

    #[test]
    fn two_tabs_of_one_browser_each_finish_their_own_sign_in() {
        let memory = Memory::new();
        let (first, second, browser) = (Token::random(), Token::random(), Token::random());
        memory.depart(&first, pending(&browser));
        memory.depart(&second, pending(&browser));
        assert!(memory.arrive(&first, &browser).is_some());
        assert!(memory.arrive(&second, &browser).is_some());
    }

    #[test]
    fn what_is_under_way_is_bounded() {
        let memory = Memory::new();
        let browser = Token::random();
        for _ in 0..UNDER_WAY + 200 {
            memory.depart(&Token::random(), pending(&browser));
        }
        memory.sign_ins.run_pending_tasks();
        assert!(memory.sign_ins.entry_count() <= UNDER_WAY);
    }
}
