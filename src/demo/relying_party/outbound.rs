//! The site's own HTTP client: what it asks the provider goes through here, with a limit on time and size.
//!
//! Follows no redirect and uses no proxy: the provider's endpoints are exactly where discovery says.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::http::response;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect;

/// Time for a connection, and for a whole exchange.
const CONNECT: Duration = Duration::from_secs(2);
const EXCHANGE: Duration = Duration::from_secs(6);
/// Bytes of an answer. A discovery document has a few thousand.
const ANSWER: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The client could not be built: no usable TLS.
    #[error("no HTTP client")]
    NoClient,
    /// Nothing came back in time, or not HTTP.
    #[error("no answer")]
    NoAnswer(#[from] reqwest::Error),
    /// The answer is larger than this site reads.
    #[error("the answer is too large")]
    TooLarge,
    /// The answer is not well formed.
    #[error("the answer is malformed")]
    Malformed(#[from] openidconnect::http::Error),
}

/// The HTTP client, in the form the `openidconnect` crate asks for.
pub(super) struct Outbound(Option<reqwest::Client>);

impl Outbound {
    #[expect(
        clippy::disallowed_methods,
        reason = "a foreign site opens its own connections, not those of the provider's `outbound`"
    )]
    pub(super) fn new() -> Self {
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(EXCHANGE)
            .build();
        Self(client.ok())
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let client = self.0.as_ref().ok_or(Error::NoClient)?;
        let mut answer = client.execute(request.try_into()?).await?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            if body.len().saturating_add(piece.len()) > ANSWER {
                return Err(Error::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        let mut response = response::Builder::new().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        Ok(response.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}
