//! A provider under test: the real router on a loopback port, on a database of its own, with a clock that can be moved.

use std::cell::RefCell;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use fuxin::app::App;
use fuxin::base::time::Lifetime;
use fuxin::config::Config;
use fuxin::context::Context;
use fuxin::{job, routes, server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::account::AccountBuilder;
use super::browser::Browser;
use super::client::ClientBuilder;
use super::clock::TestClock;
use super::database::{Database, Folder, Kind};
use super::log;
use super::mailbox::Mailbox;

/// The first line of every story's log: a log without it was not kept, and proves nothing.
const BEGINS: &str = "a story begins";

/// Tells a story on each database; the failure names the one it failed on.
pub fn on_each_database(story: impl AsyncFn(&TestApp)) {
    on_each_database_with("", story);
}

/// The same, with more lines of configuration.
pub fn on_each_database_with(settings: &str, story: impl AsyncFn(&TestApp)) {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let told = catch_unwind(AssertUnwindSafe(|| {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            log::begin();
            tracing::info!("{BEGINS}");
            runtime.block_on(async {
                let app = TestApp::start(kind, settings).await;
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
    /// Its configuration.
    pub config: Config,
    /// What people were told by mail and SMS.
    pub mailbox: Mailbox,
    /// A client without cookies that follows nothing.
    pub http: reqwest::Client,
    shared: Rc<Shared>,
}

struct Shared {
    _folder: Folder,
    _database: Database,
    server: JoinHandle<()>,
    /// What must not be logged: what it is, and its text.
    planted: RefCell<Vec<(String, String)>>,
}

impl TestApp {
    /// Starts one on a database of this kind.
    pub async fn start(kind: Kind, settings: &str) -> Self {
        let folder = make_folder();
        let database = Database::new(kind, &folder).await;
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = config(&folder, port, &database, settings);
        let clock = TestClock::new();
        let app = App::build(&config, Arc::new(clock.clone()), None).await.unwrap();
        let router = routes::router(app.clone());
        let server = tokio::spawn(async move {
            server::serve(listener, router, std::future::pending(), Lifetime::seconds(1)).await;
        });
        let http = http_client();
        let issuer = config.server.issuer.as_str().trim_end_matches('/').to_owned();
        let shared =
            Shared { _folder: folder, _database: database, server, planted: RefCell::default() };
        let mailbox = Mailbox::new(&app);
        Self { app, clock, issuer, config, mailbox, http, shared: Rc::new(shared) }
    }

    /// What a flow is given now.
    pub fn context(&self) -> Context {
        self.app.context()
    }

    /// A path of ours as a URL.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
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

    /// What was logged so far that must not be.
    pub fn leaks_so_far(&self) -> Vec<String> {
        log::leaks(&log::so_far(), &self.shared.planted.borrow())
    }

    /// Stops, and searches the log.
    async fn finish(self) {
        self.shared.server.abort();
        self.app.provider().store.close().await;
        let own = log::end();
        let errors = log::errors(&own);
        assert!(errors.is_empty(), "errors were logged:\n{}", errors.join("\n"));
        assert!(own.contains(BEGINS), "the log was not kept");
        let planted = self.shared.planted.borrow();
        for log in [own, log::nobodys()] {
            let leaks = log::leaks(&log, &planted);
            assert!(leaks.is_empty(), "{}", leaks.join("\n"));
        }
    }
}

/// A client that follows no redirect and uses no proxy.
#[expect(clippy::disallowed_methods, reason = "tests play browsers and foreign sites")]
pub fn http_client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
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
pub fn config(folder: &Path, port: u16, database: &Database, settings: &str) -> Config {
    let (url, password) = database.settings();
    let quoted = |name: &str| json!(folder.join(name).to_str().unwrap());
    // The cheapest hash that is accepted.
    let text = format!(
        "[server]\nissuer = \"http://127.0.0.1:{port}\"\nlisten = \"127.0.0.1:{port}\"\n\
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
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// The member `error`.
    pub fn error(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }
}
