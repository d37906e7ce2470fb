//! Whether a client can ever use the keys that it registers: what its settings make use of must find a key in its `jwks`.
//!
//! RFC 7517 §5, OpenID Connect Registration §2. The set's form is `oauth::client_registration`'s; here its keys are read as
//! the flows will read them, so that a client's owner hears of a bad one at registration and not from the first people who
//! sign in. Keys behind a `jwks_uri` may change every day and are judged where they are used.

use serde_json::Value;

use crate::jose::certificate_key;
use crate::jose::encryption::{self, Recipient};
use crate::jose::key_set::{self, PublicKeySet};
use crate::oauth::client_metadata::{
    ClientMetadata, ContentEncryption, RequestObjectAlgorithm, TokenEndpointAuthMethod,
};
use crate::oauth::client_registration::ClientRegistration;

/// Why keys could never be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No signature of the client's could be verified.
    #[error("jwks: {0}")]
    Verification(#[from] key_set::Error),
    /// Nothing could be encrypted for the client.
    #[error("jwks: {0}")]
    Encryption(#[from] encryption::Error),
    /// No certificate of the client's could be known again.
    #[error("jwks: no key can be that of a certificate")]
    Certificate,
}

/// Looks at the keys that stand in the registration itself, if any.
pub fn confirm(registration: &ClientRegistration) -> Result<(), Error> {
    let settings = registration.settings();
    let Some(set) = &settings.jwks else { return Ok(()) };
    let has_certificate =
        settings.token_endpoint_auth_method == TokenEndpointAuthMethod::SelfSignedTlsClientAuth;
    if has_certificate && !certificate_key::is_any(set) {
        return Err(Error::Certificate);
    }
    // Who signs nothing may have any keys besides, for others to read.
    if signs(settings) {
        PublicKeySet::parse(set)?;
    }
    encryption_keys(settings, set)
}

/// Whether it says that it signs something with these keys.
fn signs(settings: &ClientMetadata) -> bool {
    let objects = settings.request_object_signing_alg;
    settings.token_endpoint_auth_method == TokenEndpointAuthMethod::PrivateKeyJwt
        || objects.is_some_and(|of| of != RequestObjectAlgorithm::Unsigned)
}

fn encryption_keys(settings: &ClientMetadata, set: &Value) -> Result<(), Error> {
    let algorithms =
        [settings.id_token_encrypted_response_alg, settings.userinfo_encrypted_response_alg];
    for algorithm in algorithms.into_iter().flatten() {
        // Which key it is does not hang on how the content is encrypted.
        Recipient::choose(set, algorithm, ContentEncryption::A256Gcm)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::client_metadata::{ApplicationType, EncryptionAlgorithm};
    use crate::oauth::redirect_uri::RedirectUri;

    /// RFC 7517, Appendix A.1, with other members.
    fn key(members: Value) -> Value {
        let mut key = json!({
            "kty": "EC", "crv": "P-256", "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        });
        let Value::Object(members) = members else { panic!() };
        key.as_object_mut().unwrap().extend(members);
        key
    }

    fn judged(key: &Value, change: fn(&mut ClientMetadata)) -> Result<(), Error> {
        let uri = RedirectUri::register("https://a.test/cb", ApplicationType::Web).unwrap();
        let mut settings = ClientMetadata {
            client_name: "a".to_owned(),
            redirect_uris: vec![uri],
            jwks: Some(json!({ "keys": [key] })),
            ..ClientMetadata::default()
        };
        change(&mut settings);
        confirm(&settings.register().unwrap())
    }

    fn nothing(_: &mut ClientMetadata) {}

    fn asserts(it: &mut ClientMetadata) {
        it.token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
    }

    fn signs_objects(it: &mut ClientMetadata) {
        it.request_object_signing_alg = Some(RequestObjectAlgorithm::Es256);
    }

    fn shows_a_certificate(it: &mut ClientMetadata) {
        it.token_endpoint_auth_method = TokenEndpointAuthMethod::SelfSignedTlsClientAuth;
    }

    fn reads_encrypted(it: &mut ClientMetadata) {
        it.id_token_encrypted_response_alg = Some(EncryptionAlgorithm::EcdhEs);
    }

    fn reads_encrypted_userinfo(it: &mut ClientMetadata) {
        it.userinfo_encrypted_response_alg = Some(EncryptionAlgorithm::EcdhEs);
    }

    #[test]
    fn a_good_key_is_good_for_everything() {
        for use_of_it in [
            nothing,
            asserts,
            signs_objects,
            shows_a_certificate,
            reads_encrypted,
            reads_encrypted_userinfo,
        ] {
            assert_eq!(judged(&key(json!({})), use_of_it), Ok(()));
        }
    }

    #[test]
    fn a_key_that_verifies_nothing_is_refused_with_the_reason() {
        use key_set::Error::{CurveNotSupported, KeyInvalid, NoKey, NumberMalformed};
        for (members, error) in [
            (json!({ "crv": "P-384" }), CurveNotSupported),
            (json!({ "x": "AA" }), NumberMalformed("x")),
            (json!({ "x": "A".repeat(43) }), KeyInvalid),
        ] {
            for use_of_it in [asserts, signs_objects] {
                let refused = judged(&key(members.clone()), use_of_it);
                assert_eq!(refused, Err(Error::Verification(error)), "{members}");
            }
            // Somebody else may read it.
            assert_eq!(judged(&key(members.clone()), nothing), Ok(()), "{members}");
        }
        for only in [json!({ "use": "enc" }), json!({ "alg": "ECDH-ES" })] {
            for use_of_it in [asserts, signs_objects] {
                let refused = judged(&key(only.clone()), use_of_it);
                assert_eq!(refused, Err(Error::Verification(NoKey)), "{only}");
            }
            for use_of_it in [nothing, reads_encrypted] {
                assert_eq!(judged(&key(only.clone()), use_of_it), Ok(()), "{only}");
            }
        }
    }

    #[test]
    fn who_wants_encrypted_tokens_has_a_key_to_encrypt_them_for() {
        let refused = Err(Error::Encryption(encryption::Error::NoKey(EncryptionAlgorithm::EcdhEs)));
        for use_of_it in [reads_encrypted, reads_encrypted_userinfo] {
            assert_eq!(judged(&key(json!({ "use": "sig" })), use_of_it), refused);
            assert_eq!(judged(&key(json!({ "use": "enc" })), use_of_it), Ok(()));
        }
    }

    #[test]
    fn a_certificates_key_needs_to_be_one_and_no_more() {
        for members in [json!({ "use": "enc" }), json!({ "crv": "P-384" }), json!({ "x": "AA" })] {
            let refused = judged(&key(members.clone()), shows_a_certificate);
            assert_eq!(refused, Err(Error::Certificate), "{members}");
        }
        // RFC 8037, Appendix A.2, made for nothing that is verified here.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let other = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "alg": "Ed25519ph" });
        assert_eq!(judged(&other, shows_a_certificate), Ok(()));
        let unfit = Err(Error::Verification(key_set::Error::AlgorithmNotSupported));
        assert_eq!(judged(&other, asserts), unfit);
    }
}
