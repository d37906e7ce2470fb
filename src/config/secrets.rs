//! `[secrets]`: the master key and the salt of pairwise subjects; and how any secret's file is read.
//!
//! A secret comes from a file that its owner alone may use, or from the environment. OpenID Connect Core §8.1 (salt).

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::describe;
use super::problem::Fault;
use super::source::{Reported, Source};
use crate::base::limits;
use crate::base::master_key::MasterKey;
use crate::base::secret::Secret;

const SALT_LEAST: usize = 32;

/// The two secrets of a deployment.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// What all other keys are derived from or wrapped with.
    pub master_key: MasterKey,
    /// Where the master key lies, unless the environment gave it.
    pub master_key_file: Option<PathBuf>,
    /// What pairwise subjects are computed with. Never changes.
    pub pairwise_salt: Secret<String>,
    /// Where the salt lies, unless the environment gave it.
    pub pairwise_salt_file: Option<PathBuf>,
}

impl Secrets {
    pub(super) fn read(source: &mut Source) -> Result<Self, Reported> {
        const KEY: &str = "secrets.master_key_file";
        const SALT: &str = "secrets.pairwise_salt_file";
        let key = required(source, KEY);
        let salt = required(source, SALT);
        if let (Ok(key), Ok(salt)) = (&key, &salt)
            && bool::from(key.text.expose().as_bytes().ct_eq(salt.text.expose().as_bytes()))
        {
            source.refuse(SALT, Fault::SaltIsMasterKey);
        }
        let master_key = key.as_ref().map_err(|reported| *reported).and_then(|key| {
            MasterKey::from_hexadecimal(key.text.expose())
                .ok_or_else(|| source.refuse(KEY, Fault::NotAMasterKey))
        });
        let salt = salt?;
        if salt.text.expose().chars().count() < SALT_LEAST {
            return Err(source.refuse(SALT, Fault::SaltTooShort { least: SALT_LEAST }));
        }
        Ok(Self {
            master_key: master_key?,
            master_key_file: key?.file,
            pairwise_salt: salt.text,
            pairwise_salt_file: salt.file,
        })
    }
}

/// A secret and, unless the environment gave it, its file.
pub(super) struct Given {
    pub(super) text: Secret<String>,
    pub(super) file: Option<PathBuf>,
}

fn required(source: &mut Source, path: &'static str) -> Result<Given, Reported> {
    match find(source, path)? {
        Some(given) => Ok(given),
        None => Err(source.miss(path)),
    }
}

/// The secret that the file key `path` stands for, from the environment or the file; `None` where neither is named.
pub(super) fn find(source: &mut Source, path: &'static str) -> Result<Option<Given>, Reported> {
    if let Some(text) = source.take_secret(path) {
        if source.is_given(path) {
            let variable = describe::variable(path.trim_end_matches("_file"));
            return Err(source.refuse(path, Fault::GivenTwice { variable }));
        }
        return Ok(Some(Given { text: trimmed(text.expose()), file: None }));
    }
    if !source.is_given(path) {
        return Ok(None);
    }
    let file = source.parse(path, |text| Ok(text.to_owned()))?;
    let file = source.path(path, file);
    match read_file(&file) {
        Ok(text) => Ok(Some(Given { text, file: Some(file) })),
        Err(fault) => Err(source.refuse(path, fault)),
    }
}

/// The text of a secret's file, white space around it removed.
pub(super) fn read_file(path: &Path) -> Result<Secret<String>, Fault> {
    let unreadable = |because| Fault::Unreadable { path: path.to_owned(), because };
    // Asked before it is opened: opening a pipe would wait for a writer.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(Fault::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Fault::OpenToOthers { path: path.to_owned(), mode });
    }
    // Room for the whole from the start, so that growing leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(limits::SECRET_FILE + 1));
    file.take(limits::SECRET_FILE as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() > limits::SECRET_FILE {
        return Err(Fault::FileTooLong { path: path.to_owned(), most: limits::SECRET_FILE });
    }
    Ok(trimmed(&text))
}

fn trimmed(text: &str) -> Secret<String> {
    Secret::new(text.trim().to_owned())
}
