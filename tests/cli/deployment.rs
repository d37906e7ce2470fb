//! A deployment in a folder of its own: configuration, secrets, database; and the program run on it.
//!
//! What the program says on standard error is kept in the folder, and searched when the deployment goes: it may hold no
//! secret, no token and no personal data.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::database::Database;
use crate::leak;

/// The password of every account that a test opens.
pub const PASSWORD: &str = "correct-horse-battery";
/// The name of every person that a test opens an account for.
pub const PERSON: &str = "林美惠";
/// The address of the same.
pub const EMAIL: &str = "lin.meihui@mail.example";

/// Each byte of the master key and of the pairwise salt, in hexadecimal.
const SECRETS: [(&str, &str); 2] = [("master.key", "5a"), ("pairwise.salt", "c3")];
/// What the program writes on standard error.
const LOG: &str = "stderr.log";

/// A folder that goes away with the value, and a database if that lies elsewhere.
pub struct Deployment {
    folder: PathBuf,
    _database: Option<Database>,
}

impl Deployment {
    /// An empty folder.
    pub fn folder() -> Result<Self, Box<dyn Error>> {
        Self::empty(None)
    }

    fn empty(database: Option<Database>) -> Result<Self, Box<dyn Error>> {
        let folder = std::env::temp_dir().join(unique_name());
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self { folder, _database: database })
    }

    /// A configuration that nothing is wrong with, on a port that nobody has.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let port = free_port()?;
        Self::with(&Self::text(&format!("http://localhost:{port}"), port))
    }

    /// The same with its schema.
    pub fn migrated() -> Result<Self, Box<dyn Error>> {
        let place = Self::new()?;
        place.run(&["migrate"]).succeeds()?;
        Ok(place)
    }

    /// The same without its schema, on PostgreSQL.
    pub fn on_postgres() -> Result<Self, Box<dyn Error>> {
        let database = Database::new(unique_name())?;
        let (address, password) = database.settings();
        let port = free_port()?;
        let text = Self::text(&format!("http://localhost:{port}"), port).replace(
            "\"sqlite:fuxin.db\"",
            &format!("\"{address}\"\npassword_file = \"database.password\""),
        );
        let place = Self::empty(Some(database))?;
        place.write_secret("database.password", &password)?;
        place.configured(&text)
    }

    /// Secrets, and this configuration.
    pub fn with(text: &str) -> Result<Self, Box<dyn Error>> {
        Self::folder()?.configured(text)
    }

    fn configured(self, text: &str) -> Result<Self, Box<dyn Error>> {
        for (name, digits) in SECRETS {
            self.write_secret(name, &digits.repeat(32))?;
        }
        fs::write(self.path("fuxin.toml"), text)?;
        Ok(self)
    }

    fn write_secret(&self, name: &str, text: &str) -> std::io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(self.path(name))?.write_all(text.as_bytes())
    }

    /// The text of a configuration.
    pub fn text(issuer: &str, port: u16) -> String {
        format!(
            "[server]\nissuer = \"{issuer}\"\nlisten = \"127.0.0.1:{port}\"\n\
             [database]\nurl = \"sqlite:fuxin.db\"\n\
             [secrets]\nmaster_key_file = \"master.key\"\npairwise_salt_file = \"pairwise.salt\"\n\
             [password_hash]\nthreads = 1\n[log]\nformat = \"text\"\n"
        )
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// The program with these arguments and this configuration.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let mut run = self.fuxin(arguments);
        run.command.args(["--config", &self.path("fuxin.toml")]);
        run
    }

    /// The program with these arguments only.
    pub fn fuxin(&self, arguments: &[&str]) -> Run {
        Run { log: Some(self.folder.join(LOG)), ..fuxin(arguments) }
    }

    /// What the program has said on standard error.
    pub fn log(&self) -> String {
        fs::read(self.folder.join(LOG))
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let keys = SECRETS.map(|(_, digits)| digits.repeat(32));
        let [master, salt] = &keys;
        let leaks = leak::find(&self.log(), &[PASSWORD, PERSON, EMAIL, master, salt]);
        let _ = fs::remove_dir_all(Path::new(&self.folder));
        assert!(leaks.is_empty() || std::thread::panicking(), "{leaks:?}");
    }
}

fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("fuxin_cli_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A port that was free a moment ago.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The program with these arguments.
pub fn fuxin(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fuxin"));
    command.args(arguments);
    Run { command, input: String::new(), log: None }
}

/// A run of the program that has not begun.
pub struct Run {
    command: Command,
    input: String,
    log: Option<PathBuf>,
}

impl Run {
    /// Something to read from standard input.
    pub fn given(mut self, input: &str) -> Self {
        input.clone_into(&mut self.input);
        self
    }

    /// In this folder.
    pub fn within(mut self, folder: &str) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it; it must succeed. Its answer.
    pub fn succeeds(self) -> Result<String, Box<dyn Error>> {
        let output = self.output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        Err(format!("it failed: {}", String::from_utf8_lossy(&output.stderr)).into())
    }

    /// Runs it; it must fail by itself, not crash. Everything it said.
    pub fn fails(self) -> Result<String, Box<dyn Error>> {
        let output = self.output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said)?;
        match output.status.code() {
            Some(1) if !said.contains("panicked") => Ok(said),
            code => Err(format!("exit code {code:?}: {said}").into()),
        }
    }

    /// Starts it and lets it run. What it answers can be read when it has ended.
    pub fn start(mut self) -> std::io::Result<Child> {
        let log = self.log()?.map_or_else(Stdio::null, Stdio::from);
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()
    }

    fn output(mut self) -> std::io::Result<Output> {
        let piped =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // A program that does not read it may have ended already.
            let _ = input.write_all(self.input.as_bytes());
        }
        let output = child.wait_with_output()?;
        if let Some(mut log) = self.log()? {
            log.write_all(&output.stderr)?;
        }
        Ok(output)
    }

    fn log(&self) -> std::io::Result<Option<fs::File>> {
        let open = |log| fs::OpenOptions::new().create(true).append(true).open(log);
        self.log.as_ref().map(open).transpose()
    }
}
