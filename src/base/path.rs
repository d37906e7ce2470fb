//! Every URL path of ours, once. Discovery, pages, cookies and `routes.rs` all name these.

/// The signed-in home.
pub const HOME: &str = "/";
/// OpenID Connect Discovery 1.0 §4.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// RFC 8414 §3.
pub const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
/// The JWK set.
pub const JWKS: &str = "/jwks";
/// The authorization endpoint.
pub const AUTHORIZE: &str = "/authorize";
/// The token endpoint.
pub const TOKEN: &str = "/token";
/// The userinfo endpoint.
pub const USERINFO: &str = "/userinfo";
/// The introspection endpoint (RFC 7662).
pub const INTROSPECTION: &str = "/introspect";
/// The revocation endpoint (RFC 7009).
pub const REVOCATION: &str = "/revoke";
/// The client registration endpoint (RFC 7591); a client's own address is below it (RFC 7592).
pub const REGISTRATION: &str = "/register";
/// A client's own address, with the placeholder of its id.
pub const REGISTERED_CLIENT: &str = "/register/{client}";
/// The end-session endpoint (RP-Initiated Logout 1.0).
pub const END_SESSION: &str = "/end-session";
/// The frame that agencies' pages ask whether the sign-in has changed (Session Management 1.0).
pub const CHECK_SESSION: &str = "/check-session";
/// The dispatcher: every page ends here.
pub const CONTINUE: &str = "/continue";
/// Sign in with account and password.
pub const SIGN_IN: &str = "/sign-in";
/// The forced change of an expired password.
pub const CHANGE_PASSWORD: &str = "/change-password";
/// Consent.
pub const CONSENT: &str = "/consent";
/// Leave the sign-in and go back to the agency with `access_denied`.
pub const CANCEL: &str = "/cancel";
/// Sign out of the provider itself.
pub const SIGN_OUT: &str = "/sign-out";
/// Help: the service desk and what each code means.
pub const HELP: &str = "/help";
/// The process is alive.
pub const LIVE: &str = "/health/live";
/// The process can serve: its database answers.
pub const READY: &str = "/health/ready";
/// Prometheus metrics.
pub const METRICS: &str = "/metrics";
/// Where machines look: an unknown address below one of these is told as JSON, any other on a page.
const OF_MACHINES: [&str; 9] = [
    "/.well-known",
    "/health",
    JWKS,
    TOKEN,
    USERINFO,
    INTROSPECTION,
    REVOCATION,
    REGISTRATION,
    LOGO,
];
/// Clients' logos, by name.
pub const LOGO: &str = "/logo";
/// One of them, with the placeholder of its name.
pub const LOGO_FILE: &str = "/logo/{file}";
/// Style sheets, scripts and icons, by name and content hash.
pub const STATIC: &str = "/static";

/// Whether machines ask at this address, or would if it existed.
pub fn is_of_machines(path: &str) -> bool {
    OF_MACHINES.iter().any(|own| {
        path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
