//! A client's own key, and the assertions it signs with it (RFC 7523): written with OpenSSL alone, so that the
//! provider's JOSE code does not judge its own work.

use fuxin::base::encoding::{base64url, hexadecimal};
use fuxin::base::random;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::sign::Signer;
use serde_json::{Value, json};

/// A key of P-256.
#[derive(Clone)]
pub struct AssertionKey(EcKey<Private>);

impl AssertionKey {
    pub fn random() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self(EcKey::generate(&group).unwrap())
    }

    /// Its public half, as a client registers it.
    pub fn jwks(&self) -> Value {
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        let point = self.0.public_key();
        point.affine_coordinates(self.0.group(), &mut x, &mut y, &mut context).unwrap();
        let coordinate = |number: &BigNum| base64url(&number.to_vec_padded(32).unwrap());
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1",
            "x": coordinate(&x), "y": coordinate(&y),
        }] })
    }

    /// Its public half, as OpenSSL writes it.
    pub fn public_key(&self) -> PKey<Public> {
        let public = EcKey::from_public_key(self.0.group(), self.0.public_key()).unwrap();
        PKey::from_ec_key(public).unwrap()
    }

    /// The header of a good assertion.
    pub fn header() -> Value {
        json!({ "alg": "ES256", "kid": "1", "typ": "JWT" })
    }

    /// Signs any claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&Self::header(), claims)
    }

    /// Signs any claims under any header.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let input = signing_input(header, claims);
        let digest = hash(MessageDigest::sha256(), input.as_bytes()).unwrap();
        let signature = EcdsaSig::sign(&digest, &self.0).unwrap();
        let mut bytes = signature.r().to_vec_padded(32).unwrap();
        bytes.extend(signature.s().to_vec_padded(32).unwrap());
        format!("{input}.{}", base64url(&bytes))
    }

    /// The claims of a good assertion.
    pub fn claims(client_id: &str, audience: &str, now: i64) -> Value {
        json!({
            "iss": client_id, "sub": client_id, "aud": audience,
            "iat": now, "exp": now + 60, "jti": hexadecimal(&random::bytes::<16>()),
        })
    }
}

/// An assertion under a secret that both sides know (`client_secret_jwt`).
pub fn sign_with_secret(secret: &str, claims: &Value) -> String {
    let input = signing_input(&json!({ "alg": "HS256", "typ": "JWT" }), claims);
    let key = PKey::hmac(secret.as_bytes()).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    let code = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url(&code))
}

/// What is signed: header and claims, each encoded (RFC 7515 §5.1).
pub fn signing_input(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}
