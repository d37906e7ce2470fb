//! Authorities and the certificates they give, or that clients give themselves: made with OpenSSL, good and bad.

use openssl::asn1::{Asn1Integer, Asn1Time, Asn1TimeRef};
use openssl::bn::{BigNum, BigNumContext, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509, X509Builder, X509Name};
use serde_json::{Value, json};

use fuxin::base::encoding::base64url;

const DAY: i64 = 86_400;

/// Who vouches for others.
pub struct Authority {
    pub own: Shown,
}

/// A certificate, its key, and what is shown with it.
#[derive(Clone)]
pub struct Shown {
    pub certificate: X509,
    pub key: PKey<Private>,
    pub between: Vec<X509>,
}

/// What a certificate shall say.
#[derive(Clone)]
pub struct Wanted {
    /// Attributes of the subject, the root first.
    pub subject: Vec<(Nid, String)>,
    pub dns: Option<String>,
    pub uri: Option<String>,
    pub ip: Option<String>,
    pub email: Option<String>,
    /// Days from now.
    pub from: i64,
    pub until: i64,
    /// Whether it is for clients, or for servers; for anything if `None`.
    pub for_clients: Option<bool>,
}

impl Wanted {
    /// A certificate of this common name, good from yesterday until tomorrow.
    pub fn named(name: &str) -> Self {
        Self {
            subject: vec![
                (Nid::COUNTRYNAME, "TW".to_owned()),
                (Nid::ORGANIZATIONNAME, "數位發展部".to_owned()),
                (Nid::COMMONNAME, name.to_owned()),
            ],
            dns: None,
            uri: None,
            ip: None,
            email: None,
            from: -1,
            until: 1,
            for_clients: None,
        }
    }

    /// One that its owner signed.
    pub fn self_signed(&self) -> Shown {
        let key = new_key();
        let mut builder = self.begun(&key);
        builder.set_issuer_name(&self.name()).unwrap();
        self.extend(&mut builder);
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Shown { certificate: builder.build(), key, between: Vec::new() }
    }

    fn name(&self) -> X509Name {
        let mut builder = X509Name::builder().unwrap();
        for (kind, text) in &self.subject {
            builder.append_entry_by_nid(*kind, text).unwrap();
        }
        builder.build()
    }

    fn begun(&self, key: &PKey<Private>) -> X509Builder {
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(64, MsbOption::MAYBE_ZERO, false).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&serial).unwrap()).unwrap();
        builder.set_subject_name(&self.name()).unwrap();
        builder.set_pubkey(key).unwrap();
        builder.set_not_before(&day(self.from)).unwrap();
        builder.set_not_after(&day(self.until)).unwrap();
        builder
    }

    fn extend(&self, builder: &mut X509Builder) {
        let mut names = SubjectAlternativeName::new();
        self.dns.iter().for_each(|name| _ = names.dns(name));
        self.uri.iter().for_each(|name| _ = names.uri(name));
        self.ip.iter().for_each(|name| _ = names.ip(name));
        self.email.iter().for_each(|name| _ = names.email(name));
        if [&self.dns, &self.uri, &self.ip, &self.email].into_iter().any(Option::is_some) {
            let names = names.build(&builder.x509v3_context(None, None)).unwrap();
            builder.append_extension(names).unwrap();
        }
        if let Some(for_clients) = self.for_clients {
            let mut usage = ExtendedKeyUsage::new();
            if for_clients {
                usage.client_auth()
            } else {
                usage.server_auth()
            };
            builder.append_extension(usage.build().unwrap()).unwrap();
        }
    }
}

impl Authority {
    /// A root of its own.
    pub fn new(name: &str) -> Self {
        let (wanted, key) = (Wanted::named(name), new_key());
        let mut builder = wanted.begun(&key);
        builder.set_issuer_name(&wanted.name()).unwrap();
        Self::sign(builder, &key, key.clone(), Vec::new())
    }

    /// One that this one vouches for.
    pub fn below(&self, name: &str) -> Self {
        let (wanted, key) = (Wanted::named(name), new_key());
        let mut builder = wanted.begun(&key);
        builder.set_issuer_name(self.own.certificate.subject_name()).unwrap();
        Self::sign(builder, &self.own.key, key, self.chain())
    }

    /// A certificate that says this.
    pub fn give(&self, wanted: &Wanted) -> Shown {
        let key = new_key();
        let mut builder = wanted.begun(&key);
        builder.set_issuer_name(self.own.certificate.subject_name()).unwrap();
        wanted.extend(&mut builder);
        builder.sign(&self.own.key, MessageDigest::sha256()).unwrap();
        Shown { certificate: builder.build(), key, between: self.chain() }
    }

    /// Its certificate, as a file has it.
    pub fn pem(&self) -> String {
        String::from_utf8(self.own.certificate.to_pem().unwrap()).unwrap()
    }

    /// What has to be shown with a certificate of its own; a root is known.
    fn chain(&self) -> Vec<X509> {
        let mut chain = self.own.between.clone();
        chain.insert(0, self.own.certificate.clone());
        chain
    }

    fn sign(
        mut builder: X509Builder,
        by: &PKey<Private>,
        key: PKey<Private>,
        between: Vec<X509>,
    ) -> Self {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap();
        builder.append_extension(usage).unwrap();
        builder.sign(by, MessageDigest::sha256()).unwrap();
        Self { own: Shown { certificate: builder.build(), key, between } }
    }
}

impl Shown {
    /// Certificate and chain, as a file has them.
    pub fn pem(&self) -> String {
        let all = std::iter::once(&self.certificate).chain(&self.between);
        all.map(|one| String::from_utf8(one.to_pem().unwrap()).unwrap()).collect()
    }

    /// The key, as a file has it.
    pub fn key_pem(&self) -> String {
        String::from_utf8(self.key.private_key_to_pem_pkcs8().unwrap()).unwrap()
    }

    /// A set with its key alone, as a client registers it.
    pub fn jwks(&self) -> Value {
        let key = self.key.ec_key().unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).unwrap();
        let coordinate = |number: &BigNum| base64url(&number.to_vec_padded(32).unwrap());
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "x": coordinate(&x), "y": coordinate(&y),
        }] })
    }
}

fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn day(days: i64) -> impl std::ops::Deref<Target = Asn1TimeRef> {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    Asn1Time::from_unix(i64::try_from(now).unwrap() + days * DAY).unwrap()
}
