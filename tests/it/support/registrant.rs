//! Somebody with an initial access token: `Registrant::with(app, Policy::narrow())`, and the client it registers.

use fuxin::base::time::Lifetime;
use fuxin::client::initial_access::{self, Terms};
use fuxin::oauth::client_metadata::{ClientMetadata, TokenEndpointAuthMethod};
use fuxin::oauth::registration_policy::RegistrationPolicy;
use fuxin::oauth::registration_request::RegistrationRequest;
use fuxin::oauth::response_type::ResponseType;
use fuxin::oauth::weak_feature::WeakFeature;
use serde_json::{Value, json};

use super::app::{Json, TestApp};
use super::relying_party::RelyingParty;

/// A deployment in which clients may register themselves, and be weak in every way.
pub const OPEN: &str = "[policy]\nweak_features = [\"dynamic_registration\", \"implicit_flow\", \
    \"hybrid_flow\", \"no_pkce\", \"unsigned_request_object\", \"unsigned_id_token\", \"hs256\", \
    \"client_secret_jwt\", \"compat_audience\"]";

/// One red pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\
    \x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82";

/// How far a token reaches, and for how many clients.
pub struct Policy(Terms);

impl Policy {
    /// One client that asks for codes, and authenticates with a secret or not at all.
    pub fn narrow() -> Self {
        Self(Terms {
            name: "縣政府".to_owned(),
            policy: RegistrationPolicy {
                response_types: vec![ResponseType::Code],
                token_endpoint_auth_methods: vec![
                    TokenEndpointAuthMethod::ClientSecretBasic,
                    TokenEndpointAuthMethod::None,
                ],
                weak_features: [].into_iter().collect(),
                scope: "openid profile".parse().unwrap(),
            },
            clients: 1,
            lifetime: Lifetime::days(7),
        })
    }

    /// Ten clients that may be anything.
    pub fn wide() -> Self {
        Self::narrow().clients(10).with(|policy| {
            policy.response_types = ResponseType::ALL.to_vec();
            policy.token_endpoint_auth_methods = TokenEndpointAuthMethod::ALL.to_vec();
            policy.weak_features = WeakFeature::ALL.iter().copied().collect();
            policy.scope = "openid profile email offline_access".parse().unwrap();
        })
    }

    pub fn clients(mut self, clients: u32) -> Self {
        self.0.clients = clients;
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut RegistrationPolicy)) -> Self {
        change(&mut self.0.policy);
        self
    }
}

/// Somebody who may register clients.
pub struct Registrant {
    app: TestApp,
    pub token: String,
    pub token_id: fuxin::base::id::InitialAccessId,
}

/// A client that registered itself.
#[derive(Clone)]
pub struct Own {
    app: TestApp,
    pub id: String,
    pub secret: Option<String>,
    pub token: String,
    pub told: Value,
}

impl Registrant {
    pub async fn with(app: &TestApp, policy: Policy) -> Self {
        let (record, token) = initial_access::make(&app.context(), policy.0).await.unwrap();
        app.plant("an initial access token", &token.expose());
        Self { app: app.clone(), token: token.expose(), token_id: record.id }
    }

    /// What a registration is answered with.
    pub async fn register(&self, members: Value) -> Json {
        send(&self.app, "POST", "/register", Some(&self.token), Some(&members)).await
    }

    /// The client that a registration makes.
    pub async fn registered(&self, members: Value) -> Own {
        let answer = self.register(members).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Own::of(&self.app, answer.body)
    }

    /// The client with this redirect URI and nothing else said.
    pub async fn plain(&self) -> Own {
        self.registered(json!({ "redirect_uris": [REDIRECT_URI] })).await
    }
}

/// Where the answers of these clients go.
pub const REDIRECT_URI: &str = "https://rp.example/cb";

impl Own {
    fn of(app: &TestApp, told: Value) -> Self {
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        let own = Self {
            app: app.clone(),
            id: text("client_id").unwrap(),
            secret: text("client_secret"),
            token: text("registration_access_token").unwrap(),
            told,
        };
        app.plant("a registration access token", &own.token);
        if let Some(secret) = &own.secret {
            app.plant("a client secret", secret);
        }
        own
    }

    fn path(&self) -> String {
        format!("/register/{}", self.id)
    }

    pub async fn get(&self) -> Json {
        send(&self.app, "GET", &self.path(), Some(&self.token), None).await
    }

    pub async fn put(&self, members: &Value) -> Json {
        send(&self.app, "PUT", &self.path(), Some(&self.token), Some(members)).await
    }

    pub async fn delete(&self) -> Json {
        send(&self.app, "DELETE", &self.path(), Some(&self.token), None).await
    }

    /// What it was told, with changes; a member that becomes null is left out.
    pub fn changed(&self, changes: Value) -> Value {
        let mut members = self.told.clone();
        let Value::Object(changes) = changes else { panic!() };
        let own = members.as_object_mut().unwrap();
        own.extend(changes);
        own.retain(|_, value| !value.is_null());
        members
    }

    /// The same client after a replacement.
    pub async fn replaced(&self, changes: Value) -> Self {
        let answer = self.put(&self.changed(changes)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let secret = self.secret.clone();
        let own = Self::of(&self.app, answer.body);
        Self { secret: own.secret.clone().or(secret), ..own }
    }

    /// The client's site.
    pub fn site(&self) -> RelyingParty {
        let scope = "openid".parse().unwrap();
        let request = RegistrationRequest::parse(self.told.to_string().as_bytes()).unwrap();
        let metadata: ClientMetadata = request.settings(&scope).unwrap();
        let id = self.id.parse().unwrap();
        RelyingParty::new(&self.app, id, self.secret.clone(), None, metadata)
    }
}

/// A request with a token and a JSON body.
pub async fn send(
    app: &TestApp,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Json {
    let mut request = app.http.request(method.parse().unwrap(), app.url(path));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    Json::of(request.send().await.unwrap()).await
}
