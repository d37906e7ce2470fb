//! A provider under test: the real router on a loopback port, on a database of its own, with a clock that can be moved.

use std::cell::RefCell;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ConnectInfo;
use fuxin::app::App;
use fuxin::base::time::Lifetime;
use fuxin::config::{Config, Location};
use fuxin::context::Context;
use fuxin::{job, routes, server};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use super::account::AccountBuilder;
use super::browser::Browser;
use super::client::ClientBuilder;
use super::clock::TestClock;
use super::contents::Contents;
use super::database::{Database, Folder, Kind};
use super::disk::Disk;
use super::log;
use super::mailbox::Mailbox;

/// The first line of every story's log: a log without it was not kept, and proves nothing.
const BEGINS: &str = "a story begins";

/// Tells a story on each database; the failure names the one it failed on.
pub fn on_each_database(story: impl AsyncFn(&TestApp)) {
    on_each(None, "", story);
}

/// The same, with more lines of configuration.
pub fn on_each_database_with(settings: &str, story: impl AsyncFn(&TestApp)) {
    on_each(None, settings, story);
}

/// The same, with the issuer that people see when a TLS proxy stands before the provider.
pub fn on_each_database_behind_tls(story: impl AsyncFn(&TestApp)) {
    on_each(Some("https://id.example.gov.tw"), "", story);
}

fn on_each(issuer: Option<&str>, settings: &str, story: impl AsyncFn(&TestApp)) {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let told = catch_unwind(AssertUnwindSafe(|| {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            log::begin();
            tracing::info!("{BEGINS}");
            runtime.block_on(async {
                let app = TestApp::start(kind, issuer, settings).await;
                story(&app).await;
                app.finish().await;
            });
        }));
        if let Err(panic) = told {
            #[expect(clippy::print_stderr, reason = "the runner shows it with the failure")]
            {
                eprintln!("on {kind}, after this log:\n{}", log::end());
            }
            resume_unwind(panic);
        }
    }
}

/// A provider under test. Cheap to clone.
#[derive(Clone)]
pub struct TestApp {
    /// The application, for what an operator's command does.
    pub app: App,
    /// Its clock.
    pub clock: TestClock,
    /// Its issuer, without a slash at the end.
    pub issuer: String,
    /// Where this node is reached: another address than the issuer's behind a proxy, and at every node but the first.
    pub address: String,
    /// Its configuration.
    pub config: Config,
    /// What people were told by mail and SMS.
    pub mailbox: Mailbox,
    /// A client without cookies that follows nothing.
    pub http: reqwest::Client,
    router: axum::Router,
    shared: Rc<Shared>,
}

struct Shared {
    // In the order in which they go: the disk lies in the folder.
    disk: RefCell<Option<Disk>>,
    database: Database,
    folder: Folder,
    nodes: RefCell<Vec<(App, JoinHandle<()>)>>,
    /// What must not be logged: what it is, and its text.
    planted: RefCell<Vec<(String, String)>>,
    /// What the errors hold that a story brings about.
    expected: RefCell<Option<String>>,
}

impl TestApp {
    /// Starts one on a database of this kind.
    async fn start(kind: Kind, issuer: Option<&str>, settings: &str) -> Self {
        let folder = make_folder();
        let database = Database::new(kind, &folder).await;
        let listener = listener().await;
        let port = listener.local_addr().unwrap().port();
        let own = format!("http://127.0.0.1:{port}");
        let config = config(&folder, issuer.unwrap_or(&own), port, &database, settings);
        let shared = Shared {
            folder,
            database,
            nodes: RefCell::default(),
            disk: RefCell::default(),
            planted: RefCell::default(),
            expected: RefCell::default(),
        };
        Self::serve(listener, config, TestClock::new(), Rc::new(shared)).await
    }

    async fn serve(
        listener: TcpListener,
        config: Config,
        clock: TestClock,
        shared: Rc<Shared>,
    ) -> Self {
        let app = App::build(&config, Arc::new(clock.clone()), None).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = routes::router(app.clone());
        let served = router.clone();
        let server = tokio::spawn(async move {
            server::serve(listener, served, std::future::pending(), Lifetime::seconds(1)).await;
        });
        shared.nodes.borrow_mut().push((app.clone(), server));
        let issuer = config.server.issuer.as_str().trim_end_matches('/').to_owned();
        let (mailbox, http) = (Mailbox::new(&app), http_client(None));
        Self { app, clock, issuer, address, config, mailbox, http, router, shared }
    }

    /// Another process on the same database.
    pub async fn another_node(&self) -> Self {
        let (config, clock) = (self.config.clone(), self.clock.clone());
        Self::serve(listener().await, config, clock, self.shared.clone()).await
    }

    /// The process that runs after this one has ended.
    pub async fn restarted(&self) -> Self {
        self.stop().await;
        self.another_node().await
    }

    /// The same with another configuration.
    pub async fn restarted_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        let mut changed = self.clone();
        change(&mut changed.config);
        changed.restarted().await
    }

    /// Whether the database is one that several nodes can work on.
    pub fn is_on_a_server(&self) -> bool {
        matches!(self.config.database.location, Location::Postgres { .. })
    }

    /// Ends every process.
    pub async fn stop(&self) {
        let nodes = self.shared.nodes.take();
        for (app, server) in nodes {
            server.abort();
            app.provider().store.close().await;
        }
    }

    /// The process that runs on the same data after every write was forbidden: by the disk, or by the server.
    pub async fn read_only(&self) -> Self {
        let mut frozen = self.clone();
        if let Location::Sqlite(file) = &self.config.database.location {
            let disk = Disk::at(self.shared.folder.join("disk"));
            frozen.config.database.location = Location::Sqlite(disk.copy(file));
            *self.shared.disk.borrow_mut() = Some(disk);
        }
        frozen.allow_writes(false).await
    }

    /// The process after that, which may write again.
    pub async fn writable_again(&self) -> Self {
        self.allow_writes(true).await
    }

    async fn allow_writes(&self, allowed: bool) -> Self {
        self.stop().await;
        if self.is_on_a_server() {
            self.shared.database.allow_writes(allowed).await;
        }
        self.shared.disk.borrow().iter().for_each(|disk| disk.allow_writes(allowed));
        self.another_node().await
    }

    /// What a flow is given now.
    pub fn context(&self) -> Context {
        self.app.context()
    }

    /// A path of ours as a URL.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// What anybody is told at a path.
    pub async fn get(&self, path: &str) -> Json {
        Json::of(self.http.get(self.url(path)).send().await.unwrap()).await
    }

    /// What anybody is told who posts a form to a path.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Json {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.http.post(self.url(path)).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Json::of(request.send().await.unwrap()).await
    }

    /// An account to be described and opened.
    pub fn account(&self, name: &str) -> AccountBuilder {
        AccountBuilder::new(self, name)
    }

    /// A client to be described and registered.
    pub fn client(&self, name: &str) -> ClientBuilder {
        ClientBuilder::new(self, name)
    }

    /// A browser with no cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self)
    }

    /// Moves the clock.
    pub fn wait(&self, time: Lifetime) {
        self.clock.advance(time);
    }

    /// Runs every job beside the requests from now on; for stories about what is noticed.
    pub fn run_jobs(&self) -> tokio::task::JoinSet<()> {
        job::start(&self.app)
    }

    /// Notes a text that must never be logged.
    pub fn plant(&self, what: &str, text: &str) {
        // What is shorter would be found by chance.
        assert!(text.len() >= 4, "{what} {text:?} is too short to be searched for");
        let mut planted = self.shared.planted.borrow_mut();
        if !planted.iter().any(|(_, known)| known == text) {
            planted.push((what.to_owned(), text.to_owned()));
        }
    }

    /// Everything that was noted so: what it is, and its text.
    pub fn planted(&self) -> Vec<(String, String)> {
        self.shared.planted.borrow().clone()
    }

    /// Everything that the database holds now.
    pub async fn contents(&self) -> Contents {
        Contents::of(&self.config.database.location).await
    }

    /// Whoever breaks something says which errors are logged then: those whose line holds this text.
    pub fn expect_errors(&self, text: &str) {
        *self.shared.expected.borrow_mut() = Some(text.to_owned());
    }

    /// Hands a request straight to the router: what no HTTP client would send, or what should cost little.
    pub async fn hand(&self, mut request: axum::http::Request<Body>) -> Json {
        let peer = SocketAddr::from(([127, 0, 0, 1], 50000));
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Json::new(head.status.as_u16(), head.headers, text)
    }

    /// The names of the audit events so far, newest first.
    pub async fn audited(&self) -> Vec<String> {
        let events = self.context().store.latest_audit_events(500).await.unwrap();
        events.into_iter().map(|event| event.event).collect()
    }

    /// Stops, and searches the log.
    async fn finish(self) {
        self.stop().await;
        let own = log::end();
        let mut errors = log::errors(&own);
        if let Some(expected) = &*self.shared.expected.borrow() {
            errors.retain(|line| !line.contains(expected));
        }
        assert!(errors.is_empty(), "errors were logged:\n{}", errors.join("\n"));
        assert!(own.contains(BEGINS), "the log was not kept");
        let planted = self.shared.planted.borrow();
        for log in [own, log::nobodys()] {
            let leaks = log::leaks(&log, &planted);
            assert!(leaks.is_empty(), "{}", leaks.join("\n"));
        }
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

/// A client that follows no redirect and uses no proxy; from another address of this machine, if one is given.
#[expect(clippy::disallowed_methods, reason = "tests play browsers and foreign sites")]
pub fn http_client(from: Option<IpAddr>) -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .local_address(from)
        .build()
        .unwrap()
}

/// A folder of its own, with the secrets of a deployment. They are the same everywhere: keys are copied between databases.
pub fn make_folder() -> Folder {
    let folder = Folder::new();
    for (name, text) in [
        ("master.key", "5f".repeat(32)),
        ("pairwise.salt", "a salt of at least thirty-two characters".to_owned()),
    ] {
        let file = folder.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

/// The configuration, as an operator would write it.
pub fn config(
    folder: &Path,
    issuer: &str,
    port: u16,
    database: &Database,
    settings: &str,
) -> Config {
    let (url, password) = database.settings();
    let quoted = |name: &str| json!(folder.join(name).to_str().unwrap());
    // The cheapest hash that is accepted.
    let text = format!(
        "[server]\nissuer = \"{issuer}\"\nlisten = \"127.0.0.1:{port}\"\n\
         trusted_proxies = [\"127.0.0.1\"]\n\
         [database]\nurl = {}\nconnections = 2\n\
         [secrets]\nmaster_key_file = {}\npairwise_salt_file = {}\n\
         [password_hash]\nmemory_kib = 7168\niterations = 5\nthreads = 1\n\
         {settings}\n",
        json!(url),
        quoted("master.key"),
        quoted("pairwise.salt"),
    );
    let file = folder.join("fuxin.toml");
    fs::write(&file, text).unwrap();
    let password = password.map(|text| ("FUXIN__DATABASE__PASSWORD".to_owned(), text));
    Config::load(Some(&file), password.into_iter()).unwrap()
}

/// An answer for machines.
#[derive(Clone, Debug)]
pub struct Json {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Json {
    /// Reads an answer whole.
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self::new(status, headers, response.text().await.unwrap())
    }

    fn new(status: u16, headers: reqwest::header::HeaderMap, text: String) -> Self {
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// A text member of the body.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The member `error`.
    pub fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }
}
