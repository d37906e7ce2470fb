//! What single things cost on this core, so that figures of one machine can be held against those of another.
//!
//! An empty 200 is measured as every workload is: over HTTP, from a process of its own, which this program starts from
//! itself. The rest runs here, with the library that the server uses, and is counted as this process's time.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};
use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fuxin::config::Location;
use fuxin::hasher::Hasher;
use fuxin::jose::private_key::PrivateKey;
use fuxin::jose::signing_key::SigningKey;
use fuxin::model::password::{HashParameters, Password};
use fuxin::oauth::client_metadata::SigningAlgorithm;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::deployment::Deployment;
use crate::http::Origin;
use crate::ledger::Ledger;
use crate::measure::{self, Server, cpu_milliseconds};
use crate::workload::Workload;
use crate::{Outcome, below};

/// How long each is repeated.
const SPELL: Duration = Duration::from_secs(2);
/// Hashes that are computed, as many at once as the pool has threads.
const HASHES: usize = 64;
/// One RSA-2048 signature on the machine whose figures the aims come from, in milliseconds.
const REFERENCE_RS256: f64 = 0.68;

/// What single things cost, in milliseconds of a core.
#[derive(Clone, Copy, Debug)]
pub struct Calibration {
    /// An empty 200.
    pub empty: f64,
    /// One select by primary key, as the server reads.
    pub select: f64,
    /// One ES256 signature.
    pub es256: f64,
    /// One RS256 signature.
    pub rs256: f64,
    /// One hash of the configured cost, in the pool of the configured size.
    pub hash: f64,
}

impl Calibration {
    /// Measures all of it; half a minute.
    pub async fn measure(
        deployment: &Deployment,
        ledger: &Arc<Ledger>,
        connections: usize,
    ) -> Outcome<Self> {
        Ok(Self {
            empty: empty(ledger, connections).await?,
            select: select(deployment, connections).await?,
            es256: signature(SigningAlgorithm::Es256).await?,
            rs256: signature(SigningAlgorithm::Rs256).await?,
            hash: hash(deployment).await?,
        })
    }

    /// How much slower this core is than the one of the aims.
    pub fn scale(&self) -> f64 {
        self.rs256 / REFERENCE_RS256
    }

    /// What the workload may cost here, in milliseconds of a core.
    pub fn aim(&self, workload: Workload) -> f64 {
        let scaled = |milliseconds: f64| milliseconds * self.scale();
        match workload {
            Workload::ClientCredentials => scaled(0.10),
            Workload::ClientCredentialsJwt => scaled(0.20),
            Workload::Refresh => scaled(0.35),
            Workload::Userinfo | Workload::Introspection => {
                scaled(0.10).max(1.3 * (self.empty + self.select))
            }
            Workload::Authorize => scaled(0.60),
            Workload::Password => 1.2 * self.hash,
            Workload::Discovery => scaled(0.05).max(2.2 * self.empty),
            Workload::Empty => self.empty,
        }
    }

    /// Prints it.
    pub fn print(&self) {
        println!("one core, milliseconds:");
        println!("  empty 200 over HTTP        {:.4}", self.empty);
        println!("  select by key              {:.4}", self.select);
        println!("  ES256 signature            {:.4}", self.es256);
        println!("  RS256 signature (2048)     {:.4}", self.rs256);
        println!("  password hash              {:.2}", self.hash);
        println!("  the aims scale by          {:.2}", self.scale());
    }
}

async fn empty(ledger: &Arc<Ledger>, connections: usize) -> Outcome<f64> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("empty-server")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let measured = empty_from(&mut child, ledger, connections).await;
    child.kill()?;
    child.wait()?;
    measured
}

async fn empty_from(child: &mut Child, ledger: &Arc<Ledger>, connections: usize) -> Outcome<f64> {
    let mut line = String::new();
    let output = child.stdout.take().ok_or("no output")?;
    BufReader::new(output).read_line(&mut line)?;
    let url = line.trim().to_owned();
    let origin = Origin::parse(&url).ok_or("the empty server said no address")?;
    let server = Server { origin, issuer: url, pid: child.id() };
    let measured = measure::drive(&server, ledger, Workload::Empty, connections, SPELL).await?;
    Ok(measured.cost())
}

/// Answers every request with an empty 200 until it is killed, and says first where.
pub async fn serve_empty() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = service_fn(|_request| async {
            Ok::<_, Infallible>(hyper::Response::new(Empty::<Bytes>::new()))
        });
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer),
        );
    }
}

/// Repeats an SQL statement from as many tasks as there are connections to the server, each with a handle of its own.
macro_rules! repeat_select {
    ($ids:expr, $tasks:expr, $open:expr, |$handle:ident| $executor:expr) => {{
        let ids: Vec<(uuid::Uuid,)> = $ids;
        let ids = Arc::new(ids);
        let (before, began) = (cpu_milliseconds(std::process::id())?, Instant::now());
        let mut tasks = JoinSet::new();
        for _ in 0..$tasks {
            let $handle = $open;
            let ids = ids.clone();
            tasks.spawn(async move {
                let mut count = 0_u32;
                while began.elapsed() < SPELL {
                    let Some((id,)) = ids.get(below(ids.len())) else { break };
                    let _: (i64,) = sqlx::query_as(SELECT)
                        .bind(id)
                        .fetch_one($executor)
                        .await
                        .map_err(|error| error.to_string())?;
                    count = count.saturating_add(1);
                }
                Ok::<_, String>(count)
            });
        }
        let counts: Vec<u32> = tasks.join_all().await.into_iter().collect::<Result<_, _>>()?;
        let spent = cpu_milliseconds(std::process::id())? - before;
        spent / f64::from(counts.iter().sum::<u32>().max(1))
    }};
}

const IDS: &str = "SELECT id FROM grants LIMIT 50000";
const SELECT: &str = "SELECT created_at FROM grants WHERE id = $1";

/// As the server reads: SQLite on connections that are kept, PostgreSQL through the library's pool.
async fn select(deployment: &Deployment, connections: usize) -> Outcome<f64> {
    let size = deployment.config.database.connections;
    Ok(match &deployment.config.database.location {
        Location::Sqlite(file) => {
            let options = SqliteConnectOptions::new().filename(file).read_only(true);
            let ids = sqlx::query_as(IDS).fetch_all(&mut options.connect().await?).await?;
            let open = async || options.connect().await.map(Mutex::new);
            repeat_select!(ids, connections, open().await?, |handle| &mut *handle.lock().await)
        }
        Location::Postgres { url, password } => {
            let mut options: PgConnectOptions = url.as_str().parse()?;
            if let Some(password) = password {
                options = options.password(password.expose());
            }
            let pool = PgPoolOptions::new()
                .max_connections(size)
                .test_before_acquire(false)
                .connect_with(options)
                .await?;
            let ids = sqlx::query_as(IDS).fetch_all(&pool).await?;
            let spent = repeat_select!(ids, connections, pool.clone(), |handle| &handle);
            pool.close().await;
            spent
        }
    })
}

async fn signature(algorithm: SigningAlgorithm) -> Outcome<f64> {
    let task = tokio::task::spawn_blocking(move || -> Outcome<f64> {
        let key = SigningKey::prepare(&PrivateKey::generate(algorithm)?)?;
        let claims = serde_json::json!({ "sub": "person", "aud": "client", "exp": 1 });
        let (before, began) = (cpu_milliseconds(std::process::id())?, Instant::now());
        let mut count = 0_u32;
        while began.elapsed() < SPELL {
            key.sign("JWT", &claims)?;
            count = count.saturating_add(1);
        }
        Ok((cpu_milliseconds(std::process::id())? - before) / f64::from(count.max(1)))
    });
    task.await?
}

async fn hash(deployment: &Deployment) -> Outcome<f64> {
    let cost = &deployment.config.password_hash;
    let parameters = HashParameters::new(cost.memory_kib, cost.iterations, cost.parallelism)?;
    let threads = NonZeroUsize::new(usize::try_from(cost.threads)?).unwrap_or(NonZeroUsize::MIN);
    let hasher = Arc::new(Hasher::start(parameters, threads, HASHES)?);
    // The first hash of each thread also pays for its memory, as it does in the server.
    for spell in [threads.get(), HASHES] {
        let before = cpu_milliseconds(std::process::id())?;
        let mut tasks = JoinSet::new();
        for _ in 0..spell {
            let (hasher, password) = (hasher.clone(), Password::parse("correct horse")?);
            tasks.spawn(async move { hasher.hash(password).await.map_err(|e| e.to_string()) });
        }
        tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let spent = cpu_milliseconds(std::process::id())? - before;
        if spell == HASHES {
            return Ok(spent / f64::from(u32::try_from(HASHES)?));
        }
    }
    Err("no hash was measured".into())
}
