//! `[database]`: where everything is kept, SQLite or PostgreSQL.
//!
//! The password of a PostgreSQL user is a secret: never in the address, always in a file or the environment.

use std::net::IpAddr;
use std::path::PathBuf;

use url::{Host, Url};

use super::problem::Fault;
use super::secrets;
use super::source::{Reported, Source};
use crate::base::secret::Secret;

/// The database and how many connections it is given.
#[derive(Clone, Debug)]
pub struct Database {
    /// Which database.
    pub location: Location,
    /// Where the PostgreSQL user's password lies, unless the environment gave it or there is none.
    pub password_file: Option<PathBuf>,
    /// SQLite: connections that read, besides the one that writes. PostgreSQL: the size of the pool.
    pub connections: u32,
}

/// Which database.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file of the embedded database.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres {
        /// The address, without any password.
        url: Url,
        /// The user's password, if the server asks for one.
        password: Option<Secret<String>>,
    },
}

impl Database {
    pub(super) fn read(source: &mut Source) -> Result<Self, Reported> {
        const URL: &str = "database.url";
        const PASSWORD: &str = "database.password_file";
        let location = source.parse(URL, location);
        let password = secrets::find(source, PASSWORD);
        let connections = source.number("database.connections");
        let password_file = password.as_ref().ok().and_then(|given| given.as_ref()?.file.clone());
        let location = match location? {
            Location::Sqlite(_) if matches!(password, Ok(Some(_))) => {
                return Err(source.refuse(PASSWORD, Fault::PasswordForSqlite));
            }
            Location::Sqlite(path) => Location::Sqlite(source.path(URL, path)),
            Location::Postgres { url, .. } => {
                Location::Postgres { url, password: password?.map(|given| given.text) }
            }
        };
        Ok(Self { location, password_file, connections: connections? })
    }
}

fn location(text: &str) -> Result<Location, Fault> {
    match text.split_once(':') {
        Some(("sqlite", rest)) => sqlite(rest).map(Location::Sqlite),
        Some(("postgres" | "postgresql", _)) => postgres(text),
        _ => Err(Fault::NotADatabase),
    }
}

/// `///absolute/path` or `path`. Two slashes would name a host, and `?` options that are not the operator's to set.
fn sqlite(rest: &str) -> Result<PathBuf, Fault> {
    let path = match rest.strip_prefix("//") {
        Some(path) if path.starts_with('/') => path,
        Some(_) => return Err(Fault::NotADatabase),
        None => rest,
    };
    if path.is_empty() || path.ends_with('/') || path.contains(['?', '#']) || path.starts_with(':')
    {
        return Err(Fault::NotADatabase);
    }
    Ok(PathBuf::from(path))
}

fn postgres(text: &str) -> Result<Location, Fault> {
    let url = Url::parse(text).map_err(|_| Fault::NotADatabase)?;
    let option =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
    if url.password().is_some() || option("password").is_some() {
        return Err(Fault::PasswordInUrl);
    }
    if url.path().trim_matches('/').is_empty() && option("dbname").is_none() {
        return Err(Fault::NotADatabase);
    }
    let stays_here = match (option("host"), url.host()) {
        (Some(folder_or_host), _) => is_local(&folder_or_host),
        (None, Some(Host::Ipv4(address))) => address.is_loopback(),
        (None, Some(Host::Ipv6(address))) => address.is_loopback(),
        (None, Some(Host::Domain(name))) => is_local(name),
        (None, None) => true,
    };
    // Without the option the driver would go on in plain text where the server offers no TLS.
    if !stays_here && option("sslmode").is_none() {
        return Err(Fault::TransportUnsaid);
    }
    Ok(Location::Postgres { url, password: None })
}

/// A loopback name or address, or the folder of a Unix socket (which a URL's host writes percent-encoded).
fn is_local(host: &str) -> bool {
    let socket = host.starts_with('/') || host.to_ascii_lowercase().starts_with("%2f");
    socket
        || host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
