//! What clients and attackers do, for the tests of this module.
//!
//! Keys and signatures are made with `openssl` directly, never with the library under test; tokens are put together from
//! any header and payload, bad ones included. Not part of the product.

use std::sync::LazyLock;

use hmac::{Hmac, KeyInit, Mac};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::base::encoding::base64url;

/// A foreign key pair.
pub(super) struct ForeignKey(PKey<Private>);

pub(super) static RSA: LazyLock<ForeignKey> = LazyLock::new(|| ForeignKey::rsa(2048));
pub(super) static EC: LazyLock<ForeignKey> =
    LazyLock::new(|| ForeignKey::ec(Nid::X9_62_PRIME256V1));
pub(super) static ED: LazyLock<ForeignKey> =
    LazyLock::new(|| ForeignKey(PKey::generate_ed25519().unwrap()));

impl ForeignKey {
    pub(super) fn rsa(bits: u32) -> Self {
        Self(PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap())
    }

    pub(super) fn ec(curve: Nid) -> Self {
        let group = EcGroup::from_curve_name(curve).unwrap();
        Self(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
    }

    pub(super) fn pem(&self) -> Vec<u8> {
        self.0.public_key_to_pem().unwrap()
    }

    pub(super) fn der(&self) -> Vec<u8> {
        self.0.public_key_to_der().unwrap()
    }

    /// The public JWK: type and numbers only.
    pub(super) fn jwk(&self) -> Value {
        if let Ok(rsa) = self.0.rsa() {
            let (n, e) = (base64url(&rsa.n().to_vec()), base64url(&rsa.e().to_vec()));
            return json!({ "kty": "RSA", "n": n, "e": e });
        }
        if let Ok(x) = self.0.raw_public_key() {
            return json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(&x) });
        }
        let ec = self.0.ec_key().unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut context).unwrap();
        let bytes = i32::try_from(ec.group().degree().div_ceil(8)).unwrap();
        let curve = match ec.group().curve_name().unwrap() {
            Nid::X9_62_PRIME256V1 => "P-256",
            Nid::SECP384R1 => "P-384",
            _ => "secp256k1",
        };
        let [x, y] = [x, y].map(|number| base64url(&number.to_vec_padded(bytes).unwrap()));
        json!({ "kty": "EC", "crv": curve, "x": x, "y": y })
    }

    /// The JWK with further members.
    pub(super) fn jwk_with(&self, members: Value) -> Value {
        with(self.jwk(), members)
    }

    /// A signature in the form of JWS, whatever `openssl` gives.
    pub(super) fn signature(&self, algorithm: &str, input: &str) -> Vec<u8> {
        if self.0.id() == Id::ED25519 {
            let mut maker = Signer::new_without_digest(&self.0).unwrap();
            return maker.sign_oneshot_to_vec(input.as_bytes()).unwrap();
        }
        let mut maker = Signer::new(MessageDigest::sha256(), &self.0).unwrap();
        if algorithm == "PS256" {
            maker.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            maker.set_rsa_pss_saltlen(RsaPssSaltlen::custom(32)).unwrap();
        }
        let signature = maker.sign_oneshot_to_vec(input.as_bytes()).unwrap();
        match EcdsaSig::from_der(&signature) {
            Ok(pair) if algorithm == "ES256" => {
                let [r, s] = [pair.r(), pair.s()].map(|number| number.to_vec_padded(32).unwrap());
                [r, s].concat()
            }
            _ => signature,
        }
    }

    /// A token under this key with any header. The algorithm of the signature is that of the header.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// The same from JSON as it stands, so that it may be bad JSON.
    pub(super) fn sign_text(&self, header: &str, claims: &str) -> String {
        let algorithm = ["ES256", "PS256"].into_iter().find(|name| header.contains(name));
        let signed = signing_input(header, claims);
        let signature = self.signature(algorithm.unwrap_or("RS256"), &signed);
        format!("{signed}.{}", base64url(&signature))
    }
}

/// HMAC-SHA-256 under any bytes, taken for a secret.
pub(super) fn code(secret: &[u8], input: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.chain_update(input.as_bytes()).finalize().into_bytes().to_vec()
}

pub(super) fn signing_input(header: &str, claims: &str) -> String {
    format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()))
}

/// `base` with `members` put in; a member that is null is taken out.
pub(super) fn with(mut base: Value, members: Value) -> Value {
    let target = base.as_object_mut().unwrap();
    let Value::Object(members) = members else { panic!("members are an object") };
    for (name, value) in members {
        if value.is_null() {
            target.shift_remove(&name);
        } else {
            target.insert(name, value);
        }
    }
    base
}
