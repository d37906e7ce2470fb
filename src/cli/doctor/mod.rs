//! `fuxin doctor`: looks at a deployment from outside and says what is wrong with it, each fault with its mend.
//!
//! Changes nothing: no file is made, no migration run, no key written. One line a check (ok, warning, fault), or one
//! JSON object with `--json`; exit code 1 if there is a fault. The one command that opens a connection as a client: it
//! asks the issuer's own address for its metadata, as an agency would (OpenID Connect Discovery 1.0 §4).

mod database;
mod disk;
mod files;
mod finding;
mod issuer;
mod proxies;

use serde_json::json;

use super::{ConfigArgument, Outcome, say};
use crate::config::{self, Config};
use finding::{Finding, State};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    let findings = match Config::load(arguments.config.config.as_deref(), config::environment()) {
        Ok(config) => examine(&config).await,
        Err(problems) => problems
            .iter()
            .map(|problem| {
                let mend = "mend it and run `fuxin doctor` again: the rest depends on it";
                Finding::fault("configuration", problem.to_string(), mend)
            })
            .collect(),
    };
    let faults = findings.iter().filter(|finding| finding.state == State::Fault).count();
    if arguments.json {
        say(json!({ "faults": faults, "checks": findings }));
    } else {
        findings.iter().for_each(say);
    }
    match faults {
        0 => Ok(()),
        1 => Err("there is one fault".into()),
        many => Err(format!("there are {many} faults").into()),
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    let issuer = config.server.issuer.as_str();
    let mut findings =
        vec![Finding::ok("configuration", format!("of {issuer}, every key is good"))];
    findings.extend(database::examine(config).await);
    findings.extend(files::examine(config));
    findings.push(issuer::examine(config).await);
    findings.extend(proxies::examine(config));
    findings.push(disk::examine(config));
    findings
}
