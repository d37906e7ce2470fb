//! `fuxin client add`, `list` and `show`.

use super::{ConfigArgument, Outcome, application, say};
use crate::base::id::ClientId;
use crate::client;
use crate::oauth::client_metadata::{
    ApplicationType, ClientMetadata, IdTokenAlgorithm, SubjectType, TokenEndpointAuthMethod,
};
use crate::oauth::grant_type::GrantType;
use crate::oauth::redirect_uri::RedirectUri;
use crate::oauth::response_type::ResponseType;
use crate::oauth::weak_feature::{WeakFeature, WeakFeatures};

/// How many clients one reading lists.
const PAGE: u32 = 200;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Register a client. Its secret is printed once.
    Add(Box<Add>),
    /// List every client: id, name, since when.
    List(ConfigArgument),
    /// Print what is registered of a client, as JSON.
    Show {
        /// The client's id.
        id: String,
        #[command(flatten)]
        config: ConfigArgument,
    },
}

/// What is registered.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Add {
    /// Everything in one file instead: JSON with the members that `client show` prints.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "name_en", "redirect_uris", "jwks"])]
    metadata: Option<std::path::PathBuf>,
    /// The name that people see, in Chinese.
    #[arg(long, required_unless_present = "metadata")]
    name: Option<String>,
    /// The name that people see, in English.
    #[arg(long)]
    name_en: Option<String>,
    /// An address that answers go to; may be given several times.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// An address that people go to after signing out; may be given several times.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// The scopes that it may ask for.
    #[arg(long, default_value = "openid profile email")]
    scope: String,
    /// How it authenticates: client_secret_basic, client_secret_post, private_key_jwt or none.
    #[arg(long, default_value = "client_secret_basic", value_name = "METHOD")]
    method: String,
    /// Its public keys, for private_key_jwt: a file with a JWK set.
    #[arg(long, value_name = "FILE")]
    jwks: Option<std::path::PathBuf>,
    /// A grant type that it may use; may be given several times.
    #[arg(long = "grant-type", default_values = ["authorization_code"], value_name = "TYPE")]
    grant_types: Vec<String>,
    /// A response type that it may ask for; may be given several times.
    #[arg(long = "response-type", default_values = ["code"], value_name = "TYPE")]
    response_types: Vec<String>,
    /// A weak feature that it may use where the deployment lists it, too (policy.weak_features); may be given several
    /// times. A name that is none is answered with all of them. That it may is audited.
    #[arg(long = "weak-feature", value_name = "FEATURE")]
    weak_features: Vec<String>,
    /// A native application (desktop, phone) instead of a web site.
    #[arg(long)]
    native: bool,
    /// The sector of its pairwise subjects; without it, the host of its redirect URIs.
    #[arg(long)]
    sector: Option<String>,
    /// Give it public instead of pairwise subjects.
    #[arg(long)]
    public_subject: bool,
    /// Do not ask people for consent: a first-party agency site.
    #[arg(long)]
    skip_consent: bool,
    /// Let it introspect other clients' tokens. That it may is audited.
    #[arg(long)]
    introspect: bool,
    #[command(flatten)]
    config: ConfigArgument,
}

/// Runs the command.
pub async fn run(command: Command) -> Outcome {
    match command {
        Command::Add(add) => {
            let registration = metadata(&add)?.register()?;
            let app = application(&add.config).await?;
            let (client, secret) = client::register(&app.context(), registration).await?;
            say(format_args!("client_id      {}", client.id));
            if let Some(secret) = secret {
                say(format_args!("client_secret  {}", secret.expose()));
                say("The secret is shown this once: store it now.");
            }
        }
        Command::List(argument) => {
            let app = application(&argument).await?;
            let mut after = None;
            loop {
                let records = app.provider().store.list_clients(after, PAGE).await?;
                for record in &records {
                    let state = if record.disabled_at.is_some() { "  switched off" } else { "" };
                    say(format_args!(
                        "{}  {}{state}",
                        record.client.id,
                        record.client.settings().client_name
                    ));
                }
                after = match records.last() {
                    Some(last) => Some(last.client.id),
                    None => break,
                };
            }
        }
        Command::Show { id, config } => {
            let app = application(&config).await?;
            let id: ClientId = id.parse().map_err(|_| "that is no client id")?;
            let client =
                app.provider().store.find_client(id).await?.ok_or("there is no such client")?;
            say(serde_json::to_string_pretty(client.settings())?);
        }
    }
    Ok(())
}

fn metadata(add: &Add) -> Result<ClientMetadata, Box<dyn std::error::Error>> {
    if let Some(file) = &add.metadata {
        return Ok(serde_json::from_slice(&std::fs::read(file)?)?);
    }
    let application_type = if add.native { ApplicationType::Native } else { ApplicationType::Web };
    let uris = |texts: &[String]| -> Result<Vec<RedirectUri>, String> {
        texts
            .iter()
            .map(|text| {
                RedirectUri::register(text, application_type)
                    .map_err(|error| format!("{text}: {error}"))
            })
            .collect()
    };
    let grant_types = add
        .grant_types
        .iter()
        .map(|name| {
            GrantType::from_word(name).ok_or_else(|| format!("--grant-type: {name} is unknown"))
        })
        .collect::<Result<_, _>>()?;
    let response_types = add
        .response_types
        .iter()
        .map(|words| {
            ResponseType::from_words(words)
                .ok_or_else(|| format!("--response-type: {words} is unknown"))
        })
        .collect::<Result<_, _>>()?;
    let weak_features = weak_features(&add.weak_features)?;
    let jwks = match &add.jwks {
        Some(file) => Some(serde_json::from_slice(&std::fs::read(file)?)?),
        None => None,
    };
    Ok(ClientMetadata {
        application_type,
        client_name: add.name.clone().unwrap_or_default(),
        client_name_en: add.name_en.clone(),
        redirect_uris: uris(&add.redirect_uris)?,
        post_logout_redirect_uris: uris(&add.post_logout_redirect_uris)?,
        token_endpoint_auth_method: TokenEndpointAuthMethod::from_word(&add.method)
            .ok_or_else(|| format!("--method: {} is unknown", add.method))?,
        jwks,
        grant_types,
        response_types,
        require_pkce: !weak_features.contains(WeakFeature::NoPkce),
        weak_features,
        scope: add.scope.parse().map_err(|_| "--scope is malformed")?,
        subject_type: if add.public_subject { SubjectType::Public } else { SubjectType::Pairwise },
        sector: add.sector.clone().unwrap_or_default(),
        id_token_signed_response_alg: IdTokenAlgorithm::Es256,
        skip_consent: add.skip_consent,
        may_introspect: add.introspect,
        ..ClientMetadata::default()
    })
}

fn weak_features(names: &[String]) -> Result<WeakFeatures, String> {
    let known = || WeakFeature::ALL.iter().map(|of| of.as_str()).collect::<Vec<_>>().join(", ");
    let feature = |name: &String| {
        WeakFeature::from_word(name)
            .ok_or_else(|| format!("--weak-feature: {name} is none of {}", known()))
    };
    names.iter().map(feature).collect()
}
