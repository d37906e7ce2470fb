//! What Fuxin fetches for, as a closed list: how much of each is read, and which content types it may have.
//!
//! OpenID Connect Registration §2 and §5 (`jwks_uri`, `logo_uri`, `sector_identifier_uri`), RFC 7517 §8.5, RFC 9101 §5.2
//! (`request_uri`), OpenID Connect Back-Channel Logout §2.5.

use crate::base::limits;

/// Why something is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A client's keys, behind its `jwks_uri`.
    ClientKeys,
    /// The list of redirect URIs behind a `sector_identifier_uri`.
    SectorIdentifier,
    /// A request object, behind a `request_uri`.
    RequestObject,
    /// A client's logo, behind its `logo_uri`.
    Logo,
    /// Telling a client that a session has ended. No document comes back.
    BackchannelLogout,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ClientKeys,
        Self::SectorIdentifier,
        Self::RequestObject,
        Self::Logo,
        Self::BackchannelLogout,
    ];

    /// The word for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientKeys => "client_keys",
            Self::SectorIdentifier => "sector_identifier",
            Self::RequestObject => "request_object",
            Self::Logo => "logo",
            Self::BackchannelLogout => "backchannel_logout",
        }
    }

    /// Bytes of the document.
    pub const fn most(self) -> usize {
        match self {
            Self::ClientKeys => limits::CLIENT_KEYS_DOCUMENT,
            Self::SectorIdentifier => limits::SECTOR_DOCUMENT,
            Self::RequestObject => limits::REQUEST_OBJECT_DOCUMENT,
            Self::Logo => limits::LOGO_DOCUMENT,
            Self::BackchannelLogout => 0,
        }
    }

    /// The content types that the document may have, without parameters. SVG is none: it is a program, not a picture.
    pub const fn content_types(self) -> &'static [&'static str] {
        match self {
            Self::ClientKeys => &["application/json", "application/jwk-set+json"],
            Self::SectorIdentifier => &["application/json"],
            Self::RequestObject => &["application/oauth-authz-req+jwt", "application/jwt"],
            Self::Logo => &["image/png", "image/jpeg", "image/gif", "image/webp"],
            Self::BackchannelLogout => &[],
        }
    }
}

const _: () = {
    assert!(limits::CLIENT_KEYS_DOCUMENT <= limits::DOCUMENT);
    assert!(limits::SECTOR_DOCUMENT <= limits::DOCUMENT);
    assert!(limits::REQUEST_OBJECT_DOCUMENT <= limits::DOCUMENT);
    assert!(limits::LOGO_DOCUMENT <= limits::DOCUMENT);
};
