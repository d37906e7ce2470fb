//! Why nothing was fetched: one variant a rule. What a client or person is told of it is the flow's to say.
//!
//! No text here holds a piece of the URL or of the answer, so an error can be logged as it is.

use std::io;

use hyper::StatusCode;
use tokio_native_tls::native_tls;

use super::address::Reserved;

/// The rule that a fetch broke, or what failed under it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // The URL.
    /// Longer than `limits::OUTBOUND_URL`.
    #[error("the URL is too long")]
    UrlTooLong,
    /// No absolute URL in plain ASCII.
    #[error("the URL is malformed")]
    UrlMalformed,
    /// Another scheme than https.
    #[error("the URL is not https")]
    NotHttps,
    /// It names a user.
    #[error("the URL holds a user name or password")]
    Userinfo,
    /// An address that is not written as four decimal numbers, such as `0x7f.1`.
    #[error("the URL's address is written in an odd form")]
    OddAddress,
    /// Another port than 443, and not one of `outbound.private_hosts`.
    #[error("port {0} is not allowed for this host")]
    PortNotAllowed(u16),

    // The host.
    /// The name is unknown, or nobody answered for it.
    #[error("the host's name cannot be resolved: {0}")]
    Unresolved(io::Error),
    /// The name has no address.
    #[error("the host has no address")]
    NoAddress,
    /// At least one of its addresses is not public.
    #[error("an address of the host is not public: {0}")]
    AddressNotPublic(Reserved),
    /// It has failed too often; for a while nobody asks it.
    #[error("the host is left alone after repeated failures")]
    HostResting,
    /// As many fetches of this host are under way as may be.
    #[error("as many fetches of this host are under way as may be")]
    HostBusy,
    /// As many fetches are under way as may be.
    #[error("as many fetches are under way as may be")]
    Busy,

    // The connection.
    /// No address of it accepts a connection.
    #[error("no connection: {0}")]
    Unreachable(io::Error),
    /// TLS failed: mostly a certificate that is not trusted, has ended, or is for another name.
    #[error("no TLS: {0}")]
    Tls(native_tls::Error),
    /// There was no connection in time.
    #[error("no connection in time")]
    ConnectTooSlow,
    /// The answer was not complete in time.
    #[error("no complete answer in time")]
    TooSlow,

    // The answer.
    /// Status line and headers are longer than `limits::OUTBOUND_HEAD`.
    #[error("the answer's head is too long")]
    HeadTooLong,
    /// Not HTTP, or broken off.
    #[error("the answer is not HTTP, or was broken off: {0}")]
    Broken(hyper::Error),
    /// A redirect. None is followed.
    #[error("the answer is a redirect ({0})")]
    Redirect(StatusCode),
    /// Another status than 200.
    #[error("the answer has status {0}")]
    StatusNotOk(StatusCode),
    /// A content encoding, which was not asked for.
    #[error("the answer is encoded")]
    Encoded,
    /// No content type, several, or one that the purpose does not allow.
    #[error("the answer's content type is not allowed")]
    ContentTypeNotAllowed,
    /// Longer than the purpose allows.
    #[error("the answer is too long")]
    TooLong,
}

/// What an error says of its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// It does not work.
    HostFails,
    /// It works; what stands at this address does not. Other clients share the host, so it costs them nothing.
    AddressFails,
    /// It works; what it says is of no use.
    HostAnswers,
    /// Nothing: it was not asked.
    Nobody,
}

impl Error {
    /// The word for metrics.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::UrlTooLong
            | Self::UrlMalformed
            | Self::NotHttps
            | Self::Userinfo
            | Self::OddAddress
            | Self::PortNotAllowed(_) => "url_refused",
            Self::AddressNotPublic(_) => "address_refused",
            Self::Unresolved(_) | Self::NoAddress => "unresolved",
            Self::HostResting => "host_resting",
            Self::HostBusy | Self::Busy => "busy",
            Self::Unreachable(_) => "unreachable",
            Self::Tls(_) => "tls",
            Self::ConnectTooSlow | Self::TooSlow => "too_slow",
            Self::HeadTooLong | Self::TooLong => "too_long",
            Self::Broken(_) => "broken",
            Self::Redirect(_) => "redirect",
            Self::StatusNotOk(_) => "status",
            Self::Encoded | Self::ContentTypeNotAllowed => "content_type",
        }
    }

    /// Whether somebody tried to lead us where nobody may: worth a warning, not a note.
    pub const fn is_refused_by_guard(&self) -> bool {
        matches!(
            self,
            Self::Userinfo
                | Self::OddAddress
                | Self::PortNotAllowed(_)
                | Self::AddressNotPublic(_)
                | Self::Redirect(_)
        )
    }

    /// What it says of the host. A document that is missing or useless is no fault of the host, which other clients share.
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::Unresolved(_)
            | Self::NoAddress
            | Self::Unreachable(_)
            | Self::Tls(_)
            | Self::ConnectTooSlow => Blame::HostFails,
            Self::TooSlow | Self::HeadTooLong | Self::Broken(_) => Blame::AddressFails,
            Self::StatusNotOk(status) if status.is_server_error() => Blame::AddressFails,
            Self::Redirect(_)
            | Self::StatusNotOk(_)
            | Self::Encoded
            | Self::ContentTypeNotAllowed
            | Self::TooLong => Blame::HostAnswers,
            Self::UrlTooLong
            | Self::UrlMalformed
            | Self::NotHttps
            | Self::Userinfo
            | Self::OddAddress
            | Self::PortNotAllowed(_)
            | Self::AddressNotPublic(_)
            | Self::HostResting
            | Self::HostBusy
            | Self::Busy => Blame::Nobody,
        }
    }
}
