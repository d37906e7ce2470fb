//! The folder of a demonstration: its secrets, its database, and what is known of its sites and people.
//!
//! Made at the first start, readable by its owner only. A second start keeps everything; another port changes the
//! addresses that are registered, and nothing else.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account;
use crate::app::{App, open_store};
use crate::base::encoding::base64url;
use crate::base::id::ClientId;
use crate::base::internal::Internal;
use crate::base::master_key::MasterKey;
use crate::base::random;
use crate::base::secret::Secret;
use crate::base::time::{Clock, SystemClock};
use crate::client;
use crate::config::Config;
use crate::context::Context;
use crate::demo::people::{PEOPLE, Passwords};
use crate::model::client::ClientSecretToken;
use crate::model::password::Password;
use crate::oauth::client_metadata::{ApplicationType, ClientMetadata, IdTokenAlgorithm};
use crate::oauth::grant_type::GrantType;
use crate::oauth::redirect_uri::RedirectUri;
use crate::oauth::response_type::ResponseType;
use crate::oauth::scope::Scope;

/// The file that says that a folder is a demonstration's. `fuxin serve` refuses its secrets.
pub const MARKER: &str = ".fuxin-demo";
const KNOWN: &str = "demo.json";

/// What a demonstration knows of its clients and people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Known {
    sites: Vec<Site>,
    service: Credentials,
    passwords: Passwords,
}

/// A client's id and secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credentials {
    /// Its id.
    pub client_id: ClientId,
    /// Its secret.
    pub client_secret: String,
}

/// A relying-party site.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Site {
    /// Its Chinese name.
    pub name_zh: String,
    /// Its English name.
    pub name_en: String,
    /// Its abbreviation.
    pub short: String,
    /// How far its port is from the provider's.
    pub offset: u16,
    /// Its id and secret.
    #[serde(flatten)]
    pub credentials: Credentials,
}

impl Site {
    /// Its port.
    pub const fn port(&self, provider: u16) -> u16 {
        provider.saturating_add(self.offset)
    }
}

/// A demonstration that is ready to start.
#[derive(Debug)]
pub struct Demo {
    /// The provider.
    pub app: App,
    /// Its configuration.
    pub config: Config,
    /// Its sites and people.
    pub known: Known,
    port: u16,
}

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be used.
    #[error("{path}: {because}")]
    Folder {
        /// The folder, or a file in it.
        path: PathBuf,
        /// What the system says.
        because: std::io::Error,
    },
    /// The folder holds something else.
    #[error("{0} is not a demonstration's folder, and not empty; give another one with --data")]
    Foreign(PathBuf),
    /// A file of the folder is damaged.
    #[error("{0} is damaged; begin anew with --reset")]
    Damaged(PathBuf),
    /// The configuration that it makes for itself is refused.
    #[error("the demonstration's configuration: {0}")]
    Config(String),
    /// The application does not start.
    #[error(transparent)]
    App(#[from] crate::app::Error),
    /// An account could not be opened.
    #[error(transparent)]
    Account(#[from] account::Error),
    /// Ours.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// Makes the folder if it is missing, and brings what is registered up to this port.
pub async fn prepare(folder: &Path, port: u16) -> Result<Demo, Error> {
    let folder = make_folder(folder)?;
    let known = read_or_make(&folder)?;
    let text = configuration(&folder, port);
    let config = Config::from_toml(&text, &folder.join("demo.toml")).map_err(|problems| {
        Error::Config(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    })?;
    let store = open_store(&config).await?;
    store.migrate().await?;
    store.close().await;
    let app = App::build(&config, Arc::new(SystemClock), None).await?;
    let demo = Demo { app, config, known, port };
    demo.register_clients().await?;
    demo.open_accounts().await?;
    Ok(demo)
}

/// Removes a demonstration's folder, and nothing that is not one.
pub fn reset(folder: &Path) -> Result<(), Error> {
    let failed = |because| Error::Folder { path: folder.to_owned(), because };
    if !folder.exists() {
        return Ok(());
    }
    if !folder.join(MARKER).exists() {
        return Err(Error::Foreign(folder.to_owned()));
    }
    fs::remove_dir_all(folder).map_err(failed)
}

impl Demo {
    /// Everything that a script needs to know.
    pub fn describe(&self) -> Value {
        let url = |port: u16| format!("http://localhost:{port}");
        let sites: Vec<Value> = self
            .known
            .sites
            .iter()
            .map(|site| {
                let origin = url(site.port(self.port));
                json!({
                    "name": site.name_zh, "url": origin,
                    "client_id": site.credentials.client_id, "client_secret": site.credentials.client_secret,
                    "redirect_uris": [format!("{origin}/callback")],
                })
            })
            .collect();
        let people: Vec<Value> = PEOPLE
            .iter()
            .map(|person| {
                json!({
                    "name": person.name, "account": person.account, "case": person.case,
                    "password": self.known.passwords.get(person.account),
                })
            })
            .collect();
        json!({
            "issuer": self.config.server.issuer.as_str(),
            "relying_parties": sites,
            "service_clients": [{
                "client_id": self.known.service.client_id,
                "client_secret": self.known.service.client_secret, "scope": SERVICE_SCOPE,
            }],
            "people": people,
            "outbox_url": url(self.port.saturating_add(3)),
        })
    }

    /// The sites.
    pub fn sites(&self) -> &[Site] {
        &self.known.sites
    }

    /// The password of a person.
    pub fn password(&self, account: &str) -> &str {
        self.known.passwords.get(account).map_or("", String::as_str)
    }

    async fn register_clients(&self) -> Result<(), Error> {
        let ctx = self.app.context();
        for site in &self.known.sites {
            let origin = format!("http://localhost:{}", site.port(self.port));
            let metadata = site_metadata(site, &origin).map_err(Error::Config)?;
            register(&ctx, &site.credentials, metadata).await?;
        }
        register(&ctx, &self.known.service, service_metadata()).await
    }

    async fn open_accounts(&self) -> Result<(), Error> {
        let ctx = self.app.context();
        for person in &PEOPLE {
            let password = Password::parse(self.password(person.account));
            let opening = password.ok().and_then(|password| person.opening(password, ctx.now));
            let Some(opening) = opening else { return Err(Error::Damaged(PathBuf::from(KNOWN))) };
            if ctx.store.find_account(&opening.name.folded()).await?.is_none() {
                account::open(&ctx, opening).await?;
            }
        }
        Ok(())
    }
}

const SERVICE_SCOPE: &str = "statistics:read";

/// Registers a client unless exactly that is registered already.
async fn register(
    ctx: &Context,
    credentials: &Credentials,
    metadata: ClientMetadata,
) -> Result<(), Error> {
    let registration = metadata.register().map_err(|error| Error::Config(error.to_string()))?;
    let same = ctx.store.find_client(credentials.client_id).await?;
    if same.is_some_and(|client| *client.registration == registration) {
        return Ok(());
    }
    let secret = Secret::new(credentials.client_secret.clone());
    client::put(ctx, credentials.client_id, registration, Some(&secret)).await?;
    Ok(())
}

fn site_metadata(site: &Site, origin: &str) -> Result<ClientMetadata, String> {
    let uri = |path: &str| {
        RedirectUri::register(&format!("{origin}{path}"), ApplicationType::Web)
            .map_err(|error| error.to_string())
    };
    Ok(ClientMetadata {
        client_name: site.name_zh.clone(),
        client_name_en: Some(site.name_en.clone()),
        client_uri: Some(format!("{origin}/")),
        redirect_uris: vec![uri("/callback")?],
        post_logout_redirect_uris: vec![uri("/signed-out")?],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        response_types: vec![ResponseType::Code],
        scope: Scope::KNOWN.into_iter().collect(),
        // Ports do not separate sectors, and these are two agencies.
        sector: format!("{}.example.gov.tw", site.short.to_ascii_lowercase()),
        id_token_signed_response_alg: IdTokenAlgorithm::Es256,
        ..ClientMetadata::default()
    })
}

fn service_metadata() -> ClientMetadata {
    ClientMetadata {
        client_name: "統計服務示範".to_owned(),
        client_name_en: Some("Statistics service (demo)".to_owned()),
        grant_types: vec![GrantType::ClientCredentials],
        scope: SERVICE_SCOPE.parse().unwrap_or_default(),
        sector: "statistics.example.gov.tw".to_owned(),
        id_token_signed_response_alg: IdTokenAlgorithm::Es256,
        may_introspect: true,
        ..ClientMetadata::default()
    }
}

/// The folder, made if it is missing; refused if it holds something else.
fn make_folder(folder: &Path) -> Result<PathBuf, Error> {
    let failed = |because| Error::Folder { path: folder.to_owned(), because };
    if folder.exists() {
        let is_empty = fs::read_dir(folder).map_err(failed)?.next().is_none();
        if !folder.join(MARKER).exists() && !is_empty {
            return Err(Error::Foreign(folder.to_owned()));
        }
    } else {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let folder = folder.canonicalize().map_err(failed)?;
    if !folder.join(MARKER).exists() {
        let master = MasterKey::random().to_hexadecimal();
        write(&folder.join("master.key"), master.expose())?;
        write(&folder.join("pairwise.salt"), &base64url(&random::bytes::<32>()))?;
        // Last: a start that broke off before it begins anew.
        write(&folder.join(MARKER), "The secrets in this folder are a demonstration's.\n")?;
    }
    Ok(folder)
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    let failed = |because| Error::Folder { path: file.to_owned(), because };
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut opened = options.open(file).map_err(failed)?;
    opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all()).map_err(failed)
}

fn read_or_make(folder: &Path) -> Result<Known, Error> {
    let file = folder.join(KNOWN);
    if file.exists() {
        let bytes =
            fs::read(&file).map_err(|because| Error::Folder { path: file.clone(), because })?;
        return serde_json::from_slice(&bytes).map_err(|_| Error::Damaged(file));
    }
    let known = Known {
        sites: vec![
            site("人事服務網（eCPA）示範", "Personnel portal (eCPA) demo", "eCPA", 1),
            site("全國商工行政服務入口網（GCIS）示範", "Business portal (GCIS) demo", "GCIS", 2),
        ],
        service: credentials(),
        passwords: PEOPLE.iter().map(|person| (person.account.to_owned(), password())).collect(),
    };
    let text = serde_json::to_string_pretty(&known).map_err(|_| Error::Damaged(file.clone()))?;
    write(&file, &text)?;
    Ok(known)
}

fn site(name_zh: &str, name_en: &str, short: &str, offset: u16) -> Site {
    Site {
        name_zh: name_zh.to_owned(),
        name_en: name_en.to_owned(),
        short: short.to_owned(),
        offset,
        credentials: credentials(),
    }
}

fn credentials() -> Credentials {
    Credentials {
        client_id: ClientId::new(SystemClock.now()),
        client_secret: ClientSecretToken::random().expose(),
    }
}

/// A password that can be typed from a screen: no two characters that look alike.
fn password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let letters: Vec<char> = random::bytes::<12>()
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()))
        .map(|letter| char::from(*letter))
        .collect();
    letters.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn configuration(folder: &Path, port: u16) -> String {
    let quoted = |name: &str| json!(folder.join(name).to_string_lossy()).to_string();
    format!(
        "[server]\nissuer = \"http://localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\n\n\
         [database]\nurl = {}\n\n\
         [secrets]\nmaster_key_file = {}\npairwise_salt_file = {}\n\n\
         [log]\nformat = \"text\"\n",
        json!(format!("sqlite://{}", folder.join("fuxin.db").to_string_lossy())),
        quoted("master.key"),
        quoted("pairwise.salt"),
    )
}
