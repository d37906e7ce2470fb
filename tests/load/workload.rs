//! The workloads: what one operation of each is. Rows are chosen at random from the ledger, and every body is held to
//! what it must say.

use clap::ValueEnum;

use crate::Outcome;
use crate::http::Request;
use crate::ledger::Ledger;
use crate::relying_party::RelyingParty;

/// One kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// `client_credentials` of a random client.
    ClientCredentials,
    /// The same of a client whose access tokens are JWTs: one ES256 signature more.
    ClientCredentialsJwt,
    /// A random grant's refresh token, renewed: the answer's is the next one.
    Refresh,
    /// Userinfo with a random grant's access token.
    Userinfo,
    /// Introspection of a random grant's access token by its client.
    Introspection,
    /// A code by a random session for a random client, and its redemption.
    Authorize,
    /// A random person signs in by password in a new browser, up to the code.
    Password,
    /// Discovery and the key set.
    Discovery,
    /// A request that is answered with nothing: the floor under all others.
    #[value(skip)]
    Empty,
}

impl Workload {
    /// Those that a run consists of unless told otherwise.
    pub const ALL: [Self; 8] = [
        Self::ClientCredentials,
        Self::ClientCredentialsJwt,
        Self::Refresh,
        Self::Userinfo,
        Self::Introspection,
        Self::Authorize,
        Self::Password,
        Self::Discovery,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::ClientCredentialsJwt => "client_credentials_jwt",
            Self::Refresh => "refresh with rotation",
            Self::Userinfo => "userinfo",
            Self::Introspection => "introspection",
            Self::Authorize => "authorize + exchange",
            Self::Password => "password login",
            Self::Discovery => "discovery + JWKS",
            Self::Empty => "empty 200",
        }
    }

    /// Does it once.
    pub async fn operate(self, party: &mut RelyingParty, ledger: &Ledger) -> Outcome {
        match self {
            Self::ClientCredentials => {
                party.client_credentials(ledger.any_client()?).await.map(drop)
            }
            Self::ClientCredentialsJwt => {
                party.client_credentials_jwt(ledger.any_jwt_client()?).await
            }
            Self::Refresh => {
                let mut lent = ledger.lend()?;
                let client = ledger.client(lent.client)?;
                let tokens = party.refresh(client, &lent.refresh_token).await?.given()?;
                lent.refresh_token = tokens.refresh_token;
                ledger.take_back(lent);
                Ok(())
            }
            Self::Userinfo => party.userinfo(ledger.any_access_token()?.0).await,
            Self::Introspection => {
                let (access_token, client) = ledger.any_access_token()?;
                party.introspect(client, access_token).await
            }
            Self::Authorize => {
                let client = ledger.any_client()?;
                let code = party.authorize_silently(client, ledger.any_session()?).await?;
                party.redeem(client, &code).await?.given().map(drop)
            }
            Self::Password => {
                party.sign_in(ledger.any_client()?, ledger.any_account()?).await.map(drop)
            }
            Self::Discovery => party.discover().await,
            Self::Empty => {
                party.requests = party.requests.saturating_add(1);
                let answer = party.connection.send(&Request::get("/")).await?;
                if answer.status == 200 { Ok(()) } else { Err("not 200".into()) }
            }
        }
    }
}
