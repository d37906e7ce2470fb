//! Passwords: what was typed, what may become someone's password, and the hash that is kept of it.
//!
//! A password is exactly the bytes that were submitted: not trimmed, not normalised, never truncated (OWASP ASVS 5.0
//! §6.2.8). The cost of hashing is `hasher`'s; lists of leaked passwords are not here. PHC string format; Argon2 is
//! RFC 9106.

use std::fmt;

use argon2::password_hash::phc;
use argon2::{ARGON2ID_IDENT, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::base::internal::Internal;
use crate::base::limits;
use crate::base::secret::Secret;

/// Memory of one hash, in KiB, above which parameters are refused: a row must not be able to take the machine's memory.
pub const MAXIMUM_MEMORY_KIB: u32 = 1024 * 1024;
/// Passes over the memory above which parameters are refused.
pub const MAXIMUM_ITERATIONS: u32 = 64;
/// Lanes above which parameters are refused.
pub const MAXIMUM_PARALLELISM: u32 = 64;
/// Bytes of the random salt of a new hash.
pub const SALT: usize = 16;
/// Bytes of the output of a new hash.
pub const OUTPUT: usize = 32;

/// A password as somebody typed it.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

impl Password {
    /// Accepts any Unicode text, NUL included, from one byte to [`limits::PASSWORD`].
    pub fn parse(text: impl Into<String>) -> Result<Self, Error> {
        let text = Secret::new(text.into());
        match text.expose().len() {
            0 => Err(Error::Empty),
            1..=limits::PASSWORD => Ok(Self(text)),
            _ => Err(Error::TooLong),
        }
    }

    /// The text itself, for the hash.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// The text is not a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing was typed.
    #[error("the password is empty")]
    Empty,
    /// It has more than [`limits::PASSWORD`] bytes. Shortening it would make many passwords one.
    #[error("the password is too long")]
    TooLong,
}

/// A password that may become the password of the account it was accepted for.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Accepts a password of at least `minimum` characters that is not the account's name in any mixture of cases.
    pub fn accept(password: Password, account_name: &str, minimum: usize) -> Result<Self, Refused> {
        if password.expose().chars().count() < minimum {
            return Err(Refused::TooShort { minimum });
        }
        if folded(password.expose()).eq(folded(account_name)) {
            return Err(Refused::EqualsAccountName);
        }
        Ok(Self(password))
    }
}

impl From<NewPassword> for Password {
    fn from(new: NewPassword) -> Self {
        new.0
    }
}

/// Why a password may not become this account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has fewer than `minimum` characters.
    #[error("the password has fewer than {minimum} characters")]
    TooShort {
        /// The characters that it must have.
        minimum: usize,
    },
    /// It is the account's name, upper and lower case being one.
    #[error("the password is the account's name")]
    EqualsAccountName,
}

/// Upper case first: it unites what lower case alone keeps apart (`ß` and `ẞ`, `σ` and `ς`, `s` and `ſ`).
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// What one Argon2id hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashParameters {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl HashParameters {
    /// Parameters that Argon2 allows (RFC 9106 §3.1) and that stay within the maxima above.
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, OutOfBounds> {
        if !(1..=MAXIMUM_PARALLELISM).contains(&parallelism) {
            return Err(OutOfBounds::Parallelism);
        }
        if !(1..=MAXIMUM_ITERATIONS).contains(&iterations) {
            return Err(OutOfBounds::Iterations);
        }
        if !(8 * parallelism..=MAXIMUM_MEMORY_KIB).contains(&memory_kib) {
            return Err(OutOfBounds::Memory);
        }
        Ok(Self { memory_kib, iterations, parallelism })
    }

    /// Memory, in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub const fn iterations(self) -> u32 {
        self.iterations
    }

    /// Lanes.
    pub const fn parallelism(self) -> u32 {
        self.parallelism
    }
}

impl Default for HashParameters {
    /// 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

/// Which parameter is out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBounds {
    /// Less than eight KiB a lane, or more than [`MAXIMUM_MEMORY_KIB`].
    #[error("the memory must be between 8 KiB a lane and 1 GiB")]
    Memory,
    /// None, or more than [`MAXIMUM_ITERATIONS`].
    #[error("the iterations must be between 1 and {MAXIMUM_ITERATIONS}")]
    Iterations,
    /// None, or more than [`MAXIMUM_PARALLELISM`].
    #[error("the parallelism must be between 1 and {MAXIMUM_PARALLELISM}")]
    Parallelism,
}

/// What is kept of a password: an Argon2id PHC string of bounded cost.
#[derive(Clone)]
pub struct PasswordHash {
    text: String,
    parameters: HashParameters,
    salt: phc::Salt,
    output: phc::Output,
}

impl PasswordHash {
    /// Reads the one form that [`PasswordHash::argon2id`] writes, of any bounded cost. Nothing is computed.
    pub fn parse(text: &str) -> Result<Self, NotAPasswordHash> {
        let hash = phc::PasswordHash::new(text).map_err(|_| NotAPasswordHash::Form)?;
        if hash.algorithm != ARGON2ID_IDENT || hash.version != Some(Version::V0x13.into()) {
            return Err(NotAPasswordHash::Algorithm);
        }
        let written = Params::try_from(&hash.params).map_err(|_| NotAPasswordHash::Form)?;
        let parameters = HashParameters::new(written.m_cost(), written.t_cost(), written.p_cost())?;
        let (Some(salt), Some(output)) = (hash.salt, hash.hash) else {
            return Err(NotAPasswordHash::Form);
        };
        // Another spelling, or a further parameter (`keyid`, `data`), would be another hash than the one computed.
        if phc_string(parameters, salt.as_ref(), output.as_ref()) != text {
            return Err(NotAPasswordHash::Form);
        }
        Ok(Self { text: text.to_owned(), parameters, salt, output })
    }

    /// The hash that these parameters and this salt gave.
    pub fn argon2id(
        parameters: HashParameters,
        salt: &[u8],
        output: &[u8],
    ) -> Result<Self, NotAPasswordHash> {
        Self::parse(&phc_string(parameters, salt, output))
    }

    /// The PHC string, for a column.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it cost to make, and costs to verify.
    pub const fn parameters(&self) -> HashParameters {
        self.parameters
    }

    /// The salt.
    pub fn salt(&self) -> &[u8] {
        self.salt.as_ref()
    }

    /// The output, to be compared in constant time only.
    pub fn output(&self) -> &[u8] {
        self.output.as_ref()
    }

    /// Whether a hash made now would cost something else, more or less: only equal parameters make equal work.
    pub fn needs_upgrade(&self, now: &HashParameters) -> bool {
        self.parameters != *now || self.salt().len() != SALT || self.output().len() != OUTPUT
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

fn phc_string(parameters: HashParameters, salt: &[u8], output: &[u8]) -> String {
    format!(
        "$argon2id$v=19$m={},t={},p={}${}${}",
        parameters.memory_kib,
        parameters.iterations,
        parameters.parallelism,
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(output),
    )
}

/// The text is not a hash that may be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPasswordHash {
    /// Not a complete PHC string in its canonical spelling.
    #[error("not a PHC string of Argon2")]
    Form,
    /// Another algorithm or version than Argon2id 1.3.
    #[error("not a hash of Argon2id version 19")]
    Algorithm,
    /// Its cost is out of bounds: computing it would be the attack.
    #[error("a hash of unacceptable cost")]
    Cost(#[from] OutOfBounds),
}

impl From<NotAPasswordHash> for Internal {
    fn from(error: NotAPasswordHash) -> Self {
        Self::fault("a stored password hash cannot be used").because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$\
                        AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    /// A-PWD-09: refused before anything is hashed, at the limit and one past it, and at 1 MB.
    #[test]
    fn a_password_past_the_limit_is_refused_and_one_at_the_limit_is_not() {
        assert_eq!(Password::parse("a".repeat(limits::PASSWORD + 1)).unwrap_err(), Error::TooLong);
        assert_eq!(Password::parse("a".repeat(1_000_000)).unwrap_err(), Error::TooLong);
        let longest = "a".repeat(limits::PASSWORD);
        assert_eq!(password(&longest).expose(), longest);
    }

    #[test]
    fn an_empty_password_is_refused_and_a_space_is_not() {
        assert_eq!(Password::parse("").unwrap_err(), Error::Empty);
        assert_eq!(password(" ").expose(), " ");
    }

    /// A-PWD-08
    #[test]
    fn a_password_keeps_every_byte_that_was_typed() {
        for text in [
            "a\0b",
            " 前後有空白 ",
            "e\u{301}",
            "é",
            "🔑 correct horse",
            "\u{1f468}\u{200d}\u{1f469}",
        ] {
            assert_eq!(password(text).expose(), text);
        }
    }

    /// A-SED-01
    #[test]
    fn a_new_password_that_is_the_account_name_in_other_cases_is_refused() {
        for (text, name) in
            [("Account1", "account1"), ("ACCOUNT1", "Account1"), ("straSSe1", "straße1")]
        {
            let refused = NewPassword::accept(password(text), name, 8).map(|_| ());
            assert_eq!(refused, Err(Refused::EqualsAccountName), "{text}");
        }
        let accepted = NewPassword::accept(password("Account12"), "account1", 8).unwrap();
        assert_eq!(Password::from(accepted).expose(), "Account12");
    }

    /// A-SED-01: no maximum but the limit, no composition.
    #[test]
    fn a_new_password_is_counted_in_characters_and_may_be_long() {
        let short = NewPassword::accept(password("七個漢字的密碼"), "chen", 8).map(|_| ());
        assert_eq!(short, Err(Refused::TooShort { minimum: 8 }));
        for text in ["八個漢字的密碼了", "𪚥𪚥𪚥𪚥𪚥𪚥𪚥𪚥", "correct horse battery staple"]
        {
            assert!(NewPassword::accept(password(text), "chen", 8).is_ok(), "{text}");
        }
        for length in [16, 64, 256] {
            assert!(NewPassword::accept(password(&"x".repeat(length)), "chen", 8).is_ok());
        }
    }

    #[test]
    fn a_hash_comes_back_from_its_text() {
        let hash = PasswordHash::parse(HASH).unwrap();
        assert_eq!(hash.as_str(), HASH);
        assert_eq!(hash.parameters(), HashParameters::default());
        assert_eq!(hash.salt(), (0..16).collect::<Vec<u8>>());
        assert_eq!(hash.output(), (0..32).collect::<Vec<u8>>());
        let made = PasswordHash::argon2id(hash.parameters(), hash.salt(), hash.output()).unwrap();
        assert_eq!(made.as_str(), HASH);
        assert_eq!(format!("{made:?}"), "PasswordHash");
    }

    #[test]
    fn anything_but_a_canonical_argon2id_hash_is_refused() {
        let form = [
            "",
            "argon2id",
            "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw",
            "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
            &HASH.replace("m=19456", "m=019456"),
            &HASH.replace("m=19456,t=2", "t=2,m=19456"),
            &HASH.replace("p=1$", "p=1,data=AAAA$"),
            &format!("{HASH}="),
        ];
        for text in form {
            assert_eq!(PasswordHash::parse(text).unwrap_err(), NotAPasswordHash::Form, "{text}");
        }
        for text in [HASH.replace("argon2id", "argon2i"), HASH.replace("v=19", "v=16")] {
            let error = PasswordHash::parse(&text).unwrap_err();
            assert_eq!(error, NotAPasswordHash::Algorithm, "{text}");
        }
    }

    /// A row must not be able to take the machine's memory or a thread for an hour.
    #[test]
    fn a_hash_of_unbounded_cost_is_a_fault_and_one_at_the_bound_is_read() {
        for (cost, rule) in [
            ("m=1048577,t=2,p=1", OutOfBounds::Memory),
            ("m=4294967295,t=2,p=1", OutOfBounds::Memory),
            ("m=19456,t=65,p=1", OutOfBounds::Iterations),
            ("m=19456,t=2,p=65", OutOfBounds::Parallelism),
        ] {
            let error = PasswordHash::parse(&HASH.replace("m=19456,t=2,p=1", cost)).unwrap_err();
            assert_eq!(error, NotAPasswordHash::Cost(rule), "{cost}");
            assert!(!Internal::from(error).is_unavailable());
        }
        for cost in ["m=1048576,t=2,p=1", "m=19456,t=64,p=1", "m=19456,t=2,p=64"] {
            assert!(PasswordHash::parse(&HASH.replace("m=19456,t=2,p=1", cost)).is_ok(), "{cost}");
        }
    }

    #[test]
    fn parameters_that_argon2_does_not_know_are_refused() {
        assert_eq!(HashParameters::new(7, 1, 1), Err(OutOfBounds::Memory));
        assert_eq!(HashParameters::new(15, 1, 2), Err(OutOfBounds::Memory));
        assert_eq!(HashParameters::new(8, 0, 1), Err(OutOfBounds::Iterations));
        assert_eq!(HashParameters::new(8, 1, 0), Err(OutOfBounds::Parallelism));
        assert!(HashParameters::new(8, 1, 1).is_ok());
    }

    #[test]
    fn a_hash_is_outdated_unless_it_costs_what_one_made_now_would() {
        let hash = PasswordHash::parse(HASH).unwrap();
        assert!(!hash.needs_upgrade(&HashParameters::default()));
        assert!(hash.needs_upgrade(&HashParameters::new(19_456, 3, 1).unwrap()));
        assert!(hash.needs_upgrade(&HashParameters::new(9216, 2, 1).unwrap()));
        let short = PasswordHash::argon2id(hash.parameters(), &[0; 8], hash.output()).unwrap();
        assert!(short.needs_upgrade(&HashParameters::default()));
    }
}
