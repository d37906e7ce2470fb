//! The issuer: whether the address that people and clients see leads here, asked as an agency would ask.

use std::time::Duration;

use serde_json::Value;

use super::finding::Finding;
use crate::base::path;
use crate::config::Config;

/// How long the issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How much of the issuer's answer is read.
const METADATA: usize = 64 * 1024;

pub(super) async fn examine(config: &Config) -> Finding {
    const CHECK: &str = "issuer";
    let issuer = config.server.issuer.as_str();
    let url = config.server.issuer.url(path::OPENID_CONFIGURATION);
    let mend = format!(
        "see that `fuxin serve` runs, that the name leads to its proxy, and that the proxy passes requests to {}",
        config.server.listen
    );
    let metadata = match fetch(&url).await {
        Ok(metadata) => metadata,
        Err(error) => {
            // The outermost error says only that it failed; the last one says why.
            let mut cause: &dyn std::error::Error = error.as_ref();
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            return Finding::fault(CHECK, format!("{url}: {cause}"), mend);
        }
    };
    match metadata.get("issuer").and_then(Value::as_str) {
        Some(theirs) if theirs == issuer => {
            Finding::ok(CHECK, format!("{issuer} answers as itself"))
        }
        Some(_) => Finding::fault(
            CHECK,
            format!("{url} names another issuer"),
            "set server.issuer to the address that people see, in every server behind it",
        ),
        None => Finding::fault(CHECK, format!("{url} is no provider's metadata"), mend),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one request of the doctor, to our own issuer")]
async fn fetch(url: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    let mut response = client.get(url).send().await.map_err(reqwest::Error::without_url)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(format!("answered {}", response.status()).into());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > METADATA {
            return Err(format!("answered more than {METADATA} bytes").into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&body)?)
}
