//! The algorithms that a client may sign its assertions and request objects with: a closed set.
//!
//! RFC 7518 §3.1, RFC 8037. The set cannot express `none` or a symmetric algorithm, so no configuration and no header can ask for
//! one. What Fuxin itself signs with is `oauth::client_metadata::SigningAlgorithm`, closed in the same way.

/// What a client may sign with a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssertionAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    Ps256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// Ed25519.
    EdDsa,
}

impl AssertionAlgorithm {
    /// Every one of them, as discovery lists them.
    pub const ALL: [Self; 4] = [Self::Es256, Self::Ps256, Self::Rs256, Self::EdDsa];

    /// The name in headers and metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that name, which is case-sensitive (RFC 7515 §4.1.1).
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-JOS-01, A-JOS-02
    #[test]
    fn no_name_but_the_four_is_an_assertion_algorithm() {
        for name in
            ["none", "None", "", "HS256", "es256", "ES256 ", "RS1", "RSA1_5", "EDDSA", "Ed448"]
        {
            assert_eq!(AssertionAlgorithm::named(name), None, "{name}");
        }
        for algorithm in AssertionAlgorithm::ALL {
            assert_eq!(AssertionAlgorithm::named(algorithm.as_str()), Some(algorithm));
        }
    }
}
