//! Every section and key of the configuration, described once: form, bounds, fallback, meaning.
//!
//! This table is what `source` accepts, what fills a key that nobody gave, and what `generate` writes into
//! `config/example.toml` and `docs/configuration.md`, so the three cannot disagree. Rules between keys, and forms richer
//! than text, number and list, belong to the section's own file.

/// A section of the file.
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

/// A key of a section.
pub(super) struct Key {
    /// Section and key, such as `server.issuer`.
    pub(super) path: &'static str,
    pub(super) form: Form,
    pub(super) fallback: Fallback,
    pub(super) text: &'static str,
}

/// What a value looks like.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Text; the words say of which kind.
    Text(&'static str),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number within bounds.
    Number(Range),
    /// A list of texts of this kind.
    List(&'static str),
    /// The path of a file that holds a secret. The secret itself may be given in the environment, never in the file.
    SecretFile,
}

/// The bounds of a number, and why they are where they are.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) unit: &'static str,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) why_least: &'static str,
    pub(super) why_most: &'static str,
}

impl Range {
    const fn least_because(mut self, why: &'static str) -> Self {
        self.why_least = why;
        self
    }

    const fn most_because(mut self, why: &'static str) -> Self {
        self.why_most = why;
        self
    }
}

/// What holds where nobody gave the key.
#[derive(Clone, Copy)]
pub(super) enum Fallback {
    /// Nothing: it must be given.
    Required { example: &'static str },
    /// This value, written as in the environment.
    Default(&'static str),
    /// The policy profile's value.
    Profile,
    /// The key stays absent.
    Absent { example: &'static str, means: &'static str },
}

impl Key {
    pub(super) fn section(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(section, _)| section)
    }

    pub(super) fn name(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(_, name)| name)
    }

    /// For a secret's file: the path of the secret itself, which only the environment may give.
    pub(super) fn secret(&self) -> Option<&'static str> {
        match self.form {
            Form::SecretFile => self.path.strip_suffix("_file"),
            _ => None,
        }
    }
}

/// The key at `path`.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// The environment variable that gives the key, or the secret, at `path`.
pub(super) fn variable(path: &str) -> String {
    format!("{}{}", super::VARIABLE_PREFIX, path.replace('.', "__").to_ascii_uppercase())
}

const fn number(unit: &'static str, least: u32, most: u32) -> Range {
    Range { unit, least, most, why_least: "", why_most: "" }
}

const fn key(path: &'static str, form: Form, fallback: Fallback, text: &'static str) -> Key {
    Key { path, form, fallback, text }
}

const fn policy(path: &'static str, range: Range, text: &'static str) -> Key {
    Key { path, form: Form::Number(range), fallback: Fallback::Profile, text }
}

pub(super) const SECTIONS: &[Section] = &[
    Section { name: "server", text: "Who the provider is and where it listens." },
    Section {
        name: "tls",
        text: "A listener of Fuxin's own, beside the plain one, for clients that prove who they are with a TLS certificate \
               (RFC 8705). Without `listen` there is none, and such clients are not let in.",
    },
    Section { name: "database", text: "Where everything is kept." },
    Section {
        name: "secrets",
        text: "The two secrets of a deployment. Back both up, apart from the database.",
    },
    Section {
        name: "policy",
        text: "The rules for sign-in, sessions and tokens: a profile, and values that differ from it.",
    },
    Section {
        name: "password_hash",
        text: "What one Argon2id hash costs, and how many run at once.",
    },
    Section {
        name: "outbound",
        text: "What Fuxin fetches from agencies' sites: keys, request objects, logos, and word of a logout. Always https, \
               and only from public addresses and port 443.",
    },
    Section { name: "service_desk", text: "Whom people are told to call." },
    Section { name: "log", text: "The program's log, written to standard error." },
];

pub(super) const KEYS: &[Key] = &[
    // [server]
    key(
        "server.issuer",
        Form::Text("URL"),
        Fallback::Required { example: "https://sso.example.gov.tw" },
        "The address that people and agencies see; the `iss` of every token. https, or http on a loopback host. \
         It must not change once an agency relies on it.",
    ),
    key(
        "server.listen",
        Form::Text("address:port"),
        Fallback::Default("127.0.0.1:8080"),
        "Where requests are accepted, in plain HTTP: a proxy in front ends TLS.",
    ),
    key(
        "server.metrics_listen",
        Form::Text("address:port"),
        Fallback::Absent { example: "127.0.0.1:9464", means: "metrics are not served" },
        "Where metrics are served, apart from the public address.",
    ),
    key(
        "server.trusted_proxies",
        Form::List("address or network"),
        Fallback::Default(""),
        "The proxies whose word about the client's address is believed. Empty: nobody's; the peer is the client.",
    ),
    key(
        "server.shutdown_seconds",
        Form::Number(
            number("seconds", 1, 8).most_because("the program ends within ten seconds of being told"),
        ),
        Fallback::Default("8"),
        "How long requests in flight may finish once the program was told to stop.",
    ),
    // [tls]
    key(
        "tls.listen",
        Form::Text("address:port"),
        Fallback::Absent { example: "0.0.0.0:8443", means: "there is no such listener" },
        "Where TLS connections are accepted, from clients themselves: a proxy that ends TLS would keep the certificate.",
    ),
    key(
        "tls.url",
        Form::Text("URL"),
        Fallback::Absent {
            example: "https://mtls.sso.example.gov.tw:8443",
            means: "required with `listen`",
        },
        "How clients reach that listener: the metadata lists its endpoints as `mtls_endpoint_aliases`.",
    ),
    key(
        "tls.certificate_file",
        Form::Text("path of a file"),
        Fallback::Absent { example: "tls.pem", means: "required with `listen`" },
        "Its certificate for that host, then those between it and a root (PEM). Read again when it or the key changes.",
    ),
    key(
        "tls.key_file",
        Form::Text("path of a file"),
        Fallback::Absent { example: "tls.key", means: "required with `listen`" },
        "The private key of that certificate (PEM, no passphrase), for its owner only: mode 600.",
    ),
    key(
        "tls.client_ca_file",
        Form::Text("path of a file"),
        Fallback::Absent {
            example: "client-ca.pem",
            means: "clients with `tls_client_auth` are not let in, only such with a registered key",
        },
        "Certificates (PEM) of the authorities that vouch for clients' certificates. Read at the start.",
    ),
    // [database]
    key(
        "database.url",
        Form::Text("URL"),
        Fallback::Required { example: "sqlite:///var/lib/fuxin/fuxin.db" },
        "`sqlite:///absolute/path`, `sqlite:path`, or `postgres://user@host:port/name?sslmode=verify-full`. \
         A PostgreSQL server on another host needs `sslmode`. Never a password.",
    ),
    key(
        "database.password_file",
        Form::SecretFile,
        Fallback::Absent { example: "database.password", means: "PostgreSQL is asked for no password" },
        "The file that holds the PostgreSQL user's password.",
    ),
    key(
        "database.connections",
        Form::Number(number("connections", 1, 256)),
        Fallback::Default("8"),
        "SQLite: connections that read, besides the one that writes. PostgreSQL: the size of the pool.",
    ),
    // [secrets]
    key(
        "secrets.master_key_file",
        Form::SecretFile,
        Fallback::Required { example: "master.key" },
        "The file that holds the master key: 64 hexadecimal digits (`openssl rand -hex 32`). All other keys are derived \
         from it or wrapped with it.",
    ),
    key(
        "secrets.pairwise_salt_file",
        Form::SecretFile,
        Fallback::Required { example: "pairwise.salt" },
        "The file that holds the salt of pairwise subjects: at least 32 characters (`openssl rand -hex 32`). It must \
         never change: every agency would see every person as a new one.",
    ),
    // [policy]
    key(
        "policy.profile",
        Form::Choice(super::policy::PROFILES),
        Fallback::Default("gsp"),
        "The set of rules. `gsp`: the behaviour that members of the government portal know, hardened. `modern`: longer \
         passwords that do not expire every two years. `high`: short sessions, and no weak feature at all.",
    ),
    key(
        "policy.weak_features",
        Form::List("the name of a weak feature"),
        Fallback::Default(""),
        "What a specification allows and a careful deployment does not offer: implicit_flow, hybrid_flow, no_pkce, \
         unsigned_request_object, unsigned_id_token, hs256, client_secret_jwt, compat_audience, \
         dynamic_registration. Each is open only to clients that are registered with it, too. `serve` names each that is listed; the \
         profile `high` admits none.",
    ),
    key(
        "policy.session_management",
        Form::Choice(super::policy::SWITCH),
        Fallback::Default("off"),
        "Whether agencies' pages may ask a frame of ours if the sign-in has changed (OpenID Connect Session Management). It \
         needs a cookie that scripts and frames on other sites can use, and works only in browsers that allow those: \
         prefer back-channel logout.",
    ),
    policy(
        "policy.session_idle_minutes",
        number("minutes", 5, 1440),
        "After so long without use, a session no longer signs in silently. Tokens are not affected.",
    ),
    policy(
        "policy.session_absolute_hours",
        number("hours", 1, 24)
            .most_because("NIST SP 800-63B-4 (AAL2) asks for a fresh authentication every 24 hours"),
        "After so long since sign-in a session ends, and with it every token without `offline_access`.",
    ),
    policy(
        "policy.authorization_code_seconds",
        number("seconds", 10, 60).most_because("a code that lives longer can be stolen and used"),
        "How long an authorization code may be redeemed.",
    ),
    policy(
        "policy.access_token_seconds",
        number("seconds", 60, 3600)
            .most_because("a stolen access token works until it ends or somebody notices"),
        "How long an access token is valid, at most.",
    ),
    policy(
        "policy.refresh_token_days",
        number("days", 1, 365),
        "A refresh token with `offline_access`, and every one that follows from it, ends so long after its authorization.",
    ),
    policy(
        "policy.id_token_seconds",
        number("seconds", 60, 3600),
        "How long an ID token is valid. An agency reads it once, at once.",
    ),
    policy(
        "policy.interaction_minutes",
        number("minutes", 5, 120)
            .least_because("people who use assistive technology need time to sign in"),
        "How long a person has from an agency's request to its answer.",
    ),
    policy(
        "policy.password_minimum",
        number("characters", 8, 64).least_because("NIST SP 800-63B-4 asks for 8 at the very least"),
        "The shortest password that is accepted.",
    ),
    policy(
        "policy.password_lifetime_days",
        number("days", 30, 36500),
        "After so long a password must be changed before the next session begins.",
    ),
    policy(
        "policy.challenge_after",
        number("failures", 1, 5).most_because("the lock comes after 5"),
        "Consecutive failures after which a sign-in also asks for a proof of work.",
    ),
    policy(
        "policy.lock_after",
        number("failures", 3, 5)
            .least_because("fewer would lock people out for a slip of the finger")
            .most_because("the government's control baseline (附表十) locks after 5 failures"),
        "Consecutive failures after which password sign-in is locked.",
    ),
    policy(
        "policy.lock_minutes",
        number("minutes", 15, 1440).least_because(
            "the government's control baseline (附表十) asks for 15 minutes or more after 5 failures",
        ),
        "How long the lock lasts.",
    ),
    policy(
        "policy.disable_after",
        number("failures", 20, 100)
            .most_because("NIST SP 800-63B-4 allows no more than 100 consecutive failures"),
        "Consecutive failures, through all locks and from all devices together, that disable the password.",
    ),
    policy(
        "policy.known_device_days",
        number("days", 1, 400).most_because("browsers keep no cookie for longer than 400 days"),
        "How long a device that has signed in to an account keeps a count of failures of its own.",
    ),
    policy(
        "policy.deleted_account_days",
        number("days", 1, 365),
        "How long the owner of a deleted account is told so; then the account is unknown, and its password's hash is removed.",
    ),
    policy(
        "policy.key_rotation_days",
        number("days", 7, 365),
        "After so long the next signing key takes over.",
    ),
    // [password_hash]
    key(
        "password_hash.memory_kib",
        Form::Number(number("KiB", 7168, 1_048_576).least_because("OWASP's smallest setting is 7168 with 5 passes")),
        Fallback::Default("19456"),
        "Memory of one hash. Memory times passes must reach 35840.",
    ),
    key(
        "password_hash.iterations",
        Form::Number(number("passes", 1, 64)),
        Fallback::Default("2"),
        "Passes over the memory.",
    ),
    key(
        "password_hash.parallelism",
        Form::Number(number("lanes", 1, 16)),
        Fallback::Default("1"),
        "Lanes of one hash.",
    ),
    key(
        "password_hash.threads",
        Form::Number(number("threads", 1, 256)),
        Fallback::Absent { example: "2", means: "one for each processor core" },
        "Hashes that run at once.",
    ),
    key(
        "password_hash.queue",
        Form::Number(number("hashes", 1, 256)),
        Fallback::Default("256"),
        "Hashes that may wait; a further sign-in is asked to try again in a moment.",
    ),
    // [outbound]
    key(
        "outbound.extra_ca_file",
        Form::Text("path of a file"),
        Fallback::Absent { example: "extra-ca.pem", means: "only the system's authorities are trusted" },
        "Certificates (PEM) of authorities that are trusted besides those of the system.",
    ),
    key(
        "outbound.private_hosts",
        Form::List("host:port"),
        Fallback::Default(""),
        "For tests with agencies' sites that are not public yet: hosts that may have a private or loopback address, and the \
         port of each. All else holds for them, too. Each is named in the log at the start.",
    ),
    // [service_desk]
    key(
        "service_desk.phone",
        Form::Text("as people read it"),
        Fallback::Default("(02)2192-7111"),
        "The telephone number shown on help and error pages.",
    ),
    key(
        "service_desk.hours_zh_hant",
        Form::Text("as people read it"),
        Fallback::Absent { example: "週一至週五 08:30–17:30", means: "no hours are shown" },
        "Its hours, in Chinese.",
    ),
    key(
        "service_desk.hours_en",
        Form::Text("as people read it"),
        Fallback::Absent { example: "Monday to Friday, 08:30–17:30", means: "no hours are shown" },
        "Its hours, in English.",
    ),
    // [log]
    key(
        "log.format",
        Form::Choice(super::log::FORMATS),
        Fallback::Default("json"),
        "`json` for machines, `text` for people.",
    ),
    key(
        "log.filter",
        Form::Text("directives"),
        Fallback::Default("info"),
        "What is logged, such as `info` or `warn,fuxin=debug`.",
    ),
];
