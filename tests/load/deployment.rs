//! A deployment to measure: a folder with a configuration that `fuxin serve` takes, its two secrets and, for SQLite, the
//! database. The ledger of bearer values lies beside them and is the driver's own.
//!
//! Sessions of the filled database are to serve for a day, so the limits of sessions are the longest that the policy
//! allows; everything else is at its default.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use fuxin::base::encoding::hexadecimal;
use fuxin::base::master_key::MasterKey;
use fuxin::base::random;
use fuxin::config::{self, Config};
use fuxin::context::Secrets;
use fuxin::store::Store;

use crate::Outcome;
use crate::http::Origin;

/// An existing folder.
#[derive(Debug)]
pub struct Deployment {
    folder: PathBuf,
    /// What `serve` is told.
    pub config: Config,
}

impl Deployment {
    /// Makes a folder that must not exist yet.
    pub fn create(folder: &Path, port: u16, postgres: Option<&str>) -> Outcome<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if folder.join("fuxin.toml").exists() {
            return Err(format!("{} is filled already", folder.display()).into());
        }
        let database = postgres.unwrap_or("sqlite:fuxin.db");
        let text = format!(
            "[server]\nissuer = \"http://localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\n\n\
             [database]\nurl = \"{database}\"\n\n\
             [secrets]\nmaster_key_file = \"master.key\"\npairwise_salt_file = \"pairwise.salt\"\n\n\
             [policy]\nsession_idle_minutes = 1440\nsession_absolute_hours = 24\n"
        );
        write_secret(&folder.join("master.key"), MasterKey::random().to_hexadecimal().expose())?;
        write_secret(&folder.join("pairwise.salt"), &hexadecimal(&random::bytes::<32>()))?;
        fs::write(folder.join("fuxin.toml"), text)?;
        Self::open(folder)
    }

    /// Reads the configuration of a filled folder; `FUXIN__…` in the environment speaks here as it does to the server.
    pub fn open(folder: &Path) -> Outcome<Self> {
        let config = Config::load(Some(&folder.join("fuxin.toml")), config::environment())
            .map_err(|problems| {
                let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
                lines.join("\n")
            })?;
        Ok(Self { folder: folder.to_owned(), config })
    }

    /// The configuration file.
    pub fn configuration_file(&self) -> PathBuf {
        self.folder.join("fuxin.toml")
    }

    /// A file of the driver's own.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The issuer, as tokens name it.
    pub fn issuer(&self) -> &str {
        self.config.server.issuer.as_str()
    }

    /// Where the issuer answers.
    pub fn origin(&self) -> Outcome<Origin> {
        Origin::parse(self.issuer()).ok_or_else(|| "the issuer is not plain http".into())
    }

    /// Opens the database as the server does.
    pub async fn store(&self) -> Outcome<Store> {
        Ok(fuxin::app::open_store(&self.config).await?)
    }

    /// The keys that bearer values are made with.
    pub fn secrets(&self) -> Secrets {
        Secrets::derive(&self.config.secrets.master_key, &self.config.secrets.pairwise_salt)
    }
}

fn write_secret(path: &Path, text: &str) -> Outcome {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}
