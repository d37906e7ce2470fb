//! `fuxin registration-token add`, `list` and `revoke`: who may register clients by themselves, and how far that reaches.

use super::{ConfigArgument, Outcome, application, say};
use crate::base::id::InitialAccessId;
use crate::base::limits;
use crate::base::time::Lifetime;
use crate::client::initial_access::{self, Terms};
use crate::oauth::client_metadata::TokenEndpointAuthMethod;
use crate::oauth::registration_policy::RegistrationPolicy;
use crate::oauth::response_type::ResponseType;
use crate::oauth::weak_feature::WeakFeature;

/// How many tokens one reading lists.
const PAGE: u32 = 200;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a token. It is printed once. Clients can use it where the deployment lists dynamic_registration
    /// (policy.weak_features).
    Add(Box<Add>),
    /// List every token: id, how many clients it may register still, until when, whom it is for.
    List(ConfigArgument),
    /// Revoke a token. Clients that it registered stay as they are, and are not replaced any more.
    Revoke {
        /// The token's id, as `list` prints it.
        id: String,
        #[command(flatten)]
        config: ConfigArgument,
    },
}

/// How far a token reaches.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Whom it is for.
    #[arg(long)]
    name: String,
    /// How many clients it may register.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::CLIENTS_OF_TOKEN)))]
    clients: u32,
    /// How many days it lasts.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::INITIAL_ACCESS_DAYS)))]
    days: u32,
    /// A response type that its clients may ask for; may be given several times.
    #[arg(long = "response-type", default_values = ["code"], value_name = "TYPE")]
    response_types: Vec<String>,
    /// A way in which its clients may authenticate; may be given several times.
    #[arg(long = "method", default_values = ["client_secret_basic", "private_key_jwt"], value_name = "METHOD")]
    methods: Vec<String>,
    /// A weak feature that its clients are given where they use it and the deployment lists it, too; may be given several
    /// times.
    #[arg(long = "weak-feature", value_name = "FEATURE")]
    weak_features: Vec<String>,
    /// The scopes that its clients may ask for.
    #[arg(long, default_value = "openid profile email")]
    scope: String,
    #[command(flatten)]
    config: ConfigArgument,
}

/// Runs the command.
pub async fn run(command: Command) -> Outcome {
    match command {
        Command::Add(add) => {
            let terms = Terms {
                name: add.name.clone(),
                policy: policy(&add)?,
                clients: add.clients,
                lifetime: Lifetime::days(add.days),
            };
            let app = application(&add.config).await?;
            let (record, token) = initial_access::make(&app.context(), terms).await?;
            say(format_args!("id                    {}", record.id));
            say(format_args!("initial_access_token  {}", token.expose()));
            say("The token is shown this once: hand it on now.");
        }
        Command::List(argument) => list(&argument).await?,
        Command::Revoke { id, config } => {
            let app = application(&config).await?;
            let id: InitialAccessId = id.parse().map_err(|_| "that is no token's id")?;
            if !initial_access::revoke(&app.context(), id).await? {
                return Err("there is no such token, or it is revoked".into());
            }
            say(format_args!("{id}  revoked"));
        }
    }
    Ok(())
}

async fn list(argument: &ConfigArgument) -> Outcome {
    let app = application(argument).await?;
    let ctx = app.context();
    let mut after = None;
    loop {
        let records = ctx.store.list_initial_access_tokens(after, PAGE).await?;
        for record in &records {
            let state = match record.revoked_at {
                Some(_) => "revoked",
                None if record.is_good(ctx.now) => "good",
                None => "over",
            };
            let days = record.expires_at.since(ctx.now).as_seconds() / 86_400;
            say(format_args!(
                "{}  {state}  {} clients left  {days} days left  {}",
                record.id, record.clients_left, record.name
            ));
        }
        after = match records.last() {
            Some(last) => Some(last.id),
            None => return Ok(()),
        };
    }
}

fn policy(add: &Add) -> Result<RegistrationPolicy, Box<dyn std::error::Error>> {
    let response_types = add.response_types.iter().map(|words| {
        ResponseType::from_words(words)
            .ok_or_else(|| format!("--response-type: {words} is unknown"))
    });
    let methods = add.methods.iter().map(|name| {
        TokenEndpointAuthMethod::from_word(name)
            .ok_or_else(|| format!("--method: {name} is unknown"))
    });
    let weak_features = add.weak_features.iter().map(|name| {
        WeakFeature::from_word(name).ok_or_else(|| format!("--weak-feature: {name} is unknown"))
    });
    let policy = RegistrationPolicy {
        response_types: response_types.collect::<Result<_, _>>()?,
        token_endpoint_auth_methods: methods.collect::<Result<_, _>>()?,
        weak_features: weak_features.collect::<Result<_, _>>()?,
        scope: add.scope.parse().map_err(|_| "--scope is malformed")?,
    };
    match policy.contradiction() {
        Some(feature) => {
            Err(format!("--weak-feature {feature} is missing for what its clients may be").into())
        }
        None => Ok(policy),
    }
}
