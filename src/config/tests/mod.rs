//! The configuration as an operator meets it: whole files, whole answers.
//!
//! Each test writes a folder of its own with real files and modes; nothing is set in the process's environment.

mod keys;
mod outbound;
mod secrets;
mod tls;
mod values;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::x509::X509;

use super::{Config, Problem};
use crate::base::encoding::hexadecimal;
use crate::base::random;

const MASTER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const SALT: &str = "a salt that is at least thirty-two characters long";

/// A folder of its own with the two secrets in it; gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("fuxin-config-{}", hexadecimal(&random::bytes::<8>()));
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir(&folder.0).unwrap();
        folder.write("master.key", MASTER_KEY, 0o600);
        folder.write("pairwise.salt", SALT, 0o400);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// Loads this text as a file of the folder, with these variables of the environment.
    fn load(&self, text: &str, environment: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
        let path = self.write("fuxin.toml", text, 0o644);
        load(Some(&path), environment)
    }

    /// Loads the minimal file with this text behind it.
    fn load_with(&self, text: &str) -> Result<Config, Vec<Problem>> {
        self.load(&format!("{MINIMAL}{text}"), &[])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// What has no default. Ends in [server], so that a test can go on with keys of it or with another section.
const MINIMAL: &str = r#"
database.url = "sqlite:fuxin.db"
secrets = { master_key_file = "master.key", pairwise_salt_file = "pairwise.salt" }
[server]
issuer = "https://sso.example.gov.tw"
"#;

fn load(path: Option<&Path>, environment: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    Config::load(
        path,
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

/// A certificate that signs itself, as PEM.
fn certificate() -> String {
    identity(1).0
}

/// The same, until so many days from now, and its key.
fn identity(days: u32) -> (String, String) {
    let key = PKey::generate_ed25519().unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(days).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::null()).unwrap();
    let text = |pem: Vec<u8>| String::from_utf8(pem).unwrap();
    (text(builder.build().to_pem().unwrap()), text(key.private_key_to_pem_pkcs8().unwrap()))
}

/// The problems as `check-config` prints them, without the folder's name.
fn lines(folder: &Folder, result: Result<Config, Vec<Problem>>) -> Vec<String> {
    let folder = format!("{}/", folder.0.display());
    result.unwrap_err().iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
}
