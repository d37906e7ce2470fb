//! The world that an attack happens in: the real router over a database of its own, a clock that the test moves, sites
//! that are registered, people with accounts, and browsers. Nothing is replaced but time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use base64::Engine;
use fuxin::account::{self, Opening};
use fuxin::app::{App, open_store};
use fuxin::base::encoding::base64url;
use fuxin::base::id::{AccountId, ClientId};
use fuxin::base::random;
use fuxin::base::secret::Secret;
use fuxin::base::time::{Clock, Lifetime, Timestamp};
use fuxin::client;
use fuxin::config::Config;
use fuxin::context::Context;
use fuxin::model::account::{AccountKind, AccountName, AccountState, Profile};
use fuxin::model::password::Password;
use fuxin::oauth::client_metadata::{ApplicationType, ClientMetadata, SigningAlgorithm};
use fuxin::oauth::grant_type::GrantType;
use fuxin::oauth::redirect_uri::RedirectUri;
use fuxin::oauth::scope::Scope;
use fuxin::routes;
use http_body_util::BodyExt;
use scraper::{Html, Selector};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::support::database::{Database, Folder, Kind};

/// Who we are.
pub const ISSUER: &str = "https://id.example.gov.tw";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse 電池 staple";
/// Every client's verifier.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Where browsers are, unless they say otherwise.
pub const HOME: &str = "203.0.113.7:50000";

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct MovedClock(AtomicI64);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

/// A provider of its own.
pub struct World {
    pub app: App,
    clock: Arc<MovedClock>,
    _folder: Folder,
    _database: Database,
}

/// One provider on each database.
pub async fn worlds() -> Vec<World> {
    worlds_with("").await
}

/// The same, with further lines in `[server]`.
pub async fn worlds_with(server: &str) -> Vec<World> {
    vec![World::start(Kind::Sqlite, server).await, World::start(Kind::Postgres, server).await]
}

impl World {
    async fn start(kind: Kind, server: &str) -> Self {
        let folder = Folder::new();
        write_secret(&folder.join("master.key"), &hex(32));
        write_secret(&folder.join("pairwise.salt"), &hex(32));
        let own = Database::empty(kind, &folder).await;
        let (url, password) = own.settings();
        let mut database = format!("url = \"{url}\"\nconnections = 4");
        if let Some(password) = password {
            write_secret(&folder.join("database.password"), &password);
            database.push_str("\npassword_file = \"database.password\"");
        }
        let text = format!(
            "[server]\nissuer = \"{ISSUER}\"\n{server}\n[database]\n{database}\n[secrets]\n\
             master_key_file = \"master.key\"\npairwise_salt_file = \"pairwise.salt\"\n\
             [password_hash]\nmemory_kib = 7168\niterations = 5\nthreads = 2\n"
        );
        let config = Config::from_toml(&text, &folder.join("fuxin.toml"))
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        let store = open_store(&config).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        let clock = Arc::new(MovedClock(AtomicI64::new(1_790_000_000)));
        let app = App::build(&config, clock.clone(), None).await.unwrap();
        Self { app, clock, _folder: folder, _database: own }
    }

    /// The context of something that begins now.
    pub fn ctx(&self) -> Context {
        self.app.context()
    }

    /// Lets time pass.
    pub fn pass(&self, time: Lifetime) {
        self.clock.0.fetch_add(time.as_seconds(), Ordering::SeqCst);
    }

    /// Opens an account that may sign in.
    pub async fn account(&self, name: &str) -> AccountId {
        self.account_as(name, AccountState::Active, self.ctx().now).await
    }

    /// Opens an account in this state, whose password is of that time.
    pub async fn account_as(
        &self,
        name: &str,
        state: AccountState,
        password_since: Timestamp,
    ) -> AccountId {
        let opening = Opening {
            name: AccountName::parse(name).unwrap(),
            kind: AccountKind::Member,
            state,
            profile: Profile {
                name: "林美惠".to_owned().try_into().ok(),
                email: Some("meihui@example.tw".to_owned()),
                ..Profile::default()
            },
            password: Password::parse(PASSWORD).unwrap(),
            password_since,
        };
        account::open(&self.ctx(), opening).await.unwrap()
    }

    /// Registers a confidential client at `https://{host}`.
    pub async fn client(&self, host: &str) -> Site {
        self.client_as(host, |_| {}).await
    }

    /// The same with other settings.
    pub async fn client_as(&self, host: &str, change: impl FnOnce(&mut ClientMetadata)) -> Site {
        let mut settings = settings(host);
        change(&mut settings);
        let redirect = settings.redirect_uris.first().map_or("", RedirectUri::as_str).to_owned();
        let registration = settings.clone().register().unwrap();
        let (client, secret) = client::register(&self.ctx(), registration).await.unwrap();
        let secret = secret.map(|secret| secret.expose().clone()).unwrap_or_default();
        self.ctx().forget_clients();
        Site { id: client.id, secret, redirect, settings }
    }

    /// Replaces what is registered of a client.
    pub async fn change(&self, site: &Site, change: impl FnOnce(&mut ClientMetadata)) {
        let mut settings = site.settings.clone();
        change(&mut settings);
        let secret = Secret::new(site.secret.clone());
        let registration = settings.register().unwrap();
        client::put(&self.ctx(), site.id, registration, Some(&secret)).await.unwrap();
        self.ctx().forget_clients();
    }

    /// Sends any request.
    pub async fn send(&self, mut request: Request<Body>) -> Reply {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(HOME.parse::<SocketAddr>().unwrap()));
        }
        let response = routes::router(self.app.clone()).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Asks without any cookie.
    pub async fn get(&self, address: &str) -> Reply {
        self.send(Request::get(address).body(Body::empty()).unwrap()).await
    }

    /// Posts a form without any cookie.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(form(path, fields).body(Body::from(encoded(fields))).unwrap()).await
    }

    /// Posts a form with an Authorization header.
    pub async fn post_as(&self, authorization: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = form(path, fields).header(header::AUTHORIZATION, authorization);
        self.send(request.body(Body::from(encoded(fields))).unwrap()).await
    }

    /// Userinfo with this token.
    pub async fn userinfo(&self, token: &str) -> Reply {
        let request =
            Request::get("/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A browser that has been nowhere.
    pub fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookies: BTreeMap::new(), peer: HOME.parse().unwrap() }
    }

    /// A browser in which this person is signed in.
    pub async fn signed_in(&self, name: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let page = browser.follow("/").await;
        let reply = browser.submit_sign_in(&page, name, PASSWORD).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        browser
    }

    /// The newest audit events' names, newest first.
    pub async fn audited(&self, count: u32) -> Vec<String> {
        let events = self.ctx().store.latest_audit_events(count).await.unwrap();
        events.into_iter().map(|event| event.event).collect()
    }
}

fn hex(bytes: usize) -> String {
    let text: String = random::bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect();
    text[..bytes * 2].to_owned()
}

fn write_secret(file: &std::path::Path, text: &str) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut opened = options.write(true).create_new(true).mode(0o600).open(file).unwrap();
    opened.write_all(text.as_bytes()).unwrap();
}

/// A confidential web client with one redirect URI, which may have everything.
pub fn settings(host: &str) -> ClientMetadata {
    let uri = |path: &str| {
        RedirectUri::register(&format!("https://{host}{path}"), ApplicationType::Web).unwrap()
    };
    ClientMetadata {
        client_name: host.to_owned(),
        redirect_uris: vec![uri("/cb")],
        post_logout_redirect_uris: vec![uri("/bye")],
        grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        scope: Scope::KNOWN.into_iter().collect(),
        id_token_signed_response_alg: SigningAlgorithm::Es256,
        ..ClientMetadata::default()
    }
}

/// A redirect URI of a web client.
pub fn web(uri: &str) -> RedirectUri {
    RedirectUri::register(uri, ApplicationType::Web).unwrap()
}

/// A registered client.
pub struct Site {
    pub id: ClientId,
    pub secret: String,
    pub redirect: String,
    pub settings: ClientMetadata,
}

impl Site {
    /// `Authorization: Basic`.
    pub fn basic(&self) -> String {
        let pair = format!("{}:{}", self.id, self.secret);
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    }

    /// The address of a good authorization request.
    pub fn authorize(&self) -> String {
        self.authorize_with(&[])
    }

    /// The same with these parameters put in, or taken out where they are empty.
    pub fn authorize_with(&self, changes: &[(&str, &str)]) -> String {
        let id = self.id.to_string();
        let challenge = challenge(VERIFIER);
        let mut fields = vec![
            ("client_id", id.as_str()),
            ("redirect_uri", &self.redirect),
            ("response_type", "code"),
            ("scope", "openid profile"),
            ("state", "s-1"),
            ("nonce", "n-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            fields.retain(|(own, _)| own != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        format!("/authorize?{}", encoded(&fields))
    }

    /// Redeems a code as this client.
    pub async fn redeem(&self, world: &World, code: &str) -> Reply {
        self.redeem_with(world, code, &[]).await
    }

    /// The same with these parameters put in, or taken out where they are empty.
    pub async fn redeem_with(&self, world: &World, code: &str, changes: &[(&str, &str)]) -> Reply {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect.as_str()),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in changes {
            fields.retain(|(own, _)| own != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        world.post_as(&self.basic(), "/token", &fields).await
    }

    /// Presents a refresh token as this client.
    pub async fn refresh(&self, world: &World, token: &str) -> Reply {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        world.post_as(&self.basic(), "/token", &fields).await
    }
}

/// The S256 challenge of a verifier.
pub fn challenge(verifier: &str) -> String {
    base64url(&Sha256::digest(verifier.as_bytes()))
}

/// A form's body.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn form(path: &str, _: &[(&str, &str)]) -> axum::http::request::Builder {
    Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    /// A header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// A parameter of where it leads.
    pub fn told(&self, name: &str) -> Option<String> {
        let query = self.location().split_once('?')?.1;
        form_urlencoded::parse(query.as_bytes())
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The code in it.
    pub fn code(&self) -> String {
        self.told("code").unwrap_or_else(|| panic!("no code in {self:?}"))
    }

    /// Its body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// A text in its JSON.
    pub fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    /// `error` in its JSON.
    pub fn error(&self) -> String {
        self.text("error")
    }

    /// The form around this element: where it is sent, and what it holds.
    pub fn form(&self, inside: &str) -> (String, Vec<(String, String)>) {
        let page = Html::parse_document(&self.body);
        let select = |text: &str| Selector::parse(text).unwrap();
        let form = page
            .select(&select("form"))
            .find(|form| form.select(&select(inside)).next().is_some())
            .unwrap_or_else(|| panic!("no form with {inside} in {}", self.body));
        let fields = form
            .select(&select("input[name]"))
            .map(|input| {
                let value = |name| input.attr(name).unwrap_or_default().to_owned();
                (value("name"), value("value"))
            })
            .collect();
        (form.attr("action").unwrap().to_owned(), fields)
    }

    /// The attribute of an element.
    pub fn attribute(&self, element: &str, name: &str) -> Option<String> {
        let page = Html::parse_document(&self.body);
        let selector = Selector::parse(element).unwrap();
        page.select(&selector).next()?.attr(name).map(str::to_owned)
    }
}

/// A browser: it keeps cookies and submits the forms that pages hold.
#[derive(Clone)]
pub struct Browser<'w> {
    world: &'w World,
    pub cookies: BTreeMap<String, String>,
    pub peer: SocketAddr,
}

impl Browser<'_> {
    /// Sends a request with the cookies, and keeps those that are set.
    pub async fn send(&mut self, mut request: Request<Body>) -> Reply {
        if !self.cookies.is_empty() {
            let pairs: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let reply = self.world.send(request).await;
        for set in reply.headers.get_all(header::SET_COOKIE) {
            let text = set.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Opens an address.
    pub async fn get(&mut self, address: &str) -> Reply {
        self.send(Request::get(address).body(Body::empty()).unwrap()).await
    }

    /// Opens an address and follows every redirect that stays here.
    pub async fn follow(&mut self, address: &str) -> Reply {
        let reply = self.get(address).await;
        self.go_on(reply).await
    }

    /// Follows every redirect that stays here.
    pub async fn go_on(&mut self, mut reply: Reply) -> Reply {
        while reply.status == 303 && reply.location().starts_with('/') {
            let next = reply.location().to_owned();
            reply = self.get(&next).await;
        }
        reply
    }

    /// Posts a form from a page of ours.
    pub async fn post(&mut self, path: &str, fields: &[(String, String)]) -> Reply {
        self.post_from(Some(ISSUER), path, fields).await
    }

    /// Posts a form from a page of this origin.
    pub async fn post_from(
        &mut self,
        origin: Option<&str>,
        path: &str,
        fields: &[(String, String)],
    ) -> Reply {
        let pairs: Vec<_> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut request = form(path, &pairs);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        self.send(request.body(Body::from(encoded(&pairs))).unwrap()).await
    }

    /// Fills in the page's sign-in form and sends it.
    pub async fn submit_sign_in(&mut self, page: &Reply, name: &str, password: &str) -> Reply {
        let (action, fields) = sign_in_form(page, name, password);
        self.post(&action, &fields).await
    }

    /// Presses the button with this id.
    pub async fn press(&mut self, page: &Reply, button: &str) -> Reply {
        let (action, fields) = page.form(button);
        self.post(&action, &fields).await
    }

    /// Everything a person does until the client is answered: signs in where asked, consents where asked.
    pub async fn answer(&mut self, address: &str, name: &str) -> Reply {
        let mut reply = self.follow(address).await;
        if reply.body.contains("id=\"login-submit\"") {
            reply = self.submit_sign_in(&reply.clone(), name, PASSWORD).await;
            reply = self.go_on(reply).await;
        }
        if reply.body.contains("id=\"consent-approve\"") {
            reply = self.press(&reply.clone(), "#consent-approve").await;
            reply = self.go_on(reply).await;
        }
        reply
    }

    /// The code that this person's answer brings.
    pub async fn code(&mut self, site: &Site, name: &str) -> String {
        self.answer(&site.authorize(), name).await.code()
    }

    /// The tokens that this person's answer brings.
    pub async fn tokens(&mut self, site: &Site, name: &str) -> Value {
        let code = self.code(site, name).await;
        let reply = site.redeem(self.world, &code).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }
}

/// The page's sign-in form, filled in; a human check on it is done.
pub fn sign_in_form(page: &Reply, name: &str, password: &str) -> (String, Vec<(String, String)>) {
    let (action, mut fields) = page.form("#login-submit");
    put(&mut fields, "username", name);
    put(&mut fields, "password", password);
    if let Some(salt) = page.attribute("#sign-in-form", "data-challenge-salt") {
        let bits = page.attribute("#sign-in-form", "data-challenge-difficulty").unwrap();
        put(&mut fields, "answer", &work(&salt, bits.parse().unwrap()));
    }
    (action, fields)
}

/// Puts a field into a form.
pub fn put(fields: &mut Vec<(String, String)>, name: &str, value: &str) {
    fields.retain(|(own, _)| own != name);
    fields.push((name.to_owned(), value.to_owned()));
}

/// What the script on the page finds.
pub fn work(salt: &str, bits: u32) -> String {
    (0_u64..)
        .map(|counter| counter.to_string())
        .find(|counter| {
            let hash = Sha256::new().chain_update(salt).chain_update(counter).finalize();
            u128::from_be_bytes(hash[..16].try_into().unwrap()).leading_zeros() >= bits
        })
        .unwrap()
}
