//! A client that signs its request objects, in each way there is: written with OpenSSL alone, so that the provider's JOSE
//! code does not judge its own work.

use std::sync::LazyLock;

use fuxin::base::encoding::base64url;
use fuxin::base::time::Clock;
use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use serde_json::{Value, json};

use super::app::TestApp;
use super::assertion::signing_input;
use super::relying_party::{RelyingParty, Request};

/// The ways of signing.
pub const ALGORITHMS: [&str; 4] = ["RS256", "ES256", "PS256", "EdDSA"];

/// A client's keys, one of each kind.
pub struct ObjectKeys {
    rsa: PKey<Private>,
    ec: PKey<Private>,
    ed: PKey<Private>,
}

/// The keys of the clients of these stories. Making one for RSA takes long.
pub static KEYS: LazyLock<ObjectKeys> = LazyLock::new(ObjectKeys::random);

impl ObjectKeys {
    pub fn random() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self {
            rsa: PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
            ec: PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap(),
            ed: PKey::generate_ed25519().unwrap(),
        }
    }

    /// Their public halves, as a client registers them. The one of RSA is for both of its ways.
    pub fn jwks(&self) -> Value {
        let (rsa, ec) = (self.rsa.rsa().unwrap(), self.ec.ec_key().unwrap());
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut context).unwrap();
        let number = |number: &BigNumRef, bytes| base64url(&number.to_vec_padded(bytes).unwrap());
        let public = base64url(&self.ed.raw_public_key().unwrap());
        json!({ "keys": [
            { "kty": "RSA", "kid": "rsa", "n": number(rsa.n(), 256), "e": number(rsa.e(), 3) },
            { "kty": "EC", "kid": "ec", "crv": "P-256", "x": number(&x, 32), "y": number(&y, 32) },
            { "kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": public },
        ] })
    }

    /// Signs any claims in one of [`ALGORITHMS`].
    pub fn sign(&self, algorithm: &str, claims: &Value) -> String {
        let kid = match algorithm {
            "ES256" => "ec",
            "EdDSA" => "ed",
            _ => "rsa",
        };
        self.sign_as(&json!({ "alg": algorithm, "kid": kid }), claims)
    }

    /// The same under any header.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let input = signing_input(header, claims);
        let sha256 = MessageDigest::sha256();
        let mut signer = match header["alg"].as_str() {
            Some("ES256") => Signer::new(sha256, &self.ec).unwrap(),
            Some("EdDSA") => Signer::new_without_digest(&self.ed).unwrap(),
            _ => Signer::new(sha256, &self.rsa).unwrap(),
        };
        if header["alg"] == "PS256" {
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(32)).unwrap();
        }
        let mut signature = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
        if header["alg"] == "ES256" {
            let pair = EcdsaSig::from_der(&signature).unwrap();
            let halves = [pair.r(), pair.s()].map(|half| half.to_vec_padded(32).unwrap());
            signature = halves.concat();
        }
        format!("{input}.{}", base64url(&signature))
    }
}

/// An object that nobody signed.
pub fn unsigned(claims: &Value) -> String {
    format!("{}.", signing_input(&json!({ "alg": "none" }), claims))
}

/// The claims with these changes; one that is null is taken out.
pub fn changed(mut claims: Value, changes: &Value) -> Value {
    let object = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        object.insert(name.clone(), value.clone());
    }
    object.retain(|_, value| !value.is_null());
    claims
}

impl RelyingParty {
    /// A request as the claims of an object of this client.
    pub fn object(&self, app: &TestApp, request: &Request) -> Value {
        let now = app.clock.now().seconds();
        let mut claims = json!({
            "iss": self.client_id, "aud": app.issuer, "iat": now, "exp": now + 60,
        });
        for (name, value) in &request.parameters {
            claims[name] = json!(value);
        }
        claims
    }
}

impl Request {
    /// The same request, of which only `client_id` stands in the address, and one parameter more.
    pub fn only_with(&self, name: &str, value: &str) -> Self {
        let mut only = self.clone();
        only.parameters.retain(|(own, _)| own == "client_id");
        only.with(name, value)
    }
}
