//! `fuxin account add`, `lock` and `unlock`.

use std::io::Read;

use super::{ConfigArgument, Outcome, application, say};
use crate::account::{self, Opening};
use crate::base::limits;
use crate::model::account::{AccountKind, AccountName, AccountState, FoldedName, Profile};
use crate::model::password::Password;
use crate::national::person_name::PersonName;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Open an account. Its password is read from standard input, one line.
    Add {
        /// The name to sign in with.
        name: String,
        /// The person's name, as it is written.
        #[arg(long, value_name = "NAME", required_unless_present = "profile")]
        person: Option<String>,
        /// The person's e-mail address.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// All of the person's data in one file instead: JSON with the standard claims, such as phone_number and address.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["person", "email"])]
        profile: Option<std::path::PathBuf>,
        #[command(flatten)]
        config: ConfigArgument,
    },
    /// Lock an account: nobody signs in with it, and its tokens stop working.
    Lock {
        /// The account's name.
        name: String,
        /// Because its national id is invalid or not the holder's: its owner is told that it is this.
        #[arg(long)]
        national_id: bool,
        #[command(flatten)]
        config: ConfigArgument,
    },
    /// Unlock an account, whatever keeps it out: an operator's lock, a disabling for its national id, a pause after
    /// failures, a password that was switched off.
    Unlock {
        /// The account's name.
        name: String,
        #[command(flatten)]
        config: ConfigArgument,
    },
}

/// Runs the command.
pub async fn run(command: Command) -> Outcome {
    match command {
        Command::Add { name, person, email, profile, config } => {
            let profile = match profile {
                Some(file) => serde_json::from_slice(&std::fs::read(file)?)?,
                None => Profile {
                    name: person.map(PersonName::try_from).transpose()?,
                    email,
                    ..Profile::default()
                },
            };
            let app = application(&config).await?;
            let ctx = app.context();
            let opening = Opening {
                name: AccountName::parse(&name)
                    .ok_or("an account name has 3 to 64 of the characters a-z A-Z 0-9 . _ - @")?,
                kind: AccountKind::Member,
                state: AccountState::Active,
                profile: Profile { updated_at: profile.updated_at.or(Some(ctx.now)), ..profile },
                password: password_from_input()?,
                password_since: ctx.now,
            };
            let id = account::open(&ctx, opening).await?;
            say(format_args!("Opened account {name} ({id})."));
        }
        Command::Lock { name, national_id, config } => {
            let ctx = application(&config).await?.context();
            if national_id {
                account::disable_for_national_id(&ctx, &folded(&name)?).await?;
                say(format_args!("Locked account {name} for its national id."));
            } else {
                account::lock(&ctx, &folded(&name)?).await?;
                say(format_args!("Locked account {name}."));
            }
        }
        Command::Unlock { name, config } => {
            account::unlock(&application(&config).await?.context(), &folded(&name)?).await?;
            say(format_args!("Unlocked account {name}."));
        }
    }
    Ok(())
}

fn folded(name: &str) -> Result<FoldedName, &'static str> {
    FoldedName::of(name).ok_or("that is no account name")
}

/// A secret is not an argument: others can read those.
fn password_from_input() -> Result<Password, Box<dyn std::error::Error>> {
    let mut text = String::new();
    let most = u64::try_from(limits::PASSWORD)? + 2;
    std::io::stdin().take(most).read_to_string(&mut text)?;
    Ok(Password::parse(text.trim_end_matches(['\r', '\n']).to_owned())?)
}
