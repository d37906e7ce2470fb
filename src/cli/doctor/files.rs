//! The files: those of the secrets, their folders, and the database's, by mode and owner; and how long the TLS
//! certificate is good.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use openssl::asn1::Asn1Time;

use super::finding::Finding;
use crate::config::{Config, Location, Tls};

/// The files of the secrets, their folders, and the database's file. A secret's own mode was already a condition of
/// reading the configuration; here it is its folder's turn, and its owner's.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let secrets = [
        config.secrets.master_key_file.as_deref(),
        config.secrets.pairwise_salt_file.as_deref(),
        config.database.password_file.as_deref(),
        config.tls.as_ref().map(|tls| tls.key_file.as_path()),
    ];
    let owner = rustix::process::geteuid().as_raw();
    let mut findings: Vec<Finding> = secrets
        .into_iter()
        .flatten()
        .map(|file| {
            file_finding("key files", file, owner)
                .unwrap_or_else(|| Finding::ok("key files", format!("{}", file.display())))
        })
        .collect();
    if let Location::Sqlite(file) = &config.database.location
        && file.exists()
    {
        findings.push(database_file(file, owner));
    }
    findings.extend(config.tls.as_ref().map(tls_certificate));
    findings
}

/// How long the listener's certificate is good. That it is good now was a condition of reading the configuration.
fn tls_certificate(tls: &Tls) -> Finding {
    const CHECK: &str = "tls certificate";
    const DAYS_BEFORE: u32 = 30;
    let shown = tls.certificate_file.display();
    let Ok(identity) = tls.identity() else {
        return Finding::fault(CHECK, format!("{shown} cannot be read"), "restore it");
    };
    let end = identity.certificate.not_after();
    let found = format!("{shown} ends {end}");
    let soon = Asn1Time::days_from_now(DAYS_BEFORE);
    if soon.is_ok_and(|soon| end < soon) {
        return Finding::warning(CHECK, found, "renew it; the server takes new files by itself");
    }
    Finding::ok(CHECK, found)
}

/// What is wrong with a secret's file or its folder, if something is.
fn file_finding(check: &'static str, file: &Path, owner: u32) -> Option<Finding> {
    let shown = file.display();
    let Ok(metadata) = file.metadata() else {
        return Some(Finding::fault(check, format!("{shown} cannot be read"), "restore it"));
    };
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let found = format!("{shown} has mode {mode:04o}");
        return Some(Finding::fault(check, found, format!("chmod 600 {shown}")));
    }
    // root reads everything, so as root only the server's own user could be wrong, whom nobody here knows.
    if metadata.uid() != owner && owner != 0 {
        let found = format!("{shown} belongs to user {}, not to {owner}", metadata.uid());
        return Some(Finding::fault(check, found, format!("chown {owner} {shown}")));
    }
    let folder = folder_of(file);
    let mode = folder.metadata().ok()?.mode();
    // Who may write a folder may put another file in this one's place; in a sticky one, only the owner may.
    (mode & 0o022 != 0 && mode & 0o1000 == 0).then(|| {
        let folder = folder.display();
        let found = format!("others may write in {folder}, and replace {shown}");
        Finding::fault(check, found, format!("chmod go-w {folder}"))
    })
}

fn database_file(file: &Path, owner: u32) -> Finding {
    const CHECK: &str = "database file";
    let shown = file.display();
    let (Ok(metadata), Ok(folder)) = (file.metadata(), folder_of(file).metadata()) else {
        return Finding::fault(CHECK, format!("{shown} cannot be read"), "see that it is there");
    };
    if metadata.uid() != owner && owner != 0 {
        let found = format!("{shown} belongs to user {}, not to {owner}", metadata.uid());
        return Finding::fault(CHECK, found, format!("chown {owner} {shown}*"));
    }
    if metadata.mode() & 0o077 != 0 && folder.mode() & 0o077 != 0 {
        let folder = folder_of(file);
        let found = format!("others on this machine may read {shown}");
        return Finding::warning(CHECK, found, format!("chmod 700 {}", folder.display()));
    }
    Finding::ok(CHECK, format!("{shown}, for its owner only"))
}

/// The folder a file lies in.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
