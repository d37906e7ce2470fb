//! What an agency's site and a citizen's browser do, and what they hold every answer to.
//!
//! OAuth 2.0 §4–6, OpenID Connect Core §3.1 and §5.3, RFC 7009, RFC 7662, RFC 9207. An answer that lacks a member, repeats
//! a token or names somebody else is a fault, and a fault ends the run.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fuxin::base::encoding::{base64url, from_base64url};
use fuxin::base::random;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::Outcome;
use crate::http::{self, Answer, Connection, Cookies, Request};
use crate::ledger::{Account, Client};
use crate::sign_in;

/// The paths that discovery is to name.
const TOKEN: &str = "/token";
const USERINFO: &str = "/userinfo";
const INTROSPECTION: &str = "/introspect";
const REVOCATION: &str = "/revoke";
const AUTHORIZE: &str = "/authorize";
const SCOPE: &str = "openid profile email offline_access";
/// What the session cookie of a plain http issuer is called.
const SESSION_COOKIE: &str = "fuxin-session";
/// Redirects and pages between a request and its answer.
const STEPS: usize = 10;

/// A site and its connection to the provider.
#[derive(Debug)]
pub struct RelyingParty {
    /// The connection, kept alive.
    pub connection: Connection,
    issuer: String,
    /// What the connection carried, successful or not.
    pub requests: u64,
}

/// What the token endpoint gave for a grant.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// The newest refresh token.
    pub refresh_token: String,
}

/// An authorization code and what is needed to redeem it.
#[derive(Clone, Debug)]
pub struct Code {
    value: String,
    verifier: String,
    nonce: String,
}

/// What a request led to, where more than one answer is right.
#[derive(Debug)]
pub enum Verdict<T> {
    /// 200, and everything in it is right.
    Given(T),
    /// 400 with this error code.
    Refused(String),
}

impl<T> Verdict<T> {
    /// What was given; a refusal is a fault here.
    pub fn given(self) -> Outcome<T> {
        match self {
            Self::Given(value) => Ok(value),
            Self::Refused(error) => Err(format!("refused: {error}").into()),
        }
    }
}

impl RelyingParty {
    /// A site that trusts this issuer.
    pub const fn new(connection: Connection, issuer: String) -> Self {
        Self { connection, issuer, requests: 0 }
    }

    async fn send(&mut self, request: &Request<'_>) -> Result<Answer, http::Error> {
        self.requests = self.requests.saturating_add(1);
        self.connection.send_again_if_idle(request).await
    }

    /// `grant_type=client_credentials`.
    pub async fn client_credentials(&mut self, client: &Client) -> Outcome<String> {
        let form = [("grant_type", "client_credentials"), ("scope", "service")];
        let request = Request::post(TOKEN, form).header("authorization", &basic(client));
        let token = object(&self.send(&request).await?)?;
        is(&token, "token_type", "Bearer")?;
        is(&token, "scope", "service")?;
        number(&token, "expires_in")?;
        absent(&token, &["refresh_token", "id_token"])?;
        text(&token, "access_token").map(str::to_owned)
    }

    /// The same for a client whose access tokens are JWTs (RFC 9068), each read as a resource server reads it.
    pub async fn client_credentials_jwt(&mut self, client: &Client) -> Outcome {
        let token = self.client_credentials(client).await?;
        let claims = signed_claims(&token, "at+jwt")?;
        is(&claims, "iss", &self.issuer)?;
        is(&claims, "aud", &self.issuer)?;
        is(&claims, "sub", &client.id)?;
        is(&claims, "client_id", &client.id)?;
        is(&claims, "scope", "service")?;
        text(&claims, "jti")?;
        number(&claims, "exp")
    }

    /// `grant_type=refresh_token`.
    pub async fn refresh(
        &mut self,
        client: &Client,
        refresh_token: &str,
    ) -> Outcome<Verdict<Tokens>> {
        let answer = self.send(&refresh_request(client, refresh_token)).await?;
        self.tokens(client, &answer, refresh_token, None)
    }

    /// Reads what a refresh was answered.
    pub fn tokens(
        &self,
        client: &Client,
        answer: &Answer,
        presented: &str,
        nonce: Option<&str>,
    ) -> Outcome<Verdict<Tokens>> {
        if answer.status == 400 {
            let refusal = json(answer)?;
            text(&refusal, "error_description")?;
            return Ok(Verdict::Refused(text(&refusal, "error")?.to_owned()));
        }
        let token = object(answer)?;
        is(&token, "token_type", "Bearer")?;
        number(&token, "expires_in")?;
        same_scope(text(&token, "scope")?)?;
        let id_token = signed_claims(text(&token, "id_token")?, "JWT")?;
        is(&id_token, "iss", &self.issuer)?;
        is(&id_token, "aud", &client.id)?;
        text(&id_token, "sub")?;
        match nonce {
            Some(nonce) => is(&id_token, "nonce", nonce)?,
            None => absent(&id_token, &["nonce"])?,
        }
        let refresh_token = text(&token, "refresh_token")?.to_owned();
        if refresh_token == presented {
            return Err("the new refresh token is the old one".into());
        }
        let access_token = text(&token, "access_token")?.to_owned();
        Ok(Verdict::Given(Tokens { access_token, refresh_token }))
    }

    /// Who the person is.
    pub async fn userinfo(&mut self, access_token: &str) -> Outcome {
        let authorization = format!("Bearer {access_token}");
        let request = Request::get(USERINFO).header("authorization", &authorization);
        let claims = object(&self.send(&request).await?)?;
        text(&claims, "sub")?;
        text(&claims, "name")?;
        let name = text(&claims, "preferred_username")?;
        is(&claims, "email", &format!("{name}@example.gov.tw"))
    }

    /// Whether an access token is good, and everything said of it.
    pub async fn introspect(&mut self, client: &Client, access_token: &str) -> Outcome {
        let request = Request::post(INTROSPECTION, [("token", access_token)])
            .header("authorization", &basic(client));
        let told = object(&self.send(&request).await?)?;
        if told.get("active") != Some(&Value::Bool(true)) {
            return Err(format!("the token is not active: {told}").into());
        }
        is(&told, "client_id", &client.id)?;
        is(&told, "iss", &self.issuer)?;
        is(&told, "token_type", "Bearer")?;
        same_scope(text(&told, "scope")?)?;
        number(&told, "exp")?;
        text(&told, "sub").map(drop)
    }

    /// Takes a token back.
    pub async fn revoke(&mut self, client: &Client, token: &str) -> Outcome {
        let request =
            Request::post(REVOCATION, [("token", token)]).header("authorization", &basic(client));
        let answer = self.send(&request).await?;
        if answer.status == 200 { Ok(()) } else { Err(unexpected(&answer)) }
    }

    /// Discovery and the key set, each held to the issuer.
    pub async fn discover(&mut self) -> Outcome {
        let request = Request::get("/.well-known/openid-configuration");
        let metadata = object(&self.send(&request).await?)?;
        is(&metadata, "issuer", &self.issuer)?;
        for (name, path) in [
            ("authorization_endpoint", AUTHORIZE),
            ("token_endpoint", TOKEN),
            ("userinfo_endpoint", USERINFO),
            ("introspection_endpoint", INTROSPECTION),
            ("revocation_endpoint", REVOCATION),
        ] {
            is(&metadata, name, &format!("{}{path}", self.issuer))?;
        }
        let keys = text(&metadata, "jwks_uri")?;
        let path = keys.strip_prefix(&self.issuer).ok_or("jwks_uri is elsewhere")?.to_owned();
        let set = object(&self.send(&Request::get(&path)).await?)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or("no keys")?;
        let for_es256 = keys.iter().any(|key| key.get("alg") == Some(&Value::from("ES256")));
        if for_es256 { Ok(()) } else { Err("no key for ES256 is published".into()) }
    }

    /// A code, by the session that the browser already has.
    pub async fn authorize_silently(&mut self, client: &Client, session: &str) -> Outcome<Code> {
        let mut cookies = Cookies::default();
        cookies.put(SESSION_COOKIE, session);
        self.authorize(client, &mut cookies, None).await
    }

    /// A code, in a browser that has nothing yet, by account and password.
    pub async fn sign_in(&mut self, client: &Client, account: &Account) -> Outcome<Code> {
        self.authorize(client, &mut Cookies::default(), Some(account)).await
    }

    async fn authorize(
        &mut self,
        client: &Client,
        cookies: &mut Cookies,
        account: Option<&Account>,
    ) -> Outcome<Code> {
        let [state, nonce, verifier] = std::array::from_fn(|_| base64url(&random::bytes::<32>()));
        let challenge = base64url(&Sha256::digest(verifier.as_bytes()));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", &client.id),
                ("redirect_uri", &client.redirect_uri),
                ("scope", SCOPE),
                ("state", &state),
                ("nonce", &nonce),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ])
            .finish();
        let mut answer = self.browse(&format!("{AUTHORIZE}?{query}"), cookies).await?;
        for _ in 0..STEPS {
            if let (Some(location), 302 | 303) = (answer.header("location"), answer.status) {
                if location.starts_with(&client.redirect_uri) {
                    let value = code_in(location, &state, &self.issuer)?;
                    return Ok(Code { value, verifier, nonce });
                }
                let path = location.strip_prefix(&self.issuer).unwrap_or(location).to_owned();
                if !path.starts_with('/') {
                    return Err(format!("redirected to {location}").into());
                }
                answer = self.browse(&path, cookies).await?;
            } else if let (Some(account), 200) = (account, answer.status) {
                let (path, fields) = sign_in::filled_form(&answer.text(), &self.issuer, account)?;
                let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let request = Request::post(&path, fields)
                    .header("origin", &self.connection.origin().url())
                    .header("sec-fetch-site", "same-origin")
                    .header("cookie", &cookies.text());
                answer = self.send(&request).await?;
                cookies.keep(&answer);
                // A page after the form means that it was refused: its text says why.
                if answer.status != 303 {
                    return Err(unexpected(&answer));
                }
            } else {
                return Err(unexpected(&answer));
            }
        }
        Err("the redirects do not end".into())
    }

    async fn browse(&mut self, path: &str, cookies: &mut Cookies) -> Outcome<Answer> {
        let request = Request::get(path).header("cookie", &cookies.text());
        let answer = self.send(&request).await?;
        cookies.keep(&answer);
        Ok(answer)
    }

    /// Redeems a code.
    pub async fn redeem(&mut self, client: &Client, code: &Code) -> Outcome<Verdict<Tokens>> {
        let answer = self.send(&redeem_request(client, code)).await?;
        self.redemption(client, &answer, code)
    }

    /// Reads what a redemption was answered.
    pub fn redemption(
        &self,
        client: &Client,
        answer: &Answer,
        code: &Code,
    ) -> Outcome<Verdict<Tokens>> {
        self.tokens(client, answer, "", Some(&code.nonce))
    }
}

/// The token request that redeems a code.
pub fn redeem_request(client: &Client, code: &Code) -> Request<'static> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code.value),
        ("redirect_uri", &client.redirect_uri),
        ("code_verifier", &code.verifier),
    ];
    Request::post(TOKEN, form).header("authorization", &basic(client))
}

/// The token request that presents a refresh token.
pub fn refresh_request(client: &Client, refresh_token: &str) -> Request<'static> {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    Request::post(TOKEN, form).header("authorization", &basic(client))
}

/// Ids and secrets consist of characters that a form does not escape.
fn basic(client: &Client) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", client.id, client.secret)))
}

fn code_in(location: &str, state: &str, issuer: &str) -> Outcome<String> {
    let url = Url::parse(location)?;
    let one = |name: &str| {
        let mut values = url.query_pairs().filter(|(key, _)| key == name);
        values.next().filter(|_| values.next().is_none()).map(|(_, value)| value.into_owned())
    };
    if one("state").as_deref() != Some(state) || one("iss").as_deref() != Some(issuer) {
        return Err(format!("state or iss is not echoed: {location}").into());
    }
    one("code").ok_or_else(|| format!("no code: {location}").into())
}

fn signed_claims(jwt: &str, typ: &str) -> Outcome<Value> {
    let mut parts = jwt.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("a signed token has three parts".into());
    };
    let part = |text| from_base64url(text).ok_or("a part of the token is not base64url");
    let header = serde_json::from_slice(&part(header)?)?;
    is(&header, "alg", "ES256")?;
    is(&header, "typ", typ)?;
    if part(signature)?.len() != 64 {
        return Err("the signature is not one of ES256".into());
    }
    Ok(serde_json::from_slice(&part(claims)?)?)
}

fn same_scope(scope: &str) -> Outcome {
    let sorted = |text: &str| {
        let mut scopes: Vec<_> = text.split(' ').map(str::to_owned).collect();
        scopes.sort();
        scopes
    };
    if sorted(scope) == sorted(SCOPE) { Ok(()) } else { Err(format!("scope is {scope}").into()) }
}

fn object(answer: &Answer) -> Outcome<Value> {
    if answer.status == 200 { json(answer) } else { Err(unexpected(answer)) }
}

fn json(answer: &Answer) -> Outcome<Value> {
    match answer.header("content-type") {
        Some(kind) if kind.contains("json") => Ok(serde_json::from_slice(&answer.body)?),
        _ => Err(unexpected(answer)),
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Outcome<&'a str> {
    value
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| format!("{name} is missing in {value}").into())
}

fn is(value: &Value, name: &str, expected: &str) -> Outcome {
    let found = text(value, name)?;
    if found == expected {
        Ok(())
    } else {
        Err(format!("{name} is {found}, not {expected}").into())
    }
}

fn number(value: &Value, name: &str) -> Outcome {
    let positive = value.get(name).and_then(Value::as_i64).is_some_and(|number| number > 0);
    if positive { Ok(()) } else { Err(format!("{name} is missing in {value}").into()) }
}

fn absent(value: &Value, names: &[&str]) -> Outcome {
    match names.iter().find(|name| value.get(name).is_some()) {
        Some(name) => Err(format!("{name} should not be in {value}").into()),
        None => Ok(()),
    }
}

fn unexpected(answer: &Answer) -> Box<dyn std::error::Error + Send + Sync> {
    let text: String = answer.text().chars().take(600).collect();
    format!("answered {}: {text}", answer.status).into()
}
