//! A relying party as a real one would be: discovery, PKCE, state, nonce, `iss`, and an ID token that is believed only
//! after the `openidconnect` crate verified it.

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;

use fuxin::base::encoding::{base64url, from_base64url};
use fuxin::base::id::ClientId;
use fuxin::base::random;
use fuxin::base::time::Clock;
use fuxin::oauth::client_metadata::{ClientMetadata, TokenEndpointAuthMethod};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AccessToken, AccessTokenHash, ClientId as OidcClientId, ClientSecret, HttpRequest,
    HttpResponse, IssuerUrl, Nonce,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::account::Person;
use super::app::{Json, TestApp};
use super::assertion::{AssertionKey, sign_with_secret};
use super::browser::{Away, Browser, Page};
use super::client::register_again;

/// A client that has its own site.
#[derive(Clone)]
pub struct RelyingParty {
    app: TestApp,
    pub client_id: String,
    pub id: ClientId,
    pub secret: Option<String>,
    pub key: Option<AssertionKey>,
    pub metadata: ClientMetadata,
}

/// A request on its way, and what the site remembers of it.
#[derive(Clone, Debug)]
pub struct Request {
    pub parameters: Vec<(String, String)>,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// What a site was given, and verified.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub id_token: String,
    /// The claims of the ID token.
    pub claims: Value,
    /// The whole answer.
    pub answer: Value,
}

impl Tokens {
    pub fn refresh_token(&self) -> &str {
        self.refresh_token.as_deref().expect("a refresh token was given")
    }

    pub fn subject(&self) -> &str {
        self.claims["sub"].as_str().unwrap()
    }
}

impl Request {
    /// The request with a parameter set.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.retain(|(own, _)| own != name);
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The request without a parameter.
    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(own, _)| own != name);
        self
    }

    /// The request with these parameters set, or taken out where they are empty.
    pub fn changed(self, changes: &[(&str, &str)]) -> Self {
        changes.iter().fold(self, |request, (name, value)| {
            if value.is_empty() { request.without(name) } else { request.with(name, value) }
        })
    }

    pub fn scope(self, scope: &str) -> Self {
        self.with("scope", scope)
    }

    pub fn prompt(self, prompt: &str) -> Self {
        self.with("prompt", prompt)
    }

    /// Its query.
    pub fn query(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish()
    }

    /// Its address at the provider.
    pub fn address(&self) -> String {
        format!("/authorize?{}", self.query())
    }
}

impl RelyingParty {
    pub fn new(
        app: &TestApp,
        id: ClientId,
        secret: Option<String>,
        key: Option<AssertionKey>,
        metadata: ClientMetadata,
    ) -> Self {
        Self { app: app.clone(), client_id: id.to_string(), id, secret, key, metadata }
    }

    /// The same client, talking to another node.
    pub fn at(&self, node: &TestApp) -> Self {
        Self { app: node.clone(), ..self.clone() }
    }

    /// Registers the client anew, with a change to what was registered first.
    pub async fn change(&self, change: impl FnOnce(&mut ClientMetadata)) {
        let mut metadata = self.metadata.clone();
        change(&mut metadata);
        register_again(&self.app, self.id, metadata, self.secret.as_deref()).await;
    }

    pub fn redirect_uri(&self) -> &str {
        self.metadata.redirect_uris[0].as_str()
    }

    pub fn post_logout_redirect_uri(&self) -> &str {
        self.metadata.post_logout_redirect_uris[0].as_str()
    }

    /// A request for `openid`.
    pub fn request(&self) -> Request {
        let random = || base64url(&random::bytes::<32>());
        let (state, nonce, verifier) = (random(), random(), random());
        for (what, text) in [("a state", &state), ("a nonce", &nonce), ("a verifier", &verifier)] {
            self.app.plant(what, text);
        }
        let challenge = base64url(&Sha256::digest(&verifier));
        let parameters = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", self.redirect_uri()),
            ("scope", "openid"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let parameters =
            parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Request { parameters, state, nonce, verifier }
    }

    /// The whole sign-in with `openid`: whatever the provider asks, the person answers.
    pub async fn sign_in(&self, browser: &mut Browser, person: &Person) -> Tokens {
        self.sign_in_with(browser, person, self.request()).await
    }

    /// The same for another scope.
    pub async fn sign_in_for(&self, browser: &mut Browser, person: &Person, scope: &str) -> Tokens {
        self.sign_in_with(browser, person, self.request().scope(scope)).await
    }

    /// The same for any request.
    pub async fn sign_in_with(
        &self,
        browser: &mut Browser,
        person: &Person,
        request: Request,
    ) -> Tokens {
        let page = self.answer(browser, person, &request).await;
        self.finish(&request, &page).await
    }

    /// The code that a person's answer to a request brings.
    pub async fn code_for(
        &self,
        browser: &mut Browser,
        person: &Person,
        request: &Request,
    ) -> String {
        let page = self.answer(browser, person, request).await;
        self.code(request, page.away())
    }

    /// The answer to a request: whatever the provider asks, the person answers.
    pub async fn answer(&self, browser: &mut Browser, person: &Person, request: &Request) -> Page {
        let mut page = browser.open(&request.address()).await;
        if page.away.is_none() && page.path() == "/sign-in" {
            page = browser.sign_in(&page, person).await;
        }
        if page.away.is_none() && page.path() == "/consent" {
            page = browser.press(&page, "consent-approve").await;
        }
        page
    }

    /// Judges the answer that the browser brings, redeems the code and verifies the ID token.
    pub async fn finish(&self, request: &Request, page: &Page) -> Tokens {
        let code = self.code(request, page.away());
        let answer = self.redeem(request, &code).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        self.believe(&answer, Some(&request.nonce)).await
    }

    /// The code of an answer that is for this request (RFC 9207, RFC 6749 §10.12).
    pub fn code(&self, request: &Request, away: &Away) -> String {
        let mut redirect_uri = away.url.clone();
        redirect_uri.set_query(None);
        redirect_uri.set_fragment(None);
        assert_eq!(redirect_uri.as_str(), self.redirect_uri());
        assert_eq!(away.parameter("error"), None, "{:?}", away.parameter("error_description"));
        assert_eq!(away.parameter("state").as_ref(), Some(&request.state));
        assert_eq!(away.parameter("iss").as_ref(), Some(&self.app.issuer));
        let code = away.parameter("code").expect("a code");
        self.app.plant("a code", &code);
        code
    }

    /// The error of an answer that is for this request.
    pub fn error(&self, request: &Request, page: &Page) -> String {
        let away = page.away();
        assert_eq!(away.parameter("state").as_ref(), Some(&request.state));
        assert_eq!(away.parameter("iss").as_ref(), Some(&self.app.issuer));
        assert_eq!(away.parameter("code"), None);
        away.parameter("error").expect("an error")
    }

    /// Sends a code to the token endpoint.
    pub async fn redeem(&self, request: &Request, code: &str) -> Json {
        self.redeem_with(request, code, &[]).await
    }

    /// The same with these parameters set, or taken out where they are empty.
    pub async fn redeem_with(
        &self,
        request: &Request,
        code: &str,
        changes: &[(&str, &str)],
    ) -> Json {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri()),
            ("code_verifier", &request.verifier),
        ];
        form.retain(|(own, _)| !changes.iter().any(|(name, _)| name == own));
        form.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        self.token(&form).await
    }

    /// Sends a refresh token to the token endpoint.
    pub async fn refresh(&self, refresh_token: &str) -> Json {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// The same, without the way through the network.
    pub async fn race_to_refresh(&self, refresh_token: &str) -> Json {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.race("/token", &form).await
    }

    /// Refreshes, and believes the answer.
    pub async fn refreshed(&self, refresh_token: &str) -> Tokens {
        let answer = self.refresh(refresh_token).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        self.believe(&answer, None).await
    }

    /// Anything to the token endpoint.
    pub async fn token(&self, form: &[(&str, &str)]) -> Json {
        self.post("/token", form).await
    }

    pub async fn revoke(&self, token: &str) -> Json {
        self.post("/revoke", &[("token", token)]).await
    }

    pub async fn introspect(&self, token: &str) -> Json {
        self.post("/introspect", &[("token", token)]).await
    }

    /// What userinfo says to a token.
    pub async fn userinfo(&self, access_token: &str) -> Json {
        let request = self.app.http.get(self.app.url("/userinfo")).bearer_auth(access_token);
        Json::of(request.send().await.unwrap()).await
    }

    /// A form to an endpoint, with this client's authentication.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Json {
        Json::of(self.prepare(path, form).send().await.unwrap()).await
    }

    /// The same, without the way through the network.
    pub async fn race(&self, path: &str, form: &[(&str, &str)]) -> Json {
        let request = self.prepare(path, form).build().unwrap();
        let request = axum::http::Request::<reqwest::Body>::try_from(request).unwrap();
        self.app.hand(request.map(axum::body::Body::new)).await
    }

    /// The same, to be changed before it is sent.
    pub fn prepare(&self, path: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut fields: Vec<(String, String)> =
            form.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut request = self.app.http.post(self.app.url(path));
        let secret = self.secret.clone().unwrap_or_default();
        match self.metadata.token_endpoint_auth_method {
            TokenEndpointAuthMethod::ClientSecretBasic => {
                let encoded = |text: &str| {
                    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                request = request.basic_auth(encoded(&self.client_id), Some(encoded(&secret)));
            }
            TokenEndpointAuthMethod::ClientSecretPost => {
                fields.push(("client_id".into(), self.client_id.clone()));
                fields.push(("client_secret".into(), secret));
            }
            TokenEndpointAuthMethod::None => {
                fields.push(("client_id".into(), self.client_id.clone()));
            }
            TokenEndpointAuthMethod::TlsClientAuth
            | TokenEndpointAuthMethod::SelfSignedTlsClientAuth => {
                panic!("this party does not authenticate so")
            }
            method @ (TokenEndpointAuthMethod::PrivateKeyJwt
            | TokenEndpointAuthMethod::ClientSecretJwt) => {
                const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let now = self.app.clock.now().seconds();
                let claims = AssertionKey::claims(&self.client_id, &self.app.issuer, now);
                let assertion = if method == TokenEndpointAuthMethod::PrivateKeyJwt {
                    self.key.as_ref().expect("a key").sign(&claims)
                } else {
                    sign_with_secret(&secret, &claims)
                };
                fields.push(("client_assertion_type".into(), TYPE.into()));
                fields.push(("client_assertion".into(), assertion));
            }
        }
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        request.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// Verifies what the token endpoint gave: OpenID Connect Core §3.1.3.7, with keys fetched anew.
    pub async fn believe(&self, answer: &Json, nonce: Option<&str>) -> Tokens {
        let text = |name: &str| answer.body[name].as_str().map(str::to_owned);
        let (access_token, id_token) =
            (text("access_token").unwrap(), text("id_token").expect("an ID token"));
        let refresh_token = text("refresh_token");
        for (what, token) in [("an access token", &access_token), ("an ID token", &id_token)] {
            self.app.plant(what, token);
        }
        refresh_token.iter().for_each(|token| self.app.plant("a refresh token", token));
        self.verify(&id_token, &access_token, nonce).await;
        let payload = id_token.split('.').nth(1).unwrap();
        let claims = serde_json::from_slice(&from_base64url(payload).unwrap()).unwrap();
        Tokens { access_token, refresh_token, id_token, claims, answer: answer.body.clone() }
    }

    /// Verifies one ID token with the `openidconnect` crate.
    pub async fn verify(&self, id_token: &str, access_token: &str, nonce: Option<&str>) {
        let issuer = IssuerUrl::new(self.app.issuer.clone()).unwrap();
        let metadata = CoreProviderMetadata::discover_async(issuer, &Outbound(self.app.clone()))
            .await
            .unwrap();
        let (client, keys) = (OidcClientId::new(self.client_id.clone()), metadata.jwks().clone());
        let verifier = match &self.secret {
            Some(secret) => CoreIdTokenVerifier::new_confidential_client(
                client,
                ClientSecret::new(secret.clone()),
                metadata.issuer().clone(),
                keys,
            ),
            None => CoreIdTokenVerifier::new_public_client(client, metadata.issuer().clone(), keys),
        };
        let clock = self.app.clock.clone();
        let now = move || {
            let seconds = u64::try_from(clock.now().seconds()).unwrap();
            let elapsed = std::time::Duration::from_secs(seconds);
            (std::time::UNIX_EPOCH + elapsed).into()
        };
        let verifier = verifier.set_time_fn(now).set_allowed_algs([
            CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        ]);
        let token = CoreIdToken::from_str(id_token).unwrap();
        let expected = nonce.map(str::to_owned);
        let nonce_is = |nonce: Option<&Nonce>| match (nonce, &expected) {
            (None, None) => Ok(()),
            (Some(own), Some(expected)) if own.secret() == expected => Ok(()),
            _ => Err("the nonce is not the request's".to_owned()),
        };
        let claims = token.claims(&verifier, nonce_is).unwrap();
        if let Some(hash) = claims.access_token_hash() {
            let own = AccessTokenHash::from_token(
                &AccessToken::new(access_token.to_owned()),
                token.signing_alg().unwrap(),
                token.signing_key(&verifier).unwrap(),
            );
            assert_eq!(*hash, own.unwrap());
        }
    }

    /// Where this site sends a browser to sign out.
    pub fn sign_out_address(&self, id_token: Option<&str>, state: Option<&str>) -> String {
        let mut url = Url::parse(&self.app.url("/end-session")).unwrap();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("client_id", &self.client_id);
            query.append_pair("post_logout_redirect_uri", self.post_logout_redirect_uri());
            if let Some(hint) = id_token {
                query.append_pair("id_token_hint", hint);
            }
            if let Some(state) = state {
                query.append_pair("state", state);
            }
        }
        url.to_string()
    }
}

/// The HTTP client in the form that the `openidconnect` crate asks for.
struct Outbound(TestApp);

impl<'c> openidconnect::AsyncHttpClient<'c> for Outbound {
    type Error = openidconnect::HttpClientError<reqwest::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let http = self.0.http.clone();
        // What stands before a provider passes everything on to it.
        let address = request.uri().to_string().replacen(&self.0.issuer, &self.0.address, 1);
        Box::pin(async move {
            let mut request = reqwest::Request::try_from(request).map_err(Box::new)?;
            *request.url_mut() = address.parse().expect("an address");
            let answer = http.execute(request).await.map_err(Box::new)?;
            let mut response = openidconnect::http::Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            let body = answer.bytes().await.map_err(Box::new)?;
            Ok(response.body(body.to_vec())?)
        })
    }
}
