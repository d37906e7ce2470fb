//! The names of all metrics. Labels are bounded: a route's pattern, a status, a closed set of outcomes; never an id.

/// Requests by route, method and status.
pub const REQUESTS: &str = "fuxin_requests_total";
/// Seconds that requests took, by route.
pub const REQUEST_SECONDS: &str = "fuxin_request_seconds";
/// Sign-in attempts by method and outcome.
pub const SIGN_INS: &str = "fuxin_sign_ins_total";
/// Tokens issued, by grant type.
pub const TOKENS: &str = "fuxin_tokens_issued_total";
/// Password hashes that wait or run.
pub const HASHES_QUEUED: &str = "fuxin_password_hashes_queued";
/// Writes that were committed together, a histogram of group sizes.
pub const WRITE_GROUP: &str = "fuxin_store_write_group";
/// Replays of codes and refresh tokens that revoked a grant.
pub const REPLAYS: &str = "fuxin_replays_total";
/// 1 for each weak feature that the deployment offers, by feature: an alarm on it tells what was meant to be for a while.
pub const WEAK_FEATURES: &str = "fuxin_weak_features";
/// TLS handshakes by outcome.
pub const TLS_HANDSHAKES: &str = "fuxin_tls_handshakes_total";
/// When the TLS listener's certificate ends, in seconds since 1970.
pub const TLS_CERTIFICATE_END: &str = "fuxin_tls_certificate_end_seconds";
/// Uses of weak features that are worth a count: those that a client could do without by a change of its own.
pub const WEAK_FEATURE_USES: &str = "fuxin_weak_feature_uses_total";
/// Outbound fetches by purpose and outcome.
pub const OUTBOUND: &str = "fuxin_outbound_fetches_total";
