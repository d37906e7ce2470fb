//! Clients: `app.client("人事服務網").scope("openid profile").register()`.

use fuxin::base::id::ClientId;
use fuxin::base::secret::Secret;
use fuxin::client;
use fuxin::oauth::client_metadata::{
    ApplicationType, ClientMetadata, IdTokenAlgorithm, SubjectType, TokenEndpointAuthMethod,
};
use fuxin::oauth::grant_type::GrantType;
use fuxin::oauth::redirect_uri::RedirectUri;
use fuxin::oauth::scope::Scope;

use super::app::TestApp;
use super::assertion::AssertionKey;
use super::relying_party::RelyingParty;

/// A client to be registered: confidential, with every scope and refresh tokens, in a sector of its own.
pub struct ClientBuilder {
    app: TestApp,
    /// What is registered, for what the words below do not say.
    pub metadata: ClientMetadata,
    key: Option<AssertionKey>,
}

/// Reads a redirect URI.
pub fn redirect_uri(text: &str) -> RedirectUri {
    RedirectUri::register(text, ApplicationType::Native).unwrap()
}

impl ClientBuilder {
    pub fn new(app: &TestApp, name: &str) -> Self {
        let host = format!("https://{name}.example.gov.tw");
        let metadata = ClientMetadata {
            client_name: format!("{name} 服務網"),
            client_name_en: Some(format!("{name} portal")),
            client_uri: Some(format!("{host}/")),
            redirect_uris: vec![redirect_uri(&format!("{host}/callback"))],
            post_logout_redirect_uris: vec![redirect_uri(&format!("{host}/signed-out"))],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            scope: Scope::KNOWN.into_iter().collect(),
            id_token_signed_response_alg: IdTokenAlgorithm::Es256,
            ..ClientMetadata::default()
        };
        Self { app: app.clone(), metadata, key: None }
    }

    /// One that cannot keep a secret.
    pub fn public(mut self) -> Self {
        self.metadata.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        self
    }

    /// One that sends its secret in the form.
    pub fn secret_in_form(mut self) -> Self {
        self.metadata.token_endpoint_auth_method = TokenEndpointAuthMethod::ClientSecretPost;
        self
    }

    /// One that signs assertions with a key of its own.
    pub fn private_key_jwt(mut self) -> Self {
        let key = AssertionKey::random();
        self.metadata.token_endpoint_auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
        self.metadata.jwks = Some(key.jwks());
        self.key = Some(key);
        self
    }

    /// One whose registration says nothing of algorithms.
    pub fn default_algorithm(mut self) -> Self {
        self.metadata.id_token_signed_response_alg =
            ClientMetadata::default().id_token_signed_response_alg;
        self
    }

    /// An agency whose requests need no consent.
    pub fn skip_consent(mut self) -> Self {
        self.metadata.skip_consent = true;
        self
    }

    pub fn sector(mut self, sector: &str) -> Self {
        sector.clone_into(&mut self.metadata.sector);
        self
    }

    pub fn public_subjects(mut self) -> Self {
        self.metadata.subject_type = SubjectType::Public;
        self
    }

    pub fn scope(mut self, scope: &str) -> Self {
        self.metadata.scope = scope.parse().unwrap();
        self
    }

    /// One that comes without a person.
    pub fn service(mut self, scope: &str) -> Self {
        self.metadata.grant_types = vec![GrantType::ClientCredentials];
        self.metadata.redirect_uris.clear();
        self.scope(scope).sector("service.example.gov.tw")
    }

    /// One with the right to introspect what is not its own.
    pub fn may_introspect(mut self) -> Self {
        self.metadata.may_introspect = true;
        self
    }

    /// Any other setting.
    pub fn with(mut self, change: impl FnOnce(&mut ClientMetadata)) -> Self {
        change(&mut self.metadata);
        self
    }

    /// Registers the client.
    pub async fn register(self) -> RelyingParty {
        let registration = self.metadata.clone().register().unwrap();
        let (client, secret) = client::register(&self.app.context(), registration).await.unwrap();
        let secret = secret.map(|secret| secret.expose().to_owned());
        if let Some(secret) = &secret {
            self.app.plant("a client secret", secret);
        }
        RelyingParty::new(&self.app, client.id, secret, self.key, self.metadata)
    }
}

/// Registers a client anew under the id it has.
pub async fn register_again(
    app: &TestApp,
    id: ClientId,
    metadata: ClientMetadata,
    secret: Option<&str>,
) {
    let secret = secret.map(|secret| Secret::new(secret.to_owned()));
    let registration = metadata.register().unwrap();
    client::put(&app.context(), id, registration, secret.as_ref()).await.unwrap();
    app.app.provider().forget_clients();
}
