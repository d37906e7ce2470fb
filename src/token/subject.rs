//! Subject identifiers (OpenID Connect Core §8): pairwise by sector, or public where a client is set so.

use crate::base::encoding::base64url;
use crate::context::Context;
use crate::model::account::Account;
use crate::model::client::Client;
use crate::oauth::client_metadata::SubjectType;

/// The account, as this client knows it. Clients of one sector know it by the same value.
pub fn of(ctx: &Context, client: &Client, account: &Account) -> String {
    let settings = client.settings();
    match settings.subject_type {
        SubjectType::Public => account.subject.clone(),
        SubjectType::Pairwise => {
            let code = ctx
                .secrets
                .pairwise
                .code(&[settings.sector.as_bytes(), account.subject.as_bytes()]);
            base64url(code.as_bytes())
        }
    }
}
