//! What is wrong with a configuration: which key, from where, which rule, and how to mend it.
//!
//! No message repeats a value: it might be a secret in the wrong place.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::oauth::issuer;

/// One fault of a configuration. Its text is one line.
#[derive(Debug)]
pub struct Problem {
    /// The key's path, such as `server.issuer`; empty where the fault is the whole file's.
    pub key: String,
    /// Who gave the value.
    pub origin: Origin,
    /// The rule that is broken.
    pub fault: Fault,
}

/// Who gave a value. In this order problems are told: the file from its top, the environment, what is absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The file, at this line.
    File(PathBuf, usize),
    /// The environment variable of this name.
    Environment(String),
    /// Nobody: the key is absent, or has its default.
    Nobody,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            // A quoted key of TOML may hold line breaks.
            write!(f, "{}: ", self.key.escape_debug())?;
        }
        write!(f, "{}", self.fault)?;
        match &self.origin {
            Origin::File(path, line) => write!(f, " ({}, line {line})", path.display()),
            Origin::Environment(name) => write!(f, " (environment variable {name})"),
            Origin::Nobody => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// The rules of a configuration, each by the way to break it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    // The file and its keys.
    /// The file cannot be read.
    #[error("cannot read {}: {because}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        because: io::Error,
    },
    /// The file is longer than a configuration or a secret may be.
    #[error("{} is longer than {most} bytes", .path.display())]
    FileTooLong {
        /// Which file.
        path: PathBuf,
        /// How long it may be.
        most: usize,
    },
    /// Not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// An environment variable holds bytes that are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// No such section.
    #[error("unknown section{}", suggestion(.nearest.as_deref()))]
    UnknownSection {
        /// The known section that is spelled most like it.
        nearest: Option<&'static str>,
    },
    /// No such key.
    #[error("unknown key{}", suggestion(.nearest.as_deref()))]
    UnknownKey {
        /// The known key that is spelled most like it.
        nearest: Option<&'static str>,
    },
    /// A section's name stands for a single value.
    #[error("is a section, not a key: write [section] and its keys below")]
    NotASection,
    /// A secret stands in the file.
    #[error("a secret is never written here: name a file in {file_key}, or set {variable}")]
    SecretInFile {
        /// The key that names the secret's file.
        file_key: &'static str,
        /// The environment variable that may hold the secret.
        variable: String,
    },
    /// A required key is absent.
    #[error("is required, for example {example:?}")]
    Missing {
        /// A value of the right form.
        example: &'static str,
    },

    /// A key is read that the table of keys does not know: a defect of the program.
    #[error("is read, but not described")]
    NotDescribed,
    /// The policy profile lacks a value: a defect of the profile.
    #[error("has no value in the policy profile")]
    NotInProfile,

    // Forms.
    /// The value is of another form: text for a number, say.
    #[error("must be {expected}")]
    WrongForm {
        /// The right form, in words.
        expected: String,
    },
    /// The text is empty.
    #[error("is empty; leave it out for the default")]
    Empty,
    /// None of the known words.
    #[error("must be one of: {}{}", .known.join(", "), suggestion(.nearest.as_deref()))]
    UnknownChoice {
        /// The known words.
        known: &'static [&'static str],
        /// The one that is spelled most like it.
        nearest: Option<&'static str>,
    },
    /// The number is too small.
    #[error("must be at least {least} {unit}{}", reason(.because))]
    TooSmall {
        /// The least that is allowed.
        least: u32,
        /// Of what.
        unit: &'static str,
        /// Why; may be empty.
        because: &'static str,
    },
    /// The number is too large.
    #[error("must be at most {most} {unit}{}", reason(.because))]
    TooLarge {
        /// The most that is allowed.
        most: u32,
        /// Of what.
        unit: &'static str,
        /// Why; may be empty.
        because: &'static str,
    },

    // [server]
    /// Not an issuer.
    #[error("{0}")]
    NotAnIssuer(issuer::Error),
    /// Not an address with a port.
    #[error("must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080")]
    NotAnAddress,
    /// Metrics and public requests would share an address.
    #[error("must differ from server.listen: metrics are not for the public")]
    MetricsInPublic,
    /// Not an address or a network.
    #[error("every entry must be an address or a network, such as 10.0.0.7 or 10.0.0.0/24")]
    NotANetwork,
    /// The network of all addresses.
    #[error("must not hold every address: anyone could then claim any client address")]
    EveryNetwork,

    // [tls]
    /// A key of the listener, without the listener.
    #[error("means nothing without tls.listen")]
    TlsWithoutListen,
    /// Not where clients could reach a TLS listener.
    #[error("must be https://host or https://host:port, such as https://mtls.sso.example.gov.tw")]
    NotATlsUrl,
    /// The listener's certificate has ended, or has not begun.
    #[error(
        "the first certificate in {} is not good now (it ends {until}): put a valid one there", .path.display()
    )]
    CertificateNotGoodNow {
        /// Which file.
        path: PathBuf,
        /// When it ends.
        until: String,
    },
    /// No private key in the file, or one under a passphrase.
    #[error("{} holds no private key in PEM form without a passphrase", .path.display())]
    NotAPrivateKey {
        /// Which file.
        path: PathBuf,
    },
    /// The key belongs to another certificate.
    #[error(
        "{} is not the key of the first certificate in tls.certificate_file", .path.display()
    )]
    KeyOfAnother {
        /// Which file.
        path: PathBuf,
    },

    // [policy]
    /// No weak feature of that name.
    #[error("every entry must be one of {0}")]
    NotAWeakFeature(String),
    /// Weak features under a profile that has none.
    #[error("the profile high admits no weak feature")]
    WeakUnderHigh,

    // [database]
    /// Neither a SQLite nor a PostgreSQL address.
    #[error("must be sqlite:///absolute/path, sqlite:path or postgres://user@host:port/name")]
    NotADatabase,
    /// The database's address holds a password.
    #[error(
        "must not hold a password: put it into a file, name that in database.password_file, and remove it here"
    )]
    PasswordInUrl,
    /// The connection to another host could silently go without TLS.
    #[error(
        "must say how the connection is protected: add ?sslmode=verify-full (or sslmode=disable on a network that only you use)"
    )]
    TransportUnsaid,
    /// A password for SQLite.
    #[error("must be left out: SQLite knows no passwords")]
    PasswordForSqlite,

    // [outbound]
    /// No certificate in the file.
    #[error("{} holds no certificates in PEM form", .path.display())]
    NotCertificates {
        /// Which file.
        path: PathBuf,
    },
    /// Not a host with a port, or spelled in another way than URLs are compared.
    #[error(
        "every entry must be host:port, spelled as in URLs, such as test.example.gov.tw:443, 127.0.0.1:8443 or [::1]:8443"
    )]
    NotAHostWithPort,

    // Secrets and their files.
    /// The secret is in the environment, and a file is named, too.
    #[error("must be left out while {variable} is set: the secret is given twice")]
    GivenTwice {
        /// The environment variable that holds the secret.
        variable: String,
    },
    /// A directory or a device.
    #[error("{} is not a regular file", .path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// The file's mode lets others than its owner in.
    #[error(
        "{file} can be used by others than its owner (mode {mode:04o}); run: chmod 600 {file}",
        file = .path.display()
    )]
    OpenToOthers {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The master key is damaged.
    #[error("must hold 64 hexadecimal digits; make a new one with: openssl rand -hex 32")]
    NotAMasterKey,
    /// The salt is too short.
    #[error("must hold at least {least} characters; make a new one with: openssl rand -hex 32")]
    SaltTooShort {
        /// The least length.
        least: usize,
    },
    /// The salt is the master key.
    #[error("must not be the master key: the salt can never be replaced, the master key can")]
    SaltIsMasterKey,

    // Rules between keys.
    /// The idle limit would never be reached.
    #[error("must not be longer than policy.session_absolute_hours")]
    IdleBeyondAbsolute,
    /// The challenge would never be reached.
    #[error("must not be more than policy.lock_after")]
    ChallengeBeyondLock,
    /// A hash that is cheaper to guess than any of OWASP's settings.
    #[error(
        "is too weak: password_hash.memory_kib times password_hash.iterations must reach {least}"
    )]
    WeakHash {
        /// The least product.
        least: u32,
    },

    // [log]
    /// Not a filter.
    #[error("must be a list of directives such as `info` or `warn,fuxin=debug`: {0}")]
    NotAFilter(String),
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"))
}

fn reason(because: &str) -> String {
    if because.is_empty() { String::new() } else { format!(": {because}") }
}
