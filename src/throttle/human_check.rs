//! The human check: a proof of work that the browser does by itself, and for browsers without JavaScript a wait of
//! twenty seconds. Nothing to read, to hear or to click, and no third party.
//!
//! A challenge is a sealed value in the form; no row exists before it is met. It is good for one attempt: this name,
//! from this source, in this interaction, once. [`Passed`] carries the digest that the store consumes in one guarded
//! statement. It only makes guessing dearer; the counters beside it are the control.
//!
//! `static/proof-of-work.js` is the other half: it looks for the first counter whose SHA-256 after the salt begins with
//! enough zero bits. WCAG 2.2 §3.3.8.

use sha2::{Digest as _, Sha256};

use crate::base::encoding::{base64url, from_base64url};
use crate::base::id::GrantId;
use crate::base::master_key::SealKey;
use crate::base::random;
use crate::base::secret::Digest;
use crate::base::time::{Lifetime, Timestamp};

/// How long a challenge may be met.
pub const LIFETIME: Lifetime = Lifetime::minutes(10);
/// After how long it is met without an answer.
pub const WAIT: Lifetime = Lifetime::seconds(20);
/// Leading zero bits of a new challenge: 65,536 hashes on average. At two microseconds a hash, a desktop's speed in
/// JavaScript, that is an eighth of a second; a phone several times slower stays within about one.
pub const DIFFICULTY: u8 = 16;

/// The purpose of the key that seals challenges.
pub const SEAL: &str = "human check v1";

/// Digits of the largest answer. Salt and answer then fit one block of SHA-256, which the script relies on.
const ANSWER: usize = 10;

/// What a challenge is for, and what it is good for alone.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The keyed digest of the folded name that was submitted.
    pub name: Digest,
    /// The class of the source: an address range, or a known device.
    pub source: &'a [u8],
    /// The interaction.
    pub interaction: GrantId,
}

/// A challenge: what the person's browser must find, or how long it must wait.
#[derive(Debug)]
pub struct Challenge {
    name: Digest,
    source: Digest,
    interaction: GrantId,
    nonce: [u8; 32],
    difficulty: u8,
    issued_at: Timestamp,
}

impl Challenge {
    /// A new challenge for this attempt.
    pub fn issue(attempt: &Attempt, now: Timestamp) -> Self {
        Self {
            name: attempt.name,
            source: source_digest(attempt.source),
            interaction: attempt.interaction,
            nonce: random::bytes(),
            difficulty: DIFFICULTY,
            issued_at: now,
        }
    }

    /// What the answer's hash begins with, for the page's `data-challenge-salt`: 43 characters.
    pub fn salt(&self) -> String {
        base64url(&self.nonce)
    }

    /// For the page's `data-challenge-difficulty`.
    pub const fn difficulty(&self) -> u8 {
        self.difficulty
    }

    /// How long someone without JavaScript has to wait still; zero when the challenge is met by now.
    pub const fn ready_in(&self, now: Timestamp) -> Lifetime {
        self.issued_at.plus(WAIT).since(now)
    }

    /// The challenge as a form field.
    pub fn seal(&self, key: &SealKey) -> String {
        let mut plain = Vec::with_capacity(Plain::LENGTH);
        plain.extend(self.name.as_bytes());
        plain.extend(self.source.as_bytes());
        plain.extend(self.interaction.uuid().as_bytes());
        plain.extend(self.nonce);
        plain.push(self.difficulty);
        plain.extend(self.issued_at.seconds().to_be_bytes());
        base64url(&key.seal(&[], &plain))
    }

    /// Reads the form field back, for the attempt that is being made now.
    pub fn open(
        key: &SealKey,
        text: &str,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let sealed = from_base64url(text).ok_or(Error::Forged)?;
        let plain = key.open(&[], &sealed).ok_or(Error::Forged)?;
        let challenge = Plain(&plain).challenge().ok_or(Error::Forged)?;
        if now >= challenge.expires() {
            return Err(Error::Expired);
        }
        if !challenge.name.is(&attempt.name) {
            return Err(Error::OtherName);
        }
        if !challenge.source.is(&source_digest(attempt.source)) {
            return Err(Error::OtherSource);
        }
        if challenge.interaction != attempt.interaction {
            return Err(Error::OtherInteraction);
        }
        Ok(challenge)
    }

    /// The challenge behind a form field, to be shown again: nothing is checked but that it is ours and not expired.
    pub fn peek(key: &SealKey, text: &str, now: Timestamp) -> Option<Self> {
        let plain = key.open(&[], &from_base64url(text)?)?;
        Plain(&plain).challenge().filter(|challenge| now < challenge.expires())
    }

    /// Takes the answer or, without one, the wait. An empty answer is none: the field is there without JavaScript, too.
    pub fn accept(self, answer: Option<&str>, now: Timestamp) -> Result<Passed, Error> {
        match answer.filter(|answer| !answer.is_empty()) {
            Some(answer) if meets(&self.salt(), answer, self.difficulty) => {}
            Some(_) => return Err(Error::WrongAnswer),
            None => {
                let ready_in = self.ready_in(now);
                if ready_in > Lifetime::default() {
                    return Err(Error::NotYet { ready_in });
                }
            }
        }
        Ok(Passed { ticket: Digest::of("human check", &self.nonce), expires: self.expires() })
    }

    const fn expires(&self) -> Timestamp {
        self.issued_at.plus(LIFETIME)
    }
}

/// A challenge that was met. It counts once the store has consumed its ticket, which it does once.
#[derive(Debug)]
#[must_use = "a ticket that nobody consumes can be used again"]
pub struct Passed {
    ticket: Digest,
    expires: Timestamp,
}

impl Passed {
    /// What the store consumes.
    pub const fn ticket(&self) -> &Digest {
        &self.ticket
    }

    /// Until when the store has to remember that it was consumed.
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// Why a challenge does not let the attempt through. Every one of them is answered with a new challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a challenge that this deployment sealed.
    #[error("the challenge is not ours")]
    Forged,
    /// Older than [`LIFETIME`].
    #[error("the challenge is expired")]
    Expired,
    /// For another name.
    #[error("the challenge is for another name")]
    OtherName,
    /// For another source.
    #[error("the challenge is for another source")]
    OtherSource,
    /// For another interaction.
    #[error("the challenge is for another interaction")]
    OtherInteraction,
    /// There is no answer, and [`WAIT`] is not over.
    #[error("the wait is not over")]
    NotYet {
        /// What is left of it.
        ready_in: Lifetime,
    },
    /// The answer's hash has too few zero bits.
    #[error("the answer does not meet the challenge")]
    WrongAnswer,
}

fn source_digest(source: &[u8]) -> Digest {
    Digest::of("human check source", source)
}

/// Whether SHA-256 of salt and answer begins with that many zero bits.
fn meets(salt: &str, answer: &str, difficulty: u8) -> bool {
    if answer.len() > ANSWER || !answer.bytes().all(|digit| digit.is_ascii_digit()) {
        return false;
    }
    let hash: [u8; 32] = Sha256::new().chain_update(salt).chain_update(answer).finalize().into();
    let mut zeros = 0;
    for byte in hash {
        zeros += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    zeros >= difficulty.into()
}

/// The sealed bytes, read from the front.
struct Plain<'a>(&'a [u8]);

impl Plain<'_> {
    const LENGTH: usize = 32 + 32 + 16 + 32 + 1 + 8;

    fn challenge(mut self) -> Option<Challenge> {
        let challenge = Challenge {
            name: Digest::from_bytes(self.take()?),
            source: Digest::from_bytes(self.take()?),
            interaction: GrantId::from_uuid(uuid::Uuid::from_bytes(self.take()?)),
            nonce: self.take()?,
            difficulty: u8::from_be_bytes(self.take()?),
            issued_at: Timestamp::from_seconds(i64::from_be_bytes(self.take()?)),
        };
        self.0.is_empty().then_some(challenge)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::master_key::MasterKey;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn attempt() -> Attempt<'static> {
        let interaction = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        Attempt { name: Digest::of("name", b"alice"), source: b"192.0.2.0/24", interaction }
    }

    fn key() -> SealKey {
        MasterKey::from_hexadecimal(&"07".repeat(32)).unwrap().seal(SEAL)
    }

    fn after(seconds: u32) -> Timestamp {
        NOW.plus(Lifetime::seconds(seconds))
    }

    /// One that tests need not work long for.
    fn easy() -> Challenge {
        Challenge { difficulty: 8, ..Challenge::issue(&attempt(), NOW) }
    }

    /// What the script does.
    fn answer(challenge: &Challenge) -> String {
        let salt = challenge.salt();
        (0..1_000_000)
            .map(|counter| counter.to_string())
            .find(|answer| meets(&salt, answer, challenge.difficulty()))
            .unwrap()
    }

    fn opened(attempt: &Attempt, now: Timestamp) -> Result<Challenge, Error> {
        let text = Challenge::issue(&self::attempt(), NOW).seal(&key());
        Challenge::open(&key(), &text, attempt, now)
    }

    #[test]
    fn the_answer_passes_at_once_and_the_ticket_is_the_same_each_time() {
        let challenge = easy();
        let (text, answer) = (challenge.seal(&key()), answer(&challenge));
        let pass = || {
            let challenge = Challenge::open(&key(), &text, &attempt(), NOW).unwrap();
            challenge.accept(Some(&answer), NOW).unwrap()
        };
        assert!(pass().ticket().is(pass().ticket()));
        assert_eq!(pass().expires(), NOW.plus(LIFETIME));
        let other = Challenge::issue(&attempt(), NOW).accept(None, after(20)).unwrap();
        assert!(!other.ticket().is(pass().ticket()));
    }

    #[test]
    fn a_wrong_answer_is_refused_however_long_it_took() {
        for wrong in ["x", "-1", "12345678901", "1 ", "٣"] {
            let challenge = opened(&attempt(), NOW).unwrap();
            assert_eq!(challenge.accept(Some(wrong), after(60)).unwrap_err(), Error::WrongAnswer);
        }
        let challenge = easy();
        let one_bit_short = (0..1_000_000)
            .map(|counter| counter.to_string())
            .find(|answer| {
                let meets = |difficulty| meets(&challenge.salt(), answer, difficulty);
                meets(challenge.difficulty - 1) && !meets(challenge.difficulty)
            })
            .unwrap();
        let refused = challenge.accept(Some(&one_bit_short), NOW).unwrap_err();
        assert_eq!(refused, Error::WrongAnswer);
    }

    #[test]
    fn without_an_answer_twenty_seconds_pass() {
        for none in [None, Some("")] {
            let early = opened(&attempt(), NOW).unwrap().accept(none, after(19)).unwrap_err();
            assert_eq!(early, Error::NotYet { ready_in: Lifetime::seconds(1) });
            assert!(opened(&attempt(), NOW).unwrap().accept(none, after(20)).is_ok());
        }
        // A node whose clock is behind the one that issued the challenge.
        let early = opened(&attempt(), NOW).unwrap().accept(None, NOW.minus(Lifetime::seconds(5)));
        assert_eq!(early.unwrap_err(), Error::NotYet { ready_in: Lifetime::seconds(25) });
    }

    /// A-PWD-12: the wait or the work of one name is not good for another's.
    #[test]
    fn a_challenge_for_another_name_is_refused() {
        let other = Attempt { name: Digest::of("name", b"bob"), ..attempt() };
        assert_eq!(opened(&other, after(20)).unwrap_err(), Error::OtherName);
        assert!(opened(&attempt(), after(20)).is_ok());
    }

    /// A-PWD-12: a solved challenge cannot be handed to other machines.
    #[test]
    fn a_challenge_for_another_source_is_refused() {
        let other = Attempt { source: b"198.51.100.0/24", ..attempt() };
        assert_eq!(opened(&other, after(20)).unwrap_err(), Error::OtherSource);
        assert!(opened(&attempt(), after(20)).is_ok());
    }

    /// A-PWD-12: a challenge does not outlive its interaction, so dropping the cookie brings nothing.
    #[test]
    fn a_challenge_for_another_interaction_is_refused() {
        let other = Attempt { interaction: GrantId::new(NOW), ..attempt() };
        assert_eq!(opened(&other, after(20)).unwrap_err(), Error::OtherInteraction);
        assert!(opened(&attempt(), after(20)).is_ok());
    }

    #[test]
    fn a_challenge_ends_after_ten_minutes() {
        assert!(opened(&attempt(), after(599)).is_ok());
        assert_eq!(opened(&attempt(), after(600)).unwrap_err(), Error::Expired);
    }

    #[test]
    fn a_changed_challenge_or_one_of_another_key_is_forged() {
        let text = Challenge::issue(&attempt(), NOW).seal(&key());
        assert!(Challenge::open(&key(), &text, &attempt(), NOW).is_ok());
        let other = MasterKey::from_hexadecimal(&"08".repeat(32)).unwrap().seal(SEAL);
        assert_eq!(Challenge::open(&other, &text, &attempt(), NOW).unwrap_err(), Error::Forged);
        let mut changed = from_base64url(&text).unwrap();
        changed[60] ^= 1;
        for text in ["", "?", "AAAA", &base64url(&changed), &base64url(&key().seal(&[], b"short"))]
        {
            assert_eq!(Challenge::open(&key(), text, &attempt(), NOW).unwrap_err(), Error::Forged);
        }
    }

    /// What `static/proof-of-work.js` answers for these salts at difficulty 16. Each hash begins with just 16 zero bits.
    #[test]
    fn the_answers_of_the_script_are_the_first_that_meet_the_challenge() {
        for (letter, answer) in [("A", "27601"), ("D", "5000"), ("I", "118167")] {
            let salt = letter.repeat(43);
            assert!(meets(&salt, answer, 16), "{salt}");
            assert!(!meets(&salt, answer, 17), "{salt}");
        }
        let salt = "D".repeat(43);
        let earlier = (0..5000_u32).find(|number| meets(&salt, &number.to_string(), 16));
        assert_eq!(earlier, None);
    }
}
